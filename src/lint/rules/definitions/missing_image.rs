//! A service with neither an image nor a build.
//!
//! Docker Compose refuses the project: there is nothing to run. A file of services without images that is meant to be laid
//! over another one is not held against it.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: ""
//!     ports: ["8080:80"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     build: ./web
//!     ports: ["8080:80"]
//! ```
//!
//! ## Source
//!
//! The compose specification, "image" and "build".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;
use compose_reader::source::Span;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG102",
    name: "missing-image",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    if !project.is_complete() {
        return;
    }
    // A service that is defined in an included file as well is told by the rule about that.
    let conflicts: Vec<Span> =
        project.problems_of(Fault::MergeConflict).map(|problem| problem.span).collect();
    let missing = project.problems_of(Fault::MissingImage);
    findings
        .extend(missing.filter(|problem| !conflicts.contains(&problem.span)).map(|problem| RULE.of(problem)));
}
