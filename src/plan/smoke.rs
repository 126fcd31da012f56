//! What `stackgen smoke` asks of a service besides its probe: what its template knows to ask, and what the stack asks.

use indexmap::IndexMap;

use super::endpoint::command;
use super::facts::{Facts, Member};
use super::planned::{PlannedCheck, PlannedQuestion};
use super::reference;
use super::resolve::Resolved;
use super::template::used_by;
use crate::definition::{OwnKey, SmokeCheck, SmokeQuestion, Spanned, smoke_checks};
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::source::Span;
use compose_reader::values::HealthTest;

/// The checks of a service; one that runs on the machine itself has nothing `resolved`, and no container for commands.
pub(super) fn checks(
    facts: &Facts,
    member: &Member,
    resolved: Option<&Resolved>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<PlannedCheck> {
    let mut checks = of_template(facts, member, resolved, diagnostics);
    checks.extend(member.layer.smoke.clone());
    let checks = checks.into_iter().filter_map(|(name, check)| Some((name, check?)));
    let mut planned = Vec::new();
    for (name, check) in checks {
        let question = match &check.question {
            SmokeQuestion::Http { path, endpoint, status } => {
                let endpoint = asked_endpoint(member, endpoint.as_ref(), check.span, diagnostics);
                endpoint.map(|endpoint| PlannedQuestion::Http {
                    path: path.clone(),
                    endpoint,
                    status: *status,
                })
            }
            SmokeQuestion::Command(_) if member.hosted => None,
            SmokeQuestion::Command(_) if member.may_end() => {
                let message =
                    format!("`{}` has ended when it is asked, and no command can be run in it", member.name);
                let help = "write the check in a service that goes on running";
                diagnostics.push(Fault::WrongValue.at(check.span, message).help(help));
                None
            }
            SmokeQuestion::Command(written) => {
                // It asks what the service reaches anyway, and nothing waits for it.
                let (mut named, mut unresolved) = (Vec::new(), Vec::new());
                let written =
                    reference::resolve(facts, member, written, &mut named, &mut unresolved, diagnostics);
                let test =
                    HealthTest::of(&written).map_or_else(|| written.clone(), |test| test.to_node(&written));
                command(&test, &str::to_owned).map(PlannedQuestion::Command)
            }
        };
        planned.extend(question.map(|question| PlannedCheck {
            service: member.name.to_owned(),
            name,
            question,
            contains: check.contains,
            deadline: check.deadline,
        }));
    }
    planned
}

/// What the template of a service knows to ask.
fn of_template(
    facts: &Facts,
    member: &Member,
    resolved: Option<&Resolved>,
    diagnostics: &mut Vec<Diagnostic>,
) -> IndexMap<String, Option<SmokeCheck>> {
    let written = member.template.and_then(|template| template.smoke.as_ref());
    let context = resolved.and_then(|resolved| resolved.context.as_ref()).filter(|_| !member.broken);
    let (Some(written), Some(context)) = (written, context) else { return IndexMap::new() };
    if member.layer.taken_back.contains(&OwnKey::Smoke) {
        return IndexMap::new();
    }
    match facts.engine.fragment(written, context) {
        Ok(Some(fragment)) => {
            let (checks, found) = smoke_checks(&fragment);
            diagnostics.extend(found);
            checks
        }
        Ok(None) => IndexMap::new(),
        Err(failure) => {
            diagnostics.push(used_by(failure, &member.layer));
            IndexMap::new()
        }
    }
}

/// The endpoint that a request goes to, which has to speak plain HTTP.
fn asked_endpoint(
    member: &Member,
    written: Option<&Spanned<String>>,
    span: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<String> {
    let found = match written {
        Some(written) => member.endpoints.get_key_value(&written.value),
        None => member.endpoints.first(),
    };
    let (place, message, help) = match (found, written) {
        (Some((name, endpoint)), _) if endpoint.scheme == "http" => return Some(name.clone()),
        (Some((name, endpoint)), written) => {
            let message = format!(
                "`{name}` of `{}` speaks {}, and a check asks plain HTTP",
                member.name, endpoint.scheme
            );
            let help = "name another one with `endpoint`, or ask with a `command` in the container";
            (written.map_or(span, |written| written.span), message, help.to_owned())
        }
        (None, Some(written)) => {
            let message = format!("`{}` has no endpoint `{}`", member.name, written.value);
            (written.span, message, did_you_mean(written, member.endpoints.keys().map(String::as_str)))
        }
        (None, None) => {
            let message = format!("there is nothing to ask: `{}` listens nowhere", member.name);
            (span, message, "say what it listens on: `listen: 8080`".to_owned())
        }
    };
    if !member.broken {
        diagnostics.push(Fault::UnknownEndpoint.at(place, message).help(help));
    }
    None
}
