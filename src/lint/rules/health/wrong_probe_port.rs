//! A health check that asks on a port where the service does not listen.
//!
//! A health check runs inside the container. What counts there is the port that the program listens on, the right side
//! of `ports`, not the one that it is published under. A check on another one fails for ever. Flagged are ports that are
//! known from `ports` to be the host's, and those that an image, left as it comes, does not listen on.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:1.4
//!     ports: ["127.0.0.1:8080:3000"]
//!     healthcheck:
//!       test: ["CMD", "curl", "-f", "http://127.0.0.1:8080/health"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:1.4
//!     ports: ["127.0.0.1:8080:3000"]
//!     healthcheck:
//!       test: ["CMD", "curl", "-f", "http://127.0.0.1:3000/health"]
//! ```
//!
//! ## Source
//!
//! The compose specification, "ports" and "healthcheck"; `catalog/images.yaml` for the ports of images.

use std::ops::Range;

use crate::lint::script::{Call, Word, calls_of};
use crate::lint::{Findings, Rule, Set, ports, with_rest};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::{Applicability, Edit, Fix, Severity};
use compose_reader::source::Span;
use compose_reader::values::Address;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG407",
    name: "wrong-probe-port",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| service.can_publish()) {
        let Some(probe) = &service.probe else { continue };
        for call in calls_of(probe) {
            let Some((word, place, port)) = asked(&call) else { continue };
            let Some(right) = right_ports(service, port) else { continue };
            let name = &service.name;
            let shown: Vec<String> = right.ports.iter().map(u16::to_string).collect();
            let shown = shown.join(" or ");
            let mut finding = RULE
                .on(
                    &[&name],
                    word.span,
                    format!("the health check of `{name}` asks on {port}, where nothing listens inside it"),
                )
                .help(format!("inside the container the port is {shown}"));
            if let Some(published) = right.published {
                finding = finding.related(published, format!("{port} is the port of the host"));
            }
            findings.push(match (word.part(project.sources, place), &right.ports[..]) {
                (Some(span), [only]) => finding.fix(Fix {
                    title: format!("ask on {only}"),
                    applicability: Applicability::Unsafe,
                    edits: vec![Edit { span, content: only.to_string() }],
                }),
                _ => finding,
            });
        }
    }
}

/// Where a service listens instead.
struct Right {
    ports: Vec<u16>,
    /// The entry that publishes the port that was asked.
    published: Option<Span>,
}

fn right_ports(service: &Service, port: u16) -> Option<Right> {
    let is_target = |number: u16| service.publishes(number) || service.exposes(number);
    if is_target(port) || ports::is_mentioned(service, port) {
        return None;
    }
    let published = service.ports.iter().find_map(|entry| Some((entry.target_of(port)?, entry.span)));
    if let Some((target, span)) = published {
        return Some(Right { ports: vec![target], published: Some(span) });
    }
    ports::others_than(service, port).map(|others| Right { ports: others.ports, published: None })
}

/// The port of the container itself that a call asks, and the word that says so, with the bytes of the port in it.
fn asked(call: &Call) -> Option<(&Word, Range<usize>, u16)> {
    if !["curl", "wget", "nc", "ncat", "http", "httpie"].contains(&call.program()) {
        return None;
    }
    let local = |text: &str| ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"].contains(&text);
    let words = &call.words;
    if matches!(call.program(), "nc" | "ncat") {
        let (_, rest) = with_rest(words).find(|(word, _)| local(&word.text))?;
        let port = rest.first()?;
        return Some((port, 0..port.text.len(), port.text.parse().ok()?));
    }
    words.iter().skip(1).find_map(|word| {
        let address = Address::of(&word.text);
        let port = address.port_number(&word.text)?;
        local(address.host(&word.text)).then_some((word, address.port?, port))
    })
}
