//! Aliases that stand for more values than anybody can read.
//!
//! An alias inside an anchor that is itself repeated multiplies: a few lines stand for millions of values. Docker Compose
//! writes all of them out before it looks at any, which takes minutes or never ends. One million values is the limit here.
//!
//! ## Bad
//!
//! ```yaml
//! x-a: &a [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
//! x-b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
//! x-c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
//! x-d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
//! x-e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
//! x-f: [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
//! services:
//!   web:
//!     image: nginx:1.31
//! ```
//!
//! ## Good
//!
//! ```yaml
//! x-a: &a [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
//! services:
//!   web:
//!     image: nginx:1.31
//!   other:
//!     image: nginx:1.31
//!     x-numbers: *a
//! ```
//!
//! ## Source
//!
//! The YAML specification, "Alias Nodes"; compose-go, `loader/reset.go`: each alias is decoded by itself, without the limit
//! that go-yaml has for a whole document.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG016",
    name: "alias-bomb",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::AliasBomb).map(|problem| RULE.of(problem)));
}
