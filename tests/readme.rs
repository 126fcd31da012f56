//! What README.md shows is what the program does.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The texts of the README's blocks of one language, in order.
fn blocks(language: &str) -> Vec<String> {
    let text = fs::read_to_string("README.md").expect("README.md");
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("\n```")?.0.to_owned() + "\n"))
        .collect()
}

fn stackgen(folder: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_stackgen");
    Command::new(program).current_dir(folder).args(arguments).env_clear().output().expect("runs")
}

#[test]
fn the_first_stack_renders_to_what_is_shown() {
    let [stack, shown, _] = &blocks("yaml")[..] else {
        panic!("the README shows a stack, a part of what comes out, and a template")
    };
    let folder = tempfile::tempdir().expect("folder");
    fs::write(folder.path().join("stack.yaml"), stack).expect("write");
    let output = stackgen(folder.path(), &["render"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rendered = fs::read_to_string(folder.path().join("docker-compose.production.yml")).expect("rendered");
    assert!(rendered.contains(shown), "{shown}\nis not a part of\n{rendered}");
    let mut files: Vec<String> = fs::read_dir(folder.path())
        .expect("folder")
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(
        files,
        [
            ".env.example",
            "Makefile",
            "config",
            "docker-compose.dev-fast.yml",
            "docker-compose.infra.yml",
            "docker-compose.production.yml",
            "stack.yaml"
        ]
    );
}

#[test]
fn the_finding_is_what_lint_prints() {
    let blocks = blocks("text");
    let shown = blocks.iter().find(|block| block.starts_with("$ stackgen lint")).expect("a finding");
    let (_, shown) = shown.split_once('\n').expect("a report below the command");
    let folder = tempfile::tempdir().expect("folder");
    let text = "services:\n  api:\n    image: example/api:1.4\n    ports: [\"8080:80\"]\n  admin:\n    \
                image: example/admin:2.0\n    ports: [\"127.0.0.1:8080:3000\"]\n";
    fs::write(folder.path().join("docker-compose.yml"), text).expect("write");
    let output = stackgen(folder.path(), &["lint", "docker-compose.yml"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), shown);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn every_rule_is_listed() {
    let text = fs::read_to_string("README.md").expect("README.md");
    for rule in stackgen::lint::RULES {
        assert!(text.contains(&format!("| {} | {} |", rule.code, rule.name)), "{} is missing", rule.name);
    }
}

#[test]
fn the_template_of_ones_own_is_one() {
    let template = blocks("yaml").pop().expect("a template");
    let folder = tempfile::tempdir().expect("folder");
    let used = "checkout: { tier: backend, use: go-service, with: { memory: 256M } }";
    let shown = fs::read_to_string("README.md").expect("README.md");
    assert!(shown.contains(&format!("`{used}`")));
    let stack = format!("name: shop\ntiers: {{ backend: {{}} }}\nservices:\n  {used}\n");
    fs::create_dir(folder.path().join("templates")).expect("folder");
    fs::write(folder.path().join("templates/go-service.yaml"), template).expect("write");
    fs::write(folder.path().join("stack.yaml"), stack).expect("write");
    let output = stackgen(folder.path(), &["render", "production", "--stdout"]);
    let rendered = String::from_utf8_lossy(&output.stdout);
    assert!(
        rendered.contains("image: registry.example.com/checkout:") && rendered.contains("memory: 256M"),
        "{rendered}"
    );
    let explained = stackgen(folder.path(), &["templates", "go-service"]);
    assert!(
        String::from_utf8_lossy(&explained.stdout)
            .contains("memory  text (128M)  Memory limit in production")
    );
}
