//! A text of a compose file, its variables and its bytes.

use std::ops::Range;
use std::sync::Arc;

use crate::interpolation::{Operator, expand, variables};
use crate::source::{Sources, Span};

/// A text as written, with the place where it stands.
#[derive(Clone, Debug)]
pub struct Text {
    raw: Arc<str>,
    /// The scalar that holds it.
    pub span: Span,
    /// The first byte of `raw`, where the file has it byte for byte.
    verbatim: Option<usize>,
}

/// Where a part of a text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its bytes in the text with its variables.
    pub range: Range<usize>,
    /// Whether it stands in the default of a variable.
    pub is_default: bool,
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
            .map(|before| span.start as usize + usize::from(quoted.is_some()) + before.len());
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

    /// The text with defaults in place, and `…` for each variable that cannot be known.
    pub fn sketch(&self) -> String {
        let required: Vec<&str> = variables(&self.raw)
            .unwrap_or_default()
            .into_iter()
            .filter(|variable| variable.word.is_empty() || variable.is_required())
            .map(|variable| variable.name)
            .collect();
        expand(&self.raw, &|name| required.contains(&name).then_some("…"))
            .unwrap_or_else(|| self.raw.to_string())
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

    /// Where a part of the sketch comes from; `None` where its variables leave more than one place.
    pub fn origin(&self, sketch: &str, part: Range<usize>) -> Option<Origin> {
        if sketch == &*self.raw {
            return Some(Origin { range: part, is_default: false });
        }
        let wanted = sketch.get(part)?;
        let mut places = self.raw.match_indices(wanted).map(|(at, _)| at..at + wanted.len());
        let range = places.next().filter(|_| places.next().is_none())?;
        let variables = variables(&self.raw).unwrap_or_default();
        let is_default = variables.iter().any(|variable| variable.range.contains(&range.start));
        Some(Origin { range, is_default })
    }

    /// The place of a part of the text; `None` where escapes or folded lines stand between.
    pub fn part(&self, range: Range<usize>) -> Option<Span> {
        let start = self.verbatim?;
        Some(Span::new(self.span.source, start + range.start, start + range.end))
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

    #[test]
    fn defaults_are_told_from_what_is_fixed() {
        let (_, text) = read("", "redis://${USER}@${HOST:-localhost}:6379");
        let sketch = text.sketch();
        let at = sketch.find("localhost").expect("there");
        let origin = text.origin(&sketch, at..at + 9).expect("one place");
        assert!(origin.is_default);
        assert_eq!(&text.raw()[origin.range], "localhost");
        let at = sketch.find("6379").expect("there");
        assert_eq!(text.origin(&sketch, at..at + 4).map(|origin| origin.is_default), Some(false));
        assert_eq!(text.origin(&sketch, at - 10..at + 4), None);
    }

    #[test]
    fn unknown_variables_leave_the_rest_readable() {
        let (_, text) = read("", "redis://${USER}:${PASS:?}@${HOST:-localhost}:$PORT");
        assert_eq!(text.sketch(), "redis://…:…@localhost:…");
        assert_eq!(text.value(), None);
        assert_eq!(read("", "${HOST:-a}:${PORT:-}").1.sketch(), "a:…");
    }
}
