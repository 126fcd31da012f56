//! One project: its files in, what is to be said about it out.

use std::path::PathBuf;

use super::settings::Rules;
use crate::cli::disk::{Disk, ProjectFiles};
use crate::cli::display;
use crate::cli::error::CliError;
use crate::fix::Checked;
use crate::lint::{
    Footprint, config_path, is_about_lack, is_configured, is_otherwise_in_swarm, lint, refusals, secrets,
};
use compose_reader::compose::{Fault, FileEntry, Files, Problem, Project, Request, env_file_problem, parent};
use compose_reader::dotenv::{self, EnvFileError};
use compose_reader::source::{SourceId, Sources, Span};

/// Files that are read as one project, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cli) struct Reading {
    /// The files, in the order in which they are merged.
    pub(in crate::cli) files: Vec<PathBuf>,
    /// The folder that relative paths are seen from, where it is not that of the first file.
    pub(in crate::cli) directory: Option<PathBuf>,
    /// The env files in place of `.env`; of several, the later one holds.
    pub(in crate::cli) env_files: Vec<PathBuf>,
    /// Whether it has an env file that does not lie here.
    pub(in crate::cli) is_set_elsewhere: bool,
    /// The profiles that are on; where none is named, all of them count.
    pub(in crate::cli) profiles: Vec<String>,
    /// Whether it is deployed to a swarm.
    pub(in crate::cli) is_swarm: bool,
}

impl Reading {
    /// Whether it reads all the files of another one, and more of them or in another way.
    pub(in crate::cli) fn is_wider_than(&self, other: &Self) -> bool {
        self != other && other.files.iter().all(|file| self.files.contains(file))
    }
}

/// A project that has been linted.
#[derive(Clone)]
pub(super) struct Linted {
    /// Its texts, and what the rules say about them.
    pub(super) checked: Checked,
    /// What it shares with other projects, if it could be read.
    pub(super) footprint: Option<Footprint>,
    /// What to tell about files that cannot be read.
    pub(super) complaints: Vec<CliError>,
}

/// Lints one project.
pub(super) fn lint_project(reading: &Reading, disk: &Disk, rules: &Rules) -> Linted {
    let paths = &reading.files;
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
    let (request, refused) = request(&around, &mut sources, &files, reading);
    let request = Request { version: rules.version, ..request };
    let project = Project::read(&mut sources, &around, &request);
    let secrets = secrets(&project);
    let mut findings = lint(&project, &rules.selection, &secrets);
    findings.extend(refusals(&refused, &[]));
    if project.is_fragment {
        findings.retain(|finding| !is_about_lack(finding.code));
    }
    if reading.is_swarm {
        findings.retain(|finding| !is_otherwise_in_swarm(finding.code));
    }
    let is_broken = project.is_broken() || refused.iter().any(|problem| !problem.fault.is_warning());
    let path = request.files.first().map_or("", |(_, path)| path);
    let footprint = Some(Footprint::of(&project, path));
    for secret in secrets {
        sources.keep_secret(secret);
    }
    Linted { checked: Checked { sources, files, findings, is_broken }, footprint, complaints }
}

/// Words in the names of files that show which variables a project wants.
const EXAMPLES: [&str; 5] = ["example", "sample", "dist", "template", "tmpl"];

/// Whether a file shows which variables a project wants: `.env.example`, `prod.env.sample`, `.env.start.test.template`.
fn is_example(name: &str) -> bool {
    let words = || name.split(['.', '-', '_']);
    words().any(|word| word == "env") && words().any(|word| EXAMPLES.contains(&word))
}

/// How the files of a project are read: with the variables of its env files, and with no others, so that a run says the
/// same on every machine. With what is wrong with those files.
pub(super) fn request(
    around: &ProjectFiles,
    sources: &mut Sources,
    files: &[SourceId],
    reading: &Reading,
) -> (Request, Vec<Problem>) {
    let absolute = |path: &PathBuf| display(&around.disk().absolute(path));
    let files: Vec<(SourceId, String)> =
        files.iter().copied().zip(reading.files.iter().map(absolute)).collect();
    let folder = match &reading.directory {
        Some(folder) => absolute(folder),
        None => files.first().map_or(".", |(_, path)| parent(path)).to_owned(),
    };
    let mut request = Request::of_texts(sources, &[]);
    let inside = |name: &str| format!("{}/{name}", folder.trim_end_matches('/'));
    let mut env_files: Vec<String> = match &reading.env_files[..] {
        [] => vec![inside(".env")],
        named => named.iter().map(absolute).collect(),
    };
    env_files.retain(|path| around.entry(path) == Some(FileEntry::File));
    let names = around.names(&folder);
    let examples = names.iter().filter(|name| is_example(name));
    let examples: Vec<String> = examples.filter_map(|name| around.read(&inside(name)).ok()).collect();
    if !env_files.is_empty() || !examples.is_empty() {
        request.documented = Some(examples.iter().flat_map(|text| dotenv::documented(text)).collect());
    }
    let mut problems = Vec::new();
    // Of several files the last one holds.
    for path in env_files.iter().rev() {
        let name = around.display_name(path);
        let text = match around.read(path) {
            Ok(text) => text,
            Err(why) => {
                let id = sources.add(&*name, "");
                let problem = Problem::new(
                    Fault::InvalidValue,
                    Span::new(id, 0, 0),
                    format!("`{name}` cannot be read: {why}"),
                );
                problems.push(problem.help("save it as UTF-8 text that the current user may read"));
                request.documented = None;
                continue;
            }
        };
        match dotenv::parse(&text, &|_| None) {
            Ok(assignments) => {
                let hashes = dotenv::expanded_hashes(&text);
                let id = sources.add(name, text);
                request.environment.add_file(id, &assignments);
                problems.extend(hashes.into_iter().map(|at| {
                    let message = "the `$` of this hash begins variables: what comes out is another text";
                    Problem::new(Fault::UnsetVariable, Span::new(id, at.start, at.end), message)
                        .help("put the value into single quotes, in which `$` is text: `NAME='…$…'`")
                }));
            }
            Err(error) => {
                // Its lines may hold secrets: they are not quoted.
                let masked = text.chars().map(|next| if next.is_ascii_whitespace() { next } else { '*' });
                let place = |at: usize| text.get(..at).map_or(0, |before| before.chars().count());
                let place = place(error.place.start)..place(error.place.end);
                let id = sources.add(name, masked.collect::<String>());
                problems.push(env_file_problem(id, EnvFileError { place, ..error }));
                // What the file sets cannot be known.
                request.documented = None;
            }
        }
    }
    if reading.is_set_elsewhere {
        request.documented = None;
    }
    let profiles =
        if reading.profiles.is_empty() { request.profiles.clone() } else { reading.profiles.clone() };
    (Request { files, folder, profiles, config_path, is_configured, ..request }, problems)
}

#[cfg(test)]
mod tests {
    use super::is_example;

    #[test]
    fn files_that_show_variables_are_known_by_name() {
        for name in [".env.example", "env.sample", ".env.start.test.template", "app.env.dist", ".env-example"]
        {
            assert!(is_example(name), "{name}");
        }
        for name in [".env", "example.yml", "template.txt", ".env.local"] {
            assert!(!is_example(name), "{name}");
        }
    }
}
