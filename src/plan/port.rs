//! Host ports: who publishes what, inside which range, and who is in whose way.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use indexmap::IndexMap;

use super::facts::Facts;
use super::planned::{HostPorts, PlannedPort};
use super::publish::PublishedPort;
use crate::definition::{Instances, PortRange, Publish, Spanned};
use crate::fault::Fault;
use compose_reader::browser::blocked_port;
use compose_reader::diagnostic::{Diagnostic, enumerate};
use compose_reader::source::Span;
use compose_reader::values::PortIndex;

/// Ports below this are the system's.
const FIRST_USER_PORT: u16 = 1024;

/// An endpoint of a template that `publish` names.
pub(super) struct NamedEndpoint {
    service: String,
    name: String,
    span: Span,
    /// Whether the service listens there in the environment that is looked at.
    listens: bool,
}

/// The endpoints of templates that `publish` names in an environment.
pub(super) fn named_endpoints(facts: &Facts) -> Vec<NamedEndpoint> {
    let mut found = Vec::new();
    for member in facts.own() {
        let mut levels: Vec<&Publish> = member.layer.publish.iter().collect();
        while let Some(publish) = levels.pop() {
            let Publish::By(by) = publish else { continue };
            for (name, published) in by {
                levels.push(&published.publish);
                if member.template.is_some_and(|template| template.endpoints.contains_key(name)) {
                    found.push(NamedEndpoint {
                        service: member.name.to_owned(),
                        name: name.clone(),
                        span: published.span,
                        listens: member.broken || member.endpoints.contains_key(name),
                    });
                }
            }
        }
    }
    found
}

/// Endpoints that are published, and that the service listens on in no environment.
pub(super) fn check_named(named: &[NamedEndpoint], diagnostics: &mut Vec<Diagnostic>) {
    let listened: HashSet<Span> =
        named.iter().filter(|named| named.listens).map(|named| named.span).collect();
    for NamedEndpoint { service, name, span, .. } in
        named.iter().filter(|named| !listened.contains(&named.span))
    {
        let message = format!("`{service}` does not listen on `{name}`");
        let help =
            "leave it out, or give the template what makes it listen there; `stackgen templates NAME` tells";
        diagnostics.push(Fault::UnknownEndpoint.at(*span, message).help(help));
    }
}

/// Who has which host ports, in an order of their own.
#[derive(Default)]
struct Taken<'f> {
    all: Vec<(&'f str, &'f PublishedPort)>,
    /// Where in `all` those stand whose ports are known, in the order in which the index has them.
    known: Vec<usize>,
    by_port: PortIndex,
}

impl<'f> Taken<'f> {
    fn add(&mut self, name: &'f str, published: &'f PublishedPort) {
        if let Some(range) = published.range() {
            self.known.push(self.all.len());
            self.by_port.add(range);
        }
        self.all.push((name, published));
    }

    fn get(&self, number: usize) -> Option<(&'f str, &'f PublishedPort)> {
        self.known.get(number).and_then(|at| self.all.get(*at)).copied()
    }

    /// The first that has a port of `published`.
    fn first(&self, published: &PublishedPort) -> Option<(&'f str, &'f PublishedPort)> {
        let collides = |number| self.get(number).is_some_and(|(_, taken)| taken.collides(published));
        self.by_port.first(published.range()?, collides).and_then(|number| self.get(number))
    }
}

/// Ports outside their tier's range, reserved ones, ones that browsers refuse, two on one port, instances that meet.
pub(super) fn check(facts: &Facts, diagnostics: &mut Vec<Diagnostic>) {
    let mut taken = Taken::default();
    let mut all_taken = None;
    // The environment that this one is attached to runs on the same machine.
    for member in facts.attached.values().filter(|member| !facts.members.contains_key(member.name)) {
        member.published.iter().for_each(|published| taken.add(member.name, published));
    }
    let first_own = taken.all.len();
    for member in facts.own() {
        let tier = member.definition.tier.value.as_str();
        for published in &member.published {
            check_one(facts, tier, published, diagnostics);
            if let Some((other, first)) = taken.first(published) {
                let ports = &published.planned_ports;
                let attached =
                    facts.environment.attach.as_ref().filter(|_| !facts.members.contains_key(other));
                let message = if other == member.name {
                    format!("`{other}` publishes host port {ports} twice")
                } else if let Some(attached) = attached.filter(|_| facts.attached.contains_key(other)) {
                    format!(
                        "`{other}` of the attached `{attached}` and `{}` both publish host port {ports}",
                        member.name
                    )
                } else {
                    format!("`{other}` and `{}` both publish host port {ports}", member.name)
                };
                let all_taken = all_taken.get_or_insert_with(|| taken_ports(facts));
                let first_free =
                    published.range().and_then(|range| free_port(facts, all_taken, tier, range.first));
                let help = match first_free {
                    Some(free) => format!("give one of them another port; {free} is free"),
                    None => "give one of them another port".to_owned(),
                };
                diagnostics.push(
                    Fault::PortCollision
                        .at(published.span, message)
                        .about(&[&other, &member.name, &ports])
                        .in_environment(&facts.environment.name)
                        .related(first.span, format!("`{other}` has it"))
                        .help(help),
                );
            }
            taken.add(member.name, published);
        }
    }
    if let Some(instances) = &facts.stack.instances {
        check_instances(&taken.all[first_own..], instances, &facts.environment.name, diagnostics);
    }
}

/// The endpoints on the host, by tier.
pub(super) fn ports(facts: &Facts) -> Vec<PlannedPort> {
    let mut by_tier: IndexMap<&str, Vec<PlannedPort>> =
        facts.stack.tiers.keys().map(|tier| (tier.as_str(), Vec::new())).collect();
    for member in facts.own() {
        let tier = member.definition.tier.value.as_str();
        let Some(ports) = by_tier.get_mut(tier) else { continue };
        ports.extend(member.published.iter().map(|published| PlannedPort {
            tier: tier.to_owned(),
            service: member.name.to_owned(),
            endpoint: published.endpoint.clone(),
            target: published.target,
            address: published.address,
            ports: published.ports(),
            scheme: published.scheme.clone(),
            hosted: member.hosted,
            span: published.span,
        }));
    }
    by_tier.into_values().flatten().collect()
}

fn check_one(facts: &Facts, tier: &str, published: &PublishedPort, diagnostics: &mut Vec<Diagnostic>) {
    let (Some(range), span) = (published.range(), published.span) else { return };
    let within = |allowed: &Spanned<PortRange>| allowed.contains(range.first) && allowed.contains(range.last);
    if published.planned
        && let Some(definition) = facts.stack.tiers.get(tier)
        && let Some(first) = definition.host_ports.first()
        && !definition.host_ports.iter().any(within)
    {
        let ranges: Vec<String> = definition.host_ports.iter().map(|range| range.value.to_string()).collect();
        let ranges: Vec<&str> = ranges.iter().map(String::as_str).collect();
        let message = format!("host port {range} lies outside the range of the tier `{tier}`");
        diagnostics.push(
            Fault::PortOutOfRange
                .at(span, message)
                .related(first.span, format!("`{tier}` has {}", enumerate(&ranges)))
                .help("take a port of the range, or widen the range"),
        );
    }
    if let Some(reserved) =
        facts.stack.reserved_ports.iter().find(|reserved| range.contains(reserved.port.value))
    {
        let message = format!("host port {} is reserved: {}", reserved.port.value, reserved.reason);
        diagnostics.push(
            Fault::ReservedPort
                .at(span, message)
                .related(reserved.port.span, "reserved here")
                .help("take another port, or release this one"),
        );
    }
    if matches!(published.scheme.as_str(), "http" | "https")
        && let Some(blocked) = blocked_port(range)
    {
        let message = format!("browsers refuse to open port {blocked}");
        let help = "take another port; the list is in the Fetch standard, \"port blocking\"";
        diagnostics.push(Fault::BlockedPort.at(span, message).help(help));
    }
}

/// The pairs that may meet in different instances, in order: those of single ports that are whole strides apart, and each
/// pool with everyone.
fn close_pairs(ranges: &[PortRange], stride: u32, max: u32) -> BTreeSet<(usize, usize)> {
    let mut pairs = BTreeSet::new();
    // By what is left of a port when strides are taken away, and by the port.
    let mut singles: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
    for (index, range) in ranges.iter().enumerate() {
        if range.is_one() {
            let port = u32::from(range.first);
            singles.entry((port % stride, port)).or_default().push(index);
        } else {
            pairs.extend((0..ranges.len()).map(|other| (index.min(other), index.max(other))));
        }
    }
    for (&(rest, port), here) in singles.iter().filter(|_| max > 1) {
        let further = (rest, port + stride)..=(rest, port + (max - 1) * stride);
        let there = singles.range(further).flat_map(|(_, there)| there);
        pairs.extend(there.flat_map(|there| here.iter().map(|here| (*here.min(there), *here.max(there)))));
    }
    pairs
}

/// Any two instances that would meet on one port, and instances whose ports run out of the range that users have.
fn check_instances(
    published: &[(&str, &PublishedPort)],
    instances: &Instances,
    environment: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (stride, max) = (u32::from(instances.stride.value), u32::from(instances.max.value));
    // What a variable says does not move from one instance to the next.
    let moving = published.iter().filter_map(|(name, one)| match one.planned_ports {
        HostPorts::Range(range) => Some((*name, *one, range)),
        HostPorts::Variable { .. } | HostPorts::Any => None,
    });
    let moving: Vec<(&str, &PublishedPort, PortRange)> = moving.collect();
    // Ports of `one`, `distance` instances on, meet those of `other` in instance 1.
    let meets = |one: PortRange, other: PortRange| {
        let gap = u32::from(other.first).saturating_sub(u32::from(one.last));
        let distance = gap.div_ceil(stride).max(1);
        (distance < max && u32::from(one.first) + distance * stride <= u32::from(other.last))
            .then_some(distance)
    };
    let ranges: Vec<PortRange> = moving.iter().map(|(_, _, range)| *range).collect();
    let mut pairs = close_pairs(&ranges, stride, max).into_iter().peekable();
    for (index, (name, one, range)) in moving.iter().enumerate() {
        let (first, last) = (u32::from(range.first), u32::from(range.last));
        while let Some((_, other)) = pairs.next_if(|(pair_of, _)| *pair_of == index) {
            let (other_name, other, other_range) = &moving[other];
            if !one.shares_address(other) {
                continue;
            }
            let (front, back, distance) = match (meets(*range, *other_range), meets(*other_range, *range)) {
                (Some(distance), _) => (name, other_name, distance),
                (None, Some(distance)) => (other_name, name, distance),
                (None, None) => continue,
            };
            let (late, early, early_range) =
                if front == name { (one, other, other_range) } else { (other, one, range) };
            let message = format!(
                "`{front}` of instance {} and `{back}` of instance 1 meet on host ports {}",
                distance + 1,
                early_range
            );
            diagnostics.push(
                Fault::InstanceCollision
                    .at(late.span, message)
                    .about(&[&front, &back])
                    .in_environment(environment)
                    .related(early.span, format!("`{back}` has {early_range} in instance 1"))
                    .related(
                        instances.stride.span,
                        format!("every instance is {stride} further, up to {max}"),
                    )
                    .help("keep all ports of one instance within one stride, or allow fewer instances"),
            );
        }
        let farthest = last + (max - 1) * stride;
        if farthest > u32::from(u16::MAX) || first < u32::from(FIRST_USER_PORT) {
            let message = format!("`{name}` leaves the ports from {FIRST_USER_PORT} to {}", u16::MAX);
            let label = format!("instance {max} would have port {farthest}");
            diagnostics.push(
                Fault::InstanceOutOfRange
                    .at(one.span, message)
                    .label(label)
                    .related(instances.max.span, format!("up to {max} instances, {stride} apart"))
                    .help("begin lower, come closer together, or allow fewer instances"),
            );
        }
        if matches!(one.scheme.as_str(), "http" | "https") {
            let mut within = (1..max).take_while(|instance| first + instance * stride <= u32::from(u16::MAX));
            let blocked = within.find_map(|instance| {
                let shift = instance * stride;
                let port = |port: u32| u16::try_from(port).unwrap_or(u16::MAX);
                let blocked =
                    blocked_port(PortRange { first: port(first + shift), last: port(last + shift) })?;
                Some((instance + 1, blocked))
            });
            if let Some((instance, port)) = blocked {
                let message =
                    format!("`{name}` of instance {instance} would have port {port}, which browsers refuse");
                diagnostics.push(
                    Fault::BlockedPort
                        .at(one.span, message)
                        .related(instances.stride.span, format!("every instance is {stride} further"))
                        .help("move the port, or change the stride"),
                );
            }
        }
    }
}

/// For each port, whether somebody has it in this environment, or it is reserved.
fn taken_ports(facts: &Facts) -> Vec<bool> {
    let mut taken = vec![false; usize::from(u16::MAX) + 1];
    let published = facts.own().flat_map(|member| &member.published).filter_map(PublishedPort::range);
    let reserved = facts.stack.reserved_ports.iter().map(|reserved| PortRange::one(reserved.port.value));
    for range in published.chain(reserved) {
        if let Some(ports) = taken.get_mut(usize::from(range.first)..=usize::from(range.last)) {
            ports.fill(true);
        }
    }
    taken
}

/// The next port from `port` on that is not taken, within the tier's ranges where it has any.
fn free_port(facts: &Facts, taken: &[bool], tier: &str, port: u16) -> Option<u16> {
    let ranges = facts.stack.tiers.get(tier).map(|tier| &tier.host_ports[..]).unwrap_or_default();
    let allowed = |port: u16| ranges.is_empty() || ranges.iter().any(|range| range.contains(port));
    let is_free = |port: &u16| !taken.get(usize::from(*port)).is_some_and(|taken| *taken);
    (port..=u16::MAX).chain(FIRST_USER_PORT..port).find(|port| allowed(*port) && is_free(port))
}
