//! A mount on a path in the container that does not begin at the root.
//!
//! Docker Compose accepts it, and Docker Engine refuses to create the container: "invalid mount path: mount path must be
//! absolute". Unlike the path on the host, it is never seen from anywhere.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     volumes: ["./data:data"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     volumes: ["./data:/data"]
//! ```
//!
//! ## Source
//!
//! moby, `volume/mounts/linux_parser.go`; the compose specification, "volumes".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{MountKind, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG106",
    name: "relative-mount-target",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        for mount in &service.mounts {
            let target = &*mount.target;
            let is_known = !target.is_empty()
                && mount.target.behind_unknown().is_none()
                && mount.kind != MountKind::Other;
            if !is_known || mount.has_absolute_target() || mount.mistaken_drive().is_some() {
                continue;
            }
            let message =
                format!("`{target}` in `{}` does not begin at the root of the container", service.name);
            let is_name = mount.source.is_none() && mount.kind == MountKind::Volume && !target.contains('/');
            let help = match is_name {
                true => format!("write where in the container it goes: `{target}:/PATH`"),
                false => format!("write the whole path: `/{}`", target.trim_start_matches(['.', '~', '/'])),
            };
            findings.push(RULE.on(&[&target, &service.name], mount.span, message).help(help));
        }
    }
}
