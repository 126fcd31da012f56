//! Variables and host ports that people write: what `.env.example` says of them, and what Compose makes of the files.

use std::fs;

use crate::common::{Rendered, canonical, docker_compose, folder, page, render, run};

/// A stack of these services, rendered.
fn rendered(services: &str) -> Rendered {
    let head =
        "name: shop\ntiers: { app: { host_ports: 8000-8099 }, data: { kind: infrastructure } }\nservices:\n";
    render(&format!("{head}{services}"), None).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// The lines of `.env.example` that belong to a variable: its comment and itself.
fn entry<'r>(rendered: &'r Rendered, name: &str) -> &'r str {
    let text = rendered.file(".env.example");
    let is_meant = |entry: &&str| {
        entry.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{name}=")))
    };
    text.split("\n\n").find(is_meant).unwrap_or_else(|| panic!("no {name} in\n{text}")).trim_end()
}

/// The compose file of an environment as Docker Compose reads it with `.env.example` as its `.env`.
fn composed(rendered: &Rendered, environment: &str) -> serde_json::Value {
    let there = folder(&[]);
    for file in &rendered.files {
        let path = there.path().join(&file.path);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(path, &file.content).expect("written");
    }
    fs::copy(there.path().join(".env.example"), there.path().join(".env")).expect("copied");
    canonical(&docker_compose(), there.path(), &format!("docker-compose.{environment}.yml"))
}

#[test]
fn a_mount_behind_a_variable_takes_the_place_of_the_template_s() {
    for source in ["${DB:-./pg}", "${DB}", "${DB:?where the data lie}", "${A:-${B:-./pg}}"] {
        let services = format!(
            "  db: {{ tier: data, use: postgres@16, volumes: [\"{source}:/var/lib/postgresql/data\"] }}\n"
        );
        let rendered = rendered(&services);
        let text = rendered.file("docker-compose.production.yml");
        assert!(!text.contains("db_data"), "{text}");
        assert!(text.contains(&format!("- {source}:/var/lib/postgresql/data\n")), "{text}");
    }
}

#[test]
fn a_sample_is_of_the_kind_that_its_place_takes() {
    let rendered = rendered(
        "  app:\n    tier: app\n    image: example/app:1\n    health: none\n    volumes: [\"${DATA:?}:/data\"]\n    \
         env_file: [\"${SETTINGS:?}\"]\n    mem_limit: ${MEMORY:?}\n    stop_grace_period: ${GRACE:?}\n    \
         deploy: { replicas: \"${COPIES:?}\" }\n    init: ${INIT:?}\n    build: { context: \"${CONTEXT:?}\" }\n    \
         environment: { NAME: \"${NAME:?}\", INSIDE: \"./${PART:?}/x\" }\n",
    );
    let expected = [
        ("DATA", "./change-me"),
        ("SETTINGS", "./change-me"),
        ("CONTEXT", "./change-me"),
        ("MEMORY", "512m"),
        ("GRACE", "10s"),
        ("COPIES", "1"),
        ("INIT", "true"),
        ("NAME", "change-me"),
        ("PART", "change-me"),
    ];
    for (name, sample) in expected {
        let entry = entry(&rendered, name);
        assert!(entry.ends_with(&format!("\n{name}={sample}")), "{entry}");
    }
}

#[test]
fn variables_that_are_handed_on_are_listed_and_stay_unset() {
    let rendered = rendered(
        "  app:\n    tier: app\n    image: example/app:1\n    health: none\n    environment: { REGISTRATION: , SET: \"1\" }\n  \
         worker: { tier: app, image: \"example/app:1\", health: none, environment: [TOKEN, \"SET=1\"] }\n  \
         built: { tier: app, health: none, build: { context: ., args: { COMMIT: } } }\n  \
         both: { tier: app, image: \"example/app:1\", health: none, environment: { BOTH: }, labels: { a: \"${BOTH}\", none: } }\n",
    );
    for name in ["REGISTRATION", "TOKEN", "COMMIT"] {
        assert!(entry(&rendered, name).ends_with(&format!("\n# {name}=")), "{}", entry(&rendered, name));
    }
    assert!(entry(&rendered, "BOTH").ends_with("\nBOTH="));
    let text = rendered.file(".env.example");
    assert!(!text.contains("SET=") && !text.contains("none="), "{text}");
    let app = &composed(&rendered, "dev-fast")["services"]["app"]["environment"];
    assert_eq!(app["REGISTRATION"], serde_json::Value::Null, "{app}");
}

#[test]
fn what_a_variable_demands_is_its_comment() {
    let rendered = rendered(
        "  app:\n    tier: app\n    image: example/app:1\n    health: none\n    environment:\n      \
         BASE_URL: \"${BASE_URL:?where browsers find it}\"\n      MAIL: \"${MAIL?Who gets the mail?}\"\n      BARE: \"${BARE:?}\"\n  \
         db: { tier: data, use: postgres@16 }\n  user: { tier: app, image: \"x/u:1\", health: none, environment: { D: \"${{ db.url }}\" } }\n",
    );
    assert!(entry(&rendered, "BASE_URL").starts_with("# Where browsers find it.\n# Needed in"));
    assert!(entry(&rendered, "MAIL").starts_with("# Who gets the mail?\n# Needed in"));
    assert!(entry(&rendered, "BARE").starts_with("# Needed in"));
    assert!(entry(&rendered, "DB_PASSWORD").starts_with("# The superuser's password (`db`).\n"));
}

#[test]
fn variables_of_top_level_sections_are_listed() {
    let text = "name: shop\ntiers: { app: }\nservices:\n  app: { tier: app, image: \"example/app:1\", health: none, \
                volumes: [\"data:/data\"], configs: [settings] }\nvolumes:\n  data: { driver_opts: { type: none, o: bind, device: \
                \"${DEVICE:?}\" } }\nnetworks:\n  app: { driver_opts: { mtu: \"${MTU}\" } }\nconfigs:\n  settings: { file: \"${SETTINGS:?}\" }\n";
    let rendered = render(text, None).unwrap_or_else(|wrong| panic!("{wrong}"));
    for name in ["DEVICE", "MTU", "SETTINGS"] {
        entry(&rendered, name);
    }
    assert!(entry(&rendered, "SETTINGS").ends_with("=./change-me"));
}

#[test]
fn a_variable_says_the_host_port() {
    let rendered = rendered(
        "  db: { tier: data, use: postgres@16, publish: \"${PG_PORT:-5432}\" }\n  \
         app:\n    tier: app\n    use: python\n    build: .\n    listen: 8080\n    health: /\n    \
         publish: { dev-fast: \"${APP_PORT:?}\", production: \"0.0.0.0:${APP_PORT:?}\" }\n  \
         web:\n    tier: app\n    use: python\n    build: .\n    listen: 8080\n    health: /\n    publish: \"[::1]:${WEB_PORT:?}\"\n    \
         environment: { SELF: \"${{ web.public_url }}\", APP: \"${{ app.public_url }}\" }\n    overrides: { production: { environment: \
         !override { X: \"1\" } } }\n",
    );
    let text = rendered.file("docker-compose.dev-fast.yml");
    assert!(text.contains("127.0.0.1:${PG_PORT:-5432}:5432"), "{text}");
    assert!(text.contains("APP: http://127.0.0.1:${APP_PORT:?}"), "{text}");
    assert!(entry(&rendered, "PG_PORT").ends_with("\nPG_PORT=5432"));
    // Two ports of the host, although both containers have 8080.
    assert!(entry(&rendered, "APP_PORT").ends_with("\nAPP_PORT=8080"));
    assert!(entry(&rendered, "WEB_PORT").ends_with("\nWEB_PORT=8081"));
    let services = &composed(&rendered, "dev-fast")["services"];
    let port = |service: &str| services[service]["ports"][0].clone();
    assert_eq!((&port("db")["published"], &port("db")["host_ip"]), (&"5432".into(), &"127.0.0.1".into()));
    assert_eq!((&port("web")["published"], &port("web")["host_ip"]), (&"8081".into(), &"::1".into()));
    assert_eq!(composed(&rendered, "production")["services"]["app"]["ports"][0]["published"], "8080");
}

#[test]
fn docker_picks_the_host_port() {
    let rendered = rendered(
        "  app: { tier: app, image: \"example/app:1\", listen: 8080, health: none, publish: 0, deploy: { replicas: 3 } }\n  \
         dns: { tier: app, image: \"example/dns:1\", listen: { dns: 53, query: 53/udp }, health: none, publish: { query: 0, dns: 8053 } }\n  \
         log: { tier: app, image: \"example/log:1\", listen: 514/udp, health: none, publish: 8053 }\n",
    );
    let there = folder(&[]);
    fs::write(there.path().join("compose.yaml"), rendered.file("docker-compose.dev-fast.yml"))
        .expect("written");
    let services = &canonical(&docker_compose(), there.path(), "compose.yaml")["services"];
    let app = &services["app"]["ports"][0];
    assert_eq!(
        (&app["host_ip"], app.get("published"), &app["target"]),
        (&"127.0.0.1".into(), None, &8080.into())
    );
    let dns = &services["dns"]["ports"];
    assert_eq!((dns[0].get("published"), &dns[0]["protocol"]), (None, &"udp".into()));
    assert_eq!((&dns[1]["published"], &dns[1]["protocol"]), (&"8053".into(), &"tcp".into()));
    // The same number, and another protocol.
    assert_eq!(services["log"]["ports"][0]["protocol"], "udp");
}

#[test]
fn defaults_of_variables_collide_as_ports_do() {
    let text = "name: shop\ntiers: { app: { host_ports: 8000-8099 } }\nservices:\n  a: { tier: app, image: \"x/a:1\", listen: 80, \
                health: none, publish: \"${A:-8000}\" }\n  b: { tier: app, image: \"x/b:1\", listen: 80, health: none, publish: 8000 }\n  \
                c: { tier: app, image: \"x/c:1\", listen: 80, health: none, publish: \"${C:-9000}\" }\n  \
                d: { tier: app, image: \"x/d:1\", listen: 80, health: none, publish: \"${D:?}\" }\n";
    let wrong = render(text, None).err().expect("refused");
    assert!(wrong.contains("`a` and `b` both publish host port 8000"), "{wrong}");
    assert!(wrong.contains("host port 9000 lies outside the range"), "{wrong}");
    assert!(!wrong.contains("`d`"), "{wrong}");
}

#[test]
fn what_is_no_host_port_is_refused() {
    let refused = |publish: &str| {
        let text = format!(
            "name: shop\ntiers: {{ app: }}\nservices:\n  a: {{ tier: app, image: \"x/a:1\", listen: 80, health: none, publish: \"{publish}\" }}\n"
        );
        render(&text, None).err().unwrap_or_else(|| panic!("{publish} is rendered"))
    };
    for publish in ["${A}${B}", "${A:-http}", "${A:-70000}", "x:${A}", "1${A}", "${A:-0}"] {
        assert!(refused(publish).contains("is no host port"), "{publish}");
    }
    assert!(refused("53/udp").contains("`listen: { dns: 53/udp }`"));
}

#[test]
fn the_table_of_ports_shows_variables() {
    let stack = "name: shop\ntiers: { app: { host_ports: 8000-8003 } }\nservices:\n  a: { tier: app, image: \"x/a:1\", listen: 80, \
                 health: none, publish: \"${A:-8000}\" }\n  b: { tier: app, image: \"x/b:1\", listen: 80, health: none, publish: 0 }\n";
    let there = folder(&[("stack.yaml", stack)]);
    assert!(run(&there, &["render"]).status.success());
    insta::assert_snapshot!(page(&there, &["ports", "dev-fast"]));
}

const WITH_EXAMPLE: &str = "name: shop\nenv_example: section\ntiers: { data: { kind: infrastructure } }\nservices:\n  db: { tier: data, \
                            use: postgres@16, environment: { EXTRA: \"${EXTRA:?what else}\", TOKEN: \"${TOKEN:?}\" } }\n";

#[test]
fn an_example_of_ones_own_gets_a_section() {
    let own = "# Ours, and not in any compose file.\nAPP_MODE=dev\nTOKEN=abc\n";
    let there = folder(&[("stack.yaml", WITH_EXAMPLE), (".env.example", own)]);
    assert!(run(&there, &["render"]).status.success());
    let text =
        |there: &tempfile::TempDir| fs::read_to_string(there.path().join(".env.example")).expect("text");
    insta::assert_snapshot!(text(&there));
    assert!(run(&there, &["render", "--check"]).status.success());
    assert!(run(&there, &["lint", "--stack", "."]).status.success());
    // What people write around it is theirs; what is in it is not.
    fs::write(there.path().join(".env.example"), text(&there).replace("dev\n", "test\n") + "LAST=1\n")
        .expect("written");
    assert!(run(&there, &["render", "--check"]).status.success());
    fs::write(there.path().join(".env.example"), text(&there).replace("What else", "Whatever"))
        .expect("written");
    assert_eq!(run(&there, &["render"]).status.code(), Some(2));
    assert!(run(&there, &["render", "--force"]).status.success());
    assert!(text(&there).contains("What else") && text(&there).ends_with("LAST=1\n"));
    // Switched off, it stays: the file is a person's.
    fs::write(there.path().join("stack.yaml"), WITH_EXAMPLE.replace("section", "false")).expect("written");
    assert!(run(&there, &["render"]).status.success());
    assert!(text(&there).contains("APP_MODE"));
}

#[test]
fn an_example_that_was_rendered_goes_when_it_is_switched_off() {
    let there = folder(&[("stack.yaml", &WITH_EXAMPLE.replace("section", "true"))]);
    let example = there.path().join(".env.example");
    assert!(run(&there, &["render"]).status.success() && example.exists());
    fs::write(there.path().join("stack.yaml"), WITH_EXAMPLE).expect("written");
    assert!(run(&there, &["render"]).status.success());
    assert!(fs::read_to_string(&example).expect("text").starts_with("# >>> stackgen"));
    fs::write(there.path().join("stack.yaml"), WITH_EXAMPLE.replace("section", "true")).expect("written");
    fs::remove_file(&example).expect("removed");
    assert!(run(&there, &["render"]).status.success() && example.exists());
    fs::write(there.path().join("stack.yaml"), WITH_EXAMPLE.replace("section", "false")).expect("written");
    assert!(run(&there, &["render"]).status.success() && !example.exists());
}

#[test]
fn an_example_of_ones_own_is_not_overwritten() {
    let there =
        folder(&[("stack.yaml", &WITH_EXAMPLE.replace("section", "true")), (".env.example", "A=1\n")]);
    let said = page(&there, &["render"]);
    assert!(said.contains("`env_example: section`") && said.contains("exit code 2"), "{said}");
}

#[test]
fn a_port_that_browsers_refuse_is_given_to_nobody_with_a_page() {
    let text = "name: shop\ntiers: { app: { host_ports: 10080-10082 } }\nservices:\n  a: { tier: app, image: \"x/a:1\", listen: 80, health: \
                none, publish: auto }\n  b: { tier: app, image: \"x/b:1\", listen: { tcp: 80 }, health: none, publish: 10080 }\n";
    let rendered = render(text, None).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert!(rendered.file("docker-compose.dev-fast.yml").contains("127.0.0.1:10081:80"));
}

#[test]
fn ports_of_an_instance_are_shown_with_its_ranges() {
    let stack = "name: shop\ninstances: { stride: 100, max: 3 }\ntiers: { app: { host_ports: 8000-8003 } }\nservices:\n  a: { tier: app, \
                 image: \"x/a:1\", listen: 80, health: none, publish: 8000 }\n";
    let there = folder(&[("stack.yaml", stack)]);
    let said = page(&there, &["ports", "dev-fast", "--instance", "2"]);
    assert!(said.contains("127.0.0.1:8100") && said.contains("free in app (8100-8103): 8101-8103"), "{said}");
}

#[test]
fn only_a_job_is_one() {
    let rendered = rendered(
        "  once: { tier: app, image: \"x/o:1\", restart: \"no\", health: none }\n  \
         after: { tier: app, image: \"x/a:1\", needs: { once: completed }, health: none }\n  \
         beside: { tier: app, image: \"x/b:1\", restart: \"no\", health: none }\n",
    );
    let text = rendered.file("docker-compose.dev-fast.yml");
    assert!(!text.contains("beside-done"), "{text}");
    assert!(text.contains("condition: service_completed_successfully"), "{text}");
}

#[cfg(unix)]
#[test]
fn the_shell_fills_in_what_env_prints() {
    let stack = "name: shop\ntiers: { app: }\nservices:\n  a:\n    tier: app\n    image: x/a:1\n    health: none\n    environment:\n      \
                 GREETING: \"${WORD:-Good} day, ${NAME}: `id` $$(id) \\\"quoted\\\" 100%\"\n      PRICE: \"$$5\"\n      NESTED: \"${A:-${B:-b}}\"\n";
    let there = folder(&[("stack.yaml", stack)]);
    let printed = run(&there, &["env", "a", "--environment", "dev-fast"]);
    let script = format!(
        "{}\nprintf '%s|%s|%s' \"$GREETING\" \"$PRICE\" \"$NESTED\"",
        String::from_utf8_lossy(&printed.stdout)
    );
    let mut shell = std::process::Command::new("sh");
    let output = shell.arg("-c").arg(script).env_clear().env("NAME", "you").output().expect("sh runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said, "Good day, you: `id` $(id) \"quoted\" 100%|$5|b");
}

#[test]
fn an_environment_that_nothing_reaches_is_a_hint() {
    let stack = |publish: &str| {
        format!(
            "name: shop\ntiers: {{ app: , data: {{ kind: infrastructure }} }}\nservices:\n  db: {{ tier: data, use: postgres@16{publish} }}\n  app: {{ tier: app, image: \"x/a:1\", health: none }}\n"
        )
    };
    let there = folder(&[("stack.yaml", &stack(""))]);
    let lint = ["lint", "--stack", "."];
    assert!(run(&there, &["render"]).status.success());
    insta::assert_snapshot!(page(&there, &lint));
    for published in [", publish: 5432", ", publish: { infra: 5432 }", ", publish: 0"] {
        let there = folder(&[("stack.yaml", &stack(published))]);
        assert!(run(&there, &["render"]).status.success());
        assert!(!page(&there, &lint).contains("ST417"), "{published}");
    }
    let off = format!("{}environments: {{ infra: {{ enabled: false }} }}\n", stack(""));
    let there = folder(&[("stack.yaml", &off)]);
    assert!(run(&there, &["render"]).status.success());
    assert!(!page(&there, &lint).contains("ST417"));
}
