//! `KEY=value` pairs.

use std::fmt;

use crate::yaml::{Kind, Node};

/// A key with its value, or without one: what `environment`, `labels` and build arguments are made of.
///
/// ```
/// use compose_reader::values::Pair;
///
/// assert_eq!(Pair::of("URL=http://a?b=c"), Pair { key: "URL", value: Some("http://a?b=c") });
/// assert_eq!(Pair::of("URL"), Pair { key: "URL", value: None });
/// assert_eq!(Pair::of("URL=").to_string(), "URL=");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'t> {
    /// The key.
    pub key: &'t str,
    /// The value; `None` where there is no `=`.
    pub value: Option<&'t str>,
}

impl<'t> Pair<'t> {
    /// Reads an item of a list.
    ///
    /// Source: the compose specification, "environment", "Array syntax": the first `=` ends the key.
    pub fn of(text: &'t str) -> Self {
        match text.split_once('=') {
            Some((key, value)) => Self { key, value: Some(value) },
            None => Self { key: text, value: None },
        }
    }

    /// The pairs of a mapping or of a list, each with the node that holds its value: an item is a node of its own.
    pub fn each(node: &'t Node) -> impl Iterator<Item = (Self, &'t Node)> {
        let (mapping, items) = match &node.kind {
            Kind::Mapping(mapping) => (Some(mapping), &[][..]),
            Kind::Sequence(items) => (None, &items[..]),
            Kind::Scalar(_) => (None, &[][..]),
        };
        let written = mapping.into_iter().flat_map(|mapping| mapping.iter()).map(|(key, entry)| {
            let value = Some(&entry.value).filter(|value| !value.is_null()).and_then(Node::as_text);
            (Self { key, value }, &entry.value)
        });
        written.chain(items.iter().filter_map(|item| Some((Self::of(item.as_text()?), item))))
    }
}

/// As an item of a list.
impl fmt::Display for Pair<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.key)?;
        self.value.map_or(Ok(()), |value| write!(formatter, "={value}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Pair;
    use crate::source::Sources;
    use crate::yaml::parse;

    #[test]
    fn both_forms_read_alike() {
        for text in ["{A: b=c, E: '', N: }", "[A=b=c, E=, N]"] {
            let mut sources = Sources::new();
            let id = sources.add("test.yaml", text);
            let node = parse(id, text).expect("valid YAML").documents.remove(0);
            let pairs: Vec<String> = Pair::each(&node).map(|(pair, _)| pair.to_string()).collect();
            assert_eq!(pairs, ["A=b=c", "E=", "N"], "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(text in "\\PC*") {
            let pair = Pair::of(&text);
            prop_assert_eq!(pair.to_string(), &*text);
            prop_assert!(!pair.key.contains('='));
        }
    }
}
