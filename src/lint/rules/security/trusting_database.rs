//! A database that lets everybody in without a password.
//!
//! Every container on its networks can read and change everything in it, and with a published port every machine that
//! reaches it.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     environment:
//!       POSTGRES_HOST_AUTH_METHOD: trust
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     environment:
//!       POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}
//! ```
//!
//! ## Source
//!
//! The documentation of the images: postgres (`POSTGRES_HOST_AUTH_METHOD`, "not recommended"), mysql and mariadb
//! (`MYSQL_ALLOW_EMPTY_PASSWORD`, "not recommended unless you really know what you are doing"), neo4j (`NEO4J_AUTH`).

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG719",
    name: "trusting-database",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Variables that open a database, with the values that do; none stands for whatever is not empty.
const OPENERS: [(&str, &[&str]); 7] = [
    ("POSTGRES_HOST_AUTH_METHOD", &["trust"]),
    ("MYSQL_ALLOW_EMPTY_PASSWORD", &[]),
    ("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", &[]),
    ("MARIADB_ALLOW_EMPTY_PASSWORD", &[]),
    ("ALLOW_EMPTY_PASSWORD", &["yes", "true", "1"]),
    ("NEO4J_AUTH", &["none"]),
    ("NEO4J_dbms_security_auth__enabled", &["false"]),
];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        in_dockerfile(service, findings);
        let is_set = |wanted: &str| {
            let mut all = service.variables();
            all.any(|(name, value)| name.ends_with(wanted) && !value.raw().is_empty())
        };
        // With a password, the empty one is not used.
        let has_password = ["ROOT_PASSWORD", "ROOT_PASSWORD_FILE", "ROOT_PASSWORD_HASH", "REDIS_PASSWORD"]
            .into_iter()
            .any(|wanted| is_set(wanted) && !wanted.contains("ALLOW"));
        // Several services may have one env file, of which the database alone reads this.
        let kinds = images::of(service).map_or(&[][..], |known| &known.image.kinds);
        let is_its_own =
            |name: &String| kinds.iter().any(|kind| name.to_lowercase().starts_with(kind.as_str()));
        let from_files = service.from_env_files.iter().filter(|(name, _)| is_its_own(name));
        for (name, value) in service.environment.iter().chain(from_files) {
            let Some((_, values)) = OPENERS.iter().find(|(opener, _)| opener == name) else { continue };
            let written = value.value().unwrap_or_default().to_lowercase();
            let is_open = if values.is_empty() { !written.is_empty() } else { values.contains(&&*written) };
            if !is_open || name.contains("EMPTY") && has_password {
                continue;
            }
            findings.push(
                RULE.on(
                    &[&name, &service.name],
                    value.span,
                    format!("`{name}` lets everybody into `{}` without a password", service.name),
                )
                .help(
                    "remove it, and give the database a password: `${PASSWORD:?}` from `.env`, or a secret",
                ),
            );
        }
    }
}

/// The same in the Dockerfile of a service, unless the service says otherwise.
fn in_dockerfile(service: &Service, findings: &mut Findings) {
    let Some(dockerfile) = &service.dockerfile else { return };
    for (name, value, span) in &dockerfile.settings {
        let Some((_, values)) = OPENERS.iter().find(|(opener, _)| opener == name) else { continue };
        let written = value.to_lowercase();
        let is_open = if values.is_empty() { !written.is_empty() } else { values.contains(&&*written) };
        let is_told = service.variables().any(|(own, value)| {
            own == name || own.contains("PASSWORD") && !own.contains("ALLOW") && !value.raw().is_empty()
        });
        if is_open && !is_told && service.env_files.is_empty() {
            let message = format!(
                "`{name}` in its Dockerfile lets everybody into `{}` without a password",
                service.name
            );
            findings.push(
                RULE.at(*span, message).related(service.span, "built from this").help(
                    "remove it, and give the database a password when it runs, from `.env` or a secret",
                ),
            );
        }
    }
}
