//! Entries of a mapping put into another order, each with its comments.

use compose_reader::diagnostic::Edit;
use compose_reader::source::{Sources, Span, range};

/// Puts the entries of a mapping in block style into another order: `wanted` holds the places of the keys as they stand,
/// in the order that they are to have. None where a line belongs to no entry or to two, or an anchor would come behind
/// its alias.
pub(super) fn reorder(sources: &Sources, keys: &[Span], wanted: &[Span]) -> Option<Edit> {
    let first = keys.first()?;
    let text = sources.get(first.source).text();
    let starts: Vec<usize> = keys.iter().map(|key| range::line_start(text, key.start as usize)).collect();
    let column = |key: &Span, start: usize| (key.start as usize).saturating_sub(start);
    let indent = column(first, *starts.first()?);
    let stands_alone = |(key, start): (&Span, &usize)| {
        column(key, *start) == indent && text[*start..key.start as usize].bytes().all(|byte| byte == b' ')
    };
    if !are_ascending(keys) || !keys.iter().zip(&starts).all(stands_alone) {
        return None;
    }
    let starts: Vec<usize> = starts.into_iter().map(|start| with_comments(text, start, indent)).collect();
    let last = keys.last()?.start as usize;
    let end = end_of(text, last, indent);
    let start = *starts.first()?;
    let whole = text.get(start..end)?;
    // Blank lines behind a text that keeps them belong to it.
    if [" &", " *", "<<", "\t", "|+", ">+"].iter().any(|mark| whole.contains(mark)) {
        return None;
    }
    let ends = starts.iter().skip(1).copied().chain([end]);
    let parts: Vec<(Span, &str)> = keys
        .iter()
        .zip(starts.iter().zip(ends))
        .map(|(key, (start, end))| (*key, &text[*start..end]))
        .collect();
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut content = String::with_capacity(range::after(whole.len(), [newline]));
    for key in wanted {
        let (_, part) = parts.iter().find(|(span, _)| span == key)?;
        content.push_str(part);
        if !part.ends_with('\n') {
            content.push_str(newline);
        }
    }
    if !whole.ends_with('\n') {
        content.truncate(range::ahead(content.len(), [newline]));
    }
    Some(Edit { span: Span::new(first.source, start, end), content })
}

/// Whether places stand in one text, one after the other.
pub(super) fn are_ascending(places: &[Span]) -> bool {
    places.is_sorted_by(|first, second| first.source == second.source && first.start < second.start)
}

/// Where an entry begins with the comments that stand right above it, as far in as it is.
fn with_comments(text: &str, start: usize, indent: usize) -> usize {
    let mut start = start;
    while let Some(newline) = start.checked_sub(1) {
        let above = range::line_start(text, newline);
        let line = &text[above..start];
        let comment = line.trim_start();
        if !comment.starts_with('#') || range::start_of(line, comment) != indent {
            break;
        }
        start = above;
    }
    start
}

/// Where an entry ends: before the first line that is not further in, blank lines and comments further out at its end left
/// out.
fn end_of(text: &str, key: usize, indent: usize) -> usize {
    let next = |at: usize| range::behind(range::line_end(text, at)).min(text.len());
    let mut end = next(key);
    let mut at = end;
    while at < text.len() {
        let line = &text[at..next(at)];
        let inner = line.trim_start();
        let depth = range::start_of(line, inner);
        // A comment may stand in any column, and says nothing of where an entry ends.
        let says_nothing = inner.is_empty() || inner.starts_with('#') && depth <= indent;
        if !says_nothing {
            // A list may stand in the column of its key.
            if depth < indent || depth == indent && !inner.starts_with("- ") {
                break;
            }
            end = next(at);
        }
        at = next(at);
    }
    end
}
