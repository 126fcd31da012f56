//! Ports that are published by a service which cannot publish any.
//!
//! With the network of the host, of another container, or none, there is nothing to publish: `ports` has no effect, or
//! keeps the container from starting. A service whose networks are all `internal: true` is accepted and runs, but
//! nothing of it is published, and nobody says so.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     network_mode: host
//!     ports: ["8080:8080"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     ports: ["8080:8080"]
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Host network driver": port mappings do not take effect; `validateNetMode` of Docker Engine for the
//! network of another container. Internal networks: tried with Docker Engine 26.1 and Compose 2.40.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::{Severity, enumerate};
use compose_reader::source::Span;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG206",
    name: "ignored-ports",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let Some(port) = service.ports.first() else { continue };
        let Some((why, help, place)) = mode(project, service).or_else(|| internal(project, service)) else {
            continue;
        };
        findings.push(
            RULE.on(&[&service.name], port.span, format!("`{}` cannot publish ports: {why}", service.name))
                .related(place, "because of this")
                .help(help),
        );
    }
}

/// Whether Docker publishes the ports of a service: neither its network mode nor its networks keep it from that.
pub(in crate::lint) fn publishes(project: &Project<'_>, service: &Service) -> bool {
    service.can_publish() && internal(project, service).is_none()
}

/// Why the network mode keeps a service from publishing, what to do, and where it stands.
fn mode(project: &Project<'_>, service: &Service) -> Option<(String, String, Span)> {
    let (_, mode) = service.security.namespaces.iter().find(|(key, _)| *key == "network_mode")?;
    let remove = "remove `ports`: what it listens on is open on the host as it is".to_owned();
    let text = mode.sketch();
    let (why, help) = match text.split_once(':') {
        None if text == "host" => ("it has the network of the host".to_owned(), remove),
        None if text == "none" => {
            ("it has no network".to_owned(), "remove `ports` or `network_mode`".to_owned())
        }
        Some(("service", other)) if project.services.contains_key(other) => (
            format!("it has the network of `{other}`"),
            format!("publish them in `{other}`: both have one network, and one set of ports"),
        ),
        Some(("service" | "container", other)) => {
            (format!("it has the network of `{other}`"), format!("publish them where `{other}` is defined"))
        }
        _ => return None,
    };
    Some((why, help, mode.span))
}

/// The same for a service all of whose networks lead nowhere.
fn internal(project: &Project<'_>, service: &Service) -> Option<(String, String, Span)> {
    let networks = service.networks.iter().map(|entry| (entry, project.networks.get(&entry.network)));
    let is_closed = |network: &compose_reader::compose::Network| network.is_internal && !network.is_external;
    let closed: Vec<_> = networks
        .map(|(entry, network)| Some((&*entry.network, network.filter(|network| is_closed(network))?)))
        .collect::<Option<_>>()?;
    let (_, first) = closed.first()?;
    let names: Vec<&str> = closed.iter().map(|(name, _)| *name).collect();
    let why = match names[..] {
        [name] => format!("its network `{name}` is internal"),
        _ => format!("its networks {} are internal", enumerate(&names)),
    };
    let help = "put it on a network besides that is not `internal: true`, or remove `ports`".to_owned();
    Some((why, help, first.span))
}
