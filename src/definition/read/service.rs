//! Services and their layers.

use indexmap::IndexMap;

use super::{HEALTH_KEYS, LAYER_KEYS, METRICS_KEYS, Reader, SERVICE_KEYS, TIMING_KEYS};
use crate::definition::compose_keys::{Shape, compose_key, compose_keys, instead_of};
use crate::definition::{
    Endpoint, Health, Layer, Metrics, Need, OFFERED, Override, OwnKey, Probe, Publish, Published, Run,
    SecretUse, Service, Spanned, Use, VariablePort, Wait,
};
use crate::fault::Fault;
use compose_reader::diagnostic::nearest;
use compose_reader::interpolation::{expand, variables};
use compose_reader::merge::{self, Clash};
use compose_reader::source::Span;
use compose_reader::values::{
    Boolean, ContainerPort, Duration, HostPort, PortMapping, PortRange, Protocol, ip_address,
};
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
                "" => "use letters, digits and `-`".to_owned(),
                fixed => format!("write `{fixed}`"),
            };
            self.push(Fault::InvalidHostName.at(entry.key.span, message).help(help));
        }
        let mut service = Service::new(entry.key.span, "", self.layer(mapping, &what, &SERVICE_KEYS));
        service.comment = self.comment_above(entry.key.span);
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

    fn listen(&mut self, node: &Node) -> IndexMap<String, Endpoint> {
        let mut endpoints = IndexMap::new();
        if node.as_mapping().is_none() {
            if let Some(port) = udp_port(node) {
                let scheme = "udp".to_owned();
                endpoints.insert(scheme.clone(), Endpoint { span: node.span, port, scheme });
            } else if let Some(port) = self.port(node, "`listen`") {
                let scheme = "http".to_owned();
                endpoints.insert("http".to_owned(), Endpoint { span: node.span, port, scheme });
            }
            return endpoints;
        }
        for (name, entry) in self.entries(node, "`listen`", "").unwrap_or_default() {
            self.name(name, entry.key.span);
            if OFFERED.contains(&name) {
                let message =
                    format!("an endpoint cannot be called `{name}`, as every service offers that itself");
                self.wrong_value(
                    entry.key.span,
                    message,
                    "give it a name of its own, such as `http` or `admin`",
                );
            }
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
                    self.push(Fault::MissingKey.at(entry.key.span, message).help(help));
                }
            } else if let Some(udp) = udp_port(&entry.value) {
                port = Some(udp);
                scheme = Some(Spanned::new("udp".to_owned(), entry.value.span));
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
        if text.value == "0" {
            return Some(Publish::Any(node.span));
        }
        if let Ok(port) = text.parse::<HostPort>() {
            return Some(Publish::Port(Spanned::new(port, node.span)));
        }
        if text.contains('$') {
            return self.variable_port(&text).map(|port| Publish::Variable(Spanned::new(port, node.span)));
        }
        let address = text.rsplit_once(':').map(|(address, _)| address);
        if let Some((host, target)) = container_syntax(&text) {
            let message = format!("`{}` names the container's port as well", text.value);
            let help =
                format!("write `publish: {host}` and `listen: {target}`, so that references know the port");
            self.wrong_value(text.span, message, &help);
        } else {
            let message = format!("`{}` is no host port", text.value);
            let help = match address {
                _ if text.ends_with("/udp") => {
                    "write the port alone; that it is UDP is what the endpoint says: `listen: { dns: 53/udp }`"
                }
                Some(address) if ip_address(address).is_none() => {
                    "write the port on the host alone, or with an IP address: `8080`, `0.0.0.0:8080`; the port in the \
                     container is what `listen` says"
                }
                _ => "ports go from 1 to 65535: `publish: 8080`",
            };
            self.wrong_value(text.span, message, help);
        }
        None
    }

    /// A host port that is one variable, behind an address or not.
    fn variable_port(&mut self, text: &Spanned<String>) -> Option<VariablePort> {
        let (before, written) = text.split_at(text.find('$')?);
        let asked = variables(written).unwrap_or_default();
        let is_whole = asked.first().is_some_and(|variable| variable.range == (0..written.len()));
        let address = before.strip_suffix(':').map(ip_address);
        if !is_whole || !(before.is_empty() || address.is_some_and(|address| address.is_some())) {
            let message = format!("`{}` is no host port", text.value);
            let help = "write one variable, with an IP address before it or alone: `${PG_PORT:-5432}`";
            self.wrong_value(text.span, message, help);
            return None;
        }
        let default = expand(written, &|_| None).filter(|default| !default.is_empty());
        let port = default.as_ref().map(|default| default.parse::<HostPort>().ok());
        if port.is_some_and(|port| port.is_none_or(|port| port.address.is_some())) {
            let message = format!("`{}` is no host port", default.unwrap_or_default());
            self.wrong_value(text.span, message, "ports go from 1 to 65535: `${PG_PORT:-5432}`");
            return None;
        }
        let default = port.flatten().map(|port| port.port);
        Some(VariablePort { address: address.flatten(), written: written.to_owned(), default })
    }

    fn public_url(&mut self, node: &Node) -> Option<Spanned<String>> {
        let url = self.text(node, "`public_url`")?;
        if url.contains("://") || url.starts_with("${") {
            return Some(url);
        }
        let message = format!("`{}` is no URL", url.value);
        self.wrong_value(url.span, message, &format!("write the scheme as well: `https://{}`", url.value));
        None
    }

    fn health(&mut self, node: &Node) -> Option<Health> {
        let health = |probe, timings| Some(Health { span: node.span, probe, timings });
        let Some(mapping) = node.as_mapping() else {
            let text = self.text(node, "`health`")?;
            match &*text.value {
                "none" => return health(Probe::None, None),
                "image" => return health(Probe::Image, None),
                _ => {}
            }
            if text.starts_with('/') {
                return health(Probe::Http { path: text, endpoint: None, status: None }, None);
            }
            let message = format!("`{}` is no way to probe", text.value);
            let help =
                "write a path (`/health`), `{ tcp: endpoint }`, `{ command: [...] }`, `image` or `none`";
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

    fn metrics(&mut self, node: &Node) -> Option<Metrics> {
        let mut metrics = Metrics {
            span: node.span,
            scraped: true,
            endpoint: None,
            path: None,
            interval: None,
            exports: Vec::new(),
        };
        let Some(mapping) = node.as_mapping() else {
            let text = self.text(node, "`metrics`")?;
            if text.value == "none" {
                metrics.scraped = false;
            } else if text.starts_with('/') {
                metrics.path = Some(text.value);
            } else {
                let message = format!("`{}` is no path", text.value);
                let help = "write a path (`/metrics`), `{ endpoint: http, path: /metrics }` or `none`; the port is \
                            what `listen` says";
                self.wrong_value(text.span, message, help);
                return None;
            }
            return Some(metrics);
        };
        for (key, entry) in mapping {
            let value = &entry.value;
            match &**key {
                "endpoint" => metrics.endpoint = self.text(value, "`endpoint`"),
                "path" => metrics.path = self.metrics_path(value),
                "interval" => metrics.interval = self.scrape_interval(value),
                "exports" => {
                    let items = self.one_or_many(value);
                    metrics.exports = items.iter().filter_map(|item| self.metric_name(item)).collect();
                }
                unknown => self.unknown_key(entry, unknown, "`metrics`", &METRICS_KEYS),
            }
        }
        Some(metrics)
    }

    fn metrics_path(&mut self, node: &Node) -> Option<String> {
        let path = self.text(node, "`path`")?;
        if path.starts_with('/') {
            return Some(path.value);
        }
        let message = format!("`{}` is no path", path.value);
        self.wrong_value(path.span, message, "a path begins with `/`: `/metrics`");
        None
    }

    /// Source: Prometheus, "Configuration", `<duration>`.
    fn scrape_interval(&mut self, node: &Node) -> Option<String> {
        let text = node.as_text().unwrap_or_default();
        let digits = text.trim_end_matches(|next: char| next.is_ascii_alphabetic());
        let is_count = digits.parse::<u32>().is_ok_and(|count| count > 0);
        if is_count && ["ms", "s", "m", "h"].contains(&&text[digits.len()..]) {
            return Some(text.to_owned());
        }
        let message = format!("`interval` is a duration, and this is {}", node.describe());
        let help = "write a whole number with its unit: `15s`, `1m`";
        self.push(Fault::WrongType.at(node.span, message).help(help));
        None
    }

    /// Source: Prometheus, "Data model".
    fn metric_name(&mut self, node: &Node) -> Option<String> {
        let name = self.text(node, "the name of a metric")?;
        let is_part = |next: char| next.is_ascii_alphanumeric() || matches!(next, '_' | ':');
        if name.chars().all(is_part) && !name.starts_with(|first: char| first.is_ascii_digit()) {
            return Some(name.value);
        }
        let message = format!("`{}` is no name of a metric", name.value);
        let help = "write letters, digits and `_`, without labels: `http_requests_total`";
        self.wrong_value(name.span, message, help);
        None
    }

    /// A timing of a probe, as Compose takes it: a variable may stand for either kind.
    fn timing(&mut self, name: &str, node: &Node) {
        let text = node.as_text().unwrap_or_default();
        if text.contains("${") || (name == "retries" && text.parse::<u32>().is_ok()) {
            return;
        }
        if name == "retries" {
            self.wrong_type(node, "`retries`", "a number", "write `retries: 10`");
        // Docker Compose takes a negative one, and the engine does not.
        } else if text.parse::<Duration>().ok().is_none_or(|duration| duration < Duration::default()) {
            let message = format!("`{name}` is a duration, and this is {}", node.describe());
            self.push(
                Fault::WrongType
                    .at(node.span, message)
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
            let (variable, target, uid, gid, mode) = (None, None, None, None, None);
            return Some(SecretUse { name, variable, target, uid, gid, mode });
        };
        let (mut name, mut variable, mut target) = (None, None, None);
        let (mut uid, mut gid, mut mode) = (None, None, None);
        for (key, entry) in mapping {
            match &**key {
                "source" => name = self.text(&entry.value, "`source`"),
                "variable" => variable = self.text(&entry.value, "`variable`"),
                "target" => target = self.text(&entry.value, "`target`"),
                "uid" => uid = self.number(&entry.value, "`uid`"),
                "gid" => gid = self.number(&entry.value, "`gid`"),
                "mode" => mode = self.file_mode(&entry.value),
                unknown => self.unknown_key(entry, unknown, "a secret", &SECRET_USE_KEYS),
            }
        }
        if name.is_none() {
            let message = "the secret has no `source`".to_owned();
            self.wrong_value(node.span, message, "write `{ source: jwt_key, variable: JWT_SECRET }`");
        }
        if let (Some(variable), Some(target)) = (&variable, &target) {
            let message = "a secret is a variable or a file, and this is said to be both".to_owned();
            self.wrong_value(
                target.span,
                message,
                &format!("remove `target`, or `variable: {}`", variable.value),
            );
        }
        Some(SecretUse { name: name?, variable, target, uid, gid, mode })
    }

    /// The number of a user or group.
    fn number(&mut self, node: &Node, what: &str) -> Option<Spanned<u32>> {
        let number = node.as_scalar().and_then(|scalar| scalar.text.parse().ok());
        if number.is_none() {
            self.wrong_type(
                node,
                what,
                "a number",
                "write the number, as inside the container a name means another user",
            );
        }
        number.map(|number| Spanned::new(number, node.span))
    }

    /// A mode of a file, in octal digits.
    fn file_mode(&mut self, node: &Node) -> Option<Spanned<String>> {
        let digits = node.as_scalar().map(|scalar| scalar.text.to_string()).unwrap_or_default();
        let is_octal =
            (3..=4).contains(&digits.len()) && digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
        if !is_octal {
            self.wrong_type(
                node,
                "`mode`",
                "a mode in octal digits",
                "write it as chmod takes it: `mode: 0440`",
            );
            return None;
        }
        Some(Spanned::new(format!("{digits:0>4}"), node.span))
    }
}

const SECRET_USE_KEYS: [&str; 6] = ["source", "variable", "target", "uid", "gid", "mode"];

/// Whether a value is a boolean for Compose, or a variable that may be one.
fn is_boolean(node: &Node) -> bool {
    Boolean::of(node).is_some() || node.as_text().is_some_and(|text| text.contains("${"))
}

/// The port of `53/udp`.
fn udp_port(node: &Node) -> Option<Spanned<u16>> {
    let port: ContainerPort = node.as_text()?.parse().ok()?;
    let is_one = port.protocol == Protocol::Udp && port.range.width() == 0 && port.range.first > 0;
    is_one.then(|| Spanned::new(port.range.first, node.span))
}

/// The scheme of an endpoint that is named for it; any other speaks TCP.
fn scheme_of(name: &str) -> &str {
    match name {
        "metrics" | "health" | "admin" | "api" | "ui" => "http",
        "http" | "https" | "grpc" | "ws" | "wss" | "ftp" | "smtp" | "amqp" | "udp" => name,
        _ => "tcp",
    }
}

/// Both sides of a published port in Compose's syntax: `8080` and `80` of `8080:80`.
fn container_syntax(text: &str) -> Option<(&str, PortRange)> {
    let port: PortMapping = text.parse().ok()?;
    let (host, _) = text.rsplit_once(':')?;
    let is_one = |range: &PortRange| range.width() == 0;
    port.published.filter(is_one).and(Some((host, port.target)).filter(|(_, target)| is_one(target)))
}
