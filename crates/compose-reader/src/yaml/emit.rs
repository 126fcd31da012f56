//! Values to text, as a careful engineer would write it.
//!
//! A string stays unquoted only where no YAML reader, 1.1 or 1.2, could take it for anything else.

use std::borrow::Cow;

use serde_yaml::Mapping;

use super::shape::{Emit, Shape, scalar_text};
use crate::source::Span;

/// Columns that a list in brackets may reach.
const FLOW_WIDTH: usize = 110;

/// Writes YAML line by line: comments, blank lines and entries, two blanks a level.
#[derive(Debug)]
pub struct Writer {
    out: String,
    origins: Vec<(usize, Option<Span>)>,
    flow_keys: &'static [&'static str],
}

impl Writer {
    /// An empty text; lists of scalars under one of `flow_keys` are written in brackets where they fit.
    pub fn new(flow_keys: &'static [&'static str]) -> Self {
        Self { out: String::new(), origins: Vec::new(), flow_keys }
    }

    /// The text so far.
    pub fn finish(self) -> String {
        self.out
    }

    /// The text so far, and where it comes from, as far as that is known: each place holds from its byte on, up to the
    /// next.
    pub fn finish_with_origins(self) -> (String, Vec<(usize, Option<Span>)>) {
        (self.out, self.origins)
    }

    /// How many bytes have been written.
    pub fn position(&self) -> usize {
        self.out.len()
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A comment at a level, one line for each line of `text`.
    pub fn comment(&mut self, level: usize, text: &str) {
        self.begin(None);
        for line in text.lines() {
            self.indent(level);
            self.out.push_str(if line.is_empty() { "#" } else { "# " });
            self.out.push_str(line);
            self.out.push('\n');
        }
    }

    /// A key whose entries follow, one level deeper.
    pub fn open(&mut self, level: usize, name: &str) {
        self.begin(None);
        self.indent(level);
        self.out.push_str(&key(name));
        self.out.push_str(":\n");
    }

    /// A key and its value, which come from one place.
    pub fn entry<T: Emit>(&mut self, level: usize, name: &str, value: &T) {
        self.pair(level, name, value.origin(), value);
    }

    /// All entries of a mapping at one level.
    pub fn entries(&mut self, level: usize, mapping: &Mapping) {
        for (name, value) in mapping {
            self.entry(level, &scalar_text(name), value);
        }
    }

    /// A key, the place that it comes from, and its value.
    pub fn pair<T: Emit>(&mut self, level: usize, name: &str, origin: Option<Span>, value: &T) {
        self.indent(level);
        self.begin(origin);
        self.out.push_str(&key(name));
        self.out.push(':');
        self.value(level, name, value);
    }

    /// What follows the `:` of a key at `level`, or the `-` of an item, up to the end of the line or block.
    fn value<T: Emit>(&mut self, level: usize, name: &str, value: &T) {
        match value.shape() {
            Shape::Null => self.out.push('\n'),
            Shape::Sequence([]) => self.line(value.origin(), "[]"),
            Shape::Sequence(items) => {
                let column = level.saturating_mul(2).saturating_add(name.len()).saturating_add(2);
                let width = FLOW_WIDTH.saturating_sub(column);
                if !(self.flow_keys.contains(&name) && self.flow(items, width)) {
                    self.out.push('\n');
                    self.items(level.saturating_add(1), items);
                }
            }
            Shape::Mapping(entries) if entries.is_empty() => self.line(value.origin(), "{}"),
            Shape::Mapping(entries) => {
                self.out.push('\n');
                for (name, origin, value) in entries {
                    self.pair(level.saturating_add(1), &name, origin, value);
                }
            }
            Shape::Text(text) if is_block(text) => {
                self.out.push(' ');
                self.begin(value.origin());
                self.block(level, text);
            }
            Shape::Text(text) => self.line(value.origin(), &scalar(text)),
            Shape::Plain(text) => self.line(value.origin(), &text),
        }
    }

    fn items<T: Emit>(&mut self, level: usize, items: &[T]) {
        for item in items {
            self.indent(level);
            self.begin(item.origin());
            self.out.push('-');
            match item.shape() {
                Shape::Mapping(entries) if !entries.is_empty() => {
                    let mut first = true;
                    for (name, origin, value) in entries {
                        if first {
                            self.out.push(' ');
                            first = false;
                        } else {
                            self.indent(level.saturating_add(1));
                        }
                        self.begin(origin);
                        self.out.push_str(&key(&name));
                        self.out.push(':');
                        self.value(level.saturating_add(1), &name, value);
                    }
                }
                Shape::Sequence(nested) if !nested.is_empty() => {
                    if !self.flow(nested, usize::MAX) {
                        self.out.push('\n');
                        self.items(level.saturating_add(1), nested);
                    }
                }
                _ => self.value(level, "", item),
            }
        }
    }

    /// Scalars in brackets, if they are no wider than that and no line breaks are in them; whether they are written.
    fn flow<T: Emit>(&mut self, items: &[T], width: usize) -> bool {
        let (before, known) = (self.out.len(), self.origins.len());
        self.out.push_str(" [");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.begin(item.origin());
            let fits = match item.shape() {
                Shape::Text(text) if text.contains('\n') => false,
                Shape::Text(text) => {
                    self.out.push_str(&flow_text(text));
                    true
                }
                Shape::Plain(text) => {
                    self.out.push_str(&text);
                    true
                }
                Shape::Null => {
                    self.out.push_str("null");
                    true
                }
                Shape::Sequence(_) | Shape::Mapping(_) => false,
            };
            if !fits || self.out.len().saturating_sub(before) > width {
                self.out.truncate(before);
                self.origins.truncate(known);
                return false;
            }
        }
        self.out.push_str("]\n");
        true
    }

    /// Notes that what follows comes from a place.
    fn begin(&mut self, origin: Option<Span>) {
        self.origins.push((self.out.len(), origin));
    }

    /// A value that ends its line.
    fn line(&mut self, origin: Option<Span>, text: &str) {
        self.out.push(' ');
        self.begin(origin);
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn block(&mut self, level: usize, text: &str) {
        self.out.push_str(&block(level, text));
    }

    fn indent(&mut self, level: usize) {
        for _ in 0..level {
            self.out.push_str("  ");
        }
    }
}

/// A text as a `|` block below a key at a level, from its `|` on.
pub fn block(level: usize, text: &str) -> String {
    let mut out = String::from(match text.strip_suffix('\n') {
        None => "|-\n",
        Some(text) if !text.ends_with('\n') => "|\n",
        Some(_) => "|+\n",
    });
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            out.push_str(&"  ".repeat(level.saturating_add(1)));
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

/// A key, quoted where it has to be.
pub fn key(text: &str) -> Cow<'_, str> {
    scalar(text)
}

/// A text between brackets or braces, quoted where it has to be there.
pub fn flow_text(text: &str) -> Cow<'_, str> {
    if text.contains([',', '[', ']', '{', '}', '?']) { Cow::Owned(quoted(text)) } else { scalar(text) }
}

fn scalar(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { Cow::Owned(quoted(text)) }
}

/// Whether every reader takes the unquoted text for this very string.
fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let starts_well = is_quantity(text)
        || is_option(text)
        || matches!(text, "." | "..")
        || first.is_ascii_alphabetic()
        || matches!(first, '/' | '_' | '$')
        || text.starts_with("./")
        || text.starts_with("../");
    starts_well
        && !is_reserved(text)
        && !text.ends_with([' ', ':'])
        && text.bytes().all(|next| next == b' ' || next.is_ascii_graphic())
        && !text.as_bytes().windows(2).any(|pair| matches!(pair, b": " | b" #"))
}

/// An option of a command, `-q` or `--quiet`: one or two dashes and a letter.
fn is_option(text: &str) -> bool {
    let dashless = text.strip_prefix("--").or_else(|| text.strip_prefix('-'));
    dashless.is_some_and(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()))
}

/// A number with a unit, as durations and sizes are written: no reader takes it for a number.
fn is_quantity(text: &str) -> bool {
    const UNITS: [&str; 14] = ["ms", "us", "s", "m", "h", "d", "y", "k", "K", "M", "G", "kb", "mb", "gb"];
    let unit = text.trim_start_matches(|next: char| next.is_ascii_digit());
    text.starts_with(|first: char| matches!(first, '1'..='9')) && UNITS.contains(&unit)
}

/// Words that a reader of YAML 1.1 or 1.2 takes for a boolean or null, in any case.
fn is_reserved(text: &str) -> bool {
    const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a text is written as a `|` block: several lines that need no escape.
pub fn is_block(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
        && !text.starts_with([' ', '\n', '\t'])
        && text.chars().all(|character| matches!(character, '\n' | '\t') || is_printable(character))
        && text.lines().all(|line| !line.ends_with([' ', '\t']))
}

fn is_printable(character: char) -> bool {
    !character.is_control() && !matches!(character, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn quoted(text: &str) -> String {
    // Single quotes read better where double ones would need escapes.
    if text.contains(['"', '\\']) && !text.contains('\'') && text.chars().all(is_printable) {
        return format!("'{text}'");
    }
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            other if is_printable(other) => out.push(other),
            other if u32::from(other) < 0x100 => out.push_str(&format!("\\x{:02x}", u32::from(other))),
            other if u32::from(other) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(other))),
            other => out.push_str(&format!("\\U{:08x}", u32::from(other))),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_yaml::Value;

    use super::Writer;
    use crate::source::Sources;
    use crate::yaml::{Node, Resolved, parse};

    fn read_back(text: &str) -> Node {
        let mut sources = Sources::new();
        let id = sources.add("emitted.yaml", text);
        parse(id, text).unwrap_or_else(|error| panic!("{}: {text}", error.message)).documents.remove(0)
    }

    fn written(value: &Value) -> String {
        let mut writer = Writer::new(&["flow"]);
        writer.entry(0, "flow", value);
        writer.finish()
    }

    #[test]
    fn tricky_strings_stay_strings() {
        for text in [
            "2001-12-14",
            "1_000",
            "<<",
            "yes",
            "Off",
            "22:22",
            "1:30:00",
            "0x1f",
            "~",
            "",
            " x",
            "x ",
            "a: b",
            "a #b",
            "key:",
            "10s",
            "512M",
            "1e3",
            "0x5m",
            "say \"hi\"",
            "a\\b",
            "it's \"so\"",
            ".",
            "- x",
            "*a",
            "&a",
            "!x",
            "%x",
            "@x",
            "`x",
            "{a}",
            "[a]",
            "a,b",
            "#x",
            "é",
            "\u{85}",
            "\u{feff}x",
            "\u{1F600}",
            "null",
            "3.10",
            ".inf",
            "=",
            "-",
            "?",
            "|",
            ">",
            "'",
            "\"",
            "\\",
            "a\tb",
            "a\r\nb",
            "\n",
            "a\n",
        ] {
            for value in [Value::from(text), Value::from(vec![text, "z"])] {
                let root = read_back(&written(&value));
                let node = root.get("flow").expect("key");
                let node = node.as_sequence().map_or(node, |items| &items[0]);
                assert_eq!(node.as_text(), Some(text), "{}", written(&value));
                assert_eq!(node.resolved(), Some(Resolved::Text), "{}", written(&value));
            }
        }
    }

    #[test]
    fn layout_is_what_people_write() {
        let value: Value = serde_yaml::from_str(
            "image: postgres:16\nports: ['127.0.0.1:5432:5432']\nflow: [CMD, 'a, b', '1']\nnothing:\n\
             nested: {a: [{b: 1, c: [x]}], d: true}\nscript: \"a\\nb\\n\"\nempty: []\n",
        )
        .expect("value");
        let mut writer = Writer::new(&["flow"]);
        writer.comment(0, "one\n\ntwo");
        writer.open(0, "services");
        writer.entry(1, "db", &value);
        insta::assert_snapshot!(writer.finish());
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "\\PC*|[a-z:# \\n\\t'\"-]{0,20}", key in "[ -~é]{1,12}") {
            let mut writer = Writer::new(&[]);
            writer.open(0, "root");
            writer.entry(1, &key, &Value::from(text.as_str()));
            let root = read_back(&writer.finish());
            let mapping = root.get("root").and_then(Node::as_mapping).expect("mapping");
            prop_assert_eq!(&**mapping.keys().next().expect("key"), key.as_str());
            prop_assert_eq!(mapping[0].value.as_text(), Some(text.as_str()));
        }
    }
}
