//! What the server asks of whoever knows the disk and the rules.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::documents::Texts;
use crate::catalog::Catalog;
use crate::definition::Stack;
use crate::plan::Planned;
use compose_reader::compose::{Files, Resolution};
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::{SourceId, Sources};

/// A folder of the workspace, or that of a file which lies in none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Folder {
    /// Its absolute path. The names of texts are paths from here.
    pub path: PathBuf,
    /// Whether the client has not named it: what lies below it is not looked at.
    pub is_loose: bool,
}

impl Folder {
    /// The path of a text by its name.
    pub fn place(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// What the client may choose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether rules for production are on.
    pub strict: bool,
    /// Whether rules of style are on.
    pub pedantic: bool,
    /// Only these rules, by name or code.
    pub select: Vec<String>,
    /// All but these rules, by name or code.
    pub ignore: Vec<String>,
}

/// Everything that is to be said about a folder.
#[derive(Debug, Default)]
pub struct Checked {
    /// The texts that were read.
    pub sources: Sources,
    /// What is said about them.
    pub findings: Vec<Diagnostic>,
    /// What keeps more from being said, in words.
    pub complaints: Vec<String>,
}

/// Someone who looks at a folder again and again.
pub trait Checker: Send {
    /// Looks at the folder: all of it, or where nothing but some open texts has changed, what depends on those.
    fn check(&mut self, texts: &Texts, options: &Options, changed: Option<&BTreeSet<PathBuf>>) -> Checked;
}

/// A compose project, read.
pub struct Project {
    /// Its texts.
    pub sources: Sources,
    /// The text that was asked for.
    pub file: SourceId,
    /// What it comes to.
    pub resolution: Resolution,
    /// What lies around it.
    pub files: Box<dyn Files + Send>,
    /// The folder that its relative paths are seen from.
    pub folder: String,
}

/// A stack, read.
pub struct OpenStack {
    /// Its texts.
    pub sources: Sources,
    /// The text that was asked for.
    pub file: SourceId,
    /// What could be read of it.
    pub stack: Option<Stack>,
    /// The templates that it uses.
    pub catalog: Catalog,
    /// What it comes to, where nothing is wrong with it.
    pub planned: Option<Planned>,
}

/// Whoever knows the disk and the rules.
pub trait Host: Send + Sync {
    /// Someone who looks at a folder.
    fn checker(&self, folder: &Folder) -> Box<dyn Checker>;

    /// The project that a compose file belongs to; `None` where it cannot be read at all.
    fn project(&self, folder: &Folder, file: &Path, texts: &Texts) -> Option<Project>;

    /// The stack that a file belongs to; `None` where it belongs to none.
    fn stack(&self, folder: &Folder, file: &Path, texts: &Texts) -> Option<OpenStack>;
}
