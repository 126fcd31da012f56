//! A file that is not YAML, or whose YAML cannot be a compose file.
//!
//! Nothing else can be said about such a file. Docker Compose stops at the first of these mistakes, often without
//! naming the line; here each file has its own finding, and the other files are still read.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     ports: ["80:80"
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     ports: ["80:80"]
//! ```
//!
//! ## Source
//!
//! The YAML specification, and what `docker compose config` refuses: an empty file, a file or a `services` or a
//! service that is no mapping.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project};
use compose_reader::diagnostic::Severity;
use compose_reader::source::{Span, range};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG001",
    name: "invalid-yaml",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for problem in project.problems_of(Fault::InvalidYaml) {
        let finding = RULE.of(problem);
        findings.push(match is_template(project, problem.span) {
            true => finding.help("this looks like a template; lint the file that it renders to"),
            false => finding,
        });
    }
}

/// Whether the line of a syntax error holds the brackets of a template engine.
fn is_template(project: &Project<'_>, span: Span) -> bool {
    let (text, at) = (project.sources.get(span.source).text(), span.start as usize);
    let line = text.get(range::line_start(text, at)..range::line_end(text, at)).unwrap_or_default();
    ["{{", "{%"].iter().any(|bracket| line.contains(bracket))
}
