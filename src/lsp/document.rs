//! A text that is asked about.

use std::path::{Path, PathBuf};

use super::host::Folder;
use super::position::Lines;
use crate::projects::{holds_compose, is_compose_name};

/// What a text is, by its name and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A compose file, or a part of one.
    Compose,
    /// Something else.
    Other,
}

/// A text that is asked about.
pub(super) struct Document<'d> {
    pub(super) path: PathBuf,
    pub(super) lines: Lines<'d>,
    pub(super) kind: Kind,
    pub(super) folder: Folder,
}

/// What a text is.
pub(super) fn kind(path: &Path, text: &str) -> Kind {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    if is_yaml && (is_compose_name(&name) || holds_compose(text)) { Kind::Compose } else { Kind::Other }
}
