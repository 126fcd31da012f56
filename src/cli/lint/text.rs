//! The texts of files: from the disk, or what is to be taken in their place.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::cli::disk;

/// Standard input, where a file is named.
pub(super) const STDIN: &str = "-";

/// Where the texts of a run come from.
#[derive(Debug, Default)]
pub(in crate::cli) struct Texts {
    /// Texts that stand for what lies on the disk, or for what is not there yet.
    instead: BTreeMap<PathBuf, String>,
}

impl Texts {
    /// Takes a text for a file.
    pub(super) fn put(&mut self, path: PathBuf, text: String) {
        self.instead.insert(path, text);
    }

    /// Reads standard input, which can be read once only.
    pub(super) fn put_stdin(&mut self) -> Result<(), String> {
        let path = Path::new(STDIN);
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| cannot_read(path, &error))?;
        self.put(path.to_path_buf(), text(path, bytes)?);
        Ok(())
    }

    /// The text of a file, or what to tell the user.
    pub(in crate::cli) fn read(&self, path: &Path) -> Result<String, String> {
        match self.instead.get(path) {
            Some(text) => Ok(text.clone()),
            None => text(path, std::fs::read(path).map_err(|error| cannot_read(path, &error))?),
        }
    }
}

fn cannot_read(path: &Path, error: &std::io::Error) -> String {
    let help = match error.kind() {
        std::io::ErrorKind::NotFound => "check the spelling; a folder stands for the compose files in it",
        std::io::ErrorKind::PermissionDenied => "allow the current user to read it",
        _ => "name a file or a folder that can be read",
    };
    format!("error: cannot read `{}`: {error}\n  help: {help}\n", path.display())
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, String> {
    disk::text(bytes).map_err(|line| {
        format!(
            "error: `{}` is not UTF-8 text (line {line})\n  help: save it as UTF-8, the one encoding that Docker Compose \
             reads\n",
            path.display()
        )
    })
}
