//! Durations.

use std::fmt;
use std::str::FromStr;

use super::Invalid;

/// A duration, in nanoseconds: `1m30s`, `1.5h`, `500ms`, `1d`.
///
/// ```
/// use compose_reader::values::Duration;
///
/// let duration: Duration = "90s".parse().expect("a duration");
/// assert_eq!(duration.seconds(), 90.0);
/// assert_eq!(duration.to_string(), "1m30s");
/// assert!("90".parse::<Duration>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub i64);

/// The largest magnitude that Go counts with: that of [`i64::MIN`].
const MOST: u64 = 1 << 63;

const SECOND: u64 = 1_000_000_000;

impl Duration {
    /// How many seconds it is.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / SECOND as f64
    }
}

/// Source: Go's `time.ParseDuration`, and the days and weeks of go-str2duration, by which compose-go reads.
impl FromStr for Duration {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        nanoseconds(text).map(Self).ok_or(Invalid { expected: "a duration: `500ms`, `10s`, `1m30s`" })
    }
}

fn nanoseconds(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "0" {
        return Some(0);
    }
    let mut rest = unsigned;
    if rest.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (whole, behind) = digits(rest);
        let (fraction, behind) = match behind.strip_prefix('.') {
            Some(behind) => digits(behind),
            None => ("", behind),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let end = behind.find(|next: char| next == '.' || next.is_ascii_digit()).unwrap_or(behind.len());
        let (name, behind) = behind.split_at_checked(end)?;
        let unit = unit(name)?;
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let part = whole.checked_mul(unit)?.checked_add(part(fraction, unit))?;
        total = total.checked_add(part).filter(|total| *total <= MOST)?;
        rest = behind;
    }
    if text.starts_with('-') { 0_i64.checked_sub_unsigned(total) } else { i64::try_from(total).ok() }
}

/// The digits that a text begins with, and what is behind them.
fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// A fraction of a unit; digits beyond what Go counts with are passed over.
fn part(fraction: &str, unit: u64) -> u64 {
    let (mut digits, mut scale) = (0_u64, 1.0);
    for digit in fraction.bytes().map(|byte| u64::from(byte.saturating_sub(b'0'))) {
        let next = digits.checked_mul(10).and_then(|digits| digits.checked_add(digit));
        let Some(next) = next.filter(|next| *next <= MOST) else { break };
        digits = next;
        scale *= 10.0;
    }
    (digits as f64 * (unit as f64 / scale)) as u64
}

fn unit(name: &str) -> Option<u64> {
    Some(match name {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3_600 * SECOND,
        "d" => 24 * 3_600 * SECOND,
        "w" => 7 * 24 * 3_600 * SECOND,
        _ => return None,
    })
}

/// As Go prints it: `1m30s`, `1h0m0s`, `1.5s`, `300ms`, `0s`.
///
/// Source: Go's `Duration.String`.
impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        formatter.write_str(sign)?;
        match magnitude {
            0 => formatter.write_str("0s"),
            1..1_000 => write!(formatter, "{magnitude}ns"),
            1_000..1_000_000 => write!(formatter, "{}µs", decimal(magnitude, 3)),
            1_000_000..SECOND => write!(formatter, "{}ms", decimal(magnitude, 6)),
            _ => {
                let minutes = magnitude / (60 * SECOND);
                let seconds = decimal(magnitude % (60 * SECOND), 9);
                match (minutes / 60, minutes % 60) {
                    (0, 0) => write!(formatter, "{seconds}s"),
                    (0, minutes) => write!(formatter, "{minutes}m{seconds}s"),
                    (hours, minutes) => write!(formatter, "{hours}h{minutes}m{seconds}s"),
                }
            }
        }
    }
}

/// A number whose last `places` digits stand behind the point, without needless zeros.
fn decimal(value: u64, places: usize) -> String {
    let digits = format!("{value:0width$}", width = places.saturating_add(1));
    let point = digits.len().saturating_sub(places);
    let (whole, fraction) = digits.split_at_checked(point).unwrap_or((&digits, ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Duration;

    /// What Docker Compose 2.40.3 makes of `healthcheck.interval`. The rules' own reader took ` 5s` and no `1d` or `1w` once,
    /// and that of stack.yaml `1..5s`, and no `1µs`, `1ns` or `1d`.
    #[test]
    fn texts_are_read_and_printed_as_compose_does() {
        for (text, expected) in [
            ("90s", Some("1m30s")),
            ("1h", Some("1h0m0s")),
            ("1.5s", Some("1.5s")),
            ("1500us", Some("1.5ms")),
            ("1µs", Some("1µs")),
            ("300ms", Some("300ms")),
            ("0", Some("0s")),
            ("-2s", Some("-2s")),
            ("+5s", Some("5s")),
            ("1d", Some("24h0m0s")),
            ("1w", Some("168h0m0s")),
            (".5s", Some("500ms")),
            ("1.s", Some("1s")),
            ("0.0000000001s", Some("0s")),
            ("1h2m3.004s", Some("1h2m3.004s")),
            ("9223372036854775807ns", Some("2562047h47m16.854775807s")),
            ("9223372036854775808ns", None),
            ("10", None),
            (" 5s", None),
            ("5 s", None),
            ("5S", None),
            ("1..5s", None),
            ("1.5.5s", None),
            ("1h1", None),
            ("s", None),
            ("-", None),
            ("", None),
            ("1y", None),
        ] {
            let printed = text.parse::<Duration>().ok().map(|duration| duration.to_string());
            assert_eq!(printed.as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(duration in any::<i64>()) {
            prop_assert_eq!(Duration(duration).to_string().parse(), Ok(Duration(duration)));
        }

        #[test]
        fn any_text_gets_an_answer(text in "\\PC*", duration in "[+-]?([0-9.]{0,22}[a-zµ]{0,2}){0,4}") {
            let _ = (text.parse::<Duration>(), duration.parse::<Duration>());
        }
    }
}
