//! What a file is besides its bytes: its kind, its mode, its owner.

use std::fs::{File, Metadata};
use std::io;
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, PermissionsExt};

/// How a new file may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Access {
    /// As the umask has it for any new file.
    Usual,
    /// By its owner alone.
    Private,
    /// By this user alone, whose it becomes; by everyone who gets into its folder, where it cannot be given away.
    Owner(u32),
    /// By everyone who gets into its folder.
    Readable,
}

/// What a file or folder is besides its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Attributes {
    /// Whether it is a folder.
    pub(in crate::cli) is_folder: bool,
    /// Whether it is a regular file.
    pub(in crate::cli) is_file: bool,
    /// Read, write and execute, for owner, group and others; all of it where a system has no such thing.
    pub(in crate::cli) mode: u32,
    /// The user whose it is.
    pub(in crate::cli) owner: u32,
    /// Its group.
    pub(super) group: u32,
    /// By how many names it is known.
    pub(super) links: u64,
}

impl Attributes {
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            is_folder: metadata.is_dir(),
            is_file: metadata.is_file(),
            mode: metadata.permissions().mode() & 0o7777,
            owner: metadata.uid(),
            group: metadata.gid(),
            links: metadata.nlink(),
        }
    }

    // Elsewhere Docker runs in a virtual machine, where files have no owner of the host and can be read by everyone.
    #[cfg(not(unix))]
    pub(super) fn of(metadata: &Metadata) -> Self {
        let (is_folder, is_file) = (metadata.is_dir(), metadata.is_file());
        Self { is_folder, is_file, mode: 0o600, owner: 0, group: 0, links: 1 }
    }
}

/// Opening waits for nobody.
#[cfg(unix)]
pub(super) const NO_WAITING: i32 = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
/// Opening fails where the last part of the path is a link.
#[cfg(unix)]
pub(super) const NO_FOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();

/// The user who runs the program.
#[cfg(unix)]
pub(super) fn current_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
pub(super) fn current_user() -> u32 {
    0
}

/// Sets the mode of an open file.
#[cfg(unix)]
pub(super) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
pub(super) fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

/// Gives an open file to a user and a group.
#[cfg(unix)]
pub(super) fn give(file: &File, owner: Option<u32>, group: Option<u32>) -> io::Result<()> {
    std::os::unix::fs::fchown(file, owner, group)
}

#[cfg(not(unix))]
pub(super) fn give(_: &File, _: Option<u32>, _: Option<u32>) -> io::Result<()> {
    Ok(())
}

/// Why the system refuses, without its number for it.
pub(in crate::cli) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
