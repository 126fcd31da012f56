//! Containers of two projects with one name, where both projects are meant to run at once.
//!
//! A container's name is unique on its machine, whatever project it belongs to. Two projects of a repository that a network
//! connects run at once; the one that is started last fails with "container name is already in use". Projects that
//! nothing connects are not compared, since they are often examples, or two ways to run the same.
//!
//! ## Bad
//!
//! ```yaml
//! name: shop
//! services:
//!   web: {image: "nginx:1.31", container_name: web}
//! networks:
//!   default: {name: shop}
//! ```
//!
//! ```yaml
//! name: admin
//! services:
//!   panel: {image: "nginx:1.31", container_name: web}
//! networks:
//!   default: {name: shop, external: true}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! name: shop
//! services:
//!   web: {image: "nginx:1.31", container_name: web}
//! networks:
//!   default: {name: shop}
//! ```
//!
//! ```yaml
//! name: admin
//! services:
//!   panel: {image: "nginx:1.31"}
//! networks:
//!   default: {name: shop, external: true}
//! ```
//!
//! ## Source
//!
//! The compose specification, "container_name"; the Docker Engine refuses the second container.

use crate::lint::across::{Footprint, Found, checked_across, neighbours};
use crate::lint::{Rule, Set};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG214",
    name: "container-name-across-files",
    severity: Severity::Warning,
    set: Set::Default,
    check: checked_across,
    source: "",
};

pub(in crate::lint) fn check_across(footprints: &[Footprint], found: &mut Found) {
    for (first, at, second) in neighbours(footprints) {
        for (service, name, span) in &second.container_names {
            let taken = first.container_names.iter().find(|(_, taken, _)| taken == name);
            let Some((owner, _, taken)) = taken else { continue };
            let message = format!(
                "the containers of `{service}` and of `{owner}` of the project `{}` are both named `{name}`",
                first.name
            );
            found.push((
                at,
                RULE.on(&[&service, &owner, &first.name, &name], *span, message)
                    .label("again here")
                    .related(*taken, "first here")
                    .help(format!("remove this line: others reach the service as `{service}` all the same")),
            ));
        }
    }
}
