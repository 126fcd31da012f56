//! Fields of a service as they are read.

use super::text::Text;
use crate::interpolation;
use crate::source::Sources;
use crate::values::Boolean;
use crate::yaml::Node;

/// The text of a scalar that is not null.
pub(super) fn text(sources: &Sources, node: Option<&Node>) -> Option<Text> {
    let node = node.filter(|node| !node.is_null())?;
    Some(Text::new(sources, node.span, node.as_text()?))
}

/// The texts of a list, or the one text that stands in its place.
pub(super) fn texts(sources: &Sources, node: Option<&Node>) -> Vec<Text> {
    let items = node.and_then(Node::as_sequence).or_else(|| node.map(std::slice::from_ref));
    items.unwrap_or_default().iter().filter_map(|item| text(sources, Some(item))).collect()
}

/// Whether Compose reads `true` there, also as text, or as the default of a variable.
pub(super) fn flag(node: Option<&Node>) -> bool {
    let text = node.and_then(Node::as_text).and_then(|text| interpolation::expand(text, &|_| None));
    text.is_some_and(|text| text.parse() == Ok(Boolean(true)))
}
