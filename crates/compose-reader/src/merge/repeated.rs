//! The items of a list that are the same one: the later of them holds.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::spec::{self, Holds, Same, Type};
use crate::values::{MountParts, Pair};
use crate::yaml::{Kind, Mapping, Node};

/// A service whose lists name each thing once: the later of two items holds, in the earlier one's place.
pub fn unique(service: &Node) -> Node {
    without_repeated(service, spec::SERVICE).unwrap_or_else(|| service.clone())
}

/// A value without the items that later ones take the place of; `None` where there are none.
fn without_repeated(node: &Node, of: &'static Type) -> Option<Node> {
    let mut changed: Option<Mapping> = None;
    for (at, (name, entry)) in node.as_mapping()?.iter().enumerate() {
        let Some(key) = of.fields().and_then(|fields| fields.key(name)) else { continue };
        let value = match (key.same, entry.value.as_sequence()) {
            (Some(same), Some(items)) => last_of_each(items, same)
                .map(|items| Node { kind: Kind::Sequence(Arc::new(items)), ..entry.value.clone() }),
            _ if key.takes.holds(Holds::SAME) => without_repeated(&entry.value, key.takes),
            _ => None,
        };
        if let Some(value) = value
            && let Some((_, entry)) = changed
                .get_or_insert_with(|| node.as_mapping().cloned().unwrap_or_default())
                .get_index_mut(at)
        {
            entry.value = value;
        }
    }
    Some(Node { kind: Kind::Mapping(Arc::new(changed?)), ..node.clone() })
}

/// What makes an entry of `ports` in its long form the same one.
pub(crate) fn port_key(port: &Node) -> String {
    item_key(port, Same::Port)
}

/// The items that hold; `None` where all do.
fn last_of_each(items: &[Node], same: Same) -> Option<Vec<Node>> {
    let mut by_key: IndexMap<String, &Node> = IndexMap::with_capacity(items.len());
    for item in items {
        by_key.insert(item_key(item, same), item);
    }
    (by_key.len() < items.len()).then(|| by_key.into_values().cloned().collect())
}

/// An item of a list that a later item of the same list takes the place of.
#[derive(Clone, Debug)]
pub struct Repeated {
    /// The key of the list, seen from its service: `environment`, `build.args`.
    pub list: String,
    /// What makes both the same item: the name of a variable, the target of a mount.
    pub key: String,
    /// The item that is lost.
    pub first: Node,
    /// The item that holds.
    pub second: Node,
}

/// The items of a service's lists that later items of the same list take the place of, where they say more than what
/// makes them the same; one file alone: that one file overrides another is what it is for.
pub fn repeated(service: &Node) -> Vec<Repeated> {
    let mut found = Vec::new();
    add_repeated(service, spec::SERVICE, "", &mut found);
    found
}

fn add_repeated(node: &Node, of: &'static Type, above: &str, found: &mut Vec<Repeated>) {
    for (name, entry) in node.as_mapping().into_iter().flatten() {
        let Some(key) = of.fields().and_then(|fields| fields.key(name)) else { continue };
        match (key.same, entry.value.as_sequence()) {
            (Some(same), Some(items)) if key.loses && items.len() > 1 => {
                let mut holding: HashMap<String, &Node> = HashMap::new();
                for item in items {
                    let key = item_key(item, same);
                    if let Some(first) = holding.insert(key.clone(), item) {
                        let list = format!("{above}{name}");
                        found.push(Repeated { list, key, first: first.clone(), second: item.clone() });
                    }
                }
            }
            _ if key.takes.holds(Holds::SAME) => {
                add_repeated(&entry.value, key.takes, &format!("{above}{name}."), found);
            }
            _ => {}
        }
    }
}

/// What makes an item of a list the same item: a mount's target, a secret's target, a port as a whole.
fn item_key(item: &Node, same: Same) -> String {
    let field = |name: &str| item.get(name).and_then(Node::as_text).map(str::to_owned);
    let or = |name: &str, default: &str| field(name).unwrap_or_else(|| default.to_owned());
    match (same, item.as_text()) {
        (Same::Target, Some(text)) => text.get(MountParts::of(text).target).unwrap_or_default().to_owned(),
        (Same::Target, None) => or("target", ""),
        (Same::TargetIn(folder), Some(text)) => format!("{folder}{text}"),
        (Same::TargetIn(folder), None) => {
            field("target").unwrap_or_else(|| format!("{folder}{}", or("source", "")))
        }
        (Same::Path, None) => or("path", ""),
        (Same::Port, None) => format!(
            "{}:{}:{}/{}",
            or("host_ip", "0.0.0.0"),
            or("published", ""),
            or("target", ""),
            or("protocol", "tcp")
        ),
        (Same::Port | Same::Text | Same::Path, Some(text)) => text.to_owned(),
        (Same::Name, Some(text)) => Pair::of(text).key.to_owned(),
        (Same::Name | Same::Text, None) => format!("{:?}", item.span),
    }
}
