//! One project: its files in, what is to be said about it out.

use std::path::PathBuf;

use super::text::Texts;
use crate::cli::shown;
use crate::compose::Project;
use crate::fix::Checked;
use crate::lint::{Selection, lint};
use crate::source::Sources;

/// A project that has been linted.
pub(super) struct Linted {
    /// Its texts, and what the rules say about them.
    pub(super) checked: Checked,
    /// What to tell about files that cannot be read.
    pub(super) complaints: Vec<String>,
}

/// Lints the files of one project, in the order in which they are merged.
pub(super) fn lint_project(paths: &[PathBuf], texts: &Texts, selection: &Selection) -> Linted {
    let mut sources = Sources::new();
    let mut complaints = Vec::new();
    let mut files = Vec::new();
    for path in paths {
        match texts.read(path) {
            Ok(text) => files.push(sources.add(shown(path), text)),
            Err(message) => complaints.push(message),
        }
    }
    // A project that lacks one of its files would be found wanting where it is not.
    if !complaints.is_empty() {
        let checked = Checked { sources, files: Vec::new(), findings: Vec::new(), is_broken: true };
        return Linted { checked, complaints };
    }
    let project = Project::load(&sources, &files);
    let findings = lint(&project, selection);
    let is_broken = !project.problems.is_empty();
    Linted { checked: Checked { sources, files, findings, is_broken }, complaints }
}
