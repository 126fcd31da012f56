//! The words of a command that is written as one text.
//!
//! Source: the compose specification, "command", and what Docker Compose 2.40.3 splits texts into: quotes and backslashes
//! as in a shell, nothing behind an operator of the shell, and no parenthesis but in `$(…)`.

/// The words; `None` where something is left open, or a parenthesis stands alone.
pub(super) fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut is_word = false;
    // What is open: a quote, a backtick, or the parenthesis of `$(`.
    let mut open: Option<char> = None;
    let mut is_escaped = false;
    for next in text.chars() {
        if std::mem::take(&mut is_escaped) {
            word.push(next);
            is_word = true;
            continue;
        }
        match (next, open) {
            ('\\', Some('\'')) => word.push(next),
            ('\\', _) => is_escaped = true,
            (' ' | '\t' | '\r' | '\n', None) => {
                if std::mem::take(&mut is_word) {
                    words.push(std::mem::take(&mut word));
                }
            }
            (' ' | '\t' | '\r' | '\n', Some(_)) => word.push(next),
            ('"' | '\'', None | Some('`')) => open = Some(next),
            ('"' | '\'', Some(quote)) if quote == next => {
                open = None;
                is_word = true;
            }
            (';' | '&' | '|' | '<' | '>', None) => {
                is_word &= !(next == '>' && word.starts_with(|first: char| first.is_ascii_digit()));
                break;
            }
            _ => {
                open = match (next, open) {
                    ('`', None) => Some('`'),
                    ('`', Some('`')) | (')', Some('(')) => None,
                    ('(', None) if word.ends_with('$') => Some('('),
                    ('(', None | Some('(')) => return None,
                    (')', None) => Some('('),
                    (_, open) => open,
                };
                is_word = true;
                word.push(next);
            }
        }
    }
    if is_word {
        words.push(word);
    }
    (!is_escaped && open.is_none()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    /// What Docker Compose 2.40.3 prints for each.
    #[test]
    fn commands_are_split_as_compose_splits_them() {
        for (text, expected) in [
            ("sh -c \"echo a && b\"", Some(&["sh", "-c", "echo a && b"][..])),
            ("a; b c", Some(&["a"])),
            ("a \\& b", Some(&["a", "&", "b"])),
            ("echo 2>x", Some(&["echo"])),
            ("foo12>bar", Some(&["foo12"])),
            ("a 'b\\c' \"d\\e\\\"f\"", Some(&["a", "b\\c", "de\"f"])),
            ("a \"\" b", Some(&["a", "", "b"])),
            ("a `b`", Some(&["a", "`b`"])),
            ("a $(b c) d", Some(&["a", "$(b c)", "d"])),
            ("a\\ b", Some(&["a b"])),
            ("a (b) c", None),
            ("it's", None),
            ("a\\", None),
            ("", Some(&[])),
        ] {
            let words = split(text);
            let words: Option<Vec<&str>> =
                words.as_ref().map(|words| words.iter().map(String::as_str).collect());
            assert_eq!(words.as_deref(), expected, "{text}");
        }
    }
}
