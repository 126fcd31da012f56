//! Durations and sizes as Go programs write and read them.
//!
//! Source: Go's `time.ParseDuration` and `Duration.String`, the days and weeks that Docker Compose adds, and
//! `RAMInBytes` of docker/go-units.

/// The nanoseconds of `1h30m`, `1.5s`, `-2ms`, `1w` or `0`.
pub(super) fn duration(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "0" {
        return Some(0);
    }
    let mut rest = unsigned;
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let whole = &rest[..digits(rest)];
        rest = &rest[whole.len()..];
        let mut fraction = "";
        if let Some(behind) = rest.strip_prefix('.') {
            fraction = &behind[..digits(behind)];
            rest = &behind[fraction.len()..];
        }
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let end = rest.find(|next: char| next == '.' || next.is_ascii_digit()).unwrap_or(rest.len());
        let unit = nanoseconds(&rest[..end])?;
        rest = &rest[end..];
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let part = format!("0.{fraction}0").parse::<f64>().ok()? * unit as f64;
        total = total.checked_add(whole.checked_mul(i128::from(unit))?)?.checked_add(part as i128)?;
        if total > i128::from(i64::MAX) + 1 {
            return None;
        }
    }
    i64::try_from(if text.starts_with('-') { -total } else { total }).ok()
}

fn nanoseconds(unit: &str) -> Option<i64> {
    const SECOND: i64 = 1_000_000_000;
    Some(match unit {
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

/// A duration as Go prints it: `1m30s`, `1h0m0s`, `1.5s`, `300ms`, `0s`.
pub(super) fn duration_text(nanoseconds: i64) -> String {
    let magnitude = nanoseconds.unsigned_abs();
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let text = match magnitude {
        0 => "0s".to_owned(),
        1..1_000 => format!("{magnitude}ns"),
        1_000..1_000_000 => format!("{}µs", decimal(magnitude, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(magnitude, 1_000_000)),
        _ => {
            let minutes = magnitude / 60_000_000_000;
            let seconds = decimal(magnitude % 60_000_000_000, 1_000_000_000);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}

/// `value / unit`, without needless zeros.
fn decimal(value: u64, unit: u64) -> String {
    let width = unit.ilog10() as usize;
    let fraction = format!("{:0width$}", value % unit);
    let fraction = fraction.trim_end_matches('0');
    let whole = value / unit;
    if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") }
}

/// The bytes of `512`, `1.5g`, `64 MiB`, `10kb`: powers of 1024.
pub(super) fn bytes(text: &str) -> Option<i64> {
    let at = text.rfind(|next: char| next.is_ascii_digit() || matches!(next, '.' | ' '))?;
    let (number, suffix) = match text.as_bytes()[at] {
        b' ' => (&text[..at], &text[at + 1..]),
        _ => text.split_at(at + 1),
    };
    let size = number.parse::<f64>().ok().filter(|size| *size >= 0.0)?;
    // Go turns what is too large into the least of all numbers.
    let whole = |size: f64| if size < 9_223_372_036_854_775_808.0 { size as i64 } else { i64::MIN };
    let suffix = suffix.to_lowercase();
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

#[cfg(test)]
mod tests {
    use super::{bytes, duration, duration_text};

    #[test]
    fn durations_are_read_and_printed_as_go_does() {
        for (text, expected) in [
            ("90s", Some("1m30s")),
            ("1h", Some("1h0m0s")),
            ("1.5s", Some("1.5s")),
            ("1500us", Some("1.5ms")),
            ("300ms", Some("300ms")),
            ("0", Some("0s")),
            ("-2s", Some("-2s")),
            ("1d", Some("24h0m0s")),
            ("1h2m3.004s", Some("1h2m3.004s")),
            ("10", None),
            ("s", None),
            ("", None),
            ("1y", None),
        ] {
            assert_eq!(duration(text).map(duration_text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn sizes_are_powers_of_1024() {
        for (text, expected) in [
            ("512", Some(512)),
            ("1.5g", Some(1_610_612_736)),
            ("64 MiB", Some(67_108_864)),
            ("10kb", Some(10_240)),
            ("3b", Some(3)),
            ("1x", None),
            ("1kx", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }
}
