//! Fractions as Go reads them.

use crate::source::range;

/// A number without sign words: `1`, `1.5`, `.5`, `1e3`, `1_000`.
///
/// Source: Go's `strconv.ParseFloat`: what is out of range is an error, and `_` may stand between two digits.
pub(super) fn float(text: &str) -> Option<f64> {
    let is_digit = |next: char| next.is_ascii_digit();
    let parsed = if text.contains('_') {
        let is_valid = range::around(text, "_")
            .all(|(before, behind)| before.ends_with(is_digit) && behind.starts_with(is_digit));
        text.replace('_', "").parse().ok().filter(|_| is_valid)
    } else {
        text.parse().ok()
    };
    parsed.filter(|number: &f64| number.is_finite())
}
