//! Files that are read as one project, and why; paths as the commands of a repository write them.

use compose_reader::compose::{FileEntry, Files, parent};

/// Files that are read as one project, and how. All paths are absolute.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Combination {
    /// The files, in the order in which they are merged.
    pub files: Vec<String>,
    /// The folder that relative paths are seen from, where it is not that of the first file.
    pub directory: Option<String>,
    /// The env files in place of `.env`.
    pub env_files: Vec<String>,
    /// Whether it has an env file that does not lie here.
    pub is_set_elsewhere: bool,
    /// The profiles that are on; where none is named, all of them count.
    pub profiles: Vec<String>,
    /// Whether it is deployed to a swarm.
    pub is_swarm: bool,
}

/// Why files are read together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// The file that says so.
    pub file: String,
    /// The line; 0 where the name of the file says it.
    pub line: usize,
    /// What it says.
    pub text: String,
}

impl Combination {
    /// The combination of some files, and nothing else said.
    pub fn of(files: Vec<String>) -> Self {
        Self { files, ..Self::default() }
    }

    /// Whether it says no more than that its one file is a project.
    pub(super) fn is_plain(&self) -> bool {
        self.files.len() == 1 && *self == Self::of(self.files.clone())
    }
}

/// Combinations that are taken at most; a repository with more is a generator's.
pub const MOST: usize = 200;

/// Whether there is a file at a path.
pub(super) fn is_file(files: &dyn Files, path: &str) -> bool {
    files.entry(path) == Some(FileEntry::File)
}

/// `path` seen from `folder`, without `.` and `..`.
pub(super) fn join(folder: &str, path: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// A folder and those above it, up to `root`.
pub(super) fn folders_up<'f>(folder: &'f str, root: &'f str) -> impl Iterator<Item = &'f str> {
    let above = move |folder: &&'f str| (*folder != root && *folder != "/").then(|| parent(folder));
    std::iter::successors(Some(folder), above)
}

pub(super) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use compose_reader::compose::{FileEntry, Files};

    /// Files that lie nowhere.
    pub(in crate::projects) struct Paper(pub(in crate::projects) BTreeMap<&'static str, &'static str>);

    impl Files for Paper {
        fn entry(&self, path: &str) -> Option<FileEntry> {
            let below = format!("{}/", path.trim_end_matches('/'));
            if self.0.contains_key(path) {
                return Some(FileEntry::File);
            }
            self.0.keys().any(|name| name.starts_with(&below)).then_some(FileEntry::Folder)
        }

        fn read(&self, path: &str) -> Result<String, String> {
            self.0.get(path).map(|text| (*text).to_owned()).ok_or_else(|| "no such file".to_owned())
        }

        fn real_path(&self, _: &str) -> Option<String> {
            None
        }

        fn display_name(&self, path: &str) -> String {
            path.to_owned()
        }
    }
}
