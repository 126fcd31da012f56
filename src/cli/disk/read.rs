//! Reading: regular files only, opened without waiting, and to a limit that is held while reading.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::Run;
#[cfg(unix)]
use super::attributes::{NO_FOLLOW, NO_WAITING};
use crate::cli::display;
use crate::cli::error::CliError;

/// Bytes of one file that are read at most; nobody writes a longer compose file.
const MOST_BYTES: u64 = 16 << 20;
/// Bytes of all files of a run that are read at most.
pub(super) const MOST_BYTES_OF_A_RUN: u64 = 1 << 30;

/// Why a file cannot be read.
#[derive(Debug)]
pub(in crate::cli) enum Refusal {
    /// Nothing lies there.
    Missing,
    /// A folder lies there.
    Folder,
    /// A pipe, a socket or a device lies there.
    Special,
    /// It lies outside of the root of its project.
    Outside,
    /// It is longer than what is read of one file.
    Long,
    /// So much has been read in this run that no more is.
    Spent,
    /// It is not UTF-8, from this line on.
    NotText(usize),
    /// What the system says.
    System(io::Error),
}

impl Refusal {
    fn of(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::IsADirectory => Self::Folder,
            _ => Self::System(error),
        }
    }

    /// In the words that follow the name of the file.
    pub(super) fn why(&self) -> String {
        match self {
            Self::Missing => "no such file".to_owned(),
            Self::Folder => "it is a folder".to_owned(),
            Self::Special => "it is no ordinary file".to_owned(),
            Self::Outside => "it lies outside of the repository".to_owned(),
            Self::Long => format!("it is longer than the {} MiB that are read of a file", MOST_BYTES >> 20),
            Self::Spent => format!("{} MiB have been read, and no run reads more", MOST_BYTES_OF_A_RUN >> 20),
            Self::NotText(line) => format!("it is not UTF-8 text (line {line})"),
            Self::System(error) => super::attributes::reason(error),
        }
    }

    /// What to do about it.
    pub(super) fn help(&self) -> &'static str {
        match self {
            Self::Missing => "check the spelling; a folder stands for the compose files in it",
            Self::Folder => "name a file in it",
            Self::Special => "name a file; `-` is standard input",
            Self::Outside => "if you trust what leads there, `--allow-outside` reads it",
            Self::Long => "name another file",
            Self::Spent => "name fewer files",
            Self::NotText(_) => "save it as UTF-8, the one encoding that Docker Compose reads",
            Self::System(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                "allow the current user to read it"
            }
            Self::System(_) => "name a file or a folder that can be read",
        }
    }
}

/// The bytes of a regular file, none of whose last part is a link.
pub(super) fn bytes(run: &Run, path: &Path) -> Result<Vec<u8>, Refusal> {
    let file = open(path)?;
    let kind = file.metadata().map_err(Refusal::of)?.file_type();
    if kind.is_dir() {
        return Err(Refusal::Folder);
    }
    if !kind.is_file() {
        return Err(Refusal::Special);
    }
    limited(run, file)
}

/// A text, with the line of the first byte that is none.
pub(super) fn text(bytes: Vec<u8>) -> Result<String, Refusal> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Refusal::NotText(error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1)
    })
}

/// The text of standard input.
pub(super) fn standard_input(run: &Run) -> Result<String, CliError> {
    let read = limited(run, io::stdin().lock()).and_then(text);
    read.map_err(|refusal| {
        CliError::new(format!("cannot read standard input: {}", refusal.why()))
            .help("pipe a compose file into it")
    })
}

/// Standard input, for what is read as it comes in.
pub(in crate::cli) fn stdin() -> io::BufReader<io::Stdin> {
    io::BufReader::new(io::stdin())
}

/// Reads to the limit: a size that is claimed means nothing, `/proc` says 0 of files without an end.
fn limited(run: &Run, reader: impl Read) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    reader.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(Refusal::of)?;
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if length > MOST_BYTES {
        return Err(Refusal::Long);
    }
    if run.spend(length) { Ok(bytes) } else { Err(Refusal::Spent) }
}

/// Opens without waiting for whoever writes to a pipe.
#[cfg(unix)]
fn open(path: &Path) -> Result<File, Refusal> {
    OpenOptions::new().read(true).custom_flags(NO_WAITING | NO_FOLLOW).open(path).map_err(|error| {
        // A socket cannot be opened at all.
        let is_there = path.symlink_metadata().is_ok_and(|file| !file.is_file() && !file.is_dir());
        if is_there { Refusal::Special } else { Refusal::of(error) }
    })
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<File, Refusal> {
    OpenOptions::new().read(true).open(path).map_err(Refusal::of)
}

/// What to tell the user of a file that cannot be read.
pub(in crate::cli) fn cannot_read(path: &Path, refusal: &Refusal) -> CliError {
    CliError::new(format!("cannot read `{}`: {}", display(path), refusal.why())).help(refusal.help())
}
