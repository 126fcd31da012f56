//! A service that keeps the capabilities that Docker gives to every container.
//!
//! There are fourteen of them, among them to change the owner of files, to become another user, and to send raw packets. Most
//! services need none. `cap_drop: [ALL]` takes them away, and `cap_add` gives back those that the image needs to start.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     cap_drop: [ALL]
//!     cap_add: [CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID]
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Running containers", runtime privilege and Linux capabilities; the images' entrypoints.

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG715",
    name: "kept-capabilities",
    severity: Severity::Warning,
    set: Set::Strict,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !service.is_partial) {
        let security = &service.security;
        let drops_all = security.cap_drop.iter().any(|text| text.sketch().eq_ignore_ascii_case("all"));
        if drops_all || security.privileged.is_some() {
            continue;
        }
        let known = images::of(service).filter(|known| known.is_exact && security.user.is_none());
        let needed = known.map_or(&[][..], |known| &known.image.capabilities);
        let help = match needed {
            [] => "write `cap_drop: [ALL]`, and `cap_add` with what it then lacks, if anything".to_owned(),
            _ => format!("write what its image needs:\n\ncap_drop: [ALL]\ncap_add: [{}]", needed.join(", ")),
        };
        findings.push(
            RULE.on(
                &[&service.name],
                service.span,
                format!("`{}` keeps capabilities that it may not need", service.name),
            )
            .help(help),
        );
    }
}
