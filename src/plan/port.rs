//! Host ports: who publishes what, inside which range, and who is in whose way.

use std::net::IpAddr;

use indexmap::IndexMap;

use super::environment::EnvironmentSettings;
use super::scope::Scope;
use crate::catalog::Template;
use crate::definition::{Endpoint, HostPort, Layer, Publish, Spanned};
use crate::diagnostic::{Diagnostic, did_you_mean, enumerate};

/// An endpoint that is published on the host.
#[derive(Clone, Debug)]
pub(super) struct PublishedPort {
    pub(super) endpoint: String,
    pub(super) address: IpAddr,
    pub(super) port: Spanned<u16>,
    /// The port inside the container.
    pub(super) target: u16,
    pub(super) udp: bool,
    /// Whether it follows the environment's plan, so that the tier's range holds.
    pub(super) planned: bool,
}

impl PublishedPort {
    /// Compose's short syntax.
    pub(super) fn short(&self) -> String {
        let host = match self.address {
            address if address.is_unspecified() && address.is_ipv4() => String::new(),
            IpAddr::V6(address) => format!("[{address}]:"),
            IpAddr::V4(address) => format!("{address}:"),
        };
        let protocol = if self.udp { "/udp" } else { "" };
        format!("{host}{}:{}{protocol}", self.port.value, self.target)
    }

    fn collides(&self, other: &Self) -> bool {
        self.port.value == other.port.value
            && self.udp == other.udp
            && (self.address == other.address
                || self.address.is_unspecified()
                || other.address.is_unspecified())
    }
}

/// What a service publishes in an environment.
pub(super) fn published(
    environment: &EnvironmentSettings,
    layer: &Layer,
    template: Option<&Template>,
    endpoints: &IndexMap<String, Endpoint>,
    environments: &[&str],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<PublishedPort> {
    let Some(publish) = &layer.publish else { return Vec::new() };
    let mut reader =
        Reader { environment, template, endpoints, environments, diagnostics, found: Vec::new() };
    reader.read(publish, None, false);
    reader.found
}

struct Reader<'r> {
    environment: &'r EnvironmentSettings,
    template: Option<&'r Template>,
    endpoints: &'r IndexMap<String, Endpoint>,
    environments: &'r [&'r str],
    diagnostics: &'r mut Vec<Diagnostic>,
    found: Vec<PublishedPort>,
}

impl Reader<'_> {
    /// `named`: whether an environment has been named on the way here.
    fn read(&mut self, publish: &Publish, endpoint: Option<&str>, named: bool) {
        match publish {
            Publish::Nothing => {}
            Publish::Port(port) => self.port(port, endpoint, named),
            Publish::By(by) => {
                for (name, published) in by {
                    if name == &self.environment.name {
                        self.read(&published.publish, endpoint, true);
                    } else if self.endpoints.contains_key(name) {
                        self.read(&published.publish, Some(name), named);
                    } else if !self.environments.contains(&name.as_str()) {
                        let message =
                            format!("`{name}` is neither an environment nor an endpoint of this service");
                        let known = self
                            .environments
                            .iter()
                            .copied()
                            .chain(self.endpoints.keys().map(String::as_str));
                        let help = did_you_mean(name, known);
                        self.diagnostics
                            .push(Diagnostic::stack("unknown-endpoint", published.span, message).help(help));
                    }
                }
            }
        }
    }

    fn port(&mut self, port: &Spanned<HostPort>, endpoint: Option<&str>, named: bool) {
        let usual = self.template.and_then(|template| template.publish.as_deref());
        let first = self.endpoints.keys().next().map(String::as_str);
        let Some(name) = endpoint.or(usual).or(first) else {
            let message = "there is nothing to publish: the service listens nowhere".to_owned();
            let help = "say what it listens on: `listen: 8080`";
            self.diagnostics.push(Diagnostic::stack("missing-endpoint", port.span, message).help(help));
            return;
        };
        let Some(target) = self.endpoints.get(name) else { return };
        let any: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
        let address = match (port.value.address, self.environment.bind) {
            (Some(address), _) if named || self.environment.bind.is_some() => address,
            (None, Some(bind)) => bind,
            (None, None) if named => any,
            // Only an environment with an address of its own publishes ports that do not name it.
            _ => return,
        };
        self.found.push(PublishedPort {
            endpoint: name.to_owned(),
            address,
            port: Spanned::new(port.value.port, port.span),
            target: target.port.value,
            udp: target.scheme == "udp",
            planned: self.environment.bind.is_some(),
        });
    }
}

/// Ports outside their tier's range, two on one port, and replicas that would share one.
pub(super) fn check(scope: &Scope, diagnostics: &mut Vec<Diagnostic>) {
    let mut taken: Vec<(&str, &PublishedPort)> = Vec::new();
    for member in scope.members.values() {
        for published in &member.published {
            let port = published.port.value;
            if published.planned
                && let Some(tier) = scope.stack.tiers.get(&member.definition.tier.value)
                && !tier.host_ports.is_empty()
                && !tier.host_ports.iter().any(|range| range.contains(port))
            {
                let ranges: Vec<String> =
                    tier.host_ports.iter().map(|range| range.value.to_string()).collect();
                let ranges: Vec<&str> = ranges.iter().map(String::as_str).collect();
                let name = &member.definition.tier.value;
                let message = format!("host port {port} lies outside the range of the tier `{name}`");
                diagnostics.push(
                    Diagnostic::stack("port-out-of-range", published.port.span, message)
                        .related(tier.host_ports[0].span, format!("`{name}` has {}", enumerate(&ranges)))
                        .help("take a port of the range, or widen the range"),
                );
            }
            if let Some((other, first)) = taken.iter().find(|(_, other)| other.collides(published)) {
                let message = if *other == member.name {
                    format!("`{other}` publishes host port {port} twice in `{}`", scope.environment.name)
                } else {
                    let environment = &scope.environment.name;
                    format!(
                        "`{other}` and `{}` both publish host port {port} in `{environment}`",
                        member.name
                    )
                };
                let free = free_port(scope, &member.definition.tier.value, port);
                let help = match free {
                    Some(free) => format!("give one of them another port; {free} is free"),
                    None => "give one of them another port".to_owned(),
                };
                diagnostics.push(
                    Diagnostic::stack("port-collision", published.port.span, message)
                        .related(first.port.span, format!("`{other}` has it"))
                        .help(help),
                );
            }
            taken.push((member.name, published));
        }
    }
}

/// The next port above `port` that nobody has in this environment, within the tier's ranges where it has any.
fn free_port(scope: &Scope, tier: &str, port: u16) -> Option<u16> {
    let ranges = scope.stack.tiers.get(tier).map(|tier| &tier.host_ports[..]).unwrap_or_default();
    let is_taken = |port: u16| {
        scope
            .members
            .values()
            .flat_map(|member| &member.published)
            .any(|published| published.port.value == port)
    };
    let allowed = |port: u16| ranges.is_empty() || ranges.iter().any(|range| range.contains(port));
    (port..=u16::MAX).chain(1024..port).find(|port| allowed(*port) && !is_taken(*port))
}
