//! Values by their path, and by the place where they are written.

use compose_reader::source::Span;
use compose_reader::yaml::{Kind, Node};

/// The last key of a path and its value.
pub(super) fn entry<'n>(root: &'n Node, path: &[String]) -> Option<(Option<&'n Node>, &'n Node)> {
    path.iter().try_fold((None, root), |(_, node), step| match &node.kind {
        Kind::Mapping(entries) => entries.get(&**step).map(|entry| (Some(&entry.key), &entry.value)),
        Kind::Sequence(items) => Some((None, items.get(step.parse::<usize>().ok()?)?)),
        Kind::Scalar(_) => None,
    })
}

/// The scalar that is written at a place.
pub(super) fn find(node: &Node, span: Span) -> Option<&Node> {
    match &node.kind {
        Kind::Scalar(_) => (node.span == span).then_some(node),
        Kind::Sequence(items) => items.iter().find_map(|item| find(item, span)),
        Kind::Mapping(entries) => entries.values().find_map(|entry| find(&entry.value, span)),
    }
}
