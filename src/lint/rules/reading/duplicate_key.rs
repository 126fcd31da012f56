//! The same key twice in one mapping.
//!
//! Docker Compose refuses the file. Other tools keep the last value and drop the first without a word, so that a
//! service or a setting disappears. `a` and `"a"` are the same key, and one mapping can have only one `<<`.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     restart: always
//!     image: nginx:1.30
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     restart: always
//! ```
//!
//! ## Source
//!
//! The YAML specification, 3.2.1.1: keys of a mapping are unique. `docker compose config` says "mapping key already
//! defined".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::{Diagnostic, Severity};
use compose_reader::yaml::Duplicate;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG002",
    name: "duplicate-key",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.duplicates.iter().map(finding));
}

/// What there is to say about a key that stands twice.
pub(in crate::lint) fn finding(duplicate: &Duplicate) -> Diagnostic {
    let key = &duplicate.key;
    let help = match &**key {
        "<<" => "list the anchors in one key: `<<: [*first, *second]`".to_owned(),
        _ => format!("keep one `{key}`, with what belongs to both"),
    };
    RULE.on(&[&key], duplicate.second, format!("`{key}` stands twice in one mapping"))
        .label("again here")
        .related(duplicate.first, "first here")
        .help(help)
}
