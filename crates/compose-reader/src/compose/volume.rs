//! The volumes of a project.
//!
//! Source: the compose specification, "volumes" at the top level.

use std::sync::Arc;

use indexmap::IndexMap;

use super::fields::text;
use super::text::Text;
use crate::source::{Sources, Span};
use crate::values::Sketch;
use crate::yaml::Node;

/// One volume of the project.
#[derive(Clone, Debug)]
pub struct Volume {
    /// Where its name is written.
    pub span: Span,
    /// Who drives it, if not Docker's default.
    pub driver: Option<Sketch>,
    /// What its driver is told: name and value.
    pub options: Vec<(Arc<str>, Text)>,
}

/// The volumes at the top level.
pub(super) fn volumes(sources: &Sources, root: &Node) -> IndexMap<Arc<str>, Volume> {
    let declared = root.get("volumes").and_then(Node::as_mapping).into_iter().flatten();
    let volume = |span: Span, node: &Node| {
        let options = node.get("driver_opts").and_then(Node::as_mapping).into_iter().flatten();
        Volume {
            span,
            driver: text(sources, node.get("driver")).map(|driver| driver.sketch()),
            options: options
                .filter_map(|(name, entry)| Some((Arc::clone(name), text(sources, Some(&entry.value))?)))
                .collect(),
        }
    };
    declared.map(|(name, entry)| (Arc::clone(name), volume(entry.key.span, &entry.value))).collect()
}
