//! Nodes to a [`Stack`], with everything that is wrong said at once.

use std::net::IpAddr;

use indexmap::IndexMap;

use super::compose_keys::{INSIDE, KEYS, Shape, TEXT_IN_BUILD, instead_of};
use super::{
    Endpoint, Environment, Health, HostPort, Instances, Layer, Mode, Need, Override, PortRange, Probe,
    Publish, Published, ReservedPort, Run, Secret, SecretUse, Service, Spanned, Stack, Tier, TierKind, Use,
    Wait,
};
use crate::diagnostic::{Diagnostic, did_you_mean, nearest};
use crate::source::Span;
use crate::yaml::{Entry, Kind, Mapping, Node, Parsed, Resolved};

pub(super) const STACK_KEYS: [&str; 13] = [
    "name",
    "engine",
    "include",
    "defaults",
    "reserved_ports",
    "instances",
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
pub(super) const TIER_KEYS: [&str; 3] = ["kind", "host_ports", "defaults"];
pub(super) const LAYER_KEYS: [&str; 9] =
    ["use", "with", "listen", "publish", "health", "needs", "secrets", "enabled", "run"];
pub(super) const SERVICE_KEYS: [&str; 2] = ["tier", "overrides"];
pub(super) const HEALTH_KEYS: [&str; 5] = ["http", "tcp", "command", "endpoint", "status"];
pub(super) const TIMING_KEYS: [&str; 5] =
    ["interval", "timeout", "retries", "start_period", "start_interval"];
pub(super) const SECRET_KEYS: [&str; 5] = ["description", "development", "file", "environment", "external"];
pub(super) const ENVIRONMENT_KEYS: [&str; 9] =
    ["mode", "kinds", "tiers", "on_host", "bind", "public_host", "defaults", "attach", "enabled"];

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
}

impl Reader {
    /// The one document of a text, as far as there is one.
    fn document<'p>(&mut self, parsed: &'p Parsed, whole: Span) -> Option<&'p Node> {
        for duplicate in &parsed.duplicates {
            self.push(
                Diagnostic::stack(
                    "duplicate-key",
                    duplicate.second,
                    format!("`{}` is given twice", duplicate.key),
                )
                .related(duplicate.first, "first here")
                .help("keep one of the two"),
            );
        }
        if let Some(second) = parsed.documents.get(1) {
            self.push(
                Diagnostic::stack("several-documents", second.span, "a stack is one YAML document")
                    .help("remove the `---` above"),
            );
        }
        if parsed.documents.is_empty() {
            self.push(
                Diagnostic::stack("empty-stack", whole, "there is nothing in this file")
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
            Diagnostic::stack("defined-twice", second, format!("the {what} `{name}` is defined twice"))
                .related(first, "first here")
                .help("keep one of the two, or give it another name"),
        );
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn wrong_type(&mut self, node: &Node, what: &str, expected: &str, help: &str) {
        let message = format!("{what} has to be {expected}, and this is {}", node.describe());
        let place = node.alias.unwrap_or(node.span);
        self.push(Diagnostic::stack("wrong-type", place, message).help(help));
    }

    fn wrong_value(&mut self, span: Span, message: String, help: &str) {
        self.push(Diagnostic::stack("wrong-value", span, message).help(help));
    }

    fn unknown_key(&mut self, entry: &Entry, key: &str, what: &str, known: &[&str]) {
        let help = match nearest(key, known.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("it has {}", crate::diagnostic::enumerate(known)),
        };
        let message = format!("{what} has no key `{key}`");
        self.push(Diagnostic::stack("unknown-key", entry.key.span, message).help(help));
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
                Some(Spanned::new(text.to_owned(), node.span))
            }
            _ => {
                self.wrong_type(node, what, "text", "write one word, or a text in quotes");
                None
            }
        }
    }

    fn boolean(&mut self, node: &Node, what: &str) -> Option<Spanned<bool>> {
        let value = node.as_bool();
        if value.is_none() {
            self.wrong_type(node, what, "`true` or `false`", "write `true` or `false`, without quotes");
        }
        value.map(|value| Spanned::new(value, node.span))
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
            self.push(Diagnostic::stack("wrong-value", text.span, message).help(help));
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
        let mut stack = Stack {
            name: Spanned::new(String::new(), start),
            engine: None,
            include: Vec::new(),
            defaults: None,
            reserved_ports: Vec::new(),
            instances: None,
            tiers: IndexMap::new(),
            services: IndexMap::new(),
            unreadable: Vec::new(),
            environments: IndexMap::new(),
            secrets: IndexMap::new(),
            volumes: None,
            networks: None,
            configs: None,
        };
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
                self.push(Diagnostic::stack("missing-key", place, message).help(help));
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
                "include" => {
                    let items = self.one_or_many(value).iter();
                    stack.include = items.filter_map(|item| self.text(item, "`include`")).collect();
                }
                "defaults" => stack.defaults = self.defaults(value),
                "reserved_ports" => stack.reserved_ports = self.reserved_ports(value),
                "instances" => stack.instances = self.instances(entry),
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
        self.push(Diagnostic::stack("wrong-value", name.span, message).help(help));
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
        let (first, last) = text.split_once('-').unwrap_or((&text, &text));
        let parse = |port: &str| port.trim().parse::<u16>().ok().filter(|port| *port > 0);
        let range = match (parse(first), parse(last)) {
            (Some(first), Some(last)) if first <= last => Some(PortRange { first, last }),
            _ => None,
        };
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

    fn service(&mut self, name: &str, entry: &Entry) -> Option<Service> {
        let what = format!("the service `{name}`");
        let help = format!("write what it is: `{name}: {{ tier: backend, image: example/{name}:1 }}`");
        let mapping = self.mapping(&entry.value, &what, &help)?;
        if name.contains('_') {
            // Source: RFC 1123, 2.1; Java's URI, Django's host check and others refuse it.
            let message = format!("`{name}` is no host name, and others find a service by its name");
            let help = format!("write `{}`", name.replace('_', "-"));
            self.push(Diagnostic::stack("invalid-host-name", entry.key.span, message).help(help));
        }
        let mut service = Service {
            span: entry.key.span,
            tier: Spanned::new(String::new(), entry.key.span),
            layer: self.layer(mapping, &what, &SERVICE_KEYS),
            overrides: IndexMap::new(),
        };
        match mapping.get("tier") {
            Some(entry) => {
                if let Some(tier) = self.text(&entry.value, "`tier`") {
                    if tier.is_empty() {
                        let help = "write the name of one of the stack's tiers";
                        self.wrong_value(tier.span, "the tier's name is empty".to_owned(), help);
                    }
                    service.tier = tier;
                }
            }
            None => {
                let message = format!("{what} belongs to no tier");
                let help = "write `tier:` with the name of one of the stack's tiers";
                self.push(Diagnostic::stack("missing-key", entry.key.span, message).help(help));
            }
        }
        if let Some(entry) = mapping.get("overrides") {
            let help = "write each environment below it: `overrides: { production: { restart: always } }`";
            for (environment, entry) in self.entries(&entry.value, "`overrides`", help).unwrap_or_default() {
                let what = format!("the override for `{environment}`");
                let help = format!("write what is different: `{environment}: {{ restart: always }}`");
                if let Some(mapping) = self.mapping(&entry.value, &what, &help) {
                    let layer = self.layer(mapping, &what, &[]);
                    service
                        .overrides
                        .insert(environment.to_owned(), Override { span: entry.key.span, layer });
                }
            }
        }
        Some(service)
    }

    fn layer(&mut self, mapping: &Mapping, what: &str, others: &[&str]) -> Layer {
        let mut layer = Layer::default();
        let mut compose = Mapping::default();
        for (key, entry) in mapping {
            let value = &entry.value;
            match &**key {
                "use" => layer.template = self.template(value),
                "with" => {
                    let help = "write each parameter below it, by name; `stackgen templates NAME` lists them";
                    layer.with = self.mapping(value, "`with`", help).map(|_| value.clone());
                }
                "listen" => layer.listen = self.listen(value),
                "publish" => layer.publish = self.publish(value),
                "health" => layer.health = self.health(value),
                "needs" => layer.needs = self.needs(value),
                "secrets" => {
                    layer.secrets =
                        self.one_or_many(value).iter().filter_map(|item| self.secret_use(item)).collect();
                }
                "enabled" => layer.enabled = self.boolean(value, "`enabled`"),
                "run" => {
                    let places = [("container", Run::Container), ("host", Run::Host)];
                    layer.run = self.word(value, "`run`", &places);
                }
                other if others.contains(&other) => {}
                other => {
                    if self.compose_key(other, entry, what, others) {
                        compose.insert(key.clone(), entry.clone());
                    }
                }
            }
        }
        if let (Some(first), Some(last)) = (compose.first(), compose.last()) {
            let start = first.1.key.span;
            let span = Span::new(start.source, start.start as usize, last.1.value.span.end as usize);
            layer.compose = Some(Node::mapping(span, compose));
        }
        layer
    }

    /// Whether a key of Compose passes through, with a value of the right shape.
    fn compose_key(&mut self, key: &str, entry: &Entry, what: &str, others: &[&str]) -> bool {
        if key.starts_with("x-") {
            return true;
        }
        if let Some(instead) = instead_of(key) {
            let message = format!("`{key}` is not written in a stack");
            self.push(Diagnostic::stack("replaced-key", entry.key.span, message).help(instead));
            return false;
        }
        let Some(known) = KEYS.iter().find(|known| known.name == key) else {
            let ours = LAYER_KEYS.iter().chain(others).copied();
            let help = match nearest(key, ours.chain(KEYS.iter().map(|known| known.name))) {
                Some(name) => format!("did you mean `{name}`?"),
                None if SERVICE_KEYS.contains(&key) => {
                    format!("`{key}` stands in the service itself: it holds for every environment")
                }
                None => "a service takes stackgen's own keys and those of the compose specification; \
                         `stackgen schema` describes them"
                    .to_owned(),
            };
            let message = format!("{what} has no key `{key}`");
            self.push(Diagnostic::stack("unknown-key", entry.key.span, message).help(help));
            return false;
        };
        let value = &entry.value;
        if value.tag.as_deref() == Some("!reset") || value.is_null() {
            return true;
        }
        let fits = match (&value.kind, known.shape) {
            (Kind::Scalar(_), Shape::Text) => value.resolved() == Some(Resolved::Text),
            (Kind::Scalar(_), Shape::TextOrList | Shape::TextOrMapping) => {
                value.resolved() == Some(Resolved::Text)
            }
            (Kind::Scalar(_), Shape::Boolean) => is_boolean(value),
            (Kind::Scalar(_), Shape::Number) => true,
            (Kind::Sequence(_), Shape::List | Shape::Pairs | Shape::TextOrList | Shape::ListOrMapping) => {
                true
            }
            (
                Kind::Mapping(_),
                Shape::Mapping | Shape::Pairs | Shape::TextOrMapping | Shape::ListOrMapping,
            ) => true,
            _ => false,
        };
        if !fits {
            let help = match (value.as_text(), known.shape) {
                (Some(text), Shape::Text | Shape::TextOrList) if !value.is_null() => {
                    format!("Compose takes text only; quote it: `\"{text}\"`")
                }
                (Some(text), Shape::List) => format!("write a list: `{key}: [\"{text}\"]`"),
                (_, shape) => shape.example(key),
            };
            self.wrong_type(value, &format!("`{key}`"), known.shape.name(), &help);
            // It is said; that the key is missing is not said as well.
            return true;
        }
        if known.shape == Shape::Pairs && key != "extra_hosts" {
            for (name, entry) in value.as_mapping().into_iter().flatten() {
                if entry.value.as_scalar().is_none() {
                    let what = format!("`{name}` in `{key}`");
                    let help = format!("write `{name}: value`; a text with brackets or braces in quotes");
                    self.wrong_type(&entry.value, &what, "one value", &help);
                }
            }
        }
        if let (Some((_, inside)), Some(mapping)) =
            (INSIDE.iter().find(|(name, _)| *name == key), value.as_mapping())
        {
            for (name, entry) in mapping {
                if !inside.contains(&&**name) && !name.starts_with("x-") {
                    self.unknown_key(entry, name, &format!("`{key}`"), inside);
                } else if key == "build"
                    && TEXT_IN_BUILD.contains(&&**name)
                    && entry.value.resolved() != Some(Resolved::Text)
                {
                    let help = Shape::Text.example(name);
                    self.wrong_type(&entry.value, &format!("`{name}`"), "text", &help);
                }
            }
        }
        true
    }

    fn template(&mut self, node: &Node) -> Option<Use> {
        let text = self.text(node, "`use`")?;
        let quote = node.span.len().saturating_sub(text.len()) / 2;
        let Some((name, version)) = text.split_once('@') else {
            return Some(Use { name: text, version: None });
        };
        let name_span = node.span.part(quote, quote + name.len());
        let version_span = node.span.part(quote + name.len() + 1, quote + text.len());
        Some(Use {
            name: Spanned::new(name.to_owned(), name_span),
            version: Some(Spanned::new(version.to_owned(), version_span)),
        })
    }

    fn listen(&mut self, node: &Node) -> IndexMap<String, Endpoint> {
        let mut endpoints = IndexMap::new();
        if node.as_mapping().is_none() {
            if let Some(port) = self.port(node, "`listen`") {
                let scheme = "http".to_owned();
                endpoints.insert("http".to_owned(), Endpoint { span: node.span, port, scheme });
            }
            return endpoints;
        }
        for (name, entry) in self.entries(node, "`listen`", "").unwrap_or_default() {
            self.name(name, entry.key.span);
            let mut port = None;
            let mut scheme = None;
            if entry.value.as_mapping().is_some() {
                let what = format!("the endpoint `{name}`");
                for (key, entry) in self.entries(&entry.value, &what, "").unwrap_or_default() {
                    match key {
                        "port" => port = self.port(&entry.value, "`port`"),
                        "scheme" => scheme = self.text(&entry.value, "`scheme`"),
                        unknown => self.unknown_key(entry, unknown, &what, &["port", "scheme"]),
                    }
                }
                if !entry.value.as_mapping().is_some_and(|mapping| mapping.contains_key("port")) {
                    let message = format!("{what} has no port");
                    let help = "write `{ port: 8080, scheme: http }`";
                    self.push(Diagnostic::stack("missing-key", entry.key.span, message).help(help));
                }
            } else {
                port = self.port(&entry.value, "an endpoint");
            }
            if let Some(port) = port {
                let scheme = scheme.map_or_else(|| scheme_of(name).to_owned(), |scheme| scheme.value);
                endpoints.insert(name.to_owned(), Endpoint { span: entry.key.span, port, scheme });
            }
        }
        endpoints
    }

    fn publish(&mut self, node: &Node) -> Option<Publish> {
        if let Some(mapping) = node.as_mapping() {
            if let Some(entry) = mapping.get("pool").filter(|_| mapping.len() == 1) {
                return self.port_range(&entry.value).map(Publish::Pool);
            }
            let mut by = IndexMap::new();
            for (name, entry) in self.entries(node, "`publish`", "")? {
                if let Some(publish) = self.publish(&entry.value) {
                    by.insert(name.to_owned(), Published { span: entry.key.span, publish });
                }
            }
            return Some(Publish::By(by));
        }
        if node.as_text() == Some("none") {
            return Some(Publish::Nothing);
        }
        if node.as_text() == Some("auto") {
            return Some(Publish::Auto(node.span));
        }
        let text = self.text(node, "`publish`")?;
        let (address, port) = match text.rsplit_once(':') {
            Some((address, port)) => (Some(address.trim_matches(['[', ']'])), port),
            None => (None, &*text.value),
        };
        let parsed_address = address.map(str::parse::<IpAddr>);
        let parsed_port = port.parse::<u16>().ok().filter(|port| *port > 0);
        match (&parsed_address, parsed_port) {
            (None | Some(Ok(_)), Some(port)) => {
                let address = parsed_address.and_then(Result::ok);
                Some(Publish::Port(Spanned::new(HostPort { address, port }, node.span)))
            }
            (Some(Err(_)), Some(target)) if container_syntax(&text).is_some() => {
                let host = container_syntax(&text).unwrap_or_default();
                let message = format!("`{}` names the container's port as well", text.value);
                let help = format!(
                    "write `publish: {host}` and `listen: {target}`, so that references know the port"
                );
                self.wrong_value(text.span, message, &help);
                None
            }
            (Some(Err(_)), _) => {
                let message = format!("`{}` is no host port", text.value);
                let help = "write the port on the host alone, or with an IP address: `8080`, `0.0.0.0:8080`; \
                            the port in the container is what `listen` says";
                self.wrong_value(text.span, message, help);
                None
            }
            (_, None) => {
                let message = format!("`{}` is no host port", text.value);
                self.wrong_value(text.span, message, "ports go from 1 to 65535: `publish: 8080`");
                None
            }
        }
    }

    fn health(&mut self, node: &Node) -> Option<Health> {
        let health = |probe, timings| Some(Health { span: node.span, probe, timings });
        let Some(mapping) = node.as_mapping() else {
            let text = self.text(node, "`health`")?;
            if text.value == "none" {
                return health(Probe::None, None);
            }
            if text.starts_with('/') {
                return health(Probe::Http { path: text, endpoint: None, status: None }, None);
            }
            let message = format!("`{}` is no way to probe", text.value);
            let help = "write a path (`/health`), `{ tcp: endpoint }`, `{ command: [...] }` or `none`";
            self.wrong_value(text.span, message, help);
            return None;
        };
        let mut timings = Mapping::default();
        let (mut http, mut tcp, mut command, mut endpoint, mut status) = (None, None, None, None, None);
        for (key, entry) in mapping {
            let value = &entry.value;
            match &**key {
                "http" => http = self.text(value, "`http`"),
                "tcp" => tcp = self.text(value, "`tcp`"),
                "command" => match &value.kind {
                    Kind::Mapping(_) => {
                        let help = "write the command: `health: { command: [pg_isready, -q] }`";
                        self.wrong_type(value, "`command`", "a list or text", help);
                    }
                    _ => command = Some(value.clone()),
                },
                "endpoint" => endpoint = self.text(value, "`endpoint`"),
                "status" => match value.as_integer().and_then(|status| u16::try_from(status).ok()) {
                    Some(code) if (100..=599).contains(&code) => status = Some(code),
                    Some(code) => {
                        let message = format!("{code} is no HTTP status");
                        self.wrong_value(value.span, message, "they go from 100 to 599");
                    }
                    None => self.wrong_type(value, "`status`", "an HTTP status", "write `status: 204`"),
                },
                timing if TIMING_KEYS.contains(&timing) => {
                    self.timing(timing, value);
                    timings.insert(key.clone(), entry.clone());
                }
                unknown => {
                    let known: Vec<&str> = HEALTH_KEYS.iter().chain(&TIMING_KEYS).copied().collect();
                    self.unknown_key(entry, unknown, "`health`", &known);
                }
            }
        }
        let timings = (!timings.is_empty()).then(|| Node::mapping(node.span, timings));
        let probe = match (http, tcp, command) {
            (Some(path), None, None) => {
                if !path.starts_with('/') {
                    let message = format!("`{}` is no path", path.value);
                    self.wrong_value(path.span, message, "a path begins with `/`: `/health`");
                }
                Probe::Http { path, endpoint, status }
            }
            (None, Some(endpoint), None) => Probe::Tcp { endpoint },
            (None, None, Some(command)) => Probe::Command(command),
            _ => {
                let message = "`health` asks one thing: `http`, `tcp` or `command`".to_owned();
                self.wrong_value(
                    node.span,
                    message,
                    "keep one, for example `{ http: /health, endpoint: http }`",
                );
                return None;
            }
        };
        health(probe, timings)
    }

    /// A timing of a probe, as Compose takes it: a variable may stand for either kind.
    fn timing(&mut self, name: &str, node: &Node) {
        let text = node.as_text().unwrap_or_default();
        if text.contains("${") || (name == "retries" && text.parse::<u32>().is_ok()) {
            return;
        }
        if name == "retries" {
            self.wrong_type(node, "`retries`", "a number", "write `retries: 10`");
        } else if !is_duration(text) {
            let message = format!("`{name}` is a duration, and this is {}", node.describe());
            self.push(
                Diagnostic::stack("wrong-type", node.span, message)
                    .help("write a number with its unit: `500ms`, `10s`, `1m30s`"),
            );
        }
    }

    fn needs(&mut self, node: &Node) -> IndexMap<String, Need> {
        let mut needs = IndexMap::new();
        if node.as_mapping().is_some() {
            let waits = [
                ("started", Wait::Started),
                ("healthy", Wait::Healthy),
                ("completed", Wait::Completed),
                ("none", Wait::None),
            ];
            for (name, entry) in self.entries(node, "`needs`", "").unwrap_or_default() {
                let wait = match entry.value.is_null() {
                    true => None,
                    false => self.word(&entry.value, "a wait", &waits).map(|wait| wait.value),
                };
                needs.insert(name.to_owned(), Need { span: entry.key.span, wait });
            }
            return needs;
        }
        for item in self.one_or_many(node) {
            if let Some(name) = self.text(item, "`needs`") {
                needs.insert(name.value, Need { span: item.span, wait: None });
            }
        }
        needs
    }

    fn secret_use(&mut self, node: &Node) -> Option<SecretUse> {
        let Some(mapping) = node.as_mapping() else {
            let name = self.text(node, "a secret")?;
            self.name(&name, name.span);
            return Some(SecretUse { name, variable: None });
        };
        let (mut name, mut variable) = (None, None);
        for (key, entry) in mapping {
            match &**key {
                "source" => name = self.text(&entry.value, "`source`"),
                "variable" => variable = self.text(&entry.value, "`variable`"),
                unknown => self.unknown_key(entry, unknown, "a secret", &["source", "variable"]),
            }
        }
        if name.is_none() {
            let message = "the secret has no `source`".to_owned();
            self.wrong_value(node.span, message, "write `{ source: jwt_key, variable: JWT_SECRET }`");
        }
        Some(SecretUse { name: name?, variable })
    }

    fn secret(&mut self, name: &str, entry: &Entry) -> Option<Secret> {
        let what = format!("the secret `{name}`");
        let mut secret = Secret {
            span: entry.key.span,
            description: None,
            development: None,
            file: None,
            environment: None,
            external: None,
        };
        let help = format!("write `{name}: {{ description: Signs the tokens }}`");
        for (key, entry) in self.entries(&entry.value, &what, &help)? {
            let value = &entry.value;
            match key {
                "description" => secret.description = self.text(value, "`description`"),
                "development" => secret.development = self.text(value, "`development`"),
                "file" => secret.file = self.text(value, "`file`"),
                "environment" => secret.environment = self.text(value, "`environment`"),
                "external" => secret.external = self.boolean(value, "`external`"),
                unknown => self.unknown_key(entry, unknown, &what, &SECRET_KEYS),
            }
        }
        let sources = [secret.file.is_some(), secret.environment.is_some(), secret.external.is_some()];
        if sources.iter().filter(|given| **given).count() > 1 {
            let message = format!("{what} comes from more than one place");
            self.wrong_value(entry.key.span, message, "keep one of `file`, `environment` and `external`");
        }
        Some(secret)
    }

    fn environment(&mut self, name: &str, entry: &Entry) -> Option<Environment> {
        let what = format!("the environment `{name}`");
        let mut environment = Environment {
            span: entry.key.span,
            mode: None,
            kinds: None,
            tiers: Vec::new(),
            on_host: Vec::new(),
            bind: None,
            public_host: None,
            defaults: None,
            attach: None,
            enabled: None,
        };
        let help = format!("write `{name}: {{ mode: production }}`");
        for (key, entry) in self.entries(&entry.value, &what, &help)? {
            let value = &entry.value;
            match key {
                "mode" => {
                    let modes = [Mode::Development, Mode::Production].map(|mode| (mode.name(), mode));
                    environment.mode = self.word(value, "`mode`", &modes);
                }
                "kinds" => {
                    let kinds = TierKind::ALL.map(|kind| (kind.name(), kind));
                    let items = self.one_or_many(value);
                    let found = items.iter().filter_map(|item| self.word(item, "a kind", &kinds));
                    let found = found.map(|kind| kind.value).collect();
                    environment.kinds = Some(Spanned::new(found, value.span));
                }
                "tiers" => {
                    let items = self.one_or_many(value);
                    environment.tiers = items.iter().filter_map(|item| self.text(item, "a tier")).collect();
                }
                "on_host" => {
                    let items = self.one_or_many(value);
                    environment.on_host = items.iter().filter_map(|item| self.text(item, "a tier")).collect();
                }
                "bind" => environment.bind = self.address(value, "`bind`"),
                "public_host" => environment.public_host = self.text(value, "`public_host`"),
                "defaults" => environment.defaults = self.defaults(value),
                "attach" => environment.attach = self.text(value, "`attach`"),
                "enabled" => environment.enabled = self.boolean(value, "`enabled`"),
                unknown => self.unknown_key(entry, unknown, &what, &ENVIRONMENT_KEYS),
            }
        }
        Some(environment)
    }
}

/// The host's side of a published port in Compose's syntax, `8080` of `8080:80`.
fn container_syntax(text: &str) -> Option<&str> {
    let (host, _) = text.rsplit_once(':')?;
    let (address, port) = host.rsplit_once(':').unwrap_or(("0.0.0.0", host));
    (port.parse::<u16>().is_ok() && address.trim_matches(['[', ']']).parse::<IpAddr>().is_ok())
        .then_some(host)
}

/// Source: compose-go casts text in a boolean's place: `"true"`, `yes`, `on` and so on.
fn is_boolean(node: &Node) -> bool {
    node.as_bool().is_some()
        || node.as_text().is_some_and(|text| {
            text.contains("${")
                || ["true", "false", "yes", "no", "on", "off", "y", "n"]
                    .iter()
                    .any(|word| text.eq_ignore_ascii_case(word))
        })
}

/// Source: compose specification, "Specifying durations".
fn is_duration(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let behind = rest.trim_start_matches(|next: char| next.is_ascii_digit() || next == '.');
        let unit = ["us", "ms", "s", "m", "h"].into_iter().find_map(|unit| behind.strip_prefix(unit));
        match unit {
            Some(next) if behind.len() < rest.len() => rest = next,
            _ => return false,
        }
    }
    !text.is_empty()
}

/// The scheme of an endpoint that is named for it; any other speaks TCP.
fn scheme_of(name: &str) -> &str {
    match name {
        "metrics" | "health" | "admin" | "api" | "ui" => "http",
        "http" | "https" | "grpc" | "ws" | "wss" | "ftp" | "smtp" | "amqp" | "udp" => name,
        _ => "tcp",
    }
}
