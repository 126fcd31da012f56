//! A key that means nothing any more: the top-level `version`, `name` inside `external`.
//!
//! Docker Compose warns of it at every command. `version` chooses no feature and no schema: the newest one holds for every file.
//! `external: {name: x}` is the old way to write `external: true` and `name: x`.
//!
//! ## Bad
//!
//! ```yaml
//! version: "3.8"
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
//! The compose specification, "Version and name".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG013",
    name: "obsolete-version",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::ObsoleteVersion).map(|problem| RULE.of(problem)));
}
