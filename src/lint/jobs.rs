//! Services that are there to end.

use super::words;
use compose_reader::compose::{Health, Service};
use compose_reader::dockerfile::{self, Dockerfile};

/// Words in the name of a service that does something once.
const JOBS: [&str; 9] =
    ["init", "setup", "seed", "seeder", "schema", "bootstrap", "job", "configurator", "installer"];

/// Words in the name of a service that goes on, whatever else is in it: `job-runner`.
const SERVERS: [&str; 12] = [
    "worker",
    "workers",
    "runner",
    "server",
    "service",
    "scheduler",
    "manager",
    "api",
    "executor",
    "processor",
    "ui",
    "registry",
];

/// Whether a service may well be there to end: by what restarts it, or by its name.
pub(super) fn may_end(service: &Service) -> bool {
    let ends = |policy: &str| policy == "no" || policy.starts_with("on-failure");
    service.restart.as_deref().is_some_and(ends) || is_called_job(service)
}

/// Whether a service is there to end: it is called so, and nothing in it is for a service that goes on.
pub(super) fn is_job(service: &Service) -> bool {
    is_called_job(service)
        && !words(&service.name).iter().any(|word| SERVERS.contains(&&**word))
        && !is_restarted(service)
        && service.ports.is_empty()
        && service.expose.is_empty()
        && (!matches!(service.health, Health::Probe(_)) || service.is_probed_by_image())
        && !runs_server(service)
}

/// Whether a service runs what its Dockerfile starts, and that is there to go on: it has a health check, or listens.
fn runs_server(service: &Service) -> bool {
    let goes_on = |dockerfile: &Dockerfile| {
        matches!(dockerfile.health, dockerfile::Health::Check(_)) || !dockerfile.ports.is_empty()
    };
    service.arguments.is_empty() && service.dockerfile.as_ref().is_some_and(goes_on)
}

/// Whether Docker starts it again when it has ended well.
pub(super) fn is_restarted(service: &Service) -> bool {
    match (service.restart.as_deref(), &service.resources.restart_condition) {
        (Some(policy), _) => matches!(policy, "always" | "unless-stopped"),
        (None, Some(condition)) => condition.raw() == "any",
        (None, None) => false,
    }
}

fn is_called_job(service: &Service) -> bool {
    words(&service.name).iter().any(|word| JOBS.contains(&&**word) || word.starts_with("migrat"))
}
