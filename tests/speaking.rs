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
fn a_secret_is_in_no_diff_and_in_no_fix_that_is_shown() {
    let secret = "tractor-battery-9";
    let text = "services:\n  db:\n    environment:\n      - A=1\n      - POSTGRES_PASSWORD=tractor-battery-9\n      - A=1\n    image: postgres:18\n    depends_on: [web]\n  web:\n    image: x:1\n";
    let shop = folder(&[("compose.yaml", text)]);
    let rules = "inline-secret,duplicate-env-key,key-order,service-order,mixed-pairs";
    for fix in ["--fix=safe", "--fix=unsafe"] {
        let output = run(&shop, &["lint", "--select", rules, fix, "--diff"]);
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("***") && said.contains("would fix"), "{said}");
        assert!(!said.contains(secret), "{fix}\n{said}");
    }
    for format in FORMATS {
        let output = run(&shop, &["lint", "--select", rules, "--format", format]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("key-order") && !said.contains(secret), "{format}\n{said}");
    }
    // What was fixed is whole all the same.
    run(&shop, &["lint", "--select", rules, "--fix"]);
    let fixed = std::fs::read_to_string(shop.path().join("compose.yaml")).expect("text");
    assert!(fixed.contains("POSTGRES_PASSWORD=tractor-battery-9") && fixed != text, "{fixed}");
}

#[test]
fn a_secret_in_a_rendered_file_is_not_shown() {
    let stack = "name: shop\ntiers: { all: {} }\nservices:\n  web: { tier: all, image: \"x:1\", health: none, environment: { A: one } }\n";
    let shop = folder(&[("stack.yaml", stack)]);
    run(&shop, &["render"]);
    let path = shop.path().join("docker-compose.production.yml");
    let rendered = std::fs::read_to_string(&path).expect("rendered");
    let edited = rendered.replace("A: one", "DB_PASSWORD: tractor-battery-9");
    assert!(edited != rendered, "{rendered}");
    std::fs::write(&path, edited).expect("file");
    for arguments in [&["render", "--check"][..], &["render"]] {
        let output = run(&shop, arguments);
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("DB_PASSWORD: ***") && !said.contains("tractor-battery-9"), "{said}");
    }
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
fn names_and_values_of_a_stack_steer_no_terminal_either() {
    let steering = "a\\e]0;b\\a\\n::stop-commands::x\\u202e";
    let name = format!(
        "name: \"{steering}\"\ntiers: {{ \"{steering}\": {{}} }}\nservices:\n  \"{steering}\": {{ tier: \"{steering}\", use: \
         \"{steering}\", \"{steering}\": 1 }}\n"
    );
    let value = format!(
        "name: shop\ntiers: {{ all: {{ description: \"{steering}\" }} }}\nsecrets: {{ key: {{ description: \"{steering}\" }} }}\nservices:\n  web: {{ \
         tier: all, image: \"x:1\", listen: 80, health: none, secrets: [key], environment: {{ A: \"{steering}\" }} }}\n"
    );
    let own = format!("summary: \"{steering}\"\nkind: runtime\nservice: {{ image: 'x:1' }}\n");
    for stack in [name, value] {
        let shop = folder(&[("stack.yaml", &stack), ("templates/own.yaml", &own)]);
        for verb in [
            &["render"][..],
            &["render", "--check"],
            &["lint", "--stack", "."],
            &["ports"],
            &["ports", "--format", "markdown"],
            &["env", "web"],
            &["env", "check"],
            &["secrets", "check"],
            &["secrets", "init"],
            &["status"],
            &["templates"],
            &["templates", "own"],
        ] {
            let output = run(&shop, verb);
            for said in [output.stdout, output.stderr] {
                let said = String::from_utf8(said).expect("UTF-8");
                let steers = |next: char| next.is_control() && !"\n\t".contains(next) || next == '\u{202e}';
                assert!(!said.contains(steers), "{verb:?}\n{said:?}");
                assert!(
                    !said.lines().any(|line| line.trim_start().starts_with("::stop")),
                    "{verb:?}\n{said}"
                );
            }
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
