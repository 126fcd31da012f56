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

use std::ops::RangeInclusive;

use super::appended_port::is_replacement;
use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Port, Project, Service};
use compose_reader::diagnostic::Severity;

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
    let publishing = project.services.values().filter(|service| service.can_publish());
    for (service, port) in
        publishing.flat_map(|service| service.ports.iter().map(move |port| (service, port)))
    {
        let earlier = seen.iter().find_map(|(other, taken)| {
            // What an override appends has a rule of its own.
            if service.name == other.name && is_replacement(port, taken) {
                return None;
            }
            let number = service.runs_with(other).then(|| port.collision(taken))??;
            Some((*other, *taken, number))
        });
        seen.push((service, port));
        let Some((other, taken, number)) = earlier else { continue };
        let shown =
            if port.protocol == "tcp" { number.to_string() } else { format!("{number}/{}", port.protocol) };
        let message = if service.name == other.name {
            format!("`{}` publishes port {shown} twice", service.name)
        } else {
            format!("`{}` and `{}` both publish port {shown}", other.name, service.name)
        };
        let help = match free(project, port, number) {
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

/// The next port above `number`, or the next range as wide as the entry's, that nothing in the project publishes.
fn free(project: &Project<'_>, port: &Port, number: u16) -> Option<String> {
    let width = port.published.as_ref().map_or(0, |range| range.end() - range.start());
    let taken: Vec<&RangeInclusive<u16>> = project
        .services
        .values()
        .flat_map(|service| &service.ports)
        .filter(|other| other.protocol == port.protocol)
        .filter_map(|other| other.published.as_ref())
        .collect();
    let is_free =
        |first: &u16| !taken.iter().any(|range| range.start() <= &(first + width) && first <= range.end());
    let first = (number..=u16::MAX - width).skip(1).find(is_free)?;
    Some(if width == 0 { first.to_string() } else { format!("{first}-{}", first + width) })
}
