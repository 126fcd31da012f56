//! `host.docker.internal`, which does not resolve on Linux by itself.
//!
//! Docker Desktop gives containers this name of the host. An engine on Linux does so only where the service asks for it, with
//! `extra_hosts`. What works on a laptop then fails on the server.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment: {HOOK_URL: "http://host.docker.internal:3000"}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment: {HOOK_URL: "http://host.docker.internal:3000"}
//!     extra_hosts: ["host.docker.internal:host-gateway"]
//! ```
//!
//! ## Source
//!
//! Docker's manual, `docker run --add-host`: `host-gateway`; moby/libnetwork.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;
use compose_reader::source::range;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG507",
    name: "host-gateway",
    severity: Severity::Hint,
    set: Set::Default,
    check,
    source: "",
};

const NAME: &str = "host.docker.internal";

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let has_names = service.keys.iter().any(|(key, _)| &**key == "extra_hosts");
        if has_names || service.network_mode.is_some() || service.is_partial {
            continue;
        }
        let mut texts = service.environment.iter().map(|(_, value)| value).chain(&service.arguments);
        let Some(text) = texts.find(|text| text.raw().contains(NAME)) else { continue };
        let place = text.raw().find(NAME).and_then(|at| text.part(range::of(at, NAME)));
        let message = format!("`{}` does not know `{NAME}` on Linux", service.name);
        findings.push(
            RULE.at(place.unwrap_or(text.span), message)
                .help(format!("add the name to the service:\n\nextra_hosts:\n  - \"{NAME}:host-gateway\"")),
        );
    }
}
