//! A key that the compose specification does not have.
//!
//! Docker Compose refuses the whole project for one key that it does not know, which is most often a misspelt one or one in
//! the wrong place. A key of your own begins with `x-`.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     enviroment:
//!       MODE: production
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     environment:
//!       MODE: production
//! x-note: keys of your own begin with x-
//! ```
//!
//! ## Source
//!
//! The JSON Schema of the compose specification, which `docker compose config` holds every file against.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG003",
    name: "unknown-key",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::UnknownKey).map(|problem| RULE.of(problem)));
}
