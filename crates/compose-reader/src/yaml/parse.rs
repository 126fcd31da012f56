//! Text to [`Node`]s. The only file that names the parser crate.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use super::node::{Entry, Kind, Mapping, Node, Scalar};
use super::parsed::{Alias, Comment, Duplicate, Lost, Parsed, SyntaxError};
use super::scalar::Style;
use crate::budget::{Budget, Spent, depth};
use crate::source::{SourceId, Span};

/// Whether a second value of a key is more than another choice for the first: both are collections, and differ.
fn is_dropped(kept: &Node, lost: &Node) -> bool {
    let is_collection = |node: &Node| !matches!(node.kind, Kind::Scalar(_));
    is_collection(kept) && is_collection(lost) && kept.span != lost.span
}

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
    Builder::new(source, text, budget).run()
}

/// A collection under construction.
struct Frame {
    start: usize,
    tag: Option<Arc<str>>,
    anchor: usize,
    flow: bool,
    /// The end of the last child, where a block collection ends.
    end: usize,
    size: Size,
    content: Content,
}

/// How large a value is, aliases written out.
#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    levels: usize,
}

impl Size {
    const SCALAR: Self = Self { nodes: 1, levels: 0 };
    const EMPTY: Self = Self { nodes: 1, levels: 1 };

    fn add(&mut self, child: Self) {
        self.nodes = self.nodes.saturating_add(child.nodes);
        self.levels = self.levels.max(child.levels.saturating_add(1));
    }
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { mapping: Mapping, key: Option<Node>, merges: Vec<Node> },
}

struct Builder<'t, 'b> {
    source: SourceId,
    text: &'t str,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Option<(Node, Size)>>,
    parsed: Parsed,
    budget: &'b mut Budget,
}

impl<'t, 'b> Builder<'t, 'b> {
    fn new(source: SourceId, text: &'t str, budget: &'b mut Budget) -> Self {
        Self { source, text, frames: Vec::new(), anchors: HashMap::new(), parsed: Parsed::default(), budget }
    }

    /// Where the text of the next line begins, if a comment has its line for itself.
    fn below(&self, start: usize, end: usize) -> Option<u32> {
        let before = self.text.get(..start)?.rsplit('\n').next()?;
        let (rest, next) = self.text.get(end..)?.split_once('\n')?;
        let is_alone = before.trim().is_empty() && rest.trim().is_empty();
        let indent = next.len() - next.trim_start_matches([' ', '\t']).len();
        is_alone.then(|| u32::try_from(end + rest.len() + 1 + indent).ok())?
    }

    fn run(mut self) -> Result<Parsed, SyntaxError> {
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            max_buffered_comment_events: usize::MAX,
            simple_key_max_lookahead: 1 << 20,
        };
        for next in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = next.map_err(|error| self.scan_error(&error))?;
            let start = span.start.byte_offset().unwrap_or_default();
            let end = span.end.byte_offset().unwrap_or(start);
            match event {
                Event::Comment(text, _) => {
                    let (span, above) = (Span::new(self.source, start, end), self.below(start, end));
                    self.parsed.comments.push(Comment { span, text: text.into_owned(), above });
                }
                Event::Scalar(text, style, anchor, tag) => {
                    let style = style_of(style);
                    let end = if style == Style::Block { self.block_end(start, end) } else { end };
                    let node = Node {
                        span: Span::new(self.source, start, end),
                        alias: None,
                        tag: tag.map(|tag| tag_text(&tag.original())),
                        history: None,
                        kind: Kind::Scalar(Scalar { text: Arc::from(&*text), style }),
                    };
                    self.spend(1, node.span)?;
                    self.anchor(anchor, &node, Size::SCALAR);
                    self.push(node, Size::SCALAR)?;
                }
                Event::SequenceStart(style, anchor, tag) => {
                    let content = Content::Sequence(Vec::new());
                    self.open(start, style, anchor, tag.map(|tag| tag.original()), content)?;
                }
                Event::MappingStart(style, anchor, tag) => {
                    let content =
                        Content::Mapping { mapping: Mapping::default(), key: None, merges: Vec::new() };
                    self.open(start, style, anchor, tag.map(|tag| tag.original()), content)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(end)?,
                Event::Alias(id) => self.alias(id, Span::new(self.source, start, end))?,
                Event::UnresolvedAlias(name) => {
                    return Err(SyntaxError::new(
                        Span::new(self.source, start, end),
                        format!("nothing is anchored as `&{name}`"),
                        format!("an anchor stands before its alias: write `&{name}` at the value meant"),
                    ));
                }
                _ => {}
            }
        }
        Ok(self.parsed)
    }

    fn open(
        &mut self,
        start: usize,
        style: StructureStyle,
        anchor: usize,
        tag: Option<String>,
        content: Content,
    ) -> Result<(), SyntaxError> {
        let span = Span::new(self.source, start, start);
        depth(self.frames.len() + 1).map_err(|spent| SyntaxError::spent(span, spent))?;
        self.spend(1, span)?;
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
        let flow = style == StructureStyle::Flow;
        let tag = tag.map(|tag| tag_text(&tag));
        self.frames.push(Frame { start, tag, anchor, flow, end: start, size: Size::EMPTY, content });
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), SyntaxError> {
        let Some(mut frame) = self.frames.pop() else { return Ok(()) };
        if let Content::Mapping { mapping, merges, .. } = &mut frame.content {
            for merge in std::mem::take(merges) {
                self.merge(mapping, &merge)?;
            }
        }
        let end = if frame.flow { end } else { frame.end };
        let node = Node {
            span: Span::new(self.source, frame.start, end),
            alias: None,
            tag: frame.tag,
            history: None,
            kind: match frame.content {
                Content::Sequence(items) => Kind::Sequence(Arc::new(items)),
                Content::Mapping { mapping, .. } => Kind::Mapping(Arc::new(mapping)),
            },
        };
        self.anchor(frame.anchor, &node, frame.size);
        self.push(node, frame.size)
    }

    /// `<<: *a`, `<<: [*a, *b]`: keys that the mapping lacks, the earlier source winning.
    fn merge(&mut self, mapping: &mut Mapping, value: &Node) -> Result<(), SyntaxError> {
        match &value.kind {
            Kind::Mapping(merged) => {
                self.spend(merged.len(), value.alias.unwrap_or(value.span))?;
                for (key, entry) in merged.iter() {
                    if !mapping.contains_key(key) {
                        mapping.insert(Arc::clone(key), entry.clone());
                    }
                }
                Ok(())
            }
            Kind::Sequence(items) => {
                let mut taken: HashSet<Arc<str>> = HashSet::new();
                for item in items.iter() {
                    let Kind::Mapping(merged) = &item.kind else { return Err(self.bad_merge(item)) };
                    for (key, entry) in merged.iter() {
                        let kept = mapping.get(key).filter(|_| taken.contains(key));
                        if let Some(kept) = kept.filter(|kept| is_dropped(&kept.value, &entry.value)) {
                            self.parsed.lost.push(Lost {
                                key: Arc::clone(key),
                                alias: item.alias.unwrap_or(item.span),
                                value: entry.key.span,
                                kept: kept.key.span,
                            });
                        } else if !mapping.contains_key(key) {
                            taken.insert(Arc::clone(key));
                        }
                    }
                    self.merge(mapping, item)?;
                }
                Ok(())
            }
            Kind::Scalar(_) => Err(self.bad_merge(value)),
        }
    }

    fn bad_merge(&self, value: &Node) -> SyntaxError {
        SyntaxError::new(
            value.alias.unwrap_or(value.span),
            format!("`<<` merges mappings, and this is {}", value.describe()),
            "anchor a mapping (`x-common: &common`) and merge that: `<<: *common`",
        )
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), SyntaxError> {
        match self.anchors.get(&id).cloned() {
            Some(Some((node, size))) => {
                depth(self.frames.len() + size.levels).map_err(|spent| SyntaxError::spent(span, spent))?;
                self.spend(size.nodes, span)?;
                self.parsed.aliases.push(Alias { span, target: node.span });
                self.push(Node { alias: Some(span), ..node }, size)
            }
            _ => Err(SyntaxError::new(
                span,
                "the alias stands inside the value that it repeats",
                "a value cannot contain itself; anchor a part of it instead",
            )),
        }
    }

    fn spend(&mut self, nodes: usize, span: Span) -> Result<(), SyntaxError> {
        self.budget.nodes(nodes).map_err(|spent| SyntaxError::spent(span, spent))
    }

    fn anchor(&mut self, id: usize, node: &Node, size: Size) {
        if id != 0 {
            self.anchors.insert(id, Some((node.clone(), size)));
        }
    }

    /// Puts a finished node where it belongs: into the open collection, or as a document.
    fn push(&mut self, node: Node, size: Size) -> Result<(), SyntaxError> {
        let Some(frame) = self.frames.last_mut() else {
            self.parsed.documents.push(node);
            return Ok(());
        };
        frame.end = frame.end.max(node.alias.unwrap_or(node.span).end as usize);
        frame.size.add(size);
        match &mut frame.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping { mapping, key, merges } => match key.take() {
                None => {
                    let Kind::Scalar(_) = &node.kind else {
                        return Err(SyntaxError::new(
                            node.span,
                            format!("a key is text, and this is {}", node.describe()),
                            "is a `:` or a quote missing before it?",
                        ));
                    };
                    *key = Some(node);
                }
                Some(key) => {
                    let text = key.as_scalar().map(|scalar| Arc::clone(&scalar.text)).unwrap_or_default();
                    let is_merge = &*text == "<<"
                        && key.tag.as_deref().is_none_or(|tag| tag.ends_with("merge"))
                        && key.as_scalar().is_some_and(|scalar| scalar.style == Style::Plain);
                    if let Some(first) = mapping.get(&text) {
                        let first = first.key.span;
                        let second = key.span;
                        self.parsed.duplicates.push(Duplicate { key: text, first, second });
                    } else if is_merge {
                        if let Some(first) = merges.first() {
                            let first = first.alias.unwrap_or(first.span);
                            let second = key.span;
                            self.parsed.duplicates.push(Duplicate { key: text, first, second });
                        }
                        merges.push(node);
                    } else {
                        mapping.insert(text, Entry { key, value: node });
                    }
                }
            },
        }
        Ok(())
    }

    /// A block scalar's span runs to the next token; its text ends with its last line.
    fn block_end(&self, start: usize, end: usize) -> usize {
        let text = self.text.get(start..end).unwrap_or_default();
        start + text.trim_end().len()
    }

    fn scan_error(&self, error: &ScanError) -> SyntaxError {
        let marker = error.marker();
        let offset = marker.byte_offset().unwrap_or_else(|| {
            self.text.char_indices().nth(marker.index()).map_or(self.text.len(), |(offset, _)| offset)
        });
        let width = self.text.get(offset..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let span = Span::new(self.source, offset, offset + width);
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
    use super::{Parsed, SyntaxError, parse};
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
}
