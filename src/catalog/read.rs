//! The text of a template to a [`Template`].

use indexmap::IndexMap;

use super::parameter::{self, Parameter};
use super::template::{
    Template, TemplateBackup, TemplateEndpoint, TemplateFile, TemplateMetrics, TemplateSecret,
};
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::source::{SourceId, Span};
use compose_reader::yaml::{Mapping, Node, Parsed};

/// What a template's expressions see besides its parameters.
const CONTEXT: [&str; 21] = [
    "stack",
    "tiers",
    "service",
    "version",
    "major",
    "flavour",
    "tag",
    "variables",
    "persistent",
    "environment",
    "mode",
    "production",
    "host",
    "port",
    "address",
    "endpoints",
    "published",
    "secrets",
    "metrics",
    "exported",
    "brought",
];

const KEYS: &[&str] = &[
    "summary",
    "kind",
    "versions",
    "flavours",
    "flavour",
    "abbreviation",
    "sources",
    "pitfalls",
    "parameters",
    "endpoints",
    "publish",
    "secrets",
    "reader",
    "values",
    "references",
    "service",
    "development",
    "production",
    "files",
    "probes",
    "timings",
    "prober",
    "job",
    "process",
    "backup",
    "smoke",
    "scrapes",
    "shows",
    "metrics",
    "exporter",
];

const FILE_KEYS: [&str; 6] = ["for", "when", "once", "own", "target", "content"];
const SECRET_KEYS: [&str; 6] = ["for", "description", "development", "generate", "prefix", "reader"];

/// Reads a template's document.
pub(super) fn read(name: &str, parsed: &Parsed, source: SourceId) -> (Option<Template>, Vec<Diagnostic>) {
    let mut reader = Reader { diagnostics: Vec::new() };
    for duplicate in &parsed.duplicates {
        reader.error(duplicate.second, format!("`{}` is given twice", duplicate.key), "keep one of the two");
    }
    let template = match parsed.documents.first() {
        Some(root) => reader.template(name, root),
        None => {
            let span = Span::new(source, 0, 0);
            reader.error(
                span,
                "the template is empty".to_owned(),
                "it has a `summary`, a `kind` and a `service`",
            );
            None
        }
    };
    (template, reader.diagnostics)
}

struct Reader {
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn error(&mut self, span: Span, message: String, help: &str) {
        self.diagnostics.push(Fault::InvalidTemplate.at(span, message).help(help));
    }

    fn mapping<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Mapping> {
        let mapping = node.as_mapping();
        if mapping.is_none() {
            self.error(node.span, format!("{what} is {}", node.describe()), "write a mapping");
        }
        mapping
    }

    fn text(&mut self, node: &Node, what: &str) -> String {
        match node.as_text() {
            Some(text) => text.to_owned(),
            None => {
                self.error(node.span, format!("{what} is {}", node.describe()), "write text");
                String::new()
            }
        }
    }

    fn texts(&mut self, node: &Node, what: &str) -> Vec<String> {
        match node.as_sequence() {
            Some(items) => items.iter().map(|item| self.text(item, what)).collect(),
            None => vec![self.text(node, what)],
        }
    }

    fn boolean(&mut self, node: &Node, what: &str) -> bool {
        node.as_bool().unwrap_or_else(|| {
            self.error(node.span, format!("{what} is {}", node.describe()), "write `true` or `false`");
            false
        })
    }

    /// The keys of a mapping that may have only `known` ones.
    fn known<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Vec<(&'n str, &'n Node)> {
        let Some(mapping) = self.mapping(node, what) else { return Vec::new() };
        let mut found = Vec::new();
        for (key, entry) in mapping {
            if known.contains(&&**key) {
                found.push((&**key, &entry.value));
            } else {
                let help = did_you_mean(key, known.iter().copied());
                self.error(entry.key.span, format!("{what} has no key `{key}`"), &help);
            }
        }
        found
    }

    fn template(&mut self, name: &str, root: &Node) -> Option<Template> {
        let mut template = Template {
            name: name.to_owned(),
            span: root.span,
            summary: String::new(),
            kind: String::new(),
            versions: Vec::new(),
            flavours: Vec::new(),
            flavour: None,
            abbreviation: None,
            sources: Vec::new(),
            pitfalls: Vec::new(),
            parameters: IndexMap::new(),
            endpoints: IndexMap::new(),
            publish: None,
            secrets: IndexMap::new(),
            reader: None,
            values: Vec::new(),
            references: IndexMap::new(),
            service: None,
            development: None,
            production: None,
            files: Vec::new(),
            http_probe: None,
            tcp_probe: None,
            timings: None,
            prober: None,
            job: false,
            process: None,
            backup: None,
            smoke: None,
            scrapes: false,
            shows: false,
            metrics: TemplateMetrics::default(),
            exporter: None,
        };
        root.as_mapping()?;
        for (key, value) in self.known(root, "a template", KEYS) {
            match key {
                "summary" => template.summary = self.text(value, "`summary`"),
                "kind" => template.kind = self.text(value, "`kind`"),
                "versions" => template.versions = self.texts(value, "a version"),
                "flavours" => template.flavours = self.texts(value, "a flavour"),
                "flavour" => template.flavour = Some(self.text(value, "`flavour`")),
                "abbreviation" => template.abbreviation = Some(self.text(value, "`abbreviation`")),
                "sources" => template.sources = self.texts(value, "a source"),
                "pitfalls" => template.pitfalls = self.texts(value, "a pitfall"),
                "parameters" => {
                    let (parameters, diagnostics) = parameter::read(value);
                    self.diagnostics.extend(diagnostics);
                    template.parameters = parameters;
                }
                "endpoints" => template.endpoints = self.endpoints(value),
                "publish" => template.publish = Some(self.text(value, "`publish`")),
                "secrets" => template.secrets = self.secrets(value),
                "reader" => {
                    let is_expression = value.as_text().is_some_and(|text| text.contains("{{"));
                    let is_user = is_expression || self.user(value).is_some();
                    template.reader = is_user.then(|| value.clone());
                }
                "values" => template.values = self.named(value, "`values`").into_iter().collect(),
                "references" => template.references = self.named(value, "`references`"),
                "service" => template.service = self.mapping(value, "`service`").map(|_| value.clone()),
                "development" => {
                    template.development = self.mapping(value, "`development`").map(|_| value.clone())
                }
                "production" => {
                    template.production = self.mapping(value, "`production`").map(|_| value.clone())
                }
                "files" => template.files = self.files(value),
                "probes" => {
                    for (kind, probe) in self.known(value, "`probes`", &["http", "tcp"]) {
                        match kind {
                            "http" => template.http_probe = Some(probe.clone()),
                            _ => template.tcp_probe = Some(probe.clone()),
                        }
                    }
                }
                "timings" => template.timings = self.mapping(value, "`timings`").map(|_| value.clone()),
                "prober" => template.prober = self.mapping(value, "`prober`").map(|_| value.clone()),
                "job" => template.job = self.boolean(value, "`job`"),
                "process" => template.process = Some(value.clone()),
                "backup" => template.backup = self.backup(value),
                "smoke" => template.smoke = self.mapping(value, "`smoke`").map(|_| value.clone()),
                "scrapes" => template.scrapes = self.boolean(value, "`scrapes`"),
                "shows" => template.shows = self.boolean(value, "`shows`"),
                "metrics" => template.metrics = self.metrics(value),
                _ => template.exporter = Some(self.text(value, "`exporter`")),
            }
        }
        for file in &template.files {
            let own = file.own.as_ref().map(|own| (own.clone(), Parameter::own_file(file.span, &file.name)));
            own.into_iter()
                .for_each(|(own, parameter)| _ = template.parameters.entry(own).or_insert(parameter));
        }
        for (required, given) in [("summary", &template.summary), ("kind", &template.kind)] {
            if given.is_empty() {
                let start = Span::new(root.span.source, root.span.start as usize, root.span.start as usize);
                self.error(
                    start,
                    format!("the template has no `{required}`"),
                    "`stackgen templates` shows it",
                );
            }
        }
        let taken = CONTEXT.iter().copied().filter(|name| template.parameters.contains_key(*name));
        for name in taken.collect::<Vec<_>>() {
            let span = template.parameters[name].span;
            self.error(
                span,
                format!("every template has a `{name}` of its own"),
                "give the parameter another name",
            );
        }
        Some(template)
    }

    fn named(&mut self, node: &Node, what: &str) -> IndexMap<String, Node> {
        let Some(mapping) = self.mapping(node, what) else { return IndexMap::new() };
        mapping.iter().map(|(key, entry)| (key.to_string(), entry.value.clone())).collect()
    }

    fn endpoints(&mut self, node: &Node) -> IndexMap<String, TemplateEndpoint> {
        let mut endpoints = IndexMap::new();
        for (name, value) in self.named(node, "`endpoints`") {
            let mut endpoint =
                TemplateEndpoint { port: value.clone(), scheme: "tcp".to_owned(), adjustable: false };
            for (key, value) in self.known(&value, "an endpoint", &["port", "scheme", "adjustable"]) {
                match key {
                    "port" => endpoint.port = value.clone(),
                    "scheme" => endpoint.scheme = self.text(value, "`scheme`"),
                    _ => endpoint.adjustable = self.boolean(value, "`adjustable`"),
                }
            }
            endpoints.insert(name, endpoint);
        }
        endpoints
    }

    fn metrics(&mut self, node: &Node) -> TemplateMetrics {
        let mut metrics = TemplateMetrics::default();
        for (key, value) in self.known(node, "`metrics`", &["exports", "alerts", "dashboard"]) {
            match key {
                "exports" => metrics.exports = self.texts(value, "the name of a metric"),
                "alerts" => metrics.alerts = Some(value.clone()),
                _ => metrics.dashboard = Some(value.clone()),
            }
        }
        metrics
    }

    fn secrets(&mut self, node: &Node) -> IndexMap<String, TemplateSecret> {
        let mut secrets = IndexMap::new();
        for (name, value) in self.named(node, "`secrets`") {
            let mut secret = TemplateSecret {
                each: None,
                description: String::new(),
                development: String::new(),
                generate: true,
                prefix: String::new(),
                reader: None,
            };
            for (key, value) in self.known(&value, "a secret", &SECRET_KEYS) {
                match key {
                    "for" => secret.each = Some(self.text(value, "`for`")),
                    "description" => secret.description = self.text(value, "`description`"),
                    "development" => secret.development = self.text(value, "`development`"),
                    "generate" => secret.generate = self.boolean(value, "`generate`"),
                    "prefix" => secret.prefix = self.text(value, "`prefix`"),
                    _ => secret.reader = self.user(value),
                }
            }
            secrets.insert(name, secret);
        }
        secrets
    }

    fn backup(&mut self, node: &Node) -> Option<TemplateBackup> {
        let (mut ending, mut save, mut load, mut stopped) = (None, None, None, false);
        for (key, value) in self.known(node, "`backup`", &["ending", "save", "load", "stopped"]) {
            match key {
                "ending" => ending = Some(self.text(value, "`ending`")),
                "save" => save = Some(value.clone()),
                "load" => load = Some(value.clone()),
                _ => stopped = self.boolean(value, "`stopped`"),
            }
        }
        let (Some(ending), Some(save), Some(load)) = (ending, save, load) else {
            let message = "`backup` lacks something".to_owned();
            self.error(node.span, message, "write `ending`, `save` and `load`");
            return None;
        };
        Some(TemplateBackup { ending, save, load, stopped })
    }

    fn user(&mut self, node: &Node) -> Option<u32> {
        let user = node.as_integer().and_then(|user| u32::try_from(user).ok());
        if user.is_none() {
            let message = format!("`reader` is {}", node.describe());
            self.error(node.span, message, "write the number of a user, `0` for root");
        }
        user
    }

    fn files(&mut self, node: &Node) -> Vec<TemplateFile> {
        let mut files = Vec::new();
        let Some(mapping) = self.mapping(node, "`files`") else { return files };
        for (name, entry) in mapping {
            if name.starts_with('/') || name.contains("..") || name.contains('\\') {
                let help = "write a name, or a path below `config/SERVICE/`";
                self.error(entry.value.span, format!("the file `{name}` would lie outside its folder"), help);
                continue;
            }
            let (mut each, mut when, mut once, mut own) = (None, None, false, None);
            let (mut target, mut content) = (None, None);
            for (key, value) in self.known(&entry.value, "a file", &FILE_KEYS) {
                match key {
                    "for" => each = Some(self.text(value, "`for`")),
                    "when" => when = Some(value.clone()),
                    "once" => once = self.boolean(value, "`once`"),
                    "own" => own = Some(self.text(value, "`own`")),
                    "target" => target = Some(value.clone()),
                    _ => content = Some(value.clone()),
                }
            }
            match (target, content) {
                (Some(target), Some(content)) => {
                    let (name, span) = (name.to_string(), entry.key.span);
                    files.push(TemplateFile { name, span, each, when, once, own, target, content })
                }
                _ => self.error(
                    entry.value.span,
                    format!("the file `{name}` lacks something"),
                    "write `target` and `content`",
                ),
            }
        }
        files
    }
}
