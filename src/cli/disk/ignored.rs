//! What the `.gitignore` and `.ignore` files of a project name, and nothing else: not those of the user or of the machine.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The files with patterns, the weaker one first.
pub(super) const NAMES: [&str; 2] = [".gitignore", ".ignore"];

/// The patterns of a folder and of those above it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ignored(Vec<std::sync::Arc<Gitignore>>);

impl Ignored {
    /// Adds the patterns of a file in a folder.
    pub(super) fn add(&mut self, folder: &Path, text: &str) {
        let mut builder = GitignoreBuilder::new(folder);
        for line in text.lines() {
            // A pattern that is none names nothing, for git as well.
            let _ = builder.add_line(None, line);
        }
        self.0.extend(builder.build().ok().filter(|found| !found.is_empty()).map(std::sync::Arc::new));
    }

    /// Whether a path is named: the last pattern of the nearest file decides.
    pub(super) fn names(&self, path: &PathBuf, is_folder: bool) -> bool {
        let mut decisions = self.0.iter().rev().map(|patterns| patterns.matched(path, is_folder));
        decisions.find(|decision| !decision.is_none()).is_some_and(|decision| decision.is_ignore())
    }
}
