//! Host ports: who publishes what, inside which range, and who is in whose way.

use std::net::{IpAddr, Ipv4Addr};

use indexmap::IndexMap;

use super::environment::EnvironmentSettings;
use super::lock::Allocator;
use super::scope::Scope;
use crate::catalog::Template;
use crate::definition::{Endpoint, HostPort, Instances, Layer, PortRange, Publish, Spanned};
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean, enumerate};
use compose_reader::source::Span;

/// Ports below this are the system's.
const FIRST_USER_PORT: u16 = 1024;

/// Ports that browsers refuse to speak HTTP on. Source: WHATWG Fetch, "port blocking".
const BLOCKED: [u16; 82] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
    109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
    526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
    3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// An endpoint that is published on the host.
#[derive(Clone, Debug)]
pub(super) struct PublishedPort {
    pub(super) endpoint: String,
    pub(super) address: IpAddr,
    /// The ports as the stack plans them: one, or a pool that Docker picks from.
    pub(super) range: PortRange,
    /// Where they are written.
    pub(super) span: Span,
    /// How far this instance's ports are from the planned ones.
    pub(super) shift: u16,
    /// The port inside the container.
    pub(super) target: u16,
    pub(super) scheme: String,
    /// Whether it follows the environment's plan, so that the tier's range holds.
    pub(super) planned: bool,
}

impl PublishedPort {
    /// The lowest port on the host, for this instance.
    pub(super) fn first(&self) -> u16 {
        self.range.first.saturating_add(self.shift)
    }

    fn last(&self) -> u16 {
        self.range.last.saturating_add(self.shift)
    }

    /// The ports on the host in words.
    pub(super) fn ports(&self) -> PortRange {
        PortRange { first: self.first(), last: self.last() }
    }

    /// Compose's short syntax.
    pub(super) fn short(&self) -> String {
        let host = match self.address {
            address if address.is_unspecified() && address.is_ipv4() => String::new(),
            IpAddr::V6(address) => format!("[{address}]:"),
            IpAddr::V4(address) => format!("{address}:"),
        };
        let protocol = if self.is_udp() { "/udp" } else { "" };
        format!("{host}{}:{}{protocol}", self.ports(), self.target)
    }

    fn is_udp(&self) -> bool {
        self.scheme == "udp"
    }

    fn collides(&self, other: &Self) -> bool {
        self.range.first <= other.range.last
            && other.range.first <= self.range.last
            && self.is_udp() == other.is_udp()
            && self.shares_address(other)
    }

    /// Whether both would answer on one address of the host.
    fn shares_address(&self, other: &Self) -> bool {
        self.address == other.address || self.address.is_unspecified() || other.address.is_unspecified()
    }
}

/// What decides the ports of a service in an environment.
pub(super) struct Surroundings<'r> {
    pub(super) environment: &'r EnvironmentSettings,
    /// The names of all environments, also of those that are switched off.
    pub(super) environments: &'r [&'r str],
    pub(super) service: &'r str,
    pub(super) tier: &'r str,
    pub(super) template: Option<&'r Template>,
    pub(super) endpoints: &'r IndexMap<String, Endpoint>,
}

/// What a service publishes in an environment.
pub(super) fn published(
    surroundings: &Surroundings,
    layer: &Layer,
    allocator: &mut Allocator,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<PublishedPort> {
    let Some(publish) = &layer.publish else { return Vec::new() };
    let mut reader = Reader { surroundings, allocator, diagnostics, found: Vec::new() };
    reader.read(publish, None, false);
    reader.found
}

struct Reader<'r, 'a> {
    surroundings: &'r Surroundings<'r>,
    allocator: &'r mut Allocator<'a>,
    diagnostics: &'r mut Vec<Diagnostic>,
    found: Vec<PublishedPort>,
}

impl Reader<'_, '_> {
    /// `named`: whether the environment has been named on the way here.
    fn read(&mut self, publish: &Publish, endpoint: Option<&str>, named: bool) {
        let range = |port: &Spanned<HostPort>| PortRange { first: port.value.port, last: port.value.port };
        match publish {
            Publish::Nothing => {}
            Publish::Port(port) => {
                self.ports(Some(range(port)), port.value.address, port.span, endpoint, named)
            }
            Publish::Pool(pool) => self.ports(Some(pool.value), None, pool.span, endpoint, named),
            Publish::Auto(span) => self.ports(None, None, *span, endpoint, named),
            Publish::By(by) => {
                let Surroundings { environment, environments, endpoints, template, .. } = *self.surroundings;
                // A template may have an endpoint in some environments only.
                let elsewhere =
                    |name: &str| template.is_some_and(|template| template.endpoints.contains_key(name));
                for (name, published) in by {
                    if *name == environment.name {
                        self.read(&published.publish, endpoint, true);
                    } else if endpoints.contains_key(name) {
                        self.read(&published.publish, Some(name), named);
                    } else if !environments.contains(&name.as_str()) && !elsewhere(name) {
                        let message =
                            format!("`{name}` is neither an environment nor an endpoint of this service");
                        let known = environments.iter().copied().chain(endpoints.keys().map(String::as_str));
                        let help = did_you_mean(name, known);
                        self.diagnostics.push(Fault::UnknownEndpoint.at(published.span, message).help(help));
                    }
                }
            }
        }
    }

    fn ports(
        &mut self,
        range: Option<PortRange>,
        address: Option<IpAddr>,
        span: Span,
        endpoint: Option<&str>,
        named: bool,
    ) {
        let Surroundings { environment, service, tier, template, endpoints, .. } = *self.surroundings;
        let usual = template.and_then(|template| template.publish.as_deref());
        let first = endpoints.keys().next().map(String::as_str);
        let Some(name) = endpoint.or(usual).or(first) else {
            let message = "there is nothing to publish: the service listens nowhere".to_owned();
            let help = "say what it listens on: `listen: 8080`";
            self.diagnostics.push(Fault::MissingEndpoint.at(span, message).help(help));
            return;
        };
        let Some(target) = endpoints.get(name) else { return };
        let address = match (address, environment.bind) {
            (Some(address), _) if named || environment.bind.is_some() => address,
            (None, Some(bind)) => bind,
            (None, None) if named => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            // Only an environment with an address of its own publishes ports that do not name it.
            _ => return,
        };
        let range = match range {
            Some(range) => range,
            None => match self.allocator.port(service, name, tier, span) {
                Ok(port) => PortRange { first: port, last: port },
                Err(diagnostic) => {
                    self.diagnostics.push(diagnostic);
                    return;
                }
            },
        };
        self.found.push(PublishedPort {
            endpoint: name.to_owned(),
            address,
            range,
            span,
            shift: self.allocator.shift,
            target: target.port.value,
            scheme: target.scheme.clone(),
            planned: environment.bind.is_some(),
        });
    }
}

/// An endpoint of a template that `publish` names.
pub(super) struct NamedEndpoint {
    service: String,
    name: String,
    span: Span,
    /// Whether the service listens there in the environment that is looked at.
    listens: bool,
}

/// The endpoints of templates that `publish` names in an environment.
pub(super) fn named_endpoints(scope: &Scope) -> Vec<NamedEndpoint> {
    let mut found = Vec::new();
    for member in scope.members.values().chain(scope.hosted.values()) {
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
    let listens = |span: Span| named.iter().any(|other| other.span == span && other.listens);
    for NamedEndpoint { service, name, span, .. } in named.iter().filter(|named| !listens(named.span)) {
        let message = format!("`{service}` does not listen on `{name}`");
        let help =
            "leave it out, or give the template what makes it listen there; `stackgen templates NAME` tells";
        diagnostics.push(Fault::UnknownEndpoint.at(*span, message).help(help));
    }
}

/// Ports outside their tier's range, reserved ones, ones that browsers refuse, two on one port, instances that meet.
pub(super) fn check(scope: &Scope, diagnostics: &mut Vec<Diagnostic>) {
    // The environment that this one is attached to runs on the same machine.
    let beside = scope.attached.values().filter(|member| !scope.members.contains_key(member.name));
    let mut taken: Vec<(&str, &PublishedPort)> =
        beside.flat_map(|member| member.published.iter().map(|published| (member.name, published))).collect();
    let first_own = taken.len();
    for member in scope.members.values().chain(scope.hosted.values()) {
        let tier = member.definition.tier.value.as_str();
        for published in &member.published {
            check_one(scope, tier, published, diagnostics);
            if let Some((other, first)) = taken.iter().find(|(_, other)| other.collides(published)) {
                let ports = published.range;
                let environment = &scope.environment.name;
                let attached =
                    scope.environment.attach.as_ref().filter(|_| !scope.members.contains_key(*other));
                let message = if *other == member.name {
                    format!("`{other}` publishes host port {ports} twice in `{environment}`")
                } else if let Some(attached) = attached.filter(|_| scope.attached.contains_key(*other)) {
                    format!(
                        "`{}` publishes host port {ports} in `{environment}`, beside `{attached}`, where `{other}` has it",
                        member.name
                    )
                } else {
                    format!(
                        "`{other}` and `{}` both publish host port {ports} in `{environment}`",
                        member.name
                    )
                };
                let help = match free_port(scope, tier, published.range.first) {
                    Some(free) => format!("give one of them another port; {free} is free"),
                    None => "give one of them another port".to_owned(),
                };
                diagnostics.push(
                    Fault::PortCollision
                        .at(published.span, message)
                        .related(first.span, format!("`{other}` has it"))
                        .help(help),
                );
            }
            taken.push((member.name, published));
        }
    }
    if let Some(instances) = &scope.stack.instances {
        check_instances(&taken[first_own..], instances, &scope.environment.name, diagnostics);
    }
}

fn check_one(scope: &Scope, tier: &str, published: &PublishedPort, diagnostics: &mut Vec<Diagnostic>) {
    let PublishedPort { range, span, .. } = *published;
    let within = |allowed: &Spanned<PortRange>| allowed.contains(range.first) && allowed.contains(range.last);
    if published.planned
        && let Some(definition) = scope.stack.tiers.get(tier)
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
        scope.stack.reserved_ports.iter().find(|reserved| range.contains(reserved.port.value))
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
        && let Some(blocked) = BLOCKED.iter().find(|blocked| range.contains(**blocked))
    {
        let message = format!("browsers refuse to open port {blocked}");
        let help = "take another port; the list is in the Fetch standard, \"port blocking\"";
        diagnostics.push(Fault::BlockedPort.at(span, message).help(help));
    }
}

/// Any two instances that would meet on one port, and instances whose ports run out of the range that users have.
fn check_instances(
    published: &[(&str, &PublishedPort)],
    instances: &Instances,
    environment: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (stride, max) = (u32::from(instances.stride.value), u32::from(instances.max.value));
    for (index, (name, one)) in published.iter().enumerate() {
        let (first, last) = (u32::from(one.range.first), u32::from(one.range.last));
        // Ports of `one`, `distance` instances on, meet those of `other` in instance 1.
        let meets = |one: PortRange, other: PortRange| {
            let gap = u32::from(other.first).checked_sub(u32::from(one.last))?;
            let distance = gap.div_ceil(stride).max(1);
            (distance < max && u32::from(one.first) + distance * stride <= u32::from(other.last))
                .then_some(distance)
        };
        for (other_name, other) in &published[index..] {
            if !one.shares_address(other) {
                continue;
            }
            let (front, back, distance) = match (meets(one.range, other.range), meets(other.range, one.range))
            {
                (Some(distance), _) => (name, other_name, distance),
                (None, Some(distance)) => (other_name, name, distance),
                (None, None) => continue,
            };
            let (late, early) = if front == name { (one, other) } else { (other, one) };
            let message = format!(
                "`{front}` of instance {} and `{back}` of instance 1 meet on host ports {} in `{environment}`",
                distance + 1,
                early.range
            );
            diagnostics.push(
                Fault::InstanceCollision
                    .at(late.span, message)
                    .related(early.span, format!("`{back}` has {} in instance 1", early.range))
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
            let blocked = (1..max).find_map(|instance| {
                let shift = instance * stride;
                let blocked = BLOCKED
                    .iter()
                    .find(|port| (first + shift..=last + shift).contains(&u32::from(**port)))?;
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

/// The next port from `port` on that nobody has in this environment, within the tier's ranges where it has any.
fn free_port(scope: &Scope, tier: &str, port: u16) -> Option<u16> {
    let ranges = scope.stack.tiers.get(tier).map(|tier| &tier.host_ports[..]).unwrap_or_default();
    let everyone =
        || scope.members.values().chain(scope.hosted.values()).flat_map(|member| &member.published);
    let is_taken = |port: u16| {
        everyone().any(|published| published.range.contains(port))
            || scope.stack.reserved_ports.iter().any(|reserved| reserved.port.value == port)
    };
    let allowed = |port: u16| ranges.is_empty() || ranges.iter().any(|range| range.contains(port));
    (port..=u16::MAX).chain(FIRST_USER_PORT..port).find(|port| allowed(*port) && !is_taken(*port))
}
