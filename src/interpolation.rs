//! `${VAR}` in a compose file: which variables a text asks for, and the text with values in their place.
//!
//! Source: the compose specification, "Interpolation", and compose-go's `template` package.

use std::ops::Range;

/// What stands behind a variable's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `${VAR}` or `$VAR`: the value, or nothing.
    None,
    /// `${VAR-word}`: `word` if unset.
    Default,
    /// `${VAR:-word}`: `word` if unset or empty.
    DefaultIfEmpty,
    /// `${VAR?word}`: an error that says `word` if unset.
    Required,
    /// `${VAR:?word}`: an error that says `word` if unset or empty.
    RequiredNotEmpty,
    /// `${VAR+word}`: `word` if set.
    Replacement,
    /// `${VAR:+word}`: `word` if set and not empty.
    ReplacementIfNotEmpty,
}

/// One variable that a text asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable<'t> {
    /// Its name.
    pub name: &'t str,
    /// What is done with it.
    pub operator: Operator,
    /// The text behind the operator: a default, a message or a replacement, itself possibly with variables.
    pub word: &'t str,
    /// Its bytes in the text, with `$` and braces.
    pub range: Range<usize>,
}

impl Variable<'_> {
    /// Whether Compose refuses the file when the variable has no value.
    pub fn is_required(&self) -> bool {
        matches!(self.operator, Operator::Required | Operator::RequiredNotEmpty)
    }
}

/// A `$` that Compose refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidVariable {
    /// Its bytes in the text.
    pub range: Range<usize>,
}

/// The variables of a text in the order they stand; those inside a default come right behind it.
///
/// # Errors
///
/// The first `$` that begins neither a variable nor `$$`.
pub fn variables(text: &str) -> Result<Vec<Variable<'_>>, InvalidVariable> {
    let mut found = Vec::new();
    collect(text, 0, &mut found)?;
    Ok(found)
}

/// The text with each variable replaced by its value, and `$$` by `$`.
///
/// `None` where a variable without default has no value, so that the text cannot be known, or a `$` is invalid.
pub fn expand<'v>(text: &str, lookup: &dyn Fn(&str) -> Option<&'v str>) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    while let Some(at) = text[rest..].find('$').map(|at| rest + at) {
        out.push_str(&text[rest..at]);
        let Some(variable) = variable_at(text, at).ok()? else {
            out.push('$');
            rest = at + 2;
            continue;
        };
        let value = lookup(variable.name);
        let filled = value.filter(|value| !value.is_empty());
        match variable.operator {
            Operator::None | Operator::Required => out.push_str(value?),
            Operator::RequiredNotEmpty => out.push_str(filled?),
            Operator::Default | Operator::DefaultIfEmpty => {
                let value = if variable.operator == Operator::Default { value } else { filled };
                match value {
                    Some(value) => out.push_str(value),
                    None => out.push_str(&expand(variable.word, lookup)?),
                }
            }
            Operator::Replacement | Operator::ReplacementIfNotEmpty => {
                let value = if variable.operator == Operator::Replacement { value } else { filled };
                if value.is_some() {
                    out.push_str(&expand(variable.word, lookup)?);
                }
            }
        }
        rest = variable.range.end;
    }
    out.push_str(&text[rest..]);
    Some(out)
}

/// A text that Compose takes literally: each `$` doubled.
pub fn escape(text: &str) -> String {
    text.replace('$', "$$")
}

fn collect<'t>(text: &'t str, base: usize, found: &mut Vec<Variable<'t>>) -> Result<(), InvalidVariable> {
    let mut rest = 0;
    while let Some(at) = text[rest..].find('$').map(|at| rest + at) {
        let shift = |range: Range<usize>| range.start + base..range.end + base;
        match variable_at(text, at) {
            Err(invalid) => return Err(InvalidVariable { range: shift(invalid.range) }),
            Ok(None) => rest = at + 2,
            Ok(Some(variable)) => {
                rest = variable.range.end;
                let word = variable.word;
                let word_base = base + variable.range.end - 1 - word.len();
                found.push(Variable { range: shift(variable.range.clone()), ..variable });
                if !word.is_empty() {
                    collect(word, word_base, found)?;
                }
            }
        }
    }
    Ok(())
}

/// The variable whose `$` stands at `at`; `None` for `$$`.
fn variable_at(text: &str, at: usize) -> Result<Option<Variable<'_>>, InvalidVariable> {
    let after = &text[at + 1..];
    if after.starts_with('$') {
        return Ok(None);
    }
    let invalid = |len: usize| InvalidVariable { range: at..(at + 1 + len).min(text.len()) };
    let Some(braced) = after.strip_prefix('{') else {
        let len = name_length(after);
        if len == 0 {
            return Err(invalid(0));
        }
        let range = at..at + 1 + len;
        return Ok(Some(Variable { name: &after[..len], operator: Operator::None, word: "", range }));
    };
    let close = closing_brace(braced).ok_or_else(|| invalid(after.len()))?;
    let inside = &braced[..close];
    let len = name_length(inside);
    let (name, behind) = inside.split_at(len);
    let operators = [
        (":-", Operator::DefaultIfEmpty),
        (":?", Operator::RequiredNotEmpty),
        (":+", Operator::ReplacementIfNotEmpty),
        ("-", Operator::Default),
        ("?", Operator::Required),
        ("+", Operator::Replacement),
        ("", Operator::None),
    ];
    let (word, operator) = operators
        .into_iter()
        .find_map(|(sign, operator)| behind.strip_prefix(sign).map(|word| (word, operator)))
        .filter(|(word, operator)| len > 0 && (*operator != Operator::None || word.is_empty()))
        .ok_or_else(|| invalid(close + 2))?;
    Ok(Some(Variable { name, operator, word, range: at..at + close + 3 }))
}

fn name_length(text: &str) -> usize {
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return 0;
    }
    text.find(|character: char| !character.is_ascii_alphanumeric() && character != '_').unwrap_or(text.len())
}

/// The offset of the brace that closes a `${` whose inside begins the text.
fn closing_brace(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' if at > 0 && bytes[at - 1] == b'$' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{escape, expand, variables};

    fn with(text: &str) -> Option<String> {
        expand(text, &|name| match name {
            "SET" => Some("set"),
            "EMPTY" => Some(""),
            _ => None,
        })
    }

    #[test]
    fn operators_do_what_compose_does() {
        for (text, expected) in [
            ("$SET/${SET}", Some("set/set")),
            ("$$SET", Some("$SET")),
            ("${X:-a}${X-b}", Some("ab")),
            ("${EMPTY:-a}${EMPTY-b}", Some("a")),
            ("${X:-${SET}}", Some("set")),
            ("${X:-${Y:-z}}", Some("z")),
            ("${SET:+a}${X:+b}${EMPTY+c}", Some("ac")),
            ("${SET:?no}", Some("set")),
            ("${EMPTY:?no}", None),
            ("${X}", None),
            ("${X:-http://a:1}", Some("http://a:1")),
        ] {
            assert_eq!(with(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn nested_variables_know_their_bytes() {
        let text = "a ${X:-b ${Y?say}} $Z";
        let found = variables(text).expect("valid");
        let slices: Vec<&str> = found.iter().map(|variable| &text[variable.range.clone()]).collect();
        assert_eq!(slices, ["${X:-b ${Y?say}}", "${Y?say}", "$Z"]);
        assert_eq!(found[1].word, "say");
        assert!(found[1].is_required());
    }

    #[test]
    fn what_compose_refuses_is_refused() {
        for text in ["$", "a $ b", "${", "${X", "${}", "${1}", "${X!}", "$1", "${X:}"] {
            assert!(variables(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back(text in "\\PC*") {
            let escaped = escape(&text);
            prop_assert_eq!(expand(&escaped, &|_| None), Some(text));
        }

        #[test]
        fn any_text_gets_an_answer(text in "[${}:?+a-zé -]{0,30}") {
            if let Ok(found) = variables(&text) {
                for variable in found {
                    prop_assert!(text.get(variable.range.clone()).is_some_and(|slice| slice.starts_with('$')));
                }
            }
        }
    }
}
