//! A `${` that begins no variable.
//!
//! Docker Compose replaces `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `${NAME:+replacement}`, and refuses anything
//! else that begins so: what a shell would do with `${NAME#prefix}` it cannot. A `$` that is text is written `$$`.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:${TAG#v}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:${TAG:-1.4}
//!     command: echo $${HOSTNAME#web}
//! ```
//!
//! ## Source
//!
//! The compose specification, "Interpolation".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG006",
    name: "interpolation-syntax",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::InterpolationSyntax).map(|problem| RULE.of(problem)));
}
