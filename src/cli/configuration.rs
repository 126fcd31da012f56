//! `stackgen.toml` as it is found: in the folder of a file, or the nearest one above it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::display;
use super::error::CliError;
use crate::config::{self, Config};
use compose_reader::source::Sources;

/// The file that is looked for in the folder of a compose file and those above it.
pub(super) const CONFIG_FILE: &str = "stackgen.toml";

/// The configuration files around the folder that paths are named from.
pub(super) struct Configurations<'d> {
    disk: &'d Disk,
    here: PathBuf,
    /// The configuration file of each folder that was asked for.
    nearest: BTreeMap<PathBuf, Option<PathBuf>>,
}

impl<'d> Configurations<'d> {
    /// None is looked for yet.
    pub(super) fn new(disk: &'d Disk) -> Self {
        Self { disk, here: disk.here().to_path_buf(), nearest: BTreeMap::new() }
    }

    /// The folder that paths are named from.
    pub(super) fn here(&self) -> &Path {
        &self.here
    }

    /// The configuration file of a folder, or of the nearest one above it.
    pub(super) fn nearest(&mut self, folder: &Path) -> Option<PathBuf> {
        if let Some(known) = self.nearest.get(folder) {
            return known.clone();
        }
        let path = folder.join(CONFIG_FILE);
        let found = if self.disk.of_folder(folder).is_there(&path) {
            Some(path)
        } else {
            // What lies above a repository is no part of it.
            let above = folder.parent().filter(|_| !self.disk.is_top_of_repository(folder));
            above.and_then(|above| self.nearest(above))
        };
        self.nearest.insert(folder.to_path_buf(), found.clone());
        found
    }

    /// What a configuration file says.
    ///
    /// # Errors
    ///
    /// That it cannot be read, or everything that is wrong with it.
    pub(super) fn read(&self, path: &Path) -> Result<Config, CliError> {
        let path = path.strip_prefix(&self.here).unwrap_or(path);
        let text = self.disk.read_named(path)?;
        let mut sources = Sources::new();
        let id = sources.add(display(path), text.as_str());
        config::read(id, &text).map_err(|problems| CliError::of_findings(&problems, &sources, self.disk))
    }

    /// What holds for a folder.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub(super) fn of_folder(&mut self, folder: &Path) -> Result<Config, CliError> {
        let path = self.nearest(folder);
        Ok(path.map(|path| self.read(&path)).transpose()?.unwrap_or_default())
    }
}
