//! Entries of `ports` in their long form. One with a range stays as it is written, until it is printed: it may stand for
//! thousands.
//!
//! Source: the compose specification, "ports", and what Docker Compose 2.40.3 prints of each text.

use std::sync::Arc;

use indexmap::IndexMap;

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

/// An entry for each port of a list, each port once: the later of two holds, in the earlier one's place. They are made one
/// by one, as there may be thousands.
pub(super) fn one_by_one(ports: &Node) -> impl Iterator<Item = Node> {
    let entries = ports.as_sequence().unwrap_or_default();
    let ranges: Vec<Option<PortMapping>> = entries.iter().map(range).collect();
    let single = move |(at, offset): (usize, u16)| -> Option<Node> {
        let entry = entries.get(at)?;
        Some(match ranges.get(at)? {
            Some(port) => Node { history: entry.history.clone(), ..long(&port.single(offset), entry.span) },
            None => entry.clone(),
        })
    };
    let mut places: IndexMap<String, (usize, u16)> = IndexMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let mut offsets: Vec<u16> = (0..=range(entry).map_or(0, |port| port.target.width())).collect();
        if let Some(port) = range(entry) {
            // Compose sorts them as texts: 100 stands before 99.
            offsets.sort_by_cached_key(|offset| port.single(*offset).target.to_string());
        }
        for place in offsets.into_iter().map(|offset| (at, offset)) {
            places.extend(single(place).map(|port| (merge::port_key(&port), place)));
        }
    }
    places.into_values().filter_map(single)
}

/// A model whose services have an entry for each port, as Docker Compose prints it.
pub fn with_single_ports(model: &Node) -> Node {
    let mut model = model.clone();
    let services = model.get_mut("services").and_then(Node::as_mapping_mut);
    for service in services.into_iter().flat_map(|services| services.values_mut()) {
        let has_range = |ports: &&Node| {
            ports.as_sequence().is_some_and(|ports| ports.iter().any(|port| range(port).is_some()))
        };
        if let Some(ports) = service.value.get("ports").filter(has_range) {
            let single = Kind::Sequence(Arc::new(one_by_one(ports).collect()));
            let ports = Node { kind: single, ..ports.clone() };
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
