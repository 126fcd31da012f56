//! The disk: the only code that opens, reads, writes, lists and removes files. A verb that reads and writes by it is safe in
//! a folder that nobody vouches for, on a disk that fills, and when it is ended half-way.

mod attributes;
mod ignored;
mod journal;
mod read;
mod recovery;
mod root;
mod step;
mod target;
mod transaction;
mod walk;

pub(super) use attributes::{Access, Attributes, reason};
pub(super) use read::stdin;
pub(super) use root::ProjectFiles;
pub(super) use transaction::{Change, Transaction, write_one};
pub(super) use walk::Walked;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::CliError;
use ignored::Patterns;

/// What a run that is ended half-way leaves beside the files that it writes, as a pattern.
pub(super) const LEFTOVERS: &str = ".stackgen-*";

/// The name that standard input is given on the command line.
pub(super) const STDIN: &str = "-";

/// The disk of one run, seen from the folder where the program was started.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    run: Arc<Run>,
    /// Texts that stand for what lies at a path, or for what is not there yet: unsaved, rendered, or standard input.
    instead: Arc<BTreeMap<PathBuf, Arc<str>>>,
}

/// What all parts of one run share.
#[derive(Debug)]
struct Run {
    here: PathBuf,
    /// Whether files outside of a project's root may be read.
    allows_outside: bool,
    /// Bytes that have been read.
    read: AtomicU64,
    /// Files that were not read, as they lie outside of the root.
    left_out: Mutex<BTreeSet<String>>,
    /// Names of files outside of the root that were read: they are not quoted.
    outside: Mutex<BTreeSet<String>>,
    /// The root of each folder that was asked for.
    roots: Mutex<BTreeMap<PathBuf, PathBuf>>,
    /// The patterns of each `.gitignore` and its like that was asked for.
    patterns: Mutex<BTreeMap<PathBuf, Patterns>>,
}

impl Disk {
    /// The disk, seen from the current folder.
    pub(super) fn new(allows_outside: bool) -> Self {
        let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
        Self::of_run(here, allows_outside, Arc::default())
    }

    /// The disk of another run, which sees it from a folder and takes some texts for what lies there.
    pub(super) fn seen_from(&self, here: PathBuf, instead: Arc<BTreeMap<PathBuf, Arc<str>>>) -> Self {
        Self::of_run(here, self.run.allows_outside, instead)
    }

    fn of_run(here: PathBuf, allows_outside: bool, instead: Arc<BTreeMap<PathBuf, Arc<str>>>) -> Self {
        let run = Run {
            here,
            allows_outside,
            read: AtomicU64::new(0),
            left_out: Mutex::default(),
            outside: Mutex::default(),
            roots: Mutex::default(),
            patterns: Mutex::default(),
        };
        Self { run: Arc::new(run), instead }
    }

    /// The folder where the program was started.
    pub(super) fn here(&self) -> &Path {
        &self.run.here
    }

    /// A path from the top of the disk, without `.` and `..`.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        let mut full = PathBuf::new();
        for part in self.run.here.join(path).components() {
            match part {
                Component::ParentDir => {
                    full.pop();
                }
                Component::CurDir => {}
                other => full.push(other),
            }
        }
        full
    }

    /// Takes a text for what lies at a path.
    pub(super) fn put(&mut self, path: &Path, text: String) {
        let path = self.absolute(path);
        Arc::make_mut(&mut self.instead).insert(path, Arc::from(text));
    }

    /// Takes standard input, which can be read once only, for the file `-`.
    pub(super) fn put_stdin(&mut self) -> Result<(), CliError> {
        let text = read::standard_input(&self.run)?;
        self.put(Path::new(STDIN), text);
        Ok(())
    }

    /// The name that a path is shown under.
    pub(super) fn name_of(&self, path: &Path) -> String {
        match path.strip_prefix(&self.run.here) {
            Ok(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
            Ok(inside) => super::display(inside),
            Err(_) => super::display(path),
        }
    }

    /// The files that were not read so far, as they lie outside of the root of their project.
    pub(super) fn left_out(&self) -> BTreeSet<String> {
        self.run.left_out.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The folders of this run, and the roots of their projects, in which an earlier one was ended half-way: what lies there
    /// may be old or new.
    pub(super) fn half_written(&self) -> BTreeSet<PathBuf> {
        let roots = self.run.roots.lock().unwrap_or_else(PoisonError::into_inner);
        let folders: BTreeSet<&PathBuf> = roots.iter().flat_map(|(folder, root)| [folder, root]).collect();
        let left = folders.into_iter().filter(|folder| journal::is_left(folder));
        left.map(|folder| root::real_path(folder)).collect()
    }

    /// The names of files that must not be quoted.
    pub(super) fn unquoted(&self) -> BTreeSet<String> {
        self.run.outside.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Run {
    /// Counts bytes that are read; false once it is too many for one run.
    fn spend(&self, bytes: u64) -> bool {
        self.read.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= read::MOST_BYTES_OF_A_RUN
    }
}
