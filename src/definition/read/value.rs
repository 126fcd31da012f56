//! Single values, and what is said of wrong ones.

use indexmap::IndexMap;
use std::net::IpAddr;

use super::Reader;
use crate::definition::Spanned;
use crate::fault::Fault;
use compose_reader::diagnostic::{did_you_mean, nearest};
use compose_reader::source::Span;
use compose_reader::yaml::{Entry, Mapping, Node, Resolved};

impl Reader {
    pub(super) fn wrong_type(&mut self, node: &Node, what: &str, expected: &str, help: &str) {
        let message = format!("{what} has to be {expected}, and this is {}", node.describe());
        let place = node.alias.unwrap_or(node.span);
        self.push(Fault::WrongType.at(place, message).help(help));
    }

    pub(super) fn wrong_value(&mut self, span: Span, message: String, help: &str) {
        self.push(Fault::WrongValue.at(span, message).help(help));
    }

    pub(super) fn unknown_key(&mut self, entry: &Entry, key: &str, what: &str, known: &[&str]) {
        let help = match nearest(key, known.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("it has {}", compose_reader::diagnostic::enumerate(known)),
        };
        let message = format!("{what} has no key `{key}`");
        self.push(Fault::UnknownKey.at(entry.key.span, message).help(help));
    }

    pub(super) fn mapping<'n>(&mut self, node: &'n Node, what: &str, help: &str) -> Option<&'n Mapping> {
        let mapping = node.as_mapping();
        if mapping.is_none() {
            self.wrong_type(node, what, "a mapping", help);
        }
        mapping
    }

    /// The items of a list; one value that is no list counts as a list of itself.
    pub(super) fn one_or_many<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        node.as_sequence().unwrap_or(std::slice::from_ref(node))
    }

    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<Spanned<String>> {
        match (node.as_text(), node.resolved()) {
            (Some(text), Some(resolved)) if resolved != Resolved::Null => {
                if text.contains(char::is_control) {
                    let message = format!("{what} holds a line break or another control character");
                    self.wrong_value(node.span, message, "write it in one line");
                    return None;
                }
                Some(Spanned::new(text.to_owned(), node.span))
            }
            _ => {
                self.wrong_type(node, what, "text", "write one word, or a text in quotes");
                None
            }
        }
    }

    /// A sentence, which may be written in several lines.
    pub(super) fn prose(&mut self, node: &Node, what: &str) -> Option<Spanned<String>> {
        let Some(text) = node.as_text().filter(|text| text.contains(['\n', '\t'])) else {
            return self.text(node, what);
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        self.text(&Node::text(node.span, words.join(" ")), what)
    }

    pub(super) fn boolean(&mut self, node: &Node, what: &str) -> Option<Spanned<bool>> {
        let value = node.as_bool();
        if value.is_none() {
            self.wrong_type(node, what, "`true` or `false`", "write `true` or `false`, without quotes");
        }
        value.map(|value| Spanned::new(value, node.span))
    }

    /// The value of one of a few words.
    pub(super) fn word<T: Copy>(
        &mut self,
        node: &Node,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<Spanned<T>> {
        let text = self.text(node, what)?;
        let found = words.iter().find(|(word, _)| *word == text.value).map(|(_, value)| *value);
        if found.is_none() {
            let message = format!("{what} cannot be `{}`", text.value);
            let help = did_you_mean(&text, words.iter().map(|(word, _)| *word));
            self.push(Fault::WrongValue.at(text.span, message).help(help));
        }
        found.map(|value| Spanned::new(value, node.span))
    }

    pub(super) fn address(&mut self, node: &Node, what: &str) -> Option<Spanned<IpAddr>> {
        let text = self.text(node, what)?;
        let address = text.parse().ok();
        if address.is_none() {
            let message = format!("`{}` is no IP address", text.value);
            self.wrong_value(text.span, message, "write `127.0.0.1`, or `0.0.0.0` for every address");
        }
        address.map(|address| Spanned::new(address, node.span))
    }

    /// Things by name in Compose's own syntax, which nobody needs to declare.
    pub(super) fn options(&mut self, node: &Node, what: &str) -> Option<Node> {
        if node.is_null() {
            return None;
        }
        self.mapping(node, what, "write each below its name: `data: { driver: local }`").map(|_| node.clone())
    }

    /// A mapping of named things, each read by `read`.
    pub(super) fn named<T>(
        &mut self,
        node: &Node,
        what: &str,
        help: &str,
        read: fn(&mut Self, &str, &Entry) -> Option<T>,
    ) -> IndexMap<String, T> {
        if node.is_null() {
            return IndexMap::new();
        }
        let Some(mapping) = self.mapping(node, what, help) else { return IndexMap::new() };
        let mut named = IndexMap::with_capacity(mapping.len());
        for (name, entry) in mapping {
            self.name(name, entry.key.span);
            if let Some(value) = read(self, name, entry) {
                named.insert(name.to_string(), value);
            }
        }
        named
    }

    /// Source: `schema/compose-spec.json`, `^[a-zA-Z0-9._-]+$` for services, networks, volumes and secrets.
    pub(super) fn name(&mut self, name: &str, span: Span) {
        let legal =
            |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-');
        if name.is_empty() || !name.chars().all(legal) {
            let fixed: String = name.chars().map(|next| if legal(next) { next } else { '-' }).collect();
            let message = format!("`{name}` is not a name that Compose takes");
            let help = match fixed.trim_matches(['-', '.']) {
                "" => "use letters, digits, `-`, `_` and `.`".to_owned(),
                fixed => format!("use letters, digits, `-`, `_` and `.`: `{fixed}`"),
            };
            self.wrong_value(span, message, &help);
        }
    }

    /// The entries of an optional mapping: nothing at all counts as empty.
    pub(super) fn entries<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        help: &str,
    ) -> Option<Vec<(&'n str, &'n Entry)>> {
        if node.is_null() {
            return Some(Vec::new());
        }
        let mapping = self.mapping(node, what, help)?;
        Some(
            mapping
                .iter()
                .map(|(key, entry)| (&**key, entry))
                .filter(|(key, _)| !key.starts_with("x-"))
                .collect(),
        )
    }
}
