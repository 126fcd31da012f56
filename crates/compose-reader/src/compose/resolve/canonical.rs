//! Every short syntax made long, and what is the default where nothing is written.
//!
//! Source: the compose specification, section by section, and what `docker compose config` of 2.40.3 prints.

use std::sync::Arc;

use super::{Resolver, short};
use crate::compose::problem::{Fault, Problem};
use crate::compose::shape;
use crate::values::PortMapping;
use crate::yaml::{Kind, Mapping, Node, Resolved, Style};

/// The sections of a file whose entries are things that services use.
pub(super) const RESOURCES: [&str; 4] = ["networks", "volumes", "secrets", "configs"];

/// Makes every short syntax of a model long.
pub(super) fn canonical(resolver: &mut Resolver<'_>, model: &mut Node) {
    each(model, "services", |service| {
        if let Some(build) = service.get_mut("build") {
            self::build(resolver, build);
        }
        at(service, "depends_on", depends_on);
        at(service, "env_file", env_file);
        at(service, "label_file", one_to_list);
        at(service, "dns", one_to_list);
        at(service, "extends", |node| scalar_to_mapping(node, "service"));
        at(service, "gpus", gpus);
        at(service, "networks", names_to_mapping);
        at(service, "develop", develop);
        at(service, "models", names_to_mapping);
        for key in ["secrets", "configs"] {
            items(service, key, |node| scalar_to_mapping(node, "source"));
        }
        items(service, "devices", |node| device(resolver, node));
        items(service, "volumes", |node| mount(resolver, node));
        at(service, "ports", |node| ports(resolver, node));
        if let Some(dns) = service.get_mut("dns").and_then(Node::as_sequence_mut) {
            dns.retain(|item| !item.is_null() && item.as_text() != Some(""));
        }
    });
    for section in RESOURCES {
        each(model, section, |resource| external(resolver, resource));
    }
}

/// Fills in what is the default where nothing is written.
pub(super) fn defaults(model: &mut Node) {
    each(model, "services", |service| {
        if let Some(build) = service.get_mut("build").filter(|build| build.as_mapping().is_some()) {
            default(build, "context", ".");
            if build.get("dockerfile").is_none() && build.get("dockerfile_inline").is_none() {
                default(build, "dockerfile", "Dockerfile");
            }
        }
        items(service, "secrets", |secret| {
            if let Some(source) = secret.get("source").and_then(Node::as_text).map(str::to_owned) {
                default(secret, "target", &format!("/run/secrets/{source}"));
            }
        });
        // Only now: two volumes that stood on `/x` and `/x/` are one list's two items until here.
        items(service, "volumes", |mount| at(mount, "target", clean));
        items(service, "ports", |port| {
            default(port, "protocol", "tcp");
            default(port, "mode", "ingress");
        });
        let reservations = ["deploy", "resources", "reservations"];
        let devices = reservations.iter().try_fold(&mut *service, |node, key| node.get_mut(key));
        if let Some(devices) = devices {
            items(devices, "devices", device_request);
        }
        items(service, "gpus", device_request);
    });
}

/// Runs over the entries of a section that are there.
pub(super) fn each(model: &mut Node, section: &str, mut change: impl FnMut(&mut Node)) {
    let Some(entries) = model.get_mut(section).and_then(Node::as_mapping_mut) else { return };
    for entry in entries.values_mut() {
        change(&mut entry.value);
    }
}

/// Runs over the items of a list.
pub(super) fn items(node: &mut Node, key: &str, mut change: impl FnMut(&mut Node)) {
    let Some(items) = node.get_mut(key).and_then(Node::as_sequence_mut) else { return };
    for item in items {
        change(item);
    }
}

fn at(node: &mut Node, key: &str, change: impl FnOnce(&mut Node)) {
    if let Some(value) = node.get_mut(key) {
        change(value);
    }
}

/// Sets a key that a mapping lacks.
pub(super) fn default(node: &mut Node, key: &str, value: &str) {
    if node.as_mapping().is_some_and(|mapping| !mapping.contains_key(key)) {
        let span = node.span;
        node.set(key, Node::text(span, value).by_default());
    }
}

fn clean(target: &mut Node) {
    if target.resolved() == Some(Resolved::Text) {
        let cleaned = short::clean_target(target.as_text().unwrap_or_default());
        target.kind = Node::text(target.span, cleaned).kind;
    }
}

fn default_true(node: &mut Node, key: &str) {
    if node.as_mapping().is_some_and(|mapping| !mapping.contains_key(key)) {
        let span = node.span;
        node.set(key, Node::scalar(span, "true", Style::Plain).by_default());
    }
}

fn device_request(request: &mut Node) {
    if request.get("count").is_none() && request.get("device_ids").is_none() {
        default(request, "count", "all");
    }
}

fn scalar_to_mapping(node: &mut Node, key: &str) {
    if node.as_text().is_some() && !node.is_null() {
        let written = node.clone();
        node.kind = Node::from_pairs(node.span, [(key, written)]).kind;
    }
}

fn one_to_list(node: &mut Node) {
    if node.as_text().is_some() && !node.is_null() {
        let written = node.clone();
        node.kind = Kind::Sequence(Arc::new(vec![written]));
    }
}

/// `[a, b]` as `{a: null, b: null}`.
fn names_to_mapping(node: &mut Node) {
    let Some(names) = node.as_sequence() else { return };
    let pairs = names.iter().filter_map(|name| Some((name.as_text()?.to_owned(), Node::null(name.span))));
    let kind = Node::from_pairs(node.span, pairs).kind;
    node.kind = kind;
}

fn depends_on(node: &mut Node) {
    if let Some(names) = node.as_sequence() {
        let pairs = names.iter().filter_map(|name| {
            let condition = Node::text(name.span, "service_started").by_default();
            let required = Node::scalar(name.span, "true", Style::Plain).by_default();
            let entry = [("condition", condition), ("required", required)];
            Some((name.as_text()?.to_owned(), Node::from_pairs(name.span, entry)))
        });
        let kind = Node::from_pairs(node.span, pairs).kind;
        node.kind = kind;
        return;
    }
    for entry in node.as_mapping_mut().into_iter().flat_map(Mapping::values_mut) {
        default(&mut entry.value, "condition", "service_started");
        default_true(&mut entry.value, "required");
    }
}

fn env_file(node: &mut Node) {
    one_to_list(node);
    for item in node.as_sequence_mut().into_iter().flatten() {
        scalar_to_mapping(item, "path");
        default_true(item, "required");
    }
}

fn gpus(node: &mut Node) {
    if node.as_text().is_some() && !node.is_null() {
        let all = Node::from_pairs(node.span, [("count", Node::text(node.span, "all"))]);
        node.kind = Kind::Sequence(Arc::new(vec![all]));
    }
}

/// A trigger of several paths is as many triggers.
fn develop(node: &mut Node) {
    let Some(triggers) = node.get_mut("watch").and_then(Node::as_sequence_mut) else { return };
    let mut split: Vec<Node> = Vec::with_capacity(triggers.len());
    for trigger in triggers.drain(..) {
        match trigger.get("path").and_then(Node::as_sequence).map(<[Node]>::to_vec) {
            None => split.push(trigger),
            Some(paths) => split.extend(paths.into_iter().map(|path| {
                let mut one = trigger.clone();
                one.set("path", path);
                one
            })),
        }
    }
    *triggers = split;
}

fn build(resolver: &mut Resolver<'_>, node: &mut Node) {
    scalar_to_mapping(node, "context");
    items(node, "secrets", |secret| scalar_to_mapping(secret, "source"));
    if let Some(contexts) = node.get_mut("additional_contexts") {
        key_values(resolver, contexts);
    }
    if let Some(keys) = node.get_mut("ssh") {
        ssh(resolver, keys);
    }
}

/// `[A=1]` as `{A: 1}`, where each item must have a value.
fn key_values(resolver: &mut Resolver<'_>, node: &mut Node) {
    let Some(items) = node.as_sequence() else { return };
    let mut pairs = Vec::new();
    for item in items.iter().cloned() {
        let Some(text) = item.as_text() else { continue };
        match text.split_once('=') {
            Some((name, value)) => pairs.push((name.to_owned(), Node::text(item.span, value))),
            None => {
                let problem =
                    Problem::new(Fault::InvalidValue, item.place(), format!("`{text}` has no value"))
                        .help("write `NAME=VALUE`");
                resolver.report_on(&item, problem);
            }
        }
    }
    let kind = Node::from_pairs(node.span, pairs).kind;
    node.kind = kind;
}

fn ssh(resolver: &mut Resolver<'_>, node: &mut Node) {
    let Some(items) = node.as_sequence() else { return };
    let mut pairs = Vec::new();
    for item in items.iter().cloned() {
        let Some(text) = item.as_text() else { continue };
        match text.split_once('=') {
            Some((id, path)) => pairs.push((id.to_owned(), Node::text(item.span, path))),
            None if text == "default" => pairs.push((text.to_owned(), Node::null(item.span))),
            None => {
                let problem = Problem::new(
                    Fault::InvalidValue,
                    item.place(),
                    format!("`{text}` names no key: only `default` stands alone"),
                );
                resolver.report_on(&item, problem.help("write `ID=PATH`"));
            }
        }
    }
    let kind = Node::from_pairs(node.span, pairs).kind;
    node.kind = kind;
}

fn device(resolver: &mut Resolver<'_>, node: &mut Node) {
    let Some(text) = node.as_text().filter(|_| !node.is_null()).map(str::to_owned) else { return };
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, permissions) = match &parts[..] {
        [source] => (*source, *source, "rwm"),
        [source, target] => (*source, *target, "rwm"),
        [source, target, permissions] => (*source, *target, *permissions),
        _ => {
            let problem = Problem::new(
                Fault::InvalidValue,
                node.place(),
                format!("`{text}` has more parts than a device has"),
            );
            return resolver.report_on(node, problem.help("write `SOURCE:TARGET:PERMISSIONS`"));
        }
    };
    let span = node.span;
    let pairs = [("source", source), ("target", target), ("permissions", permissions)];
    let pairs = pairs.map(|(key, value)| (key, Node::text(span, value)));
    node.kind = Node::from_pairs(span, pairs).kind;
}

fn mount(resolver: &mut Resolver<'_>, node: &mut Node) {
    let Some(text) = node.as_text().filter(|_| !node.is_null()).map(str::to_owned) else { return };
    match short::mount(&text, node.span) {
        Ok(mount) => node.kind = mount.kind,
        Err(invalid) => {
            let problem = Problem::new(Fault::InvalidValue, node.place(), invalid.to_string())
                .help("write `SOURCE:TARGET` or `SOURCE:TARGET:ro`");
            resolver.report_on(node, problem);
        }
    }
}

fn ports(resolver: &mut Resolver<'_>, node: &mut Node) {
    let Some(entries) = node.as_sequence() else { return };
    let mut ports: Vec<Node> = Vec::with_capacity(entries.len());
    for entry in entries.iter().cloned() {
        let found = match &entry.kind {
            Kind::Mapping(_) => long_port(&entry).map(|()| vec![entry.clone()]),
            Kind::Sequence(_) => continue,
            Kind::Scalar(_) => match entry.resolved() {
                Some(Resolved::Float(_)) => {
                    Err(format!("`{}` is read as a fraction", entry.as_text().unwrap_or_default()))
                }
                _ => short::ports(&shape::printed(&entry), entry.span).map_err(|invalid| invalid.to_string()),
            },
        };
        match found {
            Ok(found) => ports.extend(found.into_iter().map(|port| Node {
                alias: entry.alias,
                history: entry.history.clone(),
                ..port
            })),
            Err(_) if !resolver.interpolates => return,
            Err(message) => {
                let problem = Problem::new(Fault::InvalidValue, entry.place(), message)
                    .help("write `HOST:CONTAINER` or `ADDRESS:HOST:CONTAINER`, both ports from 1 to 65535");
                resolver.report_on(&entry, problem);
            }
        }
    }
    node.kind = Kind::Sequence(Arc::new(ports));
}

/// What is wrong with a port in its long form.
fn long_port(port: &Node) -> Result<(), String> {
    let Some(target) = port.get("target") else {
        return Err("the port of the container is missing".to_owned());
    };
    if target.as_integer().is_some_and(|target| !(0..=i64::from(u32::MAX)).contains(&target)) {
        return Err(format!("`{}` is no port", target.as_text().unwrap_or_default()));
    }
    let address = port.get("host_ip").and_then(Node::as_text).unwrap_or_default();
    PortMapping::host_address(address).map(|_| ()).map_err(|invalid| invalid.to_string())
}

/// `external: {name: x}`, the old way to write `external: true` and `name: x`.
fn external(resolver: &mut Resolver<'_>, resource: &mut Node) {
    let Some(external) = resource.get("external").filter(|node| node.as_mapping().is_some()).cloned() else {
        return;
    };
    resource.set("external", Node::scalar(external.span, "true", Style::Plain));
    let Some(named) = external.entry("name").cloned() else { return };
    match resource.get("name") {
        None => resource.set("name", named.value),
        Some(name) if *name != named.value => {
            let problem = Problem::new(
                Fault::ExclusiveKeys,
                named.value.place(),
                "`name` and `external.name` say different names",
            );
            let other = name.place();
            resolver.report(
                problem.related(other, "the other name").help("write `external: true`, and one `name`"),
            );
        }
        Some(_) => {}
    }
}
