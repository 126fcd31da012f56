//! Values that only a variable without a value knows.

use crate::yaml::{Kind, Node};

/// Whether a value holds a variable that is not set.
pub(super) fn has_unset(node: &Node) -> bool {
    node.expanded_from().is_some_and(|(_, unset)| !unset.is_empty())
        || match &node.kind {
            Kind::Mapping(mapping) => mapping.values().any(|entry| has_unset(&entry.value)),
            Kind::Sequence(items) => items.iter().any(has_unset),
            Kind::Scalar(_) => false,
        }
}
