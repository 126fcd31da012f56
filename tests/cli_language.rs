//! What the language of stacks has beyond one file and one machine: included files, defaults, ports that are given out,
//! instances, processes on the host, and the verbs that show them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{folder, stackgen};

fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let output = stackgen(folder, arguments).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn fails(folder: &Path, arguments: &[&str]) -> String {
    let output = stackgen(folder, arguments).output().expect("runs");
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).expect("text")
}

fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).expect("a file")
}

const AUTO: &str = "name: shop
tiers: { web: { host_ports: 8000-8002 } }
reserved_ports: { 8000: The proxy of the lab }
services:
  a: { tier: web, image: 'example/a:1', listen: 80, publish: auto }
  b: { tier: web, image: 'example/b:1', listen: { http: 80, admin: 81 }, publish: { http: auto } }
";

#[test]
fn a_port_that_is_given_out_stays_what_it_is() {
    let folder = folder(&[("stack.yaml", AUTO)]);
    succeeds(folder.path(), &["render"]);
    insta::assert_snapshot!("lock", read(folder.path(), "stack.lock"));
    let without_a: String =
        AUTO.lines().filter(|line| !line.starts_with("  a:")).map(|line| format!("{line}\n")).collect();
    fs::write(folder.path().join("stack.yaml"), without_a).expect("write");
    succeeds(folder.path(), &["render"]);
    assert!(read(folder.path(), "docker-compose.dev-fast.yml").contains("127.0.0.1:8002:80"));
    assert!(!read(folder.path(), "stack.lock").contains("a:"));
    fs::write(folder.path().join("stack.yaml"), AUTO).expect("write");
    succeeds(folder.path(), &["render"]);
    assert!(read(folder.path(), "docker-compose.dev-fast.yml").contains("127.0.0.1:8001:80"));
    succeeds(folder.path(), &["render", "--check"]);
}

#[test]
fn a_lock_file_that_contradicts_the_stack_is_an_error() {
    let lock = "ports:\n  a:\n    http: 9000\n  b:\n    http: 8000\n";
    let folder = folder(&[("stack.yaml", AUTO), ("stack.lock", lock)]);
    insta::assert_snapshot!("lock_contradiction", fails(folder.path(), &["render"]));
    fs::write(folder.path().join("stack.lock"), "ports: [8000]\n").expect("write");
    insta::assert_snapshot!("lock_invalid", fails(folder.path(), &["render"]));
}

#[test]
fn a_range_that_is_full_says_who_has_what() {
    let more = "  c: { tier: web, image: 'example/c:1', listen: 80, publish: 8001 }\n  \
                d: { tier: web, image: 'example/d:1', listen: 80, publish: auto }\n";
    let folder = folder(&[("stack.yaml", &format!("{AUTO}{more}"))]);
    insta::assert_snapshot!("range_full", fails(folder.path(), &["render"]));
}

#[test]
fn a_large_stack_lies_in_several_files() {
    let stack = "name: shop\ninclude: [services/web.yaml]\ntiers: { web: {} }\nservices:\n  \
                 a: { tier: web, image: 'example/a:1', environment: { B: '${{ b.url }}' } }\n";
    let web = "tiers: { data: { kind: infrastructure } }\nservices:\n  \
               b: { tier: data, build: ./b, use: python, listen: 80, health: / }\n";
    let folder = folder(&[("stack.yaml", stack), ("services/web.yaml", web)]);
    succeeds(folder.path(), &["render"]);
    let text = read(folder.path(), "docker-compose.dev-fast.yml");
    assert!(text.contains("build: ./b") && text.contains("B: http://b:80"), "{text}");
    fs::write(
        folder.path().join("services/web.yaml"),
        "services:\n  a: { tier: web, image: 'example/a:2' }\n",
    )
    .expect("write");
    insta::assert_snapshot!("included_twice", fails(folder.path(), &["render"]));
    fs::write(folder.path().join("services/web.yaml"), "name: other\nservices: {}\n").expect("write");
    insta::assert_snapshot!("included_key", fails(folder.path(), &["render"]));
    fs::remove_file(folder.path().join("services/web.yaml")).expect("remove");
    insta::assert_snapshot!("included_missing", fails(folder.path(), &["render"]));
}

#[test]
fn defaults_are_laid_in_their_order() {
    let stack = "name: shop
defaults: { environment: { A: stack, B: stack, C: stack, D: stack, E: stack } }
tiers: { web: { defaults: { environment: { B: tier, C: tier, D: tier, E: tier } } } }
environments: { dev-fast: { defaults: { environment: { C: environment, D: environment, E: environment } } } }
services:
  a:
    tier: web
    image: example/a:1
    environment: { D: service, E: service }
    overrides: { dev-fast: { environment: { E: override } } }
";
    let folder = folder(&[("stack.yaml", stack)]);
    let text = succeeds(folder.path(), &["render", "dev-fast", "--stdout"]);
    let expected = "    environment:\n      A: stack\n      B: tier\n      C: environment\n      D: service\n      E: override\n";
    assert!(text.contains(expected), "{text}");
}

const INSTANCES: &str = "name: shop
instances: { stride: 100, max: 3 }
tiers: { web: {} }
services:
  a: { tier: web, image: 'example/a:1', listen: 80, publish: { pool: 8000-8002 } }
";

#[test]
fn an_instance_has_its_own_ports_and_project() {
    let folder = folder(&[("stack.yaml", INSTANCES)]);
    succeeds(folder.path(), &["render"]);
    succeeds(folder.path(), &["render", "dev-fast", "--instance", "3"]);
    let text = read(folder.path(), "docker-compose.dev-fast-3.yml");
    assert!(text.contains("name: shop-dev-fast-3\n") && text.contains("127.0.0.1:8200-8202:80"), "{text}");
    let check = stackgen(folder.path(), &["render", "--check"]).output().expect("runs");
    assert!(check.status.success(), "the file of an instance is no left-over");
    assert!(fails(folder.path(), &["render", "--instance", "4"]).contains("room for 3 instances"));
    assert!(fails(folder.path(), &["render", "--instance", "0"]).contains("0 is not in 1"));
    fs::write(
        folder.path().join("stack.yaml"),
        INSTANCES.replace("instances: { stride: 100, max: 3 }\n", ""),
    )
    .expect("write");
    assert!(
        fails(folder.path(), &["render", "--instance", "2"]).contains("instances: { stride: 100, max: 10 }")
    );
}

const HOST: &str = "name: shop
tiers: { web: { host_ports: 3000-3099 }, back: {}, data: { kind: infrastructure } }
environments: { dev-fast: { on_host: [web] } }
services:
  front:
    tier: web
    build: ./front
    use: node
    listen: 3000
    publish: { dev-fast: 3001 }
    health: /
    environment: { DATABASE_URL: '${{ postgres.url }}', GREETING: \"it's $$5\", LEVEL: '${LEVEL:-info}' }
  worker: { tier: back, image: 'example/worker:1', environment: { FRONT: '${{ front.url }}' } }
  postgres: { tier: data, use: postgres@17, publish: { dev-fast: 5432 } }
";

#[test]
fn a_process_on_the_host_and_a_container_find_each_other() {
    let folder = folder(&[("stack.yaml", HOST)]);
    let text = succeeds(folder.path(), &["render", "dev-fast", "--stdout"]);
    assert!(text.contains("FRONT: http://host.docker.internal:3001"), "{text}");
    assert!(text.contains("host.docker.internal: host-gateway"), "{text}");
    assert!(!text.contains("\n  front:\n"), "{text}");
    let shell = succeeds(folder.path(), &["env", "front", "--environment", "dev-fast"]);
    insta::assert_snapshot!("env_shell", shell);
    let run = Command::new("sh")
        .args(["-c", &format!("{shell}printf '%s|%s' \"$GREETING\" \"$LEVEL\"")])
        .output()
        .expect("runs");
    assert_eq!(String::from_utf8_lossy(&run.stdout), "it's $5|info");
    let dotenv = ["env", "front", "--environment", "dev-fast", "--format", "dotenv"];
    insta::assert_snapshot!("env_dotenv", succeeds(folder.path(), &dotenv));
    let json = ["env", "front", "--environment", "dev-fast", "--format", "json"];
    insta::assert_snapshot!("env_json", succeeds(folder.path(), &json));
}

#[test]
fn a_process_gets_what_the_env_file_sets_and_the_ports_of_its_instance() {
    let stack = HOST.replace("services:", "instances: { stride: 10, max: 3 }\nservices:");
    let folder = folder(&[("stack.yaml", &stack), (".env", "LEVEL=it's $5 or more\n")]);
    for (format, level) in
        [("shell", "LEVEL='it'\\''s $5 or more'"), ("json", "\"LEVEL\": \"it's $5 or more\"")]
    {
        let arguments = ["env", "front", "--environment", "dev-fast", "--instance", "2", "--format", format];
        let told = succeeds(folder.path(), &arguments);
        assert!(told.contains(level), "{told}");
        assert!(told.contains("127.0.0.1:5442") && told.contains("3011"), "{told}");
    }
}

#[test]
fn what_is_not_published_cannot_be_reached_through_the_host() {
    let folder = folder(&[("stack.yaml", HOST)]);
    insta::assert_snapshot!(
        "env_unpublished",
        fails(folder.path(), &["env", "front", "--environment", "infra"])
    );
    assert!(fails(folder.path(), &["env", "fornt"]).contains("did you mean `front`?"));
    assert!(fails(folder.path(), &["env", "front", "--environment", "dev"]).contains("dev-fast"));
    fs::write(folder.path().join("stack.yaml"), HOST.replace("    publish: { dev-fast: 3001 }\n", ""))
        .expect("write");
    insta::assert_snapshot!("hosted_unpublished", fails(folder.path(), &["render"]));
}

#[test]
fn the_port_table_in_three_forms() {
    let stack = Path::new("stacks/saas-mt").canonicalize().expect("the stack");
    for (name, arguments) in [
        ("ports_table", &["ports", "dev-fast"][..]),
        ("ports_markdown", &["ports", "infra", "--format", "markdown"]),
    ] {
        insta::assert_snapshot!(name, succeeds(&stack, arguments));
    }
    let json = succeeds(&stack, &["ports", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["version"], 1);
    assert_eq!(value["environments"][0]["environment"], "dev-fast");
    let front = &value["environments"][0]["ports"][0];
    assert_eq!((&front["service"], &front["on_host"]), (&"backoffice".into(), &true.into()));
    assert!(fails(&stack, &["ports", "dev"]).contains("has no environment `dev`"));
    let closed = folder(&[(
        "stack.yaml",
        "name: a\ntiers: { a: {} }\nservices: { a: { tier: a, image: a, listen: 80, publish: 80 } }\n",
    )]);
    let table = succeeds(closed.path(), &["ports", "production"]);
    assert!(table.contains("publishes nothing; `publish: { production: PORT }`"), "{table}");
}
