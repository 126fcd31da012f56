//! An external network that no project of the repository creates.
//!
//! Compose does not create a network that is `external`: without it, `up` fails with "network declared as external, but could
//! not be found". Where several projects are linted together, the one that creates it should be among them. A network that
//! is created by hand on every machine is worth a comment that says so.
//!
//! ## Bad
//!
//! ```yaml
//! name: shop
//! services:
//!   web: {image: "nginx:1.31"}
//! ```
//!
//! ```yaml
//! name: monitoring
//! services:
//!   grafana: {image: "grafana/grafana:13.1.0", networks: [shop]}
//! networks:
//!   shop: {name: shop_defualt, external: true}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! name: shop
//! services:
//!   web: {image: "nginx:1.31"}
//! ```
//!
//! ```yaml
//! name: monitoring
//! services:
//!   grafana: {image: "grafana/grafana:13.1.0", networks: [shop]}
//! networks:
//!   shop: {name: shop_default, external: true}
//! ```
//!
//! ## Source
//!
//! The compose specification, "networks", `external`.

use std::collections::BTreeSet;

use crate::lint::across::{Footprint, Found, checked_across};
use crate::lint::{Rule, Set};
use compose_reader::diagnostic::{Severity, nearest};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG505",
    name: "missing-external-network",
    severity: Severity::Hint,
    set: Set::Strict,
    check: checked_across,
    source: "",
};

pub(in crate::lint) fn check_across(footprints: &[Footprint], found: &mut Found) {
    // One project checked_across says nothing about who creates its networks.
    if footprints.len() < 2 {
        return;
    }
    let created: BTreeSet<&str> =
        footprints.iter().flat_map(|footprint| &footprint.created).map(String::as_str).collect();
    for (at, footprint) in footprints.iter().enumerate() {
        for (name, span) in footprint.external.iter().filter(|(name, _)| !created.contains(&**name)) {
            let help = match nearest(name, created.iter().copied()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!(
                    "create it in one of the projects, with `name: {name}`, or say who does in a comment"
                ),
            };
            let message = format!("no project here creates the network `{name}`");
            found.push((at, RULE.on(&[&name], *span, message).help(help)));
        }
    }
}
