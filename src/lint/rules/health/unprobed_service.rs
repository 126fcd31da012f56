//! A service that goes on running, without a health check.
//!
//! Docker knows of such a service only that its process is there. One that hangs, or that has lost its database, looks like
//! one that works: nothing restarts it, no gateway leaves it out, and `docker compose up --wait` is satisfied. Services
//! that others wait for are `missing-probe`; jobs, images that bring a health check, and images in which none can be run
//! need none.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     healthcheck:
//!       test: ["CMD", "curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1/"]
//! ```
//!
//! ## Source
//!
//! Docker's reference, "HEALTHCHECK"; the compose specification, "healthcheck".

use crate::lint::{Findings, Rule, Set, images, jobs, probes};
use compose_reader::compose::{Condition, Health, Project, Service};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG411",
    name: "unprobed-service",
    severity: Severity::Warning,
    set: Set::Strict,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| is_unprobed(project, service)) {
        findings.push(
            RULE.on(&[&service.name], service.span, format!("nothing says whether `{}` works", service.name))
                .help(probes::probe_help(service)),
        );
    }
}

fn is_unprobed(project: &Project<'_>, service: &Service) -> bool {
    let is_awaited = |condition: &Option<Condition>, span| match condition {
        Some(Condition::Completed | Condition::Healthy) => true,
        // `missing-probe` has said it.
        Some(Condition::Started) => span,
        None => false,
    };
    let has_one = images::ships_probe(service) == Some(true) || images::is_scratch(service);
    service.health == Health::Unstated
        && !service.is_partial
        && !has_one
        && !jobs::may_end(service)
        && !project
            .dependents(&service.name)
            .any(|(_, entry)| is_awaited(&entry.condition, entry.condition_span.is_none()))
}
