//! What an included file adds.

use indexmap::IndexMap;

use super::Reader;
use crate::definition::Stack;
use crate::definition::keys::INCLUDED_KEYS;
use crate::fault::Fault;
use compose_reader::source::Span;
use compose_reader::yaml::Node;

impl Reader {
    /// Adds what an included file holds.
    pub(super) fn included(&mut self, root: &Node, stack: &mut Stack) {
        for (key, entry) in self
            .mapping(root, "an included file", "write `tiers:`, `services:` and the like, as in stack.yaml")
            .into_iter()
            .flatten()
        {
            let value = &entry.value;
            match &**key {
                "tiers" => {
                    let tiers = self.tiers(value);
                    self.join(&mut stack.tiers, tiers, "tier", |tier| tier.span);
                }
                "services" => {
                    let services = self.services(value, &mut stack.unreadable);
                    self.join(&mut stack.services, services, "service", |service| service.span);
                }
                "secrets" => {
                    let secrets = self.secrets(value);
                    self.join(&mut stack.secrets, secrets, "secret", |secret| secret.span);
                }
                "volumes" => self.join_resources(&mut stack.volumes, value, "volume"),
                "networks" => self.join_resources(&mut stack.networks, value, "network"),
                "configs" => self.join_resources(&mut stack.configs, value, "config"),
                extension if extension.starts_with("x-") => {}
                unknown => self.unknown_key(entry, unknown, "an included file", &INCLUDED_KEYS),
            }
        }
    }

    fn join<T>(
        &mut self,
        all: &mut IndexMap<String, T>,
        more: IndexMap<String, T>,
        what: &str,
        span: fn(&T) -> Span,
    ) {
        for (name, value) in more {
            match all.get(&name) {
                Some(first) => self.twice(what, &name, span(&value), span(first)),
                None => {
                    all.insert(name, value);
                }
            }
        }
    }

    fn join_resources(&mut self, all: &mut Option<Node>, more: &Node, what: &str) {
        let Some(more) =
            self.options(more, &format!("`{what}s`")).and_then(|more| more.as_mapping().cloned())
        else {
            return;
        };
        let mut joined = all.as_ref().and_then(Node::as_mapping).cloned().unwrap_or_default();
        for (name, entry) in more {
            if let Some(first) = joined.get(&name) {
                let (first, second) = (first.key.span, entry.key.span);
                self.twice(what, &name, second, first);
            } else {
                joined.insert(name, entry);
            }
        }
        if let Some(first) = joined.first() {
            *all = Some(Node::mapping(first.1.key.span, joined));
        }
    }

    fn twice(&mut self, what: &str, name: &str, second: Span, first: Span) {
        self.push(
            Fault::DefinedTwice
                .at(second, format!("the {what} `{name}` is defined twice"))
                .related(first, "first here")
                .help("keep one of the two, or give it another name"),
        );
    }
}
