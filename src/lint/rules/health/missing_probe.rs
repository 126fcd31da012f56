//! A service that others wait for, without a health check that says when it is ready.
//!
//! Without one, `depends_on` can only wait for the process to start. A database that still initialises counts as
//! started, and what depends on it fails or retries. Jobs, which others await with `service_completed_successfully`
//! or which end by design, need none.
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
//! The compose specification, "healthcheck"; Docker's manual, "Control startup and shutdown order".

use crate::lint::{Findings, Rule, Set, images, jobs, probes};
use compose_reader::compose::{Condition, Health, Project, Service};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG401",
    name: "missing-probe",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let silent = |service: &&Service| service.health == Health::Unstated && !service.is_partial;
    for service in project.services.values().filter(silent) {
        let awaited = |condition| {
            let mut dependents = project.dependents(&service.name);
            dependents.any(|(_, dependency)| dependency.condition == Some(condition))
        };
        // Whoever writes `service_started` out has decided not to wait until it is ready.
        let waiting = || {
            let dependents = project.dependents(&service.name);
            dependents.filter(|(_, dependency)| {
                dependency.condition == Some(Condition::Started) && dependency.condition_span.is_none()
            })
        };
        // Of a service that somebody awaits healthy, `gate-without-probe` has said it.
        if waiting().next().is_none() || awaited(Condition::Healthy) || awaited(Condition::Completed) {
            continue;
        }
        if jobs::may_end(service) || has_no_choice(service) {
            continue;
        }
        let mut dependents = waiting();
        let Some((first, dependency)) = dependents.next() else { continue };
        let label = match dependents.count() {
            0 => format!("`{}` waits for it", first.name),
            1 => format!("`{}` and another one wait for it", first.name),
            more => format!("`{}` and {more} others wait for it", first.name),
        };
        findings.push(
            RULE.on(
                &[&service.name],
                service.span,
                format!("no health check says when `{}` is ready", service.name),
            )
            .related(dependency.span, label)
            .help(probes::probe_help(service)),
        );
    }
}

/// Whether its image has a health check already, or cannot have one.
fn has_no_choice(service: &Service) -> bool {
    images::ships_probe(service) == Some(true) || images::is_scratch(service)
}
