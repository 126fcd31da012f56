//! A service on Docker's default bridge that calls another one by its name.
//!
//! `network_mode: bridge` is the network that Docker had before it had names: containers on it reach each other by address only. A
//! service without `network_mode` is on the network of its project, where names are resolved.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   app:
//!     image: example/app:1.4
//!     network_mode: bridge
//!     environment: {DATABASE_URL: "postgres://app@db:5432/app"}
//!   db:
//!     image: postgres:18
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   app:
//!     image: example/app:1.4
//!     environment: {DATABASE_URL: "postgres://app@db:5432/app"}
//!   db:
//!     image: postgres:18
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Bridge network driver": containers on the default bridge can only reach each other by IP address, unless `--link`
//! is used.

use crate::lint::addresses::{holds_address, hosts};
use crate::lint::{Findings, Rule, Set, words};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::Severity;
use compose_reader::source::Span;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG508",
    name: "default-bridge",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let mode = service
            .security
            .namespaces
            .iter()
            .find(|(key, text)| *key == "network_mode" && text.raw() == "bridge");
        let Some((_, mode)) = mode.filter(|_| !service.has_extra_names) else { continue };
        let Some((peer, place)) = named(project, service) else { continue };
        let message = format!(
            "`{}` is on the default bridge, where the name `{}` is not resolved",
            service.name, peer.name
        );
        findings.push(
            RULE.at(mode.span, message)
                .related(place, format!("`{}` is named here", peer.name))
                .help("remove `network_mode` from both: the network of the project resolves names"),
        );
    }
}

/// The service that another one calls by its name, and where.
fn named<'p>(project: &'p Project<'_>, service: &Service) -> Option<(&'p Service, Span)> {
    let in_variables = service.environment.iter().find_map(|(name, value)| {
        let sketch = value.sketch();
        let found = hosts(&sketch, holds_address(&words(name)));
        let peer = found.into_iter().find_map(|host| project.services.get(&sketch[host.host]))?;
        (peer.name != service.name).then_some((peer, value.span))
    });
    in_variables.or_else(|| {
        let dependency = service.depends_on.first()?;
        Some((project.services.get(&dependency.name)?, dependency.span))
    })
}
