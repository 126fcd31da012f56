//! A folder of the host under the data of a program that does not run as root.
//!
//! Docker creates a missing source for root. The program runs as another user, cannot write there, and ends: "permission denied". A named
//! volume takes over the owner that the image has.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   grafana:
//!     image: grafana/grafana:11.6.0
//!     volumes: ["./data/grafana:/var/lib/grafana"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   grafana:
//!     image: grafana/grafana:11.6.0
//!     volumes: ["grafana:/var/lib/grafana"]
//! volumes:
//!   grafana:
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Volumes": a new volume is filled with the content of the folder, owner included; the Dockerfiles of the images.

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{MountKind, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG609",
    name: "bind-under-user",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| service.security.user.is_none()) {
        let Some(known) = images::of(service).filter(|known| known.is_exact) else { continue };
        let Some(user) = known.image.user.as_deref().filter(|user| !["0", "root"].contains(user)) else {
            continue;
        };
        let own_user = service.dockerfile.as_ref().is_some_and(|dockerfile| dockerfile.user.is_some());
        for mount in
            service.mounts.iter().filter(|mount| mount.kind == MountKind::Bind && !mount.is_read_only)
        {
            let is_data = known.image.data.iter().any(|folder| folder == mount.target.trim_end_matches('/'));
            let Some(source) = mount.source.as_deref().filter(|_| is_data && !own_user) else { continue };
            let message = format!(
                "`{}` runs as the user {user}, and cannot write to `{source}` if Docker makes that",
                service.name
            );
            findings.push(RULE.at(mount.span, message).help(format!(
                "use a named volume, or make the folder first and give it to that user: `mkdir -p {source} && chown {user} {source}`"
            )));
        }
    }
}
