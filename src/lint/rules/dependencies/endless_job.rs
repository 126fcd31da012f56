//! A wait for the end of a service that is always restarted.
//!
//! With `restart: always` or `unless-stopped`, Docker starts the container again as soon as it has ended, also when it
//! ended well. Its end never comes, and what waits for it never starts.
//!
//! ## Bad
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
//!     restart: unless-stopped
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
//!     restart: on-failure
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Start containers automatically"; the compose specification, "depends_on" and "restart".

use crate::lint::{Findings, Rule, Set, jobs};
use compose_reader::compose::{Condition, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG308",
    name: "endless-job",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        for dependency in &service.depends_on {
            let Some(target) = project.services.get(&dependency.name) else { continue };
            if dependency.condition != Some(Condition::Completed) || !jobs::is_restarted(target) {
                continue;
            }
            let name = &target.name;
            findings.push(
                RULE.on(
                    &[&service.name, &name],
                    dependency.condition_span.unwrap_or(dependency.span),
                    format!(
                        "`{}` waits for the end of `{name}`, which is restarted whenever it ends",
                        service.name
                    ),
                )
                .related(target.span, format!("`{name}` is restarted"))
                .help(format!("write `restart: on-failure` in `{name}`, or remove its `restart`")),
            );
        }
    }
}
