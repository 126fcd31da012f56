//! Who waits for whom, and for what: gates worked out from what the target is.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::draft::Draft;
use super::facts::Facts;
use super::resolve::Resolved;
use crate::definition::{Health, Probe, Wait};
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::graph::Graph;
use compose_reader::yaml::{Node, Style};

/// What each service waits for: its `depends_on`, by its name. Says what cannot be waited for.
pub(super) fn gates<'a>(
    facts: &Facts<'a>,
    resolved: &IndexMap<&'a str, Resolved>,
    drafts: &IndexMap<&'a str, Draft>,
    diagnostics: &mut Vec<Diagnostic>,
) -> HashMap<&'a str, Node> {
    cycles(resolved, diagnostics);
    let mut gates = HashMap::new();
    for (name, resolved) in resolved {
        let mut waits = Vec::new();
        for dependency in resolved.dependencies.values() {
            // A service of an attached environment runs already.
            let Some(target) = facts.members.get(dependency.target.as_str()) else { continue };
            let Some(draft) = drafts.get(target.name) else { continue };
            let is_job = target.is_job();
            let health = target.layer.health.as_ref();
            let gate = match &draft.prober {
                Some(_) => Some(target.prober_name()),
                None => draft.probed.then(|| target.name.to_owned()),
            };
            // What is not known of a service because of another mistake is not held against those that wait for it.
            let is_said = draft.unprobed;
            let mut waited = dependency.target.clone();
            let condition = match dependency.wait {
                Some(Wait::None) => continue,
                Some(Wait::Started) => "service_started",
                Some(Wait::Completed) if target.may_end() => "service_completed_successfully",
                _ if is_said && !is_job && gate.is_none() => continue,
                Some(Wait::Completed) => {
                    let message = format!("`{name}` waits for `{}` to end, which is no job", target.name);
                    diagnostics.push(
                        Fault::EndlessWait
                            .at(dependency.span, message)
                            .related(target.definition.span, "runs until it is stopped")
                            .help("only a job ends: a template that is one, such as `use: job`, or `restart: \"no\"`"),
                    );
                    continue;
                }
                None if is_job => "service_completed_successfully",
                _ if gate.is_some() => {
                    waited = gate.unwrap_or(waited);
                    "service_healthy"
                }
                None if health.is_some_and(|health| matches!(health.probe, Probe::None)) => "service_started",
                _ => {
                    let message = format!("`{name}` waits for `{}`, which has no probe", target.name);
                    let (place, label) = match health {
                        Some(Health { span, probe: Probe::None, .. }) => (*span, "it is said to have none"),
                        _ => (target.definition.span, "nothing says how to see that it is ready"),
                    };
                    diagnostics.push(
                        Fault::MissingProbe.at(dependency.span, message)
                            .related(place, label)
                            .help(format!(
                                "give `{0}` a probe, `health: /path` or `health: {{ command: [...] }}`, or \
                                 `health: image` where its image has a `HEALTHCHECK`; or do not wait for it to be ready: \
                                 `needs: {{ {0}: started }}`",
                                target.name
                            )),
                    );
                    continue;
                }
            };
            let span = dependency.span;
            let restart = dependency.restart.then(|| ("restart", Node::scalar(span, "true", Style::Plain)));
            let required =
                dependency.optional.then(|| ("required", Node::scalar(span, "false", Style::Plain)));
            let condition = ("condition", Node::text(span, condition));
            let value = Node::from_pairs(span, [condition].into_iter().chain(restart).chain(required));
            waits.push((waited, value));
        }
        if let Some((_, first)) = waits.first() {
            gates.insert(*name, Node::from_pairs(first.span, waits));
        }
    }
    gates
}

fn cycles(resolved: &IndexMap<&str, Resolved>, diagnostics: &mut Vec<Diagnostic>) {
    let mut graph = Graph::new(resolved.keys().copied());
    for (name, one) in resolved {
        for dependency in one.dependencies.values() {
            if dependency.wait != Some(Wait::None) && resolved.contains_key(dependency.target.as_str()) {
                graph.edge(name, &dependency.target);
            }
        }
    }
    for cycle in graph.cycles() {
        let edge = |index: usize| {
            let (from, to) = (cycle[index], cycle[(index + 1) % cycle.len()]);
            (from, to, resolved[from].dependencies[to].span)
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
