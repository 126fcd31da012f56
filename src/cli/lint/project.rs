//! One project: its files in, what is to be said about it out.

use std::path::PathBuf;

use super::settings::Rules;
use crate::cli::disk::{Disk, ProjectFiles};
use crate::cli::display;
use crate::cli::error::CliError;
use crate::fix::Checked;
use crate::lint::{Footprint, config_path, lint, refusals, secrets};
use compose_reader::compose::{FileEntry, Files, Problem, Project, Request, env_file_problem, parent};
use compose_reader::dotenv::{self, EnvFileError};
use compose_reader::source::{SourceId, Sources};

/// A project that has been linted.
pub(super) struct Linted {
    /// Its texts, and what the rules say about them.
    pub(super) checked: Checked,
    /// What it shares with other projects, if it could be read.
    pub(super) footprint: Option<Footprint>,
    /// What to tell about files that cannot be read.
    pub(super) complaints: Vec<CliError>,
}

/// Lints the files of one project, in the order in which they are merged.
pub(super) fn lint_project(paths: &[PathBuf], disk: &Disk, rules: &Rules) -> Linted {
    let around = disk.of_files(paths).allowing(&rules.allow_outside);
    let mut sources = Sources::new();
    let mut complaints = Vec::new();
    let mut files = Vec::new();
    for path in paths {
        match around.text(path) {
            Ok(text) => files.push(sources.add(display(path), text)),
            Err(error) => complaints.push(error),
        }
    }
    // A project that lacks one of its files would be found wanting where it is not.
    if !complaints.is_empty() {
        let checked = Checked { sources, files: Vec::new(), findings: Vec::new(), is_broken: true };
        return Linted { checked, footprint: None, complaints };
    }
    let (request, refused) = request(&around, &mut sources, &files, paths);
    let project = Project::read(&mut sources, &around, &request);
    let mut findings = lint(&project, &rules.selection);
    findings.extend(refusals(refused.as_slice(), &[]));
    let is_broken = project.is_broken() || refused.is_some();
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
/// that a run says the same on every machine. With why Compose refuses that file, if it does.
fn request(
    around: &ProjectFiles,
    sources: &mut Sources,
    files: &[SourceId],
    paths: &[PathBuf],
) -> (Request, Option<Problem>) {
    let absolute = |path: &PathBuf| display(&around.disk().absolute(path));
    let files: Vec<(SourceId, String)> = files.iter().copied().zip(paths.iter().map(absolute)).collect();
    let folder = files.first().map_or(".", |(_, path)| parent(path)).to_owned();
    let mut request = Request::of_texts(sources, &[]);
    let beside = |name: &str| {
        let path = format!("{}/{name}", folder.trim_end_matches('/'));
        let is_file = around.entry(&path) == Some(FileEntry::File);
        is_file.then(|| around.read(&path).ok()).flatten().map(|text| (path, text))
    };
    let env_file = beside(".env");
    let examples: Vec<String> =
        EXAMPLES.iter().filter_map(|name| beside(name)).map(|(_, text)| text).collect();
    if env_file.is_some() || !examples.is_empty() {
        request.documented = Some(examples.iter().flat_map(|text| dotenv::documented(text)).collect());
    }
    let mut refused = None;
    if let Some((path, text)) = env_file {
        match dotenv::parse(&text, &|_| None) {
            Ok(assignments) => {
                let id = sources.add(around.display_name(&path), text);
                request.environment.add_file(id, &assignments);
            }
            Err(error) => {
                // Its lines may hold secrets: they are not quoted.
                let masked = text.chars().map(|next| if next.is_ascii_whitespace() { next } else { '*' });
                let place = |at: usize| text.get(..at).map_or(0, |before| before.chars().count());
                let place = place(error.place.start)..place(error.place.end);
                let id = sources.add(around.display_name(&path), masked.collect::<String>());
                refused = Some(env_file_problem(id, EnvFileError { place, ..error }));
            }
        }
    }
    (Request { files, folder, config_path, ..request }, refused)
}
