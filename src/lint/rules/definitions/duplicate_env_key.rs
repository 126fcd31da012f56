//! A variable, label or build argument that stands twice in one list.
//!
//! Docker Compose takes the last and says nothing; whoever changes the first one wonders why nothing happens. In a mapping
//! the same mistake is refused.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment:
//!       - LOG_LEVEL=info
//!       - PORT=8000
//!       - LOG_LEVEL=debug
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment:
//!       - LOG_LEVEL=debug
//!       - PORT=8000
//! ```
//!
//! ## Source
//!
//! What `docker compose config` prints for such lists; compose-go, `override/uncity.go`.

use crate::lint::{Findings, Rule, Set, edits};
use compose_reader::compose::{Project, Repeated};
use compose_reader::diagnostic::{Applicability, Fix, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG108",
    name: "duplicate-env-key",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for (service, repeated) in &project.repeated {
        let Repeated { list, key, first, second } = repeated;
        if matches!(&**list, "volumes" | "configs" | "secrets") {
            continue;
        }
        let message = format!("`{key}` stands twice in `{list}` of `{service}`");
        let is_same = first == second;
        let label = if is_same { "again here" } else { "this one holds" };
        let finding = RULE
            .on(&[&key, &list, &service], second.place(), message)
            .label(label)
            .related(first.place(), if is_same { "first here" } else { "this one counts for nothing" })
            .help("keep one of the two");
        let edit = edits::remove_item(project.sources, first.place()).filter(|_| first.alias.is_none());
        findings.push(match edit {
            None => finding,
            Some(edit) => finding.fix(Fix {
                title: "remove the first one".to_owned(),
                applicability: if is_same { Applicability::Safe } else { Applicability::Unsafe },
                edits: vec![edit],
            }),
        });
    }
}
