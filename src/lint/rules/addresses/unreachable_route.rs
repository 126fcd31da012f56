//! A service that Traefik is told to route to and cannot.
//!
//! Traefik reads the labels of containers. With `exposedByDefault=false` it passes over those without `traefik.enable=true`.
//! `traefik.docker.network` takes the name that Docker has, which begins with that of the project. And it has to be on a network
//! with what it routes to.
//!
//! ## Bad
//!
//! ```yaml
//! name: shop
//! services:
//!   proxy:
//!     image: traefik:v3.6.2
//!     command: ["--providers.docker=true"]
//!     networks: [edge]
//!   blog:
//!     image: example/blog:1.4
//!     networks: [edge, back]
//!     labels: ["traefik.docker.network=edge"]
//! networks: {edge: , back: }
//! ```
//!
//! ## Good
//!
//! ```yaml
//! name: shop
//! services:
//!   proxy:
//!     image: traefik:v3.6.2
//!     command: ["--providers.docker=true"]
//!     networks: [edge]
//!   blog:
//!     image: example/blog:1.4
//!     networks: [edge, back]
//!     labels: ["traefik.docker.network=shop_edge"]
//! networks: {edge: , back: }
//! ```
//!
//! ## Source
//!
//! Traefik's manual, "Docker provider": `exposedByDefault`, `network`.

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{Project, Service, Text};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG510",
    name: "unreachable-route",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let is_proxy = |service: &&Service| {
        let image = service.image.as_ref().filter(|_| !service.is_built);
        image.is_some_and(|image| images::name_of(&image.sketch()) == "traefik")
    };
    let mut proxies = project.services.values().filter(is_proxy);
    let (Some(proxy), None) = (proxies.next(), proxies.next()) else { return };
    let is_selective = proxy.arguments.iter().any(|argument| {
        let text = argument.raw().to_lowercase();
        text.contains("exposedbydefault=false")
    });
    for service in project.services.values().filter(|service| service.name != proxy.name) {
        network_label(project, service, findings);
        let Some((_, route)) =
            service.labels.iter().find(|(name, _)| name.starts_with("traefik.http.routers."))
        else {
            continue;
        };
        let enabled =
            service.labels.iter().find(|(name, _)| name == "traefik.enable").map(|(_, value)| value.sketch());
        if is_selective && enabled.is_none() {
            let message =
                format!("`{}` passes over `{}`: it exposes nothing by itself", proxy.name, service.name);
            findings.push(
                RULE.at(route.span, message)
                    .related(proxy.span, "`exposedByDefault=false` here")
                    .help("add the label `traefik.enable=true`"),
            );
        }
        if enabled.as_deref() != Some("false") && !share_network(proxy, service) {
            let message =
                format!("`{}` routes to `{}`, and both are on no common network", proxy.name, service.name);
            findings.push(
                RULE.at(route.span, message)
                    .related(proxy.span, "the proxy")
                    .help(format!("put `{}` on a network of `{}`", service.name, proxy.name)),
            );
        }
    }
}

/// `traefik.docker.network` with the name that the compose file has for a network.
fn network_label(project: &Project<'_>, service: &Service, findings: &mut Findings) {
    let Some((_, value)) = service.labels.iter().find(|(name, _)| name == "traefik.docker.network") else {
        return;
    };
    let key = value.raw();
    let Some(network) = project.networks.get(key).filter(|_| value.is_literal()) else { return };
    if network.is_external || network.name.is_some() {
        return;
    }
    let real = match project.name.as_ref().and_then(Text::value) {
        Some(name) => format!("{name}_{key}"),
        None => format!("PROJECT_{key}"),
    };
    let message = format!("Docker knows no network `{key}`: it is called `{real}`");
    findings.push(RULE.at(value.span, message).related(network.span, "the network").help(format!(
        "write `traefik.docker.network={real}`, or give the network that name: `name: {key}`"
    )));
}

fn share_network(one: &Service, other: &Service) -> bool {
    let is_elsewhere = |service: &Service| service.network_mode.is_some() || service.networks.is_empty();
    is_elsewhere(one)
        || is_elsewhere(other)
        || one.networks.iter().any(|own| other.networks.iter().any(|its| its.network == own.network))
}
