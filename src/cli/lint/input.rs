//! From paths to projects: which files there are, and which belong together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use rayon::prelude::*;

use super::super::stack;
use super::project::Reading;
use crate::cli::disk::{Disk, ProjectFiles, Walked};
use crate::cli::display;
use crate::cli::error::CliError;
use crate::cli::project::OVERRIDE_FILES;
use crate::projects::{self, Combination, Reason, Told, holds_compose, is_compose_name};
use compose_reader::compose::{DEFAULT_FILES, Files};

const HELP: &str = "a folder stands for the compose files in it and below, apart from what .gitignore names; name any \
                    other file itself";

/// A project that was found.
#[derive(Debug, Default)]
pub(in crate::cli) struct Candidate {
    /// Its files, and how they are read.
    pub(in crate::cli) reading: Reading,
    /// Who says that these files are read together, or in this way.
    pub(in crate::cli) reasons: Vec<Reason>,
    /// Who puts projects together of its files and others, in a way that is not followed.
    pub(in crate::cli) assembled: Option<Reason>,
    /// Whether it is no project that Compose would find by itself, or that somebody has named.
    pub(in crate::cli) is_combination: bool,
}

impl Candidate {
    /// A project of some files, merged in order.
    pub(in crate::cli) fn of(files: Vec<PathBuf>) -> Self {
        Self { reading: Reading { files, ..Reading::default() }, ..Self::default() }
    }
}

/// What was found where projects were looked for.
#[derive(Debug, Default)]
pub(in crate::cli) struct Found {
    /// The projects.
    pub(in crate::cli) projects: Vec<Candidate>,
    /// How many files and folders were passed over, as the repository ignores them.
    pub(in crate::cli) ignored: usize,
    /// What was in the way.
    pub(in crate::cli) problems: Vec<CliError>,
}

impl Found {
    fn refuse(error: CliError) -> Self {
        Self { problems: vec![error], ..Self::default() }
    }
}

/// The projects that a path stands for: a file is one, a folder or a pattern may be many.
pub(in crate::cli) fn projects_at(path: &Path, disk: &Disk) -> Found {
    let files = disk.of_files(&[path.to_path_buf()]);
    if files.is_folder(path) {
        return projects_below(path, disk);
    }
    let pattern = display(path);
    if is_literal(&&*pattern) || files.is_there(path) {
        return Found { projects: vec![Candidate::of(vec![path.to_path_buf()])], ..Found::default() };
    }
    projects_like(&pattern, disk)
}

/// The compose files in a folder and below.
pub(in crate::cli) fn compose_files(folder: &Path, disk: &Disk) -> Vec<PathBuf> {
    let projects = projects_below(folder, disk).projects;
    projects.into_iter().flat_map(|project| project.reading.files).collect()
}

/// The projects whose files or folders a pattern matches: `deploy/*/compose.yaml`.
fn projects_like(pattern: &str, disk: &Disk) -> Found {
    let matcher = match GlobBuilder::new(pattern.trim_end_matches('/')).literal_separator(true).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            return Found::refuse(CliError::new(format!("`{pattern}` is no pattern: {}", error.kind())));
        }
    };
    let literal: Vec<&str> = pattern.split('/').take_while(is_literal).collect();
    let root = match &literal[..] {
        [] => ".".to_owned(),
        [""] => "/".to_owned(),
        parts => parts.join("/"),
    };
    let root = Path::new(&root);
    let around = disk.of_folder(root);
    let walked = if around.is_folder(root) { around.walk(root) } else { Walked::default() };
    let mut found = Found { ignored: walked.ignored, problems: walked.problems, ..Found::default() };
    let mut matched: Vec<(PathBuf, bool)> = walked.files.into_iter().map(|path| (path, false)).collect();
    matched.extend(walked.folders.into_iter().map(|path| (path, true)));
    matched.retain(|(path, is_folder)| matcher.is_match(path) && (*is_folder || is_yaml(path)));
    matched.sort();
    for (path, is_folder) in matched {
        if is_folder {
            let below = projects_below(&path, disk);
            found.projects.extend(below.projects);
            found.problems.extend(below.problems);
        } else {
            found.projects.push(Candidate::of(vec![path]));
        }
    }
    if found.projects.is_empty() {
        let none = CliError::new(format!("no compose file matches `{pattern}`")).help(HELP);
        found.problems.push(none);
    }
    found
}

fn is_literal(part: &&str) -> bool {
    !part.contains(['*', '?', '[', '{'])
}

/// Bytes of a file with commands that is looked into; a longer one is generated.
const MOST_BYTES: usize = 256 << 10;

/// The projects of a folder and those below it: in each folder the default file with the override beside it, every
/// other file alone, and the combinations that commands and names tell of.
fn projects_below(folder: &Path, disk: &Disk) -> Found {
    let around = disk.of_folder(folder);
    let walked = around.walk(folder);
    let mut found = Found { ignored: walked.ignored, problems: walked.problems, ..Found::default() };
    let all = walked.files;
    let yaml: Vec<&PathBuf> = all.iter().filter(|path| is_yaml(path)).collect();
    let files: Vec<PathBuf> =
        yaml.par_iter().copied().filter(|path| is_wanted(&around, path)).cloned().collect();
    let mut folders: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for path in &files {
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        folders.entry(folder).or_default().push(path.clone());
    }
    if folders.is_empty() {
        let holds_stack = around.is_file(&folder.join(stack::STACK_FILE));
        let folder = display(folder);
        let help = if holds_stack {
            format!("it holds a stack; `stackgen lint --stack {folder}` lints what that is rendered into")
        } else {
            HELP.to_owned()
        };
        found.problems.push(CliError::new(format!("no compose file in `{folder}`")).help(help));
    }
    found.projects = folders.into_values().flat_map(projects_of).map(Candidate::of).collect();
    if !files.is_empty() {
        combinations(&around, folder, &all, &files, &mut found.projects);
    }
    found
}

/// The projects of what lies directly in a folder.
pub(super) fn projects_in(folder: &Path, disk: &Disk) -> Vec<Candidate> {
    let around = disk.of_folder(folder);
    let named = around.list(folder).files.into_iter().map(|name| stack::place(folder, &name));
    let files: Vec<PathBuf> = named.filter(|path| is_yaml(path) && is_wanted(&around, path)).collect();
    let names: Vec<String> = files.iter().map(|path| display(&disk.absolute(path))).collect();
    let mut projects: Vec<Candidate> = projects_of(files).into_iter().map(Candidate::of).collect();
    for (combination, reason) in projects::of_names(&around, &names) {
        let files = combination.files.iter().map(|path| PathBuf::from(around.display_name(path)));
        let reading = Reading { files: files.collect(), ..Reading::default() };
        projects.push(Candidate {
            reading,
            reasons: vec![reason],
            is_combination: true,
            ..Candidate::default()
        });
    }
    projects
}

/// Whether a YAML file is a compose file.
fn is_wanted(around: &ProjectFiles, path: &Path) -> bool {
    let is_named = is_compose_name(&name_of(path));
    let is_blank = || around.text(path).is_ok_and(|text| holds_nothing(&text));
    let is_default = DEFAULT_FILES.contains(&&*name_of(path));
    let holds = || around.text(path).is_ok_and(|text| holds_compose(&text));
    // What holds comments only is there to be filled, and laid over another file.
    is_named && (is_default || !is_blank()) || !is_named && holds()
}

/// Adds the combinations that the files of a folder tell of.
fn combinations(
    around: &ProjectFiles,
    root: &Path,
    all: &[PathBuf],
    compose: &[PathBuf],
    projects: &mut Vec<Candidate>,
) {
    let absolute = |path: &Path| display(&around.disk().absolute(path));
    let walked: BTreeMap<String, &PathBuf> =
        all.iter().filter(|path| is_yaml(path)).map(|path| (absolute(path), path)).collect();
    let known: Vec<String> = walked.keys().cloned().collect();
    let names: Vec<String> = compose.iter().map(|path| absolute(path)).collect();
    let root = absolute(root);
    let with_commands = all.iter().filter(|path| projects::may_hold_commands(&display(path)));
    let with_commands: Vec<(&PathBuf, bool)> =
        with_commands.map(|path| (path, false)).chain(compose.iter().map(|path| (path, true))).collect();
    let path = |path: &String| {
        walked.get(path).map_or_else(|| PathBuf::from(around.display_name(path)), |it| (*it).clone())
    };
    let told = with_commands.par_iter().map(|(path, is_compose)| {
        let text = around.text(path).ok().filter(|text| text.len() <= MOST_BYTES).unwrap_or_default();
        let text = if *is_compose { comments_of(&text) } else { text };
        projects::of_text(around, &root, &known, (&absolute(path), &text))
    });
    let mut assembled: BTreeMap<PathBuf, Reason> = BTreeMap::new();
    let mut combinations: Vec<(Combination, Reason)> = Vec::new();
    for Told { combinations: named, assembled: files } in told.collect::<Vec<Told>>() {
        combinations.extend(named);
        for (file, reason) in files {
            assembled.entry(path(&file)).or_insert(reason);
        }
    }
    combinations.extend(projects::of_names(around, &names));
    let mut reasons: BTreeMap<Combination, Vec<Reason>> = BTreeMap::new();
    for (combination, reason) in combinations {
        reasons.entry(combination).or_default().push(reason);
    }
    for (combination, mut reasons) in reasons.into_iter().take(projects::MOST) {
        for reason in &mut reasons {
            reason.file = around.display_name(&reason.file);
        }
        reasons.sort();
        let reading = Reading {
            files: combination.files.iter().map(path).collect(),
            directory: combination.directory.map(PathBuf::from),
            env_files: combination.env_files.iter().map(path).collect(),
            is_set_elsewhere: combination.is_set_elsewhere,
            profiles: combination.profiles,
            is_swarm: combination.is_swarm,
        };
        match projects.iter_mut().find(|project| project.reading == reading) {
            Some(known) => known.reasons.extend(reasons),
            None => {
                projects.push(Candidate { reading, reasons, is_combination: true, ..Candidate::default() })
            }
        }
    }
    for project in projects.iter_mut().filter(|project| project.reasons.iter().all(|reason| reason.line == 0))
    {
        let named: Option<Vec<&Reason>> =
            project.reading.files.iter().map(|file| assembled.get(file)).collect();
        project.assembled = named.and_then(|reasons| {
            reasons
                .first()
                .map(|reason| Reason { file: around.display_name(&reason.file), ..(*reason).clone() })
        });
    }
}

/// The comments of a text, each in its line; the other lines are empty.
pub(super) fn comments_of(text: &str) -> String {
    let comment =
        |line: &str| if line.trim_start().starts_with('#') { format!("{line}\n") } else { "\n".to_owned() };
    text.lines().map(comment).collect()
}

/// The projects among the files of one folder.
fn projects_of(mut files: Vec<PathBuf>) -> Vec<Vec<PathBuf>> {
    files.sort();
    let mut take = |wanted: &[&str]| {
        let found =
            wanted.iter().find_map(|wanted| files.iter().position(|path| name_of(path) == *wanted))?;
        Some(files.remove(found))
    };
    let mut merged: Vec<PathBuf> = take(&DEFAULT_FILES).into_iter().collect();
    if !merged.is_empty() {
        merged.extend(take(&OVERRIDE_FILES));
    }
    let alone = files.into_iter().map(|path| vec![path]);
    std::iter::once(merged).filter(|files| !files.is_empty()).chain(alone).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// Whether a text is empty, but for comments.
pub(super) fn holds_nothing(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}
