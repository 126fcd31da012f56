//! A file that the project names in `include` or `extends`, and that is not there.
//!
//! Docker Compose refuses the project. Env files are not looked for: they are often kept out of a repository, and are there
//! where the project is started.
//!
//! ## Bad
//!
//! ```yaml
//! include: [monitoring.yaml]
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
//!     env_file:
//!       - path: local.env
//!         required: false
//! ```
//!
//! ## Source
//!
//! The compose specification, "env_file", "include" and "extends".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG009",
    name: "missing-file",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::MissingFile).map(|problem| RULE.of(problem)));
}
