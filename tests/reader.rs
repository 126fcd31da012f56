//! `stackgen config` and the reader behind it: held against the real Docker Compose over the project's own files, on tables of
//! values, on input that nobody should have to read, and on mutilated files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{children, docker_compose, folder, page, run, stackgen};
use compose_reader::compose::{NoFiles, Request, json, resolve};
use compose_reader::source::Sources;
use proptest::prelude::*;

/// What `docker compose config --format json` says: its text, or `None` where it refuses.
fn real(command: &[String], here: &Path, files: &[PathBuf]) -> Option<String> {
    let mut compose = Command::new(&command[0]);
    compose.args(&command[1..]).args(["-p", "test"]);
    for file in files {
        compose.arg("-f").arg(file);
    }
    let output = compose
        .args(["config", "--format", "json"])
        .env("HOME", "/home/user")
        .current_dir(here)
        .output()
        .expect("runs");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn ours(here: &Path, files: &[PathBuf]) -> Option<String> {
    let mut arguments = vec![
        "config".to_owned(),
        "--compose".to_owned(),
        "2.40".to_owned(),
        "-p".to_owned(),
        "test".to_owned(),
        "--format".to_owned(),
        "json".to_owned(),
    ];
    for file in files {
        arguments.extend(["-f".to_owned(), file.display().to_string()]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = stackgen(here, &arguments).env("HOME", "/home/user").output().expect("runs");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in children(folder) {
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
    }
}

#[test]
fn the_files_of_the_rules_are_read_as_compose_reads_them() {
    let command = docker_compose();
    let mut files = Vec::new();
    yaml_files(Path::new("tests/rules"), &mut files);
    assert!(files.len() > 100);
    // Docker Compose writes out what a bomb stands for, however long it takes.
    let is_bomb = |file: &PathBuf| file.display().to_string().contains("oversized-project/bad-");
    for file in files.into_iter().filter(|file| !is_bomb(file)) {
        let here = file.parent().expect("a folder");
        let name = [PathBuf::from(file.file_name().expect("a name"))];
        assert_eq!(ours(here, &name), real(&command, here, &name), "{}", file.display());
    }
}

#[test]
fn rendered_stacks_are_read_as_compose_reads_them() {
    let command = docker_compose();
    for stack in children(Path::new("stacks")).into_iter().filter(|path| path.is_dir()) {
        let copy = tempfile::tempdir().expect("folder");
        let _ = fs::copy(stack.join(".env.example"), copy.path().join(".env"));
        let mut files = Vec::new();
        yaml_files(&stack, &mut files);
        for file in files.iter().filter(|file| file.display().to_string().contains("docker-compose.")) {
            let name = file.file_name().expect("a name");
            fs::copy(file, copy.path().join(name)).expect("copied");
            let name = [PathBuf::from(name)];
            let expected = real(&command, copy.path(), &name);
            assert!(expected.is_some(), "{}", file.display());
            assert_eq!(ours(copy.path(), &name), expected, "{}", file.display());
        }
    }
}

/// A service's keys as Compose prints them, from its body in one line.
fn service(body: &str) -> serde_json::Value {
    let mut sources = Sources::new();
    let text = format!("services:\n  a: {{image: x, {body}}}\nvolumes: {{data: }}\n");
    let id = sources.add("compose.yaml", text);
    let request = Request { is_lenient: false, ..Request::of_texts(&sources, &[id]) };
    let resolution = resolve(&mut sources, &NoFiles, &request);
    assert!(!resolution.is_refused(), "{body}: {:?}", resolution.problems);
    let printed = json(&resolution.printed(), true);
    let project: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
    project["services"]["a"].clone()
}

#[test]
fn short_syntaxes_are_made_long() {
    for (body, key, expected) in [
        ("ports: [80]", "ports", r#"[{"mode":"ingress","target":80,"protocol":"tcp"}]"#),
        (
            "ports: ['127.0.0.1:8080:80/udp']",
            "ports",
            r#"[{"mode":"ingress","host_ip":"127.0.0.1","target":80,"published":"8080","protocol":"udp"}]"#,
        ),
        (
            "ports: ['9000-9002:80']",
            "ports",
            r#"[{"mode":"ingress","target":80,"published":"9000-9002","protocol":"tcp"}]"#,
        ),
        (
            "volumes: ['./x:/y:ro,z']",
            "volumes",
            r#"[{"type":"bind","source":"/project/x","target":"/y","read_only":true,"bind":{"selinux":"z"}}]"#,
        ),
        (
            "volumes: ['data:/d/']",
            "volumes",
            r#"[{"type":"volume","source":"data","target":"/d","volume":{}}]"#,
        ),
        ("volumes: [/cache]", "volumes", r#"[{"type":"volume","target":"/cache","volume":{}}]"#),
        ("volumes: [/a]", "volumes", r#"[{"type":"volume","target":"/a"}]"#),
        ("build: ./web", "build", r#"{"context":"/project/web","dockerfile":"Dockerfile"}"#),
        ("environment: [A=1, B=, C]", "environment", r#"{"A":"1","B":"","C":null}"#),
        (
            "environment: {A: 0700, B: 3.10, C: True, D: }",
            "environment",
            r#"{"A":"448","B":"3.1","C":"true","D":null}"#,
        ),
        ("command: sh -c 'a b' \"c\\\"d\"", "command", r#"["sh","-c","a b","c\"d"]"#),
        (
            "healthcheck: {test: curl x, interval: 90s}",
            "healthcheck",
            r#"{"test":["CMD-SHELL","curl x"],"interval":"1m30s"}"#,
        ),
        ("mem_limit: 1.5g", "mem_limit", r#""1610612736""#),
        (
            "ulimits: {nofile: 1024, nproc: {soft: 1, hard: 2}}",
            "ulimits",
            r#"{"nofile":1024,"nproc":{"soft":1,"hard":2}}"#,
        ),
        ("extra_hosts: {b: '::1', a: 1.2.3.4}", "extra_hosts", r#"["a=1.2.3.4","b=::1"]"#),
        ("deploy: {replicas: 2}", "deploy", r#"{"replicas":2,"resources":{},"placement":{}}"#),
        ("gpus: all", "gpus", r#"[{"count":-1}]"#),
        (
            "devices: [/dev/a:/dev/b]",
            "devices",
            r#"[{"source":"/dev/a","target":"/dev/b","permissions":"rwm"}]"#,
        ),
    ] {
        let expected: serde_json::Value = serde_json::from_str(expected).expect("JSON");
        assert_eq!(service(body)[key], expected, "{body}");
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A project with every way in which a value can come from somewhere else.
const CHAIN: [(&str, &str); 6] = [
    (
        "compose.yaml",
        "include: [more/compose.yaml]\nservices:\n  api:\n    extends: {file: base.yaml, service: api}\n    image: example/api:${TAG:-1}\n    \
         environment:\n      LEVEL: ${LEVEL}\n    env_file: [api.env]\n    ports: [8080:80]\n",
    ),
    (
        "compose.override.yaml",
        "services:\n  api:\n    environment: [\"LEVEL=debug-${LEVEL}\"]\n    ports: !override ['9090:80']\n",
    ),
    ("base.yaml", "services:\n  api:\n    restart: always\n    environment: {MODE: base}\n"),
    ("api.env", "FROM_FILE=yes\n"),
    (".env", "LEVEL=info\n"),
    ("other.env", "LEVEL=trace\n"),
];

fn chain() -> tempfile::TempDir {
    let folder = folder(&CHAIN);
    fs::create_dir(folder.path().join("more")).expect("folder");
    fs::write(
        folder.path().join("more/compose.yaml"),
        "services:\n  db:\n    image: postgres:${VERSION}\n    volumes: [./data:/d]\n",
    )
    .expect("written");
    fs::write(folder.path().join("more/.env"), "VERSION=18\n").expect("written");
    folder
}

#[test]
fn every_file_of_a_project_is_found_and_followed() {
    let folder = chain();
    let command = docker_compose();
    let output = run(&folder, &["config", "--compose", "2.40", "-p", "test", "--format", "json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut compose = Command::new(&command[0]);
    compose.args(&command[1..]).args(["-p", "test", "config", "--format", "json"]).current_dir(folder.path());
    assert_eq!(text(&output.stdout), text(&compose.output().expect("runs").stdout));
    let project: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(project["services"]["api"]["environment"]["LEVEL"], "debug-info");
    assert_eq!(project["services"]["db"]["image"], "postgres:18");
    let output = run(&folder, &["config", "--env-file", "other.env", "--format", "json"]);
    let project: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(project["services"]["api"]["environment"]["LEVEL"], "debug-trace");
}

#[test]
fn a_value_says_where_it_comes_from() {
    let folder = chain();
    let pages: Vec<String> = [
        "services.api.environment.LEVEL",
        "services.api.environment.MODE",
        "services.api.environment.FROM_FILE",
        "services.api.image",
        "services.api.ports.0.published",
        "services.api.networks",
        "services.db.image",
        "services.api.imag",
    ]
    .iter()
    .map(|path| page(&folder, &["config", "--why", path]))
    .collect();
    insta::assert_snapshot!(pages.join("\n"));
}

#[test]
fn what_compose_refuses_is_said_all_at_once() {
    let broken = "version: '3'\nservices:\n  web:\n    image: x\n    prots: [80:80]\n    ports: ['99999:80']\n    depends_on: [db]\n    \
                  networks: [back]\n  a:\n    image: ${TAG/x}\n";
    insta::assert_snapshot!(page(&folder(&[("compose.yaml", broken)]), &["config", "-q"]));
}

#[test]
fn variables_stay_where_they_are_not_replaced() {
    let text = "services:\n  web:\n    image: web:${TAG}\n    ports: ['${PORT}:80']\n";
    insta::assert_snapshot!(page(
        &folder(&[("compose.yaml", text)]),
        &["config", "--no-interpolate", "-p", "test"]
    ));
}

#[test]
fn input_that_nobody_should_have_to_read_is_answered() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let many: String = (0..10_000)
        .map(|at| format!("  s{at}:\n    image: x\n    depends_on: [s{}]\n", (at + 1).min(9_999)))
        .collect();
    let env: String =
        (0..100_000).map(|at| format!("NAME_{at}=${{NAME_0}} and a value that takes some space\n")).collect();
    let growing: String = (1..60).map(|at| format!("A{at}=x$A{0}$A{0}\n", at - 1)).collect();
    let long = format!("services:\n  a:\n    image: x\n    command: {}\n", "y".repeat(1 << 20));
    for (name, content, accepted) in [
        ("bomb", bomb.into_bytes(), false),
        ("brackets", "[".repeat(20_000).into_bytes(), false),
        ("large", "# comment\n".repeat(5 << 20).into_bytes(), false),
        ("long", long.into_bytes(), true),
        ("cut", b"services:\n  a:\n    image: \xc3".to_vec(), false),
        (
            "utf-16",
            "services:\n  a:\n    image: x\n".encode_utf16().flat_map(u16::to_le_bytes).collect(),
            false,
        ),
        ("nul", b"services:\n  a:\n    image: \"x\0y\"\n".to_vec(), false),
        ("many", format!("services:\n{many}").into_bytes(), false),
        ("empty", Vec::new(), false),
    ] {
        let folder = folder(&[]);
        fs::write(folder.path().join("compose.yaml"), content).expect("written");
        let output = run(&folder, &["config", "-q"]);
        let said = text(&output.stderr);
        assert_eq!(output.status.success(), accepted, "{name}: {said}");
        assert!(accepted || said.starts_with("error"), "{name}: {said}");
    }
    let folder =
        folder(&[("compose.yaml", "services: {a: {image: x, env_file: [big.env]}}"), ("big.env", &env)]);
    assert!(run(&folder, &["config", "-q"]).status.success());
    // Values within values, in one value, in the files themselves, and where they are only looked at.
    let long = format!("A={}\n", "x".repeat(1 << 20));
    let in_one = format!("{long}B={}\n", "$A".repeat(3_000));
    for (env, value) in [
        (&growing, "x".to_owned()),
        (&in_one, "x".to_owned()),
        (&long, "$A".repeat(3_000)),
        (&long, "${A:+}${A:-$A$A}".repeat(3_000)),
    ] {
        let compose = format!("services: {{a: {{image: x, command: '{value}', env_file: [.env]}}}}");
        let folder = crate::common::folder(&[("compose.yaml", &compose), (".env", env)]);
        assert!(text(&run(&folder, &["config", "-q"]).stderr).contains("more than 32 MiB"));
    }
}

#[test]
fn what_is_no_file_is_named() {
    let folder = folder(&[
        ("folder.yaml", "include: [.]\nservices: {a: {image: x}}"),
        ("pipe.yaml", "include: [pipe]\nservices: {a: {image: x}}"),
        ("loop.yaml", "include: [loop]\nservices: {a: {image: x}}"),
        (
            "above.yaml",
            "include: [../../../../../../../../../../../no/such/file.yaml]\nservices: {a: {image: x}}",
        ),
        ("circle.yaml", "include: [circle2.yaml]\nservices: {a: {image: x}}"),
        ("circle2.yaml", "include: [circle.yaml]\nservices: {b: {image: x}}"),
        ("remote.yaml", "include: ['https://example.org/compose.yaml']\nservices: {a: {image: x}}"),
    ]);
    let made = Command::new("mkfifo").arg(folder.path().join("pipe")).status().expect("mkfifo");
    assert!(made.success());
    std::os::unix::fs::symlink("loop", folder.path().join("loop")).expect("link");
    let names =
        ["folder.yaml", "pipe.yaml", "loop.yaml", "above.yaml", "circle.yaml", "remote.yaml", "pipe", "."];
    let pages: Vec<String> = names.iter().map(|name| page(&folder, &["config", "-q", "-f", name])).collect();
    insta::assert_snapshot!(pages.join("\n"));
}

/// The project's own compose files, to be mutilated.
fn seeds() -> Vec<String> {
    let mut files = Vec::new();
    yaml_files(Path::new("tests/rules"), &mut files);
    yaml_files(Path::new("stacks"), &mut files);
    files.iter().filter_map(|file| fs::read_to_string(file).ok()).filter(|text| text.len() < 20_000).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn mutilated_files_get_an_answer(
        seed in 0..10_000_usize,
        cuts in prop::collection::vec((0..10_000_usize, 0..40_usize, "[\\[\\]{}:,&*!$'\"| \\n#-]{0,3}|<<: \\*x|!reset|\\$\\{|\\PC"), 1..6),
    ) {
        let seeds = seeds();
        let mut letters: Vec<char> = seeds[seed % seeds.len()].chars().collect();
        for (at, length, replacement) in cuts {
            let at = at % (letters.len() + 1);
            let end = (at + length).min(letters.len());
            letters.splice(at..end, replacement.chars());
        }
        let text: String = letters.into_iter().collect();
        let mut sources = Sources::new();
        let id = sources.add("compose.yaml", text);
        for is_lenient in [true, false] {
            let request = Request { is_lenient, ..Request::of_texts(&sources, &[id]) };
            let resolution = resolve(&mut sources, &NoFiles, &request);
            let _ = json(&resolution.printed(), true);
            for problem in &resolution.problems {
                prop_assert!(problem.span.end as usize <= sources.get(problem.span.source).text().len());
            }
        }
    }
}
