//! Looking through the texts of a node.

use compose_reader::yaml::{Kind, Node};

/// Whether any text in a node is such a one.
pub(super) fn any_text(node: &Node, is_such: &dyn Fn(&Node) -> bool) -> bool {
    match &node.kind {
        Kind::Scalar(_) => is_such(node),
        Kind::Sequence(items) => items.iter().any(|item| any_text(item, is_such)),
        Kind::Mapping(mapping) => mapping.values().any(|entry| any_text(&entry.value, is_such)),
    }
}

/// Whether any text in a node holds a certain one.
pub(super) fn holds(node: &Node, part: &str) -> bool {
    any_text(node, &|node| node.as_scalar().is_some_and(|scalar| scalar.text.contains(part)))
}

/// Does something with each text in a node.
pub(super) fn each_text<'n>(node: &'n Node, act: &mut dyn FnMut(&'n Node)) {
    match &node.kind {
        Kind::Scalar(_) => act(node),
        Kind::Sequence(items) => items.iter().for_each(|item| each_text(item, act)),
        Kind::Mapping(mapping) => mapping.values().for_each(|entry| each_text(&entry.value, act)),
    }
}
