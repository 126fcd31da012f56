//! `.env` files and the files of `env_file`, in the dialect that Docker Compose reads.
//!
//! Source: the compose specification, "env_file", and the behaviour of Docker Compose 2.40.3: `export`, comments,
//! both kinds of quotes, escapes and variables in double quotes, `KEY: value`, a bare `KEY` that takes its value over.

use std::collections::HashMap;
use std::ops::Range;

use crate::budget::Budget;
use crate::interpolation::{self, Fault, Words, substitute};
use crate::source::{Cursor, range};

/// One variable of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Its name.
    pub name: String,
    /// Its value, escapes and variables resolved.
    pub value: String,
    /// The bytes of its name in the text.
    pub place: Range<usize>,
    /// The bytes of its value, with quotes.
    pub written: Range<usize>,
}

/// Why a text is not an env file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvFileError {
    /// The bytes where it is wrong.
    pub place: Range<usize>,
    /// What is wrong there.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// Whether it is an env file, whose values the budget does not suffice for.
    pub is_spent: bool,
}

impl EnvFileError {
    fn new(place: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { place, message: message.into(), help: help.into(), is_spent: false }
    }
}

/// The variables that a text sets, in order. A variable in a value is what `lookup` says, or an earlier one here.
///
/// # Errors
///
/// The first line that is no assignment, or has a quote or variable that Compose refuses.
pub fn parse(text: &str, lookup: interpolation::Lookup<'_, '_>) -> Result<Vec<Assignment>, EnvFileError> {
    parse_within(text, lookup, Words::Used, &mut Budget::default())
}

/// The same, with what is left of a project's budget.
///
/// # Errors
///
/// As [`parse`], and values that the budget does not suffice for.
pub fn parse_within(
    text: &str,
    lookup: interpolation::Lookup<'_, '_>,
    words: Words,
    budget: &mut Budget,
) -> Result<Vec<Assignment>, EnvFileError> {
    let mut reader = Reader::new(text, words, budget);
    while reader.skip_to_statement() {
        reader.statement(Some(lookup))?;
    }
    Ok(reader.found)
}

/// The variables that a text sets, in order, variables in their values as they stand. A line that Compose refuses is
/// passed over.
pub fn variables(text: &str) -> Vec<Assignment> {
    let budget = &mut Budget::default();
    let mut reader = Reader::new(text, Words::Used, budget);
    while reader.skip_to_statement() {
        let start = reader.cursor;
        if reader.statement(None).is_err() {
            reader.cursor = start;
            reader.cursor.skip_line();
        }
    }
    reader.found
}

/// The variables that a text sets or, in a comment, shows how to set: `# NAME=value`.
pub fn documented(text: &str) -> Vec<String> {
    let shown: String = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix('#'))
        .map(|line| line.trim_start_matches(['#', ' ']).to_owned() + "\n")
        .collect();
    let assignments = variables(text).into_iter().chain(variables(&shown));
    assignments.map(|assignment| assignment.name).filter(|name| !name.is_empty()).collect()
}

/// The values that are hashes of passwords and in which a `$` begins a variable, since they stand in no single quotes: the
/// bytes of each.
pub fn expanded_hashes(text: &str) -> Vec<Range<usize>> {
    let value = |(start, line): (usize, &str)| {
        let (name, written) = line.split_once('=')?;
        let written = written.trim_start();
        let value = written.trim_end();
        let is_plain = !name.trim_start().starts_with('#') && !value.starts_with('\'');
        let begin = range::after(start, [range::before(line, written)]);
        (is_plain && interpolation::holds_hash(value)).then(|| range::of(begin, value))
    };
    range::lines(text).filter_map(value).collect()
}

/// A value as it is written: in single quotes, which keep everything as it is, where it needs them; in double ones where a
/// backslash at its end would take the single one for text.
pub fn quoted(value: &str) -> String {
    let harmless = |character: char| character.is_ascii_alphanumeric() || "-_./:,@%+=".contains(character);
    if value.chars().all(harmless) {
        return value.to_owned();
    }
    let single = format!("'{}'", value.replace('\'', "\\'"));
    let double = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
    let reads_back = |written: &str| {
        let read = parse(&format!("NAME={written}"), &|_| None);
        read.is_ok_and(|found| matches!(&found[..], [one] if one.value == value))
    };
    if reads_back(&single) { single } else { format!("\"{double}\"") }
}

/// What a variable is outside the file; `None` where variables stay as they stand.
type Lookup<'l, 'v> = Option<interpolation::Lookup<'l, 'v>>;

/// The variables that a text sets, in the format `raw`: everything behind the first `=` of a line, as it stands.
///
/// # Errors
///
/// A line without `=`.
pub fn parse_raw(text: &str, lookup: interpolation::Lookup<'_, '_>) -> Result<Vec<Assignment>, EnvFileError> {
    let mut found = Vec::new();
    for (start, line) in range::lines(text) {
        let line = line.trim_end_matches('\n').trim_end_matches('\r');
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (line, lookup(line).map(str::to_owned)),
        };
        if let Some(value) = value {
            let end = range::after(start, [line]);
            let written = range::after(start, [name, "="]).min(end)..end;
            found.push(Assignment { name: name.to_owned(), value, place: range::of(start, name), written });
        }
    }
    Ok(found)
}

struct Reader<'t, 'b> {
    cursor: Cursor<'t>,
    found: Vec<Assignment>,
    /// Where in `found` each name stands last.
    last: HashMap<String, usize>,
    words: Words,
    budget: &'b mut Budget,
}

impl<'t, 'b> Reader<'t, 'b> {
    fn new(text: &'t str, words: Words, budget: &'b mut Budget) -> Self {
        let mut cursor = Cursor::new(text);
        cursor.skip(|next| next == '\u{feff}');
        Self { cursor, found: Vec::new(), last: HashMap::new(), words, budget }
    }

    /// Passes over blanks, empty lines and comments; whether anything is left.
    fn skip_to_statement(&mut self) -> bool {
        loop {
            self.cursor.skip(char::is_whitespace);
            let rest = self.cursor.rest();
            if !rest.starts_with('#') {
                return !rest.is_empty();
            }
            self.cursor.skip_line();
        }
    }

    fn statement(&mut self, lookup: Lookup<'_, '_>) -> Result<(), EnvFileError> {
        let exported =
            self.cursor.rest().strip_prefix("export").filter(|rest| rest.starts_with(char::is_whitespace));
        if let Some(rest) = exported {
            self.cursor.go_to(rest.trim_start_matches(is_blank));
        }
        let start = self.cursor.at();
        let rest = self.cursor.rest();
        let name = rest.split(['=', ':', '\n']).next().unwrap_or_default();
        let behind = rest.strip_prefix(name).unwrap_or_default();
        let wrong = name.trim_start_matches(|next| is_blank(next) || is_name_character(next));
        if let Some(next) = wrong.chars().next() {
            let at = range::after(start, [range::before(name, wrong)]);
            let place = at..range::offset(at, next.len_utf8());
            return Err(EnvFileError::new(
                place,
                format!("`{next}` cannot stand in a variable's name"),
                "write `NAME=value`; a text of several lines stands in quotes",
            ));
        }
        let is_bare = behind.starts_with('\n');
        let trimmed = name.trim_end();
        if trimmed.contains(' ') {
            return Err(EnvFileError::new(
                range::of(start, trimmed),
                format!("`{trimmed}` is no variable's name: it has a blank in it"),
                "write `NAME=value`",
            ));
        }
        let place = range::of(start, trimmed);
        // Without a line break behind it, the last name of a file is read as a value without a name.
        let is_nameless = behind.is_empty();
        if !is_nameless {
            self.cursor.go_to(behind);
            self.cursor.bump();
        }
        self.cursor.skip(is_blank);
        if is_bare {
            if let Some(value) = lookup.and_then(|lookup| lookup(trimmed)) {
                let written = place.end..place.end;
                self.push(Assignment { name: trimmed.to_owned(), value: value.to_owned(), place, written });
            }
            return Ok(());
        }
        let name = if is_nameless { String::new() } else { trimmed.to_owned() };
        let (value, written) = self.value(lookup)?;
        self.push(Assignment { name, value, place, written });
        Ok(())
    }

    fn push(&mut self, assignment: Assignment) {
        self.last.insert(assignment.name.clone(), self.found.len());
        self.found.push(assignment);
    }

    fn value(&mut self, lookup: Lookup<'_, '_>) -> Result<(String, Range<usize>), EnvFileError> {
        let start = self.cursor.at();
        let line = self.cursor.line();
        let Some(quote) = self.cursor.peek().filter(|first| matches!(first, '"' | '\'')) else {
            self.cursor.skip_line();
            self.cursor.bump();
            let value = line.split(" #").next().unwrap_or_default().trim_end();
            let written = range::of(start, value);
            return Ok((self.expanded(value, written.clone(), lookup)?, written));
        };
        let mut value = String::new();
        let mut is_escaped = false;
        let mut inside = self.cursor.rest().chars();
        inside.next();
        while let Some(next) = inside.next() {
            if next == quote && !is_escaped {
                self.cursor.go_to(inside.as_str());
                let written = start..self.cursor.at();
                if quote == '\'' {
                    return Ok((value, written));
                }
                return Ok((self.expanded(&unescaped(&value), written.clone(), lookup)?, written));
            }
            if next != quote && !is_escaped && next == '\\' {
                is_escaped = true;
                continue;
            }
            if std::mem::take(&mut is_escaped) && next != quote {
                value.push('\\');
            }
            value.push(next);
        }
        Err(EnvFileError::new(
            range::of(start, line),
            "the quote is never closed",
            "write the same quote at the end of the value",
        ))
    }

    fn expanded(
        &mut self,
        value: &str,
        place: Range<usize>,
        lookup: Lookup<'_, '_>,
    ) -> Result<String, EnvFileError> {
        let Some(lookup) = lookup else { return Ok(value.to_owned()) };
        let (found, last) = (&self.found, &self.last);
        let earlier = |name: &str| lookup(name).or_else(|| Some(&*found.get(*last.get(name)?)?.value));
        match substitute(value, &earlier, self.words, self.budget) {
            Ok(expansion) => Ok(expansion.text),
            Err(Fault::Syntax(_)) => Err(EnvFileError::new(
                place,
                "a `${` in it begins no variable",
                "write `$$` for a `$`, or put the value in single quotes",
            )),
            Err(Fault::Spent(spent)) => {
                let error = EnvFileError::new(place, spent.message(), spent.help());
                Err(EnvFileError { is_spent: true, ..error })
            }
            Err(Fault::Missing { name, message }) => Err(EnvFileError::new(
                place,
                format!("it needs the variable `{name}`, which is not set: {message}"),
                format!("set `{name}` above, or in the environment"),
            )),
        }
    }
}

/// What stands in double quotes: escapes as in Go, octal with a leading zero, and `\$` for a `$` that is text.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        out.push_str(before);
        let mut behind = escape.chars();
        let replacement = match behind.next() {
            Some('a') => "\u{7}",
            Some('b') => "\u{8}",
            Some('f') => "\u{c}",
            Some('n') => "\n",
            Some('r') => "\r",
            Some('t') => "\t",
            Some('v') => "\u{b}",
            Some('$') => "$$",
            Some('"') => "\"",
            Some('\\') => "\\",
            Some('0') => {
                rest = octal(behind.as_str(), &mut out);
                continue;
            }
            _ => {
                out.push('\\');
                rest = escape;
                continue;
            }
        };
        out.push_str(replacement);
        rest = behind.as_str();
    }
    out.push_str(rest);
    out
}

/// `\0101`: three octal digits behind the zero, or the text as it stands; what is behind them.
fn octal<'t>(text: &'t str, out: &mut String) -> &'t str {
    let length = text.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(length).unwrap_or((text, ""));
    let code = u32::from_str_radix(digits, 8).ok().filter(|code| length == 3 && *code <= 255);
    match code.and_then(char::from_u32) {
        Some(character) => out.push(character),
        None => out.extend(["\\0", digits]),
    }
    rest
}

/// A blank that does not end a line.
fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

fn is_name_character(character: char) -> bool {
    character.is_alphabetic() || character.is_numeric() || matches!(character, '_' | '.' | '-' | '[' | ']')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{parse, parse_raw, quoted, variables};

    fn read(text: &str) -> Vec<(String, String)> {
        let lookup = |name: &str| (name == "OUTER").then_some("outer");
        let found = parse(text, &lookup).expect(text);
        found.into_iter().map(|assignment| (assignment.name, assignment.value)).collect()
    }

    fn value(text: &str) -> String {
        read(&format!("A={text}\n")).remove(0).1
    }

    #[test]
    fn an_example_shows_variables_in_comments_too() {
        let text = "A=1\n# what B does: this\n#B=\n  ## C=x y # why\n# D\n#=\nexport E=1\n";
        assert_eq!(super::documented(text), ["A", "E", "B", "C"]);
    }

    /// What Docker Compose 2.40.3 gives the container.
    #[test]
    fn values_are_read_as_compose_reads_them() {
        for (text, expected) in [
            ("b", "b"),
            ("b # note", "b"),
            ("b#c", "b#c"),
            ("'b # c'  # note", "b # c"),
            ("\"b\\nc\\t\\$d\"", "b\nc\t$d"),
            ("'b\\nc $OUTER'", "b\\nc $OUTER"),
            ("\"$OUTER ${X:-y}\"", "outer y"),
            ("$OUTER", "outer"),
            ("\"a\nb\"", "a\nb"),
            ("'it\\'s'", "it's"),
            ("\"\\0101\\x\"", "A\\x"),
            ("", ""),
        ] {
            assert_eq!(value(text), expected, "{text:?}");
        }
    }

    #[test]
    fn lines_are_found_as_compose_finds_them() {
        let text = "\u{feff}# note\nexport A=1\nB: 2\nOUTER\nNONE\nC = $A\nA.b-c[0]=x\r\n\n  D=\"x\" # y\n";
        let pairs = read(text);
        let shown: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(shown, ["A=1", "B=2", "OUTER=outer", "C=1", "A.b-c[0]=x", "D=x"]);
    }

    #[test]
    fn what_compose_refuses_is_refused_where_it_stands() {
        for (text, place) in [("A=1\nB C=2", "B C"), ("A='x", "'x"), ("A=1\n%=2", "%"), ("A=${x", "${x")] {
            let error = parse(text, &|_| None).expect_err(text);
            assert_eq!(&text[error.place], place, "{}", error.message);
        }
    }

    #[test]
    fn raw_takes_everything_as_it_stands() {
        let found = parse_raw("A='x' # $B\n# c\nB=\"\n", &|_| None).expect("raw");
        let values: Vec<&str> = found.iter().map(|assignment| &*assignment.value).collect();
        assert_eq!(values, ["'x' # $B", "\""]);
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = "A=1\n  B= 'b' # note\nC D=1\nE=$A\n";
        let found = variables(text);
        let places: Vec<(&str, &str)> =
            found.iter().map(|it| (&text[it.place.clone()], &text[it.written.clone()])).collect();
        assert_eq!(places, [("A", "1"), ("B", "'b'"), ("E", "$A")]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in "[^\r]*|[a'\"\\\\$ #]{0,6}") {
            let text = format!("BEFORE=1\nNAME={}\nAFTER=2\n", quoted(&value));
            let found = parse(&text, &|_| None).expect("an env file");
            prop_assert_eq!(&found[1].value, &value);
            prop_assert_eq!((found.len(), &*found[2].name), (3, "AFTER"));
        }

        #[test]
        fn any_text_gets_an_answer(text in "[A-C=:'\"\\\\$#{}\\n é0-]{0,40}|\\PC*") {
            for assignment in parse(&text, &|_| None).unwrap_or_default().into_iter().chain(variables(&text)) {
                prop_assert!(text.get(assignment.place).is_some() && text.get(assignment.written).is_some());
            }
        }
    }
}
