//! Every short syntax made long, and what is the default where nothing is written.
//!
//! Source: the compose specification, section by section, and what `docker compose config` of 2.40.3 prints.

use std::sync::Arc;

use super::{Resolver, short};
use crate::compose::port_range;
use crate::compose::problem::{Fault, Problem};
use crate::compose::scalar;
use crate::spec::{self, Fields, Form, Holds, Print, Short, Type, X_DEVELOP};
use crate::values::{Pair, PortMapping};
use crate::yaml::{Kind, Mapping, Node, Resolved, Style};

/// The sections of a file whose entries are things that services use.
pub(super) const RESOURCES: [&str; 4] = ["networks", "volumes", "secrets", "configs"];

/// Makes every short syntax of a model long.
pub(super) fn canonical(resolver: &mut Resolver<'_>, model: &mut Node) {
    if resolver.version().has(&X_DEVELOP) {
        each(model, "services", |service| {
            if let Some(develop) = service.get("x-develop").cloned() {
                service.set("develop", develop);
            }
        });
    }
    walk(model, spec::PROJECT, Holds::SHORT, &mut |node, of| {
        if let Some(short) = of.short {
            make_long(resolver, node, short, of);
        }
    });
    fill_in(model, true);
}

fn make_long(resolver: &mut Resolver<'_>, node: &mut Node, short: Short, of: &'static Type) {
    match short {
        Short::List => one_to_list(node),
        Short::FilledList => {
            one_to_list(node);
            if let Some(items) = node.as_sequence_mut() {
                items.retain(|item| !item.is_null() && item.as_text() != Some(""));
            }
        }
        Short::Key(key) => scalar_to_mapping(node, key),
        Short::Names => names_to_mapping(node, of),
        Short::Pairs => key_values(resolver, node),
        Short::Keys => ssh(resolver, node),
        Short::Gpus => gpus(node),
        Short::Device => device(resolver, node),
        Short::Mount => mount(resolver, node),
        Short::Ports => ports(resolver, node),
        Short::Triggers => triggers(node),
        Short::External => external(resolver, node),
    }
}

/// Fills in what is the default where nothing is written.
pub(super) fn defaults(model: &mut Node) {
    fill_in(model, false);
    // Only now: two volumes that stood on `/x` and `/x/` are one list's two items until here.
    each(model, "services", |service| items(service, "volumes", |mount| at(mount, "target", clean)));
}

/// Sets the keys that have a default and are not there.
fn fill_in(model: &mut Node, is_early: bool) {
    walk(model, spec::PROJECT, Holds::DEFAULT, &mut |node, of| {
        if node.as_mapping().is_none() {
            return;
        }
        for key in of.fields().into_iter().flat_map(Fields::keys) {
            let Some(default) = key.default.filter(|default| default.is_early == is_early) else { continue };
            if node.get(key.name).is_some() || default.unless.is_some_and(|other| node.get(other).is_some()) {
                continue;
            }
            let value = match default.value.strip_suffix("{source}") {
                None => default.value.to_owned(),
                Some(folder) => match node.get("source").and_then(Node::as_text) {
                    Some(source) => format!("{folder}{source}"),
                    None => continue,
                },
            };
            let style = match key.takes.print {
                Print::Boolean { .. } => Style::Plain,
                _ => Style::DoubleQuoted,
            };
            node.set(key.name, Node::scalar(node.span, value, style).by_default());
        }
    });
}

/// Visits every value that the table knows and that holds something, what is outside before what is inside.
pub(super) fn walk(
    node: &mut Node,
    of: &'static Type,
    what: Holds,
    visit: &mut dyn FnMut(&mut Node, &'static Type),
) {
    visit(node, of);
    match &node.kind {
        Kind::Sequence(_) => {
            let Some(item) = of.item().filter(|item| item.holds(what)) else { return };
            for node in node.as_sequence_mut().into_iter().flatten() {
                walk(node, item, what, visit);
            }
        }
        Kind::Mapping(mapping) => {
            let Some(fields) = of.fields() else { return };
            let inside = mapping.iter().enumerate().filter_map(|(at, (name, _))| {
                Some((at, fields.key(name)?.takes)).filter(|(_, of)| of.holds(what))
            });
            let inside: Vec<(usize, &'static Type)> = inside.collect();
            // What holds nothing stays shared with the node that this one was copied from.
            let Some(mapping) = Some(node).filter(|_| !inside.is_empty()).and_then(Node::as_mapping_mut)
            else {
                return;
            };
            for (at, of) in inside {
                if let Some((_, entry)) = mapping.get_index_mut(at) {
                    walk(&mut entry.value, of, what, visit);
                }
            }
        }
        Kind::Scalar(_) => {}
    }
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

/// `[a, b]` as a mapping by name: of nothing, or of an empty mapping where nothing is no value.
fn names_to_mapping(node: &mut Node, of: &'static Type) {
    let Some(names) = node.as_sequence() else { return };
    let any = of.fields().and_then(Fields::any);
    let takes_null = any.is_some_and(|any| any.takes.forms.iter().any(|form| matches!(form, Form::Null)));
    let pairs = names.iter().filter_map(|name| {
        let nothing =
            if takes_null { Node::null(name.span) } else { Node::mapping(name.span, Mapping::default()) };
        Some((name.as_text()?.to_owned(), nothing))
    });
    let kind = Node::from_pairs(node.span, pairs).kind;
    node.kind = kind;
}

fn gpus(node: &mut Node) {
    if node.as_text().is_some() && !node.is_null() {
        let all = Node::from_pairs(node.span, [("count", Node::text(node.span, "all"))]);
        node.kind = Kind::Sequence(Arc::new(vec![all]));
    }
}

/// A trigger of several paths is as many triggers.
fn triggers(node: &mut Node) {
    let Some(triggers) = node.as_sequence_mut() else { return };
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

/// `[A=1]` as `{A: 1}`, where each item must have a value.
fn key_values(resolver: &mut Resolver<'_>, node: &mut Node) {
    list_to_mapping(resolver, node, |text| Err((format!("`{text}` has no value"), "write `NAME=VALUE`")));
}

fn ssh(resolver: &mut Resolver<'_>, node: &mut Node) {
    list_to_mapping(resolver, node, |text| match text {
        "default" => Ok(()),
        _ => Err((format!("`{text}` names no key: only `default` stands alone"), "write `ID=PATH`")),
    });
}

/// A list of `KEY=VALUE` as a mapping. `alone` says of an item without a value that it may stand so, or else what is wrong
/// with it, and what to write.
fn list_to_mapping(
    resolver: &mut Resolver<'_>,
    node: &mut Node,
    alone: impl Fn(&str) -> Result<(), (String, &'static str)>,
) {
    let Some(items) = node.as_sequence() else { return };
    let mut pairs = Vec::new();
    for item in items {
        let Some(text) = item.as_text() else { continue };
        let pair = Pair::of(text);
        match pair.value.map(|value| Node::text(item.span, value)) {
            Some(value) => pairs.push((pair.key.to_owned(), value)),
            None => match alone(text) {
                Ok(()) => pairs.push((text.to_owned(), Node::null(item.span))),
                Err((message, help)) => {
                    let problem = Problem::new(Fault::InvalidValue, item.place(), message).help(help);
                    resolver.report_on(item, problem);
                }
            },
        }
    }
    node.kind = Node::from_pairs(node.span, pairs).kind;
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
    match short::mount(&text, node.span, resolver.version()) {
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
            Kind::Mapping(_) => long_port(&entry).map(|()| entry.clone()),
            Kind::Sequence(_) => continue,
            Kind::Scalar(_) => match entry.resolved() {
                Some(Resolved::Float(_)) => {
                    Err(format!("`{}` is read as a fraction", entry.as_text().unwrap_or_default()))
                }
                _ => match scalar::printed(&entry).parse::<PortMapping>() {
                    Ok(port) if port.target.is_one() => Ok(port_range::long(&port, entry.span)),
                    // Each port of a range is printed, with a target and a protocol.
                    Ok(port) => match resolver.budget.nodes(3_usize.saturating_mul(port.target.count())) {
                        Ok(()) => Ok(entry.clone()),
                        Err(spent) => {
                            resolver.spent(spent, entry.place());
                            // What is printed has an entry for each port: no more of them are kept than were counted.
                            break;
                        }
                    },
                    Err(invalid) => Err(invalid.to_string()),
                },
            },
        };
        match found {
            Ok(port) => ports.push(Node { alias: entry.alias, history: entry.history.clone(), ..port }),
            Err(_) if !resolver.reading.interpolates => return,
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
    let problem = Problem::new(Fault::ObsoleteVersion, named.key.span, "`external.name` is deprecated");
    resolver.report(problem.help("write `external: true`, and `name` beside it"));
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
