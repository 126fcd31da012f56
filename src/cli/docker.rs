//! Docker Compose, asked about one environment of a stack.

use std::time::Duration;

use serde::Deserialize;

use super::disk::reason;
use super::error::CliError;
use super::program::{self, Ended, Said};
use super::{display, stack};
use crate::plan::{Plan, PlannedService};
use crate::render::compose_path;
use compose_reader::yaml::Node;

/// The variable that names another command than `docker compose`.
pub(super) const VARIABLE: &str = "STACKGEN_DOCKER_COMPOSE";

/// How long Docker Compose may take to answer a question.
const PATIENCE: Duration = Duration::from_secs(60);

/// Docker Compose with the file of one environment.
pub(super) struct Compose {
    words: Vec<String>,
}

/// A container as `ps` shows it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Container {
    /// Its name.
    pub(super) name: String,
    /// The service that it belongs to.
    pub(super) service: String,
    /// `running`, `exited`, `created` and so on.
    pub(super) state: String,
    /// `healthy`, `starting`, `unhealthy`, or nothing without a health check.
    pub(super) health: String,
    /// What it ended with.
    pub(super) exit_code: i64,
    /// Its ports.
    pub(super) publishers: Option<Vec<Publisher>>,
}

/// A port of a container, on the host if `published_port` is not 0.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Publisher {
    /// The address on the host.
    #[serde(rename = "URL")]
    pub(super) address: String,
    /// The port in the container.
    pub(super) target_port: u16,
    /// The port on the host.
    pub(super) published_port: u16,
}

/// Whether what runs is as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// In a word or two.
    pub(super) word: String,
    /// Whether it is good.
    pub(super) good: bool,
}

impl Container {
    /// Its ports on the host, those of IPv6 left out where IPv4 has them too.
    pub(super) fn published(&self) -> impl Iterator<Item = &Publisher> {
        let all = self.publishers.as_deref().unwrap_or_default();
        let doubled = |publisher: &Publisher| {
            publisher.address.contains(':')
                && all.iter().any(|other| {
                    other.published_port == publisher.published_port && !other.address.contains(':')
                })
        };
        all.iter().filter(move |publisher| publisher.published_port > 0 && !doubled(publisher))
    }

    /// How it does; a job is done when it has ended well.
    pub(super) fn verdict(&self, is_job: bool) -> Verdict {
        let (word, good) = match (&*self.state, &*self.health, self.exit_code) {
            ("running", "", _) => ("running".to_owned(), true),
            ("running", health, _) => (health.to_owned(), health == "healthy"),
            ("exited", _, 0) if is_job => ("done".to_owned(), true),
            ("exited", _, 0) => ("stopped".to_owned(), false),
            ("exited", _, code) => (format!("failed ({code})"), false),
            (state, ..) => (state.to_owned(), false),
        };
        Verdict { word, good }
    }
}

/// Whether a service ends by itself.
pub(super) fn is_job(service: &PlannedService) -> bool {
    service.compose.get("restart").and_then(Node::as_text) == Some("no")
}

impl Compose {
    /// Compose with the file of a plan that lies in a stack's folder.
    ///
    /// # Errors
    ///
    /// That the file is not there.
    pub(super) fn new(opened: &stack::Opened, plan: &Plan) -> Result<Self, CliError> {
        let folder = &opened.folder;
        let file = stack::place(folder, &compose_path(plan));
        if !opened.files.is_file(&file) {
            return Err(CliError::new(format!("there is no `{}`", display(&file)))
                .help(format!("`stackgen render --stack {}` writes it", display(folder))));
        }
        let given = std::env::var(VARIABLE).ok().filter(|given| !given.trim().is_empty());
        let command = given.unwrap_or_else(|| "docker compose".to_owned());
        let folder = if folder.as_os_str().is_empty() { ".".to_owned() } else { display(folder) };
        let mut words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        words.extend(["--project-directory".to_owned(), folder, "-f".to_owned(), display(&file)]);
        Ok(Self { words })
    }

    /// Runs a command of Compose, which tells people on standard error how it goes; returns how it ended.
    pub(super) fn run(&self, arguments: &[&str], deadline: Duration) -> Result<Ended, CliError> {
        self.ended(arguments, Said::Shown, deadline)
    }

    /// What a command of Compose prints that answers at once.
    pub(super) fn output(&self, arguments: &[&str]) -> Result<Ended, CliError> {
        self.output_within(arguments, PATIENCE)
    }

    /// What a command of Compose prints by a deadline.
    pub(super) fn output_within(&self, arguments: &[&str], deadline: Duration) -> Result<Ended, CliError> {
        self.ended(arguments, Said::Kept, deadline)
    }

    /// Every container of the environment, those that have ended included.
    pub(super) fn containers(&self) -> Result<Vec<Container>, CliError> {
        let output = self.output(&["ps", "--all", "--format", "json"])?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.is_none() {
            let message = format!("`{} ps` gives no answer in {} seconds", self.name(), PATIENCE.as_secs());
            return Err(CliError::new(message).help("see whether the Docker Engine works: `docker info`"));
        }
        if !output.is_success() {
            return Err(CliError::new(format!("`{} ps` fails: {}", self.name(), said.trim())));
        }
        let lines = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
        lines.collect::<Result<_, _>>().map_err(|error| {
            CliError::new(format!("what `{} ps` prints is not understood: {error}", self.name()))
                .help("it has to be Docker Compose 2.24 or later")
        })
    }

    fn ended(&self, arguments: &[&str], said: Said, deadline: Duration) -> Result<Ended, CliError> {
        let words = self.words.iter().map(String::as_str).chain(arguments.iter().copied());
        program::run(&words.collect::<Vec<_>>(), said, deadline).map_err(|error| self.cannot_run(&error))
    }

    /// The command as people know it.
    fn name(&self) -> String {
        let own = self.words.iter().position(|word| word == "--project-directory").unwrap_or_default();
        self.words[..own].join(" ")
    }

    fn cannot_run(&self, error: &std::io::Error) -> CliError {
        CliError::new(format!("cannot run `{}`: {}", self.name(), reason(error)))
            .help(format!("install Docker Compose 2.24 or later, or name another command in {VARIABLE}"))
    }
}
