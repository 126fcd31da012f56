//! An external network under the name that it has in another compose file, and not in Docker.
//!
//! Compose puts the name of the project before the names of its networks. A network `web` of the project `proxy` is called `proxy_web`, and a
//! project that asks for an external `web` does not start: "network web declared as external, but could not be found".
//!
//! ## Bad
//!
//! ```yaml
//! name: proxy
//! services:
//!   proxy: {image: "traefik:v3.6.2", networks: [web]}
//! networks: {web: }
//! ```
//!
//! ```yaml
//! name: blog
//! services:
//!   blog: {image: "example/blog:1.4", networks: [web]}
//! networks: {web: {external: true}}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! name: proxy
//! services:
//!   proxy: {image: "traefik:v3.6.2", networks: [web]}
//! networks: {web: {name: web}}
//! ```
//!
//! ```yaml
//! name: blog
//! services:
//!   blog: {image: "example/blog:1.4", networks: [web]}
//! networks: {web: {external: true}}
//! ```
//!
//! ## Source
//!
//! The compose specification, "networks", `external` and `name`.

use crate::lint::across::{Footprint, Found, checked_across};
use crate::lint::{Rule, Set};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG512",
    name: "prefixed-network",
    severity: Severity::Warning,
    set: Set::Default,
    check: checked_across,
    source: "",
};

pub(in crate::lint) fn check_across(footprints: &[Footprint], found: &mut Found) {
    let is_created =
        |name: &str| footprints.iter().flat_map(|footprint| &footprint.created).any(|own| own == name);
    for (at, footprint) in footprints.iter().enumerate() {
        for (name, span) in footprint.external.iter().filter(|(name, _)| !is_created(name)) {
            let prefixed = footprints.iter().enumerate().find_map(|(other, owner)| {
                let real = owner.created.iter().find(|real| **real == format!("{}_{name}", owner.name))?;
                (other != at && name != "default").then_some((owner, real))
            });
            let Some((owner, real)) = prefixed else { continue };
            let message =
                format!("no project here creates `{name}`: the one of `{}` is called `{real}`", owner.name);
            found.push((
                at,
                RULE.at(*span, message).help(format!(
                    "write `name: {real}` beside `external`, or `name: {name}` where it is created"
                )),
            ));
        }
    }
}
