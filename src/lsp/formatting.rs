//! A text with the one look, as edits of its lines.

use gen_lsp_types::{Range, TextEdit};
use similar::{ChangeTag, TextDiff};

use super::document::{Document, Kind};
use crate::format::{self, format};
use crate::render::{FileState, state_of};

/// The edits that give a text the one look, or only its lines in a range.
pub(super) fn formatting(document: &Document<'_>, range: Option<Range>) -> Vec<TextEdit> {
    let text = document.lines.text();
    let name = document.path.to_string_lossy();
    if matches!(document.kind, Kind::Config | Kind::Other)
        || state_of(&name, text, None) != FileState::Foreign
    {
        return Vec::new();
    }
    let Some(formatted) = format(text, document.kind == Kind::Compose) else { return Vec::new() };
    let wanted = range.map(|range| document.lines.bytes(range));
    let mut edits = Vec::new();
    let diff = TextDiff::from_lines(text, &formatted);
    let mut at = 0;
    let mut pending: Option<(usize, usize, String)> = None;
    let mut flush = |pending: &mut Option<(usize, usize, String)>| {
        if let Some((start, end, new)) = pending.take() {
            let meets = |wanted: &std::ops::Range<usize>| start <= wanted.end && wanted.start <= end;
            if wanted.as_ref().is_none_or(meets) {
                edits.push(TextEdit::new(document.lines.range(start..end), new));
            }
        }
    };
    for change in diff.iter_all_changes() {
        let length = change.value().len();
        match change.tag() {
            ChangeTag::Equal => {
                flush(&mut pending);
                at += length;
            }
            ChangeTag::Delete => {
                let (_, end, _) = pending.get_or_insert((at, at, String::new()));
                *end = at + length;
                at += length;
            }
            ChangeTag::Insert => {
                let (_, _, new) = pending.get_or_insert((at, at, String::new()));
                new.push_str(change.value());
            }
        }
    }
    flush(&mut pending);
    // A part of a text need not go with the rest of it as that is.
    let is_true = || format::is_same(text, &applied(document, &edits));
    if range.is_some() && !is_true() { Vec::new() } else { edits }
}

fn applied(document: &Document<'_>, edits: &[TextEdit]) -> String {
    let mut text = document.lines.text().to_owned();
    for edit in edits.iter().rev() {
        text.replace_range(document.lines.bytes(edit.range), &edit.new_text);
    }
    text
}
