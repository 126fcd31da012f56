//! A project that stands for more than can be read.
//!
//! An alias inside an anchor that is itself repeated multiplies: a few lines stand for millions of values. Docker Compose
//! writes all of them out before it looks at any, which takes minutes or never ends. Variables inside variables multiply as
//! well, and so do services that extend services and files that include files. The limits are 250,000 values, 32 MiB of
//! files and values of variables, 16 MiB for one file, 1,000 files, and 100 levels of anything that nests.
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
    name: "oversized-project",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::Oversized).map(|problem| RULE.of(problem)));
}
