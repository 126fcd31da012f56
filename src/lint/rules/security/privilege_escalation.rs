//! A service whose programs can gain rights that it was not started with.
//!
//! A program with the setuid bit, such as `su` or `sudo`, runs as root whoever starts it. `no-new-privileges` switches that
//! off for all programs of the container; hardly any server needs it.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     security_opt: ["no-new-privileges:true"]
//! ```
//!
//! ## Source
//!
//! The manual page prctl(2), `PR_SET_NO_NEW_PRIVS`; Docker Engine, "Running containers", security configuration.

use crate::lint::{Findings, Rule, Set, edits};
use compose_reader::compose::Project;
use compose_reader::diagnostic::{Applicability, Fix, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG714",
    name: "privilege-escalation",
    severity: Severity::Warning,
    set: Set::Strict,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !service.is_partial) {
        let security = &service.security;
        if security.has_option("no-new-privileges") || security.privileged.is_some() {
            continue;
        }
        let line = "security_opt: [no-new-privileges:true]";
        let finding = RULE
            .on(
                &[&service.name],
                service.span,
                format!("programs of `{}` can gain rights that it was not started with", service.name),
            )
            .help(format!("write `{line}`"));
        findings.push(match service.first_key.filter(|_| security.options.is_empty()) {
            None => finding,
            Some(key) => finding.fix(Fix {
                title: format!("write `{line}`"),
                applicability: Applicability::Unsafe,
                edits: vec![edits::insert_before(project.sources, key, &[line.to_owned()])],
            }),
        });
    }
}
