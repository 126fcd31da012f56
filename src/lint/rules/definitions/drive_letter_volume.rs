//! A volume whose name is one letter, which Docker Compose takes for a drive of Windows.
//!
//! `v:/x` is not the volume `v` on `/x`, but a volume without name on the path `v:/x`, and `v:/x:ro` is the folder `v:/x`
//! of the host on the path `ro`. Docker Engine then refuses to create the container, as neither path is absolute.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     volumes: ["d:/var/lib/postgresql"]
//! volumes:
//!   d:
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     volumes: ["data:/var/lib/postgresql"]
//! volumes:
//!   data:
//! ```
//!
//! ## Source
//!
//! compose-go, `format/volume.go`: a colon behind a single letter does not end a section.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG107",
    name: "drive-letter-volume",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        for mount in &service.mounts {
            let Some(letter) = mount.mistaken_drive() else { continue };
            let declared = project.volumes.get(&*letter.to_string());
            // Large letters may be meant as drives, of a container that runs Windows.
            if declared.is_none() && letter.is_uppercase() {
                continue;
            }
            let message = format!("`{letter}:` in `{}` is a drive of Windows, and no volume", service.name);
            let finding = RULE.on(&[&letter, &service.name], mount.span, message);
            let finding = match declared {
                Some(volume) => finding.related(volume.span, "this volume is not mounted"),
                None => finding,
            };
            findings.push(
                finding.help(
                    "give the volume a name of two letters or more, or write `type: volume` and `source`",
                ),
            );
        }
    }
}
