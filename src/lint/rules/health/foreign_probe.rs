//! A health check that says nothing about its service: it asks another machine, or an address with braces in it.
//!
//! `{NAME}` without a `$` is text, so that the check asks a host of that name. A check that asks a machine on the internet says
//! whether that one is up, and makes the service unhealthy when the network is not. Left alone is what shares the network of
//! another service, or makes a tunnel: there the way out is what is checked.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   shelf:
//!     image: example/shelf:1.4
//!     healthcheck:
//!       test: ping -c 1 www.example.org || exit 1
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   shelf:
//!     image: example/shelf:1.4
//!     healthcheck:
//!       test: wget -q -O /dev/null http://127.0.0.1:8080/ || exit 1
//! ```
//!
//! ## Source
//!
//! Docker's manual, "HEALTHCHECK": it runs inside the container; the compose specification, "Interpolation".

use crate::lint::script::{Call, Word, calls_of};
use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG413",
    name: "foreign-probe",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let Some(probe) = &service.probe else { continue };
        for call in calls_of(probe) {
            if !["curl", "wget", "ping", "nc"].contains(&call.program()) {
                continue;
            }
            let brace = call.words.iter().find_map(|word| Some((word, braces(&word.text)?)));
            if let Some((word, name)) = brace {
                let message = format!(
                    "`{{{name}}}` is text here, no variable: the health check of `{}` asks for it",
                    service.name
                );
                findings.push(RULE.at(word.span, message).help(format!(
                    "write `$${{{name}}}`, the variable of the container, or `${{{name}}}`, that of Compose"
                )));
            } else if let Some((word, host)) = foreign(service, &call) {
                let message =
                    format!("the health check of `{}` asks `{host}`, another machine", service.name);
                findings.push(
                    RULE.at(word.span, message)
                        .severity(Severity::Hint)
                        .help("ask the service itself, on 127.0.0.1: this says nothing about it"),
                );
            }
        }
    }
}

/// The name in `{NAME}` without a `$`.
fn braces(text: &str) -> Option<&str> {
    let (before, rest) = text.split_once('{')?;
    let (name, _) = rest.split_once('}')?;
    let is_name = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    (is_name && !before.ends_with(['$', '%', '{'])).then_some(name)
}

/// The host on the internet that a call asks.
fn foreign<'c>(service: &Service, call: &'c Call) -> Option<(&'c Word, &'c str)> {
    let is_way_out = service.network_mode.is_some()
        || service.security.cap_add.iter().any(|capability| capability.raw().contains("NET_ADMIN"));
    let named = |word: &'c Word| {
        let text = &*word.text;
        let host = match (call.program(), text.split_once("://")) {
            (_, Some((_, rest))) => rest.split(['/', ':', '?']).next()?,
            ("ping", None) if !text.starts_with('-') => text,
            _ => return None,
        };
        let is_outside = host.contains('.')
            && host.ends_with(|last: char| last.is_ascii_alphabetic())
            && !host.contains(['$', '…', '{'])
            && !host.ends_with(".internal")
            && !host.ends_with(".local")
            && !host.ends_with(".localhost");
        (is_outside && service.hostname.as_ref().is_none_or(|own| own.raw() != host)).then_some((word, host))
    };
    call.words.iter().skip(1).find_map(named).filter(|_| !is_way_out)
}
