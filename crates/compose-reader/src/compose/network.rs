//! Networks: those of the project, and how a service is attached to them.
//!
//! Source: the compose specification, "networks" of a service and at the top level.

use std::sync::Arc;

use indexmap::IndexMap;

use super::fields::flag;
use super::text::Text;
use crate::source::{Sources, Span};
use crate::values::Sketch;
use crate::yaml::{Kind, Node};

/// One network of the project.
#[derive(Clone, Debug)]
pub struct Network {
    /// Where its name is written.
    pub span: Span,
    /// The name that Docker knows it by, where the file gives one.
    pub name: Option<Sketch>,
    /// Whether it leads nowhere but to its members.
    pub is_internal: bool,
    /// Whether somebody else creates it.
    pub is_external: bool,
    /// Who drives it, if not Docker's default.
    pub driver: Option<Sketch>,
    /// Its address ranges.
    pub subnets: Vec<Text>,
}

/// A service on a network.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The network.
    pub network: Arc<str>,
    /// Where it is named; the service's name where no network is.
    pub span: Span,
    /// Further names of the service on it.
    pub aliases: Vec<Text>,
    /// The addresses that it must have.
    pub addresses: Vec<Text>,
}

/// The networks at the top level.
pub(super) fn networks(sources: &Sources, root: &Node) -> IndexMap<Arc<str>, Network> {
    let declared = root.get("networks").and_then(Node::as_mapping).into_iter().flatten();
    let is_set = |node: &Node, key: &str| {
        flag(node.get(key)) || node.get(key).is_some_and(|value| value.as_mapping().is_some())
    };
    let text = |node: &Node| Some(Text::new(sources, node.span, node.as_text()?));
    let network = |span: Span, node: &Node| {
        let ranges = node.get("ipam").and_then(|ipam| ipam.get("config")).and_then(Node::as_sequence);
        let named = |key: &str| node.get(key).filter(|value| !value.is_null()).and_then(text);
        let old_name = node.get("external").and_then(|external| external.get("name")).and_then(text);
        Network {
            span,
            name: named("name").or(old_name).map(|name| name.sketch()),
            is_internal: is_set(node, "internal"),
            is_external: is_set(node, "external"),
            driver: named("driver").map(|driver| driver.sketch()),
            subnets: ranges.into_iter().flatten().filter_map(|range| text(range.get("subnet")?)).collect(),
        }
    };
    declared.map(|(name, entry)| (Arc::clone(name), network(entry.key.span, &entry.value))).collect()
}

/// The networks of a service: `default` where it names none and has a network of its own.
pub(super) fn attachments(sources: &Sources, service: Span, body: &Node) -> Vec<Attachment> {
    let has = |key: &str| body.get(key).is_some_and(|node| !node.is_null());
    let plain = |network: &str, span| Attachment {
        network: Arc::from(network),
        span,
        aliases: vec![],
        addresses: vec![],
    };
    let texts = |node: &Node| -> Vec<Text> {
        let items = node.as_sequence().unwrap_or_else(|| std::slice::from_ref(node));
        items.iter().filter_map(|item| Some(Text::new(sources, item.span, item.as_text()?))).collect()
    };
    let found: Vec<Attachment> = match body.get("networks").map(|node| &node.kind) {
        Some(Kind::Sequence(items)) => {
            items.iter().filter_map(|item| Some(plain(item.as_text()?, item.span))).collect()
        }
        Some(Kind::Mapping(entries)) => entries
            .iter()
            .map(|(name, entry)| {
                let all = |keys: &[&str]| {
                    keys.iter().filter_map(|key| entry.value.get(key)).flat_map(&texts).collect()
                };
                Attachment {
                    aliases: all(&["aliases"]),
                    addresses: all(&["ipv4_address", "ipv6_address"]),
                    ..plain(name, entry.key.span)
                }
            })
            .collect(),
        _ => Vec::new(),
    };
    if found.is_empty() && !has("network_mode") && !has("provider") {
        return vec![plain("default", service)];
    }
    found
}
