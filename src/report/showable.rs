//! Texts as they may be shown: what would steer a terminal is made visible, and secrets are stars.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::escape::visible;
use crate::lint::SHORTEST_SECRET;
use compose_reader::diagnostic::{Diagnostic, Edit, Fix};
use compose_reader::source::{Source, SourceId, Sources, Span};

/// The texts that some diagnostics are about, as they may be shown. Lines and columns stay as they are; offsets do not.
pub(super) struct Showable<'s> {
    written: &'s Sources,
    /// The texts that cannot be shown as they are written.
    replaced: HashMap<SourceId, Replaced>,
}

struct Replaced {
    /// Holds the one text.
    sources: Sources,
    id: SourceId,
    /// Offsets in the written text, each with that of the same character here: of the first character, and of those behind
    /// one whose length has changed.
    offsets: Vec<(usize, usize)>,
}

impl<'s> Showable<'s> {
    pub(super) fn new(diagnostics: &[Diagnostic], sources: &'s Sources) -> Self {
        let mut replaced = HashMap::new();
        let mut seen = HashSet::new();
        let spans = diagnostics.iter().flat_map(|found| {
            std::iter::once(found.span.source).chain(found.related.iter().map(|place| place.span.source))
        });
        for id in spans {
            if seen.insert(id)
                && let Some(text) = Replaced::of(sources.get(id))
            {
                replaced.insert(id, text);
            }
        }
        Self { written: sources, replaced }
    }

    /// The text behind an id.
    pub(super) fn get(&self, id: SourceId) -> &Source {
        match self.replaced.get(&id) {
            Some(replaced) => replaced.sources.get(replaced.id),
            None => self.written.get(id),
        }
    }

    /// The first line of a span in the text that is shown, as offset and length, inside the text whatever the span says.
    pub(super) fn first_line(&self, span: Span) -> (usize, usize) {
        let offset = |at: u32| match self.replaced.get(&span.source) {
            Some(replaced) => replaced.offset(at as usize),
            None => at as usize,
        };
        let text = self.get(span.source).text();
        let start = offset(span.start).min(text.len());
        let end = offset(span.end).clamp(start, text.len());
        let line = text.get(start..end).unwrap_or_default().lines().next().unwrap_or_default();
        (start, line.len())
    }
}

/// The whole of a text, as it may be shown.
pub fn shown(source: &Source) -> Cow<'_, str> {
    match Replaced::of(source) {
        Some(Replaced { sources, id, .. }) => Cow::Owned(sources.get(id).text().to_owned()),
        None => Cow::Borrowed(source.text()),
    }
}

/// The fix of a diagnostic, unless what it writes holds a secret: with stars in it, whoever applies it would lose the secret.
pub(super) fn fix_to_show<'d>(diagnostic: &'d Diagnostic, sources: &Sources) -> Option<&'d Fix> {
    let fix = diagnostic.fix.as_ref()?;
    let shows = |edit: &Edit| {
        let source = sources.get(edit.span.source);
        let written = source.secrets().iter().filter_map(|secret| source.text().get(secret.clone()));
        let mut secrets = written.filter(|secret| secret.chars().count() >= SHORTEST_SECRET);
        secrets.any(|secret| edit.content.contains(secret))
    };
    (!fix.edits.iter().any(shows)).then_some(fix)
}

impl Replaced {
    /// The text, if it cannot be shown as it is.
    fn of(source: &Source) -> Option<Self> {
        let written = source.text();
        if source.secrets().is_empty() && visible(written) == written {
            return None;
        }
        let mut text = String::with_capacity(written.len());
        let mut offsets = vec![(0, 0)];
        let mut secrets = source.secrets().to_vec();
        secrets.sort_by_key(|secret| secret.start);
        let mut secrets = secrets.into_iter().peekable();
        // How far those that begin before a character reach.
        let mut secret_until = 0;
        let mut characters = written.char_indices().peekable();
        while let Some((at, next)) = characters.next() {
            let is_line_end = next == '\r' && characters.peek().is_some_and(|(_, next)| *next == '\n');
            while let Some(secret) = secrets.next_if(|secret| secret.start <= at) {
                secret_until = secret_until.max(secret.end);
            }
            let is_secret = next != '\n' && at < secret_until;
            let before = text.len();
            match is_secret {
                true => text.push('*'),
                false if is_line_end => text.push(next),
                false => text.push_str(&visible(next.encode_utf8(&mut [0; 4]))),
            }
            if text.len() - before != next.len_utf8() {
                offsets.push((at + next.len_utf8(), text.len()));
            }
        }
        let mut sources = Sources::new();
        let id = sources.add(source.name(), text);
        Some(Self { sources, id, offsets })
    }

    fn offset(&self, written: usize) -> usize {
        let behind = self.offsets.partition_point(|(at, _)| *at <= written);
        let before = behind.checked_sub(1).and_then(|at| self.offsets.get(at));
        before.map_or(written, |(at, shown)| shown + (written - at))
    }
}
