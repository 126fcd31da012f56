//! The files of a folder, as far as people have written them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

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
    root: PathBuf,
    files: BTreeSet<PathBuf>,
    is_whole: bool,
}

impl Tree {
    pub(super) fn of(root: &Path) -> Self {
        let mut tree = Self { root: root.to_owned(), files: BTreeSet::new(), is_whole: true };
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(root.join(&folder)) else {
                tree.is_whole = false;
                continue;
            };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let path = folder.join(&name);
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => {
                        if !FOREIGN.iter().any(|foreign| name == *foreign) {
                            folders.push(path);
                        }
                    }
                    Ok(kind) if kind.is_file() => {
                        tree.files.insert(path);
                    }
                    // What a link leads to is not known.
                    _ => tree.is_whole = false,
                }
            }
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
        !self.root.join(path).exists()
    }

    /// The text of a file.
    pub(super) fn read(&self, path: &Path) -> Option<String> {
        fs::read(self.root.join(path)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}
