//! From paths to projects: which files there are, and which belong together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use ignore::WalkBuilder;
use rayon::prelude::*;

use super::super::stack;
use super::text::Texts;
use crate::cli::display;
use crate::cli::project::OVERRIDE_FILES;
use compose_reader::compose::DEFAULT_FILES;

const HELP: &str = "a folder stands for the compose files in it and below, apart from what .gitignore names; name any \
                    other file itself";

/// The projects that a path stands for, each as its files: a file is one, a folder or a pattern may be many. What is in
/// the way joins `problems`.
pub(super) fn projects_at(path: &Path, problems: &mut Vec<String>) -> Vec<Vec<PathBuf>> {
    if path.is_dir() {
        return projects_below(path, problems);
    }
    let pattern = display(path);
    if is_literal(&&*pattern) || path.exists() {
        return vec![vec![path.to_path_buf()]];
    }
    projects_like(&pattern, problems)
}

/// The projects whose files or folders a pattern matches: `deploy/*/compose.yaml`.
fn projects_like(pattern: &str, problems: &mut Vec<String>) -> Vec<Vec<PathBuf>> {
    let matcher = match GlobBuilder::new(pattern.trim_end_matches('/')).literal_separator(true).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            problems.push(format!("error: `{pattern}` is no pattern: {}\n", error.kind()));
            return Vec::new();
        }
    };
    let literal: Vec<&str> = pattern.split('/').take_while(is_literal).collect();
    let root = match &literal[..] {
        [] => ".".to_owned(),
        [""] => "/".to_owned(),
        parts => parts.join("/"),
    };
    let mut projects = Vec::new();
    let matched = Path::new(&root).exists().then(|| walk(Path::new(&root), problems)).into_iter().flatten();
    for path in matched.filter(|path| matcher.is_match(path)) {
        match path.is_dir() {
            true => projects.extend(projects_below(&path, problems)),
            false if is_yaml(&path) => projects.push(vec![path]),
            false => {}
        }
    }
    if projects.is_empty() {
        problems.push(format!("error: no compose file matches `{pattern}`\n  help: {HELP}\n"));
    }
    projects
}

fn is_literal(part: &&str) -> bool {
    !part.contains(['*', '?', '[', '{'])
}

/// The projects of a folder and those below it: in each folder the default file with the override beside it, and every
/// other file alone.
fn projects_below(folder: &Path, problems: &mut Vec<String>) -> Vec<Vec<PathBuf>> {
    let texts = Texts::default();
    let mut files = walk(folder, problems);
    files.retain(|path| is_yaml(path));
    let is_wanted = |path: &PathBuf| {
        let is_named = is_compose_name(&name_of(path));
        let is_blank = || texts.read(path).is_ok_and(|text| holds_nothing(&text));
        let is_default = DEFAULT_FILES.contains(&&*name_of(path));
        let holds = || texts.read(path).is_ok_and(|text| holds_compose(&text));
        // What holds comments only is there to be filled, and laid over another file.
        (is_named && (is_default || !is_blank()) || !is_named && holds()) && !path.is_dir()
    };
    let files: Vec<PathBuf> = files.into_par_iter().filter(is_wanted).collect();
    let mut folders: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for path in files {
        folders.entry(path.parent().map(Path::to_path_buf).unwrap_or_default()).or_default().push(path);
    }
    if folders.is_empty() {
        let holds_stack = folder.join(stack::STACK_FILE).is_file();
        let folder = display(folder);
        let help = if holds_stack {
            format!("it holds a stack; `stackgen lint --stack {folder}` lints what that is rendered into")
        } else {
            HELP.to_owned()
        };
        problems.push(format!("error: no compose file in `{folder}`\n  help: {help}\n"));
    }
    folders.into_values().flat_map(projects_of).collect()
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

/// Everything in a folder and below, apart from what git ignores.
fn walk(folder: &Path, problems: &mut Vec<String>) -> Vec<PathBuf> {
    let mut walk = WalkBuilder::new(folder);
    // Compose files lie in hidden folders too: `.devcontainer/docker-compose.yml`.
    // A folder whose name a template engine fills in holds templates.
    let is_template = |name: &str| name.contains("{{");
    walk.hidden(false).require_git(false).filter_entry(move |entry| {
        entry.file_name() != ".git" && !is_template(&entry.file_name().to_string_lossy())
    });
    let mut paths = Vec::new();
    for entry in walk.build() {
        match entry {
            Ok(entry) => {
                let path = entry.into_path();
                paths.push(path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(path));
            }
            Err(error) => {
                problems.push(format!("error: {error}\n  help: allow the current user to read it\n"))
            }
        }
    }
    paths.sort();
    paths
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
