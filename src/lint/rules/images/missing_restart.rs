//! A service that goes on running, and that nothing starts again.
//!
//! Without `restart` a container that ends, and every container after the machine has been restarted, stays down.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     restart: unless-stopped
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Start containers automatically"; the compose specification, "restart" and "deploy.restart_policy".

use crate::lint::{Findings, Rule, Set, edits, jobs};
use compose_reader::compose::{Condition, Project, Service};
use compose_reader::diagnostic::{Applicability, Fix, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG605",
    name: "missing-restart",
    severity: Severity::Warning,
    set: Set::Strict,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| stays_down(project, service)) {
        let finding = RULE
            .on(
                &[&service.name],
                service.span,
                format!("nothing starts `{}` again when it has ended", service.name),
            )
            .help("write `restart: unless-stopped`, or `restart: \"no\"` if it is there to end");
        findings.push(match edits::add_pair(project, service, "restart: unless-stopped") {
            None => finding,
            Some(edit) => finding.fix(Fix {
                title: "start it again unless somebody stops it".to_owned(),
                applicability: Applicability::Unsafe,
                edits: vec![edit],
            }),
        });
    }
}

fn stays_down(project: &Project<'_>, service: &Service) -> bool {
    let mut dependents = project.dependents(&service.name);
    service.restart.is_none()
        && service.resources.restart_condition.is_none()
        && !service.is_partial
        && !jobs::may_end(service)
        && !dependents.any(|(_, entry)| entry.condition == Some(Condition::Completed))
}
