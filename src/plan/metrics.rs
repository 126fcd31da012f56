//! What is scraped of a service, and what those that scrape or show it are told of its metrics.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::merge_maps;

use super::facts::{Facts, Member};
use crate::catalog::{Template, Type, is_exported_by};
use crate::definition::{Endpoint, Layer};
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::yaml::Node;

/// Where most programs show their metrics.
const USUAL_PATH: &str = "/metrics";

/// The endpoint that is scraped: the one that `metrics` names, the one of that name, or else the first if `metrics` says
/// anything at all.
fn endpoint<'e>(layer: &Layer, endpoints: &'e IndexMap<String, Endpoint>) -> Option<&'e str> {
    let metrics = layer.metrics.as_ref();
    let found = match metrics.and_then(|metrics| metrics.endpoint.as_ref()) {
        Some(named) => endpoints.get_key_value(&named.value),
        None => endpoints.get_key_value("metrics").or_else(|| metrics.and_then(|_| endpoints.get_index(0))),
    };
    found.map(|(name, _)| name.as_str()).filter(|_| metrics.is_none_or(|metrics| metrics.scraped))
}

/// Says where `metrics` means an endpoint that is not there.
pub(super) fn check(
    service: &str,
    layer: &Layer,
    endpoints: &IndexMap<String, Endpoint>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(metrics) = layer.metrics.as_ref().filter(|metrics| metrics.scraped) else { return };
    if endpoint(layer, endpoints).is_some() {
        return;
    }
    let diagnostic = match &metrics.endpoint {
        Some(named) => {
            let message = format!("`{service}` has no endpoint `{}`", named.value);
            let help = did_you_mean(named, endpoints.keys().map(String::as_str));
            Fault::UnknownEndpoint.at(named.span, message).help(help)
        }
        None => {
            let message = format!("there is nothing to scrape: `{service}` listens nowhere");
            Fault::MissingEndpoint
                .at(metrics.span, message)
                .help("say what it listens on: `listen: { metrics: 9100 }`")
        }
    };
    diagnostics.push(diagnostic);
}

/// Every service that can be scraped from here, with its endpoint's place.
fn targets<'s>(facts: &'s Facts<'_>) -> impl Iterator<Item = (&'s Member<'s>, Value)> {
    let visible = facts.attached.values().chain(facts.own());
    visible.filter_map(|member| {
        let endpoint = endpoint(&member.layer, &member.endpoints)?;
        let place = member.offers.get_attr(endpoint).ok()?;
        // One on the host that is not published cannot be reached.
        let address = (!place.is_undefined()).then(|| place.get_attr("address").ok()).flatten()?;
        (!address.is_undefined()).then_some((member, place))
    })
}

/// The names of the services that can be scraped from here.
pub(super) fn scraped<'s>(facts: &'s Facts<'_>) -> impl Iterator<Item = &'s str> {
    targets(facts).map(|(member, _)| member.name)
}

/// What the expressions of a template see that scrapes or shows metrics: the services with their places, the names of all
/// metrics, and what the services' templates bring along.
pub(super) fn watched(
    facts: &Facts,
    watcher: &Template,
    diagnostics: &mut Vec<Diagnostic>,
) -> [(String, Value); 3] {
    let mut exported: BTreeSet<&str> = BTreeSet::new();
    let mut all = Vec::new();
    let mut templates: IndexMap<&str, &Template> = IndexMap::new();
    let mut dashboards = Vec::new();
    for (member, place) in targets(facts) {
        let metrics = member.layer.metrics.as_ref();
        if let Some(template) = member.template {
            exported.extend(template.metrics.exports.iter().map(String::as_str));
            templates.insert(&template.name, template);
            let node = template.metrics.dashboard.as_ref();
            let kind = watcher.parameters.get("dashboards").and_then(|parameter| parameter.kind.item());
            let brought = brought(kind, "dashboard", node, diagnostics);
            dashboards.extend(brought.map(|brought| (member.name, brought)));
        }
        exported.extend(metrics.into_iter().flat_map(|metrics| &metrics.exports).map(String::as_str));
        let field = |name: &str| place.get_attr(name).unwrap_or(Value::UNDEFINED);
        let interval = metrics.and_then(|metrics| metrics.interval.clone());
        let path = metrics.and_then(|metrics| metrics.path.as_deref()).unwrap_or(USUAL_PATH);
        all.push(Value::from_pairs([
            ("service", Value::from(member.name)),
            ("tier", Value::from(&*member.definition.tier.value)),
            ("host", field("host")),
            ("port", field("port")),
            ("address", field("address")),
            ("path", Value::from(path)),
            ("interval", interval.map_or(Value::from(()), Value::from)),
            ("replicated", Value::from(!member.hosted && is_replicated(member))),
        ]));
    }
    let is_known = |query: &Value| is_exported_by(&query.to_string(), |name| exported.contains(name));
    let mut alerts: IndexMap<String, Value> = IndexMap::new();
    for template in templates.values() {
        let kind = watcher.parameters.get("alerts").map(|parameter| &parameter.kind);
        let brought = brought(kind, "alerts", template.metrics.alerts.as_ref(), diagnostics);
        for (name, alert) in brought.iter().flat_map(pairs) {
            if is_known(&alert.get_attr("expr").unwrap_or_default()) {
                alerts.insert(name, alert);
            }
        }
    }
    let dashboards = dashboards.into_iter().filter_map(|(service, dashboard)| {
        let panels = dashboard.get_attr("panels").ok()?;
        let is_shown = |panel: &Value| {
            let queries = panel.get_attr("queries").unwrap_or_default();
            pairs(&queries).iter().all(|(_, query)| is_known(query))
        };
        let panels: Vec<Value> = panels.try_iter().ok()?.filter(is_shown).collect();
        let own = [("service", Value::from(service)), ("panels", Value::from(panels.clone()))];
        (!panels.is_empty()).then(|| (service, merge_maps([dashboard, Value::from_pairs(own)])))
    });
    let brought = Value::from_pairs([
        ("alerts", Value::from_pairs(alerts)),
        ("dashboards", Value::from_pairs(dashboards)),
    ]);
    let exported = exported.into_iter().map(Value::from).collect();
    [("metrics", Value::from(all)), ("exported", exported), ("brought", brought)]
        .map(|(name, value)| (name.to_owned(), value))
}

/// What a template brings along for those that watch it, read as what their parameter takes.
fn brought(
    kind: Option<&Type>,
    name: &str,
    node: Option<&Node>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let read = kind?.value(name, node?, &mut |_| Ok(Value::UNDEFINED));
    read.map_err(|wrong| diagnostics.extend(wrong)).ok()
}

/// The entries of a mapping.
fn pairs(mapping: &Value) -> Vec<(String, Value)> {
    let keys = mapping.try_iter().into_iter().flatten();
    keys.filter_map(|key| Some((key.to_string(), mapping.get_item(&key).ok()?))).collect()
}

/// Whether there is more than one container of it, or nobody knows how many.
fn is_replicated(member: &Member) -> bool {
    let compose = member.layer.compose.as_ref();
    let replicas = compose.and_then(|compose| compose.get("deploy")?.get("replicas"));
    replicas.or_else(|| compose?.get("scale")).is_some_and(|count| count.as_integer() != Some(1))
}
