//! Who waits for whom, and for what: gates worked out from what the target is.

use indexmap::IndexMap;

use super::PlannedService;
use super::scope::{Draft, Scope, with_key};
use crate::definition::{Mode, Wait};
use crate::diagnostic::Diagnostic;
use crate::graph::Graph;
use crate::yaml::{Node, Style};

/// Gives every draft its `depends_on`, and says what cannot be waited for.
pub(super) fn gate(scope: &Scope, drafts: &mut IndexMap<&str, Draft>, diagnostics: &mut Vec<Diagnostic>) {
    cycles(drafts, diagnostics);
    let probed: IndexMap<String, bool> =
        drafts.iter().map(|(name, draft)| ((*name).to_owned(), has_probe(&draft.compose))).collect();
    for (name, draft) in drafts.iter_mut() {
        let mut gates = Vec::new();
        for dependency in draft.dependencies.values() {
            // A service of an attached environment runs already.
            let Some(target) = scope.members.get(dependency.target.as_str()) else { continue };
            let is_job = target.is_job();
            let is_probed = probed.get(&dependency.target).copied().unwrap_or(false);
            let condition = match dependency.wait {
                Some(Wait::None) => continue,
                Some(Wait::Started) => "service_started",
                Some(Wait::Completed) if !is_job => {
                    let message = format!("`{name}` waits for `{}` to end, which is no job", target.name);
                    diagnostics.push(
                        Diagnostic::stack("endless-wait", dependency.span, message)
                            .related(target.definition.span, "runs until it is stopped")
                            .help("only a job ends: a template that is one, or `restart: \"no\"`"),
                    );
                    continue;
                }
                None | Some(Wait::Completed) if is_job => "service_completed_successfully",
                _ if is_probed => "service_healthy",
                _ => {
                    let message = format!("`{name}` waits for `{}`, which has no probe", target.name);
                    diagnostics.push(
                        Diagnostic::stack("missing-probe", dependency.span, message)
                            .related(target.definition.span, "nothing says how to see that it is ready")
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
            gates.push((dependency.target.clone(), value));
        }
        if let Some((_, first)) = gates.first() {
            let depends_on = Node::from_pairs(first.span, gates);
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
        let mut diagnostic = Diagnostic::stack("dependency-cycle", last_span, message)
            .label(format!("`{last_from}` waits for `{last_to}`"))
            .help(format!(
                "let one of them start without the other and keep the address: `needs: {{ {last_to}: none }}` in \
                 `{last_from}`"
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

/// A service for each job that nothing here awaits, by the job's name: `docker compose up --wait` takes a container that
/// has ended for a failure, unless another one waits for its success.
pub(super) fn holders(scope: &Scope, drafts: &IndexMap<&str, Draft>) -> IndexMap<String, PlannedService> {
    let is_awaited = |job: &str| {
        drafts.values().any(|draft| {
            draft
                .dependencies
                .get(job)
                .is_some_and(|dependency| matches!(dependency.wait, None | Some(Wait::Completed)))
        })
    };
    let jobs = scope.members.values().filter(|member| member.is_job() && !is_awaited(member.name));
    jobs.map(|member| {
        let span = member.definition.span;
        let text = |text: &str| Node::text(span, text);
        let compose = &drafts[member.name].compose;
        let condition = Node::from_pairs(span, [("condition", text("service_completed_successfully"))]);
        let mut pairs: Vec<(&str, Node)> = ["image", "build", "platform"]
            .into_iter()
            .filter_map(|key| Some((key, compose.get(key)?.clone())))
            .collect();
        pairs.extend([
            ("depends_on", Node::from_pairs(span, [(member.name, condition)])),
            ("entrypoint", Node::sequence(span, vec![text("tail"), text("-f"), text("/dev/null")])),
            ("init", Node::scalar(span, "true", Style::Plain)),
            ("network_mode", text("none")),
        ]);
        if scope.environment.mode == Mode::Production {
            for key in ["restart", "logging", "security_opt"] {
                let layer = super::mode::layer(Mode::Production, false, span);
                pairs.extend(layer.get(key).map(|value| (key, value.clone())));
            }
        }
        let service = PlannedService {
            name: format!("{}-done", member.name),
            note: Some(format!(
                "Waits for the job `{}`, as nothing else here does: `up --wait` would take its end for a failure.",
                member.name
            )),
            compose: Node::from_pairs(span, pairs),
        };
        (member.name.to_owned(), service)
    })
    .collect()
}
