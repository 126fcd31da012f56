//! Several containers of a service that all want the same port of the host.
//!
//! The first container takes the port, and every further one fails to start with "port is already allocated". A range
//! with a port for each of them works, and so does a proxy in front that reaches them by the service's name. A service
//! that is written for a swarm is left alone: there, one published port leads to all of its containers.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     ports: ["8080:8000"]
//!     deploy:
//!       replicas: 3
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     ports: ["8080-8082:8000"]
//!     deploy:
//!       replicas: 3
//! ```
//!
//! ## Source
//!
//! Docker Engine 26.1 with Compose 2.40, tried: each container gets one port of a range, and the one that finds none
//! left fails. The compose specification, "ports".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Port, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG203",
    name: "replicas-with-fixed-port",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let is_swarm = project.networks.values().any(|network| network.driver.as_deref() == Some("overlay"));
    for service in project.services.values().filter(|service| service.can_publish()) {
        let resources = &service.resources;
        let Some(replicas) = resources.replicas.filter(|replicas| replicas.count > 1) else { continue };
        if is_swarm || resources.is_for_swarm {
            continue;
        }
        for port in &service.ports {
            let Some((first, room)) = room(port).filter(|(_, room)| *room < replicas.count) else { continue };
            let (name, count) = (&service.name, replicas.count);
            let has = if room == 1 { "one port".to_owned() } else { format!("{room} ports") };
            let help = match range(project.sources.slice(port.span), first, port, count) {
                Some(range) => {
                    format!("publish one for each: `{range}`, or let a proxy reach them as `{name}`")
                }
                None => format!("publish a range of {count} ports, or let a proxy reach them as `{name}`"),
            };
            findings.push(
                RULE.on(
                    &[&name],
                    port.span,
                    format!("`{name}` has {count} containers, but {has} of the host for them"),
                )
                .related(replicas.span, format!("{count} containers"))
                .help(help),
            );
        }
    }
}

/// The first port of the host that an entry takes, and how many containers it serves.
fn room(port: &Port) -> Option<(u16, u64)> {
    match (port.published, port.pool) {
        (Some(published), _) => Some((published.first, 1)),
        (None, Some(pool)) => Some((pool.first, u64::from(pool.width()).saturating_add(1))),
        (None, None) => None,
    }
}

/// The entry with a range that is wide enough, where there is one target.
fn range(written: &str, first: u16, port: &Port, count: u64) -> Option<String> {
    let target = port.target.filter(|range| range.is_one())?;
    let last = u16::try_from(u64::from(first).checked_add(count)?.checked_sub(1)?).ok()?;
    let address = match port.address {
        Some(address) if address.is_ipv6() => format!("[{address}]:"),
        Some(address) => format!("{address}:"),
        None => String::new(),
    };
    (!written.contains('$')).then(|| format!("{address}{first}-{last}:{target}"))
}
