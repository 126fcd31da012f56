//! What a name or a value has to become before it stands in a text that something else reads: one function for each
//! reader. Whoever writes for a terminal, a CI system or a page goes through here.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

/// Whether a terminal obeys a character in place of showing it, or shows what follows in another order.
fn steers(next: char) -> bool {
    next.is_control()
        || matches!(next, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The character that stands for one that steers: as wide as any other, and obeyed by nobody.
fn picture(next: char) -> char {
    match next {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(next)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ => '\u{fffd}',
    }
}

fn replaced(text: &str, is_replaced: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_replaced) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|next| if is_replaced(next) { picture(next) } else { next }).collect()
}

/// Text for a terminal: what would steer it is shown. Characters stay as many as they are, lines and tabs as well.
pub fn visible(text: &str) -> Cow<'_, str> {
    // Most texts are such, and long.
    if text.bytes().all(|next| matches!(next, b'\n' | b'\t' | b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    replaced(text, |next| steers(next) && !matches!(next, '\n' | '\t'))
}

/// Text for one line of a terminal.
pub fn visible_line(text: &str) -> Cow<'_, str> {
    replaced(text, steers)
}

/// Lines for a terminal that a CI system may read along: none of them is a command to it.
///
/// Source: GitHub's documentation, "Workflow commands for GitHub Actions"; its runner passes over spaces before them.
pub fn spoken(text: &str) -> String {
    let is_command = |line: &str| ["::", "##["].iter().any(|mark| line.trim_start().starts_with(mark));
    let line = |line: &str| {
        let at = if is_command(line) { line.len() - line.trim_start().len() } else { 0 };
        let (before, behind) = line.split_at(at);
        if is_command(line) { format!("{before}\\{behind}") } else { line.to_owned() }
    };
    visible(text).split_inclusive('\n').map(line).collect()
}

/// How many columns of a terminal a text takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// What stands behind the second `::` of a workflow command.
///
/// Source: GitHub's `@actions/core`, `escapeData`.
pub fn github_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a workflow command.
///
/// Source: GitHub's `@actions/core`, `escapeProperty`.
pub fn github_property(text: &str) -> String {
    github_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Text between the tags, or in an attribute, of XML 1.0; characters that it cannot hold are shown.
pub fn xml(text: &str) -> String {
    let escape = |next: char| match next {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\n' | '\t' => next.to_string(),
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}'.to_string(),
        _ if next.is_control() => picture(next).to_string(),
        _ => next.to_string(),
    };
    text.chars().map(escape).collect()
}

/// A path as the reference of a URI.
pub fn uri(path: &str) -> String {
    let encoded = path.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        b'-' | b'.' | b'_' | b'~' | b'/' | b'@' | b'+' | b',' | b'=' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// Text in a line or a cell of Markdown: no mark, no HTML, one line.
pub fn markdown(text: &str) -> String {
    let mut out = String::new();
    for next in visible_line(text).chars() {
        if "\\`*_[]<>|~&#!".contains(next) {
            out.push('\\');
        }
        out.push(next);
    }
    out
}

/// Text between the quotes of a label in Mermaid.
///
/// Source: Mermaid's documentation, "Entity codes to escape characters".
pub fn mermaid(text: &str) -> String {
    let escape = |next: char| match next {
        _ if next.is_alphanumeric() || " -_./:".contains(next) => next.to_string(),
        _ => format!("#{};", u32::from(next)),
    };
    visible_line(text).chars().map(escape).collect()
}

/// Text between the quotes of a string in DOT.
///
/// Source: Graphviz's documentation, "The DOT Language", and "escString": a `\` begins an escape.
pub fn dot(text: &str) -> String {
    visible_line(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// Text in a comment of TOML, which ends with its line.
pub fn toml_comment(text: &str) -> Cow<'_, str> {
    visible_line(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every character up to U+FFFF's marks of direction, and what the formats have for their own.
    fn text() -> impl Strategy<Value = String> {
        let odd = prop::sample::select(vec![
            "\u{1b}[31m",
            "\u{1b}]8;;http://x\u{7}",
            "\r\n",
            "\n::stop-commands::x\n",
            "\u{202e}",
            "]]>",
            "<b>",
            "\"",
            "\\",
            "|",
            "`",
            "%0A",
            "#",
            "&quot;",
            "日本",
            "e\u{301}",
            "\u{85}",
            "\u{2028}",
            "-->",
            "\0",
        ]);
        let pieces = prop_oneof![odd.prop_map(str::to_owned), any::<char>().prop_map(String::from)];
        prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
    }

    #[test]
    fn every_byte_that_steers_is_shown() {
        for byte in 0..=u8::MAX {
            let text = char::from(byte).to_string();
            let shown = visible_line(&text);
            assert!(!shown.contains(steers), "{byte}");
            assert_eq!(shown.chars().count(), 1);
        }
        assert_eq!(visible("a\u{1b}[2J\u{7f}\u{9b}\u{202e}b\n\tc"), "a␛[2J␡\u{fffd}\u{fffd}b\n\tc");
        assert_eq!(
            spoken("a\n  ::stop-commands::x\n##[group]\n"),
            "a\n  \\::stop-commands::x\n\\##[group]\n"
        );
        assert_eq!((columns("日本"), columns("e\u{301}")), (4, 1));
    }

    /// The text that well-formed XML without elements stands for.
    fn unescaped_xml(text: &str) -> Option<String> {
        let is_char = |next: char| matches!(next, '\t' | '\n' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        if text.contains(['<', '"']) || !text.chars().all(is_char) {
            return None;
        }
        let mut out = String::new();
        let mut pieces = text.split('&');
        out.push_str(pieces.next()?);
        for piece in pieces {
            let (entity, rest) = piece.split_once(';')?;
            out.push_str(match entity {
                "amp" => "&",
                "lt" => "<",
                "gt" => ">",
                "quot" => "\"",
                _ => return None,
            });
            out.push_str(rest);
        }
        Some(out)
    }

    proptest! {
        #[test]
        fn what_is_written_is_one_value_to_its_reader(text in text()) {
            let line = visible_line(&text).into_owned();
            prop_assert!(!line.contains(steers));
            prop_assert!(!spoken(&text).lines().any(|line| line.trim_start().starts_with("::")));

            let data = github_data(&text);
            prop_assert!(!data.contains(['\n', '\r']));
            let back = data.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%");
            prop_assert_eq!(&back, &text);
            prop_assert!(!github_property(&text).contains(['\n', '\r', ':', ',']));

            let held = |next: char| if next.is_control() && !"\n\t".contains(next) { picture(next) } else { next };
            let held: String = text.chars().map(held).collect();
            let held = held.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
            prop_assert_eq!(unescaped_xml(&xml(&text)), Some(held));

            prop_assert!(uri(&text).is_ascii() && !uri(&text).contains([' ', '"', '<', '\\', '\n']));

            // A `\` before each mark, and nothing else.
            let marked = markdown(&text);
            let mut back = String::new();
            let mut characters = marked.chars();
            while let Some(next) = characters.next() {
                match next {
                    '\\' => back.extend(characters.next()),
                    _ => {
                        prop_assert!(!"`*_[]<>|&".contains(next), "{}", marked);
                        back.push(next);
                    }
                }
            }
            prop_assert_eq!(&back, &line);

            prop_assert!(!mermaid(&text).contains(['"', '\n', '<', '`']));
            let quoted = dot(&text);
            prop_assert_eq!(quoted.replace("\\\"", "").matches('"').count(), 0, "{}", quoted);
            prop_assert!(!quoted.replace("\\\\", "").ends_with('\\'), "{}", quoted);

            let toml = format!("# {}\na = 1 # {}\n", toml_comment(&text), toml_comment(&text));
            prop_assert!(toml::de::DeTable::parse(&toml).is_ok_and(|table| table.get_ref().len() == 1), "{}", toml);
        }
    }
}
