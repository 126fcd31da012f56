//! Values that are text for Compose, and numbers or booleans for YAML: what arrives is not always what is written.
//!
//! Source: what Docker Compose 2.40.3 prints for plain scalars in each of these places.

use std::sync::Arc;

use super::scalar;
use crate::source::Span;
use crate::spec::{self, Holds, Print, Type};
use crate::yaml::{Kind, Node, Resolved};

/// A value that arrives as another text.
#[derive(Clone, Debug)]
pub struct Coerced {
    /// What it is the value of.
    pub name: Arc<str>,
    /// Where it is written.
    pub span: Span,
    /// As it is written.
    pub written: Arc<str>,
    /// As it arrives.
    pub received: String,
    /// Whether it is a boolean.
    pub is_boolean: bool,
}

/// The values of a project that arrive as another text.
pub(super) fn coerced(root: &Node) -> Vec<Coerced> {
    let mut found = Vec::new();
    add(root, "", spec::PROJECT, &mut found);
    found
}

fn add(node: &Node, name: &str, of: &'static Type, found: &mut Vec<Coerced>) {
    match &node.kind {
        Kind::Mapping(mapping) if matches!(of.print, Print::Pairs | Print::Variables | Print::Options) => {
            found.extend(mapping.iter().filter_map(|(name, entry)| changed(Arc::clone(name), &entry.value)));
        }
        Kind::Mapping(mapping) => {
            let Some(fields) = of.fields() else { return };
            for (name, entry) in mapping.iter() {
                if let Some(key) = fields.key(name).filter(|key| key.takes.holds(Holds::COERCED)) {
                    add(&entry.value, name, key.takes, found);
                }
            }
        }
        Kind::Sequence(items) if of.print == Print::Texts => {
            found.extend(items.iter().filter_map(|item| changed(name.into(), item)));
        }
        Kind::Sequence(items) => {
            let Some(item) = of.item() else { return };
            items.iter().for_each(|node| add(node, name, item, found));
        }
        Kind::Scalar(_) => {}
    }
}

fn changed(name: Arc<str>, node: &Node) -> Option<Coerced> {
    let kind = node.resolved()?;
    if matches!(kind, Resolved::Text | Resolved::Null | Resolved::Timestamp) {
        return None;
    }
    let written = &node.as_scalar()?.text;
    let received = scalar::printed(node);
    (*received != **written).then(|| Coerced {
        name,
        span: node.span,
        written: Arc::clone(written),
        received,
        is_boolean: matches!(kind, Resolved::Bool(_)),
    })
}

#[cfg(test)]
mod tests {
    use super::coerced;
    use crate::source::Sources;
    use crate::yaml::parse;

    /// What docker-compose 2.40.3 hands to a container.
    #[test]
    fn values_arrive_as_compose_hands_them_over() {
        for (written, received) in [
            ("0700", "448"),
            ("3.10", "3.1"),
            ("0000000000000000", "0"),
            ("1_000", "1000"),
            ("True", "true"),
            ("10.0", "10"),
            ("1e3", "1000"),
            ("1e6", "1e+06"),
            ("1000000.5", "1.0000005e+06"),
            ("0.00001", "1e-05"),
            ("0x1F", "31"),
            ("08", "8"),
            (".5", "0.5"),
            ("+5", "5"),
            ("-0", "0"),
            ("123456789012345678901234", "1.2345678901234569e+23"),
            (".nan", "NaN"),
            ("!!int '017'", "15"),
        ] {
            let text = format!("services: {{a: {{environment: {{K: {written}}}}}}}");
            let mut sources = Sources::new();
            let id = sources.add("test.yaml", text.as_str());
            let root = parse(id, &text).expect("valid YAML").documents.remove(0);
            let found: Vec<String> = coerced(&root).into_iter().map(|value| value.received).collect();
            assert_eq!(found, [received], "{written}");
        }
    }

    #[test]
    fn what_stays_as_it_is_is_not_named() {
        for written in [
            "5",
            "-5",
            "1.5",
            "true",
            "'0700'",
            "0.1",
            "22:22",
            "yes",
            "1.2.3",
            "~",
            "18446744073709551615",
            "!!str 0700",
        ] {
            let text = format!("services: {{a: {{environment: {{K: {written}}}}}}}");
            let mut sources = Sources::new();
            let id = sources.add("test.yaml", text.as_str());
            let root = parse(id, &text).expect("valid YAML").documents.remove(0);
            assert!(coerced(&root).is_empty(), "{written}");
        }
    }
}
