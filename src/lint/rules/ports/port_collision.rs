//! Two services, or two entries of one, on the same port of the host.
//!
//! Docker gives a port of the host to one container only: the second one fails to start with "port is already
//! allocated", when the first is already up. An entry without an address takes every address, so it collides with
//! an entry for `127.0.0.1` too. Services whose profiles never meet may share a port. Where both ports are variables that
//! only an env file knows, it is a warning: whoever starts some of the services sets them.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     ports: ["8080:80"]
//!   api:
//!     image: example/api:1.4
//!     ports: ["127.0.0.1:8080:8000"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     ports: ["8080:80"]
//!   api:
//!     image: example/api:1.4
//!     ports: ["127.0.0.1:8081:8000", "8080:8000/udp"]
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Port publishing and mapping"; the compose specification, "ports". A range for a single port of the
//! container is a pool that Docker picks a free port from, and collides with nothing.

use std::collections::HashMap;

use super::appended_port::is_replacement;
use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Port, Project, Service};
use compose_reader::diagnostic::Severity;
use compose_reader::values::{PortIndex, PortRange};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG201",
    name: "port-collision",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let mut seen: Vec<(&Service, &Port)> = Vec::new();
    let mut taken_by = PortIndex::default();
    let mut free = Free { project, of_protocol: HashMap::new() };
    let publishing = project.services.values().filter(|service| service.can_publish());
    for (service, port) in
        publishing.flat_map(|service| service.ports.iter().map(move |port| (service, port)))
    {
        let Some(published) = port.published else { continue };
        let earlier = taken_by.first(published, |at| {
            seen.get(at).is_some_and(|(other, taken)| {
                // What an override appends has a rule of its own.
                let is_replaced = service.name == other.name && is_replacement(port, taken);
                !is_replaced && port.collision(taken).is_some() && service.runs_with(other)
            })
        });
        seen.push((service, port));
        taken_by.add(published);
        let Some((other, taken)) = earlier.and_then(|at| seen.get(at)) else { continue };
        let Some(number) = port.collision(taken) else { continue };
        let shown =
            if port.protocol == "tcp" { number.to_string() } else { format!("{number}/{}", port.protocol) };
        let message = if service.name == other.name {
            format!("`{}` publishes port {shown} twice", service.name)
        } else {
            format!("`{}` and `{}` both publish port {shown}", other.name, service.name)
        };
        let help = match free.behind(port, number) {
            Some(free) => {
                format!("give `{}` another port of the host; {free} is free in this project", service.name)
            }
            None => format!("give `{}` another port of the host", service.name),
        };
        // Both are what an env file says, and each of the services may be meant to run without the other.
        let is_of_env = project.is_set_outside(port.span) && project.is_set_outside(taken.span);
        let severity = if is_of_env { Severity::Warning } else { Severity::Error };
        findings.push(
            RULE.on(&[&other.name, &service.name, &shown], port.span, message)
                .severity(severity)
                .label(format!("{shown} again"))
                .related(taken.span, format!("{shown} is taken here"))
                .help(help),
        );
    }
}

/// What nothing in a project publishes.
struct Free<'p> {
    project: &'p Project<'p>,
    /// The ports that are taken, by protocol: in order, and what adjoins is one range.
    of_protocol: HashMap<&'p str, Vec<PortRange>>,
}

impl<'p> Free<'p> {
    /// The next port above `number`, or the next range as wide as the entry's.
    fn behind(&mut self, port: &'p Port, number: u16) -> Option<String> {
        let project = self.project;
        let taken = self.of_protocol.entry(&port.protocol).or_insert_with(|| {
            let all = project.services.values().flat_map(|service| &service.ports);
            let all = all.filter(|other| other.protocol == port.protocol);
            joined(all.filter_map(|other| other.published).collect())
        });
        let width = port.published.map_or(0, PortRange::width);
        let mut first = number.checked_add(1)?;
        for range in taken.iter().skip(taken.partition_point(|range| range.last < first)) {
            if first.checked_add(width)? < range.first {
                break;
            }
            first = range.last.checked_add(1)?;
        }
        Some(PortRange { first, last: first.checked_add(width)? }.to_string())
    }
}

/// Ranges in order, those that adjoin or overlap as one.
fn joined(mut ranges: Vec<PortRange>) -> Vec<PortRange> {
    ranges.sort_unstable();
    let mut joined: Vec<PortRange> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(before) if range.first <= before.last.saturating_add(1) => {
                before.last = before.last.max(range.last)
            }
            _ => joined.push(range),
        }
    }
    joined
}
