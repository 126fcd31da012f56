//! A variable without a default that neither `.env` nor an example of it sets.
//!
//! Docker Compose warns, and puts nothing in its place: `image: web:${TAG}` becomes `web:`, and a password becomes empty. Only
//! a project with a `.env`, or an example of one, is held against it.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:$TAG
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
    code: "SG008",
    name: "unset-variable",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::UnsetVariable).map(|problem| RULE.of(problem)));
}
