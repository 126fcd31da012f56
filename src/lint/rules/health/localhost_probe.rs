//! `localhost` in a health check whose client asks only the IPv6 address.
//!
//! In a container `localhost` is both 127.0.0.1 and ::1. BusyBox's `wget` and `nc`, which Alpine images have, take the
//! first address that they are given, which is ::1, and never try the other one. A server that listens on IPv4 only
//! is then unhealthy for ever; one that listens on both is fine, which is why this is a hint.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: node:24-alpine
//!     healthcheck:
//!       test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://localhost:3000/"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: node:24-alpine
//!     healthcheck:
//!       test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:3000/"]
//! ```
//!
//! ## Source
//!
//! BusyBox, `libbb/xconnect.c`: `host2sockaddr` keeps one address; ls1intum/Apollon pull request 621 and
//! dsgnr/portchecker.io pull request 362, where it happened.

use crate::images::Known;
use crate::lint::script::calls_of;
use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::Project;
use compose_reader::diagnostic::{Applicability, Edit, Fix, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG404",
    name: "localhost-probe",
    severity: Severity::Hint,
    set: Set::Default,
    check,
    source: "",
};

const LOCALHOST: &str = "localhost";

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let Some(probe) = &service.probe else { continue };
        // What is known to listen somewhere listens on both.
        let fails = |known: &Known| {
            known.is_busybox() && (known.image.ports.is_empty() || known.image.listens_on_ipv4)
        };
        if !images::of(service).is_some_and(|known| fails(&known)) {
            continue;
        }
        for call in calls_of(probe) {
            if !["wget", "nc"].contains(&call.program()) {
                continue;
            }
            let Some(word) = call.words.iter().find(|word| is_localhost(&word.text)) else { continue };
            let message = format!(
                "`{LOCALHOST}` is ::1 and nothing else to the `{}` of `{}`",
                call.program(),
                service.name
            );
            let help = "write `127.0.0.1`, or leave it if the server listens on IPv6 too";
            let finding = RULE.on(&[&call.program(), &service.name], word.span, message).help(help);
            let at = project.sources.slice(word.span).find(LOCALHOST);
            findings.push(match at {
                None => finding,
                Some(at) => finding.fix(Fix {
                    title: "write `127.0.0.1`".to_owned(),
                    applicability: Applicability::Unsafe,
                    edits: vec![Edit {
                        span: word.span.part(at, at + LOCALHOST.len()),
                        content: "127.0.0.1".to_owned(),
                    }],
                }),
            });
        }
    }
}

/// Whether a word is `localhost`, or a URL on it.
fn is_localhost(word: &str) -> bool {
    let host = word.split_once("://").map_or(word, |(_, rest)| rest);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    host.strip_prefix(LOCALHOST).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
}
