//! `stackgen templates --check-images` and `stackgen pin`, against a registry of the test's own.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::common::{canonical, code, docker_compose, folder, stackgen};
use tempfile::TempDir;

/// A registry on a port of its own, which gives tokens; what images do is in their names.
struct Registry {
    port: u16,
    /// How often each path was asked for.
    asked: Arc<Mutex<BTreeMap<String, usize>>>,
}

/// The digest of an image: its name, again and again.
fn digest(image: &str) -> String {
    let hex: String = image.bytes().cycle().map(|byte| format!("{:x}", byte % 16)).take(64).collect();
    format!("sha256:{hex}")
}

impl Registry {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(BTreeMap::new()));
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || answer(stream.expect("a connection"), port, &seen));
            }
        });
        Self { port, asked }
    }

    fn times(&self, path: &str) -> usize {
        self.asked.lock().expect("no panic").get(path).copied().unwrap_or_default()
    }
}

fn answer(stream: TcpStream, port: u16, asked: &Mutex<BTreeMap<String, usize>>) {
    let mut head = Vec::new();
    for line in BufReader::new(&stream).lines() {
        match line.expect("a line") {
            line if line.is_empty() => break,
            line => head.push(line),
        }
    }
    let path = head[0].split(' ').nth(1).expect("a path").to_owned();
    let times = {
        let mut asked = asked.lock().expect("no panic");
        let times = asked.entry(path.clone()).or_default();
        *times += 1;
        *times
    };
    let has_token = head.iter().any(|line| line == "Authorization: Bearer open-sesame");
    let image =
        path.strip_prefix("/v2/").and_then(|rest| rest.split("/manifests/").next()).unwrap_or_default();
    let manifest = "Content-Type: application/vnd.oci.image.index.v1+json\r\n";
    let (status, headers, body) = match image {
        _ if path.starts_with("/token?") => {
            assert!(path.contains("service=a%20registry") && path.contains("scope=repository%3A"), "{path}");
            (200, "Content-Type: application/json\r\n".to_owned(), r#"{"token": "open-sesame"}"#)
        }
        "hangs" => return std::thread::sleep(Duration::from_secs(60)),
        "speaks" => return (&stream).write_all(b"220 mail.example.org ESMTP\r\n\r\n").expect("an answer"),
        "page" => (200, "Content-Type: text/html\r\n".to_owned(), ""),
        "broken" => (500, String::new(), ""),
        "busy" if times < 3 => (429, "Retry-After: 0\r\n".to_owned(), ""),
        "crowded" => (429, "Retry-After: 3600\r\n".to_owned(), ""),
        "open" => (200, format!("{manifest}Docker-Content-Digest: {}\r\n", digest(image)), ""),
        "basic" => (401, "WWW-Authenticate: Basic realm=\"a registry\"\r\n".to_owned(), ""),
        _ if !has_token => {
            let scope = format!("repository:{image}:pull");
            let realm = format!("realm=\"http://127.0.0.1:{port}/token\"");
            let challenge = format!("Bearer {realm},service=\"a registry\",scope=\"{scope}\"");
            (401, format!("WWW-Authenticate: {challenge}\r\n"), "")
        }
        "private" => (403, String::new(), ""),
        "gone" => (404, String::new(), ""),
        "moved" => (307, format!("Location: http://127.0.0.1:{port}/v2/open/manifests/1\r\n"), ""),
        _ => {
            assert!(head[0].starts_with("HEAD "), "{head:?}");
            (200, format!("{manifest}Docker-Content-Digest: {}\r\n", digest(image)), "")
        }
    };
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} x\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    (&stream).write_all(text.as_bytes()).expect("an answer");
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).expect("a file")
}

/// Runs the program where there is a `docker` that answers so, or none.
fn run(folder: &TempDir, arguments: &[&str], docker: Option<&str>) -> Output {
    let bin = folder.path().join("bin");
    if let Some(docker) = docker {
        fs::create_dir_all(&bin).expect("a folder");
        fs::write(bin.join("docker"), format!("#!/bin/sh\n{docker}\n")).expect("a file");
        fs::set_permissions(bin.join("docker"), fs::Permissions::from_mode(0o755)).expect("executable");
    }
    let path = format!("{}:/usr/bin:/bin", bin.display());
    stackgen(folder.path(), arguments).env("PATH", path).output().expect("runs")
}

fn page(output: &Output, port: u16) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&port.to_string(), "PORT");
    let code = output.status.code().expect("a code");
    format!("{}--- standard error\n{}--- exit code {code}\n", text(&output.stdout), text(&output.stderr))
}

/// A template of one's own for each image, whose versions are tags of it.
fn templates(port: u16, images: &[&str]) -> TempDir {
    let folder = folder(&[]);
    for image in images {
        let text = format!(
            "summary: {image}\nkind: test\nversions: [\"1\", \"1.*\"]\nflavours: [alpine]\nservice:\n  \
             image: \"127.0.0.1:{port}/{image}:{{{{ version }}}}\"\n"
        );
        crate::common::write(&folder, &format!("templates/{image}.yaml"), &text);
    }
    folder
}

fn check(image: &str) -> String {
    let registry = Registry::start();
    let folder = templates(registry.port, &[image]);
    let start = Instant::now();
    let output = run(&folder, &["templates", image, "--check-images", "--timeout", "2"], None);
    assert!(start.elapsed() < Duration::from_secs(20), "{image}");
    page(&output, registry.port)
}

#[test]
fn an_image_that_is_published_is_found_behind_a_token() {
    for image in ["fine", "open", "moved", "busy"] {
        let page = check(image);
        assert!(page.contains("1.*") || page.contains("published"), "{page}");
        assert!(page.ends_with("1 of 1 image published\n--- exit code 0\n"), "{page}");
    }
    insta::assert_snapshot!(check("fine"));
}

#[test]
fn an_image_that_cannot_be_pulled_is_told() {
    for image in ["gone", "private", "basic"] {
        let page = check(image);
        assert!(
            page.contains(&format!("cannot be pulled: 127.0.0.1:PORT/{image}:1\n--- exit code 1\n")),
            "{page}"
        );
    }
    insta::assert_snapshot!(check("gone"));
}

#[test]
fn what_a_registry_does_not_say_is_not_taken_for_an_answer() {
    for (image, why) in [
        ("page", "it answers with text/html, which is no manifest"),
        ("broken", "it answers with status 500"),
        ("crowded", "it has been asked too often (status 429)"),
        ("hangs", "unknown: "),
        ("speaks", "unknown: "),
    ] {
        let page = check(image);
        assert!(page.contains(why) && page.ends_with("--- exit code 2\n"), "{image}:\n{page}");
    }
}

#[test]
fn a_busy_registry_is_asked_again_and_a_crowded_one_is_not() {
    let registry = Registry::start();
    let folder = templates(registry.port, &["busy", "crowded", "gone"]);
    let output = run(&folder, &["templates", "busy", "--check-images"], None);
    assert_eq!(output.status.code(), Some(0));
    // Twice without a token, once with it.
    assert_eq!(registry.times("/v2/busy/manifests/1"), 4);
    let output = run(&folder, &["templates", "crowded", "--check-images"], None);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(registry.times("/v2/crowded/manifests/1"), 1);
}

#[test]
fn without_a_network_nothing_is_known() {
    // Nobody listens there any more.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
    let folder = templates(port, &["fine"]);
    let output = run(&folder, &["templates", "fine", "--check-images"], None);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("registries tell nothing of"), "{said}");
}

#[test]
fn without_curl_nobody_is_asked() {
    let folder = templates(1, &["fine"]);
    let output =
        stackgen(folder.path(), &["templates", "fine", "--check-images"]).env("PATH", "/nowhere").output();
    let output = output.expect("runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot run `curl`"));
}

/// No engine.
const NO_ENGINE: &str = "echo 'Cannot connect to the Docker daemon' >&2; exit 1";

#[test]
fn a_compose_file_is_pinned_and_every_other_byte_of_it_kept() {
    let registry = Registry::start();
    let at = format!("127.0.0.1:{}", registry.port);
    let text = format!(
        "# Ours.\r\nx-base: &base\r\n  image: '{at}/fine:1'   # the usual one\r\nservices:\r\n  a: {{ image: \"{at}/open:1\", init: true }}\r\n  \
         b:\r\n    <<: *base\r\n  c: {{ <<: *base, build: . }}\r\n  d: {{ image: '{at}/fine:${{TAG:-1}}' }}\r\n  \
         e: {{ image: {at}/fine:1@{} }}\r\n",
        digest("e"),
    );
    let folder = folder(&[("compose.yaml", &text)]);
    let output = run(&folder, &["pin", "--diff"], Some(NO_ENGINE));
    assert_eq!(read(&folder, "compose.yaml"), text);
    let diff = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(diff.lines().filter(|line| line.starts_with('+')).count(), 3, "{diff}");
    let output = run(&folder, &["pin"], Some(NO_ENGINE));
    let expected = text
        .replace("fine:1'", &format!("fine:1@{}'", digest("fine")))
        .replace("open:1\"", &format!("open:1@{}\"", digest("open")));
    assert_eq!(read(&folder, "compose.yaml"), expected);
    insta::assert_snapshot!(page(&output, registry.port));
    // There is nothing left to do.
    assert_eq!(run(&folder, &["pin"], Some(NO_ENGINE)).status.code(), Some(0));
    assert_eq!(read(&folder, "compose.yaml"), expected);
    canonical(&docker_compose(), folder.path(), "compose.yaml");
}

#[test]
fn the_engine_knows_what_it_has_pulled_and_the_registry_the_rest() {
    let registry = Registry::start();
    let (at, of_engine) = (format!("127.0.0.1:{}", registry.port), digest("pulled"));
    let text = format!(
        "services:\n  a: {{ image: {at}/fine:1 }}\n  b: {{ image: {at}/open:1 }}\n  c: {{ image: postgres:17.6 }}\n"
    );
    let folder = folder(&[("compose.yaml", &text)]);
    let docker = format!(
        "case \"$5\" in\n*/fine:1) echo '[\"mirror/fine@{0}\",\"{at}/fine@{of_engine}\"]' ;;\n\
         postgres:17.6) echo '[\"postgres@{of_engine}\"]' ;;\n\
         *) echo \"Error: No such image: $5\" >&2; exit 1 ;;\nesac",
        digest("mirror")
    );
    let output = run(&folder, &["pin", "compose.yaml"], Some(&docker));
    assert_eq!(output.status.code(), Some(0), "{}", page(&output, registry.port));
    let expected = text
        .replace("fine:1", &format!("fine:1@{of_engine}"))
        .replace("open:1", &format!("open:1@{}", digest("open")))
        .replace("17.6", &format!("17.6@{of_engine}"));
    assert_eq!(read(&folder, "compose.yaml"), expected);
    assert_eq!(registry.times("/v2/fine/manifests/1"), 0);
}

#[test]
fn what_cannot_be_pinned_is_told_and_the_rest_is_pinned() {
    let registry = Registry::start();
    let at = format!("127.0.0.1:{}", registry.port);
    let text = format!("services:\n  a: {{ image: {at}/fine:1 }}\n  b: {{ image: {at}/gone:1 }}\n");
    let folder = folder(&[("compose.yaml", &text)]);
    let output = run(&folder, &["pin"], Some(NO_ENGINE));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(read(&folder, "compose.yaml"), text.replace("fine:1", &format!("fine:1@{}", digest("fine"))));
}

#[test]
fn a_stack_is_pinned_in_its_own_lines() {
    let registry = Registry::start();
    let at = format!("127.0.0.1:{}", registry.port);
    let stack = format!(
        "name: shop\ntiers: {{ all: {{ defaults: {{ init: true }} }} }}\nservices:\n  # The main one.\n  db:\n    tier: all\n    use: store@1  # one server\n    mem_limit: 1g\n  \
         cache: {{ tier: all, use: store@1, mem_limit: 64m }}\n  api:\n    tier: all\n    image: {at}/open:1\n    overrides: {{ production: {{ image: {at}/fine:1 }} }}\n  \
         job: {{ tier: all, use: job, image: {at}/open:1, needs: [db] }}\n"
    );
    let template = format!(
        "summary: a store\nkind: test\nversions: [\"1\"]\nendpoints: {{ tcp: {{ port: 1, scheme: tcp }} }}\nservice:\n  \
         image: \"{at}/store:{{{{ version }}}}\"\n  healthcheck: {{ test: [CMD, \"true\"] }}\n"
    );
    let folder = folder(&[("stack.yaml", &stack), ("templates/store.yaml", &template)]);
    let output = run(&folder, &["pin", "--stack", "."], Some(NO_ENGINE));
    assert_eq!(output.status.code(), Some(0), "{}", page(&output, registry.port));
    insta::assert_snapshot!(read(&folder, "stack.yaml").replace(&registry.port.to_string(), "PORT"));
    assert_eq!(code(&folder, &["render"]), Some(0));
    for (file, api) in [("docker-compose.dev-fast.yml", "open"), ("docker-compose.production.yml", "fine")] {
        let compose = canonical(&docker_compose(), folder.path(), file);
        for (service, image) in [("db", "store"), ("cache", "store"), ("job", "open"), ("api", api)] {
            let expected = format!("{at}/{image}:1@{}", digest(image));
            assert_eq!(compose["services"][service]["image"], *expected, "{service} of {file}");
        }
    }
    // What is rendered is not where the digests belong.
    let before = read(&folder, "docker-compose.production.yml");
    let output = run(&folder, &["pin", "docker-compose.production.yml"], Some(NO_ENGINE));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is rendered from a stack"));
    assert_eq!(read(&folder, "docker-compose.production.yml"), before);
    let again = read(&folder, "stack.yaml");
    assert_eq!(run(&folder, &["pin", "--stack", "."], Some(NO_ENGINE)).status.code(), Some(0));
    assert_eq!(read(&folder, "stack.yaml"), again);
}
