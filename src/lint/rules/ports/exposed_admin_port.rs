//! A database, cache, broker or console that every machine can reach which reaches this one.
//!
//! A published port without an address is bound to all addresses of the host, and Docker opens it past the rules of
//! `ufw` and most other firewalls. Services of the project reach each other without any published port; a developer's
//! tools reach one that is bound to 127.0.0.1. A port whose address is written, other than `0.0.0.0` and `::`, is left
//! alone, and so is one whose address comes from a variable. Which ports of a known image are meant, its entry in
//! `catalog/images.yaml` says; of another image, those that databases and brokers are known by.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     ports: ["5432:5432"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     ports: ["127.0.0.1:5432:5432"]
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Packet filtering and firewalls" and "Port publishing and mapping": published ports are open to
//! everybody by default.

use super::ignored_ports::publishes;
use crate::lint::{Findings, Rule, Set, edits, ports};
use compose_reader::compose::Project;
use compose_reader::diagnostic::{Applicability, Fix, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG208",
    name: "exposed-admin-port",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| publishes(project, service)) {
        for port in service.ports.iter().filter(|port| port.is_open() && port.published.is_some()) {
            let Some(number) = ports::administered(service, port) else { continue };
            let name = &service.name;
            let message = format!("`{name}` opens {number} to every machine that reaches this one");
            let inside = port.target.map_or(0, |target| target.first);
            let finding = RULE.on(&[&name], port.span, message).help(format!(
                "bind it to 127.0.0.1, or remove it: services of this project reach `{name}:{inside}` without it"
            ));
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
