//! A service that is as powerful as root on its machine.
//!
//! `privileged: true` gives a container every capability and every device, and takes away the confinement by seccomp and
//! AppArmor. Whoever breaks into it owns the host. What a program needs of that is mostly one capability or one device.
//! Images whose purpose is to work on the machine itself are left alone.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   queue:
//!     image: example/queue:1.4
//!     privileged: true
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   queue:
//!     image: example/queue:1.4
//!     cap_add: [SYS_NICE]
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Running containers", runtime privilege and Linux capabilities.

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG701",
    name: "privileged-service",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let Some(span) = service.security.privileged else { continue };
        if images::asks_for(service, "privileged") {
            continue;
        }
        findings.push(
            RULE.on(
                &[&service.name],
                span,
                format!("`{}` can do on its machine whatever root can", service.name),
            )
            .help("remove it, and give it what it needs: `cap_add` for a capability, `devices` for a device"),
        );
    }
}
