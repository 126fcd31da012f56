//! A service that can change the programs it runs.
//!
//! Whoever breaks into it can put a program of their own beside it, and it is there until the container is replaced. With
//! `read_only: true` it writes to its volumes and to `tmpfs` only. `read_only: false` says that the program cannot do with
//! less, and is left alone.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   cache:
//!     image: redis:8
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   cache:
//!     image: redis:8
//!     read_only: true
//!   broker:
//!     image: apache/kafka:4.3.1
//!     read_only: false
//! ```
//!
//! ## Source
//!
//! The compose specification, "read_only"; Docker Engine, "docker container run", `--read-only`.

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG716",
    name: "writable-root",
    severity: Severity::Warning,
    set: Set::Strict,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !service.is_partial) {
        if service.security.read_only.is_some() || service.security.privileged.is_some() {
            continue;
        }
        let known = images::of(service).filter(|known| known.is_exact);
        let folders = known.map_or(&[][..], |known| &known.image.tmpfs);
        let help = match folders {
            [] => "write `read_only: true`, with `tmpfs: [/tmp]` if it needs a place for files; or `read_only: false`, which \
                   says that it cannot do with less"
                .to_owned(),
            _ => format!("write where its image has to write:\n\nread_only: true\ntmpfs: [{}]", folders.join(", ")),
        };
        findings.push(
            RULE.on(
                &[&service.name],
                service.span,
                format!("`{}` can change the programs that it runs", service.name),
            )
            .help(help),
        );
    }
}
