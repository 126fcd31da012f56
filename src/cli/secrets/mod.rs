//! `stackgen secrets`: the values that no rendered file holds.

mod access;
mod check;
mod git;
mod init;

use std::path::{Component, Path};

use clap::Subcommand;

use super::Outcome;
use super::disk::Disk;
use super::error::CliError;
use crate::plan::{Plan, PlannedSecret, SecretReader, SecretSource, used_variables};

/// Make the secrets of a stack, or say what is wrong with them
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Init(init::Args),
    Check(check::Args),
}

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    match &args.action {
        Action::Init(args) => init::run(args, disk),
        Action::Check(args) => check::run(args, disk),
    }
}

/// A secret of the environments that were chosen.
struct Used<'p> {
    name: &'p str,
    planned: &'p PlannedSecret,
    /// The file that services mount, as a path from the stack.
    file: Option<&'p str>,
    /// Whether a text has its value in it, which then stands in `.env`.
    interpolated: bool,
    /// Whether that is before the `@` of URLs, and nowhere else, so that it stands percent-encoded in `.env`.
    only_in_urls: bool,
    /// Who reads the file, in any environment.
    readers: Vec<&'p SecretReader>,
}

/// The secrets of some environments, with what all of them say about their files.
fn used<'p>(all: &'p [Plan], chosen: &[&'p Plan]) -> Vec<Used<'p>> {
    let mut found: Vec<Used> = Vec::new();
    for plan in chosen {
        let variables = used_variables([*plan]);
        for (name, planned) in &plan.secrets {
            let variable = variables.get(&planned.variable);
            let interpolated = variable.is_some();
            // A variable that Docker takes the value of the secret from holds the bare value.
            let is_bare =
                matches!(planned.source, SecretSource::Environment(_)) && !planned.readers.is_empty();
            let only_in_urls =
                !is_bare && variable.is_some_and(|variable| variable.in_userinfo && !variable.elsewhere);
            match found.iter_mut().find(|used| used.name == name && used.planned.source == planned.source) {
                Some(used) => {
                    used.only_in_urls &= only_in_urls || !interpolated;
                    used.interpolated |= interpolated;
                }
                None => {
                    let only_in_urls = only_in_urls || !interpolated;
                    let (file, readers) = (None, Vec::new());
                    found.push(Used { name, planned, file, interpolated, only_in_urls, readers });
                }
            }
        }
    }
    found.iter_mut().for_each(|used| used.only_in_urls &= used.interpolated);
    for (name, planned) in all.iter().flat_map(|plan| &plan.secrets) {
        let same = |used: &&mut Used| used.name == name && used.planned.source == planned.source;
        if let (Some(used), false) = (found.iter_mut().find(same), planned.readers.is_empty()) {
            used.readers.extend(&planned.readers);
            if let SecretSource::File(path) = &planned.source {
                used.file = Some(path.trim_start_matches("./"));
            }
        }
    }
    found
}

/// Whether a path leads to a place in the stack's folder, and to the same one on every machine.
fn is_inside(path: &str) -> bool {
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    !path.contains("${") && Path::new(path).components().all(is_plain)
}
