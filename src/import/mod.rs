//! From the compose files that a team has to a stack, and the proof that both say the same.
//!
//! Pure: the files are read and the stack is rendered by whoever calls.

mod compare;
mod hoist;
mod kind;
mod leaves;
mod migration;
mod original;
mod ports;
mod service;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::definition::{ENVIRONMENTS, TierKind};
use compose_reader::browser::blocked_port;
use compose_reader::values::PortRange;
use compose_reader::yaml::Node;

pub use compare::{Class, Difference, compare, services};
pub use migration::{Account, migration};
pub use original::{Options, Original};

use hoist::Scope;
use kind::Kinds;
use leaves::Layers;
use original::is_external;
use service::Service;
use write::{Environments, Tier};

/// A stack that is made.
#[derive(Debug)]
pub struct Imported {
    /// The text of `stack.yaml`.
    pub text: String,
    /// What its owner should know, a sentence each.
    pub notes: Vec<String>,
}

/// The stack that says what compose files say.
pub fn stack(originals: &[Original], options: &Options) -> Imported {
    let mut notes = IndexSet::new();
    let kinds = Kinds::new();
    let flat = is_flat(originals);
    let mut services: IndexMap<String, Service> = IndexMap::new();
    for (at, original) in originals.iter().enumerate() {
        let bodies = original.written.get("services").and_then(Node::as_mapping);
        for (name, entry) in bodies.into_iter().flatten() {
            let service =
                services.entry(name.to_string()).or_insert_with(|| Service::new(name, originals.len()));
            service.add(at, original, &entry.value, flat, &mut notes);
        }
    }
    let probed: Vec<BTreeSet<String>> = (0..originals.len())
        .map(|at| services.values().filter(|it| it.is_probed(at)).map(|it| it.name.clone()).collect())
        .collect();
    let by_image: BTreeSet<String> = services.values().flat_map(|it| it.asked_of_image(&probed)).collect();
    for service in services.values_mut() {
        service.shorten_needs(&probed);
    }
    let jobs: BTreeSet<String> = services.values().flat_map(Service::awaited_jobs).collect();
    for (_, service) in services.iter_mut().filter(|(name, _)| jobs.contains(*name)) {
        service.end();
    }
    for at in 0..originals.len() {
        let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for service in services.values() {
            for port in service.host_ports(at) {
                // A browser need not open it, as far as is known.
                if port.parse().is_ok_and(|port| blocked_port(PortRange::one(port)).is_some()) {
                    owners.entry(port.to_owned()).or_default().push(service.name.clone());
                }
                owners.entry(port.to_owned()).or_default().push(service.name.clone());
            }
        }
        // Who shares a port never runs at once.
        for name in owners.into_values().filter(|owners| owners.len() > 1).flatten() {
            if let Some(service) = services.get_mut(&name) {
                service.keep_ports(at);
            }
        }
    }
    for name in &by_image {
        if let Some(service) = services.get_mut(name) {
            service.rely_on_image();
        }
    }
    let mut tiers: IndexMap<&'static str, Tier> = IndexMap::new();
    let mut layered: Vec<Layers> = Vec::new();
    let mut sorted: Vec<Service> = services.into_values().collect();
    let kind_of: Vec<TierKind> = sorted.iter().map(|it| kinds.of(it, originals)).collect();
    let mut order: Vec<usize> = (0..sorted.len()).collect();
    order.sort_by_key(|at| TierKind::ALL.iter().position(|kind| *kind == kind_of[*at]));
    let environments = environments(originals, &sorted, &kind_of);
    for (at, service) in sorted.iter_mut().enumerate() {
        layered.push(service.layers(originals, |environment| environments.holds(environment, kind_of[at])));
    }
    let defaults = hoist::defaults(&mut layered, Scope::All, &|_, _| false);
    for kind in TierKind::ALL {
        let members: Vec<usize> = order.iter().copied().filter(|at| kind_of[*at] == kind).collect();
        if !members.is_empty() {
            let inherits = |_: usize, path: &[Arc<str>]| leaves::has(&defaults, path);
            let own = hoist::defaults(&mut layered, Scope::Members(&members), &inherits);
            tiers.insert(kind.name(), Tier { kind, defaults: own });
        }
    }
    let inherits = |at: usize, path: &[Arc<str>]| {
        let of_tier = tiers.get(kind_of[at].name());
        leaves::has(&defaults, path) || of_tier.is_some_and(|tier| leaves::has(&tier.defaults, path))
    };
    let of_environments: Vec<_> = (0..originals.len())
        .map(|at| hoist::defaults(&mut layered, Scope::Environment(at), &inherits))
        .collect();
    for (at, layers) in layered.iter_mut().enumerate() {
        let of_tier = tiers.get(kind_of[at].name()).map(|tier| &tier.defaults);
        let weaker: Vec<&leaves::Leaves> = [&defaults].into_iter().chain(of_tier).collect();
        layers.replace_instead_of_reset(&weaker, &of_environments);
    }
    let text = write::stack(&write::Parts {
        originals,
        options,
        flat,
        tiers: &tiers,
        defaults: &defaults,
        of_environments: &of_environments,
        services: &order.iter().map(|at| (&sorted[*at], kind_of[*at], &layered[*at])).collect::<Vec<_>>(),
        environments: &environments,
    });
    Imported { text, notes: notes.into_iter().collect() }
}

fn environments(originals: &[Original], services: &[Service], kind_of: &[TierKind]) -> Environments {
    let kinds = originals.iter().enumerate().map(|(at, original)| {
        let usual = ENVIRONMENTS.iter().find(|it| it.name == original.name).map(|it| it.kinds);
        let here: Vec<TierKind> = TierKind::ALL
            .into_iter()
            .filter(|kind| services.iter().zip(kind_of).any(|(it, of)| of == kind && it.is_in(at)))
            .collect();
        let all: Vec<TierKind> = TierKind::ALL
            .into_iter()
            .filter(|kind| here.contains(kind) || usual.is_some_and(|usual| usual.contains(kind)))
            .collect();
        // A kind of which nothing is here holds services of other environments only.
        all.into_iter().filter(|kind| here.contains(kind) || !kind_of.contains(kind)).collect()
    });
    Environments { kinds: kinds.collect() }
}

/// Whether all services of each project are on one network.
fn is_flat(originals: &[Original]) -> bool {
    originals.iter().all(|original| {
        let mut used: BTreeSet<Arc<str>> = BTreeSet::new();
        let bodies = original.written.get("services").and_then(Node::as_mapping);
        for (_, entry) in bodies.into_iter().flatten() {
            if entry.value.get("network_mode").is_some() {
                continue;
            }
            let named = service::networks_of(&entry.value);
            let own: Vec<Arc<str>> =
                named.into_iter().filter(|name| !is_external(&original.written, name)).collect();
            used.extend(if own.is_empty() { vec![Arc::from("default")] } else { own });
        }
        let has_options = used.iter().any(|name| has_options(&original.written, name));
        used.len() <= 1 && !has_options
    })
}

/// Whether a network has options that make it another one.
fn has_options(written: &Node, network: &str) -> bool {
    let body = written.get("networks").and_then(|all| all.get(network)).and_then(Node::as_mapping);
    body.into_iter().flatten().any(|(key, entry)| {
        let is_usual = &**key == "driver" && entry.value.as_text() == Some("bridge");
        &**key != "name" && !is_usual
    })
}
