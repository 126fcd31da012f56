//! Entries of `ports` in their long form. One with a range stays as it is written, until it is printed: it may stand for
//! thousands.
//!
//! Source: the compose specification, "ports", and what Docker Compose 2.40.3 prints of each text.

use std::sync::Arc;

use super::scalar;
use crate::merge;
use crate::source::Span;
use crate::values::PortMapping;
use crate::yaml::{Kind, Node, Style};

/// The entry of one port.
pub(super) fn long(port: &PortMapping, span: Span) -> Node {
    let mut pairs = vec![("mode", Node::text(span, "ingress"))];
    if !port.address.is_empty() {
        pairs.push(("host_ip", Node::text(span, &*port.address)));
    }
    pairs.push(("target", Node::scalar(span, port.target.to_string(), Style::Plain)));
    if let Some(published) = port.published {
        pairs.push(("published", Node::text(span, published.to_string())));
    }
    pairs.push(("protocol", Node::text(span, port.protocol.name())));
    Node::from_pairs(span, pairs)
}

/// A list of ports with an entry for each port of a range, each port once.
pub(super) fn one_by_one(ports: &Node) -> Node {
    let entries = ports.as_sequence().unwrap_or_default();
    if entries.iter().all(|entry| range(entry).is_none()) {
        return ports.clone();
    }
    let items = entries.iter().flat_map(|entry| match range(entry) {
        Some(port) => {
            let mut single: Vec<PortMapping> = port.single().collect();
            // Compose sorts them as texts: 100 stands before 99.
            single.sort_by_cached_key(|port| port.target.to_string());
            let long = |port: &PortMapping| Node { history: entry.history.clone(), ..long(port, entry.span) };
            single.iter().map(long).collect()
        }
        None => vec![entry.clone()],
    });
    let list = Node { kind: Kind::Sequence(Arc::new(items.collect())), ..ports.clone() };
    let unique = merge::unique(&Node::from_pairs(ports.span, [("ports", list)]));
    unique.get("ports").cloned().unwrap_or_else(|| ports.clone())
}

/// A model whose services have an entry for each port, as Docker Compose prints it.
pub fn with_single_ports(model: &Node) -> Node {
    let mut model = model.clone();
    let services = model.get_mut("services").and_then(Node::as_mapping_mut);
    for service in services.into_iter().flat_map(|services| services.values_mut()) {
        let has_range = |ports: &&Node| {
            ports.as_sequence().is_some_and(|ports| ports.iter().any(|port| range(port).is_some()))
        };
        if let Some(ports) = service.value.get("ports").filter(has_range).map(one_by_one) {
            service.value.set("ports", ports);
        }
    }
    model
}

/// The ports of an entry that stands for several.
fn range(entry: &Node) -> Option<PortMapping> {
    let port =
        matches!(entry.kind, Kind::Scalar(_)).then(|| scalar::printed(entry).parse::<PortMapping>().ok());
    port.flatten().filter(|port| !port.target.is_one())
}
