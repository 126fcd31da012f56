//! `--changed`: whether files differ from what a revision of git has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::disk::{Disk, ProjectFiles, reason};
use crate::cli::display;
use crate::cli::error::CliError;
use crate::cli::program::{self, Ended};
use compose_reader::source::Sources;

/// Files that a revision of git is asked for. Git compares nothing itself: it would run the filters of the repository.
pub(super) struct Changed {
    /// The revision, as the number of its commit.
    commit: String,
    /// The folder that git names files from, without links.
    top: PathBuf,
    files: ProjectFiles,
}

impl Changed {
    /// Asks git for a revision, or says why it does not answer.
    pub(super) fn since(revision: &str, disk: &Disk) -> Result<Self, CliError> {
        let here = Path::new(".");
        let wanted = format!("{revision}^{{commit}}");
        let commit = git(here, &["rev-parse", "--verify", "--end-of-options", &wanted], &[])?;
        let top = git(here, &["rev-parse", "--show-toplevel"], &[])?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        let top = PathBuf::from(text(&top.stdout));
        let files = disk.of_folder(here);
        let top = files.real_place(&top).unwrap_or(top);
        Ok(Self { commit: text(&commit.stdout), top, files })
    }

    /// For each group of texts, whether any of them is of a file that the revision does not have as it is now.
    pub(super) fn touches(&self, groups: &[&Sources]) -> Result<Vec<bool>, CliError> {
        let mut is_changed: BTreeMap<&str, bool> = BTreeMap::new();
        let mut asked: Vec<(&str, Vec<u8>)> = Vec::new();
        let mut question = String::new();
        for name in groups.iter().flat_map(|group| group.iter()).map(|(_, source)| source.name()) {
            if is_changed.insert(name, true).is_some() {
                continue;
            }
            // git names a file without symbolic links on the way.
            let place = self.files.real_place(Path::new(name));
            let inside = place.as_ref().and_then(|place| place.strip_prefix(&self.top).ok());
            let Some(path) = inside.map(display).filter(|path| !path.contains('\n')) else { continue };
            let Ok(Some(bytes)) = self.files.bytes_if_there(Path::new(name)) else { continue };
            question.push_str(&format!("{}:{path}\n", self.commit));
            asked.push((name, bytes));
        }
        let answer = match asked.is_empty() {
            true => Vec::new(),
            false => git(&self.top, &["cat-file", "--batch"], question.as_bytes())?.stdout,
        };
        let mut rest = &answer[..];
        for (name, bytes) in &asked {
            let Some((object, behind)) = next_object(rest) else { break };
            rest = behind;
            let is_same = object.is_some_and(|object| without_returns(object).eq(without_returns(bytes)));
            is_changed.insert(name, !is_same);
        }
        let touches = |group: &&Sources| group.iter().any(|(_, source)| is_changed[source.name()]);
        Ok(groups.iter().map(touches).collect())
    }
}

/// The next answer of `git cat-file --batch`, `None` in it where there is no such object, and what is behind it.
///
/// Source: git-cat-file(1), "BATCH OUTPUT".
fn next_object(answer: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = (std::str::from_utf8(&answer[..end]).ok()?, &answer[end + 1..]);
    let words: Vec<&str> = line.rsplitn(3, ' ').collect();
    match words[..] {
        [size, "blob" | "tree" | "commit" | "tag", _] => {
            let size: usize = size.parse().ok()?;
            Some((Some(rest.get(..size)?), rest.get(size + 1..)?))
        }
        _ => Some((None, rest)),
    }
}

/// The bytes of a text, its line ends as git keeps them.
fn without_returns(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let next = |at: usize| bytes.get(at + 1).copied();
    bytes
        .iter()
        .enumerate()
        .filter(move |(at, byte)| **byte != b'\r' || next(*at) != Some(b'\n'))
        .map(|(_, byte)| *byte)
}

fn git(folder: &Path, arguments: &[&str], input: &[u8]) -> Result<Ended, CliError> {
    let ended = program::git(folder, arguments, input).map_err(|error| {
        CliError::new(format!("git cannot be asked: {}", reason(&error)))
            .help("install git, or leave out `--changed`")
    })?;
    if ended.is_success() {
        return Ok(ended);
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    let said = said.lines().next().unwrap_or("it says nothing").trim_start_matches("fatal: ");
    Err(CliError::new(format!("git refuses: {said}"))
        .help("`--changed` needs a repository, and a revision that it has: `--changed=main`"))
}

#[cfg(test)]
mod tests {
    use super::{next_object, without_returns};

    #[test]
    fn answers_of_git_are_taken_apart() {
        let answer = b"0a1b blob 3\na\nb\nmain:x y.yml missing\n0a1b blob 0\n\n";
        let (first, rest) = next_object(answer).expect("an answer");
        assert_eq!(first, Some(&b"a\nb"[..]));
        let (second, rest) = next_object(rest).expect("an answer");
        assert_eq!(second, None);
        assert_eq!(next_object(rest), Some((Some(&b""[..]), &b""[..])));
        assert_eq!(next_object(b"0a1b blob 9\nabc"), None);
    }

    #[test]
    fn line_ends_are_those_of_git() {
        assert!(without_returns(b"a\r\nb\rc\r").eq(*b"a\nb\rc\r"));
    }
}
