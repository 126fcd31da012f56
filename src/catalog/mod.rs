//! The templates: what is known about images, embedded in the program, and a user's own in front of them.

mod expression;
mod filter;
mod form;
mod image_probe;
mod init;
mod parameter;
mod query;
mod read;
mod refusal;
mod release;
mod routes;
mod template;
mod value;
mod withdrawn;

use crate::fault::Fault;
use std::borrow::Cow;

use indexmap::IndexMap;

use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::Sources;
use compose_reader::yaml::parse;

pub use expression::{Engine, Failure};
pub use form::Form;
pub use image_probe::{http_test, ships_probe, tcp_test};
pub use init::begins_with_init;
pub use parameter::{Parameter, Resolve, Type};
pub use query::is_exported_by;
pub use release::Release;
pub use template::{
    MEMORY, Template, TemplateBackup, TemplateEndpoint, TemplateFile, TemplateMetrics, TemplateSecret,
};
pub use value::{node_to_value, value_to_node};
pub use withdrawn::{Withdrawn, withdrawn_image, withdrawn_template};

/// The embedded templates: a line each, by name.
macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        const EMBEDDED: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../templates/", $name, ".yaml")))),*];
    };
}

templates! {
    "adminer",
    "alertmanager",
    "alloy",
    "caddy",
    "cadvisor",
    "celery-worker",
    "clickhouse",
    "consul",
    "docker-proxy",
    "elasticsearch",
    "flower",
    "go",
    "grafana",
    "jaeger",
    "java",
    "job",
    "kafka",
    "kafka-exporter",
    "kafka-topics",
    "kafka-ui",
    "keycloak",
    "kong",
    "localstack",
    "loki",
    "mailpit",
    "mariadb",
    "meilisearch",
    "memcached",
    "minio",
    "minio-buckets",
    "mongo",
    "mongodb-exporter",
    "mysql",
    "mysql-exporter",
    "nats",
    "nginx",
    "nginx-exporter",
    "node",
    "node-exporter",
    "ollama",
    "ollama-models",
    "opensearch",
    "otel-collector",
    "pgadmin",
    "php",
    "postgres",
    "postgres-exporter",
    "prometheus",
    "python",
    "qdrant",
    "rabbitmq",
    "redis",
    "redis-exporter",
    "redpanda",
    "rust",
    "tempo",
    "temporal",
    "traefik",
    "valkey",
    "vault",
    "zookeeper",
}

/// The text of a template, before it is read.
#[derive(Clone, Debug)]
struct Entry {
    /// The name shown in messages: a path for a user's own, `template NAME` for an embedded one.
    origin: String,
    text: Cow<'static, str>,
}

/// The templates that a stack may use, each read when it is first asked for.
#[derive(Debug)]
pub struct Catalog {
    entries: IndexMap<String, Entry>,
    read: IndexMap<String, Option<Template>>,
}

impl Catalog {
    /// The embedded templates, with `own` templates (name, path shown in messages, text) in front of them.
    pub fn new(own: impl IntoIterator<Item = (String, String, String)>) -> Self {
        let mut entries: IndexMap<String, Entry> = EMBEDDED
            .iter()
            .map(|(name, text)| {
                let origin = format!("template {name}");
                ((*name).to_owned(), Entry { origin, text: Cow::Borrowed(text) })
            })
            .collect();
        for (name, origin, text) in own {
            entries.insert(name, Entry { origin, text: Cow::Owned(text) });
        }
        entries.sort_keys();
        Self { entries, read: IndexMap::new() }
    }

    /// The names of all templates, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Reads a template, once; its text joins `sources`, so that diagnostics can point into it. Nothing happens for a
    /// name that is not there.
    pub fn load(&mut self, name: &str, sources: &mut Sources) -> Vec<Diagnostic> {
        let Some(entry) = self.entries.get(name).filter(|_| !self.read.contains_key(name)) else {
            return Vec::new();
        };
        let source = sources.add(entry.origin.clone(), entry.text.clone());
        let (template, diagnostics) = match parse(source, &entry.text) {
            Ok(parsed) => read::read(name, &parsed, source),
            Err(error) => {
                let diagnostic = Fault::InvalidYaml.at(error.span, error.message).help(error.help);
                (None, vec![diagnostic])
            }
        };
        // One that is wrong is not judged by: what would follow from it is no mistake of the stack.
        self.read.insert(name.to_owned(), template.filter(|_| diagnostics.is_empty()));
        diagnostics
    }

    /// A template that [`Catalog::load`] has read; `None` if there is none of that name, or it is wrong.
    pub fn get(&self, name: &str) -> Option<&Template> {
        self.read.get(name)?.as_ref()
    }

    /// Whether there is a template of that name, read or not, right or wrong.
    pub fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }
}
