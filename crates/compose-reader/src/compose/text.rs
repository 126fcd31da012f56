//! A text of a compose file, its variables and its bytes.

use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use crate::interpolation::{Operator, expand, variables};
use crate::source::{Sources, Span, range};
use crate::values::{Sketch, Written};

/// A text as written, with the place where it stands.
#[derive(Clone, Debug)]
pub struct Text {
    raw: Arc<str>,
    /// The scalar that holds it.
    pub span: Span,
    /// The first byte of `raw`, where the file has it byte for byte.
    verbatim: Option<usize>,
}

impl Text {
    /// The text `raw` inside the scalar at `span`: all of it, or what stands behind a `=` or `:`.
    pub(super) fn new(sources: &Sources, span: Span, raw: &str) -> Self {
        let slice = sources.slice(span);
        let quoted = ['\'', '"']
            .iter()
            .find_map(|quote| slice.strip_prefix(*quote).and_then(|slice| slice.strip_suffix(*quote)));
        let verbatim = quoted
            .unwrap_or(slice)
            .strip_suffix(raw)
            .filter(|before| before.is_empty() || before.ends_with(['=', ':']))
            .map(|before| {
                range::after(range::offset(span.start as usize, quoted.is_some().into()), [before])
            });
        Self { raw: Arc::from(raw), span, verbatim }
    }

    /// The text with its variables, escapes of YAML resolved.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The text with the default of each variable in its place; `None` if it cannot be known.
    pub fn value(&self) -> Option<String> {
        expand(&self.raw, &|_| None)
    }

    /// The value that it is, defaults in place.
    pub fn parsed<T: FromStr>(&self) -> Written<T> {
        Written { span: self.span, value: self.value().and_then(|text| text.parse().ok()) }
    }

    /// The text with defaults in place, as far as it is known.
    pub fn sketch(&self) -> Sketch {
        if self.raw.contains('$') { Sketch::of(&self.raw) } else { Sketch::from(Arc::clone(&self.raw)) }
    }

    /// The variables that Compose puts in and that say nothing about what to do without a value: each name with its bytes.
    pub fn bare_variables(&self) -> Vec<(&str, Range<usize>)> {
        let variables = variables(&self.raw).unwrap_or_default().into_iter();
        let bare = variables.filter(|variable| variable.operator == Operator::None);
        bare.map(|variable| (variable.name, variable.range)).collect()
    }

    /// Whether it holds no variable.
    pub fn is_literal(&self) -> bool {
        variables(&self.raw).is_ok_and(|variables| variables.is_empty())
    }

    /// The one variable that it is as a whole: its name, and its default where it has one.
    pub fn as_variable(&self) -> Option<(&str, Option<&str>)> {
        let variables = variables(&self.raw).ok()?;
        let variable =
            variables.into_iter().next().filter(|variable| variable.range == (0..self.raw.len()))?;
        let has_default = matches!(variable.operator, Operator::Default | Operator::DefaultIfEmpty);
        Some((variable.name, Some(variable.word).filter(|_| has_default)))
    }

    /// The place of a part of the text; `None` where escapes or folded lines stand between.
    pub fn part(&self, range: Range<usize>) -> Option<Span> {
        let Range { start, end } = range::shifted(&range, self.verbatim?);
        Some(Span::new(self.span.source, start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::Text;
    use crate::source::{Sources, Span};

    fn read(written: &str, raw: &str) -> (Sources, Text) {
        let mut sources = Sources::new();
        let id = sources.add("test.yaml", written);
        let text = Text::new(&sources, Span::new(id, 0, written.len()), raw);
        (sources, text)
    }

    #[test]
    fn parts_are_found_in_plain_quoted_and_listed_text() {
        for written in ["a localhost", "'a localhost'", "X=a localhost", "\"X=a localhost\""] {
            let (sources, text) = read(written, "a localhost");
            assert_eq!(text.part(2..11).map(|span| sources.slice(span)), Some("localhost"), "{written}");
        }
        let (_, text) = read("\"a \\x6cocalhost\"", "a localhost");
        assert_eq!(text.part(2..11), None);
    }
}
