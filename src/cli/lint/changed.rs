//! `--changed`: the files that git says were touched.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use compose_reader::source::Sources;

/// The files that differ from a revision, and those that git does not know yet.
#[derive(Debug)]
pub(super) struct Changed(BTreeSet<PathBuf>);

impl Changed {
    /// Asks git, or says why it does not answer.
    pub(super) fn since(revision: &str) -> Result<Self, String> {
        let root = git(Path::new("."), &["rev-parse", "--show-toplevel"])?;
        let root = PathBuf::from(root.trim_end());
        let differing = git(&root, &["diff", "--name-only", "-z", revision, "--"])?;
        let unknown = git(&root, &["ls-files", "--others", "--exclude-standard", "-z"])?;
        let names = differing.split('\0').chain(unknown.split('\0')).filter(|name| !name.is_empty());
        Ok(Self(names.map(|name| root.join(name)).collect()))
    }

    /// Whether any of these texts is of a touched file.
    pub(super) fn touches(&self, sources: &Sources) -> bool {
        // git names a file without symbolic links on the way.
        let place = |name: &str| Path::new(name).canonicalize().ok();
        sources.iter().filter_map(|(_, source)| place(source.name())).any(|path| self.0.contains(&path))
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments.iter().map(OsStr::new)).output();
    let output = output.map_err(|error| {
        format!("error: git cannot be asked: {error}\n  help: install git, or leave out `--changed`\n")
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or("it says nothing").trim_start_matches("fatal: ");
    Err(format!(
        "error: git refuses: {said}\n  help: `--changed` needs a repository, and a revision that it has: \
         `--changed=main`\n"
    ))
}
