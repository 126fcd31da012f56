//! Docker Compose, asked about one environment of a stack.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde::Deserialize;

use super::{display, stack};
use crate::plan::{Plan, PlannedService};
use crate::render::compose_path;
use compose_reader::yaml::Node;

/// The variable that names another command than `docker compose`.
pub(super) const VARIABLE: &str = "STACKGEN_DOCKER_COMPOSE";

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
    pub(super) fn new(folder: &Path, plan: &Plan) -> Result<Self, String> {
        let file = stack::place(folder, &compose_path(plan));
        if !file.is_file() {
            return Err(format!(
                "error: there is no `{}`\n  help: `stackgen render --stack {}` writes it\n",
                display(&file),
                display(folder)
            ));
        }
        let given = std::env::var(VARIABLE).ok().filter(|given| !given.trim().is_empty());
        let command = given.unwrap_or_else(|| "docker compose".to_owned());
        let folder = if folder.as_os_str().is_empty() { ".".to_owned() } else { display(folder) };
        let mut words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        words.extend(["--project-directory".to_owned(), folder, "-f".to_owned(), display(&file)]);
        Ok(Self { words })
    }

    /// Runs a command of Compose, which tells people on standard error how it goes; returns whether it went well.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<bool, String> {
        let status = self.command(arguments).stdout(Stdio::null()).status();
        status.map(|status| status.success()).map_err(|error| self.cannot_run(&error))
    }

    /// What a command of Compose prints.
    pub(super) fn output(&self, arguments: &[&str]) -> Result<Output, String> {
        self.command(arguments).output().map_err(|error| self.cannot_run(&error))
    }

    /// Every container of the environment, those that have ended included.
    pub(super) fn containers(&self) -> Result<Vec<Container>, String> {
        let output = self.output(&["ps", "--all", "--format", "json"])?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(format!("error: `{} ps` fails: {}\n", self.name(), said.trim()));
        }
        let lines = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
        lines.collect::<Result<_, _>>().map_err(|error| {
            format!(
                "error: what `{} ps` prints is not understood: {error}\n  help: it has to be Docker Compose 2.24 or \
                 later\n",
                self.name()
            )
        })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).args(arguments).stdin(Stdio::null());
        command
    }

    /// The command as people know it.
    fn name(&self) -> String {
        let own = self.words.iter().position(|word| word == "--project-directory").unwrap_or_default();
        self.words[..own].join(" ")
    }

    fn cannot_run(&self, error: &std::io::Error) -> String {
        format!(
            "error: cannot run `{}`: {}\n  help: install Docker Compose 2.24 or later, or name another command in \
             {VARIABLE}\n",
            self.name(),
            super::write::reason(error)
        )
    }
}
