//! Sizes in bytes.

use std::fmt;
use std::str::FromStr;

use super::{Invalid, number};
use crate::source::range;

/// A number of bytes, with its unit or without: units are powers of 1024.
///
/// ```
/// use compose_reader::values::ByteSize;
///
/// assert_eq!("1.5g".parse(), Ok(ByteSize(1_610_612_736)));
/// assert_eq!("64 MiB".parse(), Ok(ByteSize(67_108_864)));
/// assert!("1x".parse::<ByteSize>().is_err());
/// assert_eq!(ByteSize(10_240).to_string(), "10240");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub i64);

/// Source: `RAMInBytes` of docker/go-units.
impl FromStr for ByteSize {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        bytes(text).map(Self).ok_or(Invalid { expected: "a size: `512m`, `1g`, or a number of bytes" })
    }
}

fn bytes(text: &str) -> Option<i64> {
    let at = text.rfind(|next: char| next.is_ascii_digit() || matches!(next, '.' | ' '))?;
    let (number, suffix) = text.split_at_checked(range::behind(at))?;
    let size = number::float(number.strip_suffix(' ').unwrap_or(number)).filter(|size| *size >= 0.0)?;
    // Go turns what is too large into the least of all numbers.
    let whole = |size: f64| if size < 9_223_372_036_854_775_808.0 { size as i64 } else { i64::MIN };
    let suffix = suffix.to_ascii_lowercase();
    let mut letters = suffix.chars();
    let power = match letters.next() {
        None => return Some(whole(size)),
        Some('b') => return (suffix == "b").then_some(whole(size)),
        Some('k') => 1,
        Some('m') => 2,
        Some('g') => 3,
        Some('t') => 4,
        Some('p') => 5,
        Some(_) => return None,
    };
    matches!(letters.as_str(), "" | "b" | "ib").then(|| whole(size * 1024_f64.powi(power)))
}

/// As `docker compose config` prints it: without a unit.
impl fmt::Display for ByteSize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::ByteSize;

    /// What Docker Compose 2.40.3 makes of `mem_limit`.
    #[test]
    fn texts_are_read_as_compose_reads_them() {
        for (text, expected) in [
            ("512", Some(512)),
            ("1.5g", Some(1_610_612_736)),
            ("64 MiB", Some(67_108_864)),
            ("10kb", Some(10_240)),
            ("3b", Some(3)),
            ("1e3", Some(1_000)),
            ("1_0", Some(10)),
            ("+5", Some(5)),
            ("-0", Some(0)),
            ("99999999999g", Some(i64::MIN)),
            ("1e400", None),
            ("inf", None),
            ("0x10", None),
            ("_1", None),
            ("1__0", None),
            (" 1g", None),
            ("1  g", None),
            ("1.5.5g", None),
            ("1KiBB", None),
            ("1x", None),
            ("1kx", None),
            ("-1", None),
            ("1\u{212a}", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<ByteSize>().ok().map(|size| size.0), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(size in 0..=1_i64 << 53) {
            prop_assert_eq!(ByteSize(size).to_string().parse(), Ok(ByteSize(size)));
        }

        #[test]
        fn any_text_gets_an_answer(text in "\\PC*", size in "[0-9._eE +-]{0,8}[a-zA-Z]{0,4}") {
            let _ = (text.parse::<ByteSize>(), size.parse::<ByteSize>());
        }
    }
}
