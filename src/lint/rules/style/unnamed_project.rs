//! A project that has no name.
//!
//! Compose takes the name of the folder instead, which is part of the names of its containers, networks and volumes. In a
//! folder of another name (a second clone, a worktree, a release directory) it is another project, with other volumes.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//! ```
//!
//! ## Good
//!
//! ```yaml
//! name: shop
//! services:
//!   api:
//!     image: example/api:1.4
//! ```
//!
//! ## Source
//!
//! The compose specification, "Name top-level element"; Docker's manual, "Specify a project name".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;
use compose_reader::source::Span;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG805",
    name: "unnamed-project",
    severity: Severity::Hint,
    set: Set::Pedantic,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let Some((_, first)) = project.services.first() else { return };
    if project.name.is_some() || !project.is_complete() {
        return;
    }
    let file = Span::new(first.span.source, 0, 0);
    findings.push(
        RULE.at(file, "the folder gives this project its name")
            .help("write a name at the top of the file: `name: shop`, in lower case"),
    );
}
