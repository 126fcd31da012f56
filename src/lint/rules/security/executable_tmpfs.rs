//! A folder in memory from which programs can be started.
//!
//! Docker mounts a `tmpfs` so that nothing in it can be executed, which keeps whoever can write a file there from starting
//! it. `exec` and `suid` take that away.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     tmpfs: ["/tmp:exec,size=64m"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     tmpfs: ["/tmp:size=64m"]
//! ```
//!
//! ## Source
//!
//! Docker Engine, "tmpfs mounts": the options are `noexec`, `nosuid` and `nodev` unless they are given.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{MountKind, Project};
use compose_reader::diagnostic::{Applicability, Edit, Fix, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG709",
    name: "executable-tmpfs",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        for mount in service.mounts.iter().filter(|mount| mount.kind == MountKind::Tmpfs) {
            let mut options = mount.options.iter();
            let Some((word, span)) = options.find(|(word, _)| word == "exec" || word == "suid") else {
                continue;
            };
            let safe = format!("no{word}");
            let message = format!("programs can be started from `{}` of `{}`", mount.target, service.name);
            let finding = RULE
                .on(&[&mount.target, &service.name], *span, message)
                .help(format!("remove `{word}`, unless the program cannot do without"));
            findings.push(match project.sources.slice(*span) == &**word {
                false => finding,
                true => finding.fix(Fix {
                    title: format!("write `{safe}`"),
                    applicability: Applicability::Unsafe,
                    edits: vec![Edit { span: *span, content: safe }],
                }),
            });
        }
    }
}
