//! A value of the right type that its key does not take: a port, a duration, a size, a mount, one of some words.
//!
//! Docker Compose refuses the project, and says so for the first such value only, without its line.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     ports: ["80800:80"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     ports: ["8080:80"]
//! ```
//!
//! ## Source
//!
//! The compose specification, "ports", "volumes", "healthcheck" and "Specifying byte values and durations".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG005",
    name: "invalid-value",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::InvalidValue).map(|problem| RULE.of(problem)));
}
