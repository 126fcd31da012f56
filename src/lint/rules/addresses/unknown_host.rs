//! An address whose host is no service, but is spelled almost like one.
//!
//! Docker's name server knows the services of the project, by their names, aliases and container names. Another name is
//! asked of the rest of the world, and not found. Flagged are names without a dot that come close to a service's;
//! not where the service has a network from outside of the project, in which others may have names, or where a file of
//! the project is missing.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment:
//!       DATABASE_URL: postgresql://shop@postgers:5432/shop
//!   postgres:
//!     image: postgres:18
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment:
//!       DATABASE_URL: postgresql://shop@postgres:5432/shop
//!   postgres:
//!     image: postgres:18
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Networking in Compose".

use crate::lint::addresses::{holds_address, hosts};
use crate::lint::{Findings, Rule, Set, words};
use compose_reader::compose::{Project, Service, Text};
use compose_reader::diagnostic::{Applicability, Edit, Fix, Severity, nearest};
use compose_reader::values::{Address, Sketch};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG502",
    name: "unknown-host",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Words in the name of a variable that holds a name of the service itself, or one that a browser uses.
const OWN_NAME: [&str; 6] = ["hostname", "virtual", "public", "external", "advertised", "servername"];

fn check(project: &Project<'_>, findings: &mut Findings) {
    if !project.is_complete() {
        return;
    }
    for service in project.services.values().filter(|service| is_alone(project, service)) {
        for (name, value) in service.variables() {
            let words = words(name);
            if words.iter().any(|word| OWN_NAME.contains(&&**word)) {
                continue;
            }
            let sketch = value.sketch();
            for host in hosts(&sketch, holds_address(&words)) {
                inspect(project, service, (value, &sketch), &host, findings);
            }
        }
    }
}

fn inspect(
    project: &Project<'_>,
    service: &Service,
    (value, sketch): (&Text, &Sketch),
    host: &Address,
    findings: &mut Findings,
) {
    let name = &sketch[host.host.clone()];
    let is_name = name.len() > 2
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !is_name || is_known(project, name) {
        return;
    }
    let others = project.services.keys().filter(|other| **other != service.name).map(|other| &**other);
    // What only begins like a service may be another one that is not here.
    let is_another = |meant: &&str| !meant.starts_with(name) && !name.starts_with(*meant);
    let Some(meant) = nearest(name, others).filter(is_another) else { return };
    let place = sketch.place(host.host.clone()).and_then(|origin| value.part(origin.range));
    let mut finding = RULE
        .on(
            &[&name],
            place.unwrap_or(value.span),
            format!("`{name}` is no service, and nothing else has that name"),
        )
        .help(format!("did you mean `{meant}`?"));
    if let Some(peer) = project.services.get(meant) {
        finding = finding.related(peer.span, format!("`{meant}` is here"));
    }
    findings.push(match place {
        None => finding,
        Some(span) => finding.fix(Fix {
            title: format!("write `{meant}`"),
            applicability: Applicability::Unsafe,
            edits: vec![Edit { span, content: meant.to_owned() }],
        }),
    });
}

/// Whether every name that a service can reach by Docker's name server stands in the project.
fn is_alone(project: &Project<'_>, service: &Service) -> bool {
    let is_external = |name: &str| project.networks.get(name).is_some_and(|network| network.is_external);
    service.network_mode.is_none()
        && !service.is_partial
        && !service.has_extra_names
        && !service.networks.iter().any(|attachment| is_external(&attachment.network))
}

/// Whether something in the project has a name.
fn is_known(project: &Project<'_>, name: &str) -> bool {
    const ALWAYS: [&str; 4] = ["localhost", "host", "gateway", "null"];
    ALWAYS.contains(&name)
        || project.services.values().any(|service| {
            let is = |text: &Text| text.sketch() == name;
            &*service.name == name
                || service.container_name.as_ref().is_some_and(is)
                || service.hostname.as_ref().is_some_and(is)
                || service.networks.iter().any(|attachment| attachment.aliases.iter().any(is))
        })
}
