//! Where a file is to be written: what lies there, once links are followed, and whether it may be replaced.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::attributes::{Attributes, reason};
#[cfg(unix)]
use super::attributes::{NO_FOLLOW, NO_WAITING};
use super::root::real_path;
use crate::checksum::Checksum;
use crate::cli::display;
use crate::cli::error::CliError;

/// What a path stands for that is to be written.
pub(super) enum Target {
    /// A regular file, or nothing yet.
    File(Place),
    /// A device or a pipe, which is opened and written to.
    Stream(PathBuf),
}

/// The place of a regular file.
#[derive(Debug)]
pub(super) struct Place {
    /// The path, without links.
    pub(super) path: PathBuf,
    /// The file that lies there.
    pub(super) existing: Option<Existing>,
}

/// A file that is there.
#[derive(Debug)]
pub(super) struct Existing {
    pub(super) attributes: Attributes,
    pub(super) checksum: String,
    stamp: Stamp,
}

/// What changes when anybody writes to a file, or puts another one in its place.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    number: u64,
    length: u64,
    modified: Option<std::time::SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let number = metadata.ino();
        #[cfg(not(unix))]
        let number = 0;
        Self { number, length: metadata.len(), modified: metadata.modified().ok() }
    }
}

impl Target {
    /// What a path stands for, which is called `name`; `root` is the folder, without links, that must not be left through a
    /// link.
    ///
    /// # Errors
    ///
    /// Why nothing can be written there.
    pub(super) fn at(path: &Path, name: &Path, root: &Path) -> Result<Self, CliError> {
        let failed = |error: &io::Error| CliError::cannot_write(name, &reason(error));
        let found = match path.symlink_metadata() {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self::File(Place { path: absent(path, name, root)?, existing: None }));
            }
            Err(error) => {
                let in_the_way = name.ancestors().skip(1).find(|above| above.exists() && !above.is_dir());
                return Err(match in_the_way {
                    Some(file) => CliError::cannot_write(name, &format!("`{}` is no folder", display(file)))
                        .help("name another folder, or move the file away"),
                    None => failed(&error),
                });
            }
        };
        let is_of_the_system = ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder));
        let found = if found.is_symlink() { path.metadata().map_err(|error| failed(&error))? } else { found };
        if found.is_dir() {
            let help = "remove the folder (Docker makes one where a file that it is to mount is missing)";
            return Err(CliError::cannot_write(name, "a folder is in its place").help(help));
        }
        if !found.is_file() && is_of_the_system {
            return Ok(Self::Stream(path.to_path_buf()));
        }
        let place = path.canonicalize().map_err(|error| failed(&error))?;
        if !place.starts_with(root) && !is_of_the_system {
            return Err(leads_outside(name, &place));
        }
        if !found.is_file() {
            return Ok(Self::Stream(place));
        }
        let existing = Existing::read(&place).map_err(|error| failed(&error))?;
        Ok(Self::File(Place { path: place, existing: Some(existing) }))
    }
}

impl Place {
    /// Whether nobody has written to it, or made it, since it was looked at.
    pub(super) fn is_unchanged(&self) -> bool {
        let now = self.path.symlink_metadata().ok();
        now.as_ref().map(Stamp::of).as_ref() == self.existing.as_ref().map(|existing| &existing.stamp)
    }
}

impl Existing {
    /// Reads a file to its end, for its checksum.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let mut file = open_existing(path, false)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("it is no ordinary file"));
        }
        let mut checksum = Checksum::default();
        let mut part = vec![0; 1 << 16];
        loop {
            match file.read(&mut part)? {
                0 => break,
                length => checksum.update(&part[..length]),
            }
        }
        let (attributes, checksum) = (Attributes::of(&metadata), checksum.written());
        Ok(Self { attributes, checksum, stamp: Stamp::of(&metadata) })
    }
}

/// The path of a file that is not there, without links.
fn absent(path: &Path, name: &Path, root: &Path) -> Result<PathBuf, CliError> {
    let folder = path.parent().unwrap_or(path);
    let place = real_path(folder);
    if !place.starts_with(root) {
        return Err(leads_outside(name, &place));
    }
    Ok(place.join(path.file_name().unwrap_or_default()))
}

fn leads_outside(path: &Path, place: &Path) -> CliError {
    let why = format!("a link leads to `{}`, outside of the project", display(place));
    CliError::cannot_write(path, &why).help("remove the link, or name the file that it leads to")
}

/// Opens a regular file that is there, without following a link or waiting.
pub(super) fn open_existing(path: &Path, writes: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(!writes).write(writes);
    #[cfg(unix)]
    options.custom_flags(NO_FOLLOW | NO_WAITING);
    options.open(path)
}

/// Writes to a device or a pipe that somebody reads.
pub(super) fn write_to_stream(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    let waiting = options.clone();
    #[cfg(unix)]
    options.custom_flags(NO_WAITING);
    // A pipe that nobody reads would make the second one wait for ever.
    let first = options.open(path)?;
    let mut stream = waiting.open(path)?;
    drop(first);
    stream.write_all(bytes)
}
