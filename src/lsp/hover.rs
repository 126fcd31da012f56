//! What is known of the key or value under the cursor of a compose file.

use std::fmt::Write;

use gen_lsp_types::Hover;

use super::document::Document;
use super::host::Project;
use super::nodes::{entry, find};
use crate::images::{self, Known};
use compose_reader::compose::steps;
use compose_reader::diagnostic::enumerate;
use compose_reader::source::Span;
use compose_reader::spec::{self, Key};
use compose_reader::values::{ImageReference, Sketch};
use compose_reader::yaml::{Kind, Node, Step, parse, path_at};

/// What is known of the place at an offset.
pub(super) fn hover(document: &Document<'_>, project: &Project, offset: usize) -> Option<Hover> {
    let text = document.lines.text();
    let parsed = parse(project.file, text).ok()?;
    let at = u32::try_from(offset).ok()?;
    let root = parsed.documents.iter().find(|root| root.span.start <= at && at <= root.span.end)?;
    let path = path_at(root, at);
    let (key, value) = entry(root, &path)?;
    let is_on = |span: Span| span.start <= at && at <= span.end;
    let is_on_key = key.is_some_and(|key| is_on(key.span));
    if !is_on_key && !is_on(value.place()) {
        return None;
    }
    let mut text = String::new();
    let steps: Vec<&str> = path.iter().map(String::as_str).collect();
    if let Some(row) = spec::at(steps.iter().copied()) {
        text.push_str(&sentence(row, &steps));
    }
    if value.as_scalar().is_some() || value.alias.is_some() {
        text.push_str(&resolved(project, value, &steps).unwrap_or_default());
    }
    match steps[..] {
        ["services", service, "image"] => text.push_str(&facts(project, service, value).unwrap_or_default()),
        ["services", _, "ports", ..] => text.push_str(&others(project, value)),
        ["services", service] => text.push_str(&neighbours(project, service)),
        _ => {}
    }
    let span = match (is_on_key, key) {
        (true, Some(key)) => key.span,
        _ => value.place(),
    };
    document.hover(span, &text)
}

/// The sentence of the table, and since when the key is there.
fn sentence(row: &Key, path: &[&str]) -> String {
    let name = if row.name == "*" { path.last().copied().unwrap_or_default() } else { row.name };
    let mut text = format!("**{name}**: {}", row.hover);
    if let Some(since) = row.since {
        let _ = write!(text, " Since Docker Compose {}.", since.since);
    }
    if let Some(default) = row.default {
        let _ = write!(text, " Default: `{}`.", default.value);
    }
    text.push_str("\n\n");
    text
}

/// What the value comes to, and where it comes from.
fn resolved(project: &Project, value: &Node, path: &[&str]) -> Option<String> {
    let used = find(&project.resolution.model, value.span).or_else(|| at(&project.resolution.model, path));
    let used = used?;
    let is_own = used.span == value.span;
    let is_over = used.steps().any(|step| *step == Step::Over(value.span));
    if !is_own && !is_over {
        return None;
    }
    let known = used.as_text().filter(|_| used.expanded_from().is_some_and(|(_, unset)| unset.is_empty()));
    let mut text = String::new();
    match known {
        _ if is_over => {
            let _ = write!(text, "Another file writes over it: `{}`\n\n", shown(used.as_text()?));
        }
        Some(known) => {
            let _ = write!(text, "It comes to `{}`\n\n", shown(known));
        }
        None if used.steps().next().is_none() && used.alias.is_none() => return None,
        None => {}
    }
    for line in steps(&project.resolution, &project.sources, used) {
        let _ = writeln!(text, "- {}", line.trim_start());
    }
    text.push('\n');
    Some(text)
}

/// A value in a line of Markdown.
fn shown(text: &str) -> String {
    text.replace('`', "'").lines().next().unwrap_or_default().to_owned()
}

/// The value at a path.
fn at<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, step| match &node.kind {
        Kind::Sequence(items) => items.get(step.parse::<usize>().ok()?),
        _ => node.get(step),
    })
}

/// What is known of an image.
fn facts(project: &Project, service: &str, value: &Node) -> Option<String> {
    let used = at(&project.resolution.model, &["services", service, "image"]).unwrap_or(value);
    let sketch = Sketch::of(used.as_text()?);
    let reference = ImageReference::of(&sketch);
    let Known { image, is_exact, .. } = images::find(reference)?;
    let mut text = String::new();
    let mut line = |words: String| text.push_str(&format!("- {words}\n"));
    if let Some(gone) = images::withdrawn(reference) {
        line(format!("{} {}; {}", gone.image, gone.what, gone.instead));
    }
    if !is_exact {
        line(format!("what is known of `{}`, which has this name", reference.familiar_name()));
    }
    let list = |ports: &[u16]| ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    if !image.ports.is_empty() {
        line(format!("listens on {}", list(&image.ports)));
    }
    if !image.admin_ports.is_empty() {
        line(format!("{}: for administration", list(&image.admin_ports)));
    }
    if !image.data.is_empty() {
        let folders: Vec<String> = image.data.iter().map(|folder| format!("`{folder}`")).collect();
        line(format!("keeps its data in {}", folders.join(" or ")));
    }
    if let Some(user) = &image.user {
        line(format!("runs as the user `{user}`"));
    }
    if image.ships_probe {
        line("brings a health check".to_owned());
    } else if let Some(probe) = images::find(reference).and_then(|known| known.probe()) {
        line(format!("health check: `test: {probe}`"));
    }
    text.push('\n');
    (text.len() > 1).then_some(text)
}

/// Who else publishes the port of the host that an entry publishes.
fn others(project: &Project, value: &Node) -> String {
    let services = project.resolution.model.get("services").and_then(Node::as_mapping);
    let mut published: Vec<(&str, &str, Span)> = Vec::new();
    for (name, entry) in services.into_iter().flatten() {
        for port in entry.value.get("ports").and_then(Node::as_sequence).unwrap_or_default() {
            if let Some(host) = port.get("published").and_then(Node::as_text) {
                published.push((name, host, port.span));
            }
        }
    }
    let place = value.span;
    let is_inside =
        |span: &Span| span.source == place.source && place.start <= span.start && span.end <= place.end;
    let Some((own, host, _)) = published.iter().find(|(_, _, span)| is_inside(span)) else {
        return String::new();
    };
    let others = published.iter().filter(|(name, other, _)| other == host && name != own);
    let others: Vec<&str> = others.map(|(name, _, _)| *name).collect();
    match others.is_empty() {
        true => format!("No other service of the project publishes port {host}.\n"),
        false => format!("Port {host} is published by {} as well.\n", enumerate(&others)),
    }
}

/// Who waits for a service, and whom it waits for.
fn neighbours(project: &Project, service: &str) -> String {
    let services = project.resolution.model.get("services");
    let waits = |name: &str| -> Vec<String> {
        let found = services.and_then(|services| services.get(name)?.get("depends_on")?.as_mapping());
        found.into_iter().flatten().map(|(name, _)| name.to_string()).collect()
    };
    let mut text = String::new();
    let own = waits(service);
    if !own.is_empty() {
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let _ = write!(text, "Waits for {}.\n\n", enumerate(&own));
    }
    let names = services.and_then(Node::as_mapping).into_iter().flatten().map(|(name, _)| &**name);
    let waiting: Vec<&str> = names.filter(|name| waits(name).iter().any(|it| it == service)).collect();
    if !waiting.is_empty() {
        let _ = write!(
            text,
            "{} {} for it.\n\n",
            enumerate(&waiting),
            if waiting.len() == 1 { "waits" } else { "wait" }
        );
    }
    text
}
