//! `.env` files in the dialect of Compose: which variables one sets, where, and how a value is written.
//!
//! Source: compose-go's `dotenv` package. References to other variables inside a value are left as they stand.

use std::ops::Range;

/// A variable that a file sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable<'t> {
    /// Its name.
    pub name: &'t str,
    /// Its value, without quotes.
    pub value: String,
    /// The bytes from its name to the end of its value.
    pub range: Range<usize>,
    /// The bytes of its value, with quotes.
    pub written: Range<usize>,
}

/// The variables of a file, in its order; one without `=` takes its value from the machine and is not among them.
pub fn variables(text: &str) -> Vec<Variable<'_>> {
    let mut found = Vec::new();
    let mut offset = 0;
    while offset < text.len() {
        let line = text[offset..].split_inclusive('\n').next().unwrap_or_default();
        let mut next = offset + line.len();
        let indent = line.len() - line.trim_start().len();
        let content = line.trim();
        if !content.starts_with('#')
            && let Some((before, _)) = content.split_once('=')
        {
            let name = before.trim().trim_start_matches("export ").trim();
            let behind = offset + indent + before.len() + 1;
            let blank = text[behind..].len() - text[behind..].trim_start_matches([' ', '\t']).len();
            let start = behind + blank;
            let (value, length) = value(&text[start..]);
            next = next.max(start + length);
            found.push(Variable {
                name,
                value,
                range: offset + indent..start + length,
                written: start..start + length,
            });
        }
        offset = next;
    }
    found
}

/// A value as it begins a text, and the number of bytes that it takes.
fn value(text: &str) -> (String, usize) {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''));
    if let Some((value, length)) = quote.and_then(|quote| quoted_value(text, quote)) {
        return (value, length);
    }
    let line = text.lines().next().unwrap_or_default();
    let end = if line.starts_with('#') { 0 } else { line.find(" #").unwrap_or(line.len()) };
    let value = line[..end].trim_end();
    (value.to_owned(), value.len())
}

/// A value in quotes, perhaps over several lines; `None` where the quote is not closed.
fn quoted_value(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            _ if character == quote => return Some((value, at + 1)),
            '\\' => match characters.next()?.1 {
                escaped if escaped == quote => value.push(escaped),
                'n' if quote == '"' => value.push('\n'),
                'r' if quote == '"' => value.push('\r'),
                '\\' if quote == '"' => value.push('\\'),
                other => value.extend(['\\', other]),
            },
            _ => value.push(character),
        }
    }
    None
}

/// A value as it is written: in single quotes, which keep everything as it is, where it needs them.
pub fn quoted(value: &str) -> String {
    let harmless = |character: char| character.is_ascii_alphanumeric() || "-_./:,@%+=".contains(character);
    if value.chars().all(harmless) { value.to_owned() } else { format!("'{}'", value.replace('\'', "\\'")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{quoted, variables};

    #[test]
    fn values_are_read_as_compose_reads_them() {
        let text = "# A=1\nA=1\nexport B = two words # a note\nC='it\\'s #5'\nD=\"a\\nb\"\nE=\nF\nG=a#b\r\nH='a\nb'\nI='x\n";
        let found: Vec<(&str, String)> =
            variables(text).into_iter().map(|variable| (variable.name, variable.value)).collect();
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "it's #5"),
            ("D", "a\nb"),
            ("E", ""),
            ("G", "a#b"),
            ("H", "a\nb"),
            ("I", "'x"),
        ];
        assert_eq!(found, expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = "A=1\n  B= 'b' # note\n";
        let places: Vec<(&str, &str)> =
            variables(text).iter().map(|it| (&text[it.range.clone()], &text[it.written.clone()])).collect();
        assert_eq!(places, [("A=1", "1"), ("B= 'b'", "'b'")]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in "[^\\\\\r]*") {
            let text = format!("BEFORE=1\nNAME={}\nAFTER=2\n", quoted(&value));
            let found = variables(&text);
            prop_assert_eq!(&found[1].value, &value);
            prop_assert_eq!((found.len(), found[2].name), (3, "AFTER"));
        }

        #[test]
        fn any_text_is_read(text in "[A-Z='\"\\\\# \n\ré]{0,60}") {
            for variable in variables(&text) {
                prop_assert!(text.get(variable.range).is_some() && text.get(variable.written).is_some());
            }
        }
    }
}
