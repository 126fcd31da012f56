//! The project as it is written: variables as they stand, where their values may be others elsewhere.

use std::sync::Arc;

use crate::compose::environment::Environment;
use crate::interpolation;
use crate::yaml::{Kind, Mapping, Node};

/// The tree with each text as it is written, unless every variable in it is set: a default may be another one elsewhere.
/// `None` where that is the tree as it stands.
pub(super) fn restored(node: &Node, environment: &Environment) -> Option<Node> {
    let kind = match &node.kind {
        Kind::Mapping(mapping) => {
            let mut changed: Option<Mapping> = None;
            for (at, entry) in mapping.values().enumerate() {
                let Some(value) = restored(&entry.value, environment) else { continue };
                let changed = changed.get_or_insert_with(|| (**mapping).clone());
                if let Some((_, entry)) = changed.get_index_mut(at) {
                    entry.value = value;
                }
            }
            Kind::Mapping(Arc::new(changed?))
        }
        Kind::Sequence(items) => {
            let mut changed: Option<Vec<Node>> = None;
            for (at, item) in items.iter().enumerate() {
                let Some(item) = restored(item, environment) else { continue };
                if let Some(old) = changed.get_or_insert_with(|| (**items).clone()).get_mut(at) {
                    *old = item;
                }
            }
            Kind::Sequence(Arc::new(changed?))
        }
        Kind::Scalar(_) => {
            let (raw, _) = node.expanded_from()?;
            let variables = interpolation::variables(raw).unwrap_or_default();
            let is_set = |variable: &interpolation::Variable<'_>| environment.get(variable.name).is_some();
            if !variables.is_empty() && variables.iter().all(is_set) {
                return None;
            }
            Node::text(node.span, Arc::clone(raw)).kind
        }
    };
    Some(Node { kind, ..node.clone() })
}
