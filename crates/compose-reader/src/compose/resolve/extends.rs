//! `extends`: a service laid over another one, of this file or another.
//!
//! Source: the compose specification, "extends", and what Docker Compose 2.40.3 does.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{Resolver, Scope, canonical, interpolate, relative};
use crate::budget::depth;
use crate::compose::files::{join, parent};
use crate::compose::problem::{Fault, Problem};
use crate::diagnostic::did_you_mean;
use crate::merge;
use crate::source::Span;
use crate::yaml::{Kind, Node, Step};

/// The services of a file, and where it stands.
#[derive(Clone)]
struct Place {
    services: Node,
    path: Arc<str>,
    /// The folder that `file` is seen from.
    folder: Arc<str>,
}

/// A service by the file it stands in and its name.
type Key = (Arc<str>, Arc<str>);

/// A service on the way to the last one that is extended, and its `extends`.
struct Link {
    service: Node,
    span: Span,
}

/// A service with all that it extends, and through how many others; `None` where one of them cannot be had.
type Extended = Option<(Node, usize)>;

/// Lays every service of a document over those that it extends.
pub(super) fn apply(resolver: &mut Resolver<'_>, document: &mut Node, path: &str, scope: &Scope) {
    let Some(services) = document.get("services").filter(|node| node.as_mapping().is_some()).cloned() else {
        return;
    };
    let place = Place { services, path: Arc::from(path), folder: Arc::from(&*scope.folder) };
    let mut known = HashMap::new();
    for (name, entry) in place.services.as_mapping().into_iter().flatten() {
        if entry.value.get("extends").is_some() {
            let merged = extended(resolver, name, &place, scope, &mut known);
            if let (Some((merged, _)), Some(services)) = (merged, document.get_mut("services")) {
                services.set(name, merged);
            }
        }
    }
}

/// A service laid over all that it extends: first down to one that extends none or is known, then up again.
fn extended(
    resolver: &mut Resolver<'_>,
    name: &Arc<str>,
    place: &Place,
    scope: &Scope,
    known: &mut HashMap<Key, Extended>,
) -> Extended {
    let mut links: IndexMap<Key, Link> = IndexMap::new();
    let mut place = place.clone();
    let mut key: Key = (Arc::clone(&place.path), Arc::clone(name));
    let mut merged: Extended = loop {
        if let Some(known) = known.get(&key) {
            break known.clone();
        }
        if let Some(at) = links.get_index_of(&key) {
            report_cycle(resolver, &links, at);
            break None;
        }
        let Some(service) = place.services.get(&key.1) else { break None };
        let Some(extends) = service.get("extends").filter(|extends| !extends.is_null()) else {
            break Some((service.clone(), 0));
        };
        let link = Link { service: service.clone(), span: extends.place() };
        let Some((base, next)) = base(resolver, &key.1, extends, &place, scope) else { break None };
        links.insert(key, link);
        key = (Arc::clone(&next.path), base);
        place = next;
    };
    while let Some((key, link)) = links.pop() {
        merged = merged.and_then(|(base, levels)| laid_over(resolver, base, levels, &link));
        known.insert(key, merged.clone());
    }
    merged
}

/// A service laid over the one that it extends, which extends others through so many levels.
fn laid_over(resolver: &mut Resolver<'_>, mut base: Node, levels: usize, link: &Link) -> Extended {
    if base.as_mapping().is_none() {
        return Some((link.service.clone(), 0));
    }
    let levels = levels.saturating_add(1);
    if let Err(spent) = depth(levels).and_then(|()| resolver.budget.nodes(count(&base))) {
        resolver.spent(spent, link.span);
        return None;
    }
    base.remove("extends");
    mark(&mut base, &Step::Extended(link.span));
    let (mut merged, conflicts) = merge::extend(&base, &link.service, resolver.reading);
    resolver.report_conflicts(conflicts);
    merged.remove("extends");
    Some((merged, levels))
}

/// The service that an `extends` names, and where it stands.
fn base(
    resolver: &mut Resolver<'_>,
    name: &str,
    extends: &Node,
    place: &Place,
    scope: &Scope,
) -> Option<(Arc<str>, Place)> {
    let (base_name, file) = match &extends.kind {
        Kind::Scalar(_) => (extends.as_text(), None),
        Kind::Mapping(_) => (extends.get("service").and_then(Node::as_text), extends.get("file")),
        Kind::Sequence(_) => (None, None),
    };
    let Some(base_name) = base_name else {
        let problem = Problem::new(
            Fault::InvalidValue,
            extends.place(),
            format!("`services.{name}.extends` names no service"),
        );
        resolver.report(
            problem.help("write `extends: {service: NAME}`, with `file: PATH` for one of another file"),
        );
        return None;
    };
    let there = match file.filter(|file| !file.is_null()) {
        None => place.clone(),
        Some(file) => other_file(resolver, file, place, scope)?,
    };
    let services = there.services.as_mapping()?;
    let Some((base_name, _)) = services.get_key_value(base_name) else {
        let named = extends.get("service").unwrap_or(extends);
        let problem = Problem::new(
            Fault::UndefinedReference,
            named.place(),
            format!("there is no service `{base_name}` to extend"),
        );
        let help = did_you_mean(base_name, services.keys().map(|name| &**name));
        resolver.report_on(named, problem.help(help));
        return None;
    };
    Some((Arc::clone(base_name), there.clone()))
}

/// The services of another file: read, made long, and with its paths as they are seen from there.
fn other_file(resolver: &mut Resolver<'_>, file: &Node, place: &Place, scope: &Scope) -> Option<Place> {
    let written = file.as_text()?;
    if super::is_remote(written) {
        resolver.skip_remote(file, written);
        return None;
    }
    let path = join(&place.folder, &resolver.expand_home(written));
    let services = match resolver.extended.get(&path, &scope.environment) {
        Some(known) => known.clone(),
        None => {
            let services = read_services(resolver, file, &path, scope);
            resolver.extended.insert(path.clone(), &scope.environment, services.clone());
            services
        }
    };
    Some(Place { services: services?, folder: Arc::from(parent(&path)), path: Arc::from(path) })
}

fn read_services(resolver: &mut Resolver<'_>, file: &Node, path: &str, scope: &Scope) -> Option<Node> {
    let id = resolver.open(path, file)?;
    let mut model: Option<Node> = None;
    for document in resolver.documents(id) {
        let document = interpolate::interpolated(resolver, document, scope);
        model = Some(match model {
            None => document,
            Some(model) => merge::project(&model, &document, resolver.reading).0,
        });
    }
    let mut model = model?;
    canonical::canonical(resolver, &mut model);
    relative::resolve(resolver, &mut model, parent(path));
    let services = model.get("services").filter(|services| services.as_mapping().is_some()).cloned();
    if services.is_none() {
        let problem =
            Problem::new(Fault::UndefinedReference, file.place(), "the file has no services to extend");
        let help = match super::misplaced::service_in_margin(&model) {
            Some(name) => format!("indent `{name}` there: it stands beside `services`, not below it"),
            None => "name the file that defines the service".to_owned(),
        };
        resolver.report(problem.help(help));
    }
    services
}

/// Reports the circle that begins at a link, from its smallest name, so that it is the same one wherever it was entered.
fn report_cycle(resolver: &mut Resolver<'_>, links: &IndexMap<Key, Link>, start: usize) {
    let mut circle: Vec<(&Key, Span)> =
        links.iter().skip(start).map(|(key, link)| (key, link.span)).collect();
    let least = circle.iter().enumerate().min_by_key(|(_, link)| **link).map_or(0, |(at, _)| at);
    circle.rotate_left(least);
    let names: Vec<&str> = circle.iter().map(|((_, name), _)| &**name).collect();
    let Some((first, (_, span))) = names.first().zip(circle.first()) else { return };
    let mut problem = Problem::new(
        Fault::ExtendsCycle,
        *span,
        format!("services extend each other in a circle: {} → {first}", names.join(" → ")),
    )
    .help("remove one of these `extends`; put what they share into a service that extends none");
    for ((_, name), span) in circle.iter().skip(1) {
        problem = problem.related(*span, format!("`{name}` extends the next one here"));
    }
    resolver.report(problem);
}

/// How many values a tree holds.
pub(super) fn count(node: &Node) -> usize {
    let below: usize = match &node.kind {
        Kind::Mapping(mapping) => mapping.values().map(|entry| count(&entry.value)).sum(),
        Kind::Sequence(items) => items.iter().map(count).sum(),
        Kind::Scalar(_) => 0,
    };
    below.saturating_add(1)
}

/// Notes a step in every value of a tree.
pub(super) fn mark(node: &mut Node, step: &Step) {
    node.note(step.clone());
    match &mut node.kind {
        Kind::Mapping(mapping) => {
            Arc::make_mut(mapping).values_mut().for_each(|entry| mark(&mut entry.value, step));
        }
        Kind::Sequence(items) => Arc::make_mut(items).iter_mut().for_each(|item| mark(item, step)),
        Kind::Scalar(_) => {}
    }
}
