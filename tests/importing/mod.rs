//! `stackgen import`: compose files in, a stack that says the same out, and the proof of it.

use std::fs;
use std::path::Path;

use crate::common::{canonical, children, code, docker_compose, folder, name_of, page, run};

const BASE: &str = include_str!("compose.yaml");
const DEVELOPMENT: &str = include_str!("compose.override.yaml");
const PRODUCTION: &str = include_str!("compose.prod.yaml");
const MAKEFILE: &str = "up-prod:\n\tdocker compose -f compose.yaml -f compose.prod.yaml up -d\n";

/// A shop of seven services with two environments, as a team would keep it.
fn shop() -> tempfile::TempDir {
    folder(&[
        ("compose.yaml", BASE),
        ("compose.override.yaml", DEVELOPMENT),
        ("compose.prod.yaml", PRODUCTION),
        ("Makefile", MAKEFILE),
        ("api/Dockerfile", "FROM python:3.13-slim\nCMD [\"python\", \"-m\", \"shop\"]\n"),
    ])
}

#[test]
fn a_team_s_files_become_a_stack() {
    let folder = shop();
    insta::assert_snapshot!("told", page(&folder, &["import"]));
    insta::assert_snapshot!("stack", fs::read_to_string(folder.path().join("stack.yaml")).expect("a stack"));
    insta::assert_snapshot!(
        "migration",
        fs::read_to_string(folder.path().join("MIGRATION.md")).expect("an account")
    );
    for (name, text) in [("compose.yaml", BASE), ("compose.override.yaml", DEVELOPMENT)] {
        assert_eq!(fs::read_to_string(folder.path().join(name)).expect("text"), text, "{name} is untouched");
    }
}

#[test]
fn what_it_makes_renders_and_is_accepted() {
    let folder = shop();
    assert_eq!(code(&folder, &["import", "--yes"]), Some(0));
    assert_eq!(code(&folder, &["render"]), Some(0));
    fs::copy(folder.path().join(".env.example"), folder.path().join(".env")).expect("an env file");
    for file in ["docker-compose.dev-fast.yml", "docker-compose.production.yml"] {
        canonical(&docker_compose(), folder.path(), file);
    }
    assert_eq!(code(&folder, &["import", "--verify"]), Some(0), "and says the same later");
}

#[test]
fn what_is_lost_is_said_and_fails() {
    let folder = shop();
    assert_eq!(code(&folder, &["import", "--yes"]), Some(0));
    let stack = fs::read_to_string(folder.path().join("stack.yaml")).expect("a stack");
    let without = stack.replace("FEATURES: search", "FEATURES: none");
    assert_ne!(stack, without);
    fs::write(folder.path().join("stack.yaml"), without).expect("a stack");
    let output = run(&folder, &["import", "--verify"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("lost: services.api.environment.FEATURES: search -> none"), "{told}");
}

#[test]
fn a_stack_that_is_there_is_left_alone() {
    let folder = shop();
    fs::write(folder.path().join("stack.yaml"), "name: mine\n").expect("a stack");
    assert_eq!(code(&folder, &["import"]), Some(2));
    assert_eq!(fs::read_to_string(folder.path().join("stack.yaml")).expect("text"), "name: mine\n");
    assert!(!folder.path().join("MIGRATION.md").exists());
}

#[test]
fn what_docker_compose_refuses_is_not_imported() {
    let refused =
        folder(&[("compose.yaml", "services:\n  api:\n    image: example/api:1\n    depends_on: [db]\n")]);
    let output = run(&refused, &["import"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("compose.yaml:4:18"), "{told}");
    assert!(!refused.path().join("stack.yaml").exists());
    let nothing = folder(&[("deploy/compose.yaml", "services:\n  api: {image: example/api:1}\n")]);
    let told = String::from_utf8_lossy(&run(&nothing, &["import"]).stderr).into_owned();
    assert!(told.contains("deploy"), "the folder with one is named: {told}");
    assert_eq!(code(&nothing, &["import", "--environment", "production"]), Some(2));
}

/// The values of keys that surprised a first version, each in its own project.
#[test]
fn odd_projects_lose_nothing() {
    const ODD: [(&str, &str); 9] = [
        ("ranges", "ports: [\"10000-10030:10000-10030/udp\", \"${IP:-127.0.0.1}:${P:-80}:80\"]"),
        ("a target in a variable", "ports: [\"${PORT}:${PORT}\"]"),
        ("one port twice", "ports: [\"8080:80\", \"8081:80\"]"),
        ("a port that Docker picks", "ports: [\"9000\", {target: 81, published: \"8082\", protocol: tcp}]"),
        ("a volume in a variable", "volumes: [\"${DATA:-data}:/data\"]"),
        ("waits", "depends_on: {b: {condition: service_started, restart: true}}"),
        ("a link", "links: [b]"),
        ("pairs without values", "environment: [A, \"B=${C:-x}\", D=]"),
        ("a text of lines", "command: |\n      set -e\n      exec api --port 80\n"),
    ];
    for (what, keys) in ODD {
        let text = format!(
            "services:\n  a:\n    image: example/a:1\n    {keys}\n  b: {{image: example/b:1}}\nvolumes: {{data: {{}}}}\n"
        );
        let folder = folder(&[("compose.yaml", &text)]);
        let output = run(&folder, &["import", "--dry-run"]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{what}: {told}");
    }
}

/// What a stack renders is imported, and renders the same again.
#[test]
fn rendered_files_come_back_as_a_stack() {
    for stack in children(Path::new("stacks")).into_iter().filter(|path| path.join("stack.yaml").exists()) {
        let copy = tempfile::tempdir().expect("folder");
        let rendered = fs::read_dir(&stack).expect("a stack").map(|entry| entry.expect("entry").path());
        let compose: Vec<_> = rendered.filter(|path| name_of(path).starts_with("docker-compose.")).collect();
        assert!(!compose.is_empty(), "{}", stack.display());
        for path in compose {
            let text = fs::read_to_string(&path).expect("text");
            // An environment beside another one joins networks that are not its own.
            if text.contains("external: true") {
                continue;
            }
            fs::write(copy.path().join(name_of(&path)), text).expect("file");
            let environment = format!("dev-fast={}", name_of(&path));
            let output = run(&copy, &["import", "--dry-run", "--environment", &environment]);
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{}: {told}", path.display());
        }
    }
}
