//! Two services that give their containers the same name.
//!
//! Docker knows each container of a machine by a unique name, so Docker Compose refuses the project. Without
//! `container_name`, Compose makes a name that is unique, and services find each other by their own names anyway.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     container_name: shop
//!   api:
//!     image: example/api:1.4
//!     container_name: shop
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     container_name: shop
//!   api:
//!     image: example/api:1.4
//! ```
//!
//! ## Source
//!
//! The compose specification, "container_name"; `docker compose config` says "container name is already in use".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Project, Service, Text};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG202",
    name: "container-name-collision",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let mut seen: Vec<(&Service, &Text, String)> = Vec::new();
    for service in project.services.values() {
        let Some(text) = &service.container_name else { continue };
        let Some(name) = text.value().filter(|name| !name.is_empty()) else { continue };
        let earlier = seen.iter().find(|(other, _, taken)| *taken == name && service.runs_with(other));
        if let Some((other, taken, _)) = earlier {
            findings.push(
                RULE.on(
                    &[&other.name, &service.name, &name],
                    text.span,
                    format!(
                        "the containers of `{}` and `{}` are both named `{name}`",
                        other.name, service.name
                    ),
                )
                .label("again here")
                .related(taken.span, "first here")
                .help(format!(
                    "remove this line: others reach the service as `{}` all the same",
                    service.name
                )),
            );
        }
        seen.push((service, text, name));
    }
}
