//! Edits that rules propose: whole lines in and out, and addresses of ports.

use compose_reader::compose::{Dependency, KeyedList, Port, Project, Service};
use compose_reader::diagnostic::Edit;
use compose_reader::source::{Sources, Span, range};

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
    let (start, stop) = (range::line_start(text, from), range::line_end(text, to));
    Line {
        start,
        before: text.get(start..from).unwrap_or_default(),
        after: text.get(to..stop).unwrap_or_default().trim_end(),
        end: range::behind(stop).min(text.len()),
    }
}

/// Removes the line `key: value`, if nothing else stands on it.
pub(super) fn remove_pair(sources: &Sources, key: &str, value: Span) -> Option<Edit> {
    let line = line(sources, value);
    let is_alone = line.before.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim() == ":");
    (is_alone && line.after.is_empty())
        .then(|| Edit { span: Span::new(value.source, line.start, line.end), content: String::new() })
}

/// Removes the lines of a key and its value, if nothing else stands on them and no comment in them or right above them.
pub(super) fn remove_entry(sources: &Sources, entry: Span) -> Option<Edit> {
    let Line { start, before, after, end } = line(sources, entry);
    let text = sources.get(entry.source).text();
    let above = text[..start].lines().next_back().unwrap_or_default();
    let is_alone = before.trim().is_empty() && matches!(after, "" | ":");
    let is_uncommented = !text[start..end].contains('#') && !above.trim_start().starts_with('#');
    (is_alone && is_uncommented)
        .then(|| Edit { span: Span::new(entry.source, start, end), content: String::new() })
}

/// Removes an item of a list, and its line where it has one of its own.
pub(super) fn remove_item(sources: &Sources, item: Span) -> Option<Edit> {
    let Line { start, before, after, end } = line(sources, item);
    if before.trim() == "-" && after.is_empty() {
        return Some(Edit { span: Span::new(item.source, start, end), content: String::new() });
    }
    let (from, to) = (item.start as usize, item.end as usize);
    let rest = sources.get(item.source).text()[to..].strip_prefix(',')?;
    let blanks = range::before(rest, rest.trim_start_matches(' '));
    let stop = range::after(to, [",", blanks]);
    before
        .trim_end()
        .ends_with(['[', ','])
        .then(|| Edit { span: Span::new(item.source, from, stop), content: String::new() })
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
        let first = range::after(start, ["{", range::before(inside, inside.trim_start())]);
        let span = Span::new(port.span.source, first, first);
        return Some(Edit { span, content: format!("host_ip: {LOOPBACK}, ") });
    }
    let indent = " ".repeat(line(sources, port.span).before.chars().count());
    let span = Span::new(port.span.source, start, start);
    Some(Edit { span, content: format!("host_ip: {LOOPBACK}\n{indent}") })
}

/// Waits for a dependency in another way: the condition replaced, or the whole short list turned into the long form; comments stay where they are.
pub(super) fn wait_for(
    project: &Project<'_>,
    service: &Service,
    dependency: &Dependency,
    condition: &str,
) -> Option<Vec<Edit>> {
    let sources = project.sources;
    if let Some(span) = dependency.condition_span {
        let edit = Edit { span, content: condition.to_owned() };
        return (sources.slice(span) == "service_started").then(|| vec![edit]);
    }
    let KeyedList { key, list } = service.depends_on_list?;
    let entries = &service.depends_on;
    let is_twice = |name: &str| entries.iter().filter(|entry| &*entry.name == name).count() > 1;
    if entries.iter().any(|entry| is_twice(&entry.name)) {
        return None;
    }
    let text = sources.get(list.source).text();
    let is_flow = sources.slice(list).starts_with('[');
    let replace = |start: usize, end: usize, content: String| Edit {
        span: Span::new(list.source, start, end),
        content,
    };
    let mut edits = Vec::new();
    for entry in entries {
        let (start, end) = (entry.span.start as usize, entry.span.end as usize);
        if entry.span.source != list.source || start < list.start as usize || end > list.end as usize {
            return None;
        }
        let written = sources.slice(entry.span);
        // An alias, or a variable, cannot be a key.
        if written.starts_with('*') || written.contains(['\n', '$']) {
            return None;
        }
        let condition = if entry.name == dependency.name { condition } else { "service_started" };
        if is_flow {
            edits.push(replace(start, end, format!("{written}: {{condition: {condition}}}")));
            continue;
        }
        let line_start = range::line_start(text, start);
        let (indent, behind) = text.get(line_start..start)?.split_once('-')?;
        if !indent.bytes().all(|byte| byte == b' ') || !behind.trim().is_empty() {
            return None;
        }
        let dash = range::after(line_start, [indent]);
        let rest = text.get(end..)?;
        let behind = rest.trim_start_matches(|next| !matches!(next, '\r' | '\n'));
        let line_end = range::start_of(text, behind);
        let newline = if behind.starts_with('\r') { "\r\n" } else { "\n" };
        // A list may stand in the column of its key; a mapping may not.
        let key_start = key.start as usize;
        let before_key = text.get(range::line_start(text, key_start)..key_start)?;
        let shift = if indent.len() == before_key.len() { "  " } else { "" };
        let indent = format!("{indent}{shift}");
        edits.push(replace(dash, end, format!("{shift}{written}:")));
        edits.push(replace(line_end, line_end, format!("{newline}{indent}  condition: {condition}")));
    }
    if is_flow {
        let (start, end) = (list.start as usize, list.end as usize);
        edits.insert(0, replace(start, range::behind(start), "{".to_owned()));
        edits.push(replace(range::ahead(end, ["]"]), end, "}".to_owned()));
    }
    Some(edits)
}

/// Adds a dependency to a service, in the form of those that it has.
pub(super) fn depend_on(
    project: &Project<'_>,
    service: &Service,
    name: &str,
    condition: &str,
) -> Option<Edit> {
    let sources = project.sources;
    let Some(first) = service.depends_on.first() else {
        let key = service.first_key?;
        let lines = ["depends_on:".to_owned(), format!("  {name}:"), format!("    condition: {condition}")];
        return Some(insert_before(sources, key, &lines));
    };
    let is_list = service.depends_on_list.is_some();
    let before = line(sources, first.span).before;
    let lines = match before.trim_start() {
        "" if !is_list => vec![format!("{name}:"), format!("  condition: {condition}")],
        "- " if is_list => vec![format!("- {name}")],
        _ => return None,
    };
    Some(insert_before(sources, first.span, &lines))
}

/// Adds a key with its value to a service.
pub(super) fn add_pair(project: &Project<'_>, service: &Service, pair: &str) -> Option<Edit> {
    Some(insert_before(project.sources, service.first_key?, &[pair.to_owned()]))
}

/// Puts lines in front of a key or an item in block style, indented as that is.
pub(super) fn insert_before(sources: &Sources, place: Span, lines: &[String]) -> Edit {
    let line = line(sources, place);
    let indent = range::before(line.before, line.before.trim_start());
    let newline = if sources.get(place.source).text().contains("\r\n") { "\r\n" } else { "\n" };
    let content = lines.iter().map(|text| format!("{indent}{text}{newline}")).collect();
    Edit { span: Span::new(place.source, line.start, line.start), content }
}
