//! Services that wait for each other in a circle.
//!
//! None of them can be the first to start, so Docker Compose refuses the project. `links`, `volumes_from` and the
//! `service:` modes of network, IPC and PID make a service wait as `depends_on` does.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:1.4
//!     depends_on: [api]
//!   api:
//!     image: example/api:1.4
//!     depends_on: [web]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:1.4
//!     depends_on: [api]
//!   api:
//!     image: example/api:1.4
//! ```
//!
//! ## Source
//!
//! The compose specification, "depends_on"; `docker compose config` says "dependency cycle detected".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG301",
    name: "dependency-cycle",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for circle in project.cycles() {
        let Some((first, _)) = circle.first() else { continue };
        let Some(((last, closing), edges)) = circle.split_last() else { continue };
        let names: Vec<&str> = circle.iter().map(|(service, _)| &*service.name).collect();
        let path = format!("{} → {}", names.join(" → "), first.name);
        let (message, help) = if edges.is_empty() {
            (format!("`{}` waits for itself", first.name), "remove this entry".to_owned())
        } else {
            let message = format!("services wait for each other in a circle: {path}");
            let help = format!(
                "remove the entry that is needed least, for instance this one: `{}` can start first, and connect to \
                 `{}` when it needs it",
                last.name, first.name
            );
            (message, help)
        };
        let label = |from: &str, to: &str, key: &str| match key {
            "depends_on" => format!("{from} → {to}"),
            _ => format!("{from} → {to}, through `{key}`"),
        };
        let finding =
            RULE.at(closing.span, message).label(label(&last.name, &closing.name, closing.key)).help(help);
        findings.push(edges.iter().fold(finding, |finding, (service, edge)| {
            finding.related(edge.span, label(&service.name, &edge.name, edge.key))
        }));
    }
}
