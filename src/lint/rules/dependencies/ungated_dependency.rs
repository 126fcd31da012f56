//! A dependency that waits for a process to start, although the service has a health check to wait for.
//!
//! `depends_on: [db]` is over as soon as the container of `db` runs, seconds before the database answers. The service
//! then fails its first connections, and whether it survives them is luck. The health check is there; a condition
//! makes Compose wait for it.
//!
//! Where `condition: service_started` is written out, somebody decided so, and the finding is a hint only.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     depends_on: [db]
//!   db:
//!     image: postgres:18
//!     healthcheck:
//!       test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U postgres"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     depends_on:
//!       db:
//!         condition: service_healthy
//!   db:
//!     image: postgres:18
//!     healthcheck:
//!       test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U postgres"]
//! ```
//!
//! ## Source
//!
//! The compose specification, "depends_on", long syntax; Docker's manual, "Control startup and shutdown order".

use crate::lint::{Findings, Rule, Set, edits, jobs};
use compose_reader::compose::{Condition, Dependency, Health, Project, Service};
use compose_reader::diagnostic::{Applicability, Fix, Severity};
use compose_reader::source::{Span, range};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG303",
    name: "ungated-dependency",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        for dependency in &service.depends_on {
            let Some(probe) = probe_of(project, dependency) else { continue };
            // Peers of a cluster are ready only together.
            if dependency.condition != Some(Condition::Started) || are_peers(project, service, dependency) {
                continue;
            }
            // Whoever writes `service_started` out has decided so.
            let is_decided = dependency.condition_span.is_some();
            let name = &dependency.name;
            let message =
                format!("`{}` starts as soon as `{name}` runs, not when it is healthy", service.name);
            let finding = RULE
                .on(&[&service.name, &name], dependency.condition_span.unwrap_or(dependency.span), message)
                .related(probe, format!("`{name}` has a health check"))
                .help(format!("wait for it:\n\ndepends_on:\n  {name}:\n    condition: service_healthy"))
                .severity(if is_decided { Severity::Hint } else { RULE.severity });
            let edits = edits::wait_for(project, service, dependency, "service_healthy");
            findings.push(match edits.filter(|_| !is_decided) {
                None => finding,
                Some(edits) => finding.fix(Fix {
                    title: format!("wait until `{name}` is healthy"),
                    applicability: Applicability::Safe,
                    edits,
                }),
            });
        }
    }
}

/// Whether both are told of each other: a node of a cluster may be healthy only once it has found the others.
fn are_peers(project: &Project<'_>, service: &Service, dependency: &Dependency) -> bool {
    let tells = |one: &Service, other: &str| {
        let values = one.variables().map(|(_, value)| value).chain(&one.arguments);
        values.into_iter().any(|value| names(&value.sketch(), other))
    };
    project
        .services
        .get(&dependency.name)
        .is_some_and(|target| tells(target, &service.name) && tells(service, &target.name))
}

/// Whether a text names a service.
fn names(text: &str, service: &str) -> bool {
    let is_part = |next: char| next.is_alphanumeric() || matches!(next, '_' | '-' | '.');
    range::around(text, service)
        .any(|(before, behind)| !before.ends_with(is_part) && !behind.starts_with(is_part))
}

fn probe_of(project: &Project<'_>, dependency: &Dependency) -> Option<Span> {
    let target = project.services.get(&dependency.name)?;
    // The health check of a Dockerfile is made for the program that it runs, and a job may be built from it too.
    let is_another = target.is_probed_by_image() && (!target.arguments.is_empty() || jobs::may_end(target));
    match target.health {
        Health::Probe(span) if !is_another => Some(span),
        _ => None,
    }
}
