//! `stackgen env`: what to start a service with on the machine itself, and whether `.env` is what compose files ask for.

mod check;
mod file;
mod variables;

use std::fmt::Write;
use std::io::IsTerminal;

use clap::{Subcommand, ValueEnum};

use super::disk::Disk;
use super::error::CliError;
use super::quoting::quotable;
use super::stack::{InstanceArgs, StackArgs};
use super::{Outcome, complain, look, print, stack};
use crate::quote::{self, is_shell_name};
use crate::report;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::dotenv;
use compose_reader::yaml::Node;

pub(super) use file::{EnvFile, weakness};
pub(super) use variables::Variables;

const EXAMPLES: &str = "\
Examples:
  make infra-up && eval \"$(stackgen env orders-service)\" && python app.py
  stackgen env orders-service --format dotenv > services/orders/.env
  stackgen env backoffice --environment dev-fast   with the rest of dev-fast in containers
  stackgen env check                               what .env lacks, and what in it is weak or of no use

Variables of Compose have the values that .env gives them. Services that have a container in the environment are reached through the ports they publish there, all others as
processes on this machine too.";

/// Print the variables to start a service with on this machine, or check .env
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Option<Action>,

    /// The service; one that is called `check` comes behind `--`
    #[arg(required = true)]
    service: Option<String>,

    /// The environment that runs in containers
    #[arg(long, default_value = "infra")]
    environment: String,

    /// How they are written
    #[arg(long, value_enum, default_value_t = Format::Shell)]
    format: Format,

    #[command(flatten)]
    instance: InstanceArgs,

    #[command(flatten)]
    stack: StackArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// `export NAME=value`, for `eval`
    Shell,
    /// `NAME=value`, for a .env file
    Dotenv,
    /// For programs
    Json,
}

#[derive(Debug, Subcommand)]
enum Action {
    Check(check::Args),
}

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    match (&args.action, &args.service) {
        (Some(Action::Check(args)), _) => check::run(args, disk),
        (None, Some(service)) => variables(args, service, disk),
        // The command line asks for one of the two.
        (None, None) => Ok(Outcome::Unusable),
    }
}

/// Shows findings, or what was looked at where there are none.
pub(super) fn report(
    findings: &[Diagnostic],
    opened: &stack::Opened,
    looked_at: &str,
) -> Result<Outcome, CliError> {
    if findings.is_empty() {
        complain(&format!("{looked_at}\n"));
        return Ok(Outcome::Clean);
    }
    let (told, sources) = quotable(findings, &opened.sources, opened.files.disk());
    let shown = report::human(&told, &sources, look(std::io::stdout().is_terminal()));
    print(&format!("{shown}{}\n", report::summary(findings, 1)))?;
    Ok(Outcome::Findings)
}

fn variables(args: &Args, service: &str, disk: &Disk) -> Result<Outcome, CliError> {
    let mut opened = args.stack.open(disk)?;
    check_names(service, &args.environment, &opened)?;
    let process = opened.process(&args.environment, service, args.instance.number);
    let process = opened.or_report(process)?;
    let set = Variables::open(&mut opened)?;
    print(&written(&process, &set, args.format))
}

fn check_names(service: &str, environment: &str, opened: &stack::Opened) -> Result<(), CliError> {
    let Some(stack) = &opened.stack else { return Ok(()) };
    if !stack.services.contains_key(service) {
        let help = did_you_mean(service, stack.services.keys().map(String::as_str));
        return Err(CliError::new(format!("there is no service `{service}`")).help(help));
    }
    let environments = crate::plan::environments(stack, &mut Vec::new());
    if !environments.contains_key(environment) {
        let help = did_you_mean(environment, environments.keys().map(String::as_str));
        return Err(CliError::new(format!("there is no environment `{environment}`")).help(help));
    }
    Ok(())
}

fn written(process: &Node, set: &Variables, format: Format) -> String {
    let entries = process.as_mapping().into_iter().flatten();
    let pairs = entries.map(|(name, entry)| (&**name, entry.value.as_text().unwrap_or_default()));
    // A variable of Compose without a value and a default stays what it is, for whoever reads it.
    let value = |text: &str| set.expanded(text).unwrap_or_else(|| text.to_owned());
    let mut out = String::new();
    match format {
        Format::Json => {
            let pairs: serde_json::Map<String, serde_json::Value> =
                pairs.map(|(name, text)| (name.to_owned(), value(text).into())).collect();
            out = serde_json::to_string_pretty(&pairs).unwrap_or_default();
            out.push('\n');
        }
        Format::Shell => {
            pairs.filter(|(name, _)| told(name, is_shell_name(name))).for_each(|(name, value)| {
                // What `.env` does not set, the shell may.
                let expanded = set.expanded(value).filter(|_| set.is_in_env_file(value));
                let word =
                    expanded.map_or_else(|| quote::shell_with_variables(value), |value| quote::shell(&value));
                let _ = writeln!(out, "export {name}={word}");
            })
        }
        Format::Dotenv => {
            pairs.filter(|(name, _)| told(name, is_env_file_name(name))).for_each(|(name, text)| {
                let _ = writeln!(out, "{name}={}", dotenv::quoted(&value(text)));
            })
        }
    }
    out
}

/// Whether an env file can set a variable of this name.
fn is_env_file_name(name: &str) -> bool {
    let read = dotenv::parse(&format!("{name}=1\n"), &|_| None);
    read.is_ok_and(|found| matches!(&found[..], [one] if one.name == name && one.value == "1"))
}

/// Says that a variable is left out, where it cannot be written.
fn told(name: &str, is_writable: bool) -> bool {
    if !is_writable {
        complain(&format!("note: `{name}` is left out: it is no name of a variable there\n"));
    }
    is_writable
}
