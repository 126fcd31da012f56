//! Which type a scalar has for Docker Compose, which reads YAML with go-yaml.
//!
//! Source: `resolve.go` of go-yaml v3 and v4, tried against docker-compose 2.40.3: `yes` and `on` are text,
//! `017` is octal, `1_000` a number, `08` a float, `2001-12-14` a date.

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'single'`.
    SingleQuoted,
    /// `"double"`.
    DoubleQuoted,
    /// A `|` or `>` block.
    Block,
}

/// A scalar's type and value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolved {
    /// `~`, `null`, or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number beyond [`i64::MAX`].
    Unsigned(u64),
    /// Any other number.
    Float(f64),
    /// A date or a date with a time.
    Timestamp,
    /// Text.
    Text,
}

/// The type of a scalar, from its text, its style and its tag.
pub fn resolve(text: &str, style: Style, tag: Option<&str>) -> Resolved {
    match tag {
        Some("!!str") => return Resolved::Text,
        Some("!!int" | "!!float" | "!!bool" | "!!null") => {}
        _ if style != Style::Plain => return Resolved::Text,
        _ => {}
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "true" | "True" | "TRUE" => return Resolved::Bool(true),
        "false" | "False" | "FALSE" => return Resolved::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) {
        return Resolved::Text;
    }
    if is_timestamp(text) {
        return Resolved::Timestamp;
    }
    let digits = text.replace('_', "");
    integer(&digits).or_else(|| float(&digits)).unwrap_or(Resolved::Text)
}

fn integer(text: &str) -> Option<Resolved> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = unsigned.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Resolved::Integer);
    }
    Some(i64::try_from(magnitude).map_or(Resolved::Unsigned(magnitude), Resolved::Integer))
}

/// go-yaml: `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`.
fn float(text: &str) -> Option<Resolved> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa_ok = all_digits(whole)
        && all_digits(fraction)
        && (!whole.is_empty() || !fraction.is_empty())
        && !(whole.is_empty() && fraction.is_empty());
    let exponent_ok = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    (mantissa_ok && exponent_ok).then(|| text.parse().ok().map(Resolved::Float)).flatten()
}

/// go-yaml's four layouts: a date, or a date with `T`, `t` or a blank before the time.
fn is_timestamp(text: &str) -> bool {
    let digits = |text: &str, range: std::ops::RangeInclusive<usize>| {
        range.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let (day, time) = match rest.split_once(['T', 't', ' ']) {
        Some((day, time)) => (day, Some(time)),
        None => (rest, None),
    };
    let has_blank = rest.strip_prefix(day).is_some_and(|rest| rest.starts_with(' '));
    let within = |text: &str, least: u32, most: u32| {
        text.parse::<u32>().is_ok_and(|value| (least..=most).contains(&value))
    };
    if !(digits(year, 4..=4) && digits(month, 1..=2) && digits(day, 1..=2)) {
        return false;
    }
    if !(within(month, 1, 12) && within(day, 1, 31)) {
        return false;
    }
    let Some(time) = time else { return true };
    let clock = time.split(['Z', '+', '-']).next().unwrap_or_default();
    let zone = time.strip_prefix(clock).unwrap_or_default();
    let is_offset = |zone: &str| {
        let offset = zone.strip_prefix(['Z', '+', '-']).and_then(|offset| offset.split_once(':'));
        offset.is_some_and(|(hours, minutes)| digits(hours, 2..=2) && digits(minutes, 2..=2))
    };
    let zone_ok = if has_blank { zone.is_empty() } else { zone == "Z" || is_offset(zone) };
    let mut fields = clock.splitn(3, ':');
    let (Some(hour), Some(minute), Some(second)) = (fields.next(), fields.next(), fields.next()) else {
        return false;
    };
    let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
    zone_ok
        && digits(hour, 1..=2)
        && digits(minute, 1..=2)
        && digits(second, 1..=2)
        && digits(fraction, 1..=9)
        && within(hour, 0, 23)
        && within(minute, 0, 59)
        && within(second, 0, 59)
}

#[cfg(test)]
mod tests {
    use super::{Resolved, resolve};
    use crate::yaml::Style;

    /// What docker-compose 2.40.3 makes of a plain scalar.
    #[test]
    fn plain_scalars_are_typed_as_compose_types_them() {
        use Resolved::{Bool, Float, Integer, Null, Text, Timestamp, Unsigned};
        for (text, expected) in [
            ("", Null),
            ("~", Null),
            ("NULL", Null),
            ("nUll", Text),
            ("yes", Text),
            ("on", Text),
            ("True", Bool(true)),
            ("tRue", Text),
            ("017", Integer(15)),
            ("0o17", Integer(15)),
            ("0b11", Integer(3)),
            ("0x1F", Integer(31)),
            ("08", Float(8.0)),
            ("09.1", Float(9.1)),
            ("1_000", Integer(1000)),
            ("-5", Integer(-5)),
            ("1e3", Float(1000.0)),
            ("3.10", Float(3.1)),
            ("1.", Float(1.0)),
            (".5", Float(0.5)),
            (".", Text),
            ("1.2.3", Text),
            ("22:22", Text),
            ("1:30:00", Text),
            ("18446744073709551615", Unsigned(u64::MAX)),
            ("2001-12-14", Timestamp),
            ("2001-12-14T21:59:43Z", Timestamp),
            ("2001-12-14 21:59:43.10", Timestamp),
            ("2001-12-14 21:59:43 Z", Text),
            ("2001-13-14", Text),
            ("10s", Text),
            ("-", Text),
            ("+", Text),
        ] {
            assert_eq!(resolve(text, Style::Plain, None), expected, "{text:?}");
        }
    }

    #[test]
    fn quotes_and_tags_decide() {
        assert_eq!(resolve("10", Style::DoubleQuoted, None), Resolved::Text);
        assert_eq!(resolve("10", Style::Plain, Some("!!str")), Resolved::Text);
        assert_eq!(resolve("10", Style::SingleQuoted, Some("!!int")), Resolved::Integer(10));
        assert_eq!(resolve("10", Style::Plain, Some("!override")), Resolved::Integer(10));
    }
}
