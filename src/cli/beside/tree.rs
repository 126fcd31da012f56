//! The files of a folder, as far as people have written them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::cli::disk::ProjectFiles;

/// Folders that hold what was fetched or made.
const FOREIGN: [&str; 12] = [
    ".git",
    ".next",
    ".tox",
    ".venv",
    "__pycache__",
    "build",
    "dist",
    "env",
    "node_modules",
    "site-packages",
    "vendor",
    "venv",
];
/// How many files are looked at; a folder with more says nothing about what is not there.
const LIMIT: usize = 20_000;

/// The files below a folder.
pub(super) struct Tree {
    around: ProjectFiles,
    root: PathBuf,
    files: BTreeSet<PathBuf>,
    is_whole: bool,
}

impl Tree {
    pub(super) fn of(around: &ProjectFiles, root: &Path) -> Self {
        let mut tree =
            Self { around: around.clone(), root: root.to_owned(), files: BTreeSet::new(), is_whole: true };
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let listed = around.list(&root.join(&folder));
            // What a link leads to is not known.
            tree.is_whole &= listed.is_whole;
            tree.files.extend(listed.files.iter().map(|name| folder.join(name)));
            let own = listed.folders.iter().filter(|name| !FOREIGN.contains(&name.as_str()));
            folders.extend(own.map(|name| folder.join(name)));
            if tree.files.len() > LIMIT {
                tree.is_whole = false;
                break;
            }
        }
        tree
    }

    /// The files, in order of their names.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// Whether no file's path ends so, as far as all of them are known.
    pub(super) fn lacks(&self, end: &str) -> bool {
        self.is_whole && !self.files.iter().any(|path| path.ends_with(end))
    }

    /// Whether there is neither a file nor a folder at a path.
    pub(super) fn has_nothing_at(&self, path: &Path) -> bool {
        self.around.is_missing(&self.root.join(path))
    }

    /// The text of a file.
    pub(super) fn read(&self, path: &Path) -> Option<String> {
        let bytes = self.around.bytes_if_there(&self.root.join(path)).ok().flatten()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}
