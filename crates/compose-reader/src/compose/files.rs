//! The files around a compose file, as far as whoever reads a project hands them over; and paths as Compose joins them.

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file that can be read.
    File,
    /// A folder.
    Folder,
    /// A pipe, a socket or a device.
    Special,
    /// What is not to be looked at: it lies outside of what the project may read.
    Outside,
}

/// The world outside the texts of a project. Paths are absolute, with `/`.
pub trait Files {
    /// What lies at a path; `None` where nothing does.
    fn entry(&self, path: &str) -> Option<Entry>;

    /// The text of a file.
    ///
    /// # Errors
    ///
    /// Why it cannot be read, in words: `Permission denied`, `it is not UTF-8 text (line 3)`.
    fn read(&self, path: &str) -> Result<String, String>;

    /// The path without symbolic links, where there are some.
    fn real_path(&self, path: &str) -> Option<String>;

    /// The name that a path is shown under.
    fn display_name(&self, path: &str) -> String;

    /// The names in a folder, in order; none where nobody can say.
    fn names(&self, _folder: &str) -> Vec<String> {
        Vec::new()
    }

    /// Whether git leaves a path out, as far as that is known.
    fn is_ignored(&self, _path: &str) -> bool {
        false
    }
}

/// The folder that texts lie in which stand for themselves.
pub(super) const NO_FOLDER: &str = "/project";

/// A world without any file: a text stands for itself.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl Files for NoFiles {
    fn entry(&self, _: &str) -> Option<Entry> {
        None
    }

    fn read(&self, _: &str) -> Result<String, String> {
        Err("no such file".to_owned())
    }

    fn real_path(&self, _: &str) -> Option<String> {
        None
    }

    fn display_name(&self, path: &str) -> String {
        path.strip_prefix(NO_FOLDER).and_then(|path| path.strip_prefix('/')).unwrap_or(path).to_owned()
    }
}

/// Whether a path stands by itself, on Unix or Windows.
pub(super) fn is_absolute(path: &str) -> bool {
    let is_drive =
        matches!(path.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    path.starts_with('/') || is_drive || path.starts_with("\\\\")
}

/// `path` seen from `folder`, without `.`, `..` and doubled slashes.
pub(super) fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') { clean(path) } else { clean(&format!("{folder}/{path}")) }
}

/// The path without `.`, `..` and doubled slashes, as Go's `path.Clean` has it.
pub(super) fn clean(path: &str) -> String {
    let is_rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(last) if *last != ".." => {
                    parts.pop();
                }
                _ if is_rooted => {}
                _ => parts.push(part),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (is_rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// The folder that a path lies in.
pub fn parent(path: &str) -> &str {
    match path.rfind('/') {
        None => ".",
        Some(0) => "/",
        Some(at) => &path[..at],
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, is_absolute, join, parent};

    #[test]
    fn paths_are_cleaned_as_go_cleans_them() {
        for (path, expected) in [
            ("a/./b//c/../d", "a/b/d"),
            ("/../a", "/a"),
            ("../a", "../a"),
            ("a/..", "."),
            ("", "."),
            ("/", "/"),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
        assert_eq!(join("/x/y", "../z"), "/x/z");
        assert_eq!(join("/x/y", "/z/"), "/z");
        assert_eq!((parent("/a/b"), parent("/a"), parent("a")), ("/a", "/", "."));
        assert!(is_absolute("C:\\x") && is_absolute("/x") && !is_absolute("./x"));
    }
}
