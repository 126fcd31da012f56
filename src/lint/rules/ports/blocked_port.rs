//! A port of the host that no browser opens.
//!
//! Browsers refuse some ports, because other protocols live there that a request could be smuggled into. The service
//! runs, `curl` reaches it, and the browser shows ERR_UNSAFE_PORT.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:1.4
//!     ports: ["6000:80"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:1.4
//!     ports: ["8000:80"]
//! ```
//!
//! ## Source
//!
//! The Fetch standard of WHATWG, "bad port".

use crate::lint::{Findings, Rule, Set, ports};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG211",
    name: "blocked-port",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| service.can_publish()) {
        for port in &service.ports {
            let Some(number) = ports::blocked(service, port) else { continue };
            findings.push(
                RULE.on(
                    &[&service.name],
                    port.span,
                    format!("browsers refuse to open port {number} of `{}`", service.name),
                )
                .help("publish it on another port of the host"),
            );
        }
    }
}
