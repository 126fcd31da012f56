//! A value on its way into a text that another program reads: one function for each reader, used by what is rendered and,
//! as filters, by templates.

use compose_reader::yaml::emit_key;

/// One word of a POSIX shell.
pub fn shell(text: &str) -> String {
    let harmless = |next: char| next.is_ascii_alphanumeric() || "-_./:,@%+=".contains(next);
    if !text.is_empty() && text.chars().all(harmless) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
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
        assert_eq!(psql("a'b\\c\nd"), "'a''b\\\\c\\nd'");
        for (name, good) in
            [("A_1", true), ("1A", false), ("A;touch x;B", false), ("a.b", false), ("", false)]
        {
            assert_eq!(is_shell_name(name), good, "{name}");
        }
    }
}
