//! Services of two projects on one port of the host, where both projects are meant to run at once.
//!
//! Two projects of a repository that a network connects run on one machine at once. Docker gives a port of the host to one
//! container only: the project that is started last fails with "port is already allocated". Projects that nothing
//! connects are not compared, since they are often examples, or two ways to run the same.
//!
//! ## Bad
//!
//! ```yaml
//! name: shop
//! services:
//!   web:
//!     image: nginx:1.31
//!     ports: ["8080:80"]
//! networks:
//!   default: {name: shop}
//! ```
//!
//! ```yaml
//! name: monitoring
//! services:
//!   grafana:
//!     image: grafana/grafana:13.1.0
//!     ports: ["127.0.0.1:8080:3000"]
//! networks:
//!   default: {name: shop, external: true}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! name: shop
//! services:
//!   web:
//!     image: nginx:1.31
//!     ports: ["8080:80"]
//! networks:
//!   default: {name: shop}
//! ```
//!
//! ```yaml
//! name: monitoring
//! services:
//!   grafana:
//!     image: grafana/grafana:13.1.0
//!     ports: ["127.0.0.1:3000:3000"]
//! networks:
//!   default: {name: shop, external: true}
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Port publishing and mapping"; the compose specification, "networks", `external`.

use crate::lint::across::{Footprint, Found, checked_across, neighbours};
use crate::lint::{Rule, Set};
use compose_reader::diagnostic::Severity;
use compose_reader::values::PortIndex;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG213",
    name: "port-collision-across-files",
    severity: Severity::Warning,
    set: Set::Default,
    check: checked_across,
    source: "",
};

pub(in crate::lint) fn check_across(footprints: &[Footprint], found: &mut Found) {
    for (first, at, second) in neighbours(footprints) {
        let mut seen = Vec::new();
        let mut taken_by = PortIndex::default();
        for (owner, taken) in &first.ports {
            if let Some(published) = taken.published {
                seen.push((owner, taken));
                taken_by.add(published);
            }
        }
        for (service, port) in &second.ports {
            let collides = |at: usize| seen.get(at).is_some_and(|(_, taken)| port.collision(taken).is_some());
            let taken = port.published.and_then(|published| taken_by.first(published, collides));
            let Some((owner, taken)) = taken.and_then(|at| seen.get(at)) else { continue };
            let Some(number) = port.collision(taken) else { continue };
            let message = format!(
                "`{service}` of the project `{}` publishes port {number}, as `{owner}` of `{}` does",
                second.name, first.name
            );
            found.push((
                at,
                RULE.on(&[&service, &second.name, &owner, &first.name], port.span, message)
                    .label(format!("{number} again"))
                    .related(taken.span, format!("{number} is taken here"))
                    .help(format!("give `{service}` another port of the host: a network connects the two projects, so both run at once")),
            ));
        }
    }
}
