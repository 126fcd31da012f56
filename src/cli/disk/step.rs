//! The steps of a transaction: a new text beside its target, in its place, and taken back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::attributes::{Access, Attributes, current_user, give, reason, set_mode};
use super::journal::{How, Paths, Step};
use super::target::open_existing;
use super::transaction::Part;
use crate::cli::error::CliError;
use crate::cli::{complain, display};

/// Whether a new file could not be what this one is.
pub(super) fn must_stay(existing: &Attributes) -> bool {
    let user = current_user();
    existing.links > 1 || (user != 0 && existing.owner != user)
}

/// Writes every new text beside its target, and keeps every old one there; all of it is on the disk afterwards.
pub(super) fn stage(folders: &[(PathBuf, Access)], parts: &[Part<'_>]) -> Result<Vec<PathBuf>, CliError> {
    for (folder, access) in folders {
        make_folder(folder, *access).map_err(|error| cannot_write(folder, &error))?;
    }
    let mut not_given = Vec::new();
    for part in parts {
        let failed = |error: io::Error| cannot_write(&part.change.path, &error);
        if let Some(content) = &part.change.content {
            let is_given = new_file(part, content).map_err(failed)?;
            not_given.extend((!is_given).then(|| part.change.path.clone()));
        }
        if part.place.existing.is_some() {
            keep(part).map_err(failed)?;
        }
    }
    sync_folders(parts.iter().map(|part| &part.paths));
    Ok(not_given)
}

/// Writes the new text of a file beside it; returns whether the user whose it should be has it.
fn new_file(part: &Part<'_>, content: &[u8]) -> io::Result<bool> {
    let access = part.change.access;
    let existing = part.place.existing.as_ref().map(|existing| &existing.attributes);
    let mode = if existing.is_none() && access == Access::Usual { 0o666 } else { 0o600 };
    let mut file = create(&part.paths.new, mode)?;
    file.write_all(content)?;
    if let Some(existing) = existing {
        like(&file, existing)?;
    }
    let mut is_given = true;
    match access {
        Access::Usual => {}
        Access::Private => set_mode(&file, 0o600)?,
        Access::Readable => set_mode(&file, 0o644)?,
        Access::Owner(user) => {
            let owner = Attributes::of(&file.metadata()?).owner;
            is_given = owner == user || give(&file, Some(user), None).is_ok();
            set_mode(&file, if is_given { 0o600 } else { 0o644 })?;
        }
    }
    file.sync_all()?;
    Ok(is_given)
}

/// Gives a new file the owner and the mode of another.
fn like(file: &File, existing: &Attributes) -> io::Result<()> {
    let own = Attributes::of(&file.metadata()?);
    let other = |own: u32, existing: u32| (own != existing).then_some(existing);
    let (owner, group) = (other(own.owner, existing.owner), other(own.group, existing.group));
    if (owner.is_some() || group.is_some()) && current_user() == 0 {
        give(file, owner, group)?;
    } else if group.is_some() {
        // One's own file goes to a group of one's own; another group loses what it may do.
        let is_given = give(file, None, group).is_ok();
        return set_mode(file, if is_given { existing.mode } else { existing.mode & !0o070 });
    }
    set_mode(file, existing.mode)
}

/// Keeps the old text of a file beside it: under another name, or as a copy where its bytes are overwritten.
fn keep(part: &Part<'_>) -> io::Result<()> {
    let Paths { target, old, .. } = &part.paths;
    if part.step.how != How::Overwrite && fs::hard_link(target, old).is_ok() {
        return Ok(());
    }
    let mut copy = create(old, 0o600)?;
    io::copy(&mut open_existing(target, false)?, &mut copy)?;
    if let Some(existing) = &part.place.existing {
        like(&copy, &existing.attributes)?;
    }
    copy.sync_all()
}

/// Makes a step.
pub(super) fn apply(step: &Step, paths: &Paths) -> io::Result<()> {
    match step.how {
        How::Remove => fs::remove_file(&paths.target),
        How::Overwrite => overwrite(&paths.target, &paths.new),
        How::Replace if step.before.is_some() => fs::rename(&paths.new, &paths.target),
        // A file that somebody has made meanwhile is not replaced.
        How::Replace => match fs::hard_link(&paths.new, &paths.target) {
            Ok(()) => fs::remove_file(&paths.new),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            Err(_) => fs::rename(&paths.new, &paths.target),
        },
    }
}

/// Takes a step back.
pub(super) fn undo(step: &Step, paths: &Paths) -> io::Result<()> {
    match step.how {
        How::Remove => fs::rename(&paths.old, &paths.target),
        How::Overwrite => overwrite(&paths.target, &paths.old),
        How::Replace if step.before.is_some() => fs::rename(&paths.old, &paths.target),
        How::Replace => fs::remove_file(&paths.target),
    }
}

/// Makes the bytes of a file those of another.
fn overwrite(target: &Path, from: &Path) -> io::Result<()> {
    let mut file = open_existing(target, true)?;
    let length = io::copy(&mut open_existing(from, false)?, &mut file)?;
    file.set_len(length)?;
    file.sync_all()
}

/// Sets the mode of a file whose bytes were overwritten.
pub(super) fn set_access(part: &Part<'_>) {
    let mode = match part.change.access {
        Access::Usual => return,
        Access::Private | Access::Owner(_) => 0o600,
        Access::Readable => 0o644,
    };
    if let Err(error) = open_existing(&part.paths.target, false).and_then(|file| set_mode(&file, mode)) {
        complain(&format!("note: the mode of `{}` stays: {}\n", display(&part.change.path), reason(&error)));
    }
}

/// Makes sure that the names in the folders of some files are on the disk. Some file systems cannot be asked for that.
pub(super) fn sync_folders<'p>(paths: impl Iterator<Item = &'p Paths>) {
    let mut folders: Vec<&Path> = paths.filter_map(|paths| paths.target.parent()).collect();
    folders.sort_unstable();
    folders.dedup();
    folders.into_iter().for_each(|folder| _ = File::open(folder).and_then(|folder| folder.sync_all()));
}

pub(super) fn discard(paths: &Paths) {
    let _ = fs::remove_file(&paths.new);
    let _ = fs::remove_file(&paths.old);
}

/// Removes folders that are empty, the innermost first.
pub(super) fn remove_folders<'p>(folders: impl IntoIterator<Item = &'p PathBuf>) {
    let folders: Vec<&PathBuf> = folders.into_iter().collect();
    folders.into_iter().rev().for_each(|folder| _ = fs::remove_dir(folder));
}

pub(super) fn make_folder(path: &Path, access: Access) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    builder.mode(if access == Access::Usual { 0o777 } else { 0o700 });
    #[cfg(not(unix))]
    let _ = access;
    builder.create(path)
}

/// A new file.
fn create(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

pub(super) fn cannot_write(path: &Path, error: &io::Error) -> CliError {
    CliError::cannot_write(path, &reason(error))
}
