//! Two mounts of one service on one path in the container.
//!
//! Only one of them can be there. Of two volumes written in one list, Docker Compose takes the last and says nothing; so
//! with two configs or secrets, and a volume hides a config on its path. A volume on the path of a `tmpfs` is refused. That
//! an override file puts something else on the path of the file below it is no collision.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     volumes:
//!       - ./site:/usr/share/nginx/html
//!       - ./public:/usr/share/nginx/html
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     volumes:
//!       - ./site:/usr/share/nginx/html
//!       - ./public:/usr/share/nginx/html/public
//! ```
//!
//! ## Source
//!
//! What `docker compose config` prints and refuses; compose, `pkg/compose/create.go`: the mounts of a container are kept by
//! their targets, volumes before secrets before configs.

use std::collections::HashMap;

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Fault, Project, Repeated, Service};
use compose_reader::diagnostic::{Diagnostic, Severity};
use compose_reader::source::Span;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG105",
    name: "mount-collision",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

const HELP: &str = "remove one of the two, or give it another path in the container";

fn check(project: &Project<'_>, findings: &mut Findings) {
    findings.extend(project.problems_of(Fault::MountCollision).map(|problem| RULE.of(problem)));
    findings.extend(project.repeated.iter().filter_map(|(service, repeated)| replaced(service, repeated)));
    for service in project.services.values() {
        hidden(service, findings);
    }
}

/// Of two items of a list, the one that is lost.
fn replaced(service: &str, repeated: &Repeated) -> Option<Diagnostic> {
    let Repeated { list, key, first, second } = repeated;
    if !matches!(&**list, "volumes" | "configs" | "secrets") || first == second {
        return None;
    }
    let message = format!("`{service}` has two mounts on `{key}`: the last one wins");
    let finding = RULE.on(&[&service, key], second.place(), message).label("this one is mounted");
    Some(finding.related(first.place(), "this one is lost").help(HELP))
}

/// A config or secret on the path of something that goes before it.
fn hidden(service: &Service, findings: &mut Findings) {
    let mut seen: HashMap<&str, (Span, &str)> = HashMap::new();
    for mount in service.mounts.iter().filter(|mount| mount.target.is_known()) {
        seen.insert(mount.target.trim_end_matches('/'), (mount.span, "volume"));
    }
    // In the order in which Compose takes them.
    for grant in service.grants.iter().filter(|grant| grant.target.is_known()) {
        let target = grant.target.trim_end_matches('/');
        match seen.get(target) {
            Some((winner, what)) if *winner != grant.span => {
                let message = format!(
                    "the {} `{}` of `{}` is on `{target}`, where a {what} is already",
                    grant.kind, grant.name, service.name
                );
                findings.push(
                    RULE.on(&[&grant.name, &service.name, &target], grant.span, message)
                        .related(*winner, "this one is mounted")
                        .help(HELP),
                );
            }
            Some(_) => {}
            None => {
                seen.insert(target, (grant.span, grant.kind));
            }
        }
    }
}
