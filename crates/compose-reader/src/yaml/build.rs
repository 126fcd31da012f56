//! Nodes from what a reader of YAML comes upon, in its order.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::node::{Entry, Kind, Mapping, Node, Scalar};
use super::parsed::{Alias, Comment, Duplicate, Lost, Parsed, SyntaxError};
use super::scalar::Style;
use crate::budget::{Budget, depth};
use crate::source::{SourceId, Span, range};

/// Whether a second value of a key is more than another choice for the first: both are collections, and differ.
fn is_dropped(kept: &Node, lost: &Node) -> bool {
    let is_collection = |node: &Node| !matches!(node.kind, Kind::Scalar(_));
    is_collection(kept) && is_collection(lost) && kept.span != lost.span
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

pub(super) enum Content {
    Sequence(Vec<Node>),
    Mapping { mapping: Mapping, key: Option<Node>, merges: Vec<Node> },
}

impl Content {
    pub(super) fn mapping() -> Self {
        Self::Mapping { mapping: Mapping::default(), key: None, merges: Vec::new() }
    }
}

/// Where something stands, and the number of the anchor before it; 0 for none.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) anchor: usize,
}

/// Makes the nodes.
pub(super) struct Builder<'t, 'b> {
    pub(super) source: SourceId,
    pub(super) text: &'t str,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Option<(Node, Size)>>,
    pub(super) parsed: Parsed,
    /// The values of the document so far.
    values: usize,
    budget: &'b mut Budget,
}

impl<'t, 'b> Builder<'t, 'b> {
    pub(super) fn new(source: SourceId, text: &'t str, budget: &'b mut Budget) -> Self {
        Self {
            source,
            text,
            frames: Vec::new(),
            anchors: HashMap::new(),
            parsed: Parsed::default(),
            values: 0,
            budget,
        }
    }

    /// Where the text of the next line begins, if a comment has its line for itself.
    fn below(&self, start: usize, end: usize) -> Option<u32> {
        let before = self.text.get(..start)?.rsplit('\n').next()?;
        let (rest, next) = self.text.get(end..)?.split_once('\n')?;
        let is_alone = before.trim().is_empty() && rest.trim().is_empty();
        let indent = range::before(next, next.trim_start_matches([' ', '\t']));
        is_alone.then(|| u32::try_from(range::after(end, [rest, "\n", indent])).ok())?
    }

    pub(super) fn comment(&mut self, start: usize, end: usize, text: &str) {
        let (span, above) = (Span::new(self.source, start, end), self.below(start, end));
        self.parsed.comments.push(Comment { span, text: text.to_owned(), above });
    }

    pub(super) fn scalar(
        &mut self,
        Place { start, end, anchor }: Place,
        text: Arc<str>,
        style: Style,
        tag: Option<Arc<str>>,
    ) -> Result<(), SyntaxError> {
        let span = Span::new(self.source, start, end);
        let kind = Kind::Scalar(Scalar { text, style });
        let node = Node { span, alias: None, tag, history: None, kind };
        self.spend(1, span)?;
        self.anchor(anchor, &node, Size::SCALAR);
        self.push(node, Size::SCALAR)
    }

    pub(super) fn open(
        &mut self,
        Place { start, anchor, .. }: Place,
        flow: bool,
        tag: Option<Arc<str>>,
        content: Content,
    ) -> Result<(), SyntaxError> {
        let span = Span::new(self.source, start, start);
        depth(self.frames.len().saturating_add(1)).map_err(|spent| SyntaxError::spent(span, spent))?;
        self.spend(1, span)?;
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
        self.frames.push(Frame { start, tag, anchor, flow, end: start, size: Size::EMPTY, content });
        Ok(())
    }

    pub(super) fn close(&mut self, end: usize) -> Result<(), SyntaxError> {
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

    pub(super) fn alias(&mut self, id: usize, start: usize, end: usize) -> Result<(), SyntaxError> {
        let span = Span::new(self.source, start, end);
        match self.anchors.get(&id).cloned() {
            Some(Some((node, size))) => {
                depth(self.frames.len().saturating_add(size.levels))
                    .map_err(|spent| SyntaxError::spent(span, spent))?;
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
        self.values = self.values.saturating_add(1);
        let Some(frame) = self.frames.last_mut() else {
            self.parsed.documents.push(node);
            self.parsed.sizes.push(std::mem::take(&mut self.values));
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
                    // A key is no value.
                    self.values = self.values.saturating_sub(1);
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
}
