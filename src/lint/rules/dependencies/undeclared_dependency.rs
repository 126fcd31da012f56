//! An address that names another service, which nothing waits for.
//!
//! The service is told where to find the other one, and starts without waiting for it. If it does not try again by
//! itself, it depends on luck which of them is ready first. Left alone are addresses for browsers, telemetry and mail,
//! which a service can start without, and two services that need each other.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment:
//!       REDIS_URL: redis://cache:6379/0
//!   cache:
//!     image: redis:8
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     depends_on: [cache]
//!     environment:
//!       REDIS_URL: redis://cache:6379/0
//!   cache:
//!     image: redis:8
//! ```
//!
//! ## Source
//!
//! The compose specification, "depends_on"; Docker's manual, "Control startup and shutdown order".

use std::ops::Range;

use crate::lint::addresses::{holds_address, hosts};
use crate::lint::{Findings, Rule, Set, edits, jobs, words};
use compose_reader::compose::{Health, Project, Service, Text};
use compose_reader::diagnostic::{Applicability, Fix, Severity};
use compose_reader::values::Sketch;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG310",
    name: "undeclared-dependency",
    severity: Severity::Hint,
    set: Set::Default,
    check,
    source: "",
};

/// Words in the name of a variable whose address is not needed to start, or not needed by the service.
#[rustfmt::skip]
const NOT_NEEDED: &[&str] = &[
    "otel", "otlp", "telemetry", "tracing", "trace", "traces", "jaeger", "zipkin", "metrics", "metric", "statsd", "loki",
    "sentry", "apm", "log", "logs", "logging", "smtp", "mail", "mailer", "email",
    "cors", "origin", "origins", "allowed", "trusted", "public", "external", "callback", "redirect", "webhook", "csrf",
    "proxy", "noproxy", "advertised", "listener", "listeners", "listen", "bind", "frontend", "site", "domain", "server",
    "hostname", "virtual",
];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !service.is_partial) {
        let mut told: Vec<&str> = Vec::new();
        for (name, value) in &service.environment {
            let words = words(name);
            if words.iter().any(|word| NOT_NEEDED.contains(&&**word)) {
                continue;
            }
            let sketch = value.sketch();
            for host in hosts(&sketch, holds_address(&words)) {
                let host = host.host;
                let Some(peer) = project.services.get(&sketch[host.clone()]) else { continue };
                if told.contains(&&*peer.name) || !is_missing(project, service, peer) {
                    continue;
                }
                told.push(&peer.name);
                report(project, service, (name, value, &sketch), host, peer, findings);
            }
        }
    }
}

fn report(
    project: &Project<'_>,
    service: &Service,
    (name, value, sketch): (&str, &Text, &Sketch),
    host: Range<usize>,
    peer: &Service,
    findings: &mut Findings,
) {
    let condition = match peer.health {
        _ if jobs::is_job(peer) => "service_completed_successfully",
        Health::Probe(_) => "service_healthy",
        _ => "service_started",
    };
    let place = sketch.place(host).and_then(|origin| value.part(origin.range)).unwrap_or(value.span);
    let message = format!("`{name}` names `{}`, but `{}` does not wait for it", peer.name, service.name);
    let finding = RULE
        .on(&[&name, &peer.name, &service.name], place, message)
        .related(peer.span, "the service that it names")
        .help(format!("wait for it:\n\ndepends_on:\n  {}:\n    condition: {condition}", peer.name));
    findings.push(match edits::depend_on(project, service, &peer.name, condition) {
        None => finding,
        Some(edit) => finding.fix(Fix {
            title: format!("wait for `{}`", peer.name),
            applicability: Applicability::Unsafe,
            edits: vec![edit],
        }),
    });
}

/// Whether a service should wait for another one and does not, directly or through a third.
fn is_missing(project: &Project<'_>, service: &Service, peer: &Service) -> bool {
    let is_there = peer.profiles.is_empty()
        || !service.profiles.is_empty()
            && service.profiles.iter().all(|profile| peer.profiles.contains(profile));
    service.name != peer.name
        && is_there
        && !peer.is_partial
        && !leads_to(project, service, &peer.name)
        && !leads_to(project, peer, &service.name)
        && !is_told(peer, &service.name)
}

/// Whether a variable of a service names another one.
fn is_told(service: &Service, peer: &str) -> bool {
    service.environment.iter().any(|(_, value)| {
        let sketch = value.sketch();
        hosts(&sketch, true).into_iter().any(|host| &sketch[host.host] == peer)
    })
}

/// Whether the references of a service lead to another one.
fn leads_to(project: &Project<'_>, from: &Service, to: &str) -> bool {
    let mut seen: Vec<&str> = vec![&from.name];
    let mut open = seen.clone();
    while let Some(name) = open.pop() {
        for reference in project.services.get(name).into_iter().flat_map(|service| &service.references) {
            if &*reference.name == to {
                return true;
            }
            if !seen.contains(&&*reference.name) {
                seen.push(&reference.name);
                open.push(&reference.name);
            }
        }
    }
    false
}
