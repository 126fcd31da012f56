//! A service that shares the processes, the memory or the users of its machine.
//!
//! With `pid: host` it sees, and can signal, every process of the host, and reads what is in their environment. With
//! `ipc: host` it shares memory with them, and with `userns_mode: host` its root is root. Images whose purpose is to look
//! at the machine are left alone; the network of the host is a rule of its own.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     pid: host
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Running containers", PID and IPC settings, and "Isolate containers with a user namespace".

use crate::lint::{Findings, Rule, Set, images, words};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG702",
    name: "host-namespace",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        for (key, mode) in &service.security.namespaces {
            let what = match *key {
                "pid" => "sees every process of its machine",
                "ipc" => "shares memory with the processes of its machine",
                "userns_mode" => "has the users of its machine: its root is root there",
                _ => continue,
            };
            if mode.value().as_deref() != Some("host") || is_meant(service, key) {
                continue;
            }
            findings.push(RULE.on(&[&service.name], mode.span, format!("`{}` {what}", service.name)).help(
                match *key {
                    "userns_mode" => "remove this line".to_owned(),
                    _ => format!("remove this line, or share with one service only: `{key}: service:NAME`"),
                },
            ));
        }
    }
}

/// Whether a service shares on purpose: it looks at the machine, runs a browser (whose memory is shared), or talks to
/// Docker, which a mapped root cannot.
fn is_meant(service: &Service, key: &str) -> bool {
    let is_browser = || {
        let browsers = ["playwright", "chrome", "chromium", "selenium", "puppeteer", "browser"];
        words(&service.name).iter().any(|word| browsers.contains(&&**word))
    };
    let talks_to_docker = || service.mounts.iter().any(|mount| mount.target.ends_with("docker.sock"));
    images::asks_for(service, key)
        || key == "ipc" && is_browser()
        || key == "userns_mode" && talks_to_docker()
}
