//! Which compose files make which environment.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::cli::disk::Disk;
use crate::cli::display;
use crate::cli::error::CliError;
use crate::cli::lint::input::{Candidate, projects_at};
use crate::definition::Mode;
use crate::render::{self, FileState};

/// The files of an environment.
pub(super) struct Environment {
    pub(super) name: String,
    pub(super) mode: Mode,
    pub(super) files: Vec<PathBuf>,
    pub(super) directory: Option<PathBuf>,
    pub(super) env_files: Vec<PathBuf>,
    /// Who says that they belong together.
    pub(super) reasons: Vec<String>,
}

/// `NAME=FILE[,FILE...]` of the command line.
///
/// # Errors
///
/// What is not of that form.
pub(super) fn named(text: &str, folder: &Path) -> Result<Environment, CliError> {
    let help = "write the name of the environment and its files: `--environment production=compose.yaml,compose.prod.yaml`";
    let Some((name, files)) =
        text.split_once('=').filter(|(name, files)| !name.is_empty() && !files.is_empty())
    else {
        return Err(CliError::new(format!("`{text}` names no environment and its files")).help(help));
    };
    let files = files.split(',').map(|file| match folder == Path::new(".") {
        true => PathBuf::from(file),
        false => folder.join(file),
    });
    Ok(Environment {
        mode: mode_of(name),
        name: name.to_owned(),
        files: files.collect(),
        directory: None,
        env_files: Vec::new(),
        reasons: Vec::new(),
    })
}

/// The environments that the compose files of a folder make, by commands and names.
///
/// # Errors
///
/// That there are none, with the folders below that have some.
pub(super) fn environments(folder: &Path, disk: &Disk) -> Result<Vec<Environment>, CliError> {
    let found = projects_at(folder, disk);
    let is_here = |candidate: &&Candidate| {
        candidate.reading.files.iter().all(|file| {
            let parent = file.parent().unwrap_or(Path::new(""));
            disk.absolute(parent) == disk.absolute(folder)
        })
    };
    let around = disk.of_folder(folder);
    let is_rendered = |candidate: &&Candidate| {
        let is_ours = |file: &PathBuf| {
            let text = around.text(file).unwrap_or_default();
            render::state_of(&display(file), &text, None) != FileState::Foreign
        };
        candidate.reading.files.iter().any(is_ours)
    };
    let mut here: Vec<&Candidate> =
        found.projects.iter().filter(is_here).filter(|it| !is_rendered(it)).collect();
    // What is laid over another file is no environment by itself, and neither is the other one where something is laid over it.
    let all = here.clone();
    here.retain(|candidate| {
        candidate.is_combination
            || !all
                .iter()
                .any(|other| other.is_combination && other.reading.is_wider_than(&candidate.reading))
            || is_complete(candidate)
    });
    if here.is_empty() {
        let below: BTreeSet<String> = found
            .projects
            .iter()
            .filter_map(|candidate| candidate.reading.files.first()?.parent().map(display))
            .collect();
        let error = CliError::new(format!("no compose file in `{}`", display(folder)));
        return Err(match below.is_empty() {
            true => {
                error.help("go to the folder of a compose.yaml, or name its folder: `stackgen import deploy`")
            }
            false => {
                let below: Vec<String> = below.into_iter().collect();
                error.help(format!("name the folder of one project: {}", below.join(", ")))
            }
        });
    }
    let mut taken = BTreeSet::new();
    let mut environments: Vec<Environment> = Vec::new();
    here.sort_by_key(|candidate| {
        (candidate.reading.files.len() == 1 && words(candidate).is_empty(), words(candidate))
    });
    for candidate in here {
        let name = name_of(candidate, &taken);
        taken.insert(name.clone());
        let reasons = candidate.reasons.iter().map(|reason| match reason.line {
            0 => format!("`{}`: {}", reason.file, reason.text),
            line => format!("`{}:{line}`: {}", reason.file, reason.text),
        });
        environments.push(Environment {
            mode: mode_of(&name),
            name,
            files: candidate.reading.files.clone(),
            directory: candidate.reading.directory.clone(),
            env_files: candidate.reading.env_files.clone(),
            reasons: reasons.collect(),
        });
    }
    environments.sort_by_key(|environment| rank(&environment.name));
    Ok(environments)
}

/// Whether Compose takes its files by itself.
fn is_complete(candidate: &Candidate) -> bool {
    candidate.reading.files.len() > 1
}

const USUAL: [&str; 4] = ["dev-fast", "infra", "observability", "production"];

fn rank(name: &str) -> (usize, String) {
    (USUAL.iter().position(|usual| *usual == name).unwrap_or(USUAL.len()), name.to_owned())
}

/// The words of the names of its files that say what they are for, those of the last file first.
fn words(candidate: &Candidate) -> Vec<String> {
    let names = candidate.reading.files.iter().rev().filter_map(|file| file.file_stem());
    let words = names.flat_map(|stem| {
        let stem = stem.to_string_lossy().to_lowercase();
        stem.split(['.', '-', '_']).map(str::to_owned).collect::<Vec<_>>()
    });
    words
        .filter(|word| !["docker", "compose", "base", "common", "main", "stack"].contains(&word.as_str()))
        .collect()
}

/// The name of the environment that files are for.
fn name_of(candidate: &Candidate, taken: &BTreeSet<String>) -> String {
    let words = words(candidate);
    let word = words.first().map_or("dev", String::as_str);
    let usual = match word {
        "dev" | "develop" | "development" | "local" | "override" | "app" => "dev-fast",
        "infra" | "infrastructure" | "deps" | "dependencies" | "services" => "infra",
        "monitoring" | "observability" | "obs" | "metrics" => "observability",
        "prod" | "production" => "production",
        other => other,
    };
    let own = words.first().map_or("default", String::as_str);
    let free = [usual, own].into_iter().find(|name| !taken.contains(*name));
    let numbered = || (2..).map(|number| format!("{own}-{number}")).find(|name| !taken.contains(name));
    free.map(str::to_owned).or_else(numbered).unwrap_or_default()
}

/// Which side of the templates an environment uses, by its name.
fn mode_of(name: &str) -> Mode {
    let is_production = name.split(['-', '_']).any(|word| {
        matches!(word, "production" | "prod" | "staging" | "stage" | "live" | "observability" | "monitoring")
    });
    if is_production { Mode::Production } else { Mode::Development }
}
