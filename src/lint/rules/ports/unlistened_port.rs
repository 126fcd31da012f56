//! A published port on which nothing in the container listens.
//!
//! The right side of `5433:5433` is the port inside the container, and the image listens on another one. Connections
//! to the host's port are taken and closed at once. Flagged is only an image that is known, where neither its
//! variables nor its command name the port, and a service whose Dockerfile exposes other ports than those it publishes.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     ports: ["127.0.0.1:5433:5433"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     ports: ["127.0.0.1:5433:5432"]
//! ```
//!
//! ## Source
//!
//! The documentation and the Dockerfile of each image; the compose specification, "ports".

use crate::lint::{Findings, Rule, Set, ports};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG212",
    name: "unlistened-port",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| service.can_publish()) {
        for port in &service.ports {
            let Some(listening) = ports::listening_elsewhere(service, port) else { continue };
            let Some(target) = port.target.as_ref().map(|target| *target.start()) else { continue };
            let right = listening.ports.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
            let name = &service.name;
            findings.push(match listening.expose {
                None => RULE
                    .on(&[&name], port.span, format!("nothing in `{name}` listens on {target}"))
                    .help(format!("the port inside its container is {right}: write that on the right side")),
                Some(expose) => RULE
                    .on(&[&name], port.span, format!("`{name}` publishes its port {target}, and its Dockerfile exposes {right}"))
                    .related(expose, "exposed here")
                    .help(format!(
                        "write {right} on the right side, or `EXPOSE {target}` in the Dockerfile if it listens there"
                    )),
            });
        }
    }
}
