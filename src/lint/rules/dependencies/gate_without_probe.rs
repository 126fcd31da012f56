//! A dependency that waits until a service is healthy, although that service has no health check.
//!
//! `docker compose config` accepts it. `docker compose up` then fails, after everything else has started:
//! "dependency failed to start: container … has no healthcheck configured". An image can bring a health check of its
//! own, and so can the Dockerfile of a service that is built; where that cannot be known, this is a warning.
//!
//! ## Bad
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
//! The compose specification, "depends_on"; Docker Compose 2.40 at `up`.

use crate::lint::{Findings, Rule, Set, images, probes};
use compose_reader::compose::{Condition, Health, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG304",
    name: "gate-without-probe",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        for dependency in &service.depends_on {
            if dependency.condition != Some(Condition::Healthy) {
                continue;
            }
            let Some(target) = project.services.get(&dependency.name) else { continue };
            let name = &dependency.name;
            let (severity, lack, place, label) = match (target.health, images::ships_probe(target)) {
                (Health::Probe(_), _) => continue,
                (Health::Disabled(span), _) => {
                    (Severity::Error, "its health check is disabled", span, "disabled here".to_owned())
                }
                (Health::Unstated, Some(true)) => continue,
                (Health::Unstated, _) if target.is_partial => continue,
                (Health::Unstated, Some(false)) => {
                    let label = format!("neither `{name}` nor its image has a health check");
                    (Severity::Error, "it has no health check", target.span, label)
                }
                (Health::Unstated, None) => {
                    let label = format!("no `healthcheck` in `{name}`");
                    (Severity::Warning, "it has no health check here", target.span, label)
                }
            };
            let mut finding = RULE
                .on(
                    &[&service.name, &name],
                    dependency.condition_span.unwrap_or(dependency.span),
                    format!("`{}` waits until `{name}` is healthy, but {lack}", service.name),
                )
                .severity(severity)
                .related(place, label)
                .help(match target.health {
                    Health::Disabled(_) if images::ships_probe(target) == Some(true) => {
                        "remove this, and the health check of the image holds again".to_owned()
                    }
                    _ => probes::probe_help(target),
                });
            if let (Health::Unstated, Some(dockerfile)) = (target.health, &target.dockerfile) {
                finding = finding.related(dockerfile.from, "built on this, without a `HEALTHCHECK`");
            }
            findings.push(finding);
        }
    }
}
