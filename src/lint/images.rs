//! What is known of the image that a service runs.

use super::words;
use crate::compose::Service;
use crate::images;
pub(super) use crate::images::Known;

/// What is known of the image that a service runs; nothing, where it builds its own.
pub(super) fn of(service: &Service) -> Option<Known> {
    images::find(&service.image.as_ref().filter(|_| !service.is_built)?.sketch())
}

/// Whether the image of a service is known to hold nothing that a probe could be made of.
pub(super) fn is_scratch(service: &Service) -> bool {
    of(service).is_some_and(|known| known.is_bare())
}

/// Whether the image of a service is known to bring a `HEALTHCHECK`, or to bring none; `None` where nobody can say.
pub(super) fn ships_probe(service: &Service) -> Option<bool> {
    of(service).filter(|known| known.is_exact).map(|known| known.image.ships_probe)
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
    match of(service) {
        Some(known) => known.image.privileges.iter().any(|asked| asked == privilege),
        None => words(&service.name).iter().any(|word| TOOLS.contains(&&**word)),
    }
}

/// How to give a service a health check: the very one, for an image that is known.
pub(super) fn probe_help(service: &Service) -> String {
    let name = &service.name;
    match of(service).and_then(|known| known.probe()) {
        Some(test) => format!(
            "give `{name}` one that works in its image:\n\nhealthcheck:\n  test: {test}\n  interval: 5s\n  retries: 10\n  \
             start_period: 30s"
        ),
        None if is_scratch(service) => format!(
            "nothing in the image of `{name}` can probe it: wait with `condition: service_started`, and write \
             `healthcheck: {{disable: true}}` to say so"
        ),
        None if service.is_built => format!(
            "give `{name}` a `healthcheck` with a `test` that passes once it answers, done with a tool that is in the \
             image (a `HEALTHCHECK` of its Dockerfile cannot be seen from here)"
        ),
        None => format!(
            "give `{name}` a `healthcheck` with a `test` that passes once it answers, done with a tool that is in the \
             image"
        ),
    }
}
