//! A health check that uses a password which the container gets as a file.
//!
//! With `POSTGRES_PASSWORD_FILE` the entrypoint reads the file and sets `POSTGRES_PASSWORD` for the program that it
//! starts. A health check is not started by it: it has the variables of the compose file, and `$$POSTGRES_PASSWORD` is
//! empty there.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: mysql:8.4
//!     environment:
//!       MYSQL_ROOT_PASSWORD_FILE: /run/secrets/root
//!     healthcheck:
//!       test: ["CMD-SHELL", "mysql -h 127.0.0.1 -p\"$$MYSQL_ROOT_PASSWORD\" -e 'SELECT 1'"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: mysql:8.4
//!     environment:
//!       MYSQL_ROOT_PASSWORD_FILE: /run/secrets/root
//!     healthcheck:
//!       test: ["CMD-SHELL", "mysql -h 127.0.0.1 -p\"$$(cat /run/secrets/root)\" -e 'SELECT 1'"]
//! ```
//!
//! ## Source
//!
//! `docker-entrypoint.sh` of docker-library/postgres and docker-library/mysql, `file_env`; moby, `daemon/health.go`: a
//! health check has the environment of the container's configuration.

use crate::lint::script::script_of;
use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;
use compose_reader::source::range;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG410",
    name: "secret-blind-probe",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    // What an env file sets cannot be known here.
    let services =
        project.services.values().filter(|service| service.env_files.is_empty() && !service.is_partial);
    for service in services {
        let Some((script, _)) = service.probe.as_ref().and_then(script_of) else { continue };
        let sketch = script.sketch();
        for (set, file) in &service.environment {
            let Some(name) = set.strip_suffix("_FILE").map(|name| name.trim_end_matches('_')) else {
                continue;
            };
            let is_set = service.environment.iter().any(|(other, _)| other == name);
            let Some(range) = variable(&sketch, name).filter(|_| !is_set) else { continue };
            let place = sketch.place(range).and_then(|origin| script.part(origin.range));
            let path = file.sketch();
            findings.push(
                RULE.on(
                    &[&name, &service.name, &set],
                    place.unwrap_or(script.span),
                    format!(
                        "`{name}` is empty in the health check of `{}`: only `{set}` is set",
                        service.name
                    ),
                )
                .related(file.span, "the entrypoint reads this file, a health check does not")
                .help(format!(
                    "read it there too, `$$(cat {path})`, or ask something that needs no password"
                )),
            );
        }
    }
}

/// Where a script asks for a variable without a default.
fn variable(script: &str, name: &str) -> Option<std::ops::Range<usize>> {
    range::around(script, "$").find_map(|(before, rest)| {
        let (opening, closing) = if rest.starts_with('{') { ("${", "}") } else { ("$", "") };
        let behind = rest.strip_prefix('{').unwrap_or(rest).strip_prefix(name)?;
        let ends = !behind.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
        let has_default = rest.starts_with('{') && !behind.starts_with('}');
        let range = before.len()..range::after(before.len(), [opening, name, closing]);
        (ends && !has_default).then_some(range)
    })
}
