//! What the `.gitignore` and `.ignore` files of a project name, and nothing else: not those of the user or of the machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The files with patterns, the weaker one first.
pub(super) const NAMES: [&str; 2] = [".gitignore", ".ignore"];

/// The patterns of a file, where it has any.
pub(super) type Patterns = Option<Arc<Gitignore>>;

/// The patterns of a file in a folder.
pub(super) fn patterns(folder: &Path, text: &str) -> Patterns {
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.lines() {
        // A pattern that is none names nothing, for git as well.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok().filter(|found| !found.is_empty()).map(Arc::new)
}

/// The patterns of a folder and of those above it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ignored(Vec<Arc<Gitignore>>);

impl Ignored {
    /// Adds the patterns of a file.
    pub(super) fn add(&mut self, patterns: Patterns) {
        self.0.extend(patterns);
    }

    /// Whether a path is named: the last pattern of the nearest file decides.
    pub(super) fn names(&self, path: &PathBuf, is_folder: bool) -> bool {
        let mut decisions = self.0.iter().rev().map(|patterns| patterns.matched(path, is_folder));
        decisions.find(|decision| !decision.is_none()).is_some_and(|decision| decision.is_ignore())
    }
}
