//! `stackgen lsp`: the language server, on standard input and output.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Outcome;
use super::configuration::CONFIG_FILE;
use super::disk::{Disk, stdin};
use super::error::CliError;
use super::lint::{Choice, Readings, Said, Workspace, config_findings, lint_stack, project_of};
use super::quoting::quotable;
use super::stack;
use crate::lsp::{self, Checked, Checker, Folder, Host, OpenStack, Options, Project, Texts};

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
        Box::new(Watched {
            disk: self.disk.clone(),
            folder: folder.clone(),
            workspace,
            stacks: BTreeMap::new(),
        })
    }

    fn stack(&self, folder: &Folder, file: &Path, texts: &Texts) -> Option<OpenStack> {
        let disk = self.disk.seen_from(folder.path.clone(), Arc::clone(texts));
        let name = disk.name_of(file);
        stacks_around(&disk, Path::new(&name)).into_iter().find_map(|folder| {
            let opened = stack::open(&folder, &disk).ok()?;
            let file = opened.sources.iter().find(|(_, source)| source.name() == name)?.0;
            let planned = opened.plan(1).ok();
            Some(OpenStack {
                file,
                planned,
                sources: opened.sources,
                stack: opened.stack,
                catalog: opened.catalog,
            })
        })
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
    /// What was last said about each stack, by its folder.
    stacks: BTreeMap<PathBuf, Said>,
}

/// The folders that hold a stack which a file may be a part of, the nearest one first.
fn stacks_around(disk: &Disk, file: &Path) -> Vec<PathBuf> {
    let is_yaml = file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let above = file.ancestors().skip(1).filter(|_| is_yaml && file.is_relative());
    let folders =
        above.map(|it| if it.as_os_str().is_empty() { PathBuf::from(".") } else { it.to_path_buf() });
    folders
        .filter(|folder| disk.of_folder(folder).is_there(&stack::place(folder, stack::STACK_FILE)))
        .collect()
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
        let mut said = self.workspace.lint(&disk, &choice, texts, changed);
        self.check_stacks(&disk, &choice, texts, changed);
        let stacks = self.stacks.values().cloned();
        for more in stacks.chain(config_findings(&disk, Path::new(CONFIG_FILE), texts)) {
            said.add(more);
        }
        let (findings, sources) = quotable(&said.findings, &said.sources, &disk);
        let complaints = said.complaints.iter().flat_map(CliError::sentences).map(str::to_owned);
        Checked {
            findings: findings.into_owned(),
            sources: sources.into_owned(),
            complaints: complaints.collect(),
        }
    }
}

impl Watched {
    /// Looks at the stacks of the open texts, as far as they may have changed.
    fn check_stacks(
        &mut self,
        disk: &Disk,
        choice: &Choice,
        texts: &Texts,
        changed: Option<&BTreeSet<PathBuf>>,
    ) {
        let names = texts.keys().map(|path| PathBuf::from(disk.name_of(path)));
        let wanted: BTreeSet<PathBuf> =
            names.flat_map(|name| stacks_around(disk, &name).into_iter().next()).collect();
        self.stacks.retain(|folder, _| wanted.contains(folder));
        for folder in wanted {
            let is_same = self.stacks.get(&folder).zip(changed).is_some_and(|(said, changed)| {
                let is_read = |path: &PathBuf| {
                    let name = disk.name_of(path);
                    said.sources.iter().any(|(_, source)| source.name() == name)
                        || path.starts_with(disk.absolute(&folder))
                };
                !changed.iter().any(is_read)
            });
            if !is_same {
                let said = lint_stack(&folder, disk, choice);
                self.stacks.insert(folder, said);
            }
        }
    }
}
