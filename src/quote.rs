//! A value on its way into a text that another program reads: one function for each reader, used by what is rendered and,
//! as filters, by templates.

use compose_reader::interpolation::{Operator, Variable, split};
use compose_reader::yaml::emit_key;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// One word of a POSIX shell.
pub fn shell(text: &str) -> String {
    let harmless = |next: char| next.is_ascii_alphanumeric() || "-_./:,@%+=".contains(next);
    if !text.is_empty() && text.chars().all(harmless) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// One word of a POSIX shell that fills in the variables of a text of Compose, whose syntax for them it has.
pub fn shell_with_variables(text: &str) -> String {
    if parts(text).len() == 1 {
        return shell(&text.replace("$$", "$"));
    }
    format!("\"{}\"", between_quotes(text, false))
}

/// A text cut at its variables; one that Compose refuses is all text.
fn parts(text: &str) -> Vec<(&str, Option<Variable<'_>>)> {
    split(text).unwrap_or_else(|_| vec![(text, None)])
}

/// The same between double quotes, where nothing but the variables means anything; inside of one a `}` ends it.
fn between_quotes(text: &str, is_inside: bool) -> String {
    let plain = |text: &str| -> String {
        let has_meaning = |next: char| "\"\\$`".contains(next) || (is_inside && next == '}');
        let escaped = |next: char| if has_meaning(next) { format!("\\{next}") } else { next.to_string() };
        text.replace("$$", "$").chars().map(escaped).collect()
    };
    let mut out = String::new();
    for (before, variable) in parts(text) {
        out.push_str(&plain(before));
        let Some(variable) = variable else { continue };
        let operator = match variable.operator {
            Operator::None => "",
            Operator::Default => "-",
            Operator::DefaultIfEmpty => ":-",
            Operator::Required => "?",
            Operator::RequiredNotEmpty => ":?",
            Operator::Replacement => "+",
            Operator::ReplacementIfNotEmpty => ":+",
        };
        let word = between_quotes(variable.word, true);
        out.push_str(&format!("${{{}{operator}{word}}}", variable.name));
    }
    out
}

/// One word of a shell in a recipe of make, which ends a line at every line break and takes `$` for its own.
///
/// Line breaks at the end of the text are lost.
pub fn recipe_word(text: &str) -> String {
    if !text.contains(['\n', '\r']) {
        return shell(text).replace('$', "$$");
    }
    // The format of `printf`, in which `%` and `\` mean something.
    let format = text.replace('\\', "\\\\").replace('%', "%%").replace('\n', "\\n").replace('\r', "\\r");
    format!("\"$(printf {})\"", shell(&format)).replace('$', "$$")
}

/// Words of a shell in a recipe of make.
pub fn recipe_words(words: &[String]) -> String {
    words.iter().map(|word| recipe_word(word)).collect::<Vec<_>>().join(" ")
}

/// Whether a shell takes a name for one of a variable.
pub fn is_shell_name(name: &str) -> bool {
    let known = |next: char| next.is_ascii_alphanumeric() || next == '_';
    name.starts_with(|next: char| known(next) && !next.is_ascii_digit()) && name.chars().all(known)
}

/// What may stand as it is before the `@` of a URL, in a name or a password. Source: RFC 3986, section 3.2.1; a `:` would end the name.
const IN_USERINFO: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// A name or a password before the `@` of a URL, percent-encoded. Compose's variables in it stay, as their values are not known.
pub fn userinfo(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (before, variable) in parts(text) {
        out.extend(utf8_percent_encode(before, IN_USERINFO));
        out.push_str(variable.and_then(|variable| text.get(variable.range)).unwrap_or_default());
    }
    out
}

/// Whether a value can stand before the `@` of a URL as it is: nothing in it has a meaning there, and what is
/// percent-encoded is so as a whole.
pub fn is_userinfo(value: &str) -> bool {
    let mut rest = value;
    while let Some((before, behind)) = rest.split_once('%') {
        let is_encoded =
            behind.get(..2).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        if !is_encoded || userinfo_text(before) != before {
            return false;
        }
        rest = behind.get(2..).unwrap_or_default();
    }
    userinfo_text(rest) == rest
}

/// A value that is no text of Compose, percent-encoded.
pub fn userinfo_text(value: &str) -> String {
    utf8_percent_encode(value, IN_USERINFO).to_string()
}

/// What a percent-encoded value stands for.
pub fn userinfo_decoded(value: &str) -> String {
    percent_decode_str(value).decode_utf8_lossy().into_owned()
}

/// Lines of a comment, each behind a `#`.
pub fn comment(text: &str) -> String {
    text.lines().map(|line| format!("# {}", line.replace('\r', " ")).trim_end().to_owned() + "\n").collect()
}

/// A string literal of JSON, Python and JavaScript.
pub fn literal(text: &str) -> String {
    let mut out = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            control if control.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A scalar of YAML on a line of its own; between brackets a [`literal`] stands.
pub fn yaml(text: &str) -> String {
    emit_key(text).into_owned()
}

/// A regular expression that matches the text itself.
pub fn regex(text: &str) -> String {
    let special = |next: char| "\\.+*?()|[]{}^$".contains(next);
    text.chars().flat_map(|next| special(next).then_some('\\').into_iter().chain([next])).collect()
}

/// An argument of psql's commands, such as `\set`.
///
/// Source: PostgreSQL's manual, psql, "Meta-Commands": escapes of C between single quotes.
pub fn psql(text: &str) -> String {
    let inside = text.replace('\\', "\\\\").replace('\'', "''").replace('\n', "\\n").replace('\r', "\\r");
    format!("'{inside}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_value() {
        assert_eq!(shell("a b'c"), "'a b'\\''c'");
        assert_eq!(recipe_word("a$b"), "'a$$b'");
        assert_eq!(recipe_word("a\nb%c\\"), "\"$$(printf 'a\\nb%%c\\\\')\"");
        assert_eq!(comment("a\nB=1\r\n\nc"), "# a\n# B=1\n#\n# c\n");
        assert_eq!(yaml("a b"), "a b");
        assert_eq!(shell_with_variables("a b$$c"), "'a b$c'");
        assert_eq!(
            shell_with_variables("`x`\"$$(y)\\ ${A}${B:-z`q`}}${C:?no ${D:-\"}\"}"),
            "\"\\`x\\`\\\"\\$(y)\\\\ ${A}${B:-z\\`q\\`}}${C:?no ${D:-\\\"}\\\"}\""
        );
        assert_eq!(userinfo("p@ss/w:%"), "p%40ss%2Fw%3A%25");
        assert_eq!(userinfo("a@${X:-b@${Y}}@é"), "a%40${X:-b@${Y}}%40%C3%A9");
        for (value, good) in
            [("aZ09-._~!$&'()*+,;=", true), ("p%40ss", true), ("p@ss", false), ("50%", false), ("%4", false)]
        {
            assert_eq!(is_userinfo(value), good, "{value}");
        }
        assert_eq!(psql("a'b\\c\nd"), "'a''b\\\\c\\nd'");
        for (name, good) in
            [("A_1", true), ("1A", false), ("A;touch x;B", false), ("a.b", false), ("", false)]
        {
            assert_eq!(is_shell_name(name), good, "{name}");
        }
    }
}
