//! One project: its files in, what is to be said about it out.

use std::path::PathBuf;

use super::text::Texts;
use crate::cli::shown;
use crate::compose::Project;
use crate::diagnostic::Diagnostic;
use crate::lint::{Selection, lint};
use crate::source::{SourceId, Sources};

/// A project that has been linted.
pub(super) struct Linted {
    /// Its texts.
    pub(super) sources: Sources,
    /// Those among them that are its compose files.
    pub(super) files: Vec<SourceId>,
    /// What the rules say.
    pub(super) findings: Vec<Diagnostic>,
    /// Whether a file of it is no compose file.
    pub(super) is_broken: bool,
    /// What to tell about files that cannot be read.
    pub(super) complaints: Vec<String>,
}

/// Lints the files of one project, in the order in which they are merged.
pub(super) fn lint_project(files: &[PathBuf], texts: &Texts, selection: &Selection) -> Linted {
    let mut sources = Sources::new();
    let mut complaints = Vec::new();
    let mut ids = Vec::new();
    for path in files {
        match texts.read(path) {
            Ok(text) => ids.push(sources.add(shown(path), text)),
            Err(message) => complaints.push(message),
        }
    }
    // A project that lacks one of its files would be found wanting where it is not.
    if !complaints.is_empty() {
        return Linted { sources, files: Vec::new(), findings: Vec::new(), is_broken: false, complaints };
    }
    let project = Project::load(&sources, &ids);
    let findings = lint(&project, selection);
    let is_broken = !project.problems.is_empty();
    Linted { sources, files: ids, findings, is_broken, complaints }
}
