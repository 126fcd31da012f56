//! Secrets as a stack wants them: where they are mounted, how they are written, and what becomes of them in a URL.

use std::fs;
use std::path::Path;

use crate::common::{canonical, docker_compose, folder, page, render, run};

/// A stack with one service that reads a secret, and what `secrets` says of it.
fn stack(used: &str, secrets: &str) -> String {
    format!(
        "name: shop\ntiers: {{ app: }}\nsecrets: {{ key: {{ {secrets} }} }}\nservices:\n  app: {{ tier: app, image: \"example/app:1\", \
         health: none, secrets: [{used}] }}\n"
    )
}

/// The production side of a stack, as Docker Compose reads it.
fn production(text: &str) -> serde_json::Value {
    let rendered = render(text, None).unwrap_or_else(|wrong| panic!("{wrong}"));
    let there =
        folder(&[("compose.yaml", rendered.file("docker-compose.production.yml")), ("secrets/key", "x")]);
    canonical(&docker_compose(), there.path(), "compose.yaml")["services"]["app"].clone()
}

fn text(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn a_target_is_where_the_file_is_and_where_the_variable_says() {
    for (target, path) in [("app.key", "/run/secrets/app.key"), ("/etc/app/key", "/etc/app/key")] {
        let app = production(&stack(&format!("{{ source: key, target: {target} }}"), ""));
        assert_eq!(app["environment"]["KEY_FILE"], path);
        assert_eq!(
            app["secrets"][0]["target"].as_str().map(|it| it.trim_start_matches("/run/secrets/")),
            Some(target)
        );
    }
}

#[test]
fn owner_and_mode_are_written_where_docker_writes_the_file() {
    let used = "{ source: key, uid: 1000, gid: \"1001\", mode: 0440 }";
    let rendered = render(&stack(used, "environment: KEY"), None).unwrap_or_else(|wrong| panic!("{wrong}"));
    let there =
        folder(&[("compose.yaml", rendered.file("docker-compose.production.yml")), (".env", "KEY=abc")]);
    let mount = &canonical(&docker_compose(), there.path(), "compose.yaml")["services"]["app"]["secrets"][0];
    assert_eq!(
        (&mount["uid"], &mount["gid"], &mount["mode"]),
        (&"1000".into(), &"1001".into(), &"0440".into())
    );
    let wrong = render(&stack(used, ""), None).err().expect("refused");
    let words: Vec<&str> = wrong.split_whitespace().filter(|word| *word != "|").collect();
    let flat = words.join(" ");
    assert!(
        flat.contains("ST517")
            && flat.contains("`mode` has no effect")
            && flat.contains("`gid` has no effect"),
        "{wrong}"
    );
    assert!(!wrong.contains("`uid` has"), "{wrong}");
    // What the help says is taken.
    let said = "sources: { production: { environment: KEY } }";
    assert!(flat.contains(said), "{wrong}");
    assert!(render(&stack(used, said), None).is_ok());
}

#[test]
fn made_up_values_have_the_form_that_is_asked_for() {
    let made = |secrets: &str| {
        let there = folder(&[("stack.yaml", &stack("key", secrets))]);
        let said = page(&there, &["secrets", "init"]);
        assert!(said.ends_with("exit code 0\n"), "{said}");
        assert!(run(&there, &["secrets", "check"]).status.success());
        text(there.path(), "secrets/key")
    };
    let is = |value: &str, length: usize, more: &str| {
        value.len() == length && value.chars().all(|next| next.is_ascii_alphanumeric() || more.contains(next))
    };
    assert!(is(&made(""), 32, ""));
    assert!(is(&made("length: 50"), 50, ""));
    let hex = made("encoding: hex, length: 16");
    assert!(hex.len() == 32 && hex.bytes().all(|digit| digit.is_ascii_hexdigit()), "{hex}");
    assert!(is(&made("encoding: base64, length: 64"), 88, "+/="));
    assert!(is(&made("encoding: base64url"), 43, "-_"));
    assert!(made("encoding: fernet").ends_with('=') && is(&made("encoding: fernet"), 44, "-_="));
    let laravel = made("encoding: laravel");
    assert!(is(laravel.strip_prefix("base64:").expect("the prefix"), 44, "+/="), "{laravel}");
}

#[test]
fn development_has_a_harmless_value_of_the_same_form() {
    let rendered = render(&stack("key", "encoding: laravel"), None).unwrap_or_else(|wrong| panic!("{wrong}"));
    let zeros = format!("KEY: base64:{}=", "A".repeat(43));
    assert!(rendered.file("docker-compose.dev-fast.yml").contains(&zeros));
}

#[test]
fn a_length_that_the_encoding_does_not_have_is_refused() {
    for secrets in [
        "encoding: fernet, length: 16",
        "encoding: laravel, length: 24",
        "length: 8",
        "length: 5000",
        "encoding: rot13",
    ] {
        assert!(render(&stack("key", secrets), None).is_err(), "{secrets}");
    }
    for used in [
        "{ source: key, mode: 9999 }",
        "{ source: key, uid: root }",
        "{ source: key, variable: K, target: k }",
    ] {
        assert!(render(&stack(used, ""), None).is_err(), "{used}");
    }
}

const WITH_URL: &str = "name: shop\ntiers: { app: , data: { kind: infrastructure } }\nservices:\n  db: { tier: data, use: postgres@16 }\n  \
                        app: { tier: app, image: \"example/app:1\", health: none, environment: { DATABASE_URL: \"${{ db.url }}\" } }\n";

#[test]
fn a_value_is_percent_encoded_on_its_way_into_urls() {
    let there = folder(&[("stack.yaml", WITH_URL), ("secrets/db_password", "p@ss/w:rd#1%")]);
    assert!(run(&there, &["secrets", "init"]).status.success());
    assert!(
        text(there.path(), ".env").contains("DB_PASSWORD=p%40ss%2Fw%3Ard%231%25"),
        "{}",
        text(there.path(), ".env")
    );
    assert_eq!(text(there.path(), "secrets/db_password"), "p@ss/w:rd#1%");
    assert!(!page(&there, &["secrets", "check"]).contains("ST507"));
    // The other way round: from `.env`, where it stands as URLs want it.
    fs::remove_file(there.path().join("secrets/db_password")).expect("removed");
    assert!(run(&there, &["secrets", "init"]).status.success());
    assert_eq!(text(there.path(), "secrets/db_password"), "p@ss/w:rd#1%");
    let harmless =
        WITH_URL.replace("services:", "secrets: { db_password: { development: \"a@b\" } }\nservices:");
    let rendered = render(&harmless, None).unwrap_or_else(|wrong| panic!("{wrong}"));
    let development = rendered.file("docker-compose.dev-fast.yml");
    assert!(
        development.contains("postgresql://postgres:a%40b@db")
            && development.contains("POSTGRES_PASSWORD: a@b"),
        "{development}"
    );
}

#[test]
fn a_value_that_breaks_its_url_is_found() {
    let there = folder(&[("stack.yaml", WITH_URL), (".env", "DB_PASSWORD=long-enough@for/all\n")]);
    for verb in ["env", "secrets"] {
        let said = page(&there, &[verb, "check"]);
        assert!(said.contains("ST518") && said.contains("percent-encode the value"), "{said}");
    }
    insta::assert_snapshot!(page(&there, &["env", "check"]));
    // A value that stands bare elsewhere as well cannot be encoded.
    let both = WITH_URL.replace("DATABASE_URL:", "BARE: \"${DB_PASSWORD}\", DATABASE_URL:");
    let there = folder(&[("stack.yaml", &both), (".env", "DB_PASSWORD=long-enough%40for-all@\n")]);
    assert!(page(&there, &["env", "check"]).contains("take a value of letters and digits"));
    // Hosts, ports and paths may hold what they like.
    let address = "name: shop\ntiers: { app: }\nservices:\n  app: { tier: app, image: \"example/app:1\", health: none, environment: { \
                   U: \"https://${HOST:?}/x@y\", V: \"amqp://${A:?}:${B:-b@c}@${HOST}\" } }\n";
    let there = folder(&[("stack.yaml", address), (".env", "HOST=example.org:8443\nA=a:b\n")]);
    let said = page(&there, &["env", "check"]);
    assert!(said.contains("A has a character") && !said.contains("HOST has"), "{said}");
}
