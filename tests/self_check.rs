//! What Docker Compose would refuse is not written: `render` says so at the line of the stack.

use std::fs;
use std::path::Path;

use crate::common::{docker_compose, folder, run, stackgen};

const HEAD: &str = "\
name: shop
tiers:
  data: { kind: infrastructure }
  web: {}
services:
";

/// What `render` says of a stack of services, each in a line; nothing may be written.
fn refused(services: &[&str], arguments: &[&str]) -> String {
    let text = format!("{HEAD}{}\n", services.iter().map(|line| format!("  {line}\n")).collect::<String>());
    let folder = folder(&[("stack.yaml", &text)]);
    let mut all = vec!["render"];
    all.extend(arguments);
    let output = run(&folder, &all);
    let shown = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{services:?}\n{shown}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 1, "something was written");
    shown
}

/// Renders a stack that has to be right, and asks Docker Compose about each of its files.
fn accepted(services: &[&str]) -> tempfile::TempDir {
    let text = format!("{HEAD}{}\n", services.iter().map(|line| format!("  {line}\n")).collect::<String>());
    let folder = folder(&[("stack.yaml", &text)]);
    let output = run(&folder, &["render"]);
    let shown = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{services:?}\n{shown}");
    let command = docker_compose();
    for path in crate::common::children(folder.path()) {
        if path.extension().is_some_and(|extension| extension == "yml") {
            assert!(compose_says(&command, folder.path(), &path).is_empty(), "{}", path.display());
        }
    }
    folder
}

/// What Docker Compose says against a file; nothing where it accepts it without its profiles.
fn compose_says(command: &[String], folder: &Path, path: &Path) -> String {
    let mut compose = std::process::Command::new(&command[0]);
    compose.args(&command[1..]).arg("-f").arg(path).args(["config", "-q"]).current_dir(folder);
    let output = compose.output().expect("Docker Compose runs");
    if output.status.success() { String::new() } else { String::from_utf8_lossy(&output.stderr).into_owned() }
}

#[test]
fn b1_what_stands_beside_a_service_has_its_profiles() {
    let folder = accepted(&[
        "vote: { tier: web, image: 'a/vote:1', listen: 80, health: { command: [check] } }",
        "seed: { tier: web, use: job, image: 'a/seed:1', profiles: [seed], pull_policy: never, needs: [vote] }",
        "exporter: { tier: web, use: nginx-exporter, with: { server: web }, profiles: [seed] }",
        "web: { tier: web, use: nginx, listen: 80 }",
    ]);
    let text = fs::read_to_string(folder.path().join("docker-compose.dev-fast.yml")).expect("text");
    let file: serde_json::Value = serde_yaml::from_str(&text).expect("YAML");
    assert_eq!(file["services"]["seed-done"]["profiles"], serde_json::json!(["seed"]));
    assert_eq!(file["services"]["seed-done"]["pull_policy"], "never");
    assert_eq!(file["services"]["exporter-probe"]["profiles"], serde_json::json!(["seed"]));
}

#[test]
fn b2_values_that_compose_refuses_are_errors_of_the_stack() {
    for (service, code, value) in [
        ("a: { tier: web, image: 'a/b:1', mem_limit: 12zz }", "SG005", "12zz"),
        ("a: { tier: web, image: 'a/b:1', stop_grace_period: soon }", "SG005", "soon"),
        ("a: { tier: web, image: 'a/b:1', pids_limit: x }", "SG005", "x }"),
        ("a: { tier: web, image: 'a/b:1', deploy: { replicas: lots } }", "SG005", "lots"),
        ("a: { tier: web, image: 'a/b:1', volumes: [{ type: bind, source: ./x }] }", "SG005", "type"),
        ("a: { tier: web, image: 'a/b:1', devices: [{ source: /dev/x }] }", "SG005", "source"),
        ("a: { tier: web, image: 'a/b:1', ulimits: { nofile: many } }", "SG", "many"),
        ("a: { tier: web, image: 'a/b:1', logging: { driver: [x] } }", "SG004", "x] }"),
        ("a: { tier: web, image: 'UPPER/b:1' }", "SG114", "'UPPER"),
        (
            "a: { tier: web, use: python, image: 'a/b:1', listen: 80, health: { http: /h, interval: ..s } }",
            "ST005",
            "..s",
        ),
    ] {
        let shown = refused(&[service], &[]);
        let column = service.find(value).expect("there") + 3;
        assert!(shown.contains(&format!("[{code}")), "{service}\n{shown}");
        assert!(shown.contains(&format!("stack.yaml:6:{column}]")), "{service}\n{shown}");
        assert!(!shown.contains("docker-compose."), "{shown}");
    }
}

#[test]
fn b2_what_an_error_of_a_rule_says_stops_render_too() {
    for services in [
        &["migrate: { tier: web, use: job, image: 'a/b:1' }", "migrate-done: { tier: web, image: 'a/b:1' }"]
            [..],
        &[
            "db: { tier: data, use: postgres@17 }",
            "a: { tier: web, image: 'a/b:1', environment: { DATABASE_URL: 'postgres://localhost:5432/x' } }",
        ],
        &[
            "seed: { tier: web, use: job, image: 'a/b:1', profiles: [seed] }",
            "a: { tier: web, image: 'a/b:1', needs: [seed] }",
        ],
        &["a: { tier: web, image: 'a/b:1', volumes: ['data:relative'] }"],
    ] {
        let shown = refused(services, &[]);
        assert!(shown.contains("error[SG"), "{shown}");
        // One line of the stack gives one error, whatever the number of environments.
        assert!(shown.contains("1 error in 1 file"), "{shown}");
    }
}

#[test]
fn every_way_of_rendering_is_checked() {
    let services = ["a: { tier: web, image: 'a/b:1', mem_limit: 12zz }"];
    for arguments in [&["--check"][..], &["--stdout"], &["production"], &["--force"]] {
        assert!(refused(&services, arguments).contains("`12zz` is not a size"));
    }
    let only = "a: { tier: web, image: 'a/b:1', overrides: { production: { mem_limit: 12zz } } }";
    assert!(refused(&[only], &[]).contains("in `production`"));
    let folder = folder(&[("stack.yaml", &format!("{HEAD}  {only}\n"))]);
    let output = stackgen(folder.path(), &["render", "dev-fast"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_a_template_says_is_an_error_where_it_is_used() {
    let own = "summary: Ours\nkind: runtime\nservice:\n  image: a/b:1\n  mem_limit: lots\n";
    let stack = format!("{HEAD}  a: {{ tier: web, use: ours }}\n");
    let folder = folder(&[("stack.yaml", &stack), ("templates/ours.yaml", own)]);
    let shown = String::from_utf8(run(&folder, &["render"]).stderr).expect("text");
    assert!(shown.contains("stack.yaml:6:24"), "{shown}");
    assert!(shown.contains("the template `ours`"), "{shown}");
}

#[test]
fn a_comment_in_the_stack_suppresses_what_only_a_rule_says() {
    let services = |comment: &str| {
        format!(
            "{HEAD}  db: {{ tier: data, use: postgres@17 }}\n  a:\n    tier: web\n    image: a/b:1\n    environment:\n      \
             DATABASE_URL: postgres://localhost:5432/x{comment}\n"
        )
    };
    let code = |comment: &str| {
        let folder = folder(&[("stack.yaml", &services(comment))]);
        run(&folder, &["render"]).status.code()
    };
    assert_eq!(code(""), Some(2));
    assert_eq!(code(" # stackgen: ignore[localhost-reference] a tunnel inside the container"), Some(0));
    let refused = format!(
        "{HEAD}  a: {{ tier: web, image: 'a/b:1', mem_limit: 12zz }} # stackgen: ignore[invalid-value]\n"
    );
    let folder = folder(&[("stack.yaml", &refused)]);
    assert_eq!(run(&folder, &["render"]).status.code(), Some(2));
}
