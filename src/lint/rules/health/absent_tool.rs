//! A health check that calls a program which is not in the image.
//!
//! Small images have no `curl`, many have no `wget` either, some not even a shell. The check then fails for ever with
//! "executable file not found", the service is unhealthy although it works, and whatever waits for it never starts.
//! Flagged is what is known to be missing from an image, with what its tag says taken into account; where a service is
//! built, from the image that its Dockerfile begins with, unless that installs it. A program that stands behind a `||` as
//! the second choice is not missed.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   vectors:
//!     image: qdrant/qdrant:v1.19.0
//!     healthcheck:
//!       test: ["CMD", "curl", "-f", "http://127.0.0.1:6333/readyz"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   vectors:
//!     image: qdrant/qdrant:v1.19.0
//!     healthcheck:
//!       test: ["CMD", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/6333"]
//! ```
//!
//! ## Source
//!
//! The images' own Dockerfiles, each named in `catalog/images.yaml`; moby, `daemon/health.go`: a test that cannot be run
//! counts as a failure.

use crate::lint::images::{self, Inside};
use crate::lint::script::{Call, Then, calls_of, script_of};
use crate::lint::{Findings, Rule, Set, probes};
use compose_reader::compose::{Probe, Project, Service};
use compose_reader::diagnostic::{Diagnostic, Severity, enumerate};
use compose_reader::source::Span;
use compose_reader::values::TestForm;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG402",
    name: "absent-tool",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let Some(inside) = images::inside(service) else { continue };
        let Some(probe) = &service.probe else { continue };
        if let Some(finding) = shell(service, &inside, probe) {
            findings.push(finding);
            continue;
        }
        let calls = calls_of(probe);
        let is_checked = |tool: &str| {
            let asks = |call: &&Call| ["command", "which", "type", "hash"].contains(&call.program());
            calls.iter().filter(asks).any(|call| call.arguments().any(|argument| argument == tool))
        };
        for choices in choices(&calls) {
            let absent = |call: &&Call| {
                inside.has(call.program()) == Some(false)
                    && is_looked_up(call)
                    && !is_checked(call.program())
                    && !is_installed(service, call.program())
            };
            let lacking: Vec<&Call> =
                choices.iter().filter_map(|pipeline| pipeline.iter().find(absent)).collect();
            if let [first, ..] = lacking[..]
                && lacking.len() == choices.len()
            {
                let Some(word) = first.words.first() else { continue };
                findings.push(finding(service, &inside, word.span, first.program()));
            }
        }
    }
}

/// The shell that a test needs, where there is none.
fn shell(service: &Service, inside: &Inside<'_>, probe: &Probe) -> Option<Diagnostic> {
    let (span, shell) = match (probe.form, script_of(probe)) {
        (TestForm::Shell, Some((script, _))) => (script.span, "sh".to_owned()),
        (TestForm::Program, Some(_)) => {
            let program = probe.words.first()?;
            (program.span, program.raw().rsplit('/').next()?.to_owned())
        }
        _ => return None,
    };
    let is_absent = inside.has(&shell) == Some(false) && !is_installed(service, &shell);
    is_absent.then(|| finding(service, inside, span, &shell))
}

fn finding(service: &Service, inside: &Inside<'_>, span: Span, tool: &str) -> Diagnostic {
    let image = images::reference(service);
    let image = image.as_deref().unwrap_or_default().split('@').next().unwrap_or_default();
    let message = format!("the health check of `{}` needs `{tool}`, which is not in its image", service.name);
    let finding = RULE.on(&[&service.name, &tool], span, message).label(format!("not in `{image}`"));
    let Some(dockerfile) = &service.dockerfile else { return finding.help(probes::probe_help(service)) };
    let help = match inside.tools()[..] {
        [] if inside.has("sh") == Some(false) => {
            "let a program that is copied into it answer, with `CMD`, or build it on an image with a shell"
                .to_owned()
        }
        [] => format!("install `{tool}` in its Dockerfile"),
        ref tools => {
            format!("install `{tool}` in its Dockerfile, or ask with what is there: {}", enumerate(tools))
        }
    };
    finding.related(dockerfile.from, "it is built on this, and nothing installs it").help(help)
}

/// The calls as alternatives: each a list of pipelines, of which the next one is run if one fails.
fn choices(calls: &[Call]) -> Vec<Vec<&[Call]>> {
    let mut all = Vec::new();
    let mut choices = Vec::new();
    for pipeline in calls.chunk_by(|call, _| call.then == Then::Pipe) {
        let gives_up = ["exit", "false", "echo", "kill", "true", ":"];
        if !pipeline.iter().all(|call| gives_up.contains(&call.program())) {
            choices.push(pipeline);
        }
        if pipeline.last().is_none_or(|call| call.then != Then::Or) {
            all.push(std::mem::take(&mut choices));
        }
    }
    all.push(choices);
    all.retain(|choices| !choices.is_empty());
    all
}

/// Whether a program is searched for, and not named by a path that may be mounted.
fn is_looked_up(call: &Call) -> bool {
    let word = call.words.first().map_or("", |word| &*word.text);
    !word.contains('/') || ["/bin/", "/usr/bin/"].iter().any(|folder| word.starts_with(folder))
}

/// Whether the service's own command brings a program.
fn is_installed(service: &Service, tool: &str) -> bool {
    service.arguments.iter().any(|argument| {
        let text = argument.raw();
        text.contains(tool) && ["apk", "apt", "install"].iter().any(|manager| text.contains(manager))
    })
}
