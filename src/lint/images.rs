//! What is known of the image that a service runs.

use super::words;
use crate::images;
pub(super) use crate::images::Known;
use compose_reader::compose::Service;
use compose_reader::dockerfile::Dockerfile;
use compose_reader::values::{ImageReference, Sketch};

/// The image that a service runs, or the one that it is built on where its Dockerfile lies in the project.
pub(super) fn reference(service: &Service) -> Option<Sketch> {
    match &service.dockerfile {
        Some(dockerfile) => Some(dockerfile.base.clone()),
        None => service.image.as_ref().filter(|_| !service.is_built).map(|image| image.sketch()),
    }
}

/// The name of an image without registry, tag and digest, as people write it.
pub(super) fn name_of(reference: &Sketch) -> &str {
    ImageReference::of(reference).familiar_name()
}

/// The tag of an image.
pub(super) fn tag_of(reference: &Sketch) -> images::Tag<'_> {
    images::Tag::of(ImageReference::of(reference))
}

fn find(reference: &Sketch) -> Option<Known> {
    images::find(ImageReference::of(reference))
}

/// What is known of the image that a Dockerfile begins with.
pub(super) fn base(dockerfile: &Dockerfile) -> Option<Known> {
    find(&dockerfile.base)
}

/// What is known of the program that a service runs, by its image; nothing, where it builds one with a program of its own.
pub(super) fn of(service: &Service) -> Option<Known> {
    let has_own_program = service.dockerfile.as_ref().is_some_and(|dockerfile| dockerfile.has_own_program);
    find(&reference(service).filter(|_| !has_own_program)?)
}

/// What is known of the files in the image of a service.
pub(super) fn inside(service: &Service) -> Option<Inside<'_>> {
    Some(Inside { base: find(&reference(service)?)?, dockerfile: service.dockerfile.as_ref() })
}

/// An image, and what a Dockerfile has put on top of it.
pub(super) struct Inside<'s> {
    base: Known,
    dockerfile: Option<&'s Dockerfile>,
}

impl Inside<'_> {
    /// Whether a program is inside; `None` where nobody can say.
    pub(super) fn has(&self, program: &str) -> Option<bool> {
        match self.dockerfile.map(|dockerfile| dockerfile.brings(program)) {
            Some(Some(true)) => Some(true),
            Some(None) => self.base.has(program).filter(|has| *has),
            Some(Some(false)) | None => self.base.has(program),
        }
    }

    /// Whether `sh` is bash inside; `None` where nobody can say.
    pub(super) fn sh_is_bash(&self) -> Option<bool> {
        let is_told = self.dockerfile.is_some_and(|dockerfile| dockerfile.brings("sh") == Some(true));
        self.base.sh_is_bash().filter(|_| !is_told)
    }

    /// Some of the programs inside that a probe can be made of.
    pub(super) fn tools(&self) -> Vec<&'static str> {
        const TOOLS: [&str; 7] = ["curl", "wget", "python", "node", "php", "ruby", "bash"];
        TOOLS.into_iter().filter(|tool| self.has(tool) == Some(true)).collect()
    }
}

/// Whether the image of a service is known to hold nothing that a probe could be made of.
pub(super) fn is_scratch(service: &Service) -> bool {
    let has_probe = of(service).is_some_and(|known| known.probe().is_some());
    !has_probe && inside(service).is_some_and(|inside| inside.has("sh") == Some(false))
}

/// Whether the image of a service is known to bring a `HEALTHCHECK`, or to bring none; `None` where nobody can say. That of
/// a Dockerfile in the project is the service's own.
pub(super) fn ships_probe(service: &Service) -> Option<bool> {
    let known = find(&reference(service)?).filter(|known| known.is_exact)?;
    Some(known.image.ships_probe)
}

/// The file in its container that a program is configured by, of those that rules look into: by its image, and by
/// `--config.file` in its command.
pub fn config_path(image: &str, command: &[&str]) -> Option<String> {
    const OPTION: &str = "config.file";
    let default = find(&Sketch::from(image))?.image.literal_config.clone()?;
    let mut words = command.iter().map(|word| word.trim_start_matches('-'));
    let named = words.find_map(|word| {
        let rest = word.strip_prefix(OPTION)?;
        Some(rest.strip_prefix('=').unwrap_or(rest))
    });
    match named {
        // Its path is the next word.
        Some("") => words.next().map(str::to_owned),
        Some(path) => Some(path.to_owned()),
        None => Some(default),
    }
}

/// Programs whose mounted files name other services.
const CONFIGURED: [&str; 10] = [
    "nginx",
    "nginx-unprivileged",
    "openresty",
    "prometheus",
    "grafana",
    "alertmanager",
    "caddy",
    "traefik",
    "kong",
    "promtail",
];

/// Whether the files that are mounted into a container of an image are read, since they name other services.
pub fn is_configured(image: &str) -> bool {
    let sketch = Sketch::from(image);
    let name = name_of(&sketch);
    CONFIGURED.contains(&name.rsplit('/').next().unwrap_or(name))
}

/// Words in the name of a service that works on its machine: for images that nothing is known of.
#[rustfmt::skip]
const TOOLS: &[&str] = &[
    "agent", "beat", "buildkit", "cadvisor", "collector", "dind", "docker", "ebpf", "executor", "exporter", "filebeat",
    "fleet", "logs", "metricbeat", "portainer", "profiler", "promtail", "runner", "sandbox", "socket", "traefik", "vector",
    "watchtower",
];

/// Whether a service is there to work on its machine, and therefore asks for something that others should not have: its
/// image says so, or its name where nothing is known of its image.
pub(super) fn asks_for(service: &Service, privilege: &str) -> bool {
    let asks = |known: &Known| known.image.privileges.iter().any(|asked| asked == privilege);
    match of(service) {
        Some(known) if asks(&known) => true,
        Some(_) if !service.is_built => false,
        _ => words(&service.name).iter().any(|word| TOOLS.contains(&&**word)),
    }
}
