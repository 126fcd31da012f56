//! Who may read the file of a secret. Compose mounts it as it lies on the host, with its owner and mode.
//!
//! Source: docker/compose#9648.

use crate::cli::disk::{self, Attributes};
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

    /// Whether a file that is there is open to those whom it is not for, or closed to those whom it is for.
    pub(super) fn is_amiss(&self, file: &Attributes) -> bool {
        let is_writable = file.mode & 0o022 != 0;
        is_writable
            || match self {
                Self::Owner(None) => file.mode & 0o007 != 0,
                Self::Owner(Some(user)) if file.owner == *user => file.mode & 0o007 != 0,
                Self::Owner(Some(_)) | Self::Everyone(_) => file.mode & 0o044 == 0,
            }
    }

    /// How a file is written.
    pub(super) fn of_file(&self) -> disk::Access {
        match self {
            Self::Owner(None) => disk::Access::Private,
            Self::Owner(Some(user)) => disk::Access::Owner(*user),
            Self::Everyone(_) => disk::Access::Readable,
        }
    }

    /// Why everyone may read a file, where that is so; `is_given` says whether the user has it whose it should be.
    pub(super) fn why_open(&self, is_given: bool) -> Option<String> {
        match self {
            Self::Owner(Some(user)) if !is_given => {
                Some(format!("only root may give it to user {user}, who reads it"))
            }
            Self::Owner(_) => None,
            Self::Everyone(reason) => Some(reason.clone()),
        }
    }
}

/// Whether every user of the machine gets into a folder.
pub(super) fn is_entered_by_all(folder: Option<Attributes>) -> bool {
    folder.is_none_or(|folder| folder.mode & 0o001 != 0)
}

/// Whether a service surely cannot read a file.
pub(super) fn is_closed_to(file: &Attributes, reader: &SecretReader) -> bool {
    let group_or_others = file.mode & 0o044 != 0;
    cfg!(unix) && !reader.reads_all && reader.user.is_some_and(|user| file.owner != user) && !group_or_others
}
