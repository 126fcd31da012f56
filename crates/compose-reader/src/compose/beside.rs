//! Files that services name and that are no compose files: each is read once.

use std::collections::HashMap;

use super::files::{Entry, Files};
use crate::source::{SourceId, Sources};

/// Bytes of such a file that is read; nobody writes a longer one.
const MOST_BYTES: usize = 1 << 20;

/// The files of a project that have been read.
pub(super) struct Beside<'r> {
    /// The texts that they become.
    pub(super) sources: &'r mut Sources,
    files: &'r dyn Files,
    opened: HashMap<String, Option<SourceId>>,
}

impl<'r> Beside<'r> {
    pub(super) fn new(sources: &'r mut Sources, files: &'r dyn Files) -> Self {
        Self { sources, files, opened: HashMap::new() }
    }

    /// The text at an absolute path; `None` where there is no file of a reasonable size that can be read.
    pub(super) fn open(&mut self, path: String) -> Option<SourceId> {
        if let Some(opened) = self.opened.get(&path) {
            return *opened;
        }
        let is_file = self.files.entry(&path) == Some(Entry::File);
        let text = is_file.then(|| self.files.read(&path).ok()).flatten();
        let text = text.filter(|text| text.len() <= MOST_BYTES);
        let id = text.map(|text| {
            self.sources.add(self.files.display_name(&path), text.trim_start_matches('\u{feff}'))
        });
        self.opened.insert(path, id);
        id
    }
}
