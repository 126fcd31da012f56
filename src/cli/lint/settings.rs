//! Which rules hold for a project: what the command line says, over the `stackgen.toml` that is nearest to its files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::project::Reading;
use super::{Args, Gate};
use crate::cli::configuration::Configurations;
use crate::cli::disk::Disk;
use crate::cli::error::CliError;
use crate::cli::{display, explain};
use crate::config::{self, Config};
use crate::lint::{Rule, Selection, Set};
use crate::projects::Reason;
use compose_reader::diagnostic::{Diagnostic, Severity};
use compose_reader::spec::Version;

/// The rules for a project.
#[derive(Debug)]
pub(super) struct Rules {
    /// Which are on.
    pub(super) selection: Selection,
    /// What fails a run: this and worse.
    pub(super) gate: Severity,
    /// Files and folders outside of the root that may be read.
    pub(super) allow_outside: Vec<PathBuf>,
    /// The version of Docker Compose that files are read as.
    pub(super) version: Version,
    /// The projects that the configuration states, each with its line.
    projects: Vec<(Reading, Reason)>,
}

impl Rules {
    /// Whether a finding fails the run.
    pub(super) fn fail_on(&self, finding: &Diagnostic) -> bool {
        finding.severity >= self.gate
    }
}

/// The rules of every project of a run.
pub(super) struct Settings<'a> {
    args: &'a Args,
    selected: Vec<&'static Rule>,
    ignored: Vec<&'static Rule>,
    /// The rules by configuration file; without one, under no path.
    read: BTreeMap<Option<PathBuf>, Arc<Rules>>,
    configurations: Configurations<'a>,
}

impl<'a> Settings<'a> {
    /// The settings that the arguments choose, or what to tell the user.
    pub(super) fn new(args: &'a Args, disk: &'a Disk) -> Result<Self, CliError> {
        Ok(Self {
            args,
            selected: rules_named(&args.select)?,
            ignored: rules_named(&args.ignore)?,
            configurations: Configurations::new(disk),
            read: BTreeMap::new(),
        })
    }

    /// The rules for a project with these files, or what to tell the user.
    pub(super) fn rules_for(&mut self, files: &[PathBuf]) -> Result<Arc<Rules>, CliError> {
        let path = match (&self.args.config, files.first()) {
            (Some(path), _) => Some(path.clone()),
            (None, Some(file)) if !self.args.no_config => {
                let place = self.configurations.here().join(file);
                place.parent().and_then(|folder| self.configurations.nearest(folder))
            }
            _ => None,
        };
        if let Some(rules) = self.read.get(&path) {
            return Ok(Arc::clone(rules));
        }
        let config =
            path.as_deref().map(|path| self.configurations.read(path)).transpose()?.unwrap_or_default();
        let root = path
            .as_ref()
            .and_then(|path| self.configurations.here().join(path).parent().map(Path::to_path_buf));
        let file = path
            .as_deref()
            .map(|path| display(path.strip_prefix(self.configurations.here()).unwrap_or(path)));
        let root = root.unwrap_or_default();
        let projects = config
            .projects
            .iter()
            .map(|stated| self.stated(stated, &root, file.as_deref().unwrap_or_default()));
        let projects = projects.collect();
        let rules = Arc::new(Rules { projects, ..self.rules(config, root) });
        self.read.insert(path, Arc::clone(&rules));
        Ok(rules)
    }

    /// The projects that the configuration for some files states.
    pub(super) fn projects_for(&mut self, files: &[PathBuf]) -> Result<Vec<(Reading, Reason)>, CliError> {
        Ok(self.rules_for(files)?.projects.clone())
    }

    /// A project as the configuration in a folder states it.
    fn stated(&self, stated: &config::Project, root: &Path, file: &str) -> (Reading, Reason) {
        let path = |path: &String| {
            let path = root.join(path);
            path.strip_prefix(self.configurations.here()).map(Path::to_path_buf).unwrap_or(path)
        };
        let reading = Reading {
            files: stated.files.iter().map(path).collect(),
            directory: stated.directory.as_ref().map(path),
            env_files: stated.env_files.iter().map(path).collect(),
            profiles: stated.profiles.clone(),
            is_set_elsewhere: false,
            is_swarm: false,
        };
        (reading, Reason { file: file.to_owned(), line: stated.line, text: "stated here".to_owned() })
    }

    fn rules(&self, config: Config, root: PathBuf) -> Rules {
        let mut selection = Selection::of(|rule| match rule.set {
            _ if !self.selected.is_empty() => self.selected.iter().any(|selected| selected.code == rule.code),
            Set::Default => true,
            Set::Strict => self.args.strict || config.strict,
            Set::Pedantic => self.args.pedantic || config.pedantic,
        });
        for (rule, level) in &config.rules {
            selection.set(rule, *level);
        }
        let chosen = self.args.fail_on.map(Gate::severity);
        let allow_outside = config.allow_outside.iter().map(|path| root.join(path)).collect();
        selection.set_in(config.overrides, root, self.configurations.here().to_path_buf());
        let is_unselected =
            |rule: &&Rule| !self.selected.is_empty() && !self.selected.iter().any(|it| it.code == rule.code);
        for rule in crate::lint::RULES.iter().filter(is_unselected).chain(self.ignored.iter().copied()) {
            selection.exclude(rule);
        }
        let gate = chosen.or(config.fail_on).unwrap_or(Severity::Warning);
        let version = self.args.version.compose.or(config.compose).unwrap_or_default();
        Rules { allow_outside, selection, gate, version, projects: Vec::new() }
    }
}

/// The rules behind some words, or every word that is none.
fn rules_named(words: &[String]) -> Result<Vec<&'static Rule>, CliError> {
    let (found, unknown): (Vec<_>, Vec<_>) =
        words.iter().map(|word| explain::rule_named(word)).partition(Result::is_ok);
    let errors = CliError::all(unknown.into_iter().filter_map(Result::err));
    errors.map_or_else(|| Ok(found.into_iter().flatten().collect()), Err)
}
