//! The header of a rendered file, by which it is known whether a person has changed it since.

use crate::checksum::checksum;

/// What a file that lies where one is to be rendered says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// It is as it was rendered.
    Unchanged,
    /// It was rendered, and changed since.
    Edited,
    /// It was never rendered.
    Foreign,
}

pub(super) const MARK: &str = "stackgen checksum: ";

/// Whether a file's format has no comments of a line, so that its checksum has to be noted elsewhere.
pub(super) fn is_noted(path: &str) -> bool {
    path.ends_with(".json") || path.ends_with(".xml")
}

/// Whether a file is as it was rendered; `noted` is the checksum that the lock file has for it.
pub(super) fn state_of(path: &str, text: &str, noted: Option<&str>) -> FileState {
    let text = text.replace("\r\n", "\n");
    if is_noted(path) {
        return match noted {
            Some(noted) if noted == checksum(&text) => FileState::Unchanged,
            Some(_) => FileState::Edited,
            None => FileState::Foreign,
        };
    }
    let Some(at) = text.find(MARK) else { return FileState::Foreign };
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1);
    let without = format!("{}{}", &text[..start], &text[end..]);
    let written = text[at + MARK.len()..end].trim();
    if written == checksum(&without) { FileState::Unchanged } else { FileState::Edited }
}

/// A text under a header in the comment syntax of its path: `title` lines, what made it, how to change it, and its
/// checksum.
pub(super) fn with_checksum(path: &str, title: &[String], body: &str) -> String {
    if is_noted(path) {
        return body.to_owned();
    }
    let mark = comment_mark(path);
    let mut head = String::new();
    for line in title {
        head.push_str(format!("{mark} {line}").trim_end());
        head.push('\n');
    }
    head.push_str(&format!(
        "{mark} Rendered by stackgen: to change it, edit stack.yaml and run `stackgen render`.\n"
    ));
    let checksum = checksum(format!("{head}\n{body}"));
    format!("{head}{mark} {MARK}{checksum}\n\n{body}")
}

fn comment_mark(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("sql" | "lua") => "--",
        Some("js" | "alloy" | "hcl") => "//",
        Some("ini") => ";",
        _ => "#",
    }
}

#[cfg(test)]
mod tests {
    use super::{FileState, checksum, state_of, with_checksum};

    #[test]
    fn an_edit_breaks_the_seal() {
        let text = with_checksum("a.yml", &["a.yml: a test".to_owned()], "a: 1\n");
        assert_eq!(state_of("a.yml", &text, None), FileState::Unchanged);
        assert_eq!(state_of("a.yml", &text.replace('\n', "\r\n"), None), FileState::Unchanged);
        assert_eq!(state_of("a.yml", &text.replace("a: 1", "a: 2"), None), FileState::Edited);
        assert_eq!(state_of("a.yml", &text.replace("a test", "mine"), None), FileState::Edited);
        assert_eq!(state_of("a.yml", &format!("{text}# note\n"), None), FileState::Edited);
        assert_eq!(state_of("a.yml", "a: 1\n", None), FileState::Foreign);
    }

    #[test]
    fn a_file_without_comments_is_noted_elsewhere() {
        let text = with_checksum("a.json", &[], "{}\n");
        assert_eq!(text, "{}\n");
        assert_eq!(state_of("a.json", &text, Some(&checksum("{}\n"))), FileState::Unchanged);
        assert_eq!(state_of("a.json", "{ }\n", Some(&checksum("{}\n"))), FileState::Edited);
        assert_eq!(state_of("a.json", &text, None), FileState::Foreign);
    }

    #[test]
    fn the_comment_fits_the_file() {
        assert!(with_checksum("x/init.sql", &[], "SELECT 1;\n").starts_with("-- Rendered"));
        assert!(with_checksum("nginx.conf", &[], "").starts_with("# Rendered"));
    }
}
