//! A container without the confinement that every container has.
//!
//! Docker's seccomp profile keeps a container from some forty system calls, and AppArmor or SELinux from files of the host.
//! With `unconfined` or `label:disable` a hole in the kernel is a way out of the container. A debugger, which is the usual
//! reason, needs `cap_add: [SYS_PTRACE]` only, since Linux 4.8.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     security_opt: ["seccomp:unconfined"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     security_opt: ["seccomp:./seccomp.json", "no-new-privileges:true"]
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Seccomp security profiles for Docker" and "AppArmor security profiles for Docker".

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG706",
    name: "unconfined-profile",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !images::asks_for(service, "unconfined")) {
        for text in &service.security.options {
            let option = text.sketch().replace('=', ":");
            let what = match option.as_str() {
                "seccomp:unconfined" => "seccomp",
                "apparmor:unconfined" => "AppArmor",
                // SELinux keeps every container from the socket of Docker.
                "label:disable"
                    if service.mounts.iter().any(|mount| mount.target.ends_with("docker.sock")) =>
                {
                    continue;
                }
                "label:disable" => "SELinux",
                _ => continue,
            };
            findings.push(
                RULE.on(
                    &[&service.name],
                    text.span,
                    format!("`{}` runs without the confinement by {what}", service.name),
                )
                .help(
                    "remove it, or name a profile of your own; a debugger needs `cap_add: [SYS_PTRACE]` only",
                ),
            );
        }
    }
}
