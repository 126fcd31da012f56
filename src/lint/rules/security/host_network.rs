//! A service with the network of its machine.
//!
//! It listens on all addresses of the host, beside every published port, reaches what the host listens on for itself only,
//! and is not found by its name. Images whose purpose is to look at that network are left alone.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     network_mode: host
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     ports: ["127.0.0.1:8080:8000"]
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Host network driver".

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG720",
    name: "host-network",
    severity: Severity::Warning,
    set: Set::Strict,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !images::asks_for(service, "network")) {
        let modes = service.security.namespaces.iter().filter(|(key, _)| *key == "network_mode");
        for (_, mode) in modes.filter(|(_, mode)| mode.value().as_deref() == Some("host")) {
            findings.push(
                RULE.on(
                    &[&service.name],
                    mode.span,
                    format!("`{}` has the network of its machine", service.name),
                )
                .help("remove it, and publish the ports that are needed with `ports`"),
            );
        }
    }
}
