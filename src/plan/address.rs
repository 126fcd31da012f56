//! Where a service is found, from a container or from the host, and what references to it may name.

use indexmap::IndexMap;
use minijinja::Value;

use super::environment::EnvironmentSettings;
use super::facts::{Member, View};
use super::managed::{self, secured};
use super::nodes::holds;
use super::planned::{HostPorts, local};
use super::publish::PublishedPort;
use super::template::extended;
use crate::catalog::{Engine, Failure, node_to_value};
use crate::definition::External;
use compose_reader::yaml::Node;

/// The name by which a container reaches the machine it runs on.
pub(super) const HOST_GATEWAY: &str = "host.docker.internal";

/// `host`, `port`, `address` and `endpoints` as they are seen from a container or from the host.
pub(super) fn addresses(
    member: &Member,
    environment: &EnvironmentSettings,
    view: View,
    hosted: bool,
) -> Vec<(String, Value)> {
    let mut endpoints: IndexMap<String, Value> = IndexMap::new();
    let usual = member.template.and_then(|template| template.publish.as_ref());
    let told = member.layer.public_url.as_ref().map(|url| url.value.trim_end_matches('/'));
    let opened = usual.filter(|usual| member.endpoints.contains_key(*usual));
    let opened = opened.or_else(|| member.endpoints.keys().next()).filter(|_| told.is_some());
    for (key, endpoint) in &member.endpoints {
        let published = member.published.iter().find(|published| published.endpoint == *key);
        let at = |host: String, published: &PublishedPort| Some((host, number(published)?));
        let place = match (hosted, view, published) {
            _ if member.external.is_some() => managed::place(member, key, endpoint.port.value),
            (false, View::Container, _) => Some((member.name.to_owned(), Value::from(endpoint.port.value))),
            (true, View::Container, Some(published)) => at(HOST_GATEWAY.to_owned(), published),
            (true, View::Host, Some(published)) => at("127.0.0.1".to_owned(), published),
            (false, View::Host, Some(published)) => at(local(published.address), published),
            (_, _, None) => None,
        };
        let public = published
            .filter(|published| environment.public_host.is_some() || !published.address.is_unspecified());
        let public = public.and_then(|published| {
            let host = environment.public_host.clone().unwrap_or_else(|| local(published.address));
            at(host, published)
        });
        // Whoever is somewhere else is there for all.
        let public = public.or_else(|| member.external.and_then(|_| place.clone()));
        let tls = member.external.is_some_and(External::speaks_tls);
        let scheme = if tls { secured(&endpoint.scheme) } else { &endpoint.scheme };
        let mut fields: Vec<(&str, Value)> = Vec::new();
        if let Some((host, port)) = place {
            let address = format!("{host}:{port}");
            let url = format!("{scheme}://{address}");
            fields.extend([
                ("host", Value::from(host)),
                ("port", port),
                ("address", Value::from(address)),
                ("url", Value::from(url)),
            ]);
        }
        let public = public.map(|(host, port)| {
            let address = format!("{host}:{port}");
            (format!("{scheme}://{address}"), address)
        });
        let public = match told.filter(|_| opened == Some(key)) {
            Some(url) => Some((url.to_owned(), authority(url).to_owned())),
            None => public,
        };
        if let Some((url, address)) = public {
            fields.extend([("public_address", Value::from(address)), ("public_url", Value::from(url))]);
        }
        fields.extend([("scheme", Value::from(scheme)), ("tls", Value::from(tls))]);
        endpoints.insert(key.clone(), Value::from_pairs(fields));
    }
    let from_inside = member.external.is_some() || (!hosted && view == View::Container);
    let main = match usual.and_then(|usual| endpoints.get(usual)).filter(|_| !from_inside) {
        Some(usual) => Some(usual),
        None => endpoints.values().next(),
    };
    let public = usual.and_then(|usual| endpoints.get(usual)).or(main);
    let field = |endpoint: Option<&Value>, name: &str| {
        endpoint.and_then(|endpoint| endpoint.get_attr(name).ok()).filter(|value| !value.is_undefined())
    };
    let own_host = match member.external {
        Some(external) => external.host.as_ref().map(|host| Value::from(host.value.as_str())),
        None => from_inside.then(|| Value::from(member.name)),
    };
    let host = field(main, "host").or(own_host);
    let mut all = vec![("name".to_owned(), Some(Value::from(member.name))), ("host".to_owned(), host)];
    all.extend(["port", "address", "url"].map(|name| (name.to_owned(), field(main, name))));
    let named = |name: &str| match (told, name) {
        (Some(url), "public_url") => Some(Value::from(url)),
        (Some(url), _) => Some(Value::from(authority(url))),
        (None, name) => field(public, name),
    };
    all.extend(["public_address", "public_url"].map(|name| (name.to_owned(), named(name))));
    if let Some(url) = member.external.and_then(|external| external.url.as_ref()) {
        all.retain(|(name, _)| name != "url");
        all.push(("url".to_owned(), Some(Value::from(url.value.as_str()))));
    }
    let mut all: Vec<(String, Value)> =
        all.into_iter().map(|(name, value)| (name, value.unwrap_or(Value::from(())))).collect();
    all.push(("endpoints".to_owned(), Value::from_pairs(endpoints)));
    all
}

/// The host of a URL, with its port where one is written.
fn authority(url: &str) -> &str {
    let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
    behind.split('/').next().unwrap_or(behind)
}

/// The lowest port on the host that an endpoint is published on: a number, or the variable that says it; `None` where Docker
/// picks one.
pub(super) fn number(published: &PublishedPort) -> Option<Value> {
    match published.ports() {
        HostPorts::Range(range) => Some(Value::from(range.first)),
        HostPorts::Variable { written, .. } => Some(Value::from(written)),
        HostPorts::Any => None,
    }
}

/// What references to a service may name, with its addresses as they are seen from a container or from the host; its
/// template's expressions see `context`. What cannot be reached from there is missing.
pub(super) fn offers(
    member: &Member,
    engine: &Engine,
    addresses: Vec<(String, Value)>,
    context: IndexMap<String, Value>,
) -> Result<Value, Failure> {
    let mut offers: IndexMap<String, Value> = IndexMap::new();
    for (key, value) in addresses {
        if key == "endpoints" {
            let names = value.try_iter().into_iter().flatten();
            offers.extend(names.filter_map(|name| Some((name.to_string(), value.get_item(&name).ok()?))));
        } else if !value.is_none() {
            offers.insert(key, value);
        }
    }
    let tls = member.external.is_some_and(External::speaks_tls);
    offers.entry("tls".to_owned()).or_insert_with(|| Value::from(tls));
    let Some(template) = member.template else { return Ok(Value::from_pairs(offers)) };
    let reachable = context.get("address").is_some_and(|address| !address.is_none());
    let seen = Value::from_pairs(context);
    for (key, node) in &template.references {
        // Without an address only what needs none can be offered.
        match offer(engine, node, &seen) {
            Ok(Some(value)) if reachable || !names_the_address(node) => {
                offers.insert(key.clone(), value);
            }
            Ok(_) => {}
            Err(diagnostic) if reachable => return Err(diagnostic),
            Err(_) => {}
        }
    }
    Ok(Value::from_pairs(offers))
}

/// Whether a reference of a template is made from the service's address.
fn names_the_address(node: &Node) -> bool {
    ["address", "host", "port", "endpoints"].iter().any(|name| holds(node, name))
}

/// What a template offers under one name. `{ for: databases, url: … }` offers a mapping with an entry for each item of
/// the parameter, which its expressions see as `item`.
fn offer(engine: &Engine, node: &Node, context: &Value) -> Result<Option<Value>, Failure> {
    let Some((mapping, list)) = node.as_mapping().zip(node.get("for").and_then(Node::as_text)) else {
        return Ok(engine.fragment(node, context)?.map(|node| node_to_value(&node)));
    };
    let items = context.get_attr(list).ok().and_then(|items| items.try_iter().ok()).into_iter().flatten();
    let mut offered: IndexMap<String, Value> = IndexMap::new();
    for item in items {
        let seen = extended(context, [("item".to_owned(), item.clone())]);
        let mut fields: IndexMap<String, Value> = IndexMap::new();
        for (key, entry) in mapping.iter().filter(|(key, _)| &***key != "for") {
            if let Some(node) = engine.fragment(&entry.value, &seen)? {
                fields.insert(key.to_string(), node_to_value(&node));
            }
        }
        offered.insert(item.to_string(), Value::from_pairs(fields));
    }
    Ok(Some(Value::from_pairs(offered)))
}
