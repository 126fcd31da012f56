//! A service behind a gateway that is published beside it as well.
//!
//! What the gateway adds (TLS, authentication, limits, logs) holds only for those who come through it, and the other
//! door is open too. Behind a gateway is what it routes to by labels, and what it waits for.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   traefik:
//!     image: traefik:v3.7
//!     command: ["--providers.docker=true"]
//!     ports: ["443:443"]
//!   api:
//!     image: example/api:1.4
//!     labels: ["traefik.enable=true"]
//!     ports: ["8000:8000"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   traefik:
//!     image: traefik:v3.7
//!     command: ["--providers.docker=true"]
//!     ports: ["443:443"]
//!   api:
//!     image: example/api:1.4
//!     labels: ["traefik.enable=true"]
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Port publishing and mapping"; Traefik, "Docker provider": it reaches services on their networks.

use crate::lint::{Findings, Rule, Set, ports};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::Severity;
use compose_reader::values::ImageReference;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG210",
    name: "bypassed-gateway",
    severity: Severity::Hint,
    set: Set::Default,
    check,
    source: "",
};

/// Images whose purpose is to stand in front of others.
const GATEWAYS: [&str; 9] =
    ["nginx", "traefik", "caddy", "kong", "haproxy", "envoy", "nginx-proxy", "nginx-proxy-manager", "apisix"];

fn check(project: &Project<'_>, findings: &mut Findings) {
    let is_open =
        |service: &Service| service.can_publish() && service.ports.iter().any(|port| port.is_open());
    let gateways: Vec<&Service> =
        project.services.values().filter(|service| is_gateway(service) && is_open(service)).collect();
    for service in project.services.values().filter(|service| service.can_publish() && !is_gateway(service)) {
        let Some(gateway) = gateways.iter().find(|gateway| is_behind(project, service, gateway)) else {
            continue;
        };
        let open = service.ports.iter().find(|port| {
            port.is_open() && port.published.is_some() && ports::administered(service, port).is_none()
        });
        let Some(port) = open else { continue };
        let message =
            format!("`{}` is behind `{}`, and can be reached past it as well", service.name, gateway.name);
        findings.push(
            RULE.on(&[&service.name, &gateway.name], port.span, message)
                .related(gateway.span, "the gateway")
                .help("remove this port, or bind it to 127.0.0.1 if only this machine uses it"),
        );
    }
}

fn is_gateway(service: &Service) -> bool {
    let Some(image) = service.image.as_ref().filter(|_| !service.is_built) else { return false };
    let image = image.sketch();
    GATEWAYS.contains(&ImageReference::of(&image).last_name().shown())
}

/// Whether a gateway leads to a service, as far as the file says.
fn is_behind(project: &Project<'_>, service: &Service, gateway: &Service) -> bool {
    let is_on = |(name, value): &(String, compose_reader::compose::Text)| {
        name == "traefik.enable" && value.raw() == "true" || name.starts_with("traefik.http.routers.")
    };
    let off = |(name, value): &(String, compose_reader::compose::Text)| {
        name == "traefik.enable" && value.raw() == "false"
    };
    let is_routed = service.labels.iter().any(is_on) && !service.labels.iter().any(off);
    // Where its configuration can be read, that says whether it leads there.
    let texts = gateway.mounted.iter().map(|file| project.sources.slice(file.span));
    let is_named = gateway.mounted.is_empty() || texts.into_iter().any(|text| text.contains(&*service.name));
    let is_awaited = is_named && gateway.depends_on.iter().any(|dependency| dependency.name == service.name);
    service.runs_with(gateway)
        && (is_awaited
            || is_routed && gateway.image.as_ref().is_some_and(|image| image.raw().contains("traefik")))
}
