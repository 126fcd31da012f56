//! The journal of a transaction: which files it is about, written before any of them is touched, so that the next run can
//! finish or undo one that was ended half-way. It is a lock, too.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::attributes::reason;
#[cfg(unix)]
use super::attributes::{NO_FOLLOW, NO_WAITING};
use crate::cli::error::CliError;

/// Its name, in the folder that the transaction is about.
pub(super) const NAME: &str = ".stackgen-journal";
/// How long another run may take to write.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of a journal that are read.
const MOST_BYTES: u64 = 16 << 20;

/// A line of a journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Line {
    /// A folder that is made.
    Folder(String),
    /// A file that is written or removed.
    File(Step),
    /// Everything is in place beside its target; from here on the transaction is finished, not undone.
    Commit,
}

/// What becomes of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// Its path from the folder of the journal.
    pub(super) path: String,
    /// What its new text and its old one are called beside it.
    pub(super) id: String,
    pub(super) how: How,
    /// The checksum of what lies there, if anything does.
    pub(super) before: Option<String>,
    /// The checksum of what is written, if it is not removed.
    pub(super) after: Option<String>,
}

/// How a file is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum How {
    /// Another file takes its name.
    Replace,
    /// Its bytes are overwritten, as it has other names, or an owner whom it cannot be given to again.
    Overwrite,
    /// It is removed.
    Remove,
}

/// The paths of a step.
pub(super) struct Paths {
    pub(super) target: PathBuf,
    /// The new text.
    pub(super) new: PathBuf,
    /// The old one.
    pub(super) old: PathBuf,
}

impl Step {
    /// The paths of a step below a folder without links; `None` where they lead elsewhere, as none that was written here
    /// does.
    pub(super) fn paths(&self, folder: &Path) -> Option<Paths> {
        let target = inside(folder, &self.path)?;
        let parent = target.parent()?.to_path_buf();
        let is_id = self.id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        (is_id && parent.canonicalize().ok()? == parent).then(|| Paths {
            new: parent.join(format!(".stackgen-{}.new", self.id)),
            old: parent.join(format!(".stackgen-{}.old", self.id)),
            target,
        })
    }
}

/// A path below a folder that goes into no repository's own files.
pub(super) fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(name) if name != ".git");
    Path::new(path).components().all(is_plain).then(|| folder.join(path))
}

/// An open journal, locked.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    /// Whether it holds what the next run has to finish or undo.
    is_needed: bool,
}

impl Drop for Journal {
    fn drop(&mut self) {
        if !self.is_needed {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Journal {
    /// Opens the journal of a folder, which is made if it is not there, and waits for another run that has it; with the
    /// lines that a run left behind which was ended.
    pub(super) fn open(folder: &Path, makes: bool) -> Result<Option<(Self, Vec<Line>)>, CliError> {
        let path = folder.join(NAME);
        let refused = |why: &str| CliError::cannot_write(&path, why);
        let failed = |error: &io::Error| {
            refused(&reason(error)).help("nothing was written; make the folder writable, or name another one")
        };
        let until = Instant::now() + PATIENCE;
        loop {
            let file = match options().append(true).create(makes).open(&path) {
                Ok(file) => file,
                Err(error) if !makes && is_absent(&error) => return Ok(None),
                Err(error) => return Err(failed(&error)),
            };
            match file.try_lock() {
                // Whoever had it may have removed it meanwhile.
                Ok(()) if is_at(&file, &path) => {
                    let mut journal = Self { file, path: path.clone(), is_needed: true };
                    let lines = journal.lines().map_err(|error| failed(&error))?;
                    journal.is_needed = !lines.is_empty();
                    return Ok(Some((journal, lines)));
                }
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(
                        refused("another run is writing here").help("wait for it to end, and run this again")
                    );
                }
                Err(TryLockError::Error(error)) => return Err(failed(&error)),
            }
        }
    }

    /// Every whole line; one that was not written to its end, and what is behind it, counts as not there.
    fn lines(&mut self) -> io::Result<Vec<Line>> {
        if !self.file.metadata()?.is_file() {
            return Err(io::Error::other("it is no ordinary file"));
        }
        let mut text = Vec::new();
        (&self.file).take(MOST_BYTES).read_to_end(&mut text)?;
        let lines = text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        Ok(lines.map_while(|line| serde_json::from_slice(line).ok()).collect())
    }

    /// Begins anew.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.is_needed = false;
        self.file.rewind()
    }

    /// Adds lines, and returns once they are on the disk.
    pub(super) fn add(&mut self, lines: &[Line]) -> io::Result<()> {
        let mut text = String::new();
        for line in lines {
            text.push_str(&serde_json::to_string(line).map_err(io::Error::other)?);
            text.push('\n');
        }
        self.is_needed = true;
        self.file.write_all(text.as_bytes())?;
        self.file.sync_all()
    }

    /// Removes the journal: there is nothing left to finish or undo.
    pub(super) fn close(mut self) {
        self.is_needed = false;
    }
}

/// Whether a run that was ended has left something to finish or undo in a folder.
pub(super) fn is_left(folder: &Path) -> bool {
    let path = folder.join(NAME);
    let has_lines = path.symlink_metadata().is_ok_and(|found| found.is_file() && found.len() > 0);
    // One that is locked belongs to a run that is writing now.
    has_lines && options().open(path).is_ok_and(|file| file.try_lock_shared().is_ok())
}

/// How a journal is opened: never by a link, and without waiting.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    options.custom_flags(NO_FOLLOW | NO_WAITING).mode(0o600);
    options
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Whether an open file still lies at a path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    let number = |metadata: io::Result<std::fs::Metadata>| metadata.ok().map(|it| (it.dev(), it.ino()));
    let own = number(file.metadata());
    own.is_some() && own == number(path.symlink_metadata())
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.is_file()
}
