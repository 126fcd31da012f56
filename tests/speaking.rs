//! What is said to people and to CI systems: no name and no value in a file steers a terminal, is a command, or is a secret.

use crate::common::{folder, run};

const FORMATS: [&str; 6] = ["human", "json", "sarif", "github", "gitlab", "junit"];

#[test]
fn a_secret_is_in_no_format() {
    let text = "services:\n  db:\n    image: postgres:18\n    environment:\n      POSTGRES_PASSWORD: tractor-battery-9\n      URL: 'postgres://u:tractor-battery-9@nobody/x'\n    depends_on: [nobody]\n";
    let folder = folder(&[("compose.yaml", text), ("known.json", "")]);
    for format in FORMATS {
        let output = run(&folder, &["lint", "--strict", "--format", format]);
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("inline-secret"), "{format}\n{said}");
        assert!(!said.contains("tractor-battery-9"), "{format}\n{said}");
    }
    // Nor where another finding shows the lines beside it, or the rule for secrets is off.
    let output = run(&folder, &["lint", "--select", "unknown-dependency"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("nobody") && !said.contains("tractor-battery-9"), "{said}");
    run(&folder, &["lint", "--baseline", "known.json", "--write-baseline"]);
    let known = std::fs::read_to_string(folder.path().join("known.json")).expect("text");
    assert!(known.contains("POSTGRES_PASSWORD") && !known.contains("tractor-battery-9"), "{known}");
}

#[test]
fn names_and_values_steer_no_terminal_and_are_no_command() {
    let text = "services:\n  \"a\\e]0;b\\a\\n::stop-commands::x\":\n    image: \"x\u{202e}y:1\"\n    labels: { l: \"\\n::error::x\\n##[group]\" }\n    depends_on: [\"n\\e[2J\\n::add-mask::y\"]\n    port: \"\u{9b}31m\"\n";
    let folder = folder(&[
        ("compose.yaml", text),
        (
            "dclint.yaml",
            "rules:\n  \"x\\n[rules]\\nport-collision = 'off'\\ny\": 1\nexclude: [\"a\\n\\e[2J\"]\n",
        ),
    ]);
    let verbs: [&[&str]; 7] = [
        &["lint", "--strict", "--pedantic"],
        &["lint", "--strict", "--format", "github"],
        &["lint", "--format", "junit"],
        &["graph"],
        &["config"],
        &["config", "--why", "services"],
        &["migrate", "dclint", "dclint.yaml", "--stdout"],
    ];
    for verb in verbs {
        let output = run(&folder, verb);
        for said in [output.stdout, output.stderr] {
            let said = String::from_utf8(said).expect("UTF-8");
            let steers = |next: char| next.is_control() && next != '\n' || next == '\u{202e}';
            assert!(!said.contains(steers), "{verb:?}\n{said:?}");
            let is_command = |line: &str| {
                let line = line.trim_start();
                line.starts_with("##[")
                    || line.starts_with("::") && !verb.contains(&"github")
                    || ["::stop", "::add"].iter().any(|word| line.starts_with(word))
            };
            assert!(!said.lines().any(is_command), "{verb:?}\n{said}");
        }
    }
}

#[test]
fn every_format_for_pages_holds_its_names() {
    let text = "services:\n  \"a|b\\\"<i>`\\\\\": { image: x, depends_on: { c: {condition: service_started} } }\n  c: { image: x }\n";
    let folder = folder(&[("compose.yaml", text)]);
    for format in ["dot", "mermaid"] {
        let output = run(&folder, &["graph", "--format", format]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(!said.contains("b\"<"), "{format}\n{said}");
    }
}
