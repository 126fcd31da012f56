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
use compose_reader::values::Address;

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
            let found = call.words.iter().find_map(|word| {
                let address = Address::of(&word.text);
                (address.host(&word.text) == LOCALHOST).then_some((word, address))
            });
            let Some((word, address)) = found else { continue };
            let message = format!(
                "`{LOCALHOST}` is ::1 and nothing else to the `{}` of `{}`",
                call.program(),
                service.name
            );
            let help = "write `127.0.0.1`, or leave it if the server listens on IPv6 too";
            let finding = RULE.on(&[&call.program(), &service.name], word.span, message).help(help);
            findings.push(match word.part(project.sources, address.host) {
                None => finding,
                Some(span) => finding.fix(Fix {
                    title: "write `127.0.0.1`".to_owned(),
                    applicability: Applicability::Unsafe,
                    edits: vec![Edit { span, content: "127.0.0.1".to_owned() }],
                }),
            });
        }
    }
}
