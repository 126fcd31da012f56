//! What stands between the lines: what variables and references come to, and tokens for them.

use std::collections::HashMap;

use gen_lsp_types::{InlayHint, InlayHintKind, Label, Range};

use super::document::{Document, View};
use super::host::{OpenStack, Project};
use super::names::Thing;
use compose_reader::interpolation::variables;
use compose_reader::source::Span;
use compose_reader::yaml::{Kind, Node};

/// Characters of a hint that are shown.
const MOST: usize = 60;
/// Words of variables whose values are not shown beside a text that others may look at.
const SECRET: [&str; 6] = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "KEY", "CREDENTIAL"];

/// The hints for a range of a text.
pub(super) fn hints(document: &Document<'_>, view: &View, range: Range) -> Vec<InlayHint> {
    let bytes = document.lines.bytes(range);
    let found = match view {
        View::Project(project) => in_project(project),
        View::Stack(stack) => in_stack(stack),
        View::Nothing => Vec::new(),
    };
    let is_in = |at: usize| bytes.start <= at && at <= bytes.end;
    let is_whole = |at: usize| document.lines.text().is_char_boundary(at);
    let mut found: Vec<(usize, String)> = found
        .into_iter()
        .map(|(at, text)| (at as usize, text))
        .filter(|(at, _)| is_in(*at) && is_whole(*at))
        .collect();
    found.sort();
    found.dedup_by_key(|(at, _)| *at);
    let hint = |(at, text): (usize, String)| InlayHint {
        position: document.lines.position(at),
        label: Label::String(shown(&text)),
        kind: Some(InlayHintKind::Parameter),
        text_edits: None,
        tooltip: None,
        padding_left: Some(true),
        padding_right: None,
        data: None,
    };
    found.into_iter().map(hint).collect()
}

fn shown(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// What the values of this file come to whose variables are known.
fn in_project(project: &Project) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    each_scalar(&project.resolution.model, &mut |node| {
        let Some((raw, unset)) = node.expanded_from() else { return };
        let Ok(names) = variables(raw) else { return };
        let is_secret =
            names.iter().any(|it| SECRET.iter().any(|word| it.name.to_uppercase().contains(word)));
        if node.span.source == project.file && unset.is_empty() && !names.is_empty() && !is_secret {
            found.extend(node.as_text().map(|text| (node.span.end, format!("= {text}"))));
        }
    });
    found
}

/// What references become, and the host ports that are given out.
fn in_stack(stack: &OpenStack) -> Vec<(u32, String)> {
    let mut becomes: HashMap<Span, Vec<(&str, &str)>> = HashMap::new();
    let mut ports: HashMap<Span, Vec<String>> = HashMap::new();
    for plan in stack.planned.iter().flat_map(|planned| &planned.plans) {
        for service in plan.tiers.iter().flat_map(|tier| &tier.services) {
            each_scalar(&service.compose, &mut |node| {
                if let Some(text) = node.as_text()
                    && node.span.source == stack.file
                    && stack.sources.slice(node.span).contains("${{")
                {
                    becomes.entry(node.span).or_default().push((&plan.environment, text));
                }
            });
        }
        for port in plan.ports.iter().filter(|port| port.span.source == stack.file) {
            if let Some(number) = port.ports.first() {
                ports.entry(port.span).or_default().push(format!("{}: {number}", plan.environment));
            }
        }
    }
    let one = |values: &[(&str, &str)]| match values {
        [(_, first), rest @ ..] if rest.iter().all(|(_, other)| other == first) => format!("= {first}"),
        values => format!(
            "= {}",
            values.iter().map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>().join(", ")
        ),
    };
    let references = becomes.into_iter().map(|(span, values)| (span.end, one(&values)));
    let is_auto = |span: &Span| stack.sources.slice(*span).contains("auto");
    let given = ports.into_iter().filter(|(span, _)| is_auto(span));
    references.chain(given.map(|(span, all)| (span.end, all.join(", ")))).collect()
}

fn each_scalar<'n>(node: &'n Node, with: &mut dyn FnMut(&'n Node)) {
    match &node.kind {
        Kind::Scalar(_) => with(node),
        Kind::Sequence(items) => items.iter().for_each(|item| each_scalar(item, with)),
        Kind::Mapping(entries) => entries.values().for_each(|entry| each_scalar(&entry.value, with)),
    }
}

/// The kinds of tokens, as the protocol calls them.
pub(super) const TOKEN_TYPES: [&str; 4] = ["variable", "class", "namespace", "property"];

/// The tokens of a text: variables, and names of what is defined; each as line, column, length, kind and nothing else, counted
/// from the one before.
pub(super) fn tokens(document: &Document<'_>, view: &View) -> Vec<u32> {
    let text = document.lines.text();
    let mut found: Vec<(std::ops::Range<usize>, u32)> = Vec::new();
    for name in view.names() {
        if Some(name.span.source) == view.file() && !name.is_definition {
            let kind = match name.thing {
                Thing::Service => 1,
                Thing::Tier | Thing::Environment => 2,
                _ => 3,
            };
            found.push((name.span.start as usize..name.span.end as usize, kind));
        }
    }
    let is_part = |next: char| next.is_ascii_alphanumeric() || next == '_';
    for (at, _) in text.match_indices("${") {
        let start = at + 2;
        let length = text[start..].find(|next| !is_part(next)).unwrap_or(text.len() - start);
        if length > 0 && !text[..at].ends_with('$') {
            found.push((start..start + length, 0));
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    let mut encoded = Vec::new();
    let (mut line, mut column, mut end) = (0, 0, 0);
    for (range, kind) in found {
        if range.start < end {
            continue;
        }
        end = range.end;
        let place = document.lines.range(range);
        let lines = place.start.line - line;
        let columns = if lines == 0 { place.start.character - column } else { place.start.character };
        encoded.extend([lines, columns, place.end.character.saturating_sub(place.start.character), kind, 0]);
        (line, column) = (place.start.line, place.start.character);
    }
    encoded
}
