//! The texts that are open in the editor.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gen_lsp_types::{TextDocumentContentChangeEvent, Uri};

use super::position::{Encoding, Lines};

/// Texts that are open, by the paths of their files: they stand for what lies there.
pub type Texts = Arc<BTreeMap<PathBuf, Arc<str>>>;

/// What a client calls an open text.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// Its name, as the client writes it.
    pub(super) uri: Uri,
    /// How often it was changed, as the client counts.
    pub(super) version: i32,
}

/// All that is open.
#[derive(Debug, Default)]
pub(super) struct Documents {
    texts: Texts,
    named: BTreeMap<PathBuf, Named>,
}

impl Documents {
    /// The texts as they are now.
    pub(super) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// What each is called.
    pub(super) fn names(&self) -> &BTreeMap<PathBuf, Named> {
        &self.named
    }

    /// The text of a file, if it is open.
    pub(super) fn text(&self, path: &Path) -> Option<&Arc<str>> {
        self.texts.get(path)
    }

    /// Opens a text.
    pub(super) fn open(&mut self, path: PathBuf, named: Named, text: &str) {
        Arc::make_mut(&mut self.texts).insert(path.clone(), Arc::from(text));
        self.named.insert(path, named);
    }

    /// Closes a text: what lies on the disk counts again.
    pub(super) fn close(&mut self, path: &Path) {
        Arc::make_mut(&mut self.texts).remove(path);
        self.named.remove(path);
    }

    /// Changes a text, change by change; false where it is not open.
    pub(super) fn change(
        &mut self,
        path: &Path,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> bool {
        let (Some(text), Some(named)) = (self.texts.get(path), self.named.get_mut(path)) else {
            return false;
        };
        let mut text = text.to_string();
        for change in changes {
            match change {
                TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                    let bytes = Lines::of(&text, encoding).bytes(part.range);
                    text.replace_range(bytes, &part.text);
                }
                TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => {
                    text = whole.text;
                }
            }
        }
        named.version = version;
        Arc::make_mut(&mut self.texts).insert(path.to_path_buf(), Arc::from(text));
        true
    }
}
