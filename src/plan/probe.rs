//! The health check that `health` asks for, with the tools that the template knows of.

use minijinja::Value;

use super::facts::{Facts, Member};
use super::mode;
use super::precedence::keep_start_interval;
use super::template::{extended, used_by};
use crate::catalog::{http_test, ships_probe, tcp_test};
use crate::definition::{Health, Probe};
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::merge;
use compose_reader::values::{HealthTest, TestForm};
use compose_reader::yaml::Node;

/// A health check that cannot be worked out, which is said.
pub(super) struct Unprobed;

/// The layer with the health check that `health` asks for, if it asks for one; `image` is what the service runs, unless it
/// is built.
pub(super) fn probe(
    facts: &Facts,
    member: &Member,
    health: &Health,
    image: Option<&str>,
    context: &Value,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<Node>, Unprobed> {
    let span = health.span;
    let layer = |healthcheck: Node| Ok(Some(Node::from_pairs(span, [("healthcheck", healthcheck)])));
    let (kind, endpoint, more) = match &health.probe {
        Probe::None => return Ok(None),
        Probe::Image => {
            let Some(image) = image.filter(|image| ships_probe(image) == Some(false)) else {
                return Ok(None);
            };
            let message = format!("the image {image} brings no `HEALTHCHECK`");
            let help = "write what to ask: `health: /path` or `health: { command: [...] }`";
            diagnostics.push(Fault::UnknownProbe.at(span, message).help(help));
            return Err(Unprobed);
        }
        Probe::Command(command) => {
            let test = HealthTest::of(command).map_or_else(|| command.clone(), |test| test.to_node(command));
            let healthcheck = Node::from_pairs(span, [("test", test)]);
            return layer(with_timings(healthcheck, member, health));
        }
        Probe::Http { path, endpoint, status } => {
            let status = status.map_or(Value::from(()), Value::from);
            let more = vec![("path", Value::from(path.value.as_str())), ("status", status)];
            ("HTTP", endpoint.as_ref(), more)
        }
        Probe::Tcp { endpoint } => ("TCP", Some(endpoint), Vec::new()),
    };
    let known = member.endpoints.keys().map(String::as_str);
    let found = match endpoint {
        Some(endpoint) => member.endpoints.get(&endpoint.value),
        None => member.endpoints.values().next(),
    };
    let Some(found) = found else {
        let diagnostic = match endpoint {
            Some(endpoint) => {
                let message = format!("`{}` has no endpoint `{}`", member.name, endpoint.value);
                Fault::UnknownEndpoint.at(endpoint.span, message).help(did_you_mean(endpoint, known))
            }
            None => {
                let message = format!("there is nothing to probe: `{}` listens nowhere", member.name);
                Fault::MissingEndpoint.at(span, message).help("say what it listens on: `listen: 8080`")
            }
        };
        diagnostics.push(diagnostic);
        return Err(Unprobed);
    };
    let test = member.template.and_then(|template| match kind {
        "HTTP" => template.http_probe.as_ref(),
        _ => template.tcp_probe.as_ref(),
    });
    let more = more.into_iter().chain([("port", Value::from(found.port.value))]);
    let seen = extended(context, more.map(|(key, value)| (key.to_owned(), value)));
    let by_template = match test.map_or(Ok(None), |test| facts.engine.fragment(test, &seen)) {
        Ok(test) => test,
        Err(failure) => {
            diagnostics.push(used_by(failure, &member.layer));
            return Err(Unprobed);
        }
    };
    let by_image = || {
        let words = match &health.probe {
            Probe::Http { path, status, .. } => http_test(image?, found.port.value, path, *status),
            _ => tcp_test(image?, found.port.value),
        };
        Some(Node::sequence(span, words?.into_iter().map(|word| Node::text(span, word)).collect()))
    };
    if let Some(test) = by_template.or_else(by_image) {
        return layer(with_timings(Node::from_pairs(span, [("test", test)]), member, health));
    }
    let message = format!("nothing is known of how to probe {kind} inside the image of `{}`", member.name);
    let help = "use a runtime template (`use: python`; `stackgen templates` lists them), or say the command: \
                `health: { command: [...] }`; where the image has a `HEALTHCHECK` of its own, `health: image`";
    diagnostics.push(Fault::UnknownProbe.at(span, message).help(help));
    Err(Unprobed)
}

/// Whether a service has a health check that is not switched off: its own, or that of its image.
pub(super) fn is_probed(health: Option<&Health>, image: Option<&str>, compose: &Node) -> bool {
    let healthcheck = compose.get("healthcheck");
    let disabled = healthcheck.and_then(|it| it.get("disable")).and_then(Node::as_bool).unwrap_or(false);
    let test = healthcheck.and_then(|healthcheck| healthcheck.get("test")).and_then(HealthTest::of);
    match (test, health.map(|health| &health.probe)) {
        _ if disabled => false,
        (Some(test), _) => test.form != TestForm::Disabled,
        (None, Some(Probe::Image)) => true,
        (None, Some(_)) => false,
        (None, None) => image.is_some_and(|image| ships_probe(image) == Some(true)),
    }
}

/// A health check with the template's timings, and those that `health` gives over them.
fn with_timings(healthcheck: Node, member: &Member, health: &Health) -> Node {
    let template = member.template.and_then(|template| template.timings.clone());
    let timings = template.unwrap_or_else(|| mode::timings(health.span));
    let wrap = |node: Node| Node::from_pairs(node.span, [("healthcheck", node)]);
    let mut merged = merge::service(&wrap(healthcheck), &wrap(timings));
    if let Some(own) = &health.timings {
        if let Some(healthcheck) = merged.get_mut("healthcheck") {
            keep_start_interval(healthcheck, own);
        }
        merged = merge::service(&merged, &wrap(own.clone()));
    }
    merged.get("healthcheck").cloned().unwrap_or(merged)
}
