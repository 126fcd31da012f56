//! The texts that Docker Compose makes of scalars.
//!
//! Source: how Go prints values, which is what containers get from Docker Compose 2.40.3.

use crate::yaml::{Node, Resolved};

/// A scalar as Go's `fmt.Sprint` prints it: what a container gets for `PORT: 0700`, `VERSION: 3.10`.
pub(super) fn printed(node: &Node) -> String {
    let text = node.as_text().unwrap_or_default();
    match node.resolved() {
        Some(Resolved::Null) => String::new(),
        Some(Resolved::Bool(value)) => value.to_string(),
        Some(Resolved::Integer(value)) => value.to_string(),
        Some(Resolved::Unsigned(value)) => value.to_string(),
        Some(Resolved::Float(value)) => float_text(value),
        Some(Resolved::Timestamp) => timestamp_text(text),
        _ => text.to_owned(),
    }
}

/// A number as Go prints it: with an exponent below 1e-4 and from 1e6.
pub(super) fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e6).contains(&magnitude) {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(("+", exponent), |digits| ("-", digits));
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    format!("{value}")
}

/// A date as Go prints it: `2001-12-14 00:00:00 +0000 UTC`.
fn timestamp_text(text: &str) -> String {
    let (date, time) = text.split_once(['T', 't', ' ']).unwrap_or((text, "00:00:00"));
    let mut parts = date.splitn(3, '-');
    let mut part = || parts.next().unwrap_or_default();
    let (year, month, day) = (part(), part(), part());
    let (clock, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, "Z"),
    };
    let zone = match zone {
        "Z" => "+0000 UTC".to_owned(),
        zone => format!("{0} {0}", zone.replace(':', "")),
    };
    format!("{year}-{month:0>2}-{day:0>2} {clock} {zone}")
}
