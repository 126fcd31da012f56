//! One look for YAML files: indentation, blank lines, and in compose files the order of keys and quoted ports. What a file says
//! stays as it is, comments, anchors and aliases included; a file of which that is not certain is left alone.

mod indent;

use crate::fix::{Checked, fix};
use crate::lint::{RULES, Rule, lint_with};
use compose_reader::compose::{self, NoFiles, Project, Request};
use compose_reader::diagnostic::Applicability;
use compose_reader::source::{SourceId, Sources};
use compose_reader::yaml::{Kind, Node, Parsed, Style, parse};

/// The rules of style whose fixes are part of the look of a compose file.
const RULES_OF_STYLE: [&str; 2] = ["key-order", "unquoted-port"];

/// A text with the one look; `None` where it has that already, or cannot be read.
pub fn format(text: &str, is_compose: bool) -> Option<String> {
    let before = read(text)?;
    let mut formatted = text.to_owned();
    if is_compose {
        formatted = styled(&formatted);
    }
    for step in [indent::indented, tidied] {
        let next = step(&formatted, &read(&formatted)?);
        if let Some(next) = next.filter(|next| is_same(&formatted, next)) {
            formatted = next;
        }
    }
    let is_true = read(&formatted).is_some_and(|after| has_same_beside(&before, &after));
    (formatted != text && is_true).then_some(formatted)
}

fn read(text: &str) -> Option<Parsed> {
    parse(nowhere(), text).ok()
}

/// The one text of a reading.
fn nowhere() -> SourceId {
    Sources::new().add("", "")
}

/// Whether two texts say the same, comments and aliases included.
pub fn is_same(before: &str, after: &str) -> bool {
    match (read(before), read(after)) {
        (Some(before), Some(after)) => {
            before.documents == after.documents && has_same_beside(&before, &after)
        }
        _ => false,
    }
}

/// Whether what stands beside the values is the same: comments, aliases.
fn has_same_beside(before: &Parsed, after: &Parsed) -> bool {
    let comments = |parsed: &Parsed| {
        let mut texts: Vec<String> = parsed.comments.iter().map(|it| it.text.trim_end().to_owned()).collect();
        texts.sort();
        texts
    };
    comments(before) == comments(after)
        && before.aliases.len() == after.aliases.len()
        && before.duplicates.len() == after.duplicates.len()
}

/// A compose file with its keys in order and its ports quoted, where that means the same.
fn styled(text: &str) -> String {
    let check = |text: &str| {
        let mut sources = Sources::new();
        let id = sources.add("compose.yaml", text);
        let project = Project::load(&mut sources, &[id]);
        let rules = RULES.iter().filter(|rule: &&Rule| RULES_OF_STYLE.contains(&rule.name));
        let (findings, is_broken) = (lint_with(&project, rules), project.is_broken());
        Checked { sources, files: vec![id], findings, is_broken }
    };
    let first = check(text);
    if first.is_broken || first.findings.is_empty() {
        return text.to_owned();
    }
    let fixed = fix(first, Applicability::Safe, |texts| check(texts.first().map_or("", |text| text)));
    let id = fixed.checked.files.first().copied();
    let after = id.map_or(text, |id| fixed.checked.sources.get(id).text());
    if model(text) == model(after) { after.to_owned() } else { text.to_owned() }
}

/// What Docker Compose makes of a text.
fn model(text: &str) -> String {
    let mut sources = Sources::new();
    let id = sources.add("compose.yaml", text);
    let request = Request { interpolates: false, ..Request::of_texts(&sources, &[id]) };
    let resolution = compose::resolve(&mut sources, &NoFiles, &request);
    compose::yaml(&compose::as_model(&resolution.model, &resolution.name), false)
}

/// Lines without spaces at their ends, one blank line at most between two others, none at the beginning, and one line end at
/// the end; all but the lines of texts over several lines.
fn tidied(text: &str, parsed: &Parsed) -> Option<String> {
    let mut kept: Vec<std::ops::Range<usize>> = Vec::new();
    parsed.documents.iter().for_each(|root| long_texts(text, root, &mut kept));
    kept.sort_by_key(|range| range.start);
    let end_of_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut blanks = 0;
    let mut next_kept = kept.iter().peekable();
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        while next_kept.next_if(|range| range.end <= start).is_some() {}
        // The first line of such a text has its key before it.
        if next_kept.peek().is_some_and(|range| range.start < start && start < range.end) {
            out.push_str(line);
            blanks = 0;
            continue;
        }
        let ends_inside = next_kept.peek().is_some_and(|range| range.start < at && at < range.end);
        let bare = if ends_inside { line.trim_end_matches(['\n', '\r']) } else { line.trim_end() };
        if bare.is_empty() {
            blanks += 1;
            continue;
        }
        if blanks > 0 && !out.is_empty() {
            out.push_str(end_of_line);
        }
        blanks = 0;
        out.push_str(bare);
        out.push_str(end_of_line);
    }
    Some(out)
}

/// The places of scalars over several lines.
fn long_texts(text: &str, node: &Node, found: &mut Vec<std::ops::Range<usize>>) {
    match &node.kind {
        Kind::Scalar(scalar) => {
            let range = node.span.start as usize..node.span.end as usize;
            let is_long = text.get(range.clone()).is_some_and(|text| text.contains('\n'));
            if is_long || scalar.style == Style::Block {
                found.push(range);
            }
        }
        Kind::Sequence(items) => items.iter().for_each(|item| long_texts(text, item, found)),
        Kind::Mapping(entries) => entries.values().for_each(|entry| {
            long_texts(text, &entry.key, found);
            long_texts(text, &entry.value, found);
        }),
    }
}
