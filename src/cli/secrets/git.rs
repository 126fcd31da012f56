//! What git knows of the files that hold secrets.

use std::path::Path;

use crate::cli::program;

/// What git names in answer to a question; `None` where there is no git or no repository.
fn answer(folder: &Path, question: &[&str], input: &[u8]) -> Option<Vec<String>> {
    let ended = program::git(folder, question, input).ok()?;
    // `check-ignore` exits with 1 when none of them is ignored.
    let answered = matches!(ended.status.and_then(|status| status.code()), Some(0 | 1));
    let text = String::from_utf8_lossy(&ended.stdout);
    answered.then(|| text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

/// The paths that are in the repository.
pub(super) fn committed(folder: &Path, paths: &[&str]) -> Vec<String> {
    let mut question = vec!["--literal-pathspecs", "ls-files", "-z", "--"];
    // A path outside of the folder would make git refuse all of them.
    question.extend(paths.iter().copied().filter(|path| super::is_inside(path)));
    answer(folder, &question, &[]).unwrap_or_default()
}

/// The paths that git would take into the repository, in every clone of it: what only the settings of this machine have it
/// ignore counts as taken. `None` where there is no repository.
///
/// Source: git's manual, `git check-ignore --verbose`: the file of a pattern, its line, the pattern, and the path.
pub(super) fn not_ignored<'p>(folder: &Path, paths: &[&'p str]) -> Option<Vec<&'p str>> {
    let inside = paths.iter().filter(|path| super::is_inside(path));
    let input: String = inside.map(|path| format!("{path}\0")).collect();
    let matches = answer(folder, &["check-ignore", "-v", "-z", "--stdin"], input.as_bytes())?;
    let ignores = |[file, _, pattern, path]: &[String; 4], wanted: &str| {
        path == wanted && !pattern.starts_with('!') && Path::new(file).ends_with(".gitignore")
    };
    let (matches, _) = matches.as_chunks();
    let is_taken = |path: &&str| !matches.iter().any(|found| ignores(found, path));
    Some(paths.iter().copied().filter(is_taken).collect())
}
