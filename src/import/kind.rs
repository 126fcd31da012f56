//! What a service is: the kind of tier that it belongs to.

use std::collections::HashMap;

use super::original::Original;
use super::service::Service;
use crate::catalog::Catalog;
use crate::definition::TierKind;
use compose_reader::source::Sources;
use compose_reader::values::{ImageReference, Sketch};

/// Kinds of tier by the repository of an image.
pub(super) struct Kinds(HashMap<String, TierKind>);

impl Kinds {
    /// What the templates know.
    pub(super) fn new() -> Self {
        let mut catalog = Catalog::new([]);
        let mut sources = Sources::new();
        let names: Vec<String> = catalog.names().map(str::to_owned).collect();
        let mut kinds = HashMap::new();
        for name in names {
            catalog.load(&name, &mut sources);
            let Some(template) = catalog.get(&name) else { continue };
            let kind = match &*template.kind {
                "database" | "broker" | "cache" | "search" | "storage" | "discovery" | "ai" => {
                    TierKind::Infrastructure
                }
                "observability" => TierKind::Observability,
                "tool" | "mail" => TierKind::Tools,
                _ => continue,
            };
            let image = template.service.as_ref().and_then(|service| service.get("image")?.as_text());
            let image = image.map(|image| image.split("{{").next().unwrap_or_default());
            kinds.insert(name.clone(), kind);
            if let Some(image) = image.filter(|image| !image.is_empty()) {
                kinds.insert(repository(image), kind);
            }
        }
        Self(kinds)
    }

    /// What a service is, by its images and by the environments that it is part of.
    pub(super) fn of(&self, service: &Service, originals: &[Original]) -> TierKind {
        let is_only_in = |name: &str| {
            let mut here = originals.iter().enumerate().filter(|(at, _)| service.is_in(*at)).peekable();
            here.peek().is_some() && here.all(|(_, original)| original.name == name)
        };
        let by_image = service.images().find_map(|image| {
            let repository = repository(image);
            self.0.get(&repository).copied().or_else(|| by_word(&repository))
        });
        match by_image {
            _ if originals.iter().enumerate().any(|(at, it)| it.name == "infra" && service.is_in(at)) => {
                TierKind::Infrastructure
            }
            Some(kind) => kind,
            None if is_only_in("observability") => TierKind::Observability,
            None => TierKind::Application,
        }
    }
}

/// Images that no template knows, by the words of their names.
fn by_word(repository: &str) -> Option<TierKind> {
    let mut words = repository.split(['-', '_']);
    let is = |word: &str, kinds: &[&str]| kinds.contains(&word);
    words.find_map(|word| match word {
        _ if is(
            word,
            &["exporter", "promtail", "cadvisor", "prometheus", "grafana", "loki", "jaeger", "zipkin"],
        ) =>
        {
            Some(TierKind::Observability)
        }
        _ if is(
            word,
            &["postgres", "postgresql", "mysql", "redis", "mongo", "kafka", "rabbitmq", "zookeeper"],
        ) =>
        {
            Some(TierKind::Infrastructure)
        }
        _ if is(word, &["mailhog", "maildev", "commander", "express", "phpmyadmin"]) => Some(TierKind::Tools),
        _ => None,
    })
}

/// The last part of an image's name.
fn repository(image: &str) -> String {
    let sketch = Sketch::of(image);
    ImageReference::of(&sketch).last_name().known().unwrap_or_default().to_owned()
}
