//! Two services of which one waits for the other, with no network that both are on.
//!
//! They start in the right order and cannot find each other: the name of the one means nothing to the other. It is an
//! error where the service is told the other's name, and a warning where the other is a known database, cache or broker.
//! Elsewhere the order may be all that is meant. Jobs, the network of the host and networks whose name is not known are
//! left alone.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment: { DATABASE_URL: "postgresql://db/shop" }
//!     depends_on: [db]
//!     networks: [front]
//!   db:
//!     image: postgres:18
//!     networks: [back]
//! networks:
//!   front:
//!   back:
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment: { DATABASE_URL: "postgresql://db/shop" }
//!     depends_on: [db]
//!     networks: [front, back]
//!   db:
//!     image: postgres:18
//!     networks: [back]
//! networks:
//!   front:
//!   back:
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Networking in Compose": only services on one network reach each other.

use crate::lint::{Findings, Rule, Set, images, jobs};
use compose_reader::compose::{Condition, Project, Service, Text};
use compose_reader::diagnostic::{Severity, enumerate};
use compose_reader::source::range;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG309",
    name: "unreachable-dependency",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !service.is_partial) {
        for dependency in &service.depends_on {
            let target = project.services.get(&dependency.name).filter(|target| !target.is_partial);
            let Some(target) = target else { continue };
            if dependency.condition == Some(Condition::Completed) || jobs::may_end(target) {
                continue;
            }
            let (Some(here), Some(there)) = (networks(project, service), networks(project, target)) else {
                continue;
            };
            if here.iter().any(|network| there.contains(network)) {
                continue;
            }
            let (name, needed) = (&service.name, &target.name);
            let severity = match names_peer(service, needed) {
                true => Severity::Error,
                false if is_store(target) => Severity::Warning,
                false => continue,
            };
            let names: Vec<&str> = target.networks.iter().map(|entry| &*entry.network).collect();
            let place = target.networks.first().map_or(target.span, |entry| entry.span);
            findings.push(
                RULE.on(
                    &[&name, &needed],
                    dependency.span,
                    format!("`{name}` waits for `{needed}`, but no network connects them"),
                )
                .severity(severity)
                .related(place, format!("`{needed}` is on {}", enumerate(&names)))
                .help(match names[..] {
                    [network] => format!("put `{name}` on `{network}` as well"),
                    _ => format!("put `{name}` on one of {} as well", enumerate(&names)),
                }),
            );
        }
    }
}

/// Whether a service is there to be connected to: its image is known, and so is what it is a kind of.
fn is_store(service: &Service) -> bool {
    images::of(service).is_some_and(|known| {
        let stores = ["db", "database", "cache", "broker"];
        known.image.kinds.iter().any(|kind| stores.contains(&&**kind))
    })
}

/// What its networks are called by Docker, or in the file where that gives no name; `None` where it cannot be known.
fn networks(project: &Project<'_>, service: &Service) -> Option<Vec<String>> {
    let owner = match service.network_host() {
        Some(host) => project.services.get(host)?,
        None => service,
    };
    let known = owner.networks.iter().map(|entry| {
        let declared = project.networks.get(&entry.network);
        let name = declared.and_then(|network| network.name.as_ref());
        name.map_or_else(|| Some(entry.network.to_string()), |name| name.known().map(str::to_owned))
    });
    known.collect::<Option<Vec<_>>>().filter(|networks| !networks.is_empty())
}

/// Whether a service is told the name of another one.
fn names_peer(service: &Service, peer: &str) -> bool {
    let is_part = |next: char| next.is_alphanumeric() || matches!(next, '-' | '_' | '.');
    let stands_in = |text: &Text| {
        range::around(text.raw(), peer)
            .any(|(before, behind)| !before.ends_with(is_part) && !behind.starts_with(is_part))
    };
    service.environment.iter().map(|(_, value)| value).chain(&service.arguments).any(stands_in)
}
