//! Values that would break out of the text that they are written into, through every parameter of every template: each is
//! refused, or stays one value to its reader.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use compose_reader::dotenv;
use compose_reader::source::Sources;
use compose_reader::yaml::{Kind, Node, parse};
use serde_json::{Value, json};
use stackgen::catalog::{Catalog, Template, Type};

use crate::common::{Rendered, folder, is_there, render, run};

/// What each value tries to become a line, a key or a command of.
const WORD: &str = "PWNED";
const HOSTILE: [&str; 5] = [
    "x\nPWNED: 1\nPWNED=1\nPWNED\n",
    "a'b\"c`touch PWNED`$$(touch PWNED);touch PWNED;\\",
    "x], PWNED: [",
    "x }\nPWNED {",
    "x\u{1b}]0;PWNED\u{7}",
];

/// A value of a type that is harmless.
fn harmless(kind: &Type) -> Value {
    match kind {
        Type::Integer => json!(1),
        Type::Boolean => json!(true),
        Type::Service => json!("other"),
        Type::OrVariable(kind) => harmless(kind),
        Type::Choice(words) => json!(words.first()),
        Type::List(items) => json!([harmless(items)]),
        Type::Map { items, .. } => json!({ "x": harmless(items) }),
        Type::Routes(_) => json!({ "/x": "other" }),
        Type::Form(form) => json!(match form.name {
            "path" => "/x",
            "duration" => "1m",
            "rate" => "1r/s",
            "size" => "1m",
            "file" => "./x",
            "email" => "x@example.org",
            _ => "x",
        }),
        Type::Record { fields, .. } => {
            let needed = fields.iter().filter(|(_, field)| field.default.is_none());
            needed.map(|(name, field)| (name.clone(), harmless(&field.kind))).collect()
        }
        Type::Text => json!("x"),
    }
}

/// Values of a type with a text in each of the places that take one.
fn with(kind: &Type, text: &str) -> Vec<Value> {
    match kind {
        Type::Text | Type::Form(_) | Type::Choice(_) | Type::Service => vec![json!(text)],
        Type::Integer | Type::Boolean => Vec::new(),
        Type::OrVariable(kind) => with(kind, text),
        Type::List(items) => with(items, text).into_iter().map(|item| json!([item])).collect(),
        Type::Map { items, .. } => {
            let values = with(items, text).into_iter().map(|item| json!({ "x": item }));
            values.chain([json!({ text: harmless(items) })]).collect()
        }
        Type::Routes(_) => vec![json!({ text: "other" }), json!({ format!("/{text}"): "other" })],
        Type::Record { fields, .. } => {
            let of = |(name, field): (&String, &stackgen::catalog::Parameter)| {
                let whole = |value: Value| {
                    let mut whole = harmless(kind);
                    whole[name] = value;
                    whole
                };
                with(&field.kind, text).into_iter().map(whole).collect::<Vec<Value>>()
            };
            fields.iter().flat_map(of).collect()
        }
    }
}

/// A stack with a service of a template, whose parameter has a value.
fn stack(template: &Template, name: &str, value: Value) -> Result<Rendered, String> {
    let needed = template.parameters.iter().filter(|(_, parameter)| parameter.default.is_none());
    let mut with: serde_json::Map<String, Value> =
        needed.map(|(name, parameter)| (name.clone(), harmless(&parameter.kind))).collect();
    with.insert(name.to_owned(), value);
    let with = Value::Object(with);
    render(
        &format!(
            "name: shop\ntiers: {{ all: {{}} }}\nservices:\n  other: {{ tier: all, image: 'x:1', listen: 80, health: none }}\n  \
             it: {{ tier: all, use: {}, image: 'x:1', with: {with} }}\n",
            template.name
        ),
        None,
    )
}

/// Whether a tree has a key with the word in it.
fn has_key(node: &Node) -> bool {
    match &node.kind {
        Kind::Mapping(entries) => {
            entries.iter().any(|(key, entry)| key.trim() == WORD || has_key(&entry.value))
        }
        Kind::Sequence(items) => items.iter().any(has_key),
        Kind::Scalar(_) => false,
    }
}

/// What is wrong with a rendered file.
fn broken(path: &str, text: &str) -> Option<&'static str> {
    if text.contains('\u{1b}') || text.contains('\u{7}') {
        return Some("a control character");
    }
    if path.ends_with(".yml") || path.ends_with(".yaml") {
        let id = Sources::new().add(path, text);
        let Ok(parsed) = parse(id, text) else { return Some("no YAML") };
        return parsed.documents.iter().any(has_key).then_some("a key");
    }
    if path.starts_with(".env") {
        let Ok(found) = dotenv::parse(text, &|_| None) else { return Some("no env file") };
        return found.iter().any(|one| one.name == WORD).then_some("a variable");
    }
    if path.ends_with(".json") {
        return serde_json::from_str::<Value>(text).is_err().then_some("no JSON");
    }
    text.lines().any(|line| line.trim_start().starts_with(WORD)).then_some("a line")
}

/// The program that reads a rendered file, and how it is asked.
fn reader(path: &str) -> Option<(&'static str, &'static [&'static str])> {
    match path.rsplit('/').next()? {
        "Caddyfile" => Some(("caddy", &["adapt", "--config"])),
        "alertmanager.yml" => Some(("amtool", &["check-config"])),
        "rules.yml" => Some(("promtool", &["check", "rules"])),
        _ => None,
    }
}

fn accepts(program: &str, arguments: &[&str], text: &str) -> bool {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("file.yml");
    // `metrics` stood elsewhere before Caddy 2.9.
    fs::write(&path, text.replace("\tmetrics\n}", "\tservers {\n\t\tmetrics\n\t}\n}")).expect("file");
    let mut command = Command::new(program);
    command.args(arguments).arg(&path).env("HOME", folder.path());
    if program == "caddy" {
        command.args(["--adapter", "caddyfile"]);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("runs").success()
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

#[test]
fn a_hostile_value_stays_a_value_in_every_parameter_of_every_template() {
    let programs: Vec<&str> =
        ["caddy", "amtool", "promtool", "make"].into_iter().filter(|program| is_there(program)).collect();
    let mut sources = Sources::new();
    let mut catalog = Catalog::new([]);
    let names: Vec<String> = catalog.names().map(str::to_owned).collect();
    for name in &names {
        assert!(catalog.load(name, &mut sources).is_empty(), "{name}");
    }
    let mut accepted = 0;
    let mut broken_out: Vec<String> = Vec::new();
    for template in names.iter().filter_map(|name| catalog.get(name)) {
        for (name, parameter) in &template.parameters {
            let values = HOSTILE.iter().flat_map(|text| with(&parameter.kind, text));
            for value in values {
                let place = format!("{} {name}: {value}", template.name);
                let Ok(rendered) = stack(template, name, value) else { continue };
                accepted += 1;
                for file in &rendered.files {
                    let wrong = broken(&file.path, &file.content);
                    broken_out.extend(wrong.map(|wrong| format!("{place}: {wrong} of {}", file.path)));
                    // An address that is none is one value all the same, and refused by who has to call it.
                    let is_address = template.name == "alertmanager" && name == "receivers";
                    if is_address {
                        continue;
                    }
                    if let Some((program, arguments)) =
                        reader(&file.path).filter(|(it, _)| programs.contains(it))
                        && !accepts(program, arguments, &file.content)
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
