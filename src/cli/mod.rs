//! The command line: one file per verb, arguments in, exit code out. The only code that reads, writes and prints.

mod beside;
mod completions;
mod config;
mod configuration;
mod disk;
mod docker;
mod env;
mod error;
mod explain;
mod fmt;
mod graph;
mod import;
mod lint;
mod lsp;
mod migrate;
mod origin;
mod pin;
mod ports;
mod program;
mod project;
mod quoting;
mod registry;
mod render;
mod schema;
mod secrets;
mod smoke;
mod stack;
mod status;
mod table;
mod templates;

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::report::Look;
use crate::report::escape::spoken;
use disk::Disk;
use error::CliError;

/// Renders Docker Compose files from one stack.yaml, and lints any compose file.
#[derive(Debug, Parser)]
#[command(name = "stackgen", version, disable_help_subcommand = true)]
struct Cli {
    /// Also read files outside of the project's repository; they are never quoted
    #[arg(long, global = true)]
    allow_outside: bool,

    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Render(render::Args),
    Lint(lint::Args),
    Fmt(fmt::Args),
    Config(config::Args),
    Graph(graph::Args),
    Explain(explain::Args),
    Import(import::Args),
    Migrate(migrate::Args),
    Pin(pin::Args),
    Templates(templates::Args),
    Ports(ports::Args),
    Env(env::Args),
    Secrets(secrets::Args),
    Status(status::Args),
    Smoke(smoke::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Lsp(lsp::Args),
}

/// What a run comes to, as an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Nothing to say: 0.
    Clean,
    /// Findings: 1.
    Findings,
    /// Wrong use, or input that cannot be read: 2.
    Unusable,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome as u8)
    }
}

/// Runs the program with its arguments, the first being its own name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let text = error.render().to_string();
            if error.use_stderr() {
                complain(&text);
                return Outcome::Unusable.into();
            }
            return told(print(&text)).into();
        }
    };
    let disk = Disk::new(cli.allow_outside);
    let outcome = told(match cli.verb {
        Verb::Render(args) => render::run(&args, &disk),
        Verb::Lint(args) => lint::run(&args, &disk),
        Verb::Fmt(args) => fmt::run(&args, &disk),
        Verb::Config(args) => config::run(&args, &disk),
        Verb::Graph(args) => graph::run(&args, &disk),
        Verb::Explain(args) => explain::run(&args),
        Verb::Import(args) => import::run(&args, &disk),
        Verb::Migrate(args) => migrate::run(&args, &disk),
        Verb::Pin(args) => pin::run(&args, &disk),
        Verb::Templates(args) => templates::run(&args, &disk),
        Verb::Ports(args) => ports::run(&args, &disk),
        Verb::Env(args) => env::run(&args, &disk),
        Verb::Secrets(args) => secrets::run(&args, &disk),
        Verb::Status(args) => status::run(&args, &disk),
        Verb::Smoke(args) => smoke::run(&args, &disk),
        Verb::Schema(args) => schema::run(&args),
        Verb::Completions(args) => completions::run(&args),
        Verb::Lsp(args) => lsp::run(&args, &disk),
    });
    for folder in disk.half_written() {
        complain(&format!(
            "note: a run was ended half-way while it wrote in `{}`: files there may be old or new\n  help: run that command \
             again, which finishes or undoes it first\n",
            disk.name_of(&folder)
        ));
    }
    outcome.into()
}

/// What a verb has come to; where it could not be of use, the user is told why.
fn told(result: Result<Outcome, CliError>) -> Outcome {
    result.unwrap_or_else(|error| {
        error.tell();
        Outcome::Unusable
    })
}

/// Writes data, or a report, to standard output. A reader that has gone away is no error.
fn print(text: &str) -> Result<Outcome, CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::new(format!("cannot write to standard output: {}", disk::reason(&error))))
        }
        _ => Ok(Outcome::Clean),
    }
}

/// Writes what is for people to standard output: names and values in it steer neither a terminal nor a CI system.
fn tell(text: &str) -> Result<Outcome, CliError> {
    print(&spoken(text))
}

/// Writes what is for people to standard error; where even that fails, nobody is left to tell.
fn complain(text: &str) {
    complain_in_colour(&spoken(text));
}

/// Writes a report, which may have colours, to standard error.
fn complain_in_colour(report: &str) {
    let _ = std::io::stderr().lock().write_all(report.as_bytes());
}

/// What an output can show: colour on a terminal unless `NO_COLOR` is set, lines where the locale has them.
fn look(is_terminal: bool) -> Look {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
    let is_utf8 = locale.to_string_lossy().to_uppercase().replace('-', "").contains("UTF8");
    Look {
        color: is_terminal && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb"),
        unicode: is_terminal && (is_utf8 || cfg!(windows)),
        ..Look::default()
    }
}

/// A path as people write it, with `/` on every system.
fn display(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}
