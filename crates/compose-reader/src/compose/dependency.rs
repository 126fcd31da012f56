//! What a service needs: `depends_on` in both forms, and the keys that imply it.
//!
//! Source: the compose specification, and `GetDependencies` of compose-go: `links`, `volumes_from` and the
//! `service:` modes order services as `depends_on` does.

use std::sync::Arc;

use super::text::Text;
use crate::source::{Sources, Span, range};
use crate::yaml::{Kind, Node};

/// What must have become of a dependency before the service starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `service_started`: its process runs.
    Started,
    /// `service_healthy`: its health check passes.
    Healthy,
    /// `service_completed_successfully`: it has ended with 0.
    Completed,
}

/// One entry of `depends_on`.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The service that is needed.
    pub name: Arc<str>,
    /// Where it is named.
    pub span: Span,
    /// What it must have become; `None` if the file says something that Compose does not know.
    pub condition: Option<Condition>,
    /// Where the condition is written, if it stands in this entry.
    pub condition_span: Option<Span>,
    /// Whether the service cannot do without it; `required: false` says that it can.
    pub is_required: bool,
}

/// A key of a service that names another one.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The service that is named.
    pub name: Arc<str>,
    /// Where.
    pub span: Span,
    /// The key: `depends_on`, `links`, `network_mode`, …
    pub key: &'static str,
}

pub(super) fn depends_on(sources: &Sources, node: Option<&Node>) -> Vec<Dependency> {
    match node.map(|node| &node.kind) {
        Some(Kind::Sequence(items)) => items
            .iter()
            .filter_map(|item| {
                Some(Dependency {
                    name: Arc::from(Text::new(sources, item.span, item.as_text()?).value()?),
                    span: item.alias.unwrap_or(item.span),
                    condition: Some(Condition::Started),
                    condition_span: None,
                    is_required: true,
                })
            })
            .collect(),
        Some(Kind::Mapping(entries)) => entries
            .iter()
            .map(|(name, entry)| {
                let condition = entry.value.get("condition");
                // A condition from an anchor stands elsewhere, and one that merging made of the short form nowhere.
                let body = entry.value.span;
                let is_inside = |span: &Span| {
                    span.source == body.source && span.start > body.start && span.end <= body.end
                };
                Dependency {
                    name: Arc::clone(name),
                    span: entry.key.span,
                    condition: match condition.and_then(Node::as_text) {
                        None | Some("service_started") => Some(Condition::Started),
                        Some("service_healthy") => Some(Condition::Healthy),
                        Some("service_completed_successfully") => Some(Condition::Completed),
                        Some(_) => None,
                    },
                    condition_span: condition
                        .map(|node| node.alias.unwrap_or(node.span))
                        .filter(|span| entry.value.alias.is_none() && is_inside(span)),
                    is_required: entry.value.get("required").and_then(Node::as_bool) != Some(false),
                }
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Everything in a service's body that makes it wait for another service.
pub(super) fn references(sources: &Sources, body: &Node, depends_on: &[Dependency]) -> Vec<Reference> {
    let mut found: Vec<Reference> = depends_on
        .iter()
        .map(|dependency| Reference {
            name: Arc::clone(&dependency.name),
            span: dependency.span,
            key: "depends_on",
        })
        .collect();
    let mut add = |key: &'static str, node: &Node, prefix: &str| {
        let Some(text) = node.as_text().map(|raw| Text::new(sources, node.span, raw)) else { return };
        let Some(named) = text.raw().strip_prefix(prefix) else { return };
        let name = named.split(':').next().unwrap_or_default();
        if !name.is_empty() && !name.contains('$') && !named.starts_with("container:") {
            let span = text.part(range::of(prefix.len(), name)).unwrap_or(text.span);
            found.push(Reference { name: Arc::from(name), span, key });
        }
    };
    for key in ["links", "volumes_from"] {
        for item in body.get(key).and_then(Node::as_sequence).unwrap_or_default() {
            add(key, item, "");
        }
    }
    for key in ["network_mode", "ipc", "pid"] {
        if let Some(mode) = body.get(key) {
            add(key, mode, "service:");
        }
    }
    found
}
