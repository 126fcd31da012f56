//! The routes of a gateway: which service answers below which path.

use crate::fault::Fault;
use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::{ValueKind, merge_maps};

use super::form::PATH;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::source::Span;
use compose_reader::yaml::Node;

/// Reads what is written for a path.
pub(super) type Route<'r> = dyn FnMut(&str, &Node) -> Result<Value, Vec<Diagnostic>> + 'r;

/// The routes by path, without the slash at its end; one that lies inside another comes first. Each has what is written for
/// it, as `route` reads that, and `target`, the endpoint that answers.
pub(super) fn value(name: &str, node: &Node, route: &mut Route) -> Result<Value, Vec<Diagnostic>> {
    let Some(mapping) = node.as_mapping() else {
        let message = format!("`{name}` takes services by path, and this is {}", node.describe());
        let help = format!("write `{name}: {{ /api: orders }}`");
        return Err(vec![Fault::WrongParameter.at(node.span, message).help(help)]);
    };
    let mut diagnostics = Vec::new();
    let mut taken: IndexMap<&str, (&str, Span)> = IndexMap::new();
    let mut routes: Vec<(&str, Value)> = Vec::new();
    for (written, entry) in mapping {
        let span = entry.key.span;
        if !PATH.fits(written) {
            let message = format!("`{written}` is no path");
            diagnostics.push(Fault::WrongParameter.at(span, message).help(PATH.help));
        }
        let path = without_slash(written);
        if let Some((other, first)) = taken.insert(path, (written, span)) {
            let message = format!("`{other}` and `{written}` are one route");
            let help =
                "a route holds for its path and all below, with and without a slash at the end; take one out";
            let clash = Fault::RouteClash.at(span, message).related(first, "the other one");
            diagnostics.push(clash.help(help));
        }
        match route(written, &entry.value) {
            Ok(value) => match target(&value, &entry.value) {
                Ok(target) => {
                    let target = Value::from_pairs([("target", target)]);
                    routes.push((path, merge_maps([value, target])));
                }
                Err(diagnostic) => diagnostics.push(diagnostic),
            },
            Err(more) => diagnostics.extend(more),
        }
    }
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    routes.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
    Ok(Value::from_pairs(routes))
}

/// The endpoint that a route leads to.
fn target(route: &Value, node: &Node) -> Result<Value, Diagnostic> {
    let of = |value: &Value, key: &str| value.get_attr(key).unwrap_or(Value::UNDEFINED);
    let (service, endpoint) = (of(route, "service"), of(route, "endpoint"));
    if of(&service, "tls").is_true() {
        let message =
            format!("`{}` speaks TLS, and a gateway passes requests on without", of(&service, "name"));
        let help = "leave the route out, and let browsers or a service of the stack call it themselves";
        return Err(Fault::WrongParameter.at(node.span, message).help(help));
    }
    // Where services are not known yet, neither are their endpoints.
    let (false, Some(name)) = (service.is_undefined(), endpoint.as_str()) else { return Ok(service) };
    let target = of(&service, name);
    if !of(&target, "address").is_undefined() {
        return Ok(target);
    }
    let span = node.get("endpoint").map_or(node.span, |endpoint| endpoint.span);
    let owner = of(&service, "name");
    if target.kind() == ValueKind::Map {
        let message = format!("`{name}` of `{owner}` cannot be reached from a container");
        let help = format!("`{owner}` runs on the host: give the endpoint a port there, by `publish`");
        return Err(Fault::MissingEndpoint.at(span, message).help(help));
    }
    let message = format!("`{owner}` has no endpoint `{name}`");
    let keys: Vec<String> = service.try_iter().into_iter().flatten().map(|key| key.to_string()).collect();
    let endpoints = keys.iter().filter(|key| !of(&of(&service, key), "scheme").is_undefined());
    let help = did_you_mean(name, endpoints.map(String::as_str));
    Err(Fault::UnknownEndpoint.at(span, message).help(help))
}

/// `/api/` as `/api`; the root stays.
fn without_slash(path: &str) -> &str {
    match path.strip_suffix('/') {
        None | Some("") => path,
        Some(path) => path,
    }
}
