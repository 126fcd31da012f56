//! A service that extends itself, directly or through others.
//!
//! Docker Compose refuses the project, as the service would have no end.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     extends: api
//!   api:
//!     image: example/api:1.4
//!     extends: web
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     extends: api
//!   api:
//!     image: example/api:1.4
//! ```
//!
//! ## Source
//!
//! The compose specification, "extends".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG010",
    name: "extends-cycle",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::ExtendsCycle).map(|problem| RULE.of(problem)));
}
