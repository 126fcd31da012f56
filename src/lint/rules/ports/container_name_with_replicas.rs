//! A name for the container of a service that has several.
//!
//! Docker knows each container by a unique name, so Docker Compose refuses the project. Without `container_name` each
//! one gets a name with a number, and others reach all of them by the name of the service.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   worker:
//!     image: example/worker:1.4
//!     container_name: worker
//!     deploy:
//!       replicas: 2
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   worker:
//!     image: example/worker:1.4
//!     deploy:
//!       replicas: 2
//! ```
//!
//! ## Source
//!
//! The compose specification, "container_name": a service with one cannot scale beyond one container. `docker compose
//! config` says "container name must be unique".

use crate::lint::{Findings, Rule, Set, edits};
use compose_reader::compose::Project;
use compose_reader::diagnostic::{Applicability, Fix, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG204",
    name: "container-name-with-replicas",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let Some(replicas) = service.resources.replicas.filter(|replicas| replicas.count > 1) else {
            continue;
        };
        let Some(text) = &service.container_name else { continue };
        if text.value().is_some_and(|name| name.is_empty()) {
            continue;
        }
        let (name, count) = (&service.name, replicas.count);
        let message = format!("`{name}` has {count} containers, but one name for them");
        let finding = RULE
            .on(&[&name], text.span, message)
            .related(replicas.span, format!("{count} containers"))
            .help(format!("remove this line: others reach the service as `{name}` all the same"));
        findings.push(match edits::remove_pair(project.sources, "container_name", text.span) {
            None => finding,
            Some(edit) => finding.fix(Fix {
                title: "remove `container_name`".to_owned(),
                applicability: Applicability::Safe,
                edits: vec![edit],
            }),
        });
    }
}
