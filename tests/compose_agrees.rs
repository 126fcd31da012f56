//! What rules of error level call impossible is refused by the real Docker Compose, and what they pass is accepted.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{children, docker_compose, name_of};
use stackgen::lint::{RULES, Rule};

/// Rules whose every finding is a mistake that `docker compose config` refuses.
const REFUSED: &[&str] = &[
    "invalid-yaml",
    "duplicate-key",
    "unknown-key",
    "wrong-type",
    "invalid-value",
    "interpolation-syntax",
    "missing-variable",
    "missing-file",
    "extends-cycle",
    "include-cycle",
    "merge-conflict",
    "undefined-reference",
    "missing-image",
    "exclusive-keys",
    "container-name-collision",
    "container-name-with-replicas",
    "dependency-cycle",
    "inactive-dependency",
    "unknown-dependency",
];

/// Whether Compose accepts the files as one project, with what it says otherwise.
fn accepts(command: &[String], files: &[PathBuf], profiles: &[&str]) -> Result<(), String> {
    let mut compose = Command::new(&command[0]);
    compose.args(&command[1..]);
    for profile in profiles {
        compose.args(["--profile", profile]);
    }
    for file in files {
        compose.arg("-f").arg(file);
    }
    let output = compose.args(["config", "-q"]).env("COMPOSE_PROJECT_NAME", "test").output().expect("runs");
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn fixtures(rule: &Rule, kind: &str) -> Vec<(String, Vec<PathBuf>)> {
    let all = children(&Path::new("tests/rules").join(rule.name)).into_iter().filter_map(|path| {
        let name = name_of(&path);
        // What else lies in a folder is for the files to name.
        let is_yaml = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "yaml");
        let files =
            if path.is_dir() { children(&path).into_iter().filter(is_yaml).collect() } else { vec![path] };
        (name.starts_with(kind) && !name.ends_with(".snap")).then_some((name, files))
    });
    all.collect()
}

#[test]
fn impossible_files_are_refused() {
    let command = docker_compose();
    for rule in RULES.iter().filter(|rule| REFUSED.contains(&rule.name)) {
        for (name, files) in fixtures(rule, "bad-") {
            // `*` switches every profile on; that a service is off is seen with the profile that its name ends in, or none.
            let profiles = match (rule.name, name.trim_end_matches(".yaml").split_once("-with-")) {
                ("inactive-dependency", Some((_, profile))) => &[profile][..],
                ("inactive-dependency", None) => &[],
                _ => &["*"],
            };
            assert!(accepts(&command, &files, profiles).is_err(), "Compose accepts {}/{name}", rule.name);
        }
    }
}

#[test]
fn good_files_are_accepted() {
    let command = docker_compose();
    for rule in RULES {
        // A fragment is refused until it is laid over the file that it belongs to.
        for (name, files) in
            fixtures(rule, "good-").into_iter().filter(|(name, _)| !name.contains("fragment"))
        {
            // Of rules across files, each file is a project.
            let projects = match rule.name.ends_with("-across-files") {
                true => files.chunks(1).collect(),
                false => vec![&files[..]],
            };
            for project in projects {
                let answer = accepts(&command, project, &[]);
                assert!(answer.is_ok(), "Compose refuses {}/{name}: {answer:?}", rule.name);
            }
        }
    }
}
