//! A service that may take all the memory of its machine.
//!
//! When a machine has no memory left, the kernel ends whatever program it chooses, which may be the database. With a limit it
//! ends the one that took too much.
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
//!     deploy:
//!       resources:
//!         limits:
//!           memory: 512M
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Resource constraints", understand the risks of running out of memory.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Project, Text};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG717",
    name: "unlimited-resources",
    severity: Severity::Warning,
    set: Set::Strict,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !service.is_partial) {
        let is_limit = |text: &Text| !matches!(text.raw(), "0" | "-1");
        if service.resources.memory.as_ref().is_some_and(is_limit) {
            continue;
        }
        findings.push(
            RULE.on(
                &[&service.name],
                service.span,
                format!("`{}` may take all the memory of its machine", service.name),
            )
            .help("give it a limit:\n\ndeploy:\n  resources:\n    limits:\n      memory: 512M"),
        );
    }
}
