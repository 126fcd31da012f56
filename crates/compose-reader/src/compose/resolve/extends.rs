//! `extends`: a service laid over another one, of this file or another.
//!
//! Source: the compose specification, "extends", and what Docker Compose 2.40.3 does.

use std::sync::Arc;

use super::{Resolver, Scope, canonical, interpolate, relative};
use crate::compose::files::{join, parent};
use crate::compose::problem::{Fault, Problem};
use crate::diagnostic::did_you_mean;
use crate::merge;
use crate::source::Span;
use crate::yaml::{Kind, Node, Step};

/// A service that is being extended: the file it stands in, and its name.
type Link = (String, String, Span);

/// Lays every service of a document over those that it extends.
pub(super) fn apply(resolver: &mut Resolver<'_>, document: &mut Node, path: &str, scope: &Scope) {
    let Some(services) = document.get("services").filter(|node| node.as_mapping().is_some()).cloned() else {
        return;
    };
    let names: Vec<Arc<str>> =
        services.as_mapping().into_iter().flatten().map(|(name, _)| Arc::clone(name)).collect();
    for name in names {
        if services.get(&name).is_some_and(|service| service.get("extends").is_some()) {
            let place = Place { services: &services, path, folder: &scope.folder };
            let merged = extended(resolver, &name, &place, scope, &mut Vec::new());
            if let (Some(merged), Some(services)) = (merged, document.get_mut("services")) {
                services.set(&name, merged);
            }
        }
    }
}

/// Where services are looked up.
struct Place<'p> {
    services: &'p Node,
    path: &'p str,
    /// The folder that `file` is seen from.
    folder: &'p str,
}

/// A service laid over all that it extends; `None` where one of them cannot be had.
fn extended(
    resolver: &mut Resolver<'_>,
    name: &str,
    place: &Place<'_>,
    scope: &Scope,
    chain: &mut Vec<Link>,
) -> Option<Node> {
    let service = place.services.get(name)?;
    let Some(extends) = service.get("extends").filter(|extends| !extends.is_null()) else {
        return Some(service.clone());
    };
    let (base_name, file) = match &extends.kind {
        Kind::Scalar(_) => (extends.as_text(), None),
        Kind::Mapping(_) => (extends.get("service").and_then(Node::as_text), extends.get("file")),
        Kind::Sequence(_) => (None, None),
    };
    let named = extends.get("service").unwrap_or(extends);
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
    if let Some(at) = chain.iter().position(|(path, link, _)| path == place.path && link == name) {
        report_cycle(resolver, &chain[at..]);
        return None;
    }
    chain.push((place.path.to_owned(), name.to_owned(), extends.place()));
    let base = match file.filter(|file| !file.is_null()) {
        None => find(resolver, base_name, named, place, scope, chain),
        Some(file) => {
            let written = file.as_text()?.to_owned();
            let services = other_file(resolver, file, &written, place, scope)?;
            let path = join(place.folder, &written);
            let folder = parent(&path).to_owned();
            let there = Place { services: &services, path: &path, folder: &folder };
            find(resolver, base_name, named, &there, scope, chain)
        }
    }?;
    if base.as_mapping().is_none() {
        return Some(service.clone());
    }
    let mut base = base;
    base.remove("extends");
    mark(&mut base, &Step::Extended(extends.place()));
    let (mut merged, conflicts) = merge::extend(&base, service);
    resolver.report_conflicts(conflicts);
    merged.remove("extends");
    Some(merged)
}

fn find(
    resolver: &mut Resolver<'_>,
    name: &str,
    named: &Node,
    place: &Place<'_>,
    scope: &Scope,
    chain: &mut Vec<Link>,
) -> Option<Node> {
    let known = place.services.as_mapping()?;
    if !known.contains_key(name) {
        let problem = Problem::new(
            Fault::UndefinedReference,
            named.place(),
            format!("there is no service `{name}` to extend"),
        );
        resolver.report_on(named, problem.help(did_you_mean(name, known.keys().map(|name| &**name))));
        return None;
    }
    extended(resolver, name, place, scope, chain)
}

/// The services of another file: read, made long, and with its paths as they are seen from there.
fn other_file(
    resolver: &mut Resolver<'_>,
    file: &Node,
    written: &str,
    place: &Place<'_>,
    scope: &Scope,
) -> Option<Node> {
    if super::is_remote(written) {
        resolver.skip_remote(file, written);
        return None;
    }
    let path = join(place.folder, &resolver.expand_home(written));
    if let Some(services) = resolver.extended.get(&path) {
        return services.clone();
    }
    let services = read_services(resolver, file, &path, scope);
    resolver.extended.insert(path, services.clone());
    services
}

fn read_services(resolver: &mut Resolver<'_>, file: &Node, path: &str, scope: &Scope) -> Option<Node> {
    let id = resolver.open(path, file)?;
    let mut model: Option<Node> = None;
    for mut document in resolver.documents(id) {
        interpolate::interpolate(resolver, &mut document, scope);
        model = Some(match model {
            None => document,
            Some(model) => merge::project(&model, &document).0,
        });
    }
    let mut model = model?;
    canonical::canonical(resolver, &mut model);
    relative::resolve(resolver, &mut model, parent(path));
    let services = model.get("services").filter(|services| services.as_mapping().is_some()).cloned();
    if services.is_none() {
        let problem =
            Problem::new(Fault::UndefinedReference, file.place(), "the file has no services to extend");
        resolver.report(problem.help("name the file that defines the service"));
    }
    services
}

/// Reports a circle from its smallest name, so that it is the same one wherever it was entered.
fn report_cycle(resolver: &mut Resolver<'_>, circle: &[Link]) {
    let mut circle = circle.to_vec();
    let least = circle.iter().enumerate().min_by(|left, right| left.1.cmp(right.1)).map_or(0, |(at, _)| at);
    circle.rotate_left(least);
    let circle = &circle[..];
    let names: Vec<&str> = circle.iter().map(|(_, name, _)| &**name).collect();
    let Some((first, (_, _, span))) = names.first().zip(circle.first()) else { return };
    let mut problem = Problem::new(
        Fault::ExtendsCycle,
        *span,
        format!("services extend each other in a circle: {} → {first}", names.join(" → ")),
    )
    .help("remove one of these `extends`; put what they share into a service that extends none");
    for (_, name, span) in &circle[1..] {
        problem = problem.related(*span, format!("`{name}` extends the next one here"));
    }
    resolver.report(problem);
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
