//! A capability with which a container can take over its machine, or look into other containers.
//!
//! `ALL`, `SYS_ADMIN`, `SYS_MODULE`, `SYS_RAWIO`, `BPF` and `SYS_BOOT` reach beyond the container and are a warning.
//! `NET_ADMIN`, `PERFMON`, `SYS_TIME`, `SYSLOG`, `SYS_PTRACE` and `DAC_READ_SEARCH` loosen one wall of it, mostly on
//! purpose: they are a hint. What an image is known to need is left alone.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   worker:
//!     image: example/worker:1.4
//!     cap_add: [SYS_ADMIN]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   worker:
//!     image: example/worker:1.4
//!     cap_add: [NET_BIND_SERVICE]
//! ```
//!
//! ## Source
//!
//! The manual page capabilities(7); Docker Engine, "Running containers", runtime privilege and Linux capabilities.

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG705",
    name: "dangerous-capability",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

const TAKES_OVER: [&str; 6] = ["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "BPF", "SYS_BOOT"];
const LOOSENS: [&str; 6] = ["NET_ADMIN", "PERFMON", "SYS_TIME", "SYSLOG", "SYS_PTRACE", "DAC_READ_SEARCH"];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        for text in &service.security.cap_add {
            let name = text.sketch().to_uppercase();
            let name = name.strip_prefix("CAP_").unwrap_or(&name);
            let (severity, what) = match name {
                name if TAKES_OVER.contains(&name) => (Severity::Warning, "reaches beyond the container"),
                name if LOOSENS.contains(&name) => (Severity::Hint, "loosens a wall of the container"),
                _ => continue,
            };
            if is_known_to_need(service, name) {
                continue;
            }
            findings.push(
                RULE.on(&[&name, &service.name], text.span, format!("`{name}` of `{}` {what}", service.name))
                    .severity(severity)
                    .help("remove it, unless the program cannot do without; then say why in a comment"),
            );
        }
    }
}

fn is_known_to_need(service: &Service, capability: &str) -> bool {
    let needs = |known: images::Known| known.image.capabilities.iter().any(|needed| needed == capability);
    images::asks_for(service, capability)
        || images::asks_for(service, "privileged")
        || images::of(service).is_some_and(needs)
}
