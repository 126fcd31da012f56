//! What lies outside of a repository is not read, and never quoted; what has no end is not waited for.

use std::fs;
use std::os::unix::net::UnixListener;

use super::{Repository, SECRET, said};

const FORMATS: [&str; 6] = ["human", "json", "sarif", "github", "gitlab", "junit"];
const WEB: &str = "services:\n  web: { image: \"nginx:1.29\", ports: [\"${PORT:-80}:80\"] }\n";

/// A compose file that leads to a path in each way that there is.
fn ways(path: &str) -> Vec<(&'static str, String)> {
    vec![
        ("include", format!("include: [\"{path}\"]\n{WEB}")),
        ("include with variables", format!("include: [{{ path: other.yml, env_file: \"{path}\" }}]\n{WEB}")),
        ("extends", format!("{WEB}  more: {{ extends: {{ file: \"{path}\", service: {SECRET} }} }}\n")),
        ("env_file", format!("{WEB}  more: {{ image: \"a:1\", env_file: [\"{path}\"] }}\n")),
        ("label_file", format!("{WEB}  more: {{ image: \"a:1\", label_file: [\"{path}\"] }}\n")),
        ("build", format!("{WEB}  more: {{ build: {{ context: ., dockerfile: \"{path}\" }} }}\n")),
        ("config", format!("{WEB}configs: {{ a: {{ file: \"{path}\" }} }}\n")),
    ]
}

#[test]
fn no_report_quotes_a_file_outside() {
    for path in ["../outside/secret.yml", "../outside/secret.env", "/proc/self/environ", "link.yml"] {
        for (way, text) in ways(path) {
            let repository = Repository::new(&[("compose.yaml", &text), ("other.yml", WEB)])
                .link("../outside/secret.yml", "link.yml");
            for format in FORMATS {
                let output = said(&repository.run(&["lint", "--format", format]));
                assert!(
                    !output.contains(SECRET) || way == "extends",
                    "{way} of {path} as {format}: {output}"
                );
                let quoted =
                    output.replace(&format!("service: {SECRET}"), "").replace(&format!("`{SECRET}`"), "");
                assert!(!quoted.contains(SECRET), "{way} of {path} as {format}: {output}");
            }
            for verb in ["config", "graph"] {
                let output = said(&repository.run(&[verb]));
                let quoted =
                    output.replace(&format!("service: {SECRET}"), "").replace(&format!("`{SECRET}`"), "");
                assert!(!quoted.contains(SECRET), "{way} of {path} in {verb}: {output}");
            }
        }
    }
}

#[test]
fn a_link_in_the_place_of_a_file_shows_nothing() {
    for name in ["compose.yaml", "compose.override.yaml", ".env", "Dockerfile", ".env.example", ".gitignore"]
    {
        let mut files =
            vec![("docker-compose.yml", WEB), ("other/compose.yaml", "services:\n  a: { build: .. }\n")];
        files.retain(|(file, _)| *file != name);
        for to in ["../outside/secret.yml", "../outside/secret.env", "/proc/self/environ"] {
            let repository = Repository::new(&files).link(to, name);
            for format in FORMATS {
                let output = said(&repository.run(&["lint", "--strict", "--format", format]));
                assert!(!output.contains(SECRET), "{name} -> {to} as {format}: {output}");
            }
            for arguments in [&["config"][..], &["graph"], &["lint", name], &["lint", "-f", name]] {
                let output = said(&repository.run(arguments));
                assert!(!output.contains(SECRET), "{name} -> {to}, {arguments:?}: {output}");
            }
        }
    }
}

#[test]
fn what_may_be_read_outside_is_not_quoted() {
    let text = format!("include: [../outside/secret.yml]\n{WEB}");
    let allowing = "allow-outside = [\"../outside\"]\n";
    let repository = Repository::new(&[("compose.yaml", &text)]);
    let by_file = Repository::new(&[("compose.yaml", &text), ("stackgen.toml", allowing)]);
    for format in FORMATS {
        for output in [
            repository.run(&["lint", "--allow-outside", "--format", format]),
            by_file.run(&["lint", "--format", format]),
        ] {
            let output = said(&output);
            assert!(output.contains("secret.yml"), "{format}: it is read: {output}");
            assert!(!output.contains(SECRET), "{format}: {output}");
        }
    }
    assert!(!said(&repository.run(&["config", "--allow-outside"])).contains(SECRET));
    for path in ["/proc", "/", "~/.ssh", "shared"] {
        let toml = format!("allow-outside = [\"{path}\"]\n");
        let repository = Repository::new(&[("compose.yaml", WEB), ("stackgen.toml", &toml)]);
        assert_eq!(repository.run(&["lint"]).status.code(), Some(2), "{path}");
    }
}

#[test]
fn what_was_not_read_is_counted() {
    let text = format!("include: [../outside/secret.yml]\n{WEB}");
    let output = said(&Repository::new(&[("compose.yaml", &text)]).run(&["lint"]));
    assert!(output.contains("skipped: 1 outside of the repository"), "{output}");
}

#[test]
fn a_stack_includes_nothing_from_outside() {
    let stack =
        |path: &str| format!("include: [\"{path}\"]\nname: shop\ntiers: {{ data: {{}} }}\nservices: {{}}\n");
    for path in ["../outside/secret.yml", "/proc/self/environ", "link.yaml"] {
        let repository =
            Repository::new(&[("stack.yaml", &stack(path))]).link("../outside/secret.yml", "link.yaml");
        for arguments in
            [&["render", "--stdout"][..], &["lint", "--stack", "."], &["ports"], &["secrets", "check"]]
        {
            let output = said(&repository.run(arguments));
            assert!(!output.contains(SECRET), "{path}, {arguments:?}: {output}");
        }
    }
}

/// What a verb reads, and the verbs that read it.
const READ: [(&str, &[&[&str]]); 14] = [
    ("compose.yaml", &[&["lint"], &["lint", "compose.yaml"], &["config"], &["graph"]]),
    (".env", &[&["lint"], &["config"], &["secrets", "check"], &["secrets", "init"], &["env", "check"]]),
    (".env.example", &[&["lint"]]),
    (".gitignore", &[&["lint"], &["secrets", "init"]]),
    (".ignore", &[&["lint"]]),
    ("stackgen.toml", &[&["lint", "docker-compose.yml"]]),
    ("baseline.json", &[&["lint", "docker-compose.yml", "--baseline", "baseline.json"]]),
    ("Dockerfile", &[&["lint", "docker-compose.yml"]]),
    ("templates/own.yaml", &[&["render", "--stdout"], &["templates"]]),
    ("stack.lock", &[&["render"], &["render", "--check"]]),
    ("Makefile", &[&["render"], &["render", "--check"]]),
    ("config/a.conf", &[&["render", "--check"]]),
    ("secrets/postgres_password", &[&["secrets", "check"], &["secrets", "init"]]),
    (".dclintrc", &[&["migrate", "dclint"]]),
];

#[test]
fn what_has_no_end_is_not_waited_for() {
    let stack = "name: shop\ntiers: { data: {} }\nservices:\n  postgres: { tier: data, use: postgres@17 }\n";
    let files = [
        ("docker-compose.yml", "services:\n  web: { build: ., ports: [\"80:80\"] }\n"),
        ("stack.yaml", stack),
    ];
    for (name, verbs) in READ {
        let all = || Repository::new(&files);
        for repository in
            [all().pipe(name), all().link("/dev/zero", name), all().link("/proc/self/pagemap", name)]
        {
            for arguments in verbs {
                repository.run(arguments);
            }
        }
        let repository = all();
        let path = repository.inside.join(name);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        let socket = UnixListener::bind(&path).expect("a socket");
        for arguments in verbs {
            repository.run(arguments);
        }
        drop(socket);
    }
    for path in ["/dev/zero", "/proc/self/pagemap", "/proc/kmsg"] {
        for (_, text) in ways(path) {
            let repository = Repository::new(&[("compose.yaml", &text), ("other.yml", WEB)]);
            repository.run(&["lint"]);
            repository.run(&["config"]);
            repository.run(&["lint", "--allow-outside"]);
        }
        let repository = Repository::new(&[("compose.yaml", WEB)]);
        assert_eq!(repository.run(&["lint", "--config", path]).status.code(), Some(2), "{path}");
        assert_eq!(repository.run(&["lint", path]).status.code(), Some(2), "{path}");
    }
}

#[test]
fn a_file_is_read_to_a_limit() {
    let repository = Repository::new(&[("compose.yaml", WEB)]);
    let file = fs::File::create(repository.inside.join("large.yaml")).expect("a file");
    file.set_len(1 << 40).expect("a file with a hole");
    let output = said(&repository.run(&["lint", "large.yaml"]));
    assert!(output.contains("longer than the 16 MiB"), "{output}");
}

#[test]
fn folders_that_go_round_are_listed_once() {
    let stack = "name: shop\ntiers: { data: {} }\nservices:\n  redis: { tier: data, use: redis@7 }\n";
    let repository = Repository::new(&[("stack.yaml", stack), ("compose.yaml", WEB)])
        .link(".", "config/a")
        .link(".", "config/b")
        .link("..", "loop");
    for arguments in [&["render"][..], &["render", "--check"], &["lint"]] {
        repository.run(arguments);
    }
}
