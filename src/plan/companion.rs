//! Services that stand beside others: the prober of one that cannot be probed inside, and what waits for a job that nothing
//! here awaits.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::draft::Draft;
use super::facts::{Facts, Member};
use super::mode;
use super::planned::PlannedService;
use super::resolve::Resolved;
use crate::definition::{Mode, Wait};
use compose_reader::merge;
use compose_reader::yaml::{Node, Style};

/// The jobs that a service waits for the end of.
pub(super) fn awaited<'r>(resolved: &'r IndexMap<&str, Resolved>) -> HashSet<&'r str> {
    let dependencies = resolved.values().flat_map(|resolved| resolved.dependencies.values());
    let waiting = dependencies.filter(|dependency| matches!(dependency.wait, None | Some(Wait::Completed)));
    waiting.map(|dependency| &*dependency.target).collect()
}

/// The service that stands beside another one, if that needs it; `networks` are the other's.
pub(super) fn companion(
    facts: &Facts,
    member: &Member,
    draft: &Draft,
    networks: Option<&Node>,
    is_awaited: bool,
) -> Option<PlannedService> {
    match &draft.prober {
        Some(prober) => Some(prober_of(member, draft, networks, prober)),
        None if member.is_job() && !is_awaited => Some(holder_of(member, draft, facts.environment.mode)),
        None => None,
    }
}

/// A service that is healthy when the one beside it is, whose image has nothing to probe with.
fn prober_of(member: &Member, draft: &Draft, networks: Option<&Node>, prober: &Node) -> PlannedService {
    let (name, span) = (member.name, member.definition.span);
    let condition = Node::from_pairs(span, [("condition", Node::text(span, "service_started"))]);
    let own = Node::from_pairs(
        span,
        [
            ("depends_on", Some(Node::from_pairs(span, [(name, condition)]))),
            ("networks", networks.cloned()),
            ("profiles", draft.compose.get("profiles").cloned()),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?))),
    );
    PlannedService {
        name: member.prober_name(),
        comment: None,
        note: Some(format!("Probes `{name}` from outside, as its image has nothing to probe with.")),
        compose: merge::service(&own, prober),
        definition: span,
        template: member.used_template(),
    }
}

/// A service that waits for a job: `docker compose up --wait` takes a container that has ended for a failure, unless another
/// one waits for its success.
fn holder_of(member: &Member, draft: &Draft, mode: Mode) -> PlannedService {
    let (name, span) = (member.name, member.definition.span);
    let text = |text: &str| Node::text(span, text);
    let condition = Node::from_pairs(span, [("condition", text("service_completed_successfully"))]);
    let mut pairs: Vec<(&str, Node)> = ["image", "build", "platform", "profiles", "pull_policy"]
        .into_iter()
        .filter_map(|key| Some((key, draft.compose.get(key)?.clone())))
        .collect();
    pairs.extend([
        ("depends_on", Node::from_pairs(span, [(name, condition)])),
        ("entrypoint", Node::sequence(span, vec![text("tail"), text("-f"), text("/dev/null")])),
        ("init", Node::scalar(span, "true", Style::Plain)),
        ("network_mode", text("none")),
    ]);
    if mode == Mode::Production {
        let limits = Node::from_pairs(span, [("cpus", text("0.1")), ("memory", text("16M"))]);
        let resources = Node::from_pairs(span, [("limits", limits)]);
        pairs.extend([
            ("cap_drop", Node::sequence(span, vec![text("ALL")])),
            ("deploy", Node::from_pairs(span, [("resources", resources)])),
            ("read_only", Node::scalar(span, "true", Style::Plain)),
        ]);
    }
    let layer = Node::from_pairs(span, pairs);
    PlannedService {
        name: format!("{name}-done"),
        comment: None,
        note: Some(format!(
            "Waits for the job `{name}`, as nothing else here does: `up --wait` would take its end for a failure."
        )),
        compose: merge::service(&mode::layer(mode, false, span), &layer),
        definition: span,
        template: member.used_template(),
    }
}
