//! Who may read the file of a secret. Compose mounts it as it lies on the host, with its owner and mode.
//!
//! Source: docker/compose#9648.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::plan::SecretReader;

/// Whom a file is for.
pub(super) enum Access {
    /// Its owner alone, who has to be this user; anyone, if none is named.
    Owner(Option<u32>),
    /// Everyone who gets into its folder, for this reason.
    Everyone(String),
}

impl Access {
    /// What the services need that read a file.
    pub(super) fn of(readers: &[&SecretReader]) -> Self {
        let mut users: Vec<(u32, &str)> = Vec::new();
        for reader in readers.iter().filter(|reader| !reader.reads_all) {
            match reader.user {
                Some(user) if users.iter().any(|(known, _)| *known == user) => {}
                Some(user) => users.push((user, &reader.service)),
                None => {
                    let service = &reader.service;
                    return Self::Everyone(format!(
                        "nothing says which user the image of `{service}` runs as; `user: \"1000\"` would"
                    ));
                }
            }
        }
        match &users[..] {
            [] => Self::Owner(None),
            [(user, _)] => Self::Owner(Some(*user)),
            users => {
                let readers: Vec<String> =
                    users.iter().map(|(user, service)| format!("`{service}` as user {user}")).collect();
                Self::Everyone(format!("it is read by {}", readers.join(" and ")))
            }
        }
    }
}

/// Writes a new file with its access; returns the reason where everyone may read it.
///
/// # Errors
///
/// Why it cannot be written; a file that is there is not.
pub(super) fn create(path: &Path, value: &str, access: &Access) -> io::Result<Option<String>> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private_folder(folder)?;
    }
    let mut file = private_file(path)?;
    file.write_all(value.as_bytes())?;
    let reason = match access {
        Access::Owner(None) => None,
        Access::Owner(Some(user)) if is_owned_by(&file.metadata()?, *user) || give(path, *user) => None,
        Access::Owner(Some(user)) => Some(format!("only root may give it to user {user}, who reads it")),
        Access::Everyone(reason) => Some(reason.clone()),
    };
    if reason.is_some() {
        let mut permissions = file.metadata()?.permissions();
        open_to_everyone(&mut permissions);
        file.set_permissions(permissions)?;
    }
    Ok(reason)
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A new file that only its owner can read.
#[cfg(unix)]
pub(in crate::cli) fn private_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(unix)]
fn open_to_everyone(permissions: &mut std::fs::Permissions) {
    use std::os::unix::fs::PermissionsExt;
    permissions.set_mode(0o644);
}

#[cfg(unix)]
fn is_owned_by(file: &Metadata, user: u32) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.uid() == user
}

#[cfg(unix)]
fn give(path: &Path, user: u32) -> bool {
    std::os::unix::fs::chown(path, Some(user), None).is_ok()
}

/// Whether every user of the machine can read a file.
#[cfg(unix)]
pub(super) fn is_open(file: &Metadata, folder: Option<&Metadata>) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let enters = folder.is_none_or(|folder| folder.permissions().mode() & 0o001 != 0);
    enters && file.permissions().mode() & 0o004 != 0
}

/// Whether a service surely cannot read a file.
#[cfg(unix)]
pub(super) fn is_closed_to(file: &Metadata, reader: &SecretReader) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let group_or_others = file.permissions().mode() & 0o044 != 0;
    !reader.reads_all && reader.user.is_some_and(|user| !is_owned_by(file, user)) && !group_or_others
}

// Elsewhere Docker runs in a virtual machine, where files have no owner of the host and can be read by everyone.

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(folder)
}

#[cfg(not(unix))]
pub(in crate::cli) fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(not(unix))]
fn open_to_everyone(_: &mut std::fs::Permissions) {}

#[cfg(not(unix))]
fn is_owned_by(_: &Metadata, _: u32) -> bool {
    true
}

#[cfg(not(unix))]
fn give(_: &Path, _: u32) -> bool {
    true
}

#[cfg(not(unix))]
pub(super) fn is_open(_: &Metadata, _: Option<&Metadata>) -> bool {
    false
}

#[cfg(not(unix))]
pub(super) fn is_closed_to(_: &Metadata, _: &SecretReader) -> bool {
    false
}
