//! Files that services name and that are no compose files: each is read once.

use std::collections::HashMap;

use super::files::{Entry, Files};
use crate::budget::Budget;
use crate::source::{SourceId, Sources};

/// The files of a project that have been read.
pub(super) struct Beside<'r> {
    /// The texts that they become.
    pub(super) sources: &'r mut Sources,
    /// What lies on the disk.
    pub(super) files: &'r dyn Files,
    /// What is left of the project's budget.
    pub(super) budget: Budget,
    opened: HashMap<String, Option<SourceId>>,
}

impl<'r> Beside<'r> {
    pub(super) fn new(sources: &'r mut Sources, files: &'r dyn Files, budget: Budget) -> Self {
        Self { sources, files, budget, opened: HashMap::new() }
    }

    /// The text at an absolute path; `None` where there is no file that can be read, or it is beyond the budget.
    pub(super) fn open(&mut self, path: String) -> Option<SourceId> {
        if let Some(opened) = self.opened.get(&path) {
            return *opened;
        }
        let is_file = self.files.entry(&path) == Some(Entry::File);
        let text = is_file.then(|| self.files.read(&path).ok()).flatten();
        let text = text.filter(|text| self.budget.file(text.len()).is_ok());
        let id = text.map(|text| {
            self.sources.add(self.files.display_name(&path), text.trim_start_matches('\u{feff}'))
        });
        self.opened.insert(path, id);
        id
    }
}
