//! A published port that does not say which address of the host it is bound to.
//!
//! Without an address it is bound to all of them, past the rules of `ufw` and most other firewalls. Whether that is
//! meant cannot be seen. An address says so: `127.0.0.1` for this machine only, `0.0.0.0` for everybody. What an address
//! is taken from may be a variable. Databases and consoles are left to `exposed-admin-port`.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     ports: ["8080:8000"]
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
//! Docker Engine, "Packet filtering and firewalls" and "Port publishing and mapping".

use super::ignored_ports::publishes;
use crate::lint::{Findings, Rule, Set, edits, ports};
use compose_reader::compose::Project;
use compose_reader::diagnostic::{Applicability, Fix, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG209",
    name: "unbound-port",
    severity: Severity::Warning,
    set: Set::Strict,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| publishes(project, service)) {
        for port in service.ports.iter().filter(|port| !port.has_address) {
            if port.published.is_some() && ports::administered(service, port).is_some() {
                continue;
            }
            let message = format!("a port of `{}` is bound to every address of the host", service.name);
            let finding = RULE
                .on(&[&service.name], port.span, message)
                .help("write the address: `127.0.0.1` for this machine only, `0.0.0.0` for everybody");
            findings.push(match edits::bind_to_loopback(project.sources, port) {
                None => finding,
                Some(edit) => finding.fix(Fix {
                    title: "bind it to 127.0.0.1".to_owned(),
                    applicability: Applicability::Unsafe,
                    edits: vec![edit],
                }),
            });
        }
    }
}
