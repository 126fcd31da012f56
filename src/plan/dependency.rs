//! Who waits for whom, and for what: gates worked out from what the target is.

use indexmap::{IndexMap, IndexSet};

use super::scope::{Draft, Scope, with_key};
use super::{PlannedService, mode};
use crate::definition::{Health, Mode, Probe, Wait};
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::graph::Graph;
use compose_reader::merge;
use compose_reader::source::Span;
use compose_reader::yaml::{Node, Style};

/// Gives every draft its `depends_on`, and says what cannot be waited for.
pub(super) fn gate(scope: &Scope, drafts: &mut IndexMap<&str, Draft>, diagnostics: &mut Vec<Diagnostic>) {
    cycles(drafts, diagnostics);
    let gate_of = |name: &str, draft: &Draft| match &draft.prober {
        Some(_) => Some(prober_name(name)),
        None => has_probe(&draft.compose).then(|| name.to_owned()),
    };
    let gates: IndexMap<String, Option<String>> =
        drafts.iter().map(|(name, draft)| ((*name).to_owned(), gate_of(name, draft))).collect();
    // What is not known of a service because of another mistake is not held against those that wait for it.
    let unprobed: IndexSet<String> =
        drafts.iter().filter(|(_, draft)| draft.unprobed).map(|(name, _)| (*name).to_owned()).collect();
    for (name, draft) in drafts.iter_mut() {
        let mut waits = Vec::new();
        for dependency in draft.dependencies.values() {
            // A service of an attached environment runs already.
            let Some(target) = scope.members.get(dependency.target.as_str()) else { continue };
            let is_job = target.is_job();
            let gate = gates.get(&dependency.target).cloned().flatten();
            let is_said = unprobed.contains(&dependency.target);
            let mut waited = dependency.target.clone();
            let condition = match dependency.wait {
                Some(Wait::None) => continue,
                Some(Wait::Started) => "service_started",
                _ if is_said && !is_job && gate.is_none() => continue,
                Some(Wait::Completed) if !is_job => {
                    let message = format!("`{name}` waits for `{}` to end, which is no job", target.name);
                    diagnostics.push(
                        Fault::EndlessWait
                            .at(dependency.span, message)
                            .related(target.definition.span, "runs until it is stopped")
                            .help("only a job ends: a template that is one, or `restart: \"no\"`"),
                    );
                    continue;
                }
                None | Some(Wait::Completed) if is_job => "service_completed_successfully",
                _ if gate.is_some() => {
                    waited = gate.unwrap_or(waited);
                    "service_healthy"
                }
                _ => {
                    let message = format!("`{name}` waits for `{}`, which has no probe", target.name);
                    let (place, label) = match &target.layer.health {
                        Some(Health { span, probe: Probe::None, .. }) => (*span, "it is said to have none"),
                        _ => (target.definition.span, "nothing says how to see that it is ready"),
                    };
                    diagnostics.push(
                        Fault::MissingProbe.at(dependency.span, message)
                            .related(place, label)
                            .help(format!(
                                "give `{0}` a probe, `health: /path` or `health: {{ command: [...] }}`; or do not \
                                 wait for it to be ready: `needs: {{ {0}: started }}`",
                                target.name
                            )),
                    );
                    continue;
                }
            };
            let value =
                Node::from_pairs(dependency.span, [("condition", Node::text(dependency.span, condition))]);
            waits.push((waited, value));
        }
        if let Some((_, first)) = waits.first() {
            let depends_on = Node::from_pairs(first.span, waits);
            draft.compose = with_key(&draft.compose, "depends_on", Some(depends_on));
        }
    }
}

fn cycles(drafts: &IndexMap<&str, Draft>, diagnostics: &mut Vec<Diagnostic>) {
    let mut graph = Graph::new(drafts.keys().copied());
    for (name, draft) in drafts {
        for dependency in draft.dependencies.values() {
            if dependency.wait != Some(Wait::None) && drafts.contains_key(dependency.target.as_str()) {
                graph.edge(name, &dependency.target);
            }
        }
    }
    for cycle in graph.cycles() {
        let edge = |index: usize| {
            let (from, to) = (cycle[index], cycle[(index + 1) % cycle.len()]);
            (from, to, drafts[from].dependencies[to].span)
        };
        let (last_from, last_to, last_span) = edge(cycle.len() - 1);
        let path: Vec<&str> = cycle.iter().copied().chain([cycle[0]]).collect();
        let message = format!("these services wait for each other: {}", path.join(" → "));
        let mut diagnostic = Fault::DependencyCycle
            .at(last_span, message)
            .label(format!("`{last_from}` waits for `{last_to}`"))
            .help(format!(
                "let one start without the other and keep the address; in `{last_from}`: \
                 `needs: {{ {last_to}: none }}`"
            ));
        for index in 0..cycle.len() - 1 {
            let (from, to, span) = edge(index);
            diagnostic = diagnostic.related(span, format!("`{from}` waits for `{to}`"));
        }
        diagnostics.push(diagnostic);
    }
}

/// Whether a service has a health check that is not switched off.
fn has_probe(compose: &Node) -> bool {
    compose.get("healthcheck").is_some_and(|healthcheck| {
        let disabled = healthcheck.get("disable").and_then(Node::as_bool).unwrap_or(false);
        let test = healthcheck.get("test");
        let first = test.and_then(Node::as_sequence).and_then(|items| items.first());
        let none = test.and_then(Node::as_text).or_else(|| first.and_then(Node::as_text)) == Some("NONE");
        test.is_some() && !disabled && !none
    })
}

/// The name of the service that probes another from outside.
pub(super) fn prober_name(name: &str) -> String {
    format!("{name}-probe")
}

/// Services that stand beside others, by the others' names: the prober of one that cannot be probed inside, and what waits
/// for a job that nothing here awaits.
pub(super) fn companions(scope: &Scope, drafts: &IndexMap<&str, Draft>) -> IndexMap<String, PlannedService> {
    let is_awaited = |job: &str| {
        drafts.values().any(|draft| {
            draft
                .dependencies
                .get(job)
                .is_some_and(|dependency| matches!(dependency.wait, None | Some(Wait::Completed)))
        })
    };
    let mut companions = IndexMap::new();
    for (name, member) in &scope.members {
        let draft = &drafts[name];
        if let Some(prober) = &draft.prober {
            companions.insert((*name).to_owned(), prober_of(name, draft, prober, member.definition.span));
        } else if member.is_job() && !is_awaited(name) {
            let holder = holder_of(name, draft, scope.environment.mode, member.definition.span);
            companions.insert((*name).to_owned(), holder);
        }
    }
    companions
}

/// A service that is healthy when the one beside it is, whose image has nothing to probe with.
fn prober_of(name: &str, draft: &Draft, prober: &Node, span: Span) -> PlannedService {
    let condition = Node::from_pairs(span, [("condition", Node::text(span, "service_started"))]);
    let own = Node::from_pairs(
        span,
        [
            ("depends_on", Some(Node::from_pairs(span, [(name, condition)]))),
            ("networks", draft.compose.get("networks").cloned()),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?))),
    );
    PlannedService {
        name: prober_name(name),
        note: Some(format!("Probes `{name}` from outside, as its image has nothing to probe with.")),
        compose: merge::service(&own, prober),
    }
}

/// A service that waits for a job: `docker compose up --wait` takes a container that has ended for a failure, unless another
/// one waits for its success.
fn holder_of(name: &str, draft: &Draft, mode: Mode, span: Span) -> PlannedService {
    let text = |text: &str| Node::text(span, text);
    let condition = Node::from_pairs(span, [("condition", text("service_completed_successfully"))]);
    let mut pairs: Vec<(&str, Node)> = ["image", "build", "platform"]
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
        note: Some(format!(
            "Waits for the job `{name}`, as nothing else here does: `up --wait` would take its end for a failure."
        )),
        compose: merge::service(&mode::layer(mode, false, span), &layer),
    }
}
