//! A secret or config that cannot become what the service asks for.
//!
//! Compose copies the content of a secret or config that is not a `file:` into the container, which it cannot do where the
//! file system is read-only: `up` fails. A `file:` is mounted with the owner and the mode that it has on the host, so
//! `uid`, `gid` and `mode` are ignored, which is a warning: a service that is not root may not be able to read it.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     read_only: true
//!     secrets: [token]
//! secrets:
//!   token:
//!     environment: TOKEN
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     read_only: true
//!     secrets: [token]
//! secrets:
//!   token:
//!     file: ./secrets/token
//! ```
//!
//! ## Source
//!
//! Docker Compose 2.40, tried: "cannot create secret … in read-only service …: `file` is the sole supported option", and
//! the warning "secrets `uid`, `gid` and `mode` are not supported, they will be ignored"; `pkg/compose/secrets.go`.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{FileOrigin, Grant, Project, Service, Text};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG711",
    name: "unusable-secret",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        for grant in &service.grants {
            let objects = if grant.kind == "secret" { &project.secrets } else { &project.configs };
            let Some(object) = objects.get(&grant.name) else { continue };
            let (kind, name) = (grant.kind, &grant.name);
            match &object.origin {
                FileOrigin::Elsewhere => {}
                FileOrigin::File(_) => ignored_ownership(service, grant, findings),
                FileOrigin::Environment(_) | FileOrigin::Content(_)
                    if service.security.read_only != Some(true) => {}
                FileOrigin::Environment(Text { span, .. }) | FileOrigin::Content(span) => findings.push(
                    RULE.on(
                        &[&name, &service.name],
                        grant.span,
                        format!(
                            "`up` fails: the {kind} `{name}` cannot be copied into the read-only `{}`",
                            service.name
                        ),
                    )
                    .related(*span, "only `file:` can be mounted")
                    .help(format!("take `{name}` from a file: `file: ./{kind}s/{name}`")),
                ),
            }
        }
    }
}

fn ignored_ownership(service: &Service, grant: &Grant, findings: &mut Findings) {
    let Some((key, span)) = grant.ownership.first() else { return };
    let message = format!("`{key}` of the {} `{}` in `{}` is ignored", grant.kind, grant.name, service.name);
    findings.push(
        RULE.on(&[&key, &grant.name, &service.name], *span, message).severity(Severity::Warning).help(
            "remove it, and give the file on the host an owner and a mode with which the service can read it",
        ),
    );
}
