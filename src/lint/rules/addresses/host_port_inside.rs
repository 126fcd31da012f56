//! A sibling that is addressed by the port that it has on the host.
//!
//! `ports: ["5433:5432"]` is for programs on the host. Services reach each other on the port inside the container, which
//! is the right one of the two, and need no `ports` for it at all. On the left one nothing answers there. For images of
//! which it is not known where they listen it is a warning.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment:
//!       DATABASE_URL: postgresql://shop@db:5433/shop
//!   db:
//!     image: postgres:18
//!     ports: ["127.0.0.1:5433:5432"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment:
//!       DATABASE_URL: postgresql://shop@db:5432/shop
//!   db:
//!     image: postgres:18
//!     ports: ["127.0.0.1:5433:5432"]
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Networking in Compose": service-to-service communication uses the container port.

use crate::lint::addresses::hosts;
use crate::lint::rules::ports::unlistened_port::aspnet_port;
use crate::lint::{Findings, Rule, Set, images, ports, words};
use compose_reader::compose::{Project, Service, Text};
use compose_reader::diagnostic::{Applicability, Diagnostic, Edit, Fix, Severity};
use compose_reader::source::Span;
use compose_reader::values::{Address, Sketch};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG503",
    name: "host-port-inside",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| service.network_mode.is_none()) {
        for text in service.variables().map(|(_, value)| value).chain(&service.arguments) {
            let sketch = text.sketch();
            for host in hosts(&sketch, false) {
                inspect(project, service, (text, &sketch), &host, findings);
            }
        }
        pairs(project, service, findings);
    }
}

fn inspect(
    project: &Project<'_>,
    service: &Service,
    (text, sketch): (&Text, &Sketch),
    host: &Address,
    findings: &mut Findings,
) {
    let Some(peer) = project.services.get(&sketch[host.host.clone()]) else { return };
    let (Some(range), Some(port)) = (host.port.clone(), host.port_number(sketch)) else { return };
    // The whole address, as a port alone may stand in several places. A default is not what has to happen.
    let whole = sketch.place(host.host.start..range.end).filter(|origin| !origin.is_default);
    let place =
        whole.and_then(|whole| text.part(whole.range.end.saturating_sub(range.len())..whole.range.end));
    findings.extend(report(service, peer, port, place.ok_or(text.span)));
}

/// `DB_HOST` and `DB_PORT`, which belong together.
fn pairs(project: &Project<'_>, service: &Service, findings: &mut Findings) {
    for (name, value) in service.variables() {
        let mut host = words(name);
        let last = host.pop();
        if host.is_empty() || !matches!(last.as_deref(), Some("host" | "hostname" | "server" | "addr")) {
            continue;
        }
        let Some(peer) = project.services.get(&*value.sketch()) else { continue };
        let port = service.variables().find(|(name, _)| {
            let mut port = words(name);
            port.pop().as_deref() == Some("port") && port == host
        });
        let Some((_, port)) = port else { continue };
        let Ok(number) = port.sketch().parse() else { continue };
        // An env file may be there for what is published as well.
        let is_own = service.environment.iter().any(|(_, own)| own.span == port.span);
        let place = port.part(0..port.raw().len()).filter(|_| port.is_literal() && is_own);
        findings.extend(report(service, peer, number, place.ok_or(port.span)));
    }
}

/// The finding on a port of a sibling; `Err` is a place that cannot be replaced.
fn report(service: &Service, peer: &Service, port: u16, place: Result<Span, Span>) -> Option<Diagnostic> {
    if let Some(own) =
        aspnet_port(peer).filter(|own| *own != port && peer.name != service.name && !peer.exposes(port))
    {
        let name = &peer.name;
        let message = format!("nothing in `{name}` listens on {port}: ASP.NET takes {own} from version 8 on");
        let finding = RULE.at(place.unwrap_or_else(|whole| whole), message).severity(Severity::Warning);
        return Some(finding.related(peer.span, "the service").help(format!("write `{name}:{own}`")));
    }
    let known = images::of(peer).filter(|known| known.is_exact).map(|known| known.image);
    let listens = known.is_some_and(|image| image.ports.contains(&port) || image.admin_ports.contains(&port))
        || peer.publishes(port)
        || peer.exposes(port)
        || ports::is_mentioned(peer, port);
    if listens || peer.name == service.name || !peer.can_publish() {
        return None;
    }
    let (target, published) =
        peer.ports.iter().find_map(|entry| Some((entry.target_of(port)?, entry.span)))?;
    let is_certain = place.is_ok() && known.is_some_and(|image| image.ports.contains(&target));
    let name = &peer.name;
    let finding = RULE
        .on(
            &[&name],
            place.unwrap_or_else(|whole| whole),
            format!("{port} is the port of `{name}` on the host; other services reach it on {target}"),
        )
        .severity(if is_certain { Severity::Error } else { Severity::Warning })
        .related(published, format!("{port} on the host, {target} inside"))
        .help(format!("write `{name}:{target}`"));
    Some(match place {
        Err(_) => finding,
        Ok(span) => finding.fix(Fix {
            title: format!("write {target}"),
            applicability: Applicability::Unsafe,
            edits: vec![Edit { span, content: target.to_string() }],
        }),
    })
}
