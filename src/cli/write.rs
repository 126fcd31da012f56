//! Files are written whole or not at all.

use std::io::Write;
use std::path::Path;

use super::display;

/// Writes a text beside a file's place, and moves it there.
pub(super) fn write_whole(path: &Path, text: &str) -> Result<(), String> {
    // What a link points to is written, not the link.
    let place = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let failed = |error: &std::io::Error| {
        format!(
            "error: cannot write `{}`: {}\n  help: name a file in a folder that is there and can be written\n",
            display(path),
            reason(error)
        )
    };
    let folder = place.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let mut temporary = temporary_in(folder).map_err(|error| failed(&error))?;
    // Before there is anything in it to read.
    if let Ok(existing) = std::fs::metadata(&place) {
        std::fs::set_permissions(temporary.path(), existing.permissions()).map_err(|error| failed(&error))?;
    }
    temporary.write_all(text.as_bytes()).map_err(|error| failed(&error))?;
    temporary.persist(&place).map_err(|error| failed(&error.error))?;
    Ok(())
}

/// Why the system refuses, without its number for it.
pub(super) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// A new file with the permissions that any new file has.
pub(super) fn temporary_in(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".stackgen-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}
