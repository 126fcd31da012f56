//! Which rules are on, and how much their findings matter: in general, in some files, and for some services.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use globset::GlobSet;

use super::{Findings, RULES, Rule, Set};
use compose_reader::diagnostic::{Diagnostic, Severity};
use compose_reader::source::{SourceId, Sources};
use compose_reader::yaml::{Node, parse, path_at};

/// What becomes of the findings of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// There are none.
    Off,
    /// Each matters as much as the rule says.
    On,
    /// All matter alike.
    At(Severity),
}

/// Other levels in some files, for some services.
#[derive(Clone, Debug)]
pub struct Override {
    /// The files, as paths from the selection's root; `None` for all.
    pub paths: Option<GlobSet>,
    /// The services, by name; `None` for everything in the files.
    pub services: Option<GlobSet>,
    /// The levels there.
    pub levels: Vec<(&'static Rule, Level)>,
}

/// The level of each rule.
#[derive(Clone, Debug)]
pub struct Selection {
    /// In the order of [`RULES`].
    levels: Vec<Level>,
    /// Weakest first.
    overrides: Vec<Override>,
    /// The folder that the paths of overrides are seen from, and the one that names of files are.
    folders: (PathBuf, PathBuf),
    /// Rules that are off whatever else is said.
    excluded: Vec<&'static str>,
}

impl Default for Selection {
    /// The rules of the default set.
    fn default() -> Self {
        Self::of(|rule| rule.set == Set::Default)
    }
}

impl Selection {
    /// The rules that `is_on` takes.
    pub fn of(is_on: impl Fn(&Rule) -> bool) -> Self {
        let level = |rule| if is_on(rule) { Level::On } else { Level::Off };
        Self {
            levels: RULES.iter().map(level).collect(),
            overrides: Vec::new(),
            folders: (PathBuf::new(), PathBuf::new()),
            excluded: Vec::new(),
        }
    }

    /// Gives a rule another level.
    pub fn set(&mut self, rule: &Rule, level: Level) {
        let known = RULES.iter().zip(&mut self.levels).find(|(known, _)| known.code == rule.code);
        if let Some((_, own)) = known {
            *own = level;
        }
    }

    /// Gives rules other levels in some files, whose paths are seen from `root`; both folders are absolute.
    pub fn set_in(&mut self, overrides: Vec<Override>, root: PathBuf, here: PathBuf) {
        self.overrides = overrides;
        self.folders = (root, here);
    }

    /// Switches a rule off for good.
    pub fn exclude(&mut self, rule: &Rule) {
        self.excluded.push(rule.code);
    }

    /// The rules that are on, somewhere at least.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        let is_on = |rule: &Rule, level: Level| {
            let elsewhere = self.overrides.iter().flat_map(|it| &it.levels);
            let is_on_elsewhere =
                || elsewhere.clone().any(|(it, level)| it.code == rule.code && *level != Level::Off);
            !self.excluded.contains(&rule.code) && (level != Level::Off || is_on_elsewhere())
        };
        RULES.iter().zip(&self.levels).filter(move |(rule, level)| is_on(rule, **level)).map(|(rule, _)| rule)
    }

    /// Whether a rule is on in the file with this name.
    pub(super) fn is_on(&self, code: &str, file: &str) -> bool {
        self.level(code, file, &|| None) != Level::Off
    }

    /// The findings at the levels of their rules, without those of rules that are off.
    pub(super) fn with_levels(&self, sources: &Sources, findings: Findings) -> Findings {
        let mut documents = HashMap::new();
        let mut weighed = Findings::new();
        for finding in findings {
            let file = sources.get(finding.span.source).name();
            if self.overrides.iter().any(|it| it.services.is_some()) {
                let parsed = |id: SourceId| {
                    parse(id, sources.get(id).text()).map(|it| it.documents).unwrap_or_default()
                };
                documents.entry(finding.span.source).or_insert_with_key(|id| parsed(*id));
            }
            let service = || service_at(documents.get(&finding.span.source)?, &finding);
            match self.level(finding.code, file, &service) {
                Level::Off => {}
                Level::On => weighed.push(finding),
                Level::At(severity) => weighed.push(finding.severity(severity)),
            }
        }
        weighed
    }

    fn level(&self, code: &str, file: &str, service: &dyn Fn() -> Option<String>) -> Level {
        if self.excluded.contains(&code) {
            return Level::Off;
        }
        let of_rule = |it: &Override| {
            it.levels.iter().rev().find(|(rule, _)| rule.code == code).map(|(_, level)| *level)
        };
        let holds = |it: &Override| {
            it.paths.as_ref().is_none_or(|paths| paths.is_match(self.seen_from_root(file)))
                && it.services.as_ref().is_none_or(|names| service().is_some_and(|name| names.is_match(name)))
        };
        let level = self.overrides.iter().rev().find_map(|it| of_rule(it).filter(|_| holds(it)));
        let general = || {
            let known = RULES.iter().zip(&self.levels).find(|(rule, _)| rule.code == code);
            known.map_or(Level::On, |(_, level)| *level)
        };
        level.unwrap_or_else(general)
    }

    /// The path of a file as overrides see it.
    fn seen_from_root(&self, file: &str) -> PathBuf {
        let (root, here) = &self.folders;
        let mut path = PathBuf::new();
        for component in here.join(file).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => _ = path.pop(),
                part => path.push(part),
            }
        }
        path.strip_prefix(root).map(Path::to_path_buf).unwrap_or(path)
    }
}

/// The service that a finding stands in.
fn service_at(documents: &[Node], finding: &Diagnostic) -> Option<String> {
    let mut paths = documents.iter().map(|document| path_at(document, finding.span.start).into_iter());
    paths.find_map(|mut path| path.next().filter(|section| section == "services").and_then(|_| path.next()))
}
