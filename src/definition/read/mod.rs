//! Nodes to a [`Stack`], with everything that is wrong said at once.

mod environment;
mod external;
mod service;

use crate::fault::Fault;
use std::collections::HashMap;
use std::net::IpAddr;

use indexmap::IndexMap;

use super::{
    Encoding, EnvExample, Exporters, Instances, Layer, Observability, ReservedPort, Secret, SecretSource,
    Service, Spanned, Stack, Tier, TierKind,
};
use compose_reader::diagnostic::{Diagnostic, did_you_mean, nearest};
use compose_reader::source::Span;
use compose_reader::values::PortRange;
use compose_reader::yaml::{Comment, Entry, Mapping, Node, Parsed, Resolved};

pub(super) const STACK_KEYS: [&str; 16] = [
    "name",
    "engine",
    "makefile",
    "env_example",
    "include",
    "defaults",
    "reserved_ports",
    "instances",
    "observability",
    "tiers",
    "services",
    "environments",
    "secrets",
    "volumes",
    "networks",
    "configs",
];
/// What an included file may add.
const INCLUDED_KEYS: [&str; 6] = ["tiers", "services", "secrets", "volumes", "networks", "configs"];
pub(super) const OBSERVABILITY_KEYS: [&str; 1] = ["exporters"];
pub(super) const TIER_KEYS: [&str; 3] = ["kind", "host_ports", "defaults"];
#[rustfmt::skip]
pub(super) const LAYER_KEYS: [&str; 12] = [
    "use", "with", "listen", "publish", "public_url", "health", "metrics", "needs", "secrets", "enabled", "run",
    "persistent",
];
pub(super) const SERVICE_KEYS: [&str; 4] = ["tier", "where", "external", "overrides"];
pub(super) const EXTERNAL_KEYS: [&str; 6] = ["host", "port", "user", "password", "tls", "url"];
/// What decides where a service runs, and whether it does.
pub(super) const PLACE_KEYS: [&str; 2] = ["enabled", "run"];
pub(super) const HEALTH_KEYS: [&str; 5] = ["http", "tcp", "command", "endpoint", "status"];
pub(super) const METRICS_KEYS: [&str; 4] = ["endpoint", "path", "interval", "exports"];
pub(super) const TIMING_KEYS: [&str; 5] =
    ["interval", "timeout", "retries", "start_period", "start_interval"];
pub(super) const SECRET_KEYS: [&str; 9] = [
    "description",
    "development",
    "generate",
    "encoding",
    "length",
    "file",
    "environment",
    "external",
    "sources",
];
pub(super) const SECRET_SOURCE_KEYS: [&str; 3] = ["file", "environment", "external"];
pub(super) const ENVIRONMENT_KEYS: [&str; 13] = [
    "mode",
    "kinds",
    "tiers",
    "on_host",
    "bind",
    "public_host",
    "project",
    "file",
    "volumes",
    "networks",
    "defaults",
    "attach",
    "enabled",
];

/// The files that a stack includes, as they are written.
pub fn includes(parsed: &Parsed) -> Vec<Spanned<String>> {
    let written = parsed.documents.first().and_then(|root| root.get("include"));
    let items =
        written.map(|node| node.as_sequence().unwrap_or(std::slice::from_ref(node))).unwrap_or_default();
    items.iter().filter_map(|item| Some(Spanned::new(item.as_text()?.to_owned(), item.span))).collect()
}

/// Reads a stack: its own text and those that it includes, each with a span that stands for the whole of it. What can be
/// read is there even when something else is wrong, so that later steps may find more.
pub fn read(own: (&Parsed, Span), included: &[(Parsed, Span)]) -> (Option<Stack>, Vec<Diagnostic>) {
    let mut reader = Reader::default();
    let mut stack = reader.document(own.0, own.1).and_then(|root| reader.stack(root));
    for (parsed, whole) in included {
        if let (Some(root), Some(stack)) = (reader.document(parsed, *whole), &mut stack) {
            reader.included(root, stack);
        }
    }
    if let Some(stack) = stack.as_mut().filter(|stack| stack.tiers.is_empty()) {
        // That there are no tiers is said; it is not said again of every service.
        for service in stack.services.values() {
            let tier = Tier { span: service.tier.span, kind: None, host_ports: Vec::new(), defaults: None };
            stack.tiers.entry(service.tier.value.clone()).or_insert(tier);
        }
    }
    (stack, reader.diagnostics)
}

#[derive(Default)]
struct Reader {
    diagnostics: Vec<Diagnostic>,
    /// The comments of the text that is read, by where the text of the line below each begins.
    comments: HashMap<u32, (u32, String)>,
}

impl Reader {
    /// The one document of a text, as far as there is one.
    fn document<'p>(&mut self, parsed: &'p Parsed, whole: Span) -> Option<&'p Node> {
        let above = |comment: &Comment| Some((comment.above?, (comment.span.start, comment.text.clone())));
        self.comments = parsed.comments.iter().filter_map(above).collect();
        for duplicate in &parsed.duplicates {
            self.push(
                Fault::DuplicateKey
                    .at(duplicate.second, format!("`{}` is given twice", duplicate.key))
                    .related(duplicate.first, "first here")
                    .help("keep one of the two"),
            );
        }
        if let Some(second) = parsed.documents.get(1) {
            self.push(
                Fault::SeveralDocuments
                    .at(second.span, "a stack is one YAML document")
                    .help("remove the `---` above"),
            );
        }
        if parsed.documents.is_empty() {
            self.push(
                Fault::EmptyStack
                    .at(whole, "there is nothing in this file")
                    .help("a stack has a `name`, `tiers` and `services`; `stackgen schema` describes them"),
            );
        }
        parsed.documents.first()
    }

    /// Adds what an included file holds.
    fn included(&mut self, root: &Node, stack: &mut Stack) {
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

    /// The comment in the lines right above a place.
    fn comment_above(&self, place: Span) -> Option<String> {
        let mut lines = Vec::new();
        let mut below = place.start;
        while let Some((start, text)) = self.comments.get(&below) {
            lines.push(text.strip_prefix(' ').unwrap_or(text));
            below = *start;
        }
        lines.reverse();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn wrong_type(&mut self, node: &Node, what: &str, expected: &str, help: &str) {
        let message = format!("{what} has to be {expected}, and this is {}", node.describe());
        let place = node.alias.unwrap_or(node.span);
        self.push(Fault::WrongType.at(place, message).help(help));
    }

    fn wrong_value(&mut self, span: Span, message: String, help: &str) {
        self.push(Fault::WrongValue.at(span, message).help(help));
    }

    fn unknown_key(&mut self, entry: &Entry, key: &str, what: &str, known: &[&str]) {
        let help = match nearest(key, known.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("it has {}", compose_reader::diagnostic::enumerate(known)),
        };
        let message = format!("{what} has no key `{key}`");
        self.push(Fault::UnknownKey.at(entry.key.span, message).help(help));
    }

    fn mapping<'n>(&mut self, node: &'n Node, what: &str, help: &str) -> Option<&'n Mapping> {
        let mapping = node.as_mapping();
        if mapping.is_none() {
            self.wrong_type(node, what, "a mapping", help);
        }
        mapping
    }

    /// The items of a list; one value that is no list counts as a list of itself.
    fn one_or_many<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        node.as_sequence().unwrap_or(std::slice::from_ref(node))
    }

    fn text(&mut self, node: &Node, what: &str) -> Option<Spanned<String>> {
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
    fn prose(&mut self, node: &Node, what: &str) -> Option<Spanned<String>> {
        let Some(text) = node.as_text().filter(|text| text.contains(['\n', '\t'])) else {
            return self.text(node, what);
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        self.text(&Node::text(node.span, words.join(" ")), what)
    }

    fn boolean(&mut self, node: &Node, what: &str) -> Option<Spanned<bool>> {
        let value = node.as_bool();
        if value.is_none() {
            self.wrong_type(node, what, "`true` or `false`", "write `true` or `false`, without quotes");
        }
        value.map(|value| Spanned::new(value, node.span))
    }

    fn env_example(&mut self, node: &Node) -> Option<Spanned<EnvExample>> {
        let value = match (node.as_bool(), node.as_text()) {
            (Some(true), _) => EnvExample::File,
            (Some(false), _) => EnvExample::Nothing,
            (None, Some("section")) => EnvExample::Section,
            _ => {
                let help = "write `false`, or `section` to keep what you write in the file yourself";
                self.wrong_type(node, "`env_example`", "`true`, `false` or `section`", help);
                return None;
            }
        };
        Some(Spanned::new(value, node.span))
    }

    fn port(&mut self, node: &Node, what: &str) -> Option<Spanned<u16>> {
        let port = node.as_integer().or_else(|| node.as_text()?.parse().ok());
        match port {
            Some(port) => match u16::try_from(port).ok().filter(|port| *port > 0) {
                Some(port) => return Some(Spanned::new(port, node.span)),
                None => self.wrong_value(node.span, format!("{port} is no port"), "ports go from 1 to 65535"),
            },
            None => {
                let help = "write the number, `listen: 8080`, or one for each name, `listen: { http: 8080 }`";
                self.wrong_type(node, what, "a port", help);
            }
        }
        None
    }

    /// The value of one of a few words.
    fn word<T: Copy>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<Spanned<T>> {
        let text = self.text(node, what)?;
        let found = words.iter().find(|(word, _)| *word == text.value).map(|(_, value)| *value);
        if found.is_none() {
            let message = format!("{what} cannot be `{}`", text.value);
            let help = did_you_mean(&text, words.iter().map(|(word, _)| *word));
            self.push(Fault::WrongValue.at(text.span, message).help(help));
        }
        found.map(|value| Spanned::new(value, node.span))
    }

    fn address(&mut self, node: &Node, what: &str) -> Option<Spanned<IpAddr>> {
        let text = self.text(node, what)?;
        let address = text.parse().ok();
        if address.is_none() {
            let message = format!("`{}` is no IP address", text.value);
            self.wrong_value(text.span, message, "write `127.0.0.1`, or `0.0.0.0` for every address");
        }
        address.map(|address| Spanned::new(address, node.span))
    }

    fn stack(&mut self, root: &Node) -> Option<Stack> {
        let help = "write `name:`, `tiers:` and `services:`; `stackgen schema` describes them";
        let mapping = self.mapping(root, "a stack", help)?;
        let start = Span::new(root.span.source, root.span.start as usize, root.span.start as usize);
        let mut stack = Stack::empty(start);
        for required in ["name", "tiers", "services"] {
            let entry = mapping.get(required);
            let is_empty =
                |value: &Node| value.is_null() || value.as_mapping().is_some_and(Mapping::is_empty);
            // What is empty here may stand in an included file.
            let may_be_empty = required == "name" || mapping.contains_key("include");
            if entry.is_none_or(|entry| !may_be_empty && is_empty(&entry.value)) {
                let place = entry.map_or(start, |entry| entry.key.span);
                let message = format!("the stack has no `{required}`");
                let help = match required {
                    "name" => "write `name: shop`: it names the compose projects",
                    "tiers" => "write `tiers: { backend: {} }`: groups of services, in order",
                    _ => "write what runs: `services: { web: { tier: backend, image: example/web:1 } }`",
                };
                self.push(Fault::MissingKey.at(place, message).help(help));
            }
        }
        for (key, entry) in mapping {
            let value = &entry.value;
            match &**key {
                "name" => {
                    if let Some(name) = self.text(value, "`name`") {
                        self.project_name(&name);
                        stack.name = name;
                    }
                }
                "engine" => stack.engine = self.engine(value),
                "makefile" => stack.makefile = self.boolean(value, "`makefile`"),
                "env_example" => stack.env_example = self.env_example(value),
                "include" => {
                    let items = self.one_or_many(value).iter();
                    stack.include = items.filter_map(|item| self.text(item, "`include`")).collect();
                }
                "defaults" => stack.defaults = self.defaults(value),
                "reserved_ports" => stack.reserved_ports = self.reserved_ports(value),
                "instances" => stack.instances = self.instances(entry),
                "observability" => stack.observability = self.observability(value),
                "tiers" => stack.tiers = self.tiers(value),
                "services" => {
                    stack.services = self.services(value, &mut stack.unreadable);
                }
                "environments" => {
                    let help = "write each below its name: `staging: { mode: production }`";
                    stack.environments = self.named(value, "`environments`", help, Self::environment);
                }
                "secrets" => stack.secrets = self.secrets(value),
                "volumes" => stack.volumes = self.options(value, "`volumes`"),
                "networks" if value.as_text() == Some("flat") => stack.flat = true,
                "networks" => stack.networks = self.options(value, "`networks`"),
                "configs" => stack.configs = self.options(value, "`configs`"),
                extension if extension.starts_with("x-") => {}
                unknown => self.unknown_key(entry, unknown, "a stack", &STACK_KEYS),
            }
        }
        Some(stack)
    }

    fn tiers(&mut self, node: &Node) -> IndexMap<String, Tier> {
        let help = "write each below its name, in order: `tiers: { backend: {}, data: {} }`";
        self.named(node, "`tiers`", help, Self::tier)
    }

    /// The services that can be read; the names of the others join `unreadable`.
    fn services(&mut self, node: &Node, unreadable: &mut Vec<String>) -> IndexMap<String, Service> {
        let help = "write each below its name: `web: { tier: backend, image: example/web:1 }`";
        let services = self.named(node, "`services`", help, Self::service);
        let names = node.as_mapping().into_iter().flat_map(Mapping::keys);
        unreadable.extend(names.filter(|name| !services.contains_key(&***name)).map(|name| name.to_string()));
        services
    }

    fn secrets(&mut self, node: &Node) -> IndexMap<String, Secret> {
        let help = "write each below its name: `jwt_key: { description: Signs the tokens }`";
        self.named(node, "`secrets`", help, Self::secret)
    }

    /// Things by name in Compose's own syntax, which nobody needs to declare.
    fn options(&mut self, node: &Node, what: &str) -> Option<Node> {
        if node.is_null() {
            return None;
        }
        self.mapping(node, what, "write each below its name: `data: { driver: local }`").map(|_| node.clone())
    }

    /// Source: compose specification, "name": lower-case letters, digits, `-` and `_`, a letter or digit first.
    fn project_name(&mut self, name: &Spanned<String>) {
        let legal = |character: char| {
            character.is_ascii_lowercase() || character.is_ascii_digit() || matches!(character, '-' | '_')
        };
        if !name.starts_with(['-', '_']) && !name.is_empty() && name.chars().all(legal) {
            return;
        }
        let fixed: String =
            name.to_lowercase().chars().map(|next| if legal(next) { next } else { '-' }).collect();
        let fixed = fixed.trim_matches(['-', '_']);
        let message = match &*name.value {
            "" => "the name is empty".to_owned(),
            name => format!("`{name}` cannot name a compose project"),
        };
        let help = match fixed {
            "" => "use lower-case letters, digits, `-` and `_`: `shop`".to_owned(),
            fixed => format!("use lower-case letters, digits, `-` and `_`: `{fixed}`"),
        };
        self.push(Fault::WrongValue.at(name.span, message).help(help));
    }

    fn engine(&mut self, node: &Node) -> Option<Spanned<u32>> {
        let text = self.text(node, "`engine`")?;
        let major = text.split('.').next().and_then(|major| major.parse().ok());
        if major.is_none() {
            let message = format!("`{}` is no version of Docker Engine", text.value);
            self.wrong_value(text.span, message, "write `engine: \"25\"` or `engine: \"20.10\"`");
        }
        major.map(|major| Spanned::new(major, node.span))
    }

    /// A mapping of named things, each read by `read`.
    fn named<T>(
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
    fn name(&mut self, name: &str, span: Span) {
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
    fn entries<'n>(&mut self, node: &'n Node, what: &str, help: &str) -> Option<Vec<(&'n str, &'n Entry)>> {
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

    fn tier(&mut self, name: &str, entry: &Entry) -> Option<Tier> {
        let what = format!("the tier `{name}`");
        let mut tier = Tier { span: entry.key.span, kind: None, host_ports: Vec::new(), defaults: None };
        let help = format!("write `{name}: {{ host_ports: 8000-8099 }}`, or `{name}: {{}}`");
        // A tier that cannot be read is there all the same.
        for (key, entry) in self.entries(&entry.value, &what, &help).unwrap_or_default() {
            match key {
                "kind" => {
                    let kinds = TierKind::ALL.map(|kind| (kind.name(), kind));
                    tier.kind = self.word(&entry.value, "`kind`", &kinds);
                }
                "host_ports" => {
                    for item in self.one_or_many(&entry.value) {
                        tier.host_ports.extend(self.port_range(item));
                    }
                }
                "defaults" => tier.defaults = self.defaults(&entry.value),
                unknown => self.unknown_key(entry, unknown, &what, &TIER_KEYS),
            }
        }
        Some(tier)
    }

    fn defaults(&mut self, node: &Node) -> Option<Layer> {
        let mapping = self.mapping(
            node,
            "`defaults`",
            "write what services have unless they say otherwise: `defaults: { init: true }`",
        )?;
        Some(self.layer(mapping, "`defaults`", &[]))
    }

    fn reserved_ports(&mut self, node: &Node) -> Vec<ReservedPort> {
        let mut reserved = Vec::new();
        for (_, entry) in self
            .entries(
                node,
                "`reserved_ports`",
                "write each port with the reason: `reserved_ports: { 5000: AirPlay on macOS }`",
            )
            .unwrap_or_default()
        {
            let reason = self.text(&entry.value, "the reason");
            if let (Some(port), Some(reason)) = (self.port(&entry.key, "a reserved port"), reason) {
                reserved.push(ReservedPort { port, reason: reason.value });
            }
        }
        reserved
    }

    fn observability(&mut self, node: &Node) -> Option<Observability> {
        let mut observability = Observability { exporters: None };
        let help = "write `observability: { exporters: auto }`";
        for (key, entry) in self.entries(node, "`observability`", help)? {
            match key {
                "exporters" => {
                    let words = [("auto", Exporters::Auto), ("none", Exporters::None)];
                    observability.exporters = self.word(&entry.value, "`exporters`", &words);
                }
                unknown => self.unknown_key(entry, unknown, "`observability`", &OBSERVABILITY_KEYS),
            }
        }
        Some(observability)
    }

    fn instances(&mut self, entry: &Entry) -> Option<Instances> {
        let (mut stride, mut max) = (None, None);
        for (key, entry) in
            self.entries(&entry.value, "`instances`", "write `instances: { stride: 100, max: 10 }`")?
        {
            let count = |reader: &mut Self, what: &str| {
                let number = entry.value.as_integer().and_then(|number| u16::try_from(number).ok());
                match number.filter(|number| *number > 0) {
                    Some(number) => Some(Spanned::new(number, entry.value.span)),
                    None => {
                        reader.wrong_type(
                            &entry.value,
                            what,
                            "a number from 1 to 65535",
                            "write `instances: { stride: 100, max: 10 }`",
                        );
                        None
                    }
                }
            };
            match key {
                "stride" => stride = count(self, "`stride`"),
                "max" => max = count(self, "`max`"),
                unknown => self.unknown_key(entry, unknown, "`instances`", &["stride", "max"]),
            }
        }
        if stride.is_none() || max.is_none() {
            let message = "`instances` has a `stride` and a `max`".to_owned();
            self.wrong_value(entry.key.span, message, "write `instances: { stride: 100, max: 10 }`");
        }
        Some(Instances { span: entry.key.span, stride: stride?, max: max? })
    }

    fn port_range(&mut self, node: &Node) -> Option<Spanned<PortRange>> {
        if node.as_text().is_none() {
            let help = "write `8000-8099`, one port, or a list of both: `[5432, 6379, 9000-9099]`";
            self.wrong_type(node, "`host_ports`", "a range of ports", help);
            return None;
        }
        let text = self.text(node, "`host_ports`")?;
        let range = text.parse().ok().filter(|range: &PortRange| range.first > 0);
        if range.is_none() {
            let message = format!("`{}` is no range of ports", text.value);
            self.wrong_value(
                text.span,
                message,
                "write `8000-8099`, the lower port first, within 1 to 65535",
            );
        }
        range.map(|range| Spanned::new(range, node.span))
    }

    fn secret(&mut self, name: &str, entry: &Entry) -> Option<Secret> {
        let what = format!("the secret `{name}`");
        let mut secret = Secret {
            span: entry.key.span,
            description: None,
            development: None,
            generate: None,
            encoding: None,
            length: None,
            source: no_source(entry.key.span),
            sources: IndexMap::new(),
        };
        let help = format!("write `{name}: {{ description: Signs the tokens }}`");
        for (key, entry) in self.entries(&entry.value, &what, &help)? {
            let value = &entry.value;
            match key {
                "description" => secret.description = self.prose(value, "`description`"),
                "development" => secret.development = self.text(value, "`development`"),
                "generate" => secret.generate = self.boolean(value, "`generate`"),
                "encoding" => secret.encoding = self.word(value, "`encoding`", &Encoding::ALL),
                "length" => secret.length = self.secret_length(value),
                "sources" => {
                    let help = "write `sources: { production: { file: ./secrets/production/key } }`";
                    secret.sources = self.named(value, "`sources`", help, Self::secret_source);
                }
                key if SECRET_SOURCE_KEYS.contains(&key) => {
                    self.secret_source_key(key, value, &mut secret.source);
                }
                unknown => self.unknown_key(entry, unknown, &what, &SECRET_KEYS),
            }
        }
        self.one_source(&secret.source, &what);
        self.fitting_length(&secret);
        Some(secret)
    }

    fn secret_length(&mut self, node: &Node) -> Option<Spanned<u16>> {
        let length = node.as_integer().and_then(|length| u16::try_from(length).ok());
        let length = length.filter(|length| (12..=1024).contains(length));
        if length.is_none() {
            let help = "write how many letters and digits it has, or bytes with another `encoding`: from 12, as less can be \
                        guessed, to 1024";
            match node.as_integer() {
                Some(number) => self.wrong_value(
                    node.span,
                    format!("a secret cannot have {number} characters or bytes"),
                    help,
                ),
                None => self.wrong_type(node, "`length`", "a number", help),
            }
        }
        length.map(|length| Spanned::new(length, node.span))
    }

    /// Some keys have a length that the program gives.
    fn fitting_length(&mut self, secret: &Secret) {
        let (Some(encoding), Some(length)) = (&secret.encoding, &secret.length) else { return };
        let (lengths, key): (&[u16], &str) = match encoding.value {
            Encoding::Fernet => (&[32], "a key of Fernet has 32 bytes"),
            Encoding::Laravel => (&[16, 32], "a key of Laravel has 32 bytes, or 16 for AES-128"),
            _ => return,
        };
        if !lengths.contains(&length.value) {
            let disagreeing =
                Fault::WrongValue.at(length.span, format!("{key}, and this says {}", length.value));
            let related = disagreeing.related(encoding.span, "the encoding");
            self.push(related.help("remove `length`"));
        }
    }

    /// Where a secret comes from in one environment.
    fn secret_source(&mut self, environment: &str, entry: &Entry) -> Option<SecretSource> {
        let what = format!("the source for `{environment}`");
        let mut source = no_source(entry.key.span);
        let help = format!("write `{environment}: {{ file: ./secrets/{environment}/key }}`");
        for (key, entry) in self.entries(&entry.value, &what, &help)? {
            match key {
                key if SECRET_SOURCE_KEYS.contains(&key) => {
                    self.secret_source_key(key, &entry.value, &mut source);
                }
                unknown => self.unknown_key(entry, unknown, &what, &SECRET_SOURCE_KEYS),
            }
        }
        self.one_source(&source, &what);
        Some(source)
    }

    fn secret_source_key(&mut self, key: &str, value: &Node, source: &mut SecretSource) {
        match key {
            "file" => source.file = self.text(value, "`file`"),
            "environment" => source.environment = self.text(value, "`environment`"),
            _ => source.external = self.boolean(value, "`external`"),
        }
    }

    fn one_source(&mut self, source: &SecretSource, what: &str) {
        let given = [source.file.is_some(), source.environment.is_some(), source.external.is_some()];
        if given.iter().filter(|given| **given).count() > 1 {
            let message = format!("{what} comes from more than one place");
            self.wrong_value(source.span, message, "keep one of `file`, `environment` and `external`");
        }
    }
}

fn no_source(span: Span) -> SecretSource {
    SecretSource { span, file: None, environment: None, external: None }
}
