//! `stackgen lsp`: the language server, on standard input and output.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Outcome;
use super::disk::{Disk, stdin};
use super::error::CliError;
use super::lint::{Choice, Readings, Workspace, project_of};
use super::quoting::quotable;
use crate::lsp::{self, Checked, Checker, Folder, Host, Options, Project, Texts};

const EXAMPLES: &str = "\
An editor starts it and talks to it over standard input and output; docs/editors.md says how each is set up.";

/// Serve an editor, by the Language Server Protocol
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Over standard input and output, as always; clients may say so
    #[arg(long)]
    stdio: bool,
}

#[expect(clippy::unnecessary_wraps, reason = "each verb may fail")]
pub(super) fn run(_: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let world = World { disk: disk.clone(), readings: Mutex::default() };
    let is_orderly = lsp::serve(stdin(), std::io::stdout(), Arc::new(world));
    // Source: the Language Server Protocol 3.18, "Exit Notification".
    Ok(if is_orderly { Outcome::Clean } else { Outcome::Findings })
}

/// The disk and the rules, for the language server.
struct World {
    disk: Disk,
    /// How the files of each folder are read.
    readings: Mutex<BTreeMap<Folder, Readings>>,
}

impl World {
    fn readings(&self, folder: &Folder) -> Readings {
        let mut readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
        readings.entry(folder.clone()).or_default().clone()
    }
}

impl Host for World {
    fn checker(&self, folder: &Folder) -> Box<dyn Checker> {
        let workspace = Workspace::new(folder.is_loose, self.readings(folder));
        Box::new(Watched { disk: self.disk.clone(), folder: folder.clone(), workspace })
    }

    fn project(&self, folder: &Folder, file: &Path, texts: &Texts) -> Option<Project> {
        let disk = self.disk.seen_from(folder.path.clone(), Arc::clone(texts));
        let file = PathBuf::from(disk.name_of(file));
        project_of(&disk, &self.readings(folder), &file)
    }
}

/// A folder that is looked at again and again.
struct Watched {
    disk: Disk,
    folder: Folder,
    workspace: Workspace,
}

impl Checker for Watched {
    fn check(&mut self, texts: &Texts, options: &Options, changed: Option<&BTreeSet<PathBuf>>) -> Checked {
        let disk = self.disk.seen_from(self.folder.path.clone(), Arc::clone(texts));
        let choice = Choice {
            strict: options.strict,
            pedantic: options.pedantic,
            select: options.select.clone(),
            ignore: options.ignore.clone(),
        };
        let said = self.workspace.lint(&disk, &choice, texts, changed);
        let (findings, sources) = quotable(&said.findings, &said.sources, &disk);
        let complaints = said.complaints.iter().flat_map(CliError::sentences).map(str::to_owned);
        Checked {
            findings: findings.into_owned(),
            sources: sources.into_owned(),
            complaints: complaints.collect(),
        }
    }
}
