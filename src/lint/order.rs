//! Entries of a mapping put into another order, each with its comments.

use compose_reader::diagnostic::Edit;
use compose_reader::source::{Sources, Span};

/// Puts the entries of a mapping in block style into another order: `wanted` holds the places of the keys as they stand,
/// in the order that they are to have. None where a line belongs to no entry or to two, or an anchor would come behind
/// its alias.
pub(super) fn reorder(sources: &Sources, keys: &[Span], wanted: &[Span]) -> Option<Edit> {
    let first = keys.first()?;
    let text = sources.get(first.source).text();
    let is_ascending =
        keys.windows(2).all(|pair| pair[0].source == pair[1].source && pair[0].start < pair[1].start);
    let starts: Vec<usize> = keys.iter().map(|key| line_start(text, key.start as usize)).collect();
    let column = |key: &Span, start: usize| key.start as usize - start;
    let indent = column(first, starts[0]);
    let stands_alone = |(key, start): (&Span, &usize)| {
        column(key, *start) == indent && text[*start..key.start as usize].bytes().all(|byte| byte == b' ')
    };
    if !is_ascending || !keys.iter().zip(&starts).all(stands_alone) {
        return None;
    }
    let starts: Vec<usize> = starts.into_iter().map(|start| with_comments(text, start, indent)).collect();
    let last = keys.last()?.start as usize;
    let end = end_of(text, last, indent);
    let whole = text.get(*starts.first()?..end)?;
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
    let mut content = String::with_capacity(whole.len() + 2);
    for key in wanted {
        let (_, part) = parts.iter().find(|(span, _)| span == key)?;
        content.push_str(part);
        if !part.ends_with('\n') {
            content.push_str(newline);
        }
    }
    if !whole.ends_with('\n') {
        content.truncate(content.len() - newline.len());
    }
    Some(Edit { span: Span::new(first.source, starts[0], end), content })
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Where an entry begins with the comments that stand right above it, as far in as it is.
fn with_comments(text: &str, start: usize, indent: usize) -> usize {
    let mut start = start;
    while start > 0 {
        let above = line_start(text, start - 1);
        let line = &text[above..start];
        let is_comment = line.trim_start().starts_with('#') && line.len() - line.trim_start().len() == indent;
        if !is_comment {
            break;
        }
        start = above;
    }
    start
}

/// Where an entry ends: before the first line that is not further in, blank lines and comments further out at its end left
/// out.
fn end_of(text: &str, key: usize, indent: usize) -> usize {
    let next = |at: usize| text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1);
    let mut end = next(key);
    let mut at = end;
    while at < text.len() {
        let line = &text[at..next(at)];
        let inner = line.trim_start();
        let depth = line.len() - inner.len();
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
