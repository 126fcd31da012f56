//! What runs stackgen in a repository: the hooks for pre-commit, and the script of the GitHub action.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use compose_reader::source::Sources;
use compose_reader::yaml::{Node, parse};

use super::THREE_LEVELS;
use crate::common::{folder, stackgen};

fn document(path: &str) -> Node {
    let text = fs::read_to_string(path).expect("text");
    let id = Sources::new().add(path, text.as_str());
    parse(id, &text).expect("YAML").documents.remove(0)
}

fn field<'n>(node: &'n Node, key: &str) -> &'n str {
    node.get(key).and_then(Node::as_text).unwrap_or_else(|| panic!("no {key}"))
}

#[test]
fn each_hook_runs_as_pre_commit_runs_it() {
    let document = document(".pre-commit-hooks.yaml");
    let hooks = document.as_sequence().expect("a list");
    for (id, files, expected) in [
        ("stackgen-lint", &["compose.yaml", "a b/docker-compose.ci.yml"][..], 1),
        ("stackgen-fix", &["compose.yaml"], 1),
        ("stackgen-render", &[], 2),
    ] {
        let hook = hooks.iter().find(|hook| field(hook, "id") == id).expect("a hook");
        let mut words = field(hook, "entry").split(' ');
        assert_eq!(words.next(), Some("stackgen"));
        let repository =
            folder(&[("compose.yaml", THREE_LEVELS), ("a b/docker-compose.ci.yml", THREE_LEVELS)]);
        let arguments: Vec<&str> = words.chain(files.iter().copied()).collect();
        let output = stackgen(repository.path(), &arguments).output().expect("runs");
        assert_eq!(output.status.code(), Some(expected), "{id}: {}", String::from_utf8_lossy(&output.stderr));
        let is_fixed =
            fs::read_to_string(repository.path().join("compose.yaml")).expect("text") != THREE_LEVELS;
        assert_eq!(is_fixed, id == "stackgen-fix");
    }
}

/// Runs the script of the action in a repository, as the action does.
fn action(repository: &Path, paths: &str, arguments: &str) -> Output {
    let script = fs::canonicalize(".github/lint.sh").expect("the script");
    Command::new("bash")
        .arg(script)
        .current_dir(repository)
        .env("STACKGEN", env!("CARGO_BIN_EXE_stackgen"))
        .env("STACKGEN_PATHS", paths)
        .env("STACKGEN_ARGUMENTS", arguments)
        .env("STACKGEN_SARIF", "report.sarif")
        .env("GITHUB_OUTPUT", "output.txt")
        .output()
        .expect("bash runs")
}

#[test]
fn the_action_shows_findings_and_writes_a_report() {
    let repository =
        folder(&[("a b/compose.yaml", THREE_LEVELS), ("c/compose.yaml", "services: {a: {image: 'b:1'}}\n")]);
    let output = action(repository.path(), "a b\nc\n", "--ignore=ungated-dependency\n--strict\n\n");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("::error file=a b/compose.yaml,line=8,"), "{said}");
    assert!(!said.contains("SG303"), "{said}");
    let read = |name: &str| fs::read_to_string(repository.path().join(name)).expect("text");
    let report: serde_json::Value = serde_json::from_str(&read("report.sarif")).expect("JSON");
    let results = report["runs"][0]["results"].as_array().expect("results");
    assert!(results.iter().any(|result| result["ruleId"] == "SG201"), "{report:#}");
    assert_eq!(read("output.txt"), "report=true\n");
    let clean = action(repository.path(), "c", "");
    assert_eq!(clean.status.code(), Some(0), "{}", String::from_utf8_lossy(&clean.stdout));
    assert_eq!(action(repository.path(), "missing", "").status.code(), Some(2));
}

#[test]
fn the_action_names_inputs_and_steps_that_are_there() {
    let action = document("action.yml");
    let steps =
        action.get("runs").and_then(|runs| runs.get("steps")).and_then(Node::as_sequence).expect("steps");
    let text = fs::read_to_string("action.yml").expect("text");
    let named = |mark: &str| -> Vec<String> {
        let ends = |next: char| !next.is_ascii_alphanumeric() && next != '_';
        text.split(mark).skip(1).map(|rest| rest[..rest.find(ends).unwrap_or(0)].to_owned()).collect()
    };
    let inputs = action.get("inputs").expect("inputs");
    for input in named("inputs.") {
        assert!(inputs.get(&input).is_some(), "{input}");
    }
    for id in named("steps.") {
        assert!(steps.iter().any(|step| step.get("id").and_then(Node::as_text) == Some(&*id)), "{id}");
    }
    let variables = steps.iter().find_map(|step| step.get("env")).and_then(Node::as_mapping).expect("env");
    let script = fs::read_to_string(".github/lint.sh").expect("text");
    for name in variables.keys() {
        assert!(script.contains(&format!("${name}")) || script.contains(&format!("${{{name}")), "{name}");
    }
}

#[test]
fn the_gitlab_job_runs_what_there_is() {
    let template = document("gitlab/stackgen.gitlab-ci.yml");
    let job = template.get("stackgen").expect("a job");
    let script = job.get("script").and_then(Node::as_sequence).expect("a script");
    let line = script[0].as_text().expect("text");
    let (_, arguments) = line.split_once("stackgen ").expect("the program");
    let arguments = arguments.replace("$STACKGEN_ARGUMENTS", "--strict").replace("$STACKGEN_PATHS", ".");
    let repository = folder(&[("compose.yaml", THREE_LEVELS)]);
    let output =
        stackgen(repository.path(), &arguments.split(' ').collect::<Vec<&str>>()).output().expect("runs");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report = job
        .get("artifacts")
        .and_then(|it| it.get("reports")?.get("codequality")?.as_text())
        .expect("a report");
    let text = fs::read_to_string(repository.path().join(report)).expect("written");
    assert!(text.contains("\"check_name\": \"port-collision\""), "{text}");
}
