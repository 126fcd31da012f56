//! What a client may have done by name: pages, previews of what is rendered, the graph, the table of ports.

use std::fmt::Write;

use gen_lsp_types::{CodeLens, Command, Position, Range};
use serde_json::{Value, json};

use super::document::{Document, View};
use super::host::{Checked, OpenStack};
use crate::render;
use compose_reader::yaml::Node;

pub(super) use super::actions::EXPLAIN;

/// Shows a file as it would be rendered: the address of the stack, and the name of the file.
pub(super) const PREVIEW: &str = "stackgen.preview";
/// Shows who waits for whom, as a Mermaid diagram.
pub(super) const GRAPH: &str = "stackgen.graph";
/// Shows the host ports.
pub(super) const PORTS: &str = "stackgen.ports";

/// All of them.
pub(super) const ALL: [&str; 4] = [EXPLAIN, PREVIEW, GRAPH, PORTS];

/// A file as it would be rendered, by its path from the folder of the stack; the first compose file where none is named.
pub(super) fn preview(stack: &OpenStack, path: Option<&str>) -> Option<String> {
    let planned = stack.planned.as_ref()?;
    let files = render::files(planned);
    let first = planned.plans.first().map(render::compose_path);
    let wanted = path.map(str::to_owned).or(first)?;
    files.into_iter().find(|file| file.path == wanted).map(|file| file.content)
}

/// Who waits for whom.
pub(super) fn graph(view: &View) -> Option<String> {
    let mut edges: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, body: &Node| {
        let waits = body.get("depends_on");
        let named = waits.and_then(Node::as_mapping).into_iter().flatten().map(|(name, _)| name.to_string());
        let listed = waits.and_then(Node::as_sequence).into_iter().flatten();
        let listed = listed.filter_map(|item| item.as_text().map(str::to_owned));
        edges.extend(named.chain(listed).map(|target| (name.to_owned(), target)));
    };
    let mut names: Vec<String> = Vec::new();
    match view {
        View::Project(project) => {
            let services = project.resolution.model.get("services").and_then(Node::as_mapping);
            for (name, entry) in services.into_iter().flatten() {
                names.push(name.to_string());
                add(name, &entry.value);
            }
        }
        View::Stack(stack) => {
            let plan = stack.planned.as_ref()?.plans.first()?;
            for service in plan.tiers.iter().flat_map(|tier| &tier.services) {
                names.push(service.name.clone());
                add(&service.name, &service.compose);
            }
        }
        View::Nothing => return None,
    }
    // Names may have characters that Mermaid gives a meaning.
    let id = |name: &str| names.iter().position(|known| known == name);
    let mut text = "flowchart LR\n".to_owned();
    for (at, name) in names.iter().enumerate() {
        let _ = writeln!(text, "  s{at}[\"{}\"]", name.replace('"', "'"));
    }
    for (name, target) in &edges {
        if let (Some(from), Some(to)) = (id(name), id(target)) {
            let _ = writeln!(text, "  s{from} --> s{to}");
        }
    }
    Some(text)
}

/// The host ports: a line for each.
pub(super) fn ports(view: &View) -> Option<String> {
    let mut text = String::new();
    match view {
        View::Project(project) => {
            let services = project.resolution.model.get("services").and_then(Node::as_mapping);
            for (name, entry) in services.into_iter().flatten() {
                for port in entry.value.get("ports").and_then(Node::as_sequence).unwrap_or_default() {
                    let part = |key: &str| port.get(key).and_then(Node::as_text).unwrap_or_default();
                    if port.get("published").is_some() {
                        let address = Some(part("host_ip")).filter(|it| !it.is_empty()).unwrap_or("0.0.0.0");
                        let _ = writeln!(text, "{address}:{} → {name}:{}", part("published"), part("target"));
                    }
                }
            }
        }
        View::Stack(stack) => {
            for plan in &stack.planned.as_ref()?.plans {
                for port in &plan.ports {
                    let number = port.ports.first().unwrap_or_default();
                    let _ = writeln!(
                        text,
                        "{}: {}:{number} → {}:{}",
                        plan.environment, port.address, port.service, port.target
                    );
                }
            }
        }
        View::Nothing => return None,
    }
    Some(text)
}

/// What stands above a text: how much is found in it, and what it is rendered to.
pub(super) fn lenses(document: &Document<'_>, view: &View, checked: Option<&Checked>) -> Vec<CodeLens> {
    let top = Range::new(Position::new(0, 0), Position::new(0, 0));
    let lens = |title: String, command: &str, arguments: Vec<Value>| CodeLens {
        range: top,
        command: Some(Command {
            title,
            command: command.to_owned(),
            arguments: (!arguments.is_empty()).then_some(arguments),
            ..Command::default()
        }),
        data: None,
    };
    let address = super::uri::of(&document.path);
    let mut lenses = Vec::new();
    if let Some(checked) = checked {
        let is_own = |name: &str| document.folder.place(name) == document.path;
        let own =
            checked.findings.iter().filter(|finding| is_own(checked.sources.get(finding.span.source).name()));
        let count = own.count();
        lenses.push(lens(format!("{count} finding{}", if count == 1 { "" } else { "s" }), "", Vec::new()));
    }
    if let View::Stack(stack) = view {
        for plan in stack.planned.iter().flat_map(|planned| &planned.plans) {
            let path = render::compose_path(plan);
            lenses.push(lens(format!("rendered to {path}"), PREVIEW, vec![json!(address), json!(path)]));
        }
    }
    if !matches!(view, View::Nothing) {
        lenses.push(lens("graph".to_owned(), GRAPH, vec![json!(address)]));
        lenses.push(lens("ports".to_owned(), PORTS, vec![json!(address)]));
    }
    lenses
}
