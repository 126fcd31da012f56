//! A job that nothing waits for.
//!
//! `docker compose up --wait` takes a container that has ended for a failure, even if it ended well, unless another
//! service waits for that with `service_completed_successfully`: it exits with 1 although everything is as it should be.
//! And what needs the job's work starts without it. Jobs with a profile are run by hand, and are left alone.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!   migrate:
//!     image: example/api:1.4
//!     command: [migrate]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     depends_on:
//!       migrate:
//!         condition: service_completed_successfully
//!   migrate:
//!     image: example/api:1.4
//!     command: [migrate]
//! ```
//!
//! ## Source
//!
//! Docker Compose 2.40 with Docker Engine 26.1, tried: "container … exited (0)", exit code 1.

use crate::lint::{Findings, Rule, Set, jobs};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG307",
    name: "unawaited-job",
    severity: Severity::Hint,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    if !project.is_complete() || project.services.len() < 2 {
        return;
    }
    for service in project.services.values().filter(|service| service.profiles.is_empty()) {
        let name = &service.name;
        if !jobs::is_job(service) || project.dependents(name).next().is_some() {
            continue;
        }
        findings.push(
            RULE.on(
                &[&name],
                service.span,
                format!("nothing waits for `{name}`, so `up --wait` fails when it has ended"),
            )
            .help(format!(
                "let the service that needs its work wait for it, or give it a profile if it is run by \
                     hand:\n\ndepends_on:\n  {name}:\n    condition: service_completed_successfully"
            )),
        );
    }
}
