//! What a service publishes on the host in an environment.

use std::net::{IpAddr, Ipv4Addr};

use indexmap::IndexMap;

use super::environment::EnvironmentSettings;
use super::lock::Allocator;
use super::planned::HostPorts;
use crate::catalog::Template;
use crate::definition::{Endpoint, HostPort, Layer, PortRange, Publish, VariablePort};
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::source::Span;
use compose_reader::yaml::Node;

/// An endpoint that is published on the host.
#[derive(Clone, Debug)]
pub(super) struct PublishedPort {
    pub(super) endpoint: String,
    pub(super) address: IpAddr,
    /// The ports as the stack plans them: one, or a pool that Docker picks from.
    pub(super) planned_ports: HostPorts,
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
    /// The ports on the host, for this instance. What a variable says is the same for all.
    pub(super) fn ports(&self) -> HostPorts {
        match &self.planned_ports {
            HostPorts::Range(range) => HostPorts::Range(PortRange {
                first: range.first.saturating_add(self.shift),
                last: range.last.saturating_add(self.shift),
            }),
            other => other.clone(),
        }
    }

    /// The ports as the stack plans them, as far as they are known before anything runs.
    pub(super) fn range(&self) -> Option<PortRange> {
        self.planned_ports.known()
    }

    fn is_udp(&self) -> bool {
        self.scheme == "udp"
    }

    pub(super) fn collides(&self, other: &Self) -> bool {
        let meet = |one: PortRange, other: PortRange| one.first <= other.last && other.first <= one.last;
        self.range().zip(other.range()).is_some_and(|(one, other)| meet(one, other))
            && self.is_udp() == other.is_udp()
            && self.shares_address(other)
    }

    /// Whether both would answer on one address of the host.
    pub(super) fn shares_address(&self, other: &Self) -> bool {
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

/// What a service publishes in an environment: what is planned, and ports in Compose's own syntax.
pub(super) fn published(
    surroundings: &Surroundings,
    layer: &Layer,
    allocator: &mut Allocator,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<PublishedPort>, Option<Node>) {
    let Some(publish) = &layer.publish else { return (Vec::new(), None) };
    let mut reader = Reader { surroundings, allocator, diagnostics, found: Vec::new(), written: None };
    reader.read(publish, None, false);
    (reader.found, reader.written)
}

struct Reader<'r, 'a> {
    surroundings: &'r Surroundings<'r>,
    allocator: &'r mut Allocator<'a>,
    diagnostics: &'r mut Vec<Diagnostic>,
    found: Vec<PublishedPort>,
    written: Option<Node>,
}

impl Reader<'_, '_> {
    /// `named`: whether the environment has been named on the way here.
    fn read(&mut self, publish: &Publish, endpoint: Option<&str>, named: bool) {
        match publish {
            Publish::Nothing => {}
            Publish::Written(ports) => {
                if named || self.surroundings.environment.bind.is_some() {
                    self.written = Some(ports.clone());
                }
            }
            Publish::Port(port) => {
                let HostPort { address, port: number } = port.value;
                let ports = HostPorts::Range(PortRange { first: number, last: number });
                self.ports(Some(ports), address, port.span, endpoint, named);
            }
            Publish::Variable(port) => {
                let VariablePort { address, written, default } = port.value.clone();
                let ports = HostPorts::Variable { written, default };
                self.ports(Some(ports), address, port.span, endpoint, named);
            }
            Publish::Pool(pool) => {
                self.ports(Some(HostPorts::Range(pool.value)), None, pool.span, endpoint, named)
            }
            Publish::Any(span) => self.ports(Some(HostPorts::Any), None, *span, endpoint, named),
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
        ports: Option<HostPorts>,
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
        let planned_ports = match ports {
            Some(ports) => ports,
            None => match self.allocator.port(service, name, tier, &target.scheme, span) {
                Ok(port) => HostPorts::Range(PortRange { first: port, last: port }),
                Err(diagnostic) => {
                    self.diagnostics.push(diagnostic);
                    return;
                }
            },
        };
        self.found.push(PublishedPort {
            endpoint: name.to_owned(),
            address,
            planned_ports,
            span,
            shift: self.allocator.shift,
            target: target.port.value,
            scheme: target.scheme.clone(),
            planned: environment.bind.is_some(),
        });
    }
}
