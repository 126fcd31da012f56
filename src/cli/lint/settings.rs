//! Which rules hold for a project: what the command line says, over the `stackgen.toml` that is nearest to its files.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::text::Texts;
use super::{Args, Gate};
use crate::cli::{display, explain, look};
use crate::config::{self, Config};
use crate::lint::{Rule, Selection, Set};
use crate::report;
use compose_reader::diagnostic::{Diagnostic, Severity};
use compose_reader::source::Sources;

/// The file that is looked for in the folder of a compose file and those above it.
pub(in crate::cli) const CONFIG_FILE: &str = "stackgen.toml";

/// The rules for a project.
#[derive(Debug)]
pub(super) struct Rules {
    /// Which are on.
    pub(super) selection: Selection,
    /// What fails a run: this and worse.
    pub(super) gate: Severity,
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
    /// The folder that paths are named from.
    here: PathBuf,
    /// The rules by configuration file; without one, under no path.
    read: BTreeMap<Option<PathBuf>, Arc<Rules>>,
    /// The configuration file of each folder that was asked for.
    nearest: BTreeMap<PathBuf, Option<PathBuf>>,
}

impl<'a> Settings<'a> {
    /// The settings that the arguments choose, or what to tell the user.
    pub(super) fn new(args: &'a Args) -> Result<Self, String> {
        Ok(Self {
            args,
            selected: rules_named(&args.select)?,
            ignored: rules_named(&args.ignore)?,
            here: std::path::absolute(".").map_err(|error| format!("error: {error}\n"))?,
            read: BTreeMap::new(),
            nearest: BTreeMap::new(),
        })
    }

    /// The rules for a project with these files, or what to tell the user.
    pub(super) fn rules_for(&mut self, files: &[PathBuf]) -> Result<Arc<Rules>, String> {
        let path = match (&self.args.config, files.first()) {
            (Some(path), _) => Some(path.clone()),
            (None, Some(file)) if !self.args.no_config => {
                let place = self.here.join(file);
                place.parent().and_then(|folder| self.nearest(folder))
            }
            _ => None,
        };
        if let Some(rules) = self.read.get(&path) {
            return Ok(Arc::clone(rules));
        }
        let config = path.as_deref().map(|path| self.config(path)).transpose()?.unwrap_or_default();
        let root = path.as_ref().and_then(|path| self.here.join(path).parent().map(Path::to_path_buf));
        let rules = Arc::new(self.rules(config, root.unwrap_or_default()));
        self.read.insert(path, Arc::clone(&rules));
        Ok(rules)
    }

    /// The configuration file of a folder, or of the nearest one above it.
    fn nearest(&mut self, folder: &Path) -> Option<PathBuf> {
        if let Some(known) = self.nearest.get(folder) {
            return known.clone();
        }
        let path = folder.join(CONFIG_FILE);
        let found =
            if path.is_file() { Some(path) } else { folder.parent().and_then(|above| self.nearest(above)) };
        self.nearest.insert(folder.to_path_buf(), found.clone());
        found
    }

    fn config(&self, path: &Path) -> Result<Config, String> {
        let text = Texts::default().read(path)?;
        let mut sources = Sources::new();
        let name = display(path.strip_prefix(&self.here).unwrap_or(path));
        let id = sources.add(name, text.as_str());
        let is_terminal = std::io::stderr().is_terminal();
        config::read(id, &text).map_err(|problems| {
            report::human(&problems, &sources, report::Look { color: false, ..look(is_terminal) })
        })
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
        selection.set_in(config.overrides, root, self.here.clone());
        let is_unselected =
            |rule: &&Rule| !self.selected.is_empty() && !self.selected.iter().any(|it| it.code == rule.code);
        for rule in crate::lint::RULES.iter().filter(is_unselected).chain(self.ignored.iter().copied()) {
            selection.exclude(rule);
        }
        let chosen = self.args.fail_on.map(Gate::severity);
        Rules { selection, gate: chosen.or(config.fail_on).unwrap_or(Severity::Warning) }
    }
}

/// The rules behind some words, or every word that is none.
fn rules_named(words: &[String]) -> Result<Vec<&'static Rule>, String> {
    let (found, unknown): (Vec<_>, Vec<_>) =
        words.iter().map(|word| explain::rule_named(word)).partition(Result::is_ok);
    let messages: String = unknown.into_iter().filter_map(Result::err).collect();
    if messages.is_empty() { Ok(found.into_iter().flatten().collect()) } else { Err(messages) }
}
