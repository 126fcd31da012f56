//! A variable of the compose file that only an `env_file` of a service sets.
//!
//! Compose replaces `${NAME}` when it reads the file, with what `.env`, `--env-file` and the shell say. `env_file` of a service is
//! read later, and only for its container: in the compose file the variable has no value.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: mysql:8.4
//!     env_file: [db.env]
//!     environment:
//!       MYSQL_DATABASE: ${SHOP_DB}
//! ```
//!
//! ```ini db.env
//! SHOP_DB=orders
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: mysql:8.4
//!     env_file: [db.env]
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Set environment variables": `env_file` is for the container's environment.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Project, Text};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG017",
    name: "env-file-variable",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let set: Vec<&(String, Text)> = service.from_env_files.iter().collect();
        let values = service.environment.iter().map(|(_, value)| value);
        let labels = service.labels.iter().map(|(_, value)| value);
        for text in values.chain(service.image.as_ref()).chain(labels) {
            for (name, range) in text.bare_variables() {
                let Some((_, value)) = set.iter().find(|(own, _)| own == name) else { continue };
                let message = format!(
                    "only the `env_file` of `{}` sets `{name}`, and Compose does not look there",
                    service.name
                );
                findings.push(
                    RULE.at(text.part(range).unwrap_or(text.span), message)
                        .related(value.span, "it is set here, for the container")
                        .help(format!(
                            "put `{name}` into `.env`, or name the file with `--env-file`; what `env_file` sets is in the container by itself"
                        )),
                );
            }
        }
    }
}
