//! The files around a compose file, as they lie on the disk.

use std::path::{Path, PathBuf};

use compose_reader::compose::{FileEntry, Files};

/// Bytes of one file that are read at most.
const MOST_BYTES: u64 = 64 << 20;

/// The disk, seen from the folder where the program was started.
#[derive(Debug)]
pub(super) struct Disk {
    here: PathBuf,
}

impl Disk {
    /// The disk, seen from the current folder.
    pub(super) fn new() -> Self {
        Self { here: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")) }
    }

    /// A path from the root, without `.` and `..`.
    pub(super) fn absolute(&self, path: &Path) -> String {
        let mut full = PathBuf::new();
        for part in self.here.join(path).components() {
            match part {
                std::path::Component::ParentDir => {
                    full.pop();
                }
                std::path::Component::CurDir => {}
                other => full.push(other),
            }
        }
        super::display(&full)
    }
}

impl Files for Disk {
    fn entry(&self, path: &str) -> Option<FileEntry> {
        let kind = std::fs::metadata(path).ok()?.file_type();
        Some(if kind.is_dir() {
            FileEntry::Folder
        } else if kind.is_file() {
            FileEntry::File
        } else {
            FileEntry::Special
        })
    }

    fn read(&self, path: &str) -> Result<String, String> {
        let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
        if size > MOST_BYTES {
            return Err(format!("it is {} MiB large, and at most {} are read", size >> 20, MOST_BYTES >> 20));
        }
        let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        text(bytes).map_err(|line| format!("it is not UTF-8 text (line {line})"))
    }

    fn real_path(&self, path: &str) -> Option<String> {
        std::fs::canonicalize(path).ok().map(|path| super::display(&path))
    }

    fn display_name(&self, path: &str) -> String {
        match Path::new(path).strip_prefix(&self.here) {
            Ok(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
            Ok(inside) => super::display(inside),
            Err(_) => path.to_owned(),
        }
    }
}

/// Bytes as text, or the line of the first that are not UTF-8.
pub(super) fn text(bytes: Vec<u8>) -> Result<String, usize> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
    })
}
