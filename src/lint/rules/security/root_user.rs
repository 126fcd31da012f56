//! A service that runs as root.
//!
//! Root in a container is root of the host as soon as there is a way out of it. Flagged is a service whose `user` says so,
//! or the `USER` of its Dockerfile. Without either, the image decides: most images for servers start as root only to become
//! another user, while those of languages (`python`, `node`) stay root, which is flagged where a Dockerfile begins with one.
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

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::{Diagnostic, Severity};

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
        let in_dockerfile = || service.dockerfile.as_ref()?.user.clone();
        let here = service.security.user.as_ref().map(|user| (user.sketch(), user.span));
        findings.extend(match here.or_else(in_dockerfile) {
            Some((user, span)) if is_root(&user) => Some(
                RULE.on(&[&service.name], span, format!("`{}` runs as root", service.name))
                    .help("write the user that the image was made for, by number: `user: \"1000:1000\"`"),
            ),
            Some(_) => None,
            None => never_changed(service),
        });
    }
}

fn is_root(user: &str) -> bool {
    let name = user.split(':').next().unwrap_or_default();
    name == "root" || !name.is_empty() && name.trim_start_matches('+').bytes().all(|byte| byte == b'0')
}

/// The finding on a service whose Dockerfile never leaves the user of an image that is known to be root.
fn never_changed(service: &Service) -> Option<Diagnostic> {
    let dockerfile = service.dockerfile.as_ref().filter(|dockerfile| dockerfile.has_own_program)?;
    let image = images::base(dockerfile).filter(|known| known.is_exact)?.image;
    let changes_later = ["gosu", "su-exec", "setpriv", "su", "runuser"];
    let may_change = changes_later.iter().any(|program| dockerfile.brings(program) == Some(true));
    if image.user.is_some() || image.starts_as_root || may_change {
        return None;
    }
    Some(
        RULE.on(
            &[&service.name],
            service.span,
            format!("`{}` runs as root: its Dockerfile has no `USER`", service.name),
        )
        .related(dockerfile.from, "it is built on this, which runs as root")
        .help("make a user in the Dockerfile, and change to it at the end: `USER 1000:1000`"),
    )
}
