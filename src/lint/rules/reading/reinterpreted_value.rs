//! A value without quotes that arrives as another one: `0700` as `448`, `3.10` as `3.1`.
//!
//! YAML reads what looks like a number as a number, in octal where it begins with a zero, and Docker Compose hands the
//! number on: a mode, a version, a secret of digits is not what it was. `True` arrives as `true`. Only values that
//! change are flagged.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment:
//!       PYTHON_VERSION: 3.10
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment:
//!       PYTHON_VERSION: "3.10"
//! ```
//!
//! ## Source
//!
//! What `docker compose config` prints for such values in `environment`, `labels`, `args` and their like; go-yaml,
//! `resolve.go`.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Coerced, Project};
use compose_reader::diagnostic::{Applicability, Edit, Fix, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG015",
    name: "reinterpreted-value",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for value in &project.coerced {
        let Coerced { name, span, written, received, .. } = value;
        let what = if value.is_boolean { "a boolean" } else { "a number" };
        let message = format!("YAML reads `{}` as {what}: `{name}` becomes `{received}`", shortened(written));
        let quoted = format!("\"{written}\"");
        let help = match value.is_boolean {
            true => format!("write `{received}`, or `{quoted}` if the large letter matters"),
            false => format!("write it in quotes: `{quoted}`"),
        };
        // Programs seldom tell `True` from `true`.
        let severity = if value.is_boolean { Severity::Hint } else { Severity::Warning };
        let finding =
            RULE.on(&[&shortened(written), &name, &received], *span, message).severity(severity).help(help);
        let applicability = if value.is_boolean { Applicability::Unsafe } else { Applicability::Safe };
        let is_plain = project.sources.slice(*span) == &**written;
        findings.push(match is_plain {
            false => finding,
            true => finding.fix(Fix {
                title: "put it in quotes".to_owned(),
                applicability,
                edits: vec![Edit { span: *span, content: quoted }],
            }),
        });
    }
}

/// The beginning of a long value.
fn shortened(written: &str) -> String {
    match written.char_indices().nth(20) {
        Some((at, _)) => format!("{}…", &written[..at]),
        None => written.to_owned(),
    }
}
