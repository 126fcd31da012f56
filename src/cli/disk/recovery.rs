//! What a run has left half-way that was ended while it wrote: finished if everything had been prepared, undone otherwise.

use std::io;
use std::path::Path;

use super::attributes::Attributes;
use super::journal::{self, How, Journal, Line, Paths, Step};
use super::step::{apply, cannot_write, discard, must_stay, remove_folders, sync_folders, undo};
use super::target::Existing;
use crate::cli::error::CliError;
use crate::cli::{complain, display};

/// The journal of a folder, with what it holds finished or undone.
pub(super) fn opened(folder: &Path, makes: bool) -> Result<Option<Journal>, CliError> {
    let Some((mut journal, lines)) = Journal::open(folder, makes)? else { return Ok(None) };
    if !lines.is_empty() {
        finish(folder, &lines)?;
    }
    journal.clear().map_err(|error| cannot_write(&folder.join(journal::NAME), &error))?;
    Ok(Some(journal))
}

/// Finishes what a journal tells of if all of it had been prepared, and undoes it otherwise.
fn finish(folder: &Path, lines: &[Line]) -> Result<(), CliError> {
    let mut steps: Vec<(&Step, Paths)> = Vec::new();
    let mut folders = Vec::new();
    for line in lines {
        match line {
            Line::File(step) => steps.extend(step.paths(folder).map(|paths| (step, paths))),
            Line::Folder(path) => folders.extend(journal::inside(folder, path)),
            Line::Commit => {}
        }
    }
    let is_ready = lines.iter().any(|line| matches!(line, Line::Commit));
    if is_ready {
        let mut written = 0;
        for (step, paths) in steps.iter().filter(|(step, paths)| is_pending(step, paths)) {
            if let Err(error) = apply(step, paths) {
                let is_done = |step: &Step, paths: &Paths| state(paths).is_some_and(|now| now == step.after);
                let mut done = steps.iter().rev().filter(|(step, paths)| is_done(step, paths));
                if done.try_for_each(|(step, paths)| undo(step, paths)).is_err() {
                    let help = format!(
                        "mend that, and run this again; or remove `{}`",
                        display(&folder.join(journal::NAME))
                    );
                    return Err(cannot_write(&paths.target, &error).help(help));
                }
                complain("note: an earlier run was ended half-way; the files are as they were before it\n");
                written = 0;
                break;
            }
            written += 1;
        }
        if written > 0 {
            complain("note: an earlier run was ended half-way; what it was writing is finished now\n");
        }
        sync_folders(steps.iter().map(|(_, paths)| paths));
    }
    steps.iter().for_each(|(_, paths)| discard(paths));
    if !is_ready {
        remove_folders(&folders);
    }
    Ok(())
}

/// The checksum of what lies at a target, `None` in it for nothing; `None` where that cannot be known.
fn state(paths: &Paths) -> Option<Option<String>> {
    match Existing::read(&paths.target) {
        Ok(existing) => Some(Some(existing.checksum)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(None),
        Err(_) => None,
    }
}

/// Whether a step is still to be made, and nobody has written there since.
fn is_pending(step: &Step, paths: &Paths) -> bool {
    let is = |path: &Path, checksum: &Option<String>| {
        checksum.is_some() && Existing::read(path).ok().map(|existing| existing.checksum) == *checksum
    };
    let is_ready = step.after.is_none() || is(&paths.new, &step.after);
    let is_torn = || {
        let found = paths.target.symlink_metadata().map(|found| Attributes::of(&found));
        let is_shared = found.is_ok_and(|found| found.is_file && must_stay(&found));
        step.how == How::Overwrite && is_shared && is(&paths.old, &step.before)
    };
    let now = state(paths);
    is_ready && now != Some(step.after.clone()) && (now == Some(step.before.clone()) || is_torn())
}
