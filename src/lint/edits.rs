//! Edits that rules propose: whole lines in and out, and addresses of ports.

use crate::compose::Port;
use crate::diagnostic::Edit;
use crate::source::{Sources, Span};

/// The line of a value without its key, from the start of the line to its end.
struct Line<'t> {
    start: usize,
    before: &'t str,
    after: &'t str,
    /// One past the line break.
    end: usize,
}

fn line<'t>(sources: &'t Sources, span: Span) -> Line<'t> {
    let text = sources.get(span.source).text();
    let (from, to) = (span.start as usize, span.end as usize);
    let start = text[..from].rfind('\n').map_or(0, |newline| newline + 1);
    let stop = text[to..].find('\n').map_or(text.len(), |newline| to + newline);
    Line {
        start,
        before: &text[start..from],
        after: text[to..stop].trim_end(),
        end: (stop + 1).min(text.len()),
    }
}

/// Removes the line `key: value`, if nothing else stands on it.
pub(super) fn remove_pair(sources: &Sources, key: &str, value: Span) -> Option<Edit> {
    let line = line(sources, value);
    let is_alone = line.before.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim() == ":");
    (is_alone && line.after.is_empty())
        .then(|| Edit { span: Span::new(value.source, line.start, line.end), content: String::new() })
}

/// Binds a published port to 127.0.0.1.
pub(super) fn bind_to_loopback(sources: &Sources, port: &Port) -> Option<Edit> {
    const LOOPBACK: &str = "127.0.0.1";
    let written = sources.slice(port.span);
    let is_long = port.is_long;
    let place = match port.address_span {
        Some(span) if is_long || !span.is_empty() => {
            return Some(Edit { span, content: LOOPBACK.to_owned() });
        }
        place => place,
    };
    if !is_long {
        let separator = if written.contains(':') { ":" } else { "::" };
        return Some(Edit { span: place?, content: format!("{LOOPBACK}{separator}") });
    }
    let start = port.span.start as usize;
    if let Some(inside) = written.strip_prefix('{') {
        let first = start + 1 + inside.len() - inside.trim_start().len();
        let span = Span::new(port.span.source, first, first);
        return Some(Edit { span, content: format!("host_ip: {LOOPBACK}, ") });
    }
    let indent = " ".repeat(line(sources, port.span).before.chars().count());
    let span = Span::new(port.span.source, start, start);
    Some(Edit { span, content: format!("host_ip: {LOOPBACK}\n{indent}") })
}
