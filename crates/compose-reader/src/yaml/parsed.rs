//! What reading a text gives: its documents with what stands beside them, or why it is none.

use std::collections::HashMap;
use std::sync::Arc;

use super::node::Node;
use crate::budget::Spent;
use crate::source::Span;

/// A comment, from its `#` to the end of the line.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Where, including the `#`.
    pub span: Span,
    /// The text behind the `#`.
    pub text: String,
    /// Where the text of the next line begins, of a comment that has a line for itself.
    pub above: Option<u32>,
}

/// A key that stands twice in one mapping.
#[derive(Clone, Debug)]
pub struct Duplicate {
    /// The key's text.
    pub key: Arc<str>,
    /// The key that came first and is kept.
    pub first: Span,
    /// The key that came later.
    pub second: Span,
}

/// A value that is used a second time.
#[derive(Clone, Copy, Debug)]
pub struct Alias {
    /// Where the alias stands.
    pub span: Span,
    /// The value behind its anchor.
    pub target: Span,
}

/// What one text holds.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The documents, in order; an empty text has none.
    pub documents: Vec<Node>,
    /// How many values each document has, where an alias is one.
    pub sizes: Vec<usize>,
    /// The comments, in order.
    pub comments: Vec<Comment>,
    /// The aliases, in order.
    pub aliases: Vec<Alias>,
    /// Keys given twice, which Compose refuses.
    pub duplicates: Vec<Duplicate>,
    /// Values that `<<` with a list passes over.
    pub lost: Vec<Lost>,
}

impl Parsed {
    /// The comments that have lines for themselves, by what they stand above.
    pub fn comments_above(&self) -> CommentsAbove {
        let above = |comment: &Comment| Some((comment.above?, (comment.span.start, comment.text.clone())));
        CommentsAbove(self.comments.iter().filter_map(above).collect())
    }
}

/// Comments by where the text of the line below each begins.
#[derive(Clone, Debug, Default)]
pub struct CommentsAbove(HashMap<u32, (u32, String)>);

impl CommentsAbove {
    /// The comment in the lines right above a place.
    pub fn of(&self, place: Span) -> Option<String> {
        let mut lines = Vec::new();
        let mut below = place.start;
        while let Some((start, text)) = self.0.get(&below) {
            lines.push(text.strip_prefix(' ').unwrap_or(text));
            below = *start;
        }
        lines.reverse();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// A value of a merged mapping that one before it in the list takes the place of.
#[derive(Clone, Debug)]
pub struct Lost {
    /// The key that both have.
    pub key: Arc<str>,
    /// The alias whose value is lost.
    pub alias: Span,
    /// The key of what is lost.
    pub value: Span,
    /// The key of what is kept.
    pub kept: Span,
}

/// Why a text is not YAML that Compose could read.
#[derive(Clone, Debug)]
pub struct SyntaxError {
    /// Where reading stopped.
    pub span: Span,
    /// What is wrong there.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// Whether the text may well be YAML, which the budget does not suffice for.
    pub is_spent: bool,
}

impl SyntaxError {
    pub(super) fn new(span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: help.into(), is_spent: false }
    }

    pub(super) fn spent(span: Span, spent: Spent) -> Self {
        Self { is_spent: true, ..Self::new(span, spent.message(), spent.help()) }
    }
}
