//! Keys that exclude each other, or say two things about one.
//!
//! `network_mode` and `networks`, `dockerfile` and `dockerfile_inline`, `scale` and `deploy.replicas`, `mem_limit` and
//! `deploy.resources.limits.memory`, `external` and anything that makes the resource: Docker Compose refuses the project.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     network_mode: host
//!     networks: [front]
//! networks:
//!   front:
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     network_mode: host
//! networks:
//!   front:
//! ```
//!
//! ## Source
//!
//! The compose specification, section by section; what `docker compose config` refuses.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG103",
    name: "exclusive-keys",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::ExclusiveKeys).map(|problem| RULE.of(problem)));
}
