//! A port mapping without quotes.
//!
//! Readers of YAML 1.1 take `22:22` for a number in base 60. Docker Compose does not, but scripts, editors and other tools
//! that read the same file may.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   git:
//!     image: example/git:1.4
//!     ports:
//!       - 127.0.0.1:22:22
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   git:
//!     image: example/git:1.4
//!     ports:
//!       - "127.0.0.1:22:22"
//! ```
//!
//! ## Source
//!
//! YAML 1.1, "Integer Language-Independent Type", sexagesimal numbers; the compose specification, "ports", which recommends
//! quotes.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::{Applicability, Edit, Fix, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG803",
    name: "unquoted-port",
    severity: Severity::Hint,
    set: Set::Pedantic,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for port in project.services.values().flat_map(|service| &service.ports).filter(|port| !port.is_long) {
        let written = project.sources.slice(port.span);
        if written.starts_with(['"', '\'']) || !written.contains(':') || written.contains('\n') {
            continue;
        }
        let quoted = format!("\"{written}\"");
        findings.push(
            RULE.on(&[&written], port.span, format!("`{written}` has no quotes"))
                .help(format!("write `{quoted}`"))
                .fix(Fix {
                    title: "add quotes".to_owned(),
                    applicability: Applicability::Safe,
                    edits: vec![Edit { span: port.span, content: quoted }],
                }),
        );
    }
}
