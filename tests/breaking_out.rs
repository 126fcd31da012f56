//! Values that would break out of the text that they are written into, through every parameter of every template: each is
//! refused, or stays one value to its reader.

mod values;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use compose_reader::source::Sources;
use stackgen::catalog::Catalog;
use values::{WORD, broken, stack, with};

use crate::common::{folder, is_there, render, run};

/// What breaks out of a line, of quotes, of brackets, of a block, or of a terminal.
const HOSTILE: [&str; 5] = [
    "x\nPWNED: 1\nPWNED=1\nPWNED\n",
    "a'b\"c`touch PWNED`$$(touch PWNED);touch PWNED;\\",
    "x], PWNED: [",
    "x }\nPWNED {",
    "x\u{1b}]0;PWNED\u{7}",
];

/// The program that reads a rendered file, and how it is asked.
fn reader(path: &str) -> Option<(&'static str, &'static [&'static str])> {
    match path.rsplit('/').next()? {
        "Caddyfile" => Some(("caddy", &["adapt", "--adapter", "caddyfile", "--config"])),
        "default.conf" => Some(("nginx", &["-t", "-q", "-c"])),
        "alertmanager.yml" => Some(("amtool", &["check-config"])),
        "prometheus.yml" => Some(("promtool", &["check", "config", "--syntax-only"])),
        "rules.yml" => Some(("promtool", &["check", "rules"])),
        _ => None,
    }
}

/// What a program of Debian reads in the place of a rendered file, with everything that is opened inside a folder.
fn as_read(program: &str, text: &str, folder: &Path) -> String {
    let here = folder.display();
    match program {
        // `metrics` stood elsewhere before Caddy 2.9.
        "caddy" => text.replace("\tmetrics\n}", "\tservers {\n\t\tmetrics\n\t}\n}"),
        "nginx" => {
            let mut server = String::new();
            for (number, line) in text.lines().enumerate() {
                let port =
                    line.trim().strip_prefix("listen ").map(|rest| rest.trim_start_matches(char::is_numeric));
                match port {
                    Some(rest) => server.push_str(&format!("listen unix:{here}/{number}.sock{rest}\n")),
                    None => server.push_str(&format!("{line}\n")),
                }
            }
            let server = server.replace("/dev/stdout", &format!("{here}/access.log"));
            let server = server.replace("/etc/nginx/tls/", &format!("{here}/"));
            let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
            let temporary = temporary.map(|name| format!("{name}_temp_path {here}/{name};\n")).concat();
            format!(
                "pid {here}/pid;\nerror_log {here}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{server}}}\n"
            )
        }
        _ => text.to_owned(),
    }
}

fn accepts(program: &str, arguments: &[&str], text: &str, folder: &Path) -> bool {
    let path = folder.join("file.yml");
    fs::write(&path, as_read(program, text, folder)).expect("file");
    let mut command = Command::new(program);
    command.args(arguments).arg(&path).env("HOME", folder);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("runs").success()
}

/// A certificate where nginx is to find one.
fn certificate(folder: &Path) {
    let mut command = Command::new("openssl");
    command.args([
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "2", "-keyout", "key.pem",
    ]);
    command.args(["-out", "certificate.pem"]).current_dir(folder);
    assert!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("openssl").success());
}

/// Runs every recipe of a Makefile, with nothing but `touch` on the path; whether a command of the value was run.
fn makes(text: &str, targets: &[&str]) -> bool {
    let folder = tempfile::tempdir().expect("folder");
    fs::write(folder.path().join("Makefile"), text).expect("file");
    for target in targets {
        let mut make = Command::new("make");
        make.args(["DOCKER_COMPOSE=:", "STACKGEN=:", "FILE=/dev/null", target]).current_dir(folder.path());
        let _ = make.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("runs");
    }
    folder.path().join(WORD).exists()
}

/// The programs that are asked, where they are.
const READERS: [&str; 5] = ["caddy", "nginx", "amtool", "promtool", "make"];

#[test]
fn a_hostile_value_stays_a_value_in_every_parameter_of_every_template() {
    let programs: Vec<&str> = READERS.into_iter().filter(|program| is_there(program)).collect();
    let opened = tempfile::tempdir().expect("folder");
    if programs.contains(&"nginx") && is_there("openssl") {
        certificate(opened.path());
    }
    let mut sources = Sources::new();
    let mut catalog = Catalog::new([]);
    let names: Vec<String> = catalog.names().map(str::to_owned).collect();
    for name in &names {
        assert!(catalog.load(name, &mut sources).is_empty(), "{name}");
    }
    let mut asked: HashSet<String> = HashSet::new();
    let mut accepted = 0;
    let mut broken_out: Vec<String> = Vec::new();
    for template in names.iter().filter_map(|name| catalog.get(name)) {
        for (name, parameter) in &template.parameters {
            let values = HOSTILE.iter().flat_map(|text| with(&parameter.kind, text));
            for value in values {
                let place = format!("{} {name}: {value}", template.name);
                let Ok(rendered) = render(&stack(template, name, value), None) else { continue };
                accepted += 1;
                for file in &rendered.files {
                    let wrong = broken(&file.path, &file.content);
                    broken_out.extend(wrong.map(|wrong| format!("{place}: {wrong} of {}", file.path)));
                    // An address that is none is one value all the same, and refused by who has to call it.
                    let is_address = template.name == "alertmanager" && name == "receivers";
                    if is_address {
                        continue;
                    }
                    if let Some((program, arguments)) = reader(&file.path)
                        .filter(|(it, _)| programs.contains(it) && asked.insert(file.content.clone()))
                        && !accepts(program, arguments, &file.content, opened.path())
                    {
                        broken_out.push(format!("{place}: refused by {program}"));
                    }
                }
                let makefile = rendered.file("Makefile");
                if makefile.contains("touch PWNED") && programs.contains(&"make") {
                    let targets = ["backup-it", "restore-it", "run-it"];
                    if makes(makefile, &targets) {
                        broken_out.push(format!("{place}: a command of the Makefile"));
                    }
                }
            }
        }
    }
    assert_eq!(broken_out, Vec::<String>::new());
    assert!(accepted > 100, "{accepted}: nearly everything is refused");
}

#[test]
fn what_a_shell_evaluates_and_make_reads_holds_no_command_of_the_stack() {
    let stack = "name: shop\ntiers: { all: { host_ports: 8000-8009 } }\nservices:\n  it:\n    tier: all\n    build: \"./a'; touch PWNED; '\"\n    command: [sh, -c, \"a'b\\nPWNED: $$(touch PWNED)\\n\"]\n    listen: 80\n    health: none\n    environment: { \"A;touch PWNED;B\": x, GOOD: \"a'; touch PWNED; '$$(touch PWNED)\" }\n";
    let folder = folder(&[("stack.yaml", stack)]);
    let here: &Path = folder.path();
    let output = run(&folder, &["env", "it"]);
    let script = String::from_utf8(output.stdout).expect("text");
    assert!(String::from_utf8_lossy(&output.stderr).contains("is left out"), "{script}");
    let status = Command::new("sh")
        .args(["-c", "eval \"$1\"; test -n \"$GOOD\"", "sh", &script])
        .current_dir(here)
        .status();
    assert!(status.expect("runs").success(), "{script}");
    assert!(!here.join(WORD).exists(), "{script}");
    let rendered = render(stack, None).unwrap_or_else(|wrong| panic!("{wrong}"));
    if is_there("make") {
        let targets = ["run-it", "all-all"];
        assert!(!makes(rendered.file("Makefile"), &targets), "{}", rendered.file("Makefile"));
    }
    for wrong in ["build: \"./x\\nSHELL=/bin/false\"", "image: 'x:1', environment: { \"A\\nB\": x }"] {
        let text = format!(
            "name: shop\ntiers: {{ all: {{}} }}\nservices:\n  it: {{ tier: all, {wrong}, health: none }}\n"
        );
        assert!(render(&text, None).is_err(), "{text}");
    }
    let told = "name: shop\ntiers: { all: {} }\nsecrets: { key: { description: \"a\\nB=1\" } }\nservices:\n  it: { tier: all, image: 'x:1', health: none, secrets: [key], environment: { K: \"${K:?why\\nPWNED=1}\" } }\n";
    if let Ok(rendered) = render(told, None) {
        assert_eq!(
            broken(".env.example", rendered.file(".env.example")),
            None,
            "{}",
            rendered.file(".env.example")
        );
    }
}
