//! A worker that inherits the health check of a server, since both are built from one Dockerfile.
//!
//! `HEALTHCHECK` in a Dockerfile holds for every container of the image. A service that runs a worker instead of the server opens no
//! port, so that a check that asks on one fails for ever, and what waits for the worker never starts.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   worker:
//!     build:
//!       dockerfile_inline: |
//!         FROM python:3.13-slim
//!         RUN apt-get update && apt-get install -y curl
//!         HEALTHCHECK CMD curl -f http://127.0.0.1:8000/health
//!         CMD ["uvicorn", "app:app", "--host", "0.0.0.0"]
//!     command: celery -A app worker
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   worker:
//!     build:
//!       dockerfile_inline: |
//!         FROM python:3.13-slim
//!         HEALTHCHECK CMD curl -f http://127.0.0.1:8000/health
//!     command: celery -A app worker
//!     healthcheck:
//!       test: ["CMD-SHELL", "celery -A app inspect ping -d celery@$$HOSTNAME"]
//! ```
//!
//! ## Source
//!
//! Docker's manual, "HEALTHCHECK"; the compose specification, "healthcheck".

use crate::lint::script::calls_of;
use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG412",
    name: "inherited-probe",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Programs that work off a queue or a clock and open no port, by a word of their command.
#[rustfmt::skip]
const WORKERS: &[&str] = &[
    "celery", "beat", "worker", "rqworker", "rq", "dramatiq", "huey", "arq", "sidekiq", "resque", "good_job", "solid_queue", "delayed_job",
    "queue:work", "queue:listen", "schedule:work", "schedule:run", "horizon", "messenger:consume", "cron", "crond", "supercronic", "consumer",
    "faktory-worker", "qcluster", "procrastinate",
];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| service.is_probed_by_image()) {
        let Some(probe) = &service.probe else { continue };
        let asks = |program: &str| ["curl", "wget", "nc", "http"].contains(&program);
        if !calls_of(probe).iter().any(|call| asks(call.program())) || !service.ports.is_empty() {
            continue;
        }
        let words = service
            .arguments
            .iter()
            .flat_map(|text| text.raw().split_whitespace().map(move |word| (word, text)));
        let name =
            |word: &str| word.trim_matches(['"', '\'']).rsplit('/').next().unwrap_or_default().to_owned();
        let mut workers = words.filter(|(word, _)| WORKERS.contains(&&*name(word)));
        let Some((word, text)) = workers.next() else { continue };
        let word = name(word);
        let advice = match &*word {
            "celery" => "one of its own, such as `celery -A APP inspect ping`",
            _ => "one of its own",
        };
        findings.push(
            RULE.at(
                text.span,
                format!("`{}` runs `{word}`, and inherits a health check that asks a server", service.name),
            )
            .related(probe.span, "the health check of its Dockerfile")
            .help(format!("give it {advice}, or switch it off: `healthcheck: {{disable: true}}`")),
        );
    }
}
