//! `yes`, `no`, `on` or `off` where a boolean is read.
//!
//! In YAML 1.2 these are texts. Docker Compose still takes them for booleans where it wants one, with a warning, and as texts
//! everywhere else.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     tty: yes
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     tty: true
//!     environment:
//!       VERBOSE: yes
//! ```
//!
//! ## Source
//!
//! The YAML specification 1.2; what `docker compose config` warns of.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG014",
    name: "yaml11-boolean",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::Yaml11Boolean).map(|problem| RULE.of(problem)));
}
