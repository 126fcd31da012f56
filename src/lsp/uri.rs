//! Files as clients name them: `file:///home/me/my%20shop/compose.yaml`.

use std::path::{Component, Path, PathBuf};

use gen_lsp_types::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stands in a path as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'+')
    .remove(b'@');

/// The path of a file; `None` for what is no file of this machine.
pub(super) fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_ref().strip_prefix("file://")?;
    let rest = rest.strip_prefix("localhost").filter(|rest| rest.starts_with('/')).unwrap_or(rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let text = percent_decode_str(rest).decode_utf8().ok()?;
    if !text.starts_with('/') || text.contains('\0') {
        return None;
    }
    // `/C:/shop` on Windows.
    let is_drive = cfg!(windows) && text.as_bytes().get(2) == Some(&b':');
    Some(clean(Path::new(if is_drive { &text[1..] } else { &*text })))
}

/// A path without `.` and `..`.
pub(super) fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            other => clean.push(other),
        }
    }
    clean
}

/// The name of a file.
pub(super) fn of(path: &Path) -> Uri {
    let text = path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    let rooted = if text.starts_with('/') { text } else { format!("/{text}") };
    Uri(format!("file://{}", utf8_percent_encode(&rooted, ESCAPED)))
}

#[cfg(test)]
mod tests {
    use super::{of, path};
    use gen_lsp_types::Uri;
    use std::path::{Path, PathBuf};

    #[test]
    fn paths_come_back() {
        for name in ["/a/compose.yaml", "/a b/ñ#?%/c+d@e.yaml", "/🐘/x"] {
            assert_eq!(path(&of(Path::new(name))), Some(PathBuf::from(name)));
        }
        assert_eq!(of(Path::new("/a b")).0, "file:///a%20b");
        let read = |text: &str| path(&Uri(text.to_owned()));
        assert_eq!(read("file:///c%3A/x"), Some(PathBuf::from("/c:/x")));
        assert_eq!(read("file:///a/./b/../c"), Some(PathBuf::from("/a/c")));
        assert_eq!(read("untitled:Untitled-1"), None);
        assert_eq!(read("file://host/share"), None);
        assert_eq!(read("file:///%ff"), None);
    }
}
