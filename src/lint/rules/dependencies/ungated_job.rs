//! A dependency on a job that waits for its start, not for its end.
//!
//! `depends_on: [migrate]` is over as soon as the container of `migrate` runs, with nothing migrated yet. With
//! `service_completed_successfully`, Compose waits until it has ended well, and stops if it has not. A job is what another
//! service already awaits so, and what is called a migration, an initialisation or a seed and is not restarted. Where
//! `condition: service_started` is written out, the finding is a hint only.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     depends_on: [migrate]
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
//! The compose specification, "depends_on", long syntax.

use crate::lint::{Findings, Rule, Set, edits, jobs};
use compose_reader::compose::{Condition, Project, Service};
use compose_reader::diagnostic::{Applicability, Fix, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG306",
    name: "ungated-job",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

const CONDITION: &str = "service_completed_successfully";

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        for dependency in &service.depends_on {
            let Some(target) = project.services.get(&dependency.name) else { continue };
            if dependency.condition != Some(Condition::Started) || !is_job(project, target) {
                continue;
            }
            // Whoever writes `service_started` out has decided so.
            let is_decided = dependency.condition_span.is_some();
            let name = &dependency.name;
            let message =
                format!("`{}` starts while `{name}` still works, not when it is done", service.name);
            let finding = RULE
                .on(&[&service.name, &name], dependency.condition_span.unwrap_or(dependency.span), message)
                .severity(if is_decided { Severity::Hint } else { RULE.severity })
                .related(target.span, "the job")
                .help(format!("wait for its end:\n\ndepends_on:\n  {name}:\n    condition: {CONDITION}"));
            let edits = edits::wait_for(project, service, dependency, CONDITION);
            findings.push(match edits.filter(|_| !is_decided) {
                None => finding,
                Some(edits) => finding.fix(Fix {
                    title: format!("wait until `{name}` is done"),
                    applicability: Applicability::Unsafe,
                    edits,
                }),
            });
        }
    }
}

fn is_job(project: &Project<'_>, target: &Service) -> bool {
    let mut dependents = project.dependents(&target.name);
    let is_awaited = dependents.any(|(_, entry)| entry.condition == Some(Condition::Completed));
    is_awaited && !jobs::is_restarted(target) || jobs::is_job(target)
}
