//! A variable that the file demands with `${NAME:?}`, and that `.env` does not set.
//!
//! Docker Compose refuses the project until the variable has a value. Only a project with a `.env`, or an example of one,
//! is held against it: elsewhere variables come from somewhere that cannot be seen here.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:${TAG:?say which version}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:${TAG:-1.4}
//! ```
//!
//! ## Source
//!
//! The compose specification, "Interpolation".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG007",
    name: "missing-variable",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::MissingVariable).map(|problem| RULE.of(problem)));
}
