//! An override that adds a second port of the host for one port of the container.
//!
//! Lists of several files are appended: the entry of the override does not take the place of the one below it. Both are published,
//! or, on one port of the host, refused. `!override` replaces the list.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     ports: ["8080:80"]
//! ```
//!
//! ```yaml override.yaml
//! services:
//!   web:
//!     ports: ["8081:80"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     ports: ["8080:80", "8443:443"]
//! ```
//!
//! ## Source
//!
//! The compose specification, "Merge and override": sequences are appended; `!override` and `!reset`.

use std::collections::HashMap;

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Port, Project};
use compose_reader::diagnostic::Severity;
use compose_reader::values::PortRange;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG216",
    name: "appended-port",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        // Of each port of the container the first entry, and the first one of another file.
        let mut known: HashMap<(&str, Option<PortRange>), Vec<&Port>> = HashMap::new();
        for port in &service.ports {
            let known = known.entry((&port.protocol, port.target)).or_default();
            let below = known.iter().find(|below| is_replacement(port, below)).copied();
            if known.is_empty() || known.len() == 1 && below.is_some() {
                known.push(port);
            }
            let Some(below) = below else { continue };
            let target = port.target.map_or(0, |target| target.first);
            let message =
                format!("`{}` publishes its port {target} a second time: lists are appended", service.name);
            findings.push(
                RULE.at(port.span, message)
                    .related(below.span, "the first one, of the file below")
                    .help("write `ports: !override` in this file to replace the list, or remove the port from one of them"),
            );
        }
    }
}

/// Whether a port of one file was probably meant to take the place of one of another file.
pub(in crate::lint) fn is_replacement(port: &Port, below: &Port) -> bool {
    port.span.source != below.span.source
        && port.protocol == below.protocol
        && port.target.is_some()
        && port.target == below.target
}
