//! Text to [`Node`]s. The only file that names the parser crate.

use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use super::build::{Builder, Content, Place};
use super::common;
use super::parsed::{Parsed, SyntaxError};
use super::scalar::Style;
use crate::budget::{Budget, Spent};
use crate::source::{SourceId, Span, range};

/// Reads a text.
///
/// # Errors
///
/// The first syntax error, an alias that is unknown or contains itself, or more than a [`Budget`] allows.
pub fn parse(source: SourceId, text: &str) -> Result<Parsed, SyntaxError> {
    let mut budget = Budget::default();
    budget.file(text.len()).map_err(|spent| SyntaxError::spent(Span::new(source, 0, 0), spent))?;
    parse_within(source, text, &mut budget)
}

/// The same, with what is left of a project's budget, in which the text is counted as a file already.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_within(source: SourceId, text: &str, budget: &mut Budget) -> Result<Parsed, SyntaxError> {
    let before = budget.clone();
    if let Some(parsed) = common::read(Builder::new(source, text, budget)) {
        return Ok(parsed);
    }
    *budget = before;
    whole(Builder::new(source, text, budget))
}

/// Reads any text.
fn whole(mut builder: Builder<'_, '_>) -> Result<Parsed, SyntaxError> {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        max_buffered_comment_events: usize::MAX,
        simple_key_max_lookahead: 1 << 20,
    };
    for next in Parser::new_from_str_with_options(builder.text, options) {
        let (event, span) = next.map_err(|error| scan_error(&builder, &error))?;
        let start = span.start.byte_offset().unwrap_or_default();
        let end = span.end.byte_offset().unwrap_or(start);
        match event {
            Event::Comment(text, _) => builder.comment(start, end, &text),
            Event::Scalar(text, style, anchor, tag) => {
                let style = style_of(style);
                let end = if style == Style::Block { block_end(builder.text, start, end) } else { end };
                let tag = tag.map(|tag| tag_text(&tag.original()));
                builder.scalar(Place { start, end, anchor }, Arc::from(&*text), style, tag)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                let tag = tag.map(|tag| tag_text(&tag.original()));
                let content = Content::Sequence(Vec::new());
                builder.open(Place { start, end, anchor }, style == StructureStyle::Flow, tag, content)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                let tag = tag.map(|tag| tag_text(&tag.original()));
                builder.open(
                    Place { start, end, anchor },
                    style == StructureStyle::Flow,
                    tag,
                    Content::mapping(),
                )?;
            }
            Event::SequenceEnd | Event::MappingEnd => builder.close(end)?,
            Event::Alias(id) => builder.alias(id, start, end)?,
            Event::UnresolvedAlias(name) => {
                return Err(SyntaxError::new(
                    Span::new(builder.source, start, end),
                    format!("nothing is anchored as `&{name}`"),
                    format!("an anchor stands before its alias: write `&{name}` at the value meant"),
                ));
            }
            _ => {}
        }
    }
    Ok(builder.parsed)
}

/// A block scalar's span runs to the next token; its text ends with its last line.
fn block_end(text: &str, start: usize, end: usize) -> usize {
    let text = text.get(start..end).unwrap_or_default();
    range::after(start, [text.trim_end()])
}

fn scan_error(builder: &Builder<'_, '_>, error: &ScanError) -> SyntaxError {
    let marker = error.marker();
    let offset = marker.byte_offset().unwrap_or_else(|| {
        builder.text.char_indices().nth(marker.index()).map_or(builder.text.len(), |(offset, _)| offset)
    });
    let width = builder.text.get(offset..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let span = Span::new(builder.source, offset, range::offset(offset, width));
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return SyntaxError::spent(span, Spent::Depth);
    }
    let mut message = wording(error.kind()).map_or_else(|| error.info(), str::to_owned);
    let located = message.rfind(" byte ").filter(|_| message.contains("byte "));
    if let Some(at) = located {
        message.truncate(at);
    }
    SyntaxError::new(span, message, advice(error.kind()))
}

/// The commonest errors in words that need no knowledge of YAML's grammar.
fn wording(kind: &ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => {
            "a tab indents this line"
        }
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => {
            "this line is not in the column of the keys above it"
        }
        ErrorKind::ExpectedBlockSequenceEntry => "this line is not in the column of the items above it",
        ErrorKind::ExpectedFlowMappingSeparator => "a `,` or `}` is missing before this",
        ErrorKind::ExpectedFlowSequenceSeparator => "a `,` or `]` is missing before this",
        ErrorKind::MismatchedFlowCollectionEnd { open: '[', .. } => "the `[` is closed by another bracket",
        ErrorKind::MismatchedFlowCollectionEnd { open: '{', .. } => "the `{` is closed by another bracket",
        ErrorKind::UnclosedQuotedScalar => "the quote is never closed",
        ErrorKind::UnclosedFlowCollection { open: '{' } => "the `{` is never closed",
        ErrorKind::UnclosedFlowCollection { open: '[' } => "the `[` is never closed",
        _ => return None,
    })
}

fn advice(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ExpectedFlowMappingSeparator => {
            "close the `{` above, or put text that holds `{`, `}`, `[`, `]` or `,` in quotes"
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            "close the `[` above, or put text that holds `{`, `}`, `[`, `]` or `,` in quotes"
        }
        ErrorKind::UnclosedQuotedScalar => "write the same quote at the end of the text",
        ErrorKind::UnclosedFlowCollection { open: '{' }
        | ErrorKind::MismatchedFlowCollectionEnd { open: '{', .. } => "write `}` where the mapping ends",
        ErrorKind::UnclosedFlowCollection { open: '[' }
        | ErrorKind::MismatchedFlowCollectionEnd { open: '[', .. } => "write `]` where the list ends",
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => {
            "YAML is indented with blanks; replace the tab"
        }
        ErrorKind::InvalidIndentation
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry => {
            "keys of one mapping start in one column; compare the indentation with the line above"
        }
        ErrorKind::UnexpectedEofFlowSequence | ErrorKind::UnexpectedEofFlowMapping => {
            "a bracket that was opened is never closed"
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            "is a `:` missing in the line above, or a quote around text that contains `: `?"
        }
        ErrorKind::UnexpectedCharacter { .. } => {
            "text that begins with such a character is written in quotes"
        }
        _ => "compare with the line above: indentation, quotes, `: ` after a key",
    }
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        _ => Style::Block,
    }
}

fn tag_text(tag: &str) -> Arc<str> {
    Arc::from(tag)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Builder, Parsed, SyntaxError, common, parse, whole};
    use crate::budget::Budget;
    use crate::source::{Sources, Span};
    use crate::yaml::Node;

    fn read(text: &str) -> (Sources, Result<Parsed, SyntaxError>) {
        let mut sources = Sources::new();
        let id = sources.add("test.yaml", text);
        (sources, parse(id, text))
    }

    fn document(text: &str) -> (Sources, Node) {
        let (sources, parsed) = read(text);
        (sources, parsed.expect("valid YAML").documents.remove(0))
    }

    fn message(text: &str) -> String {
        let (_, parsed) = read(text);
        parsed.expect_err("invalid YAML").message
    }

    #[test]
    fn every_value_keeps_its_bytes() {
        let (sources, root) = document("a:\n  b: 'x y'  # note\n  c: [1, \"ñ\"]\nd: |\n  line\n\ne: 1\n");
        let span = |path: &[&str]| {
            let node = path.iter().fold(&root, |node, key| node.get(key).expect("key"));
            sources.slice(node.span).to_owned()
        };
        assert_eq!(span(&["a", "b"]), "'x y'");
        assert_eq!(span(&["a", "c"]), "[1, \"ñ\"]");
        assert_eq!(span(&["a"]), "b: 'x y'  # note\n  c: [1, \"ñ\"]");
        assert_eq!(span(&["d"]).trim(), "line");
        assert_eq!(span(&["e"]), "1");
    }

    #[test]
    fn aliases_share_and_merge_keys_lose_to_explicit_ones() {
        let (sources, root) = document("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\nz: *x\n");
        let y = root.get("y").expect("y");
        assert_eq!(y.get("a").and_then(Node::as_integer), Some(1));
        assert_eq!(y.get("b").and_then(Node::as_integer), Some(3));
        let z = root.get("z").expect("z");
        assert_eq!(z.alias.map(|span: Span| sources.slice(span).to_owned()), Some("*x".to_owned()));
        assert_eq!(sources.slice(z.span), "{a: 1, b: 2}");
    }

    #[test]
    fn duplicates_keep_the_first_and_name_both() {
        let (sources, parsed) = read("a: 1\n\"a\": 2\n");
        let parsed = parsed.expect("valid YAML");
        assert_eq!(parsed.duplicates.len(), 1);
        assert_eq!(sources.slice(parsed.duplicates[0].second), "\"a\"");
        let (_, parsed) = read("x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x\n");
        assert_eq!(parsed.expect("valid YAML").duplicates.len(), 1);
    }

    #[test]
    fn what_compose_accepts_is_accepted() {
        for text in [
            "\u{feff}a: 1\n",
            "a: 1\r\nb: 2\r\n",
            "a:\t1\n",
            "a: [1,\n2\n]\n",
            "%YAML 1.1\n---\na: yes\n",
            "a: 1\n---\nb: 2\n",
            "a: &a.b-c 1\nb: *a.b-c\n",
            "a: &a 1\nb: &a 2\nc: *a\n",
            "a: !reset []\nb: !foo x\n",
        ] {
            assert!(read(text).1.is_ok(), "{text:?}");
        }
        let comments = "# note\n".repeat(5000);
        assert!(read(&format!("a:\n{comments}  b: 1\n")).1.is_ok());
    }

    #[test]
    fn bombs_and_depths_are_refused_at_once() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..10 {
            let refs = vec![format!("*a{}", level - 1); 9].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{refs}]\n"));
        }
        assert!(message(&bomb).contains("stands for more than"));
        assert!(read(&"[".repeat(20_000)).1.is_err());
        assert!(read(&format!("a: {}", "[".repeat(230))).1.is_err());
        assert!(message("a: &a [*a]\n").contains("inside the value"));
        assert!(message("a: *b\n").contains("&b"));
        assert!(message("a: 1\n<<: 5\n").contains("`<<`"));
        assert!(message("? [a]\n: 1\n").contains("a key is text"));
    }

    /// What both readers make of a text: `None` where the quick one leaves it to the other.
    fn both(text: &str) -> (Option<String>, String) {
        let id = Sources::new().add("test.yaml", text);
        let (mut quick, mut slow) = (Budget::default(), Budget::default());
        let read = common::read(Builder::new(id, text, &mut quick));
        let read = read.map(|parsed| format!("{parsed:?}, {} values", quick.counted()));
        let other = match whole(Builder::new(id, text, &mut slow)) {
            Ok(parsed) => format!("{parsed:?}, {} values", slow.counted()),
            Err(error) => format!("{error:?}"),
        };
        (read, other)
    }

    const WRITTEN: &[&str] = &[
        "# top\n\nname: x\nservices:\n  web: # why\n    image: nginx:1\n    ports:\n    - '80:80'\n    - \"443:443\"\n    command: [a, b c, {d: e}]\n",
        "---\na: &a {b: 1}\nc:\n  <<: *a\n  d: *a\ne: &e\n  f: g\n",
        "a: |\n  one\n\n    two\nb: >-\n  one\n  two\n\n  three\n# end\nc: |+\n  x\n\nd: ~\n",
        "- a: b\n  c: d\n-   - x\n    - y\n-   - {z: [1, 2,]}\n",
        "a:\n  b:\n    c:\nd:\n\n  # deep\n  - e: 'it''s'\n    f: \"a\\n\\\"b\\\"\"\n",
        "a: http://x:80/#y # z\nb: ${V:-x}\nc: -1\nd: a - b\ne: {f: 'x', \"g\": y # why\n    }\n",
        "é: ñ # ü\nb: 1",
    ];

    #[test]
    fn what_most_people_write_is_read_quickly_and_as_the_whole_language_is() {
        for text in WRITTEN {
            let (quick, slow) = both(text);
            assert_eq!(quick.as_ref(), Some(&slow), "{text}");
        }
    }

    /// Parts of lines, some of which fit nowhere.
    const PARTS: &[&str] = &[
        "a",
        "b: c",
        "d:",
        "- ",
        "-",
        "e: ",
        ": ",
        ":",
        " ",
        "  ",
        "    ",
        "#",
        " # x",
        "'",
        "\"",
        "'x'",
        "\"y\"",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&f ",
        "*f",
        "|",
        "|-",
        "|+",
        ">",
        "!g ",
        "~",
        "?",
        "---",
        "...",
        "%",
        "\\",
        "\\n",
        "\t",
        "\r",
        "<<: *f",
        "é",
        "x: [1, 2]",
        "y: {z: 1}",
        "- h: i",
        "- j",
        "k: |",
        "\u{85}",
    ];

    proptest! {
        #[test]
        fn both_readers_say_the_same(
            lines in prop::collection::vec((0..5_usize, prop::collection::vec(0..PARTS.len(), 0..4)), 0..8),
            written in prop::option::of((0..WRITTEN.len(), 0..200_usize)),
            is_ended in prop::bool::weighted(0.8),
        ) {
            let line = |(indent, parts): &(usize, Vec<usize>)| {
                let parts: String = parts.iter().map(|part| PARTS[*part]).collect();
                format!("{}{parts}", " ".repeat(*indent))
            };
            let mut text = lines.iter().map(line).collect::<Vec<String>>().join("\n");
            // Or a text that people write with those lines, or a part of one, somewhere in it.
            if let Some((written, at)) = written {
                let whole = WRITTEN[written];
                let at = (0..=at.min(whole.len())).rev().find(|at| whole.is_char_boundary(*at)).unwrap_or_default();
                text = format!("{}{}{}", &whole[..at], text.get(..8).unwrap_or(&text), &whole[at..]);
            }
            if is_ended {
                text.push('\n');
            }
            let (quick, slow) = both(&text);
            if let Some(quick) = quick {
                prop_assert_eq!(quick, slow, "{:?}", text);
            }
        }
    }
}
