//! Addresses or names in a network that two have, or that do not belong there.
//!
//! Flagged are a static address that two services have, one outside the range of its network, and two networks whose
//! ranges overlap: each fails at `up` ("Address already in use", "no configured subnet or network contains IP address",
//! "Pool overlaps with other one"). An alias that is the name of another service is a warning: whoever asks for that
//! name gets one of the two by turns.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     networks: { backend: { ipv4_address: 172.28.0.10 } }
//!   worker:
//!     image: example/worker:1.4
//!     networks: { backend: { ipv4_address: 172.28.0.10 } }
//! networks:
//!   backend:
//!     ipam: { config: [{ subnet: 172.28.0.0/16 }] }
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     networks: { backend: { ipv4_address: 172.28.0.10 } }
//!   worker:
//!     image: example/worker:1.4
//!     networks: { backend: { ipv4_address: 172.28.0.11 } }
//! networks:
//!   backend:
//!     ipam: { config: [{ subnet: 172.28.0.0/16 }] }
//! ```
//!
//! ## Source
//!
//! The compose specification, "networks" of a service and "ipam"; libnetwork's address management, which names these
//! errors.

use std::net::IpAddr;

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Attachment, Network, Project, Service, Text};
use compose_reader::diagnostic::Severity;
use compose_reader::values::Subnet;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG205",
    name: "address-collision",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    shared_addresses(project, findings);
    foreign_addresses(project, findings);
    overlapping_ranges(project, findings);
    taken_names(project, findings);
}

fn attachments<'p>(project: &'p Project<'_>) -> impl Iterator<Item = (&'p Service, &'p Attachment)> {
    project.services.values().flat_map(|service| service.networks.iter().map(move |entry| (service, entry)))
}

fn address(text: &Text) -> Option<IpAddr> {
    text.value()?.parse().ok()
}

fn shared_addresses(project: &Project<'_>, findings: &mut Findings) {
    let mut seen: Vec<(&Service, &Attachment, &Text, IpAddr)> = Vec::new();
    for (service, entry) in attachments(project) {
        for text in &entry.addresses {
            let Some(number) = address(text) else { continue };
            let is_taken = |(other, there, _, taken): &&(&Service, &Attachment, &Text, IpAddr)| {
                there.network == entry.network
                    && *taken == number
                    && other.name != service.name
                    && service.runs_with(other)
            };
            if let Some((other, _, first, _)) = seen.iter().find(is_taken) {
                let message = format!(
                    "`{}` and `{}` both have {number} in `{}`",
                    other.name, service.name, entry.network
                );
                findings.push(
                    RULE.on(&[&other.name, &service.name, &entry.network], text.span, message)
                        .label("again here")
                        .related(first.span, "first here")
                        .help(format!(
                            "give `{}` another address, or none: services find each other by name",
                            service.name
                        )),
                );
            }
            seen.push((service, entry, text, number));
        }
    }
}

/// The ranges of a network, if all of them are known.
fn ranges(network: &Network) -> Option<Vec<(&Text, Subnet)>> {
    let known = network.subnets.iter().map(|text| Some((text, text.parsed().value?)));
    known.collect::<Option<Vec<_>>>().filter(|_| !network.is_external)
}

fn foreign_addresses(project: &Project<'_>, findings: &mut Findings) {
    for (service, entry) in attachments(project) {
        let Some(ranges) = project.networks.get(&entry.network).and_then(ranges) else { continue };
        for text in &entry.addresses {
            let Some(number) = address(text) else { continue };
            let mut alike = ranges.iter().filter(|(_, range)| range.is_like(number));
            let Some((first, _)) = alike.clone().next() else { continue };
            if alike.any(|(_, range)| range.contains(number)) {
                continue;
            }
            let message =
                format!("{number} of `{}` is not in the range of `{}`", service.name, entry.network);
            findings.push(
                RULE.on(&[&service.name, &entry.network], text.span, message)
                    .related(first.span, "the range of the network")
                    .help(format!("choose an address in {}", first.raw())),
            );
        }
    }
}

fn overlapping_ranges(project: &Project<'_>, findings: &mut Findings) {
    // Docker makes a network only for a service that is on it.
    let is_used = |name: &str| attachments(project).any(|(_, entry)| &*entry.network == name);
    let is_bridge = |network: &Network| network.driver.as_deref().is_none_or(|driver| driver == "bridge");
    let mut seen: Vec<(&str, &Text, Subnet)> = Vec::new();
    for (name, network) in &project.networks {
        if !is_bridge(network) || !is_used(name) {
            continue;
        }
        for (text, range) in ranges(network).unwrap_or_default() {
            let taken = seen.iter().find(|(other, _, taken)| *other != &**name && range.overlaps(*taken));
            if let Some((other, first, _)) = taken {
                findings.push(
                    RULE.on(
                        &[&other, &name],
                        text.span,
                        format!("the ranges of `{other}` and `{name}` overlap"),
                    )
                    .related(first.span, format!("the range of `{other}`"))
                    .help("give each network a range of its own, or none: Docker then picks a free one"),
                );
            }
            seen.push((name, text, range));
        }
    }
}

fn taken_names(project: &Project<'_>, findings: &mut Findings) {
    for (service, entry) in attachments(project) {
        for alias in &entry.aliases {
            let Some(name) = alias.value().filter(|name| **name != *service.name) else { continue };
            let Some(other) = project.services.get(&*name).filter(|other| other.runs_with(service)) else {
                continue;
            };
            if !other.networks.iter().any(|there| there.network == entry.network) {
                continue;
            }
            let message = format!("`{}` is also called `{name}`, as another service is", service.name);
            findings.push(
                RULE.on(&[&service.name, &name], alias.span, message)
                    .severity(Severity::Warning)
                    .related(other.span, "the service of that name")
                    .help("remove the alias, or choose a name that no service has"),
            );
        }
    }
}
