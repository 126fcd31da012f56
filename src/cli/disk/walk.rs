//! What lies in a folder and below, as the repository alone has it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::ProjectFiles;
use super::attributes::reason;
use super::ignored::{Ignored, NAMES};
use super::read::Refusal;
use crate::cli::error::CliError;
use crate::cli::{display, program};

/// What lies in a folder and below.
#[derive(Debug, Default)]
pub(in crate::cli) struct Walked {
    /// Files and links to files, sorted.
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Folders, sorted.
    pub(in crate::cli) folders: Vec<PathBuf>,
    /// How many files and folders were passed over, as patterns of the repository name them.
    pub(in crate::cli) ignored: usize,
    /// Folders that cannot be listed.
    pub(in crate::cli) problems: Vec<CliError>,
}

impl ProjectFiles {
    /// Everything in a folder and below, but for what `.gitignore` and `.ignore` files from the root on name and git does
    /// not track, what belongs to git itself, and templates. A link to a folder is not followed.
    pub(in crate::cli) fn walk(&self, folder: &Path) -> Walked {
        let mut walked = Walked::default();
        let top = self.disk().absolute(folder);
        let mut pending = vec![(folder.to_path_buf(), self.patterns_above(&top))];
        while let Some((folder, mut ignored)) = pending.pop() {
            let full = self.disk().absolute(&folder);
            let entries: Vec<std::fs::DirEntry> = match std::fs::read_dir(&full) {
                Ok(entries) => entries.filter_map(Result::ok).collect(),
                Err(error) => {
                    let message = format!("cannot list `{}`: {}", display(&folder), reason(&error));
                    walked.problems.push(CliError::new(message).help("allow the current user to read it"));
                    continue;
                }
            };
            for name in NAMES {
                if entries.iter().any(|entry| entry.file_name() == name) {
                    self.add_patterns(&mut ignored, &full, name);
                }
            }
            for entry in entries {
                let (name, Ok(kind)) = (entry.file_name(), entry.file_type()) else { continue };
                // A folder whose name a template engine fills in holds templates.
                if name == ".git" || name.to_string_lossy().contains("{{") {
                    continue;
                }
                let path = if folder == Path::new(".") { PathBuf::from(&name) } else { folder.join(&name) };
                if ignored.names(&full.join(&name), kind.is_dir()) {
                    walked.ignored += 1;
                } else if kind.is_dir() {
                    pending.push((path.clone(), ignored.clone()));
                    walked.folders.push(path);
                } else if !kind.is_symlink() || self.leads_to_a_file(&path) {
                    walked.files.push(path);
                }
            }
        }
        walked.files.sort();
        walked.folders.sort();
        if walked.ignored > 0 {
            self.add_tracked(folder, &mut walked.files);
        }
        walked
    }

    /// The patterns of the root and the folders on the way to one below it.
    fn patterns_above(&self, folder: &Path) -> Ignored {
        let mut ignored = Ignored::default();
        let mut above: Vec<&Path> = folder.ancestors().skip(1).collect();
        above.retain(|above| above.canonicalize().is_ok_and(|above| above.starts_with(self.root())));
        for folder in above.into_iter().rev() {
            for name in NAMES {
                self.add_patterns(&mut ignored, folder, name);
            }
        }
        ignored
    }

    fn add_patterns(&self, ignored: &mut Ignored, folder: &Path, name: &str) {
        ignored.add(self.patterns(folder, name));
    }

    /// Whether a link leads to what is no folder, and not outside.
    fn leads_to_a_file(&self, path: &Path) -> bool {
        match self.locate(&self.disk().absolute(path)) {
            Ok(place) => !place.is_dir(),
            Err(Refusal::Outside) => false,
            // Reading says what is wrong with it.
            Err(_) => true,
        }
    }

    /// Adds the YAML files below a folder that git tracks: patterns mean nothing to those.
    fn add_tracked(&self, folder: &Path, files: &mut Vec<PathBuf>) {
        if self.root().join(".git").symlink_metadata().is_err() {
            return;
        }
        let arguments = ["ls-files", "-z", "--cached"];
        let Ok(answer) = program::git(&self.disk().absolute(folder), &arguments, &[]) else { return };
        let names = String::from_utf8_lossy(&answer.stdout);
        let is_yaml = |name: &&str| name.ends_with(".yml") || name.ends_with(".yaml");
        let mut known: BTreeSet<PathBuf> = files.drain(..).collect();
        for name in names.split('\0').filter(is_yaml).filter(|name| !name.contains("{{")) {
            let path = if folder == Path::new(".") { PathBuf::from(name) } else { folder.join(name) };
            if !known.contains(&path) && self.is_file(&path) {
                known.insert(path);
            }
        }
        files.extend(known);
    }
}
