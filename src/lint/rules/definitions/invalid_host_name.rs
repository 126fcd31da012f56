//! The name of a service with a `_`, which others use as a host.
//!
//! Docker's name server answers for it, but a host name has letters, digits and `-` only: Java's `URI` finds no host in
//! `http://user_api:8000`, Django refuses the request by its `Host` header, and no certificate is made for it.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:1.4
//!     environment:
//!       API_URL: http://user_api:8000
//!   user_api:
//!     image: example/users:1.4
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:1.4
//!     environment:
//!       API_URL: http://user-api:8000
//!   user-api:
//!     image: example/users:1.4
//! ```
//!
//! ## Source
//!
//! RFC 1123, section 2.1; java.net.URI, "server-based" authorities; Django, `HttpRequest.get_host`.

use std::collections::HashMap;

use crate::lint::addresses::{holds_address, hosts};
use crate::lint::{Findings, Rule, Set, words};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;
use compose_reader::source::Span;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG109",
    name: "invalid-host-name",
    severity: Severity::Hint,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    if !project.services.keys().any(|name| name.contains('_')) {
        return;
    }
    let used = used_as_hosts(project);
    for service in project.services.values().filter(|service| service.name.contains('_')) {
        let Some(place) = used.get(&*service.name) else { continue };
        let name = &service.name;
        let legal = name.trim_matches('_').replace('_', "-");
        findings.push(
            RULE.on(
                &[&name],
                service.span,
                format!("`{name}` is used as a host, and a host name has no `_`"),
            )
            .related(*place, "used here")
            .help(format!("call the service `{legal}`, or give it that name as an alias in its network")),
        );
    }
}

/// The names with a `_` that values of the environment use as hosts, each with the first place.
fn used_as_hosts(project: &Project<'_>) -> HashMap<String, Span> {
    let mut used = HashMap::new();
    for service in project.services.values() {
        for (name, value) in &service.environment {
            let sketch = value.sketch();
            if !sketch.contains('_') {
                continue;
            }
            for host in hosts(&sketch, holds_address(&words(name))) {
                let text = &sketch[host.host.clone()];
                if text.contains('_') && text != &*service.name {
                    let place = sketch.place(host.host.clone()).and_then(|origin| value.part(origin.range));
                    used.entry(text.to_owned()).or_insert(place.unwrap_or(value.span));
                }
            }
        }
    }
    used
}
