//! Secrets stay where they belong, closed to others, and none is lost.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{Repository, said};

const STACK: &str = "\
name: shop
tiers: { app: {}, data: { kind: infrastructure } }
services:
  web: { tier: app, image: \"example/web:1\", user: root, environment: { URL: \"${{ postgres.url }}\" } }
  postgres: { tier: data, use: postgres@17, user: root }
";

fn mode(repository: &Repository, name: &str) -> u32 {
    fs::metadata(repository.inside.join(name)).expect(name).permissions().mode() & 0o777
}

fn set_mode(repository: &Repository, name: &str, mode: u32) {
    fs::set_permissions(repository.inside.join(name), fs::Permissions::from_mode(mode)).expect(name);
}

#[test]
fn what_is_open_is_said_and_closed() {
    let env = "POSTGRES_PASSWORD=a-long-and-random-one\n";
    let repository = Repository::new(&[
        ("stack.yaml", STACK),
        (".env", env),
        ("secrets/postgres_password", "a-long-and-random-one"),
    ]);
    set_mode(&repository, ".env", 0o644);
    set_mode(&repository, "secrets", 0o777);
    set_mode(&repository, "secrets/postgres_password", 0o600);
    let check = said(&repository.run(&["secrets", "check"]));
    assert!(check.contains("can read `.env`"), "{check}");
    assert!(check.contains("can put another file in the place of"), "{check}");
    set_mode(&repository, "secrets/postgres_password", 0o666);
    let made = said(&repository.run(&["secrets", "init"]));
    assert!(made.starts_with("Some(0)"), "{made}");
    assert_eq!(mode(&repository, ".env"), 0o600, "{made}");
    assert_eq!(mode(&repository, "secrets"), 0o700, "{made}");
    assert_eq!(mode(&repository, "secrets/postgres_password"), 0o600, "{made}");
    assert_eq!(repository.text(".env"), env);
    assert_eq!(repository.text("secrets/postgres_password"), "a-long-and-random-one");
    let check = said(&repository.run(&["secrets", "check"]));
    assert!(!check.contains("open-secret"), "{check}");
}

#[test]
fn an_env_file_that_gets_a_secret_is_closed() {
    let repository = Repository::new(&[("stack.yaml", STACK), (".env", "A=1\n")]);
    set_mode(&repository, ".env", 0o644);
    repository.run(&["secrets", "init"]);
    assert!(repository.text(".env").contains("POSTGRES_PASSWORD="));
    assert_eq!(mode(&repository, ".env"), 0o600);
}

#[test]
fn an_empty_secret_is_made_anew() {
    let repository = Repository::new(&[("stack.yaml", STACK), ("secrets/postgres_password", "")]);
    let output = said(&repository.run(&["secrets", "init"]));
    assert_eq!(repository.text("secrets/postgres_password").len(), 32, "{output}");
    let again = said(&repository.run(&["secrets", "init"]));
    assert!(again.contains("0 files made, 1 kept"), "{again}");
}

#[test]
fn nothing_is_written_outside_of_the_stack() {
    for path in ["../outside/key", "/tmp/stackgen-of-a-test/key", "${KEYS}/key", "a/../../outside/key"] {
        let stack = format!("{STACK}secrets:\n  key: {{ description: A key, sources: {{ production: {{ file: \"{path}\" }} }} }}\n")
            .replace("user: root, environment", "user: root, secrets: [key], environment");
        let repository = Repository::new(&[("stack.yaml", &stack), (".env", "KEYS=../outside\n")]);
        let output = said(&repository.run(&["secrets", "init"]));
        assert_eq!(repository.outside("key"), "", "{output}");
        assert!(!std::path::Path::new("/tmp/stackgen-of-a-test").exists(), "{output}");
        assert!(!repository.inside.join("${KEYS}").exists(), "{output}");
    }
}

#[test]
fn an_unsafe_fix_moves_a_secret_and_loses_none() {
    let compose = "services:\n  db:\n    image: postgres:17\n    environment:\n      POSTGRES_PASSWORD: s3cr3t-of-mine\n";
    let repository = Repository::new(&[("compose.yaml", compose), (".env", "A=1\n")]);
    let output = said(&repository.run(&["lint", "--fix=unsafe", "compose.yaml"]));
    assert!(
        repository.text("compose.yaml").contains("POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}"),
        "{output}"
    );
    assert!(repository.text(".env").contains("s3cr3t-of-mine"), "{}", repository.text(".env"));
    assert!(repository.text(".env").starts_with("A=1\n"));
    let config = said(&repository.run(&["config", "--format", "json"]));
    assert!(config.contains("\"POSTGRES_PASSWORD\": \"s3cr3t-of-mine\""), "{config}");

    // Another value of that name is there, or two that differ: nothing is dropped.
    let repository = Repository::new(&[("compose.yaml", compose), (".env", "POSTGRES_PASSWORD=other\n")]);
    repository.run(&["lint", "--fix=unsafe", "compose.yaml"]);
    assert!(repository.text("compose.yaml").contains("s3cr3t-of-mine"));
    assert_eq!(repository.text(".env"), "POSTGRES_PASSWORD=other\n");
    let two = format!(
        "{compose}  other:\n    image: postgres:17\n    environment:\n      POSTGRES_PASSWORD: an0ther-0ne-of-mine\n"
    );
    let repository = Repository::new(&[("compose.yaml", &two)]);
    repository.run(&["lint", "--fix=unsafe", "compose.yaml"]);
    let all = repository.text("compose.yaml") + &repository.text(".env");
    assert!(all.contains("s3cr3t") && all.contains("an0ther-0ne-of-mine"), "{all}");
}

#[test]
fn an_env_file_that_cannot_be_parsed_is_said() {
    let compose = "services:\n  web: { image: \"nginx:1.29\" }\n";
    let repository = Repository::new(&[("compose.yaml", compose), (".env", "A=1\nB='open\n")]);
    let output = said(&repository.run(&["lint"]));
    assert!(output.starts_with("Some(2)") && output.contains(".env:2"), "{output}");
    assert!(!output.contains("'open"), "{output}");
}
