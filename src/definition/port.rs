//! The ports that a service listens on, and the host ports that it publishes.

use std::net::IpAddr;

use indexmap::IndexMap;

use super::spanned::Spanned;
use compose_reader::source::Span;
use compose_reader::values::{HostPort, PortRange};
use compose_reader::yaml::Node;

/// A port that a service listens on inside its network.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Where it is named.
    pub span: Span,
    /// The port inside the container.
    pub port: Spanned<u16>,
    /// The scheme of its URL.
    pub scheme: String,
}

/// Host ports of a service.
#[derive(Clone, Debug)]
pub enum Publish {
    /// One port, of the first endpoint.
    Port(Spanned<HostPort>),
    /// One that a variable says.
    Variable(Spanned<VariablePort>),
    /// One that Docker picks whenever the container starts.
    Any(Span),
    /// A range that Docker picks from, a port for each replica.
    Pool(Spanned<PortRange>),
    /// The next free port of the tier's range, kept in `stack.lock`.
    Auto(Span),
    /// Ports in Compose's own syntax, as they are written: what cannot be said otherwise.
    Written(Node),
    /// By environment or by endpoint.
    By(IndexMap<String, Published>),
    /// Nothing: takes back what a weaker layer publishes.
    Nothing,
}

/// A host port that a variable says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariablePort {
    /// The address that it is bound to, where one is named.
    pub address: Option<IpAddr>,
    /// The variable in Compose's syntax: `${PG_PORT:-5432}`.
    pub written: String,
    /// The port where the variable is not set, if it has a default.
    pub default: Option<u16>,
}

/// A host port under the name of an environment or an endpoint.
#[derive(Clone, Debug)]
pub struct Published {
    /// Where the name is written.
    pub span: Span,
    /// What is published.
    pub publish: Publish,
}
