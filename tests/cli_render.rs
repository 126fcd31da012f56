//! `stackgen render` and the verbs about a stack, as a user runs them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use crate::common::{code, folder, page, run, stackgen, write};
use compose_reader::source::Sources;
use tempfile::TempDir;

/// Two application services, a database with a secret, and a gateway with a config.
const STACK: &str = "\
name: shop
tiers: { edge: {}, backend: {}, data: { kind: infrastructure } }
services:
  gateway:
    tier: edge
    use: nginx
    with: { routes: { /api/: api } }
    publish: { dev-fast: 8000, production: 80 }
  api:
    tier: backend
    use: python
    image: example/api:1
    listen: 5000
    health: /health
    environment: { DATABASE_URL: \"${{ postgres.url }}\" }
  postgres: { tier: data, use: postgres, with: { databases: [shop, audit] } }
";
const DEV: &str = "docker-compose.dev-fast.yml";
const PRODUCTION: &str = "docker-compose.production.yml";

fn text(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).expect("text")
}

fn edit(folder: &TempDir, name: &str, from: &str, to: &str) {
    let before = text(folder, name);
    assert!(before.contains(from), "{name}: no `{from}`");
    write(folder, name, &before.replacen(from, to, 1));
}

/// A stack that has been rendered.
fn rendered() -> TempDir {
    let folder = folder(&[("stack.yaml", STACK)]);
    assert_eq!(code(&folder, &["render"]), Some(0));
    folder
}

fn printed(folder: &TempDir, arguments: &[&str]) -> String {
    String::from_utf8(run(folder, arguments).stdout).expect("text")
}

/// Every file below a folder with its content and the time of its last change.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("folder") {
            let path = entry.expect("entry").path();
            let name = path.strip_prefix(folder).expect("below").to_string_lossy().into_owned();
            if path.is_dir() {
                found.insert(format!("{name}/"), (Vec::new(), SystemTime::UNIX_EPOCH));
                open.push(path);
            } else {
                let changed = fs::metadata(&path).expect("metadata").modified().expect("a time");
                found.insert(name, (fs::read(&path).expect("bytes"), changed));
            }
        }
    }
    found
}

fn names(folder: &TempDir) -> Vec<String> {
    files(folder.path()).into_keys().collect()
}

/// Runs and asserts that no file was touched.
fn page_without_writing(folder: &TempDir, arguments: &[&str]) -> String {
    let before = files(folder.path());
    let page = page(folder, arguments);
    assert_eq!(files(folder.path()), before, "{page}");
    page
}

#[test]
fn a_first_render_writes_everything_and_says_so() {
    let folder = folder(&[("stack.yaml", STACK)]);
    insta::assert_snapshot!(page(&folder, &["render"]));
    insta::assert_snapshot!(names(&folder).join("\n"));
    insta::assert_snapshot!(text(&folder, DEV));
    insta::assert_snapshot!(text(&folder, PRODUCTION));
    insta::assert_snapshot!(text(&folder, ".env.example"));
}

#[test]
fn a_second_render_changes_nothing() {
    let folder = rendered();
    insta::assert_snapshot!(page_without_writing(&folder, &["render"]));
    insta::assert_snapshot!(page_without_writing(&folder, &["render", "--force"]));
    insta::assert_snapshot!(page_without_writing(&folder, &["render", "--check"]));
}

#[test]
fn an_edited_file_is_shown_and_never_overwritten() {
    let folder = rendered();
    edit(&folder, DEV, "image: example/api:1", "image: example/api:2");
    // Others are stale as well; they are not written either.
    edit(&folder, "stack.yaml", "listen: 5000", "listen: 5001");
    insta::assert_snapshot!(page_without_writing(&folder, &["render", "--check"]));
    insta::assert_snapshot!(page_without_writing(&folder, &["render"]));
    insta::assert_snapshot!(page(&folder, &["render", "--force"]));
    assert_eq!(code(&folder, &["render", "--check"]), Some(0));
    assert!(text(&folder, DEV).contains("image: example/api:1"));
}

#[test]
fn lines_added_at_the_end_are_an_edit() {
    let folder = rendered();
    let before = text(&folder, DEV);
    write(&folder, DEV, &format!("{before}# my note\n"));
    insta::assert_snapshot!(page_without_writing(&folder, &["render"]));
}

#[test]
fn a_stale_file_is_shown_as_a_diff() {
    let folder = rendered();
    edit(&folder, "stack.yaml", "image: example/api:1", "image: example/api:2");
    insta::assert_snapshot!(page_without_writing(&folder, &["render", "--check"]));
    insta::assert_snapshot!(page(&folder, &["render"]));
}

#[test]
fn a_file_that_somebody_else_made_is_left_alone() {
    let folder = folder(&[("stack.yaml", STACK), (DEV, "services:\n  mine:\n    image: example/mine:1\n")]);
    insta::assert_snapshot!(page_without_writing(&folder, &["render"]));
    assert_eq!(code(&folder, &["render", "--force"]), Some(0));
}

#[test]
fn a_checkout_with_carriage_returns_is_up_to_date() {
    let folder = rendered();
    for name in [DEV, PRODUCTION, ".env.example", "config/gateway/default.conf"] {
        write(&folder, name, &text(&folder, name).replace('\n', "\r\n"));
    }
    let before = files(folder.path());
    assert_eq!(code(&folder, &["render", "--check"]), Some(0));
    assert_eq!(code(&folder, &["render"]), Some(0));
    assert_eq!(files(folder.path()), before);
    // What is stale for another reason is shown without a change of every line.
    edit(&folder, "stack.yaml", "image: example/api:1", "image: example/api:2");
    let diff = printed(&folder, &["render", "--check"]);
    assert!(diff.contains("+    image: example/api:2\n") && !diff.contains('\r'), "{diff}");
    assert!(diff.lines().count() < 60, "{diff}");
    assert_eq!(code(&folder, &["render"]), Some(0));
}

#[test]
fn what_is_no_longer_rendered_is_removed_unless_edited() {
    let folder = rendered();
    write(&folder, "config/gateway/mine.conf", "# mine\n");
    write(&folder, "docker-compose.mine.yml", "services: {}\n");
    edit(
        &folder,
        "stack.yaml",
        "    use: nginx\n    with: { routes: { /api/: api } }\n",
        "    image: nginx:1.31\n    listen: 80\n",
    );
    edit(&folder, "stack.yaml", "tiers:", "environments: { infra: { enabled: false } }\ntiers:");
    let diff = printed(&folder, &["render", "--check"]);
    for gone in ["config/gateway/default.conf", "docker-compose.infra.yml"] {
        assert!(diff.contains(&format!("--- {gone}\n+++ /dev/null\n")), "{diff}");
    }
    let infra = text(&folder, "docker-compose.infra.yml");
    edit(&folder, "docker-compose.infra.yml", "postgres", "mine");
    insta::assert_snapshot!(page_without_writing(&folder, &["render"]));
    write(&folder, "docker-compose.infra.yml", &infra);
    insta::assert_snapshot!(page(&folder, &["render"]));
    insta::assert_snapshot!(names(&folder).join("\n"));
}

#[test]
fn an_example_of_variables_that_nothing_asks_for_is_removed() {
    let folder = rendered();
    write(
        &folder,
        "stack.yaml",
        "name: shop\ntiers: { app: {} }\nservices:\n  web: { tier: app, image: example/web:1 }\n",
    );
    assert_eq!(code(&folder, &["render"]), Some(0));
    let left: Vec<String> = names(&folder).into_iter().filter(|name| !name.ends_with('/')).collect();
    assert_eq!(left, ["Makefile", DEV, PRODUCTION, "stack.yaml"]);
}

#[test]
fn one_environment_is_rendered_alone() {
    let folder = folder(&[("stack.yaml", STACK)]);
    insta::assert_snapshot!(page(&folder, &["render", "production"]));
    assert_eq!(code(&folder, &["render"]), Some(0));
    edit(&folder, "stack.yaml", "image: example/api:1", "image: example/api:2");
    let before = files(folder.path());
    assert_eq!(code(&folder, &["render", "production"]), Some(0));
    let after = files(folder.path());
    let touched: Vec<&String> = after.keys().filter(|name| after[*name] != before[*name]).collect();
    assert_eq!(touched, [PRODUCTION]);
    assert_eq!(code(&folder, &["render", "--check", "production"]), Some(0));
    assert_eq!(code(&folder, &["render", "--check"]), Some(1));
}

#[test]
fn an_unknown_environment_is_an_error() {
    let folder = folder(&[("stack.yaml", STACK)]);
    insta::assert_snapshot!(page_without_writing(&folder, &["render", "prod", "staging"]));
    // It exists and has no services here.
    insta::assert_snapshot!(page_without_writing(&folder, &["render", "observability"]));
}

#[test]
fn standard_output_holds_what_compose_reads() {
    let folder = folder(&[("stack.yaml", STACK)]);
    let before = files(folder.path());
    let one = printed(&folder, &["render", "--stdout", "dev-fast"]);
    let all = printed(&folder, &["render", "--stdout"]);
    assert_eq!(files(folder.path()), before);
    assert!(all.starts_with(&one));
    let mut sources = Sources::new();
    let id = sources.add("stdout", all.clone());
    let documents = compose_reader::yaml::parse(id, &all).expect("valid YAML").documents;
    assert_eq!(documents.len(), 3);
    assert!(documents.iter().all(|document| document.get("services").is_some()));
    assert_eq!(code(&folder, &["render"]), Some(0));
    assert_eq!(one, text(&folder, DEV));
    if let Some(compose) = std::env::var_os("STACKGEN_DOCKER_COMPOSE") {
        for environment in ["dev-fast", "production"] {
            let text = printed(&folder, &["render", "--stdout", environment]);
            fs::copy(folder.path().join(".env.example"), folder.path().join(".env")).expect("copy");
            fs::write(folder.path().join("piped.yml"), text).expect("file");
            let judge = Command::new(&compose)
                .args(["-f", "piped.yml", "config", "-q"])
                .current_dir(folder.path())
                .output()
                .expect("runs");
            assert!(judge.status.success(), "{}", String::from_utf8_lossy(&judge.stderr));
        }
    }
}

#[test]
fn out_makes_the_folders_it_needs() {
    let folder = folder(&[("stacks/shop/stack.yaml", STACK)]);
    insta::assert_snapshot!(page(&folder, &["render", "--stack", "stacks/shop", "--out", "build/deep"]));
    assert_eq!(
        code(&folder, &["render", "--stack", "stacks/shop", "--out", "build/deep", "--check"]),
        Some(0)
    );
    assert_eq!(fs::read_dir(folder.path().join("stacks/shop")).expect("folder").count(), 1);
}

#[test]
fn what_cannot_be_written_is_said_and_nothing_is() {
    let folder = folder(&[("stack.yaml", STACK), ("file", "")]);
    insta::assert_snapshot!(page_without_writing(&folder, &["render", "--out", "/dev/null/x"]));
    insta::assert_snapshot!(page_without_writing(&folder, &["render", "--out", "file"]));
    // Found only when other folders have been made already.
    write(&folder, "out/config/gateway", "a file where a folder has to be");
    insta::assert_snapshot!(page_without_writing(&folder, &["render", "--out", "out"]));
    fs::create_dir_all(folder.path().join("docker/config/gateway/default.conf")).expect("folder");
    insta::assert_snapshot!(page_without_writing(&folder, &["render", "--out", "docker"]));
    insta::assert_snapshot!(page_without_writing(&folder, &["render", "--out", "docker", "--force"]));
}

#[test]
fn secrets_are_neither_read_nor_written() {
    let folder = folder(&[("stack.yaml", STACK)]);
    fs::write(folder.path().join(".env"), b"POSTGRES_PASSWORD=\xff\xfe\n").expect("file");
    fs::create_dir_all(folder.path().join("secrets/postgres_password"))
        .expect("a folder, which cannot be read");
    let before = files(folder.path());
    assert_eq!(code(&folder, &["render", "--force"]), Some(0));
    let after = files(folder.path());
    assert!(before.iter().all(|(name, content)| after[name] == *content));
    assert!(after.keys().all(|name| !name.starts_with("secrets/") || before.contains_key(name)));
}

#[test]
fn a_folder_without_stack_is_an_error() {
    let folder = folder(&[("compose.yaml", "services: {}\n")]);
    insta::assert_snapshot!(page_without_writing(&folder, &["render"]));
    insta::assert_snapshot!(page_without_writing(&folder, &["render", "--stack", "stacks/shop"]));
    insta::assert_snapshot!(page_without_writing(&folder, &["lint", "--stack", "stacks/shop"]));
}

#[test]
fn the_file_of_a_stack_may_be_named_itself() {
    let folder = folder(&[
        ("stacks/shop/stack.yaml", STACK),
        (
            "stacks/shop/templates/nginx.yaml",
            "summary: Mine\nkind: gateway\nservice: { image: example/mine:1 }\nendpoints: { http: { port: 80, scheme: http } }\nparameters: { routes: { type: map, items: service, default: {}, description: Routes } }\n",
        ),
    ]);
    insta::assert_snapshot!(page(&folder, &["render", "--stack", "stacks/shop/stack.yaml"]));
    // The stack's own template stands in front of the one that comes with the program.
    assert!(text(&folder, &format!("stacks/shop/{DEV}")).contains("image: example/mine:1"));
    insta::assert_snapshot!(page(&folder, &["lint", "--stack", "stacks/shop/stack.yaml"]));
    insta::assert_snapshot!(page(&folder, &["templates", "nginx", "--stack", "stacks/shop/stack.yaml"]));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let many: String = (0..2000).map(|n| format!("  s{n}: {{ tier: app, image: example/s:1 }}\n")).collect();
    let folder = folder(&[("stack.yaml", &format!("name: shop\ntiers: {{ app: {{}} }}\nservices:\n{many}"))]);
    for arguments in [&["render", "--stdout"][..], &["render", "--check"]] {
        let mut child = stackgen(folder.path(), arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("ends");
        assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
    }
}

#[test]
fn output_that_is_no_terminal_is_plain() {
    let folder = folder(&[("stack.yaml", "name: shop\n")]);
    for (key, value) in [("NO_COLOR", "1"), ("TERM", "xterm-256color"), ("LANG", "en_US.UTF-8")] {
        let output = stackgen(folder.path(), &["render"]).env(key, value).output().expect("runs");
        assert!(output.stderr.is_ascii() && !output.stderr.contains(&0x1b), "{key}");
    }
}

#[test]
fn help_is_data() {
    let folder = folder(&[]);
    insta::assert_snapshot!(page(&folder, &["--help"]));
    for verb in ["render", "templates", "schema", "completions"] {
        insta::assert_snapshot!(format!("help_{verb}"), page(&folder, &[verb, "--help"]));
    }
}

#[test]
fn templates_are_listed_and_explained() {
    let folder = folder(&[("templates/mine.yaml", "summary: What we build ourselves\nkind: runtime\n")]);
    insta::assert_snapshot!(page(&folder, &["templates"]));
    insta::assert_snapshot!(page(&folder, &["templates", "postgres"]));
    insta::assert_snapshot!(page(&folder, &["templates", "mine"]));
    insta::assert_snapshot!(page(&folder, &["templates", "postgers"]));
    insta::assert_snapshot!(page(&folder, &["templates", "cobol"]));
    write(&folder, "templates/mine.yaml", "summary: What we build ourselves\n");
    insta::assert_snapshot!(page(&folder, &["templates", "mine"]));
}

#[test]
fn completions_and_schema_are_data() {
    let folder = folder(&[]);
    for shell in ["bash", "zsh", "fish"] {
        assert!(printed(&folder, &["completions", shell]).contains("render"), "{shell}");
    }
    let schema: serde_json::Value = serde_json::from_str(&printed(&folder, &["schema"])).expect("valid JSON");
    assert!(schema["properties"]["services"].is_object());
    assert_eq!(code(&folder, &["completions", "tcsh"]), Some(2));
}

#[test]
fn a_wrong_stack_cannot_be_linted() {
    let folder = folder(&[(
        "stack.yaml",
        "name: shop\ntiers: { app: {} }\nservices:\n  web: { teir: app, image: example/web:1 }\n",
    )]);
    insta::assert_snapshot!(page(&folder, &["lint", "--stack", "."]));
    insta::assert_snapshot!(page(&folder, &["lint", "--stack", ".", "--format", "json"]));
}

#[test]
fn variables_of_volumes_networks_configs_and_secrets_stand_in_the_example() {
    let stack = "\
name: shop
tiers: { web: {} }
services:
  web: { tier: web, image: nginx:1.31, volumes: [\"pages:/pages\"], secrets: [key], configs: [site] }
volumes: { pages: { driver: \"${PAGES_DRIVER:-local}\" } }
networks: { web: { driver_opts: { mtu: \"${MTU:?}\" } } }
configs: { site: { file: \"${SITE}\" } }
secrets: { key: { file: \"${KEYS:-./secrets}/key\" } }
";
    let folder = folder(&[("stack.yaml", stack)]);
    assert_eq!(code(&folder, &["render"]), Some(0));
    let example = fs::read_to_string(folder.path().join(".env.example")).expect("text");
    for line in ["PAGES_DRIVER=local", "MTU=change-me", "SITE=", "KEYS=./secrets"] {
        assert!(example.lines().any(|it| it == line), "{line}\n{example}");
    }
}

#[test]
fn an_error_of_a_service_called_like_an_environment_is_told_once() {
    let stack = "\
name: shop
tiers: { web: {} }
services:
  production: { tier: web, image: nginx:1.31, listen: 80 }
  web: { tier: web, image: nginx:1.31, needs: [production] }
";
    let folder = folder(&[("stack.yaml", stack)]);
    let page = page(&folder, &["render"]);
    assert_eq!(page.matches("`web` waits for `production`, which has no probe").count(), 1, "{page}");
    assert!(page.contains("1 error in 1 file"), "{page}");
}

#[test]
fn a_project_is_called_what_compose_makes_of_its_name() {
    let stack = "\
name: shop
tiers: { web: {}, metrics: { kind: observability } }
environments:
  observability: { attach: Test.EU }
  Test.EU: { mode: production, kinds: application }
services:
  web: { tier: web, image: nginx:1.31, health: none, listen: { metrics: 80 } }
  prometheus: { tier: metrics, use: prometheus }
";
    let folder = folder(&[("stack.yaml", stack)]);
    assert_eq!(code(&folder, &["render"]), Some(0));
    let text = |name: &str| fs::read_to_string(folder.path().join(name)).expect("text");
    assert!(text("docker-compose.Test.EU.yml").contains("\nname: shop-testeu\n"));
    assert!(text("docker-compose.observability.yml").contains("${ATTACH_PROJECT:-shop-testeu}_web"));
    assert!(text("Makefile").contains("\nATTACH = testeu\n"));
}
