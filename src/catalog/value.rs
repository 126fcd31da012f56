//! Nodes as values of expressions, and back.

use minijinja::Value;
use minijinja::value::ValueKind;

use compose_reader::source::Span;
use compose_reader::yaml::{Kind, Node, Resolved, Style};

/// A node as expressions see it, typed as Compose types it.
pub fn node_to_value(node: &Node) -> Value {
    match &node.kind {
        Kind::Scalar(scalar) => match node.resolved() {
            Some(Resolved::Null) => Value::from(()),
            Some(Resolved::Bool(value)) => Value::from(value),
            Some(Resolved::Integer(value)) => Value::from(value),
            Some(Resolved::Float(value)) => Value::from(value),
            _ => Value::from(&*scalar.text),
        },
        Kind::Sequence(items) => items.iter().map(node_to_value).collect(),
        Kind::Mapping(mapping) => Value::from_pairs(
            mapping.iter().map(|(key, entry)| (key.to_string(), node_to_value(&entry.value))),
        ),
    }
}

/// A value as a node at `span`; `None` for `none`.
pub fn value_to_node(value: &Value, span: Span) -> Option<Node> {
    Some(match value.kind() {
        ValueKind::Undefined | ValueKind::None => return None,
        ValueKind::Bool => Node::scalar(span, if value.is_true() { "true" } else { "false" }, Style::Plain),
        ValueKind::Number => Node::scalar(span, value.to_string(), Style::Plain),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().into_iter().flatten();
            Node::sequence(span, items.filter_map(|item| value_to_node(&item, span)).collect())
        }
        ValueKind::Map => {
            let keys = value.try_iter().into_iter().flatten();
            let pairs = keys.filter_map(|key| {
                let item = value.get_item(&key).ok()?;
                Some((key.to_string(), value_to_node(&item, span)?))
            });
            Node::from_pairs(span, pairs)
        }
        _ => Node::text(span, value.to_string()),
    })
}
