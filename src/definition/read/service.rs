//! Services and their layers.

use indexmap::IndexMap;

use super::Reader;
use crate::definition::compose_keys::{Shape, compose_key, compose_keys, instead_of};
use crate::definition::keys::{LAYER_KEYS, NEED_KEYS, SERVICE_KEYS};
use crate::definition::{Layer, Need, Override, OwnKey, Run, Service, Spanned, Use, Wait};
use crate::fault::Fault;
use compose_reader::diagnostic::nearest;
use compose_reader::merge::{self, Clash};
use compose_reader::source::Span;
use compose_reader::values::Boolean;
use compose_reader::yaml::{Entry, Kind, Mapping, Node, Resolved};

impl Reader {
    pub(super) fn service(&mut self, name: &str, entry: &Entry) -> Option<Service> {
        let what = format!("the service `{name}`");
        let help = format!("write what it is: `{name}: {{ tier: backend, image: example/{name}:1 }}`");
        let mapping = self.mapping(&entry.value, &what, &help)?;
        // Source: RFC 1123, 2.1. Compose and Docker's DNS take `_` as well, which lint tells of where it can matter.
        let is_edge =
            |next: Option<char>| next.is_some_and(|next| next.is_ascii_alphanumeric() || next == '_');
        if !is_edge(name.chars().next()) || !is_edge(name.chars().last()) {
            let message = format!("`{name}` is no host name, and others find a service by its name");
            let help = match name.trim_matches(['-', '.']) {
                fixed if is_edge(fixed.chars().next()) && is_edge(fixed.chars().last()) => {
                    format!("write `{fixed}`")
                }
                _ => "use letters, digits and `-`".to_owned(),
            };
            self.push(Fault::InvalidHostName.at(entry.key.span, message).help(help));
        }
        let mut service = Service::new(entry.key.span, "", self.layer(mapping, &what, &SERVICE_KEYS));
        service.comment = self.comments.of(entry.key.span);
        if let Some(entry) = mapping.get("external") {
            service.external = self.externals(&entry.value);
        }
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
                self.push(Fault::MissingKey.at(entry.key.span, message).help(help));
            }
        }
        if let Some(entry) = mapping.get("where") {
            let help = "write each service below it: `where: { kafka: { environment: { EVENTS: \"on\" } } }`";
            service.beside = self.overrides(&entry.value, "where", help);
            for (other, over) in &service.beside {
                let Layer { enabled, run, .. } = &over.layer;
                let placed = enabled.as_ref().map(|it| it.span).or(run.as_ref().map(|it| it.span));
                if let Some(span) = placed {
                    let message = format!("where a service runs does not depend on `{other}`");
                    self.wrong_value(
                        span,
                        message,
                        "write it in the service, or for an environment below `overrides`",
                    );
                }
            }
        }
        if let Some(entry) = mapping.get("overrides") {
            let help = "write each environment below it: `overrides: { production: { restart: always } }`";
            service.overrides = self.overrides(&entry.value, "overrides", help);
        }
        Some(service)
    }

    /// Layers by name, of the environment or the service that they hold for.
    fn overrides(&mut self, node: &Node, key: &str, help: &str) -> IndexMap<String, Override> {
        let mut overrides = IndexMap::new();
        for (name, entry) in self.entries(node, &format!("`{key}`"), help).unwrap_or_default() {
            let what = match key {
                "where" => format!("what holds where `{name}` is"),
                _ => format!("the override for `{name}`"),
            };
            let help = format!("write what is different: `{name}: {{ restart: always }}`");
            if let Some(mapping) = self.mapping(&entry.value, &what, &help) {
                let layer = self.layer(mapping, &what, &[]);
                overrides.insert(name.to_owned(), Override { span: entry.key.span, layer });
            }
        }
        overrides
    }

    pub(super) fn layer(&mut self, mapping: &Mapping, what: &str, others: &[&str]) -> Layer {
        let mut layer = Layer::default();
        let mut compose = Mapping::default();
        for (key, entry) in mapping {
            let value = &entry.value;
            let tag = value.tag.as_deref();
            if let (Some(own), Some("!reset" | "!override")) = (OwnKey::of(key), tag) {
                layer.taken_back.push(own);
                if tag == Some("!reset") {
                    continue;
                }
            }
            match &**key {
                "use" | "with" | "enabled" | "run" if self.has_merge_tag(key, value) => {}
                "use" => layer.template = self.template(value),
                "with" => {
                    let help = "write each parameter below it, by name; `stackgen templates NAME` lists them";
                    layer.with = self.mapping(value, "`with`", help).map(|_| value.clone());
                }
                "listen" => layer.listen = self.listen(value),
                "publish" => layer.publish = self.publish(value),
                "public_url" => layer.public_url = self.public_url(value),
                "health" => layer.health = self.health(value),
                "metrics" => layer.metrics = self.metrics(value),
                "needs" => layer.needs = self.needs(value),
                "secrets" => {
                    layer.secrets =
                        self.one_or_many(value).iter().filter_map(|item| self.secret_use(item)).collect();
                }
                "enabled" => layer.enabled = self.boolean(value, "`enabled`"),
                "smoke" => layer.smoke = self.smoke(value),
                "persistent" => layer.persistent = self.boolean(value, "`persistent`"),
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
            let compose = Node::mapping(span, compose);
            for Clash { message, first, second } in merge::clashes(&compose) {
                let clash = Fault::RivalKeys.at(second, message).related(first, "also said here");
                self.push(clash.help("keep one of the two"));
            }
            layer.compose = Some(compose);
        }
        layer
    }

    /// Says that a value is tagged as one of Compose's keys, where that has no meaning.
    fn has_merge_tag(&mut self, key: &str, value: &Node) -> bool {
        if let Some(tag @ ("!reset" | "!override")) = value.tag.as_deref() {
            let message = match key {
                "with" => format!("`{tag}` has no meaning for the parameters of a template"),
                _ => format!("`{tag}` has no meaning for `{key}`"),
            };
            let help = match key {
                "with" => {
                    "leave a parameter out for the template's default, or write the value that it shall have"
                }
                _ => "write the value that it shall have",
            };
            self.wrong_value(value.span, message, help);
            return true;
        }
        let inside = value.as_mapping().into_iter().flatten().map(|(_, entry)| &entry.value);
        let items = value.as_sequence().into_iter().flatten();
        // Not only the first one is said.
        inside.chain(items).filter(|inner| self.has_merge_tag(key, inner)).count() > 0
    }

    /// Whether a key of Compose passes through, with a value of the right shape.
    fn compose_key(&mut self, key: &str, entry: &Entry, what: &str, others: &[&str]) -> bool {
        if key.starts_with("x-") {
            return true;
        }
        if let Some(instead) = instead_of(key) {
            let message = format!("`{key}` is not written in a stack");
            self.push(Fault::ReplacedKey.at(entry.key.span, message).help(instead));
            return false;
        }
        let Some(known) = compose_key(key) else {
            let ours = LAYER_KEYS.iter().chain(others).copied();
            let help = match nearest(key, ours.chain(compose_keys().iter().map(|known| known.name))) {
                Some(name) => format!("did you mean `{name}`?"),
                None if SERVICE_KEYS.contains(&key) => {
                    format!("`{key}` stands in the service itself: it holds for every environment")
                }
                None => "a service takes stackgen's own keys and those of the compose specification; \
                         `stackgen schema` describes them"
                    .to_owned(),
            };
            let message = format!("{what} has no key `{key}`");
            self.push(Fault::UnknownKey.at(entry.key.span, message).help(help));
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
        let folder = value.as_text().or_else(|| value.get("context")?.as_text()).filter(|_| key == "build");
        if folder.is_some_and(|folder| folder.contains(char::is_control)) {
            let message = "the folder to build from holds a line break or another control character";
            self.wrong_value(value.span, message.to_owned(), "write its path in one line");
        }
        if known.shape == Shape::Pairs && key != "extra_hosts" {
            for (name, entry) in value.as_mapping().into_iter().flatten() {
                if name.is_empty() || name.contains(|next: char| next.is_control() || next == '=') {
                    let message = format!("`{name}` in `{key}` is no name");
                    self.wrong_value(entry.key.span, message, "write a name without `=` and line breaks");
                }
                if entry.value.as_scalar().is_none() {
                    let what = format!("`{name}` in `{key}`");
                    let help = format!("write `{name}: value`; a text with brackets or braces in quotes");
                    self.wrong_type(&entry.value, &what, "one value", &help);
                }
            }
        }
        if let (Some(mapping), Some(inside)) = (value.as_mapping(), known.inside()) {
            for (name, entry) in mapping {
                if !inside.contains(&&**name) && !name.starts_with("x-") {
                    self.unknown_key(entry, name, &format!("`{key}`"), &inside);
                } else if key == "build"
                    && known.takes_text_only(name)
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
                let mut need = Need { span: entry.key.span, wait: None, restart: false, optional: false };
                if entry.value.as_mapping().is_some() {
                    let what = format!("the wait for `{name}`");
                    for (key, entry) in self.entries(&entry.value, &what, "").unwrap_or_default() {
                        match key {
                            "wait" => {
                                need.wait = self.word(&entry.value, "a wait", &waits).map(|wait| wait.value)
                            }
                            "restart" => {
                                need.restart =
                                    self.boolean(&entry.value, "`restart`").is_some_and(|it| it.value);
                            }
                            "required" => {
                                need.optional =
                                    self.boolean(&entry.value, "`required`").is_some_and(|it| !it.value);
                            }
                            unknown => self.unknown_key(entry, unknown, &what, &NEED_KEYS),
                        }
                    }
                } else if !entry.value.is_null() {
                    need.wait = self.word(&entry.value, "a wait", &waits).map(|wait| wait.value);
                }
                needs.insert(name.to_owned(), need);
            }
            return needs;
        }
        for item in self.one_or_many(node) {
            if let Some(name) = self.text(item, "`needs`") {
                needs.insert(
                    name.value,
                    Need { span: item.span, wait: None, restart: false, optional: false },
                );
            }
        }
        needs
    }
}

/// Whether a value is a boolean for Compose, or a variable that may be one.
fn is_boolean(node: &Node) -> bool {
    Boolean::of(node).is_some() || node.as_text().is_some_and(|text| text.contains("${"))
}
