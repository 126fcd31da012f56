//! `stackgen lint` and `stackgen explain` as a user runs them.

use std::fs;
use std::process::Stdio;

use crate::common::{code, folder, page, run, stackgen};

const GOOD: &str = "services:\n  web:\n    image: nginx:1.31\n";
const TYPO: &str = "services:\n  web:\n    image: nginx:1.31\n    depends_on: [ap]\n  api:\n    image: example/api:1.4\n    \
                    healthcheck: {test: [CMD, \"true\"]}\n";

#[test]
fn a_clean_folder_has_no_findings() {
    let folder = folder(&[("compose.yaml", GOOD)]);
    insta::assert_snapshot!(page(&folder, &["lint"]));
}

#[test]
fn a_folder_is_its_compose_file_with_the_override_and_every_variant() {
    let folder = folder(&[
        (
            "compose.yaml",
            "services:\n  web:\n    image: nginx:1.31\n    ports: ['80:80']\n  api:\n    image: example/api:1\n",
        ),
        ("compose.override.yaml", "services:\n  api:\n    ports: ['80:8000']\n"),
        ("docker-compose.dev.yml", TYPO),
        ("composer.yaml", "not: read"),
        ("other.yaml", "not: read"),
    ]);
    insta::assert_snapshot!(page(&folder, &["lint"]));
    let named = folder.path().to_string_lossy().into_owned();
    assert_eq!(code(&folder, &["lint", &named]), Some(1));
}

#[test]
fn files_given_with_f_are_one_project() {
    let folder = folder(&[("a.yaml", TYPO), ("b.yaml", "services:\n  ap:\n    image: example/ap:1\n")]);
    insta::assert_snapshot!(page(&folder, &["lint", "-f", "a.yaml", "-f", "b.yaml"]));
    assert_eq!(code(&folder, &["lint", "a.yaml", "b.yaml"]), Some(1));
}

#[test]
fn json_says_everything() {
    let folder = folder(&[
        (
            "compose.yaml",
            "services:\n  ñandú:\n    image: example/api:1\n    environment: {'Ñ_DB_HOST': localhost}\n    depends_on: [db]\n  \
             db:\n    image: postgres:18\n    healthcheck: {test: [CMD, healthcheck]}\n",
        ),
        ("docker-compose.x.yml", TYPO),
    ]);
    insta::assert_snapshot!(page(&folder, &["lint", "--format", "json"]));
    let clean = tempfile::tempdir().expect("folder");
    fs::write(clean.path().join("compose.yml"), GOOD).expect("file");
    insta::assert_snapshot!(page(&clean, &["lint", "--format=json"]));
}

#[test]
fn files_that_cannot_be_read_do_not_stop_the_others() {
    let folder = folder(&[("good.yaml", GOOD), ("typo.yaml", TYPO), ("broken.yaml", "services: [\n")]);
    fs::write(folder.path().join("latin1.yaml"), b"services:\n  web: {image: caf\xe9}\n").expect("file");
    let page =
        page(&folder, &["lint", "missing.yaml", "latin1.yaml", "broken.yaml", "typo.yaml", "good.yaml"]);
    insta::assert_snapshot!(page);
}

#[test]
fn a_project_without_one_of_its_files_is_not_judged() {
    let folder = folder(&[("typo.yaml", TYPO)]);
    insta::assert_snapshot!(page(&folder, &["lint", "-f", "typo.yaml", "-f", "missing.yaml"]));
}

#[test]
fn a_folder_without_compose_file_is_an_error() {
    let nothing = folder(&[("stack.txt", "")]);
    insta::assert_snapshot!(page(&nothing, &["lint"]));
    let stack = folder(&[("stack.yaml", "")]);
    insta::assert_snapshot!(page(&stack, &["lint"]));
}

#[test]
fn warnings_fail_a_run() {
    let warning =
        "services:\n  api:\n    image: example/api:1\n    depends_on: [db]\n  db:\n    image: postgres:18\n";
    let folder = folder(&[("compose.yaml", warning)]);
    assert_eq!(code(&folder, &["lint"]), Some(1));
}

#[test]
fn wrong_use_is_explained() {
    let folder = folder(&[]);
    for arguments in [&["lint", "--format", "xml"][..], &["lnt"], &[], &["lint", "--stak"]] {
        let output = run(&folder, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
    insta::assert_snapshot!(page(&folder, &["lint", "--format", "xml"]));
}

#[test]
fn help_and_version_are_data() {
    let folder = folder(&[]);
    insta::assert_snapshot!(page(&folder, &["lint", "--help"]));
    insta::assert_snapshot!(page(&folder, &["explain", "--help"]));
    let output = run(&folder, &["--version"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("stackgen {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn explain_shows_the_page_of_a_rule() {
    let folder = folder(&[]);
    insta::assert_snapshot!(page(&folder, &["explain"]));
    insta::assert_snapshot!(page(&folder, &["explain", "port-collision"]));
    // A rule and a fault of a stack may share a name; a code is one of them.
    assert!(
        run(&folder, &["explain", "port-collision"])
            .stdout
            .starts_with(&run(&folder, &["explain", "sg201"]).stdout)
    );
    insta::assert_snapshot!(page(&folder, &["explain", "port-colision"]));
    insta::assert_snapshot!(page(&folder, &["explain", "missing-probe"]));
    insta::assert_snapshot!(page(&folder, &["explain", "st104"]));
    insta::assert_snapshot!(page(&folder, &["explain", "everything"]));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let many: String = (0..300).map(|n| format!("  s{n}:\n    image: a\n    depends_on: [x{n}]\n")).collect();
    let folder = folder(&[("compose.yaml", &format!("services:\n{many}"))]);
    let mut child = stackgen(folder.path(), &["lint"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn ports_that_an_env_file_gives_are_warned_of() {
    let folder = folder(&[
        (
            "compose.yaml",
            "services:\n  caddy: {image: 'caddy:2.8', ports: ['${CADDY_PORT}:80']}\n  nginx: {image: 'nginx:1.27', ports: ['${NGINX_PORT}:80']}\n",
        ),
        (".env", "CADDY_PORT=80\nNGINX_PORT=80\n"),
    ]);
    insta::assert_snapshot!(page(&folder, &["lint"]));
}
