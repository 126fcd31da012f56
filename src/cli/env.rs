//! `stackgen env`: what to start a service with on the machine itself.

use std::fmt::Write;
use std::path::PathBuf;

use clap::ValueEnum;

use super::{Outcome, complain, print, stack};
use crate::diagnostic::did_you_mean;
use crate::dotenv;
use crate::interpolation::expand;
use crate::yaml::Node;

const EXAMPLES: &str = "\
Examples:
  make infra-up && eval \"$(stackgen env orders-service)\" && python app.py
  stackgen env orders-service --format dotenv > services/orders/.env
  stackgen env backoffice --environment dev-fast   with the rest of dev-fast in containers

Services that have a container in the environment are reached through the ports they publish there, all others as
processes on this machine too.";

/// Print the variables to start a service with on this machine
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The service
    service: String,

    /// The environment that runs in containers
    #[arg(long, default_value = "infra")]
    environment: String,

    /// How they are written
    #[arg(long, value_enum, default_value_t = Format::Shell)]
    format: Format,

    /// The folder that holds stack.yaml
    #[arg(long, value_name = "DIR", default_value = ".")]
    stack: PathBuf,
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

pub(super) fn run(args: &Args) -> Outcome {
    let Some(opened) = stack::open(&args.stack) else { return Outcome::Unusable };
    if let Err(message) = check_names(args, &opened) {
        complain(&message);
        return Outcome::Unusable;
    }
    match opened.settled(opened.process(&args.environment, &args.service)) {
        Some(variables) => print(&written(&variables, args.format)),
        None => Outcome::Unusable,
    }
}

fn check_names(args: &Args, opened: &stack::Opened) -> Result<(), String> {
    let Some(stack) = &opened.stack else { return Ok(()) };
    if !stack.services.contains_key(&args.service) {
        let help = did_you_mean(&args.service, stack.services.keys().map(String::as_str));
        return Err(format!("error: there is no service `{}`\n  help: {help}\n", args.service));
    }
    let environments = crate::plan::environments(stack, &mut Vec::new());
    if !environments.contains_key(&args.environment) {
        let help = did_you_mean(&args.environment, environments.keys().map(String::as_str));
        return Err(format!("error: there is no environment `{}`\n  help: {help}\n", args.environment));
    }
    Ok(())
}

fn written(variables: &Node, format: Format) -> String {
    let entries = variables.as_mapping().into_iter().flatten();
    // A variable of Compose without a default stays what it is, for the shell to fill in.
    let value = |text: &str| expand(text, &|_| None).unwrap_or_else(|| text.to_owned());
    let pairs = entries.map(|(name, entry)| (&**name, value(entry.value.as_text().unwrap_or_default())));
    let mut out = String::new();
    match format {
        Format::Json => {
            let pairs: serde_json::Map<String, serde_json::Value> =
                pairs.map(|(name, value)| (name.to_owned(), value.into())).collect();
            out = serde_json::to_string_pretty(&pairs).unwrap_or_default();
            out.push('\n');
        }
        Format::Shell => pairs.for_each(|(name, value)| {
            let _ = writeln!(out, "export {name}={}", quoted(&value));
        }),
        Format::Dotenv => pairs.for_each(|(name, value)| {
            let _ = writeln!(out, "{name}={}", dotenv::quoted(&value));
        }),
    }
    out
}

/// A value as a shell reads it: in single quotes where it needs them.
fn quoted(value: &str) -> String {
    let harmless = |character: char| character.is_ascii_alphanumeric() || "-_./:,@%+=".contains(character);
    if !value.is_empty() && value.chars().all(harmless) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\\''"))
}
