//! A file that includes itself, directly or through others.
//!
//! Docker Compose refuses the project, as it would have no end.
//!
//! ## Bad
//!
//! ```yaml
//! include: [compose.yaml]
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
//! ```
//!
//! ## Source
//!
//! The compose specification, "include".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG011",
    name: "include-cycle",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::IncludeCycle).map(|problem| RULE.of(problem)));
}
