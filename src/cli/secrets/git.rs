//! What git knows of the files that hold secrets.

use std::path::Path;
use std::process::{Command, Stdio};

/// Those of some paths that git names in answer to a question; `None` where there is no git or no repository.
fn answer(folder: &Path, question: &str, paths: &[&str]) -> Option<Vec<String>> {
    // A path outside of the folder would make git refuse all of them.
    let inside =
        paths.iter().filter(|path| !path.starts_with('/') && !path.split('/').any(|part| part == ".."));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut command = Command::new("git");
    command.args(["-c", "core.quotePath=off", "-C"]).arg(folder).args([question, "--"]).args(inside);
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    // `check-ignore` exits with 1 when none of them is ignored.
    let answered = matches!(output.status.code(), Some(0 | 1));
    let text = String::from_utf8_lossy(&output.stdout);
    answered.then(|| text.lines().map(str::to_owned).collect())
}

/// The paths that are in the repository.
pub(super) fn committed(folder: &Path, paths: &[&str]) -> Vec<String> {
    answer(folder, "ls-files", paths).unwrap_or_default()
}

/// The paths that git would take into the repository; `None` where there is none.
pub(super) fn not_ignored<'p>(folder: &Path, paths: &[&'p str]) -> Option<Vec<&'p str>> {
    let ignored = answer(folder, "check-ignore", paths)?;
    Some(paths.iter().copied().filter(|path| !ignored.iter().any(|ignored| ignored == path)).collect())
}
