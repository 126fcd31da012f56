//! Two files of one folder that both have a name that Compose takes by itself.
//!
//! `docker compose` takes the first that it finds of `compose.yaml`, `compose.yml`, `docker-compose.yml` and `docker-compose.yaml`, and
//! reads no other. What is changed in the other one changes nothing.
//!
//! ## Bad
//!
//! ```yaml compose.yaml
//! services:
//!   web: {image: "nginx:1.31"}
//! ```
//!
//! ```yaml docker-compose.yaml
//! services:
//!   web: {image: "nginx:1.30"}
//! ```
//!
//! ## Good
//!
//! ```yaml compose.yaml
//! services:
//!   web: {image: "nginx:1.31"}
//! ```
//!
//! ```yaml legacy.yaml
//! services:
//!   web: {image: "nginx:1.30"}
//! ```
//!
//! ## Source
//!
//! Docker's manual, "How Compose works", the Compose file; Docker Compose 2.40 warns of it and takes the first.

use crate::lint::across::{Footprint, Found, checked_across};
use crate::lint::{Rule, Set};
use compose_reader::compose::DEFAULT_FILES;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG018",
    name: "ignored-file",
    severity: Severity::Warning,
    set: Set::Default,
    check: checked_across,
    source: "",
};

pub(in crate::lint) fn check_across(footprints: &[Footprint], found: &mut Found) {
    let rank = |footprint: &Footprint| DEFAULT_FILES.iter().position(|name| *name == footprint.file);
    for (at, footprint) in footprints.iter().enumerate() {
        let Some((own, first)) = rank(footprint).zip(footprint.first) else { continue };
        let taken = footprints
            .iter()
            .filter(|other| other.folder == footprint.folder && rank(other).is_some_and(|rank| rank < own))
            .min_by_key(|other| rank(other));
        let Some((taken, place)) = taken.and_then(|taken| Some((taken, taken.first?))) else { continue };
        let message =
            format!("Compose takes `{}` of this folder, and ignores `{}`", taken.file, footprint.file);
        found.push((
            at,
            RULE.at(first, message)
                .related(place, "this one is taken")
                .help("remove one of them, or give this one another name and use it with `-f`"),
        ));
    }
}
