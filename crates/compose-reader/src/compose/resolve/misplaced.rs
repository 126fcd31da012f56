//! What stands where nothing like it can, and what was plainly meant: a text that a blank has split, a service in the margin.

use std::sync::Arc;

use super::Resolver;
use crate::compose::problem::{Fault, Problem};
use crate::yaml::{Entry, Node};

/// The one pair of a mapping that stands in a list of texts, where a blank behind a colon has made a key of what was meant
/// as a text: `- 3306: 3306`, `- KEY: value`.
pub(super) fn split_pair<'n>(list: &str, node: &'n Node) -> Option<(&'n Arc<str>, &'n Entry)> {
    const LISTS: [&str; 9] =
        ["ports", "volumes", "environment", "labels", "args", "expose", "extra_hosts", "sysctls", "command"];
    let mapping = node.as_mapping().filter(|mapping| mapping.len() == 1 && LISTS.contains(&list))?;
    let (key, entry) = mapping.first()?;
    let is_known = list == "volumes" && ["type", "source", "target"].contains(&&**key)
        || list == "ports"
            && ["target", "published", "mode", "name", "protocol", "host_ip"].contains(&&**key);
    (entry.value.as_scalar().is_some() && !is_known).then_some((key, entry))
}

/// Reports a text that a blank has split into a pair.
pub(super) fn report_split(resolver: &mut Resolver<'_>, node: &Node, key: &str, entry: &Entry) {
    let value = entry.value.as_text().filter(|_| !entry.value.is_null()).unwrap_or_default();
    let is_variable = key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && !key.contains('/')
        && !value.starts_with('/');
    let text = if is_variable { format!("{key}={value}") } else { format!("\"{key}:{value}\"") };
    let message =
        format!("this is a key and a value, and has to be text: the blank behind `{key}:` makes it so");
    let problem = Problem::new(Fault::WrongType, node.place(), message).help(format!("write `- {text}`"));
    resolver.report_misplaced(node.place(), problem);
}

/// Whether a value looks like the body of a service.
pub(super) fn is_service(node: &Node) -> bool {
    ["image", "build", "container_name"].iter().any(|key| node.get(key).is_some())
}

/// A service that stands beside `services`, where that is empty or missing.
pub(super) fn service_in_margin(model: &Node) -> Option<&str> {
    let is_empty = model.get("services").is_none_or(Node::is_null);
    let mut services = model.as_mapping()?.iter().filter(|(_, entry)| is_service(&entry.value));
    services.next().map(|(name, _)| &**name).filter(|_| is_empty)
}

/// Reports a service that stands in the margin.
pub(super) fn report_in_margin(resolver: &mut Resolver<'_>, model: &Node, name: &str) {
    let Some(entry) = model.entry(name) else { return };
    let (message, help) = match model.entry("services") {
        None => (
            format!("`{name}` is a service, and stands in no `services`"),
            "write `services:` above it, and indent the services below that".to_owned(),
        ),
        Some(_) => (
            format!("`{name}` is a service, and stands beside `services`, not below it"),
            format!("indent `{name}`: put it below `services:`"),
        ),
    };
    let span = entry.key.span;
    resolver.report_misplaced(span, Problem::new(Fault::UnknownKey, span, message).help(help));
}
