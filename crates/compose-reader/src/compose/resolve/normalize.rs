//! What Compose adds to every project: the default network, the names of resources, dependencies that other keys imply.
//!
//! Source: the compose specification, "networks", "links", "volumes_from" and the `service:` modes, and what
//! `docker compose config` of 2.40.3 prints.

use std::sync::Arc;

use super::canonical::{RESOURCES, default, each};
use crate::compose::environment::Environment;
use crate::yaml::{Kind, Mapping, Node, Step, Style};

/// Completes a model.
pub(super) fn normalize(model: &mut Node, name: &str, environment: &Environment) {
    networks(model);
    each(model, "services", |service| {
        if service.get("pull_policy").and_then(Node::as_text) == Some("if_not_present")
            && let Some(policy) = service.get_mut("pull_policy")
        {
            policy.kind = Node::text(policy.span, "missing").kind;
        }
        if let Some(arguments) = service.get_mut("build").and_then(|build| build.get_mut("args")) {
            take_over(arguments, environment);
            drop_unset(arguments);
        }
        if let Some(variables) = service.get_mut("environment") {
            take_over(variables, environment);
        }
        implied_dependencies(service);
    });
    for section in RESOURCES {
        let Some(resources) = model.get_mut(section).and_then(Node::as_mapping_mut) else { continue };
        for (key, entry) in resources {
            if entry.value.is_null() {
                entry.value.kind = Kind::Mapping(Arc::default());
            }
            let is_external = entry.value.get("external").and_then(Node::as_bool) == Some(true);
            let full = if is_external { key.to_string() } else { format!("{name}_{key}") };
            default(&mut entry.value, "name", &full);
        }
    }
}

/// Services without a network are on the default one, which is there only if one of them is.
fn networks(model: &mut Node) {
    let mut used: Option<crate::source::Span> = None;
    each(model, "services", |service| {
        let has_own = ["network_mode", "provider"].iter().any(|key| service.get(key).is_some());
        if service.as_mapping().is_none() || has_own {
            return;
        }
        let has_none = service.get("networks").is_none_or(|networks| {
            networks.is_null() || networks.as_mapping().is_some_and(Mapping::is_empty)
        });
        if has_none {
            let networks =
                Node::from_pairs(service.span, [("default", Node::null(service.span).by_default())]);
            service.set("networks", networks.by_default());
        }
        if service.get("networks").is_some_and(|networks| networks.get("default").is_some()) {
            used.get_or_insert(service.span);
        }
    });
    let Some(span) = used else { return };
    if model.get("networks").is_none_or(|networks| networks.as_mapping().is_none()) {
        model.set("networks", Node::mapping(span, Mapping::default()).by_default());
    }
    if let Some(networks) = model.get_mut("networks")
        && networks.get("default").is_none()
    {
        networks.set("default", Node::null(span).by_default());
    }
}

/// A variable without a value takes over that of the environment, if there is one.
fn take_over(node: &mut Node, environment: &Environment) {
    let from_outside = |name: &str, place: &Node| {
        let mut value = Node::text(place.span, environment.get(name)?);
        value.note(Step::Expanded { raw: name.into(), unset: Vec::new() });
        Some(value)
    };
    match &mut node.kind {
        Kind::Mapping(mapping) => {
            for (name, entry) in Arc::make_mut(mapping) {
                if entry.value.is_null()
                    && let Some(value) = from_outside(name, &entry.key)
                {
                    entry.value = value;
                }
            }
        }
        Kind::Sequence(items) => {
            for item in Arc::make_mut(items) {
                let bare = item.as_text().filter(|text| !text.contains('=')).map(str::to_owned);
                if let Some(name) = bare
                    && let Some(value) = from_outside(&name, item)
                {
                    let value = value.as_text().unwrap_or_default().to_owned();
                    item.kind = Node::text(item.span, format!("{name}={value}")).kind;
                }
            }
        }
        Kind::Scalar(_) => {}
    }
}

/// A build argument without a value is none.
fn drop_unset(arguments: &mut Node) {
    match &mut arguments.kind {
        Kind::Mapping(mapping) => Arc::make_mut(mapping).retain(|_, entry| !entry.value.is_null()),
        Kind::Sequence(items) => {
            Arc::make_mut(items).retain(|item| item.as_text().is_none_or(|text| text.contains('=')));
        }
        Kind::Scalar(_) => {}
    }
}

fn implied_dependencies(service: &mut Node) {
    let texts = |key: &str| -> Vec<(String, crate::source::Span)> {
        let node = service.get(key);
        let one = node.and_then(|node| Some((node.as_text()?.to_owned(), node.span)));
        let many = node.and_then(Node::as_sequence).unwrap_or_default().iter();
        one.into_iter().chain(many.filter_map(|item| Some((item.as_text()?.to_owned(), item.span)))).collect()
    };
    let mut implied = Vec::new();
    for (link, span) in texts("links") {
        let named = link.split_once(':').filter(|(_, alias)| !alias.contains(':'));
        implied.push((named.map_or(&*link, |(name, _)| name).to_owned(), span, true));
    }
    for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        for (mode, span) in texts(key) {
            if let Some(other) = mode.strip_prefix("service:") {
                implied.push((other.to_owned(), span, true));
            }
        }
    }
    for (from, span) in texts("volumes_from") {
        if !from.starts_with("container:") {
            implied.push((from.split(':').next().unwrap_or_default().to_owned(), span, false));
        }
    }
    for (name, span, restart) in implied {
        if service.get("depends_on").is_none() {
            service.set("depends_on", Node::mapping(span, Mapping::default()).by_default());
        }
        let Some(dependencies) = service.get_mut("depends_on") else { continue };
        if dependencies.as_mapping().is_some() && dependencies.get(&name).is_none() {
            let truth = |value: bool| Node::scalar(span, value.to_string(), Style::Plain);
            let pairs = [
                ("condition", Node::text(span, "service_started")),
                ("restart", truth(restart)),
                ("required", truth(true)),
            ];
            dependencies.set(&name, Node::from_pairs(span, pairs).by_default());
        }
    }
}

/// Lists of variables that name one without a value, resolved where a file of its own is included.
pub(super) fn take_over_in_lists(model: &mut Node, environment: &Environment) {
    each(model, "services", |service| {
        let Some(items) = service.get_mut("environment").and_then(Node::as_sequence_mut) else { return };
        for item in items {
            let bare = item.as_text().and_then(|name| environment.get(name).map(|value| (name, value)));
            if let Some((name, value)) = bare {
                item.kind = Node::text(item.span, format!("{name}={value}")).kind;
            }
        }
    });
}
