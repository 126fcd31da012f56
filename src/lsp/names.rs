//! The names in the files of a project or stack: where each is defined, and where it is used.

use std::collections::BTreeSet;

use super::host::{OpenStack, Project};
use crate::catalog::{Parameter, Type};
use compose_reader::source::{SourceId, Sources, Span};
use compose_reader::values::Address;
use compose_reader::yaml::{Kind, Node, parse};

/// What has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Thing {
    /// A service.
    Service,
    /// A network.
    Network,
    /// A volume.
    Volume,
    /// A secret.
    Secret,
    /// A config.
    Config,
    /// A tier of a stack.
    Tier,
    /// An environment of a stack.
    Environment,
}

impl Thing {
    /// Its word.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Network => "network",
            Self::Volume => "volume",
            Self::Secret => "secret",
            Self::Config => "config",
            Self::Tier => "tier",
            Self::Environment => "environment",
        }
    }
}

/// A name at a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) thing: Thing,
    pub(super) name: String,
    pub(super) span: Span,
    /// Whether this is where the thing is defined.
    pub(super) is_definition: bool,
    /// Whether it is the host of an address.
    pub(super) is_address: bool,
}

/// Where names are collected.
struct Names<'s> {
    sources: &'s Sources,
    found: Vec<Name>,
}

/// The sections of a compose file.
const SECTIONS: [(&str, Thing); 5] = [
    ("services", Thing::Service),
    ("networks", Thing::Network),
    ("volumes", Thing::Volume),
    ("secrets", Thing::Secret),
    ("configs", Thing::Config),
];

/// The names of a compose project, in the order of their places.
pub(super) fn of_project(project: &Project) -> Vec<Name> {
    let mut names = Names { sources: &project.sources, found: Vec::new() };
    let roots = roots(&project.sources);
    let extended: BTreeSet<String> =
        roots.iter().flat_map(|(id, root)| extended(&project.sources, *id, root)).collect();
    for (id, root) in &roots {
        let name = project.sources.get(*id).name();
        // A file that services are extended from is a world of its own.
        if *id == project.file || !extended.contains(name) {
            names.compose(root);
        }
    }
    names.settled()
}

/// The names of a stack, in the order of their places.
pub(super) fn of_stack(stack: &OpenStack) -> Vec<Name> {
    let mut names = Names { sources: &stack.sources, found: Vec::new() };
    let own = stack.sources.iter().filter(|(_, source)| !super::virtual_text::is_built_in(source.name()));
    for (id, source) in own {
        let Ok(parsed) = parse(id, source.text()) else { continue };
        for root in &parsed.documents {
            names.stack(root, stack);
        }
    }
    names.settled()
}

/// The compose files of a project, each as one document.
fn roots(sources: &Sources) -> Vec<(SourceId, Node)> {
    let is_yaml = |name: &str| name.ends_with(".yml") || name.ends_with(".yaml");
    let files = sources.iter().filter(|(_, source)| is_yaml(source.name()));
    let parsed = files.filter_map(|(id, source)| Some((id, parse(id, source.text()).ok()?)));
    parsed.flat_map(|(id, parsed)| parsed.documents.into_iter().map(move |root| (id, root))).collect()
}

/// The names of the files that services of a file are extended from.
fn extended(sources: &Sources, id: SourceId, root: &Node) -> Vec<String> {
    let name = sources.get(id).name();
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let services = root.get("services").and_then(Node::as_mapping);
    let files = services.into_iter().flatten().filter_map(|(_, entry)| {
        let file = entry.value.get("extends")?.get("file")?.as_text()?;
        let path = format!("{folder}/{}", file.trim_start_matches("./"));
        Some(path.trim_start_matches('/').to_owned())
    });
    files.filter(|file| file != name).collect()
}

impl Names<'_> {
    fn settled(mut self) -> Vec<Name> {
        self.found.sort_by_key(|name| (name.span, name.thing));
        self.found.dedup();
        let services: BTreeSet<String> = self
            .found
            .iter()
            .filter(|name| name.is_definition && name.thing == Thing::Service)
            .map(|name| name.name.clone())
            .collect();
        self.found.retain(|name| !name.is_address || services.contains(&name.name));
        self.found
    }

    /// Notes a name that stands at a part of a scalar, unless it is written in another way there.
    fn add(
        &mut self,
        thing: Thing,
        node: &Node,
        range: std::ops::Range<usize>,
        is_definition: bool,
        is_address: bool,
    ) {
        let Some(name) = node.as_text().and_then(|text| text.get(range.clone())) else { return };
        let span = node.part(range);
        if node.alias.is_none() && !name.is_empty() && self.sources.slice(span) == name {
            let name = name.to_owned();
            self.found.push(Name { thing, name, span, is_definition, is_address });
        }
    }

    fn whole(&mut self, thing: Thing, node: &Node, is_definition: bool) {
        let length = node.as_text().map_or(0, str::len);
        self.add(thing, node, 0..length, is_definition, false);
    }

    /// Notes the keys of a mapping, the items of a list, or what is written as one.
    fn each(&mut self, thing: Thing, node: Option<&Node>) {
        match node.map(|node| (&node.kind, node)) {
            Some((Kind::Mapping(entries), _)) => {
                entries.values().for_each(|entry| self.whole(thing, &entry.key, false));
            }
            Some((Kind::Sequence(items), _)) => items.iter().for_each(|item| self.whole(thing, item, false)),
            Some((Kind::Scalar(_), node)) => self.whole(thing, node, false),
            None => {}
        }
    }

    fn compose(&mut self, root: &Node) {
        for (section, thing) in SECTIONS {
            for entry in root.get(section).and_then(Node::as_mapping).into_iter().flat_map(|it| it.values()) {
                self.whole(thing, &entry.key, true);
            }
        }
        let services = root.get("services").and_then(Node::as_mapping);
        for entry in services.into_iter().flat_map(|services| services.values()) {
            if entry.value.alias.is_none() {
                self.service(&entry.value);
            }
        }
    }

    /// The names in the keys of Compose of a service.
    fn service(&mut self, body: &Node) {
        self.each(Thing::Service, body.get("depends_on"));
        self.each(Thing::Network, body.get("networks"));
        self.prefixed(body.get("network_mode"), "service:");
        self.prefixed(body.get("ipc"), "service:");
        self.prefixed(body.get("pid"), "service:");
        for key in ["links", "volumes_from"] {
            for item in body.get(key).and_then(Node::as_sequence).unwrap_or_default() {
                let text = item.as_text().unwrap_or_default();
                if !text.starts_with("container:") {
                    self.add(Thing::Service, item, 0..text.find(':').unwrap_or(text.len()), false, false);
                }
            }
        }
        if let Some(extends) = body.get("extends") {
            match extends.get("service") {
                Some(service) if extends.get("file").is_none() => self.whole(Thing::Service, service, false),
                None if extends.as_text().is_some() => self.whole(Thing::Service, extends, false),
                _ => {}
            }
        }
        for mount in body.get("volumes").and_then(Node::as_sequence).unwrap_or_default() {
            match mount.as_text() {
                Some(text) => {
                    let end = text.find(':').unwrap_or_default();
                    if !text.starts_with(['.', '/', '~', '$', '\\']) {
                        self.add(Thing::Volume, mount, 0..end, false, false);
                    }
                }
                None if mount.get("type").and_then(Node::as_text) == Some("volume") => {
                    mount.get("source").into_iter().for_each(|it| self.whole(Thing::Volume, it, false));
                }
                None => {}
            }
        }
        let build = body.get("build");
        let grants = [
            (Thing::Secret, body.get("secrets")),
            (Thing::Config, body.get("configs")),
            (Thing::Secret, build.and_then(|build| build.get("secrets"))),
        ];
        for (thing, list) in grants {
            for item in list.and_then(Node::as_sequence).unwrap_or_default() {
                self.whole(thing, item.get("source").unwrap_or(item), false);
            }
        }
        let contexts = build.and_then(|build| build.get("additional_contexts"));
        self.texts(contexts, &mut |names, node| names.prefixed(Some(node), "service:"));
        for key in ["environment", "command", "entrypoint", "healthcheck", "labels"] {
            self.texts(body.get(key), &mut Self::addresses);
        }
    }

    fn prefixed(&mut self, node: Option<&Node>, prefix: &str) {
        let Some(node) = node else { return };
        if let Some(text) = node.as_text().filter(|text| text.starts_with(prefix)) {
            self.add(Thing::Service, node, prefix.len()..text.len(), false, false);
        }
    }

    /// Does something with each scalar in a value.
    fn texts(&mut self, node: Option<&Node>, with: &mut dyn FnMut(&mut Self, &Node)) {
        let Some(node) = node.filter(|node| node.alias.is_none()) else { return };
        match &node.kind {
            Kind::Scalar(_) => with(self, node),
            Kind::Sequence(items) => items.iter().for_each(|item| self.texts(Some(item), with)),
            Kind::Mapping(entries) => entries.values().for_each(|entry| self.texts(Some(&entry.value), with)),
        }
    }

    /// The hosts of the addresses in a text.
    fn addresses(&mut self, node: &Node) {
        let Some(text) = node.as_text() else { return };
        let found: Vec<Address> = Address::each(text).collect();
        for address in found {
            let has_port = address.port_number(text).is_some();
            if address.scheme.is_some() || has_port && !address.has_path {
                self.add(Thing::Service, node, address.host.clone(), false, true);
            }
        }
    }

    fn stack(&mut self, root: &Node, stack: &OpenStack) {
        let sections = [
            ("services", Thing::Service),
            ("tiers", Thing::Tier),
            ("environments", Thing::Environment),
            ("volumes", Thing::Volume),
            ("secrets", Thing::Secret),
            ("configs", Thing::Config),
        ];
        for (section, thing) in sections {
            for entry in root.get(section).and_then(Node::as_mapping).into_iter().flat_map(|it| it.values()) {
                self.whole(thing, &entry.key, true);
            }
        }
        let services = root.get("services").and_then(Node::as_mapping);
        for entry in services.into_iter().flat_map(|services| services.values()) {
            let body = &entry.value;
            self.each(Thing::Tier, body.get("tier"));
            self.layer(body, stack);
            self.each(Thing::Service, body.get("where"));
            for key in ["overrides", "external"] {
                self.each(Thing::Environment, body.get(key));
            }
            for key in ["overrides", "where"] {
                let layers = body.get(key).and_then(Node::as_mapping);
                layers.into_iter().flat_map(|it| it.values()).for_each(|it| self.layer(&it.value, stack));
            }
        }
        let environments = root.get("environments").and_then(Node::as_mapping);
        for entry in environments.into_iter().flat_map(|it| it.values()) {
            self.each(Thing::Tier, entry.value.get("tiers").filter(|it| it.as_sequence().is_some()));
            self.each(Thing::Service, entry.value.get("on_host").filter(|it| it.as_sequence().is_some()));
        }
        self.texts(Some(root), &mut Self::references);
    }

    fn layer(&mut self, body: &Node, stack: &OpenStack) {
        self.each(Thing::Service, body.get("needs"));
        self.service(body);
        let template = body.get("use").and_then(Node::as_text).and_then(|it| it.split('@').next());
        let template = template.and_then(|name| stack.catalog.get(name));
        if let (Some(template), Some(with)) = (template, body.get("with")) {
            self.arguments(with, &template.parameters);
        }
    }

    /// The services that the arguments of a template name.
    fn arguments(&mut self, with: &Node, parameters: &indexmap::IndexMap<String, Parameter>) {
        for (key, entry) in with.as_mapping().into_iter().flatten() {
            if let Some(parameter) = parameters.get(&**key) {
                self.argument(&entry.value, &parameter.kind);
            }
        }
    }

    fn argument(&mut self, value: &Node, kind: &Type) {
        match kind {
            Type::Service => self.whole(Thing::Service, value, false),
            Type::List(item) => {
                let items = value.as_sequence().unwrap_or_default();
                items.iter().for_each(|it| self.argument(it, item));
            }
            Type::Map { items, .. } | Type::Routes(items) => {
                let entries = value.as_mapping().into_iter().flat_map(|it| it.values());
                entries.for_each(|it| self.argument(&it.value, items));
            }
            Type::OrVariable(inner) => self.argument(value, inner),
            Type::Record { fields, short } => match short.as_ref().and_then(|short| fields.get(short)) {
                Some(parameter) if value.as_mapping().is_none() => self.argument(value, &parameter.kind),
                _ => self.arguments(value, fields),
            },
            _ => {}
        }
    }

    /// The services that references in a text name: `${{ postgres.url }}`.
    fn references(&mut self, node: &Node) {
        let Some(text) = node.as_text() else { return };
        let mut at = 0;
        while let Some(start) = text[at..].find("${{").map(|found| at + found + 3) {
            let end = text[start..].find("}}").map_or(text.len(), |found| start + found);
            for (from, to) in services_in(&text[start..end]) {
                self.add(Thing::Service, node, start + from..start + to, false, true);
            }
            at = end;
        }
    }
}

/// The words of an expression that a dot follows and none precedes, and that stand in no quotes.
fn services_in(expression: &str) -> Vec<(usize, usize)> {
    let is_part = |next: char| next.is_ascii_alphanumeric() || matches!(next, '_' | '-');
    let mut found = Vec::new();
    let mut quote = None;
    let mut word: Option<usize> = None;
    let mut before = ' ';
    for (at, next) in expression.char_indices().chain([(expression.len(), ' ')]) {
        match quote {
            Some(open) => {
                if open == next {
                    quote = None;
                }
                continue;
            }
            None if matches!(next, '"' | '\'') => quote = Some(next),
            None => {}
        }
        if is_part(next) {
            if word.is_none() && before != '.' {
                word = Some(at);
            }
        } else {
            if let Some(from) = word.take().filter(|_| next == '.') {
                found.push((from, at));
            }
            before = next;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::services_in;

    #[test]
    fn expressions_name_services() {
        let found = |text: &'static str| -> Vec<&str> {
            services_in(text).into_iter().map(|(from, to)| &text[from..to]).collect()
        };
        assert_eq!(found(" postgres.url "), ["postgres"]);
        assert_eq!(found("a-b.http.port + \"x.y\" ~ c.url"), ["a-b", "c"]);
        assert_eq!(found("true"), [""; 0]);
    }
}
