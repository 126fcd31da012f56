//! Writing: several files as one. Each new text is written beside its target first; then they take their places, all or
//! none. A run that is ended on the way leaves a journal, by which the next one finishes or undoes it.

use std::io;
use std::path::{Path, PathBuf};

use super::Disk;
use super::attributes::{Access, Attributes};
use super::journal::{self, How, Journal, Line, Paths, Step};
use super::recovery::opened;
use super::root::real_path;
use super::step::{
    apply, cannot_write, discard, make_folder, must_stay, remove_folders, set_access, stage, sync_folders,
    undo,
};
use super::target::{Place, Target, write_to_stream};
use crate::checksum::checksum;
use crate::cli::error::CliError;

/// A file that is to be written, or removed.
#[derive(Debug)]
pub(in crate::cli) struct Change {
    pub(super) path: PathBuf,
    pub(super) content: Option<Vec<u8>>,
    /// The checksum of what has to lie there still, `None` in it for nothing.
    expected: Option<Option<String>>,
    pub(super) access: Access,
}

impl Change {
    /// A file that is written.
    pub(in crate::cli) fn write(path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), content: Some(content.into()), expected: None, access: Access::Usual }
    }

    /// A file that is removed.
    pub(in crate::cli) fn remove(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), content: None, expected: None, access: Access::Usual }
    }

    /// Only if what lies there is this, or nothing, still.
    #[must_use]
    pub(in crate::cli) fn over(mut self, before: Option<&[u8]>) -> Self {
        self.expected = Some(before.map(checksum));
        self
    }

    /// Who may use it from then on, whatever it was before.
    #[must_use]
    pub(in crate::cli) fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }
}

/// Files of one folder and those below that are written together.
#[derive(Debug)]
pub(in crate::cli) struct Transaction {
    /// The folder, without links.
    folder: PathBuf,
    /// What no link may lead out of.
    root: PathBuf,
    journal: Journal,
    /// Folders that were made for it.
    made: Vec<PathBuf>,
}

/// A change with its place and its step.
pub(super) struct Part<'c> {
    pub(super) change: &'c Change,
    pub(super) place: Place,
    pub(super) step: Step,
    pub(super) paths: Paths,
}

impl Transaction {
    /// Begins to write below a folder, which is made if it is not there: once no other run does, and with what one has left
    /// half-way finished or undone.
    ///
    /// # Errors
    ///
    /// Why nothing can be written there.
    pub(in crate::cli) fn begin(disk: &Disk, folder: &Path) -> Result<Self, CliError> {
        let given = disk.absolute(folder);
        let (root, place) = (disk.root_of(&given), real_path(&given));
        let missing: Vec<&Path> = place.ancestors().take_while(|folder| !folder.exists()).collect();
        if let Some(file) = place.ancestors().nth(missing.len()).filter(|above| !above.is_dir()) {
            let name = disk.name_of(file);
            return Err(CliError::cannot_write(folder, &format!("`{name}` is no folder"))
                .help("nothing was written; name another folder, or move the file away"));
        }
        let mut made: Vec<PathBuf> = Vec::new();
        for folder in missing.into_iter().rev() {
            make_folder(folder, Access::Usual).map_err(|error| {
                remove_folders(&made);
                cannot_write(folder, &error)
            })?;
            made.push(folder.to_path_buf());
        }
        match opened(&place, true) {
            Ok(Some(journal)) => Ok(Self { folder: place, root, journal, made }),
            Ok(None) => Err(CliError::cannot_write(folder, "it cannot be locked")),
            Err(error) => {
                remove_folders(&made);
                Err(error)
            }
        }
    }

    /// Finishes or undoes what a run has left half-way that was ended while it wrote below a folder.
    ///
    /// # Errors
    ///
    /// Why that cannot be done.
    pub(in crate::cli) fn recover(disk: &Disk, folder: &Path) -> Result<(), CliError> {
        let place = real_path(&disk.absolute(folder));
        opened(&place, false).map(drop)
    }

    /// Lets no link lead out of the folder itself.
    #[must_use]
    pub(in crate::cli) fn held_to_folder(mut self) -> Self {
        self.root.clone_from(&self.folder);
        self
    }

    /// Makes changes, all of them or none; returns the files that could not be given to the user whose they should be.
    ///
    /// # Errors
    ///
    /// Why none was made: a place that cannot be written, or that somebody else has written to meanwhile.
    pub(in crate::cli) fn commit(
        mut self,
        disk: &Disk,
        changes: &[Change],
    ) -> Result<Vec<PathBuf>, CliError> {
        let result = self.parts(disk, changes).and_then(|parts| self.carry_out(&parts));
        match result {
            Ok(not_given) => {
                self.journal.close();
                Ok(not_given)
            }
            Err(Failure::Undone(error)) => {
                // Only what is empty goes.
                self.journal.close();
                remove_folders(&self.made);
                Err(error.first("nothing was written"))
            }
            Err(Failure::HalfWay(error)) => {
                Err(error
                    .first("some files are written and some are not, which the next run finishes or undoes"))
            }
        }
    }

    /// The changes with their places, each place once.
    fn parts<'c>(&mut self, disk: &Disk, changes: &'c [Change]) -> Result<Vec<Part<'c>>, Failure> {
        let mut parts: Vec<Part> = Vec::new();
        for change in changes {
            let Target::File(place) = Target::at(&disk.absolute(&change.path), &change.path, &self.root)?
            else {
                return Err(CliError::cannot_write(&change.path, "it is no ordinary file").into());
            };
            let before = place.existing.as_ref().map(|existing| existing.checksum.clone());
            if change.expected.as_ref().is_some_and(|expected| *expected != before) {
                return Err(changed_meanwhile(change).into());
            }
            if change.content.is_none() && before.is_none() {
                continue;
            }
            if let Some(same) = parts.iter().find(|part| part.place.path == place.path) {
                if same.change.content == change.content {
                    continue;
                }
                return Err(changed_meanwhile(change).into());
            }
            let path = place.path.strip_prefix(&self.folder).ok().and_then(Path::to_str);
            let outside =
                || CliError::cannot_write(&change.path, "a link leads out of the folder that is written to");
            let step = Step {
                path: path.ok_or_else(outside)?.to_owned(),
                id: format!("{}-{}", std::process::id(), parts.len()),
                how: how(change, place.existing.as_ref().map(|existing| &existing.attributes)),
                before,
                after: change.content.as_ref().map(checksum),
            };
            let parent = place.path.parent().unwrap_or(&self.folder).to_path_buf();
            let paths = Paths {
                target: place.path.clone(),
                new: parent.join(format!(".stackgen-{}.new", step.id)),
                old: parent.join(format!(".stackgen-{}.old", step.id)),
            };
            parts.push(Part { change, place, step, paths });
        }
        Ok(parts)
    }

    fn carry_out(&mut self, parts: &[Part<'_>]) -> Result<Vec<PathBuf>, Failure> {
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let mut folders: Vec<(PathBuf, Access)> = Vec::new();
        for part in parts {
            let missing: Vec<&Path> =
                part.place.path.ancestors().skip(1).take_while(|folder| !folder.exists()).collect();
            for folder in missing.into_iter().rev() {
                if !folders.iter().any(|(known, _)| known == folder) {
                    folders.push((folder.to_path_buf(), part.change.access));
                }
            }
        }
        let relative = |folder: &Path| folder.strip_prefix(&self.folder).ok()?.to_str().map(str::to_owned);
        let mut lines: Vec<Line> =
            folders.iter().filter_map(|(folder, _)| Some(Line::Folder(relative(folder)?))).collect();
        lines.extend(parts.iter().map(|part| Line::File(part.step.clone())));
        let name = self.folder.join(journal::NAME);
        let journaled = |error: io::Error| cannot_write(&name, &error);
        self.journal.add(&lines).map_err(journaled)?;
        let staged = stage(&folders, parts)
            .and_then(|not_given| self.journal.add(&[Line::Commit]).map_err(journaled).map(|()| not_given));
        let not_given = staged.inspect_err(|_| {
            parts.iter().for_each(|part| discard(&part.paths));
            remove_folders(folders.iter().map(|(folder, _)| folder));
        })?;
        for (done, part) in parts.iter().enumerate() {
            let applied = match part.place.is_unchanged() {
                true => {
                    apply(&part.step, &part.paths).map_err(|error| cannot_write(&part.change.path, &error))
                }
                false => Err(changed_meanwhile(part.change)),
            };
            if let Err(error) = applied {
                return Err(self.take_back(parts, done, &folders, error));
            }
        }
        for part in parts.iter().filter(|part| part.step.how == How::Overwrite) {
            set_access(part);
        }
        sync_folders(parts.iter().map(|part| &part.paths));
        parts.iter().for_each(|part| discard(&part.paths));
        Ok(not_given)
    }

    /// Undoes the first changes, as the next one cannot be made.
    fn take_back(
        &mut self,
        parts: &[Part<'_>],
        done: usize,
        folders: &[(PathBuf, Access)],
        error: CliError,
    ) -> Failure {
        let undone = parts[..done].iter().rev().try_for_each(|part| undo(&part.step, &part.paths));
        // What was undone is not to be done by the next run.
        if undone.and_then(|()| self.journal.clear()).is_err() {
            return Failure::HalfWay(error);
        }
        parts.iter().for_each(|part| discard(&part.paths));
        remove_folders(folders.iter().map(|(folder, _)| folder));
        Failure::Undone(error)
    }
}

/// Why changes were not made.
enum Failure {
    /// Everything is as it was.
    Undone(CliError),
    /// Not even that could be had.
    HalfWay(CliError),
}

impl From<CliError> for Failure {
    fn from(error: CliError) -> Self {
        Self::Undone(error)
    }
}

/// Writes one file, or to the device or pipe that its path stands for.
///
/// # Errors
///
/// Why it cannot be written; then it is as it was.
pub(in crate::cli) fn write_one(disk: &Disk, path: &Path, text: &str) -> Result<(), CliError> {
    let full = disk.absolute(path);
    let folder = full.parent().unwrap_or(&full);
    match Target::at(&full, path, &disk.root_of(folder))? {
        Target::Stream(place) => {
            write_to_stream(&place, text.as_bytes()).map_err(|error| cannot_write(path, &error))
        }
        Target::File(place) => {
            let folder = place.path.parent().unwrap_or(folder);
            if !folder.is_dir() {
                return Err(CliError::cannot_write(path, "no such file or directory")
                    .help("name a file in a folder that is there and can be written"));
            }
            let change = Change::write(place.path.clone(), text);
            Transaction::begin(disk, folder)?.commit(disk, &[change]).map(drop)
        }
    }
}

/// How a file is changed that has these attributes.
fn how(change: &Change, existing: Option<&Attributes>) -> How {
    match existing {
        _ if change.content.is_none() => How::Remove,
        Some(existing) if must_stay(existing) => How::Overwrite,
        _ => How::Replace,
    }
}

fn changed_meanwhile(change: &Change) -> CliError {
    CliError::cannot_write(&change.path, "somebody has changed it meanwhile")
}
