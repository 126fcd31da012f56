//! Two definitions of one thing that cannot be merged.
//!
//! Files of one project, and the documents of one file, are laid over each other. A mapping takes another mapping, a list
//! another list; Docker Compose refuses anything else, and a resource that an included file defines otherwise.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     security_opt: ["no-new-privileges:true"]
//! ---
//! services:
//!   web:
//!     security_opt: {seccomp: unconfined}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     environment: [MODE=development]
//! ---
//! services:
//!   web:
//!     environment: {MODE: production}
//! ```
//!
//! ## Source
//!
//! The compose specification, "Merge" and "include".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG012",
    name: "merge-conflict",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::MergeConflict).map(|problem| RULE.of(problem)));
}
