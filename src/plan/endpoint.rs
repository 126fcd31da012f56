//! What can be asked of a service that runs: its endpoints, and how each is asked inside its container.

use minijinja::Value;

use super::facts::{Facts, Member};
use super::planned::{InsideProbe, PlannedEndpoint};
use super::template::extended;
use crate::definition::{Health, Probe};
use compose_reader::interpolation::expand;
use compose_reader::yaml::Node;

/// The path that Prometheus asks unless told otherwise.
const METRICS_PATH: &str = "/metrics";

/// The endpoints of a service whose compose keys are decided; `context` is what its template's expressions see.
pub(super) fn endpoints(
    facts: &Facts,
    member: &Member,
    context: &Value,
    compose: &Node,
    prober: Option<&Node>,
) -> Vec<PlannedEndpoint> {
    let health = member.layer.health.as_ref();
    let mut planned = Vec::new();
    for (index, (name, endpoint)) in member.endpoints.iter().enumerate() {
        let asked = health.and_then(|health| asked_path(health, name, index == 0));
        let (path, status) = match asked {
            Some((path, status)) => (Some(path), status),
            None => ((name == "metrics").then(|| METRICS_PATH.to_owned()), None),
        };
        let port = endpoint.port.value;
        let path = path.filter(|_| matches!(&*endpoint.scheme, "http" | "https"));
        let by_template =
            path.as_ref().and_then(|path| http_probe(facts, member, context, port, path, status));
        let by_probe = || match prober {
            Some(prober) => probe_of(&member.prober_name(), prober),
            None => probe_of(member.name, compose),
        };
        let inside = match by_template {
            Some(test) => {
                command(&test, &known).map(|command| InsideProbe { service: member.name.to_owned(), command })
            }
            None if index == 0 => by_probe(),
            None => None,
        };
        planned.push(PlannedEndpoint {
            service: member.name.to_owned(),
            endpoint: name.clone(),
            port,
            scheme: endpoint.scheme.clone(),
            path,
            status,
            inside,
        });
    }
    planned
}

/// The endpoints of a process on the machine itself, which are asked where they are published.
pub(super) fn hosted_endpoints(member: &Member) -> Vec<PlannedEndpoint> {
    let health = member.layer.health.as_ref();
    let endpoints = member.endpoints.iter().enumerate().map(|(index, (name, endpoint))| {
        let asked = health.and_then(|health| asked_path(health, name, index == 0));
        let (path, status) = asked.map_or((None, None), |(path, status)| (Some(path), status));
        PlannedEndpoint {
            service: member.name.to_owned(),
            endpoint: name.clone(),
            port: endpoint.port.value,
            scheme: endpoint.scheme.clone(),
            path,
            status,
            inside: None,
        }
    });
    endpoints.collect()
}

/// The path that `health` asks an endpoint for, and the status that is right.
fn asked_path(health: &Health, endpoint: &str, is_first: bool) -> Option<(String, Option<u16>)> {
    let Probe::Http { path, endpoint: asked, status } = &health.probe else { return None };
    let is_asked = asked.as_ref().map_or(is_first, |asked| asked.value == endpoint);
    is_asked.then(|| (path.value.clone(), *status))
}

/// The `test` with which the template asks for a path.
fn http_probe(
    facts: &Facts,
    member: &Member,
    context: &Value,
    port: u16,
    path: &str,
    status: Option<u16>,
) -> Option<Node> {
    let test = member.template?.http_probe.as_ref()?;
    let status = status.map_or(Value::from(()), Value::from);
    let more = [("port", Value::from(port)), ("path", Value::from(path)), ("status", status)];
    let seen = extended(context, more.map(|(key, value)| (key.to_owned(), value)));
    // What is wrong with the template is said where the health check is made.
    facts.engine.fragment(test, &seen).ok().flatten()
}

/// The health check of a service, to be run by hand.
fn probe_of(service: &str, compose: &Node) -> Option<InsideProbe> {
    let test = compose.get("healthcheck")?.get("test")?;
    command(test, &known).map(|command| InsideProbe { service: service.to_owned(), command })
}

/// A text as the container gets it, as far as that is known before anything runs.
fn known(text: &str) -> String {
    expand(text, &|_| None).unwrap_or_else(|| text.to_owned())
}

/// The words of a `test`, each as `word` has it.
pub(super) fn command(test: &Node, word: &dyn Fn(&str) -> String) -> Option<Vec<String>> {
    let shell = |script: &str| vec!["sh".to_owned(), "-c".to_owned(), word(script)];
    if let Some(script) = test.as_text() {
        return Some(shell(script));
    }
    let words: Vec<&str> = test.as_sequence()?.iter().filter_map(Node::as_text).collect();
    match words.split_first()? {
        (&"CMD", words) => Some(words.iter().map(|text| word(text)).collect()),
        (&"CMD-SHELL", [script]) => Some(shell(script)),
        _ => None,
    }
}
