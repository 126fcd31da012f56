//! One project: its files in, what is to be said about it out.

use std::path::{Path, PathBuf};

use super::text::Texts;
use crate::cli::disk::Disk;
use crate::cli::display;
use crate::fix::Checked;
use crate::lint::{Footprint, Selection, config_path, lint, secrets};
use compose_reader::compose::{FileEntry, Files, Project, Request, parent};
use compose_reader::dotenv;
use compose_reader::source::{SourceId, Sources};

/// A project that has been linted.
pub(super) struct Linted {
    /// Its texts, and what the rules say about them.
    pub(super) checked: Checked,
    /// What it shares with other projects, if it could be read.
    pub(super) footprint: Option<Footprint>,
    /// What to tell about files that cannot be read.
    pub(super) complaints: Vec<String>,
}

/// Lints the files of one project, in the order in which they are merged.
pub(super) fn lint_project(paths: &[PathBuf], texts: &Texts, selection: &Selection) -> Linted {
    let mut sources = Sources::new();
    let mut complaints = Vec::new();
    let mut files = Vec::new();
    for path in paths {
        match texts.read(path) {
            Ok(text) => files.push(sources.add(display(path), text)),
            Err(message) => complaints.push(message),
        }
    }
    // A project that lacks one of its files would be found wanting where it is not.
    if !complaints.is_empty() {
        let checked = Checked { sources, files: Vec::new(), findings: Vec::new(), is_broken: true };
        return Linted { checked, footprint: None, complaints };
    }
    let disk = Disk::new();
    let request = request(&disk, &mut sources, &files, paths);
    let project = Project::read(&mut sources, &disk, &request);
    let findings = lint(&project, selection);
    let is_broken = project.is_broken();
    let path = request.files.first().map_or("", |(_, path)| path);
    let footprint = Some(Footprint::of(&project, path));
    for secret in secrets(&project) {
        sources.keep_secret(secret);
    }
    Linted { checked: Checked { sources, files, findings, is_broken }, footprint, complaints }
}

/// Names of files that show which variables a project wants.
const EXAMPLES: [&str; 6] =
    [".env.example", ".env.sample", ".env.dist", ".env.template", "example.env", "env.example"];

/// How the files of a project are read: with the variables of the `.env` beside the first one, and with no others, so
/// that a run says the same on every machine.
fn request(disk: &Disk, sources: &mut Sources, files: &[SourceId], paths: &[PathBuf]) -> Request {
    let absolute = |path: &PathBuf| {
        let is_file = path.as_os_str() != "-";
        disk.absolute(if is_file { path } else { Path::new("-") })
    };
    let files: Vec<(SourceId, String)> = files.iter().copied().zip(paths.iter().map(absolute)).collect();
    let folder = files.first().map_or(".", |(_, path)| parent(path)).to_owned();
    let mut request = Request::of_texts(sources, &[]);
    let beside = |name: &str| {
        let path = format!("{}/{name}", folder.trim_end_matches('/'));
        let is_file = disk.entry(&path) == Some(FileEntry::File);
        is_file.then(|| disk.read(&path).ok()).flatten().map(|text| (path, text))
    };
    let env_file = beside(".env");
    let examples: Vec<String> =
        EXAMPLES.iter().filter_map(|name| beside(name)).map(|(_, text)| text).collect();
    if env_file.is_some() || !examples.is_empty() {
        request.documented = Some(examples.iter().flat_map(|text| dotenv::documented(text)).collect());
    }
    if let Some((path, text)) = env_file {
        let id = sources.add(disk.display_name(&path), text);
        let assignments = dotenv::parse(sources.get(id).text(), &|_| None).unwrap_or_default();
        request.environment.add_file(id, &assignments);
    }
    Request { files, folder, config_path, ..request }
}
