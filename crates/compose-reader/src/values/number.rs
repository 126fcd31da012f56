//! Fractions as Go reads them.

/// A number without sign words: `1`, `1.5`, `.5`, `1e3`, `1_000`.
///
/// Source: Go's `strconv.ParseFloat`: what is out of range is an error, and `_` may stand between two digits.
pub(super) fn float(text: &str) -> Option<f64> {
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let is_between_digits = |at: usize| {
        is_digit(at.checked_sub(1).and_then(|before| bytes.get(before))) && is_digit(bytes.get(at + 1))
    };
    let parsed = if text.contains('_') {
        let is_valid = text.match_indices('_').all(|(at, _)| is_between_digits(at));
        text.replace('_', "").parse().ok().filter(|_| is_valid)
    } else {
        text.parse().ok()
    };
    parsed.filter(|number: &f64| number.is_finite())
}
