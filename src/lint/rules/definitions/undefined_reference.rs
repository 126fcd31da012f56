//! A network, volume, secret, config, model or service that is used and declared nowhere.
//!
//! Docker Compose refuses the project. Networks and volumes of other projects are declared with `external: true`.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     networks: [front]
//! networks:
//!   frontend:
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     networks: [front]
//! networks:
//!   front:
//! ```
//!
//! ## Source
//!
//! The compose specification, "networks", "volumes", "secrets", "configs", "extends".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG101",
    name: "undefined-reference",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    // A fragment uses what is declared in the file that it is laid over.
    if !project.is_fragment {
        findings.extend(project.problems_of(Fault::UndefinedReference).map(|problem| RULE.of(problem)));
    }
}
