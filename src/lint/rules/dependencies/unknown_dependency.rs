//! A dependency on a service that does not exist.
//!
//! Docker Compose refuses the project, even where the dependency has `required: false`: that is for services that a
//! profile switches off, not for names that nothing has. Files that include or extend others, and fragments that are
//! meant to be laid over another file, are left alone.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     depends_on: [postgers]
//!   postgres:
//!     image: postgres:18
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     depends_on: [postgres]
//!   postgres:
//!     image: postgres:18
//! ```
//!
//! ## Source
//!
//! The compose specification, "depends_on"; `docker compose config` says "depends on undefined service".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::{Severity, did_you_mean, nearest};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG302",
    name: "unknown-dependency",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    if !project.is_complete() {
        return;
    }
    for service in project.services.values() {
        for reference in &service.references {
            if project.services.contains_key(&reference.name) {
                continue;
            }
            let others = || project.services.keys().filter(|name| **name != service.name).map(|name| &**name);
            let message = match reference.key {
                "depends_on" => {
                    format!("`{}` depends on `{}`, which is no service", service.name, reference.name)
                }
                key => {
                    format!("`{key}` of `{}` names `{}`, which is no service", service.name, reference.name)
                }
            };
            let mut help = did_you_mean(&reference.name, others());
            if nearest(&reference.name, others()).is_none() {
                help.push_str("; a service of another file is found with `-f FILE -f FILE`");
            }
            findings.push(RULE.on(&[&service.name, &reference.name], reference.span, message).help(help));
        }
    }
}
