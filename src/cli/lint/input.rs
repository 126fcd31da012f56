//! From paths to projects: which files there are, and which belong together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use rayon::prelude::*;

use super::super::stack;
use crate::cli::disk::{Disk, Walked};
use crate::cli::display;
use crate::cli::error::CliError;
use crate::cli::project::OVERRIDE_FILES;
use compose_reader::compose::DEFAULT_FILES;

const HELP: &str = "a folder stands for the compose files in it and below, apart from what .gitignore names; name any \
                    other file itself";

/// What was found where projects were looked for.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The projects, each as its files.
    pub(super) projects: Vec<Vec<PathBuf>>,
    /// How many files and folders were passed over, as the repository ignores them.
    pub(super) ignored: usize,
    /// What was in the way.
    pub(super) problems: Vec<CliError>,
}

impl Found {
    fn refuse(error: CliError) -> Self {
        Self { problems: vec![error], ..Self::default() }
    }
}

/// The projects that a path stands for: a file is one, a folder or a pattern may be many.
pub(super) fn projects_at(path: &Path, disk: &Disk) -> Found {
    let files = disk.of_files(&[path.to_path_buf()]);
    if files.is_folder(path) {
        return projects_below(path, disk);
    }
    let pattern = display(path);
    if is_literal(&&*pattern) || files.is_there(path) {
        return Found { projects: vec![vec![path.to_path_buf()]], ..Found::default() };
    }
    projects_like(&pattern, disk)
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
            found.projects.push(vec![path]);
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

/// The projects of a folder and those below it: in each folder the default file with the override beside it, and every
/// other file alone.
fn projects_below(folder: &Path, disk: &Disk) -> Found {
    let around = disk.of_folder(folder);
    let walked = around.walk(folder);
    let mut found = Found { ignored: walked.ignored, problems: walked.problems, ..Found::default() };
    let mut files = walked.files;
    files.retain(|path| is_yaml(path));
    let is_wanted = |path: &PathBuf| {
        let is_named = is_compose_name(&name_of(path));
        let is_blank = || around.text(path).is_ok_and(|text| holds_nothing(&text));
        let is_default = DEFAULT_FILES.contains(&&*name_of(path));
        let holds = || around.text(path).is_ok_and(|text| holds_compose(&text));
        // What holds comments only is there to be filled, and laid over another file.
        is_named && (is_default || !is_blank()) || !is_named && holds()
    };
    let files: Vec<PathBuf> = files.into_par_iter().filter(is_wanted).collect();
    let mut folders: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for path in files {
        folders.entry(path.parent().map(Path::to_path_buf).unwrap_or_default()).or_default().push(path);
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
    found.projects = folders.into_values().flat_map(projects_of).collect();
    found
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

/// `compose.yaml`, `docker-compose.yml`, and both with a word behind: `docker-compose.dev.yml`, `compose-ci.yaml`.
fn is_compose_name(name: &str) -> bool {
    let rest = name.strip_prefix("docker-").unwrap_or(name).strip_prefix("compose");
    rest.is_some_and(|rest| rest.starts_with(['.', '-', '_']))
}

/// Whether a text is empty, but for comments.
fn holds_nothing(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

/// Whether a text looks like a compose file: a top-level `services` in which a service has an image or is built, and
/// none has the tier that a service of a stack has.
fn holds_compose(text: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let is_empty = |line: &&str| line.trim_start().is_empty() || line.trim_start().starts_with('#');
    let mut lines = text.lines().skip_while(|line| !line.starts_with("services:"));
    lines.next();
    let mut below = lines.filter(|line| !is_empty(line)).take_while(|line| indent(line) > 0).peekable();
    let Some(service) = below.peek().map(|line| indent(line)) else { return false };
    let mut key = None;
    let mut runs = false;
    for line in below {
        if indent(line) <= service {
            key = None;
        } else if *key.get_or_insert(indent(line)) == indent(line) {
            let name = line.trim_start().split(':').next().unwrap_or_default();
            if name == "tier" {
                return false;
            }
            runs |= matches!(name, "image" | "build");
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::{holds_compose, is_compose_name};

    #[test]
    fn compose_files_are_known_by_name() {
        for name in ["compose.yaml", "docker-compose.yml", "docker-compose.dev.yml", "compose-ci.yaml"] {
            assert!(is_compose_name(name), "{name}");
        }
        for name in ["composer.yaml", "my-compose.yaml", "docker.yaml"] {
            assert!(!is_compose_name(name), "{name}");
        }
    }

    #[test]
    fn compose_files_are_known_by_content() {
        for text in [
            "services:\n  web:\n    image: nginx\n",
            "# a\nname: x\n\nservices: # all\n\n    # one\n    web:\n        ports: []\n        build: .\nvolumes:\n",
        ] {
            assert!(holds_compose(text), "{text}");
        }
        for text in [
            "",
            "services:\n",
            "services:\n- docker:dind\n",
            "services:\n  - image: docker\n",
            "services:\n  App\\:\n    resource: '../src'\n",
            "jobs:\n  test:\n    services:\n      db:\n        image: postgres\n",
            "tiers:\n  data: {}\nservices:\n  db:\n    tier: data\n    image: postgres\n",
            "services:\n  web:\n    environment:\n      image: nginx\n",
        ] {
            assert!(!holds_compose(text), "{text}");
        }
    }
}
