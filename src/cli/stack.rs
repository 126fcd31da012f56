//! Opening a stack: its folder in, its plans or everything that is wrong with it out.

use std::path::{Path, PathBuf};

use super::disk::{Disk, ProjectFiles};
use super::display;
use super::error::CliError;
use crate::catalog::{Catalog, Engine};
use crate::definition::{self, Lock, Stack};
use crate::fault::Fault;
use crate::plan::{self, Circumstances, Plan, Planned};
use crate::render::LOCK_FILE;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::source::{SourceId, Sources, Span};
use compose_reader::yaml::{Node, Parsed, parse};

/// The file that makes a folder a stack.
pub(super) const STACK_FILE: &str = "stack.yaml";
/// The folder beside it with the user's own templates.
const TEMPLATES: &str = "templates";

/// Which stack is meant.
#[derive(Debug, clap::Args)]
pub(super) struct StackArgs {
    /// The folder that holds stack.yaml
    #[arg(long = "stack", value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

impl StackArgs {
    /// The folder, where the file in it was given as well.
    pub(super) fn folder(&self, disk: &Disk) -> &Path {
        match self.folder.parent() {
            Some(parent) if disk.of_files(std::slice::from_ref(&self.folder)).is_file(&self.folder) => parent,
            _ => &self.folder,
        }
    }

    /// Reads the stack.
    ///
    /// # Errors
    ///
    /// That there is none, or why it cannot be read.
    pub(super) fn open(&self, disk: &Disk) -> Result<Opened, CliError> {
        open(&self.folder, disk)
    }
}

/// Which instance of an environment is meant.
#[derive(Debug, clap::Args)]
pub(super) struct InstanceArgs {
    /// Which of several instances on one machine; each has host ports of its own
    #[arg(long = "instance", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) number: u16,
}

/// A stack that has been read.
pub(super) struct Opened {
    /// Its folder.
    pub(super) folder: PathBuf,
    /// The files around it.
    pub(super) files: ProjectFiles,
    /// Every text that was read.
    pub(super) sources: Sources,
    /// What could be read of it.
    pub(super) stack: Option<Stack>,
    pub(super) catalog: Catalog,
    lock: Lock,
    diagnostics: Vec<Diagnostic>,
}

impl Opened {
    /// Plans every environment, as one of several instances.
    pub(super) fn plan(&self, instance: u16) -> Result<Planned, Vec<Diagnostic>> {
        self.with(|stack, engine| {
            let circumstances = self.circumstances(instance);
            plan::plan(stack, &self.catalog, engine, &circumstances)
        })
    }

    /// The variables of a service that runs on the machine itself, beside an environment.
    pub(super) fn process(
        &self,
        environment: &str,
        service: &str,
        instance: u16,
    ) -> Result<Node, Vec<Diagnostic>> {
        self.with(|stack, engine| {
            let circumstances = self.circumstances(instance);
            plan::process(stack, &self.catalog, engine, &circumstances, environment, service)
        })
    }

    /// What has been planned.
    ///
    /// # Errors
    ///
    /// What is wrong with the stack.
    pub(super) fn or_report<T>(&self, planned: Result<T, Vec<Diagnostic>>) -> Result<T, CliError> {
        planned.map_err(|diagnostics| CliError::of_findings(&diagnostics, &self.sources, self.files.disk()))
    }

    /// Shows warnings about the stack.
    pub(super) fn warn(&self, warnings: &[Diagnostic]) {
        if !warnings.is_empty() {
            CliError::of_findings(warnings, &self.sources, self.files.disk()).tell();
        }
    }

    fn circumstances(&self, instance: u16) -> Circumstances {
        Circumstances { lock: self.lock.clone(), instance }
    }

    /// What comes of a stack that is read without a mistake; otherwise all mistakes, those found on the way included.
    fn with<T>(
        &self,
        planned: impl FnOnce(&Stack, &Engine) -> Result<T, Vec<Diagnostic>>,
    ) -> Result<T, Vec<Diagnostic>> {
        match self.stack.as_ref().map(|stack| planned(stack, &Engine::new())) {
            Some(Ok(planned)) if self.diagnostics.is_empty() => Ok(planned),
            other => {
                let mut diagnostics = self.diagnostics.clone();
                diagnostics.extend(other.and_then(Result::err).unwrap_or_default());
                diagnostics.sort_by_key(|diagnostic| diagnostic.span);
                Err(diagnostics)
            }
        }
    }
}

/// The plans of the environments that are named, of all where none is.
///
/// # Errors
///
/// The names that are of no environment with services in it.
pub(super) fn chosen<'p>(plans: &'p [Plan], names: &[String]) -> Result<Vec<&'p Plan>, CliError> {
    let known = || plans.iter().map(|plan| plan.environment.as_str());
    let unknown = names.iter().filter(|name| !known().any(|known| known == name.as_str()));
    let errors = unknown.map(|unknown| {
        CliError::new(format!("this stack has no environment `{unknown}` with services in it"))
            .help(did_you_mean(unknown, known()))
    });
    let is_chosen = |plan: &&Plan| names.is_empty() || names.contains(&plan.environment);
    CliError::all(errors).map_or_else(|| Ok(plans.iter().filter(is_chosen).collect()), Err)
}

/// Reads the stack of a folder.
///
/// # Errors
///
/// That the folder holds none, or why it cannot be read.
pub(super) fn open(given: &Path, disk: &Disk) -> Result<Opened, CliError> {
    let (folder, path) = locate(given, disk)?;
    let files = disk.of_folder(&folder);
    let text = files.text(&path)?;
    let mut sources = Sources::new();
    let id = sources.add(display(&path), text.clone());
    let mut catalog = Catalog::new(own_templates(&folder, &files)?);
    let mut diagnostics = Vec::new();
    let mut stack = None;
    if let Some(parsed) = parsed(id, &text, &mut diagnostics) {
        let included = included(&folder, &files, &parsed, &mut sources, &mut diagnostics)?;
        let (mut read, found) = definition::read((&parsed, Span::new(id, 0, 0)), &included);
        diagnostics.extend(found);
        if let Some(stack) = &mut read {
            diagnostics.extend(plan::prepare(stack, &mut catalog, &mut sources));
        }
        stack = read;
    }
    let lock = lock(&folder, &files, &mut sources, &mut diagnostics)?;
    Ok(Opened { folder, files, sources, stack, catalog, lock, diagnostics })
}

fn parsed(id: SourceId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Parsed> {
    match parse(id, text) {
        Ok(parsed) => Some(parsed),
        Err(error) => {
            let help = if is_bare_reference(text, error.span) {
                "YAML takes the braces of a reference inside `{ }` for its own; quote it: `\"${{ postgres.url }}\"`"
                    .to_owned()
            } else {
                error.help
            };
            diagnostics.push(Fault::InvalidYaml.at(error.span, error.message).help(help));
            None
        }
    }
}

/// The lock file, if there is one.
fn lock(
    folder: &Path,
    files: &ProjectFiles,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Lock, CliError> {
    let path = place(folder, LOCK_FILE);
    let Some(text) = files.text_if_there(&path)? else { return Ok(Lock::default()) };
    let id = sources.add(display(&path), text.clone());
    let Some(parsed) = parsed(id, &text, diagnostics) else { return Ok(Lock::default()) };
    let (lock, found) = definition::read_lock(&parsed);
    diagnostics.extend(found);
    Ok(lock)
}

/// The files that a stack includes, those that cannot be read as diagnostics.
fn included(
    folder: &Path,
    files: &ProjectFiles,
    parsed: &Parsed,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Vec<(Parsed, Span)>, CliError> {
    let mut included = Vec::new();
    for written in definition::includes(parsed) {
        let path = place(folder, &written);
        let Some(text) = files.text_if_there(&path)? else {
            let message = format!("there is no file `{}`", written.value);
            let help = format!("`include` takes files as paths from the folder of {STACK_FILE}");
            diagnostics.push(Fault::MissingFile.at(written.span, message).help(help));
            continue;
        };
        let id = sources.add(display(&path), text.clone());
        included.extend(self::parsed(id, &text, diagnostics).map(|parsed| (parsed, Span::new(id, 0, 0))));
    }
    Ok(included)
}

/// A path as it is named to people: from here, where the folder is this one.
pub(super) fn place(folder: &Path, path: &str) -> PathBuf {
    if folder == Path::new(".") { PathBuf::from(path) } else { folder.join(path) }
}

/// Whether reading stopped at the braces of a reference.
fn is_bare_reference(text: &str, span: Span) -> bool {
    let at = span.start as usize;
    text.get(..at).is_some_and(|before| before.ends_with('$')) && text[at..].starts_with("{{")
}

/// The folder of a stack and its file; the file itself may be named as well.
fn locate(given: &Path, disk: &Disk) -> Result<(PathBuf, PathBuf), CliError> {
    if disk.of_files(&[given.to_path_buf()]).is_file(given) {
        let folder = given.parent().map(Path::to_path_buf).unwrap_or_default();
        return Ok((folder, given.to_path_buf()));
    }
    let path = place(given, STACK_FILE);
    if disk.of_folder(given).is_there(&path) {
        return Ok((given.to_path_buf(), path));
    }
    Err(CliError::new(format!("there is no {STACK_FILE} in `{}`", display(given)))
        .help("run this in the folder that holds it, or name that folder: `--stack stacks/shop`"))
}

/// The user's own templates: name, path and text.
pub(super) fn own_templates(
    folder: &Path,
    files: &ProjectFiles,
) -> Result<Vec<(String, String, String)>, CliError> {
    let folder = folder.join(TEMPLATES);
    let read = |name: String| {
        let path = folder.join(&name);
        let stem = name.strip_suffix(".yaml")?;
        Some(files.text(&path).map(|text| (stem.to_owned(), display(&path), text)))
    };
    files.list(&folder).files.into_iter().filter_map(read).collect()
}
