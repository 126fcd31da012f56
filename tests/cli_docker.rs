//! `stackgen status` and `stackgen smoke`, with a `docker` that writes down what it is asked and answers what a real one
//! has answered.
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use crate::common::{code, folder, stackgen, write};
use tempfile::TempDir;

/// One service that is published and one that is not, a worker, a job and a database.
const STACK: &str = "\
name: shop
tiers: { app: { host_ports: 18000-18099 }, data: { kind: infrastructure } }
services:
  web:
    tier: app
    use: python
    image: example/application
    listen: { http: 8000, admin: { port: 8001, scheme: http } }
    health: /ready
    publish: { dev-fast: { http: 18080 } }
  hidden: { tier: app, use: python, image: example/application, listen: { http: 9000, metrics: 9000 }, health: / }
  worker: { tier: app, image: example/application }
  migrate: { tier: app, use: job, image: example/application }
  postgres: { tier: data, use: postgres@15, publish: { dev-fast: 18432 } }
";
/// What `ps` of a real engine has answered for it: all of it runs, or the worker has been killed.
const ALL_WELL: &str = include_str!("fixtures/docker/all-well.jsonl");
const ONE_KILLED: &str = include_str!("fixtures/docker/one-killed.jsonl");

/// Answers by what it is asked; `answers/` holds what it prints, and `answers/<what>.code` what it ends with.
const DOCKER: &str = r#"#!/bin/sh
here=$(dirname "$0")/../answers
echo "$*" >> "$here/asked"
for word in "$@"; do
    case $word in
    ps | up | logs) answer=$word; break ;;
    exec) answer=exec; break ;;
    esac
done
[ "$answer" != exec ] || case "$*" in *metrics*) answer=exec-metrics ;; esac
[ ! -e "$here/$answer" ] || cat "$here/$answer"
[ ! -e "$here/$answer.error" ] || cat "$here/$answer.error" >&2
[ ! -e "$here/$answer.code" ] || exit "$(cat "$here/$answer.code")"
"#;

/// A rendered stack with a `docker` that answers `ps` so.
fn shop(ps: &str) -> TempDir {
    let folder = folder(&[("stack.yaml", STACK), ("bin/docker", DOCKER), ("answers/ps", ps)]);
    let docker = folder.path().join("bin/docker");
    fs::set_permissions(docker, fs::Permissions::from_mode(0o755)).expect("executable");
    assert_eq!(code(&folder, &["render"]), Some(0));
    folder
}

fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    let path = format!("{}:/usr/bin:/bin", folder.path().join("bin").display());
    stackgen(folder.path(), arguments).env("PATH", path).output().expect("runs")
}

fn page(folder: &TempDir, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "{}--- standard error\n{}--- exit code {}\n",
        text(&output.stdout),
        text(&output.stderr),
        output.status.code().expect("a code")
    )
}

fn asked(folder: &TempDir) -> String {
    fs::read_to_string(folder.path().join("answers/asked")).expect("docker was asked")
}

/// A server that answers every request with a status, on a port of its own.
fn server(status: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = [0; 1024];
            let read = stream.read(&mut request).expect("a request");
            let is_right = String::from_utf8_lossy(&request[..read]).starts_with("GET /ready HTTP/1.1\r\n");
            let status = if is_right { status } else { "404 Not Found" };
            // Who only connects does not wait for an answer.
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        }
    });
    port
}

/// What `ps` has answered, with the published ports where servers of the test listen.
fn with_ports(ps: &str, web: u16, postgres: u16) -> String {
    ps.replace("\"PublishedPort\":18080", &format!("\"PublishedPort\":{web}"))
        .replace("\"PublishedPort\":18432", &format!("\"PublishedPort\":{postgres}"))
}

/// A page with the ports of this run under the names of their services.
fn without_ports(page: &str, web: u16, postgres: u16) -> String {
    page.replace(&format!(":{web}"), ":<web>").replace(&format!(":{postgres}"), ":<pg>")
}

#[test]
fn status_joins_what_runs_with_the_stack() {
    let folder = shop(ALL_WELL);
    insta::assert_snapshot!(page(&folder, &["status", "dev-fast"]));
    assert_eq!(
        asked(&folder),
        "compose --project-directory . -f docker-compose.dev-fast.yml ps --all --format json\n"
    );
    let json = run(&folder, &["status", "dev-fast", "--format", "json"]).stdout;
    let value: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!((&value["version"], &value["environment"]), (&1.into(), &"dev-fast".into()));
    let web = &value["services"][0];
    assert_eq!(
        (&web["service"], &web["state"], &web["good"]),
        (&"web".into(), &"healthy".into(), &true.into())
    );
    assert_eq!(web["ports"][0]["url"], "http://127.0.0.1:18080");
}

#[test]
fn status_says_what_does_not_run() {
    let folder = shop(ONE_KILLED);
    insta::assert_snapshot!("one_killed", page(&folder, &["status", "dev-fast"]));
    write(&folder, "answers/ps", "");
    insta::assert_snapshot!("nothing_runs", page(&folder, &["status", "dev-fast"]));
    // A replica more, one that is starting, and a service that the stack does not know.
    let more = ALL_WELL.lines().filter(|line| line.contains("\"Service\":\"hidden\"")).map(|line| {
        let second =
            line.replace("hidden-1", "hidden-2").replace("\"Health\":\"healthy\"", "\"Health\":\"starting\"");
        format!("{second}\n{}\n", line.replace("\"Service\":\"hidden\"", "\"Service\":\"old\""))
    });
    write(&folder, "answers/ps", &format!("{ALL_WELL}{}", more.collect::<String>()));
    insta::assert_snapshot!("replicas_and_strangers", page(&folder, &["status", "dev-fast"]));
}

#[test]
fn what_cannot_be_asked_is_said() {
    let folder = shop(ALL_WELL);
    insta::assert_snapshot!("unknown_environment", page(&folder, &["status", "dev"]));
    write(&folder, "answers/ps", "no json");
    insta::assert_snapshot!("no_json", page(&folder, &["status", "dev-fast"]));
    write(&folder, "answers/ps", "");
    write(
        &folder,
        "answers/ps.error",
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.\n",
    );
    write(&folder, "answers/ps.code", "1");
    insta::assert_snapshot!("no_daemon", page(&folder, &["smoke", "dev-fast"]));
    fs::remove_file(folder.path().join("docker-compose.dev-fast.yml")).expect("remove");
    insta::assert_snapshot!("not_rendered", page(&folder, &["status", "dev-fast"]));
    let other = shop(ALL_WELL);
    let mut command = stackgen(other.path(), &["status", "dev-fast"]);
    let output = command.env("STACKGEN_DOCKER_COMPOSE", "no-such-program compose").output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!("no_docker", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn another_command_can_be_named() {
    let folder = shop(ALL_WELL);
    let mut command = stackgen(folder.path(), &["status", "dev-fast", "--stack", "."]);
    let output =
        command.env("PATH", "/usr/bin:/bin").env("STACKGEN_DOCKER_COMPOSE", "bin/docker -v1").output();
    assert!(output.expect("runs").status.success());
    assert!(asked(&folder).starts_with("-v1 --project-directory . -f "), "{}", asked(&folder));
}

#[test]
fn smoke_asks_everything_that_can_be_asked() {
    let (web, postgres) = (server("204 No Content"), server("200 OK"));
    let folder = shop(&with_ports(ALL_WELL, web, postgres));
    let page = page(&folder, &["smoke", "dev-fast", "--build", "--timeout", "60"]);
    insta::assert_snapshot!(without_ports(&page, web, postgres));
    insta::assert_snapshot!("asked", asked(&folder));
    assert!(!folder.path().join("smoke-logs").exists(), "nothing failed");
}

#[test]
fn smoke_keeps_the_logs_of_what_fails() {
    let (web, postgres) = (server("503 Service Unavailable"), server("200 OK"));
    let folder = shop(&with_ports(ONE_KILLED, web, postgres));
    write(&folder, "answers/logs", "web-1  | cannot reach the database\n");
    write(&folder, "answers/up.code", "1");
    write(&folder, "answers/exec-metrics.code", "1");
    write(
        &folder,
        "answers/exec-metrics.error",
        "Traceback\nConnectionRefusedError: [Errno 111] Connection refused\n",
    );
    let page = page(&folder, &["smoke", "dev-fast"]);
    insta::assert_snapshot!(without_ports(&page, web, postgres));
    let kept = fs::read_to_string(folder.path().join("smoke-logs/dev-fast/web.log")).expect("a log");
    assert_eq!(kept, "web-1  | cannot reach the database\n");
    let json = run(&folder, &["smoke", "dev-fast", "--format", "json", "--logs", "elsewhere"]).stdout;
    let value: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let failed = value["checks"].as_array().expect("checks").iter().filter(|check| check["good"] == false);
    assert_eq!(failed.count(), 3);
    assert!(Path::new(&folder.path().join("elsewhere/worker.log")).is_file());
}

#[test]
fn a_port_that_nobody_answers_fails() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let postgres = server("200 OK");
    let folder = shop(&with_ports(ALL_WELL, closed, postgres));
    let page = page(&folder, &["smoke", "dev-fast"]);
    assert!(page.contains("FAILED  connection refused"), "{page}");
    // Nothing has the port at all.
    write(&folder, "answers/ps", &ALL_WELL.replace("\"PublishedPort\":18080", "\"PublishedPort\":0"));
    let page = self::page(&folder, &["smoke", "dev-fast"]);
    assert!(page.contains("port 18080 of http") && page.contains("FAILED  no container has it"), "{page}");
}

#[test]
fn a_start_that_fails_while_everything_seems_well_is_a_failure() {
    let (web, postgres) = (server("200 OK"), server("200 OK"));
    let folder = shop(&with_ports(ALL_WELL, web, postgres));
    write(&folder, "answers/up.code", "1");
    let page = page(&folder, &["smoke", "dev-fast"]);
    assert!(page.contains("up --wait") && page.ends_with("--- exit code 1\n"), "{page}");
}

/// A gateway with checks of its own, a process on the machine itself, and a command whose answer is known.
const OWN_CHECKS: &str = "\
name: shop
tiers: { app: { host_ports: 18000-18099 } }
services:
  web:
    tier: app
    use: python
    image: example/application
    listen: { http: 8000, admin: { port: 8001, scheme: http } }
    publish: { dev-fast: { http: 18080 } }
    smoke:
      is ready: { http: /ready, status: 204, deadline: 1s }
      has stock: { http: /ready, contains: in stock, deadline: 1s }
      is administered: { http: /admin, endpoint: admin }
      reports: { command: \"python -m report $$HOME ${WORD:-daily}\", contains: SUCCESS, deadline: 2m }
      needs a variable: { command: [python, -m, \"${NOT_SET}\"] }
      is no longer asked: none
    overrides: { dev-fast: { smoke: { has stock: none } } }
  front: { tier: app, run: host, build: ./front, listen: 3000, publish: 18081, health: /ready, smoke: { front page: /ready } }
";

/// What `ps` answers for it.
const WEB_RUNS: &str = r#"{"Name":"web-1","Service":"web","State":"running","Health":"healthy","ExitCode":0,"Publishers":[{"URL":"127.0.0.1","TargetPort":8000,"PublishedPort":18080}]}"#;

#[test]
fn smoke_asks_what_a_stack_asks() {
    let (web, front) = (server("204 No Content"), server("200 OK"));
    let stack = OWN_CHECKS.replace("18081", &front.to_string()).replace("18000-18099", "1-65535");
    let ps = with_ports(WEB_RUNS, web, 0);
    let folder = folder(&[
        ("stack.yaml", &stack),
        (".env", "WORD=weekly\n"),
        ("bin/docker", DOCKER),
        ("answers/ps", &ps),
    ]);
    fs::set_permissions(folder.path().join("bin/docker"), fs::Permissions::from_mode(0o755))
        .expect("executable");
    assert_eq!(code(&folder, &["render"]), Some(0));
    write(&folder, "answers/exec", "task 1\nSUCCESS\n");
    let page = page(&folder, &["smoke", "dev-fast", "--running"]);
    insta::assert_snapshot!(
        page.replace(&format!(":{web}"), ":<web>").replace(&format!(":{front}"), ":<front>")
    );
    let asked = asked(&folder);
    assert!(!asked.contains(" up ") && !asked.contains(" stop ") && !asked.contains(" down"), "{asked}");
    assert!(asked.contains("exec -T web sh -c python -m report $HOME weekly\n"), "{asked}");

    // What the command prints has to hold the text.
    write(&folder, "answers/exec", "task 1\nFAILURE\n");
    write(&folder, "stack.yaml", &stack.replace("deadline: 2m", "deadline: 100ms"));
    let json = run(&folder, &["smoke", "dev-fast", "--running", "--format", "json"]).stdout;
    let value: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let checks = value["checks"].as_array().expect("checks");
    let answer = |asked: &str| checks.iter().find(|it| it["asked"] == asked).map(|it| it["answer"].clone());
    assert_eq!(answer("reports"), Some("the answer does not contain `SUCCESS`".into()));
    assert!(checks.iter().any(|check| check["skipped"] == true && check["good"] == true));
}

#[test]
fn a_process_on_this_machine_is_asked_if_it_is_there_and_has_to_be_with_running() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let stack = format!(
        "name: shop\ntiers: {{ app: {{}} }}\nservices:\n  worker: {{ tier: app, image: example/worker }}\n  \
         front: {{ tier: app, run: host, build: ./front, listen: 3000, publish: {closed}, smoke: {{ page: / }} }}\n"
    );
    let ps = r#"{"Name":"worker-1","Service":"worker","State":"running","Health":"","ExitCode":0,"Publishers":null}"#;
    let folder = folder(&[("stack.yaml", &stack), ("bin/docker", DOCKER), ("answers/ps", ps)]);
    fs::set_permissions(folder.path().join("bin/docker"), fs::Permissions::from_mode(0o755))
        .expect("executable");
    assert_eq!(code(&folder, &["render"]), Some(0));
    let started = page(&folder, &["smoke", "dev-fast"]);
    assert!(started.contains("skipped  not started on this machine"), "{started}");
    assert!(started.ends_with("1 check passed, 1 skipped\n--- exit code 0\n"), "{started}");
    let running = page(&folder, &["smoke", "dev-fast", "--running"]);
    assert!(running.contains("FAILED  connection refused"), "{running}");
    assert!(running.contains("1 of 2 checks failed"), "{running}");
}

#[test]
fn the_verbs_teach() {
    let folder = shop(ALL_WELL);
    insta::assert_snapshot!("status_help", page(&folder, &["status", "--help"]));
    insta::assert_snapshot!("smoke_help", page(&folder, &["smoke", "--help"]));
}
