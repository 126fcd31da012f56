//! Logs of a service that grow until the disk is full.
//!
//! Docker's default driver, `json-file`, keeps everything that a container has ever printed, and throws nothing away unless it
//! is told to. `local` does, and so does `json-file` with `max-size`.
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
//!     logging:
//!       driver: json-file
//!       options: { max-size: 10m, max-file: "3" }
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Configure logging drivers" and "JSON File logging driver": `max-size` is unlimited by default.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG718",
    name: "unlimited-logs",
    severity: Severity::Warning,
    set: Set::Strict,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !service.is_partial) {
        let driver = service.resources.log_driver.as_ref();
        let keeps_all = driver.is_none_or(|driver| driver.raw() == "json-file");
        if !keeps_all || service.resources.has_log_limit {
            continue;
        }
        findings.push(
            RULE.on(&[&service.name], driver.map_or(service.span, |driver| driver.span), format!("the logs of `{}` grow until the disk is full", service.name))
                .help("throw old ones away:\n\nlogging:\n  driver: json-file\n  options: { max-size: 10m, max-file: \"3\" }"),
        );
    }
}
