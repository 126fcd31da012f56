//! A service that runs as root.
//!
//! Root in a container is root of the host as soon as there is a way out of it. Flagged is a service whose `user` says so;
//! without `user`, the image decides, and most images for servers start as root only to become another user.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     user: root
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     user: "1000:1000"
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Building best practices", USER; Docker Engine security.

use super::super::{Findings, Rule, Set};
use crate::compose::Project;
use crate::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG713",
    name: "root-user",
    severity: Severity::Warning,
    set: Set::Strict,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let Some(user) = &service.security.user else { continue };
        let sketch = user.sketch();
        let name = sketch.split(':').next().unwrap_or_default();
        let is_zero = !name.is_empty() && name.trim_start_matches('+').bytes().all(|byte| byte == b'0');
        if name != "root" && !is_zero {
            continue;
        }
        findings.push(
            RULE.at(user.span, format!("`{}` runs as root", service.name))
                .help("write the user that the image was made for, by number: `user: \"1000:1000\"`"),
        );
    }
}
