//! A value of a type that its key does not take: a number for text, a list for a mapping.
//!
//! YAML reads `3.10` as a number and `2001-12-14` as a date. Where the specification wants text, Docker Compose refuses the
//! project and names the first such value only.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     user: 1000
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     user: "1000"
//! ```
//!
//! ## Source
//!
//! The JSON Schema of the compose specification; YAML scalars as go-yaml types them.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG004",
    name: "wrong-type",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::WrongType).map(|problem| RULE.of(problem)));
}
