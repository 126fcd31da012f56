//! A folder that is linted again and again, as an editor does: what has not changed is not read again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Args;
use super::input::{Candidate, comments_of, holds_nothing, projects_at, projects_in};
use super::linting::{Input, answer_all, excuse_parts, inputs_of, lint_each};
use super::project::{Linted, Reading, lint_project, request};
use super::reporting::Report;
use super::settings::Settings;
use crate::cli::configuration::Configurations;
use crate::cli::disk::Disk;
use crate::cli::display;
use crate::cli::error::CliError;
use crate::lsp;
use crate::projects;
use compose_reader::compose;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::Sources;

/// What is asked of the rules, apart from what `stackgen.toml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct Choice {
    pub(in crate::cli) strict: bool,
    pub(in crate::cli) pedantic: bool,
    pub(in crate::cli) select: Vec<String>,
    pub(in crate::cli) ignore: Vec<String>,
}

impl Choice {
    /// The same, as arguments of `stackgen lint`.
    pub(super) fn args(&self) -> Args {
        Args {
            strict: self.strict,
            pedantic: self.pedantic,
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            ..Args::default()
        }
    }
}

/// What is said about a folder.
#[derive(Clone, Default)]
pub(in crate::cli) struct Said {
    pub(in crate::cli) sources: Sources,
    pub(in crate::cli) findings: Vec<Diagnostic>,
    pub(in crate::cli) complaints: Vec<CliError>,
}

impl Said {
    /// Adds what is said about something else.
    pub(in crate::cli) fn add(&mut self, more: Self) {
        let by = self.sources.absorb(more.sources);
        self.findings.extend(more.findings.into_iter().map(|finding| finding.shifted(by)));
        self.complaints.extend(more.complaints);
    }
}

/// How the files of a folder are read, for who asks for one of them.
#[derive(Clone, Default)]
pub(in crate::cli) struct Readings(Arc<Mutex<Vec<Known>>>);

struct Known {
    reading: Reading,
    is_combination: bool,
    /// The names of all texts that are read.
    names: BTreeSet<String>,
}

impl Readings {
    /// The reading that a file is best understood in: as the project that Compose would find, else as part of another.
    pub(super) fn of(&self, file: &Path) -> Reading {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = display(file);
        let is_own = |known: &&Known| known.reading.files.iter().any(|own| own == file);
        let mut own: Vec<&Known> = known.iter().filter(is_own).collect();
        own.sort_by_key(|known| (known.is_combination, std::cmp::Reverse(known.reading.files.len())));
        let found = own.first().copied().or_else(|| known.iter().find(|known| known.names.contains(&name)));
        let alone = || Reading { files: vec![file.to_path_buf()], ..Reading::default() };
        found.map_or_else(alone, |known| known.reading.clone())
    }
}

/// A folder, the projects in it, and what each of them comes to by itself.
pub(in crate::cli) struct Workspace {
    /// Whether only what lies directly in the folder counts.
    is_loose: bool,
    choice: Choice,
    inputs: Vec<Input>,
    linted: Vec<Linted>,
    readings: Readings,
    /// What decides how the files are read together, of each open text.
    outlines: BTreeMap<PathBuf, Outline>,
}

/// What decides how a file is read together with others.
struct Outline(Box<dyn Fn(&str) -> bool + Send>);

impl Outline {
    fn of(text: &str) -> Self {
        let parts = |text: &str| {
            (projects::outline(text), projects::holds_compose(text), holds_nothing(text), comments_of(text))
        };
        let known = parts(text);
        Self(Box::new(move |text| parts(text) == known))
    }

    fn is_same(&self, text: &str) -> bool {
        (self.0)(text)
    }
}

impl Workspace {
    /// A folder that nobody has looked at yet.
    pub(in crate::cli) fn new(is_loose: bool, readings: Readings) -> Self {
        Self {
            is_loose,
            choice: Choice::default(),
            inputs: Vec::new(),
            linted: Vec::new(),
            readings,
            outlines: BTreeMap::new(),
        }
    }

    /// What `stackgen lint` says about the folder that `disk` is seen from: anew, or as far as it depends on texts that have
    /// changed. `open` are the texts that somebody looks at; those count wherever they lie.
    pub(in crate::cli) fn lint(
        &mut self,
        disk: &Disk,
        choice: &Choice,
        open: &BTreeMap<PathBuf, Arc<str>>,
        changed: Option<&BTreeSet<PathBuf>>,
    ) -> Said {
        let is_same = |path: &PathBuf| match (self.outlines.get(path), open.get(path)) {
            (Some(outline), Some(text)) => outline.is_same(text),
            _ => false,
        };
        let mut complaints = Vec::new();
        match changed.filter(|changed| *choice == self.choice && changed.iter().all(is_same)) {
            Some(changed) => self.update(disk, changed),
            None => {
                self.choice = choice.clone();
                if let Err(error) = self.scan(disk, open, &mut complaints) {
                    (self.inputs, self.linted) = (Vec::new(), Vec::new());
                    complaints.push(error);
                }
            }
        }
        self.outlines = open.iter().map(|(path, text)| (path.clone(), Outline::of(text))).collect();
        self.note();
        let mut said = self.report(disk);
        said.complaints.extend(complaints);
        said
    }

    fn scan(
        &mut self,
        disk: &Disk,
        open: &BTreeMap<PathBuf, Arc<str>>,
        complaints: &mut Vec<CliError>,
    ) -> Result<(), CliError> {
        let here = Path::new(".");
        let mut projects = if self.is_loose {
            projects_in(here, disk)
        } else {
            let found = projects_at(here, disk);
            // That there is no compose file at all is nothing to complain of here.
            if !found.projects.is_empty() {
                complaints.extend(found.problems);
            }
            found.projects
        };
        for (path, text) in open {
            let name = disk.name_of(path);
            let is_known =
                |project: &Candidate| project.reading.files.iter().any(|file| display(file) == name);
            let is_here = disk.absolute(Path::new(&name)).starts_with(disk.here());
            if is_here && projects::holds_compose(text) && !projects.iter().any(is_known) {
                projects.push(Candidate::of(vec![PathBuf::from(name)]));
            }
        }
        let args = self.choice.args();
        let mut settings = Settings::new(&args, disk)?;
        self.inputs = inputs_of(projects, &mut settings, disk)?;
        self.linted = lint_each(&self.inputs, disk);
        Ok(())
    }

    /// Lints those projects anew that read one of some texts.
    fn update(&mut self, disk: &Disk, changed: &BTreeSet<PathBuf>) {
        let names: BTreeSet<String> = changed.iter().map(|path| disk.name_of(path)).collect();
        for (input, linted) in self.inputs.iter_mut().zip(&mut self.linted) {
            let is_read = linted.checked.sources.iter().any(|(_, source)| names.contains(source.name()));
            let is_named = || input.reading.files.iter().any(|file| names.contains(&display(file)));
            if is_read || is_named() {
                *linted = lint_project(&input.reading, disk, &input.rules);
            }
        }
    }

    /// Notes how files are read.
    fn note(&self) {
        let known = self.inputs.iter().zip(&self.linted).map(|(input, linted)| Known {
            reading: input.reading.clone(),
            is_combination: input.is_combination,
            names: linted.checked.sources.iter().map(|(_, source)| source.name().to_owned()).collect(),
        });
        *self.readings.0.lock().unwrap_or_else(PoisonError::into_inner) = known.collect();
    }

    /// What is said of all projects together.
    fn report(&mut self, disk: &Disk) -> Said {
        self.inputs.iter_mut().for_each(|input| input.excused = BTreeSet::new());
        let mut linted = answer_all(&self.inputs, self.linted.clone(), disk);
        excuse_parts(&mut self.inputs, &mut linted);
        let mut report = Report::new(Sources::new());
        let mut complaints = Vec::new();
        for (mut linted, input) in linted.into_iter().zip(&self.inputs) {
            complaints.append(&mut linted.complaints);
            report.add(linted, &input.rules);
        }
        report.add_across();
        let findings: Vec<Diagnostic> = report.findings.into_iter().map(|(finding, _)| finding).collect();
        Said { sources: report.sources, findings, complaints }
    }
}

/// The project that a file belongs to, read as lint reads it.
pub(in crate::cli) fn project_of(disk: &Disk, readings: &Readings, file: &Path) -> Option<lsp::Project> {
    let reading = readings.of(file);
    let around = disk.of_files(&reading.files);
    let mut sources = Sources::new();
    let texts = reading.files.iter().map(|path| Some((display(path), around.text(path).ok()?)));
    let texts: Vec<(String, String)> = texts.collect::<Option<_>>()?;
    let ids: Vec<_> = texts.into_iter().map(|(name, text)| sources.add(name, text)).collect();
    let (mut request, _) = request(&around, &mut sources, &ids, &reading);
    let place = disk.absolute(file);
    let stated = place.parent().and_then(|folder| Configurations::new(disk).of_folder(folder).ok());
    request.version = stated.and_then(|stated| stated.compose).unwrap_or_default();
    let resolution = compose::resolve(&mut sources, &around, &request);
    let name = display(file);
    let file = sources.iter().find(|(_, source)| source.name() == name)?.0;
    Some(lsp::Project { sources, file, resolution, files: Box::new(around), folder: request.folder })
}
