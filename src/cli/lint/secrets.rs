//! Secrets that `--fix=unsafe` takes out of compose files: each goes to `.env`, as it may be the only copy.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::disk::{Access, Change, Disk};
use crate::cli::error::CliError;
use compose_reader::diagnostic::{Diagnostic, Fix};
use compose_reader::dotenv::{quoted, variables};
use compose_reader::source::Sources;

/// The rule whose fix writes a variable in the place of a secret.
const RULE: &str = "inline-secret";

/// The secrets of the projects of a run, by the `.env` that each goes to.
#[derive(Default)]
pub(super) struct Secrets(BTreeMap<PathBuf, EnvFile>);

struct EnvFile {
    before: Option<String>,
    values: BTreeMap<String, String>,
    /// Variables that the file does not set yet.
    added: BTreeMap<String, String>,
}

impl EnvFile {
    fn open(path: &Path, disk: &Disk) -> Result<Self, CliError> {
        let before = disk.of_files(&[path.to_path_buf()]).text_if_there(path)?;
        let set = variables(before.as_deref().unwrap_or_default());
        let values = set.into_iter().map(|set| (set.name.to_owned(), set.value)).collect();
        Ok(Self { before, values, added: BTreeMap::new() })
    }

    /// The text with some variables, as far as it does not set them.
    fn with(&self, values: &BTreeMap<String, String>) -> String {
        let mut text = self.before.clone().unwrap_or_default();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let added = values.iter().filter(|(name, _)| !self.sets(name));
        text.extend(added.map(|(name, value)| format!("{name}={}\n", quoted(value))).collect::<Vec<_>>());
        text
    }

    fn sets(&self, name: &str) -> bool {
        variables(self.before.as_deref().unwrap_or_default()).iter().any(|set| set.name == name)
    }
}

impl Secrets {
    /// Takes back the fixes that would lose a secret: where the variable has another value already.
    pub(super) fn guard(&mut self, file: &Path, disk: &Disk, findings: &mut [Diagnostic], sources: &Sources) {
        let path = env_file(file);
        for finding in findings.iter_mut().filter(|finding| finding.name == RULE) {
            let Some((name, value)) = finding.fix.as_ref().and_then(|fix| moved(fix, sources)) else {
                continue;
            };
            if !self.0.contains_key(&path) {
                let Ok(opened) = EnvFile::open(&path, disk) else {
                    finding.fix = None;
                    continue;
                };
                self.0.insert(path.clone(), opened);
            }
            let is_kept = self
                .0
                .get_mut(&path)
                .is_some_and(|env| *env.values.entry(name).or_insert_with(|| value.clone()) == value);
            if !is_kept {
                finding.fix = None;
            }
        }
    }

    /// Has what is read see each secret in the `.env` that it may go to.
    pub(super) fn show(&self, file: &Path, disk: &mut Disk) {
        let path = env_file(file);
        if let Some(env) = self.0.get(&path) {
            disk.put(&path, env.with(&env.values));
        }
    }

    /// Adds the secrets that a text asks for now and did not before to its `.env`.
    pub(super) fn keep(&mut self, file: &Path, before: &str, after: &str) {
        let Some(env) = self.0.get_mut(&env_file(file)) else { return };
        for (name, value) in &env.values {
            let asks = format!("${{{name}:?}}");
            if after.matches(&asks).count() > before.matches(&asks).count() && !env.sets(name) {
                env.added.insert(name.clone(), value.clone());
            }
        }
    }

    /// What has become of each `.env`, with the names of the variables that it has got.
    pub(super) fn changes(&self) -> impl Iterator<Item = (&Path, Vec<&str>, Change)> {
        self.0.iter().filter(|(_, env)| !env.added.is_empty()).map(|(path, env)| {
            let before = env.before.as_ref().map(String::as_bytes);
            let change = Change::write(path, env.with(&env.added)).over(before).access(Access::Private);
            (path.as_path(), env.added.keys().map(String::as_str).collect(), change)
        })
    }
}

fn env_file(file: &Path) -> PathBuf {
    file.with_file_name(".env")
}

/// The variable that a fix writes, and the secret that it takes the place of.
fn moved(fix: &Fix, sources: &Sources) -> Option<(String, String)> {
    let [edit] = &fix.edits[..] else { return None };
    let name = edit.content.strip_prefix("${")?.strip_suffix(":?}")?;
    let written = sources.slice(edit.span);
    let default = written.strip_prefix("${").and_then(|text| text.strip_suffix('}')).and_then(|inner| {
        let behind = inner.strip_prefix(name)?;
        behind.strip_prefix(":-").or_else(|| behind.strip_prefix('-'))
    });
    Some((name.to_owned(), default.unwrap_or(written).replace("$$", "$")))
}
