//! `stackgen secrets` and `stackgen env check`, as a user runs them: what is missing is made, nothing is overwritten, and no
//! value is ever shown.
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use crate::common::{canonical, code, docker_compose, folder, page, run, stackgen, write};
use tempfile::TempDir;

/// A database whose password stands in a URL too, a cache, a key that is mounted and one that somebody else hands out.
const STACK: &str = "\
name: shop
tiers: { app: {}, data: { kind: infrastructure } }
secrets:
  jwt_key: { description: Signs the sessions }
  stripe_key: { description: The key of Stripe, generate: false }
services:
  web:
    tier: app
    image: example/web:1
    user: root
    environment:
      DATABASE_URL: \"${{ postgres.url }}\"
      ORIGIN: ${ORIGIN:?where browsers come from}
    secrets: [jwt_key, stripe_key]
  postgres: { tier: data, use: postgres@17, user: root }
  redis: { tier: data, use: redis@7 }
";
const FILES: [&str; 3] = ["jwt_key", "postgres_password", "redis_password"];

fn text(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn mode(folder: &TempDir, name: &str) -> u32 {
    fs::metadata(folder.path().join(name)).expect(name).permissions().mode() & 0o777
}

fn set_mode(folder: &TempDir, name: &str, mode: u32) {
    fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).expect(name);
}

/// The value of a variable in `.env`.
fn in_env(folder: &TempDir, name: &str) -> String {
    let text = text(folder, ".env");
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
    line.unwrap_or_else(|| panic!("{name} is not set")).to_owned()
}

/// A page in which none of the secrets stands.
fn page_without_values(folder: &TempDir, arguments: &[&str]) -> String {
    let page = page(folder, arguments);
    let files = fs::read_dir(folder.path().join("secrets")).into_iter().flatten();
    let texts = files.map(|entry| fs::read_to_string(entry.expect("entry").path()).unwrap_or_default());
    let env = fs::read_to_string(folder.path().join(".env")).unwrap_or_default();
    let lines = env.lines().filter_map(|line| Some(line.split_once('=')?.1.to_owned()));
    for value in texts.chain(lines).filter(|value| value.len() > 5 && value != "change-me") {
        assert!(!page.contains(value.trim()), "a value is shown:\n{page}");
    }
    page
}

#[test]
fn what_is_missing_is_made_and_fits_together() {
    let folder = folder(&[("stack.yaml", STACK)]);
    insta::assert_snapshot!(page_without_values(&folder, &["secrets", "init"]));
    assert_eq!(mode(&folder, "secrets"), 0o700);
    for name in FILES {
        let file = format!("secrets/{name}");
        let value = text(&folder, &file);
        assert!(value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{file}");
        assert_eq!(mode(&folder, &file), 0o600, "{file}");
    }
    assert_ne!(text(&folder, "secrets/jwt_key"), text(&folder, "secrets/redis_password"));
    assert_eq!(in_env(&folder, "POSTGRES_PASSWORD"), text(&folder, "secrets/postgres_password"));
    assert!(!text(&folder, ".env").contains("REDIS"), "no text has the password of Redis in it");
    assert_eq!(mode(&folder, ".env"), 0o600);
    assert_eq!(text(&folder, ".gitignore"), "/.env\n/.stackgen-*\n/secrets/\n");
}

#[test]
fn a_second_run_changes_nothing() {
    let folder = folder(&[("stack.yaml", STACK)]);
    assert_eq!(code(&folder, &["secrets", "init"]), Some(0));
    let all = || {
        let names = FILES.iter().map(|name| format!("secrets/{name}"));
        names.chain([".env".into(), ".gitignore".into()]).map(|name| text(&folder, &name)).collect::<Vec<_>>()
    };
    let before = all();
    insta::assert_snapshot!(page_without_values(&folder, &["secrets", "init"]));
    assert_eq!(all(), before);
}

#[test]
fn what_somebody_has_written_stays_and_is_taken_over() {
    let env = "# of production\nexport POSTGRES_PASSWORD='my own, long'\nORIGIN=change-me # where?\n";
    let folder =
        folder(&[("stack.yaml", STACK), (".env", env), ("secrets/redis_password", "kept-by-hand\n")]);
    write(&folder, ".gitignore", "node_modules\n/.env");
    assert_eq!(code(&folder, &["secrets", "init", "production"]), Some(0));
    assert_eq!(text(&folder, "secrets/postgres_password"), "my own, long");
    assert_eq!(text(&folder, "secrets/redis_password"), "kept-by-hand\n");
    assert_eq!(text(&folder, ".env"), env);
    assert_eq!(text(&folder, ".gitignore"), "node_modules\n/.env\n/.stackgen-*\n/secrets/\n");
}

#[test]
fn a_placeholder_is_filled_in_where_it_stands() {
    let folder = folder(&[("stack.yaml", STACK)]);
    assert_eq!(code(&folder, &["render"]), Some(0));
    fs::copy(folder.path().join(".env.example"), folder.path().join(".env")).expect("a copy");
    set_mode(&folder, ".env", 0o640);
    assert_eq!(code(&folder, &["secrets", "init"]), Some(0));
    let password = text(&folder, "secrets/postgres_password");
    let example = text(&folder, ".env.example");
    let expected = example.replace("POSTGRES_PASSWORD=change-me", &format!("POSTGRES_PASSWORD={password}"));
    assert_eq!(text(&folder, ".env"), expected);
    assert_eq!(mode(&folder, ".env"), 0o640);
}

#[test]
fn development_needs_no_secret_unless_the_stack_names_a_source() {
    let folder = folder(&[("stack.yaml", STACK)]);
    assert_eq!(code(&folder, &["secrets", "init", "dev-fast"]), Some(0));
    assert!(!folder.path().join("secrets").exists() && !folder.path().join(".env").exists());
    let stack = STACK.replace(
        "jwt_key: { description: Signs the sessions }",
        "jwt_key: { description: Signs the sessions, sources: { dev-fast: { file: ./keys/jwt }, production: {} } }",
    );
    write(&folder, "stack.yaml", &stack);
    assert_eq!(code(&folder, &["secrets", "init", "dev-fast"]), Some(0));
    assert_eq!(in_env(&folder, "JWT_KEY").len(), 32);
    let rendered = run(&folder, &["render", "dev-fast", "--stdout"]).stdout;
    assert!(String::from_utf8_lossy(&rendered).contains("JWT_KEY: ${JWT_KEY:?set it in .env"));
}

#[test]
fn a_file_that_several_users_read_says_why_it_is_open() {
    let stack = format!(
        "{STACK}  postgres-exporter: {{ tier: data, use: postgres-exporter, with: {{ server: postgres }} }}\n"
    );
    let several = stack
        .replace("user: root", "user: \"1000\"")
        .replace("secrets: [jwt_key, stripe_key]", "secrets: [postgres_password, stripe_key]");
    let folder = folder(&[("stack.yaml", &several)]);
    let page = page_without_values(&folder, &["secrets", "init"]);
    assert_eq!(mode(&folder, "secrets/postgres_password"), 0o644);
    let reason = "(0644: it is read by `web` as user 1000 and `postgres-exporter` as user 65534)";
    assert!(page.contains(&format!("secrets/postgres_password {reason}")), "{page}");
    // Behind a folder that only its owner enters, nobody else of the machine reads it.
    assert!(!page_without_values(&folder, &["secrets", "check"]).contains("open-secret"));
}

#[test]
fn a_file_for_one_user_is_that_users_or_says_why_not() {
    let stack = "name: shop\ntiers: { app: {} }\nservices:\n  grafana: { tier: app, use: grafana }\n";
    let folder = folder(&[("stack.yaml", stack)]);
    let page = page_without_values(&folder, &["secrets", "init"]);
    let path = folder.path().join("secrets/grafana_admin_password");
    let file = fs::metadata(path).expect("a file");
    if file.uid() == 472 {
        assert_eq!(mode(&folder, "secrets/grafana_admin_password"), 0o600);
    } else {
        assert_eq!(mode(&folder, "secrets/grafana_admin_password"), 0o644);
        assert!(page.contains("(0644: only root may give it to user 472, who reads it)"), "{page}");
    }
    assert_eq!(code(&folder, &["secrets", "check"]), Some(0));
}

#[test]
fn a_folder_in_the_place_of_a_file_is_no_secret() {
    let folder = folder(&[("stack.yaml", STACK), ("secrets/jwt_key/x", "")]);
    insta::assert_snapshot!(page(&folder, &["secrets", "init"]));
    assert!(!folder.path().join(".env").exists());
}

#[test]
fn compose_accepts_what_was_made() {
    let folder = folder(&[("stack.yaml", STACK), (".env", "ORIGIN=https://shop.example.org\n")]);
    assert_eq!(code(&folder, &["render"]), Some(0));
    assert_eq!(code(&folder, &["secrets", "init"]), Some(0));
    let project = canonical(&docker_compose(), folder.path(), "docker-compose.production.yml");
    let password = text(&folder, "secrets/postgres_password");
    let url = format!("postgresql://postgres:{password}@postgres:5432/postgres");
    assert_eq!(project["services"]["web"]["environment"]["DATABASE_URL"], url.as_str());
    for secret in project["secrets"].as_object().expect("secrets").values() {
        let file = secret["file"].as_str().expect("a file");
        assert!(folder.path().join(file).is_file() || file.ends_with("stripe_key"), "{file}");
    }
    write(&folder, "secrets/stripe_key", "sk_live_4eC39HqLyjWDarjtT1zdp7dc");
    insta::assert_snapshot!(page_without_values(&folder, &["secrets", "check"]));
    insta::assert_snapshot!(page_without_values(&folder, &["env", "check"]));
}

#[test]
fn everything_that_is_wrong_with_secrets_is_said() {
    let folder = folder(&[
        ("stack.yaml", STACK),
        (".env", "# note\nPOSTGRES_PASSWORD=another-one-than-the-file\n"),
        ("secrets/postgres_password", "correct-horse-battery"),
        ("secrets/redis_password", "redis"),
        ("secrets/jwt_key", "\n"),
    ]);
    set_mode(&folder, "secrets", 0o755);
    set_mode(&folder, "secrets/redis_password", 0o644);
    set_mode(&folder, ".env", 0o644);
    for name in ["postgres_password", "jwt_key"] {
        set_mode(&folder, &format!("secrets/{name}"), 0o600);
    }
    let git = |arguments: &[&str]| {
        let status =
            Command::new("git").current_dir(folder.path()).args(arguments).output().expect("git").status;
        assert!(status.success(), "git {arguments:?}");
    };
    git(&["init", "--quiet"]);
    write(&folder, ".gitignore", "jwt_key\n/.env\n");
    git(&["add", "--force", ".env", "secrets/postgres_password"]);
    insta::assert_snapshot!(page_without_values(&folder, &["secrets", "check"]));
    insta::assert_snapshot!(page_without_values(&folder, &["secrets", "check", "infra"]));
}

#[test]
fn a_file_that_its_reader_cannot_read_is_a_mistake() {
    let stack = "name: shop\ntiers: { app: {} }\nservices:\n  grafana: { tier: app, use: grafana }\n";
    let values = ["admin_password", "secret_key"].map(|name| format!("secrets/grafana_{name}"));
    let folder = folder(&[
        ("stack.yaml", stack),
        (&values[0], "correct-horse-battery"),
        (&values[1], "another-horse-battery"),
    ]);
    set_mode(&folder, "secrets", 0o700);
    set_mode(&folder, &values[0], 0o600);
    insta::assert_snapshot!(page_without_values(&folder, &["secrets", "check"]));
}

#[test]
fn an_env_file_is_held_against_what_is_asked_for() {
    let folder = folder(&[
        ("stack.yaml", STACK),
        (".env", "COMPOSE_PARALLEL_LIMIT=2\nORIGN=https://shop.example.org\nPOSTGRES_PASSWORD=postgres\n"),
    ]);
    let page_of_check = page(&folder, &["env", "check"]);
    assert!(!page_of_check.contains("shop.example.org"), "{page_of_check}");
    insta::assert_snapshot!(page_of_check);
    write(&folder, ".env", "ORIGIN=\nPOSTGRES_PASSWORD=change-me\n");
    insta::assert_snapshot!(page_without_values(&folder, &["env", "check", "production"]));
    assert!(page(&folder, &["env", "check", "prod"]).contains("did you mean `production`?"));
    fs::remove_file(folder.path().join(".env")).expect("remove");
    let mut check = stackgen(folder.path(), &["env", "check"]);
    let output =
        check.envs([("ORIGIN", "https://shop.example.org"), ("POSTGRES_PASSWORD", "long-and-random-1")]);
    assert!(output.output().expect("runs").status.success(), "what the machine sets is not missing");
}

#[test]
fn the_verbs_teach() {
    let folder = folder(&[]);
    for arguments in [
        &["secrets", "--help"][..],
        &["secrets", "init", "--help"],
        &["secrets", "check", "--help"],
        &["env", "check", "--help"],
    ] {
        insta::assert_snapshot!(arguments.join("_"), page(&folder, arguments));
    }
}
