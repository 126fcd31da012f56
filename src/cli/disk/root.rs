//! The files of one project, held to its root: the nearest folder with `.git`, else the folder that was given.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use super::Disk;
use super::attributes::{Attributes, set_mode};
use super::ignored::{self, Ignored, Patterns};
use super::read::{self, Refusal, cannot_read};
use crate::cli::display;
use crate::cli::error::CliError;
use compose_reader::compose::{FileEntry, Files};

/// The disk as far as one project may see it. Links are followed to where they lead; what lies outside of the root is not
/// read, but for files that the user has named, and where the user allows it.
#[derive(Clone, Debug)]
pub(in crate::cli) struct ProjectFiles {
    disk: Disk,
    /// The root, without links.
    root: PathBuf,
    /// Files and folders outside that may be read all the same, without links.
    allowed: BTreeSet<PathBuf>,
    /// Files that the user has named, without links.
    named: BTreeSet<PathBuf>,
}

/// What lies directly in a folder.
#[derive(Debug, Default)]
pub(in crate::cli) struct Listed {
    pub(in crate::cli) folders: Vec<String>,
    pub(in crate::cli) files: Vec<String>,
    /// Whether nothing else lies there: neither a link nor a device.
    pub(in crate::cli) is_whole: bool,
}

impl Disk {
    /// The files of a project that a folder holds.
    pub(in crate::cli) fn of_folder(&self, folder: &Path) -> ProjectFiles {
        let root = self.root_of(&self.absolute(folder));
        ProjectFiles { disk: self.clone(), root, allowed: BTreeSet::new(), named: BTreeSet::new() }
    }

    /// The files of a project that some files make up which the user has named; the first one says where it lies.
    pub(in crate::cli) fn of_files(&self, files: &[PathBuf]) -> ProjectFiles {
        let folder = |file: &PathBuf| self.absolute(file).parent().map(Path::to_path_buf).unwrap_or_default();
        let mut project = self.of_folder(&files.first().map(folder).unwrap_or_default());
        for file in files {
            // A link that leads out of where it lies is not what the user has in mind.
            let own_root = self.root_of(&folder(file));
            let place = self.absolute(file).canonicalize().ok().filter(|place| place.starts_with(own_root));
            project.named.extend(place);
        }
        project
    }

    /// The text of a file that the user has named.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub(in crate::cli) fn read_named(&self, path: &Path) -> Result<String, CliError> {
        self.of_files(&[path.to_path_buf()]).text(path)
    }

    /// Whether a repository begins at a folder.
    pub(in crate::cli) fn is_top_of_repository(&self, folder: &Path) -> bool {
        self.absolute(folder).join(".git").symlink_metadata().is_ok()
    }

    /// The root that a file is held to, without links.
    pub(in crate::cli) fn root_of_file(&self, path: &Path) -> PathBuf {
        self.root_of(self.absolute(path).parent().unwrap_or(path))
    }

    /// The root that what lies in a folder is held to, without links.
    pub(super) fn root_of(&self, folder: &Path) -> PathBuf {
        let mut roots = self.run.roots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(root) = roots.get(folder) {
            return root.clone();
        }
        let (real, here) = (real_path(folder), real_path(&self.run.here));
        let with_git = |folder: &Path| {
            let has_git = |folder: &&Path| folder.join(".git").symlink_metadata().is_ok();
            folder.ancestors().find(has_git).map(Path::to_path_buf)
        };
        let root_here = || with_git(&here).unwrap_or_else(|| here.clone());
        let root = if folder.starts_with(&self.run.here) {
            // A link that leads out does not take the root with it.
            let is_inside = real.starts_with(&here) || real.starts_with(root_here());
            if is_inside { with_git(&real).unwrap_or_else(root_here) } else { root_here() }
        } else {
            with_git(&real).unwrap_or(real)
        };
        roots.insert(folder.to_path_buf(), root.clone());
        root
    }
}

/// A path without links, as far as it is there.
pub(super) fn real_path(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    match there {
        Some((above, real)) => match path.strip_prefix(above) {
            Ok(rest) if rest.as_os_str().is_empty() => real,
            Ok(rest) => real.join(rest),
            Err(_) => real,
        },
        None => path.to_path_buf(),
    }
}

impl ProjectFiles {
    /// The patterns of a `.gitignore` or its like in a folder, read once.
    pub(super) fn patterns(&self, folder: &Path, name: &str) -> Patterns {
        let path = folder.join(name);
        let mut known = self.disk.run.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(patterns) = known.get(&path) {
            return patterns.clone();
        }
        let text = self.bytes_if_there(&path).ok().flatten();
        let patterns = text.and_then(|bytes| ignored::patterns(folder, &String::from_utf8_lossy(&bytes)));
        known.insert(path, patterns.clone());
        patterns
    }

    /// The same, with files and folders outside of the root that may be read.
    pub(in crate::cli) fn allowing(mut self, paths: &[PathBuf]) -> Self {
        self.allowed.extend(paths.iter().map(|path| real_path(&self.disk.absolute(path))));
        self
    }

    /// The disk that it is a part of.
    pub(in crate::cli) fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The root, without links.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The text of a file.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub(in crate::cli) fn text(&self, path: &Path) -> Result<String, CliError> {
        self.try_text(path).map_err(|refusal| cannot_read(path, &refusal))
    }

    /// The text of a file, `None` where nothing lies there.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub(in crate::cli) fn text_if_there(&self, path: &Path) -> Result<Option<String>, CliError> {
        match self.try_text(path) {
            Ok(text) => Ok(Some(text)),
            Err(Refusal::Missing) => Ok(None),
            Err(refusal) => Err(cannot_read(path, &refusal)),
        }
    }

    /// The bytes of a file, `None` where nothing lies there.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub(in crate::cli) fn bytes_if_there(&self, path: &Path) -> Result<Option<Vec<u8>>, CliError> {
        match self.locate(&self.disk.absolute(path)).and_then(|place| read::bytes(&self.disk.run, &place)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Refusal::Missing) => Ok(None),
            Err(refusal) => Err(cannot_read(path, &refusal)),
        }
    }

    /// What lies at a path, once links are followed; `None` where nothing does that may be looked at.
    pub(in crate::cli) fn attributes(&self, path: &Path) -> Option<Attributes> {
        let place = self.locate(&self.disk.absolute(path)).ok()?;
        place.symlink_metadata().ok().map(|found| Attributes::of(&found))
    }

    /// Whether anything but a folder lies at a path, or may do: reading says why it cannot be read.
    pub(in crate::cli) fn is_there(&self, path: &Path) -> bool {
        let path = self.disk.absolute(path);
        match self.locate(&path) {
            _ if self.disk.instead.contains_key(&path) => true,
            Ok(place) => !place.is_dir(),
            Err(refusal) => !matches!(refusal, Refusal::Missing),
        }
    }

    /// Whether nothing lies at a path, as far as may be known.
    pub(in crate::cli) fn is_missing(&self, path: &Path) -> bool {
        matches!(self.locate(&self.disk.absolute(path)), Err(Refusal::Missing))
    }

    /// Whether a path leads outside of the root, and what lies there may not be read.
    pub(in crate::cli) fn is_outside(&self, path: &Path) -> bool {
        matches!(self.locate(&self.disk.absolute(path)), Err(Refusal::Outside))
    }

    /// Whether a file lies at a path.
    pub(in crate::cli) fn is_file(&self, path: &Path) -> bool {
        self.attributes(path).is_some_and(|found| found.is_file)
    }

    /// Whether a folder lies at a path.
    pub(in crate::cli) fn is_folder(&self, path: &Path) -> bool {
        self.attributes(path).is_some_and(|found| found.is_folder)
    }

    /// Where a path leads once links are followed; `None` where nothing is that may be looked at.
    pub(in crate::cli) fn real_place(&self, path: &Path) -> Option<PathBuf> {
        self.locate(&self.disk.absolute(path)).ok()
    }

    /// Closes a folder to everyone but its owner; returns whether it was open.
    ///
    /// # Errors
    ///
    /// Why it cannot be closed.
    pub(in crate::cli) fn close_folder(&self, path: &Path) -> io::Result<bool> {
        let is_open =
            self.attributes(path).is_some_and(|folder| folder.is_folder && folder.mode & 0o027 != 0);
        match self.locate(&self.disk.absolute(path)) {
            Ok(place) if is_open => set_mode(&std::fs::File::open(place)?, 0o700).map(|()| true),
            _ => Ok(false),
        }
    }

    /// What lies directly in a folder, by name; a link to a folder is neither.
    pub(in crate::cli) fn list(&self, folder: &Path) -> Listed {
        let mut listed = Listed::default();
        let place = self.locate(&self.disk.absolute(folder)).ok();
        let Some(entries) = place.and_then(|place| std::fs::read_dir(place).ok()) else { return listed };
        listed.is_whole = true;
        for entry in entries.flatten() {
            let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else {
                listed.is_whole = false;
                continue;
            };
            match (kind.is_dir(), kind.is_file()) {
                (true, _) => listed.folders.push(name),
                (_, true) => listed.files.push(name),
                _ => listed.is_whole = false,
            }
        }
        listed.folders.sort();
        listed.files.sort();
        listed
    }

    fn try_text(&self, path: &Path) -> Result<String, Refusal> {
        let path = self.disk.absolute(path);
        if let Some(text) = self.disk.instead.get(&path) {
            return Ok(text.to_string());
        }
        let place = self.locate(&path)?;
        let text = read::text(read::bytes(&self.disk.run, &place)?)?;
        if !place.starts_with(&self.root) && !self.named.contains(&place) {
            let mut outside = self.disk.run.outside.lock().unwrap_or_else(PoisonError::into_inner);
            outside.insert(self.disk.name_of(&path));
        }
        Ok(text)
    }

    /// Where a path leads once links are followed, if that may be read.
    pub(super) fn locate(&self, path: &Path) -> Result<PathBuf, Refusal> {
        let found = path.canonicalize();
        let place = match &found {
            Ok(place) => place.clone(),
            // What is not there lies outside as well, so that a run says the same on every machine.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                real_path(path)
            }
            Err(_) => path.to_path_buf(),
        };
        // What the system shows as files is no neighbour of a repository.
        let is_of_the_system = ["/proc", "/sys", "/dev"].iter().any(|folder| place.starts_with(folder));
        let is_allowed =
            || !is_of_the_system && self.allowed.iter().any(|allowed| place.starts_with(allowed));
        let is_inside = place.starts_with(&self.root) || self.named.contains(&place);
        if !is_inside && !self.disk.run.allows_outside && !is_allowed() {
            let mut left_out = self.disk.run.left_out.lock().unwrap_or_else(PoisonError::into_inner);
            left_out.insert(self.disk.name_of(path));
            return Err(Refusal::Outside);
        }
        found.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Refusal::Missing,
            _ => Refusal::System(error),
        })
    }
}

impl Files for ProjectFiles {
    fn entry(&self, path: &str) -> Option<FileEntry> {
        let path = Path::new(path);
        if self.disk.instead.contains_key(path) {
            return Some(FileEntry::File);
        }
        match self.locate(path) {
            Err(Refusal::Outside) => Some(FileEntry::Outside),
            Err(Refusal::Missing) => None,
            // Reading says why it cannot be read.
            Err(_) => Some(FileEntry::File),
            Ok(place) => {
                let found = Attributes::of(&place.symlink_metadata().ok()?);
                Some(match (found.is_folder, found.is_file) {
                    (true, _) => FileEntry::Folder,
                    (_, true) => FileEntry::File,
                    _ => FileEntry::Special,
                })
            }
        }
    }

    fn read(&self, path: &str) -> Result<String, String> {
        self.try_text(Path::new(path)).map_err(|refusal| refusal.why())
    }

    fn real_path(&self, path: &str) -> Option<String> {
        Path::new(path).canonicalize().ok().map(|path| display(&path))
    }

    fn display_name(&self, path: &str) -> String {
        self.disk.name_of(Path::new(path))
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let Listed { folders, files, .. } = self.list(Path::new(folder));
        let mut names = [folders, files].concat();
        names.sort();
        names
    }

    fn is_ignored(&self, path: &str) -> bool {
        let path = PathBuf::from(path);
        let above = path.ancestors().skip(1).filter(|folder| folder.starts_with(&self.root));
        let above: Vec<&Path> = above.collect();
        let mut ignored = Ignored::default();
        for folder in above.iter().rev() {
            for name in ignored::NAMES {
                ignored.add(self.patterns(folder, name));
            }
        }
        let inside = path.ancestors().filter(|inside| inside.starts_with(&self.root) && *inside != self.root);
        inside
            .map(Path::to_path_buf)
            .any(|part| ignored.names(&part, part != path) || ignored.names(&part, true))
    }
}
