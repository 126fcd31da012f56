//! `stackgen.toml`.

use compose_reader::source::Sources;
use serde_json::{Value, json};
use stackgen::config;

use super::{THREE_LEVELS, codes};
use crate::common::{code, folder, page, write};

const EVERYTHING: &str = "\
strict = true
pedantic = false
fail-on = \"error\"

[rules]
port-collision = \"off\"
SG303 = { level = \"error\", reason = \"we were bitten\" }
localhost-reference = \"on\"

[[overrides]]
paths = [\"legacy/**\", \"*.ci.yml\"]
reason = \"moves in May\"
rules = { missing-probe = \"hint\" }

[[overrides]]
services = [\"db-*\"]
[overrides.rules]
SG201.level = \"warning\"
";

fn problems(text: &str) -> Vec<String> {
    let id = Sources::new().add("stackgen.toml", text);
    let of =
        |problem: &compose_reader::diagnostic::Diagnostic| format!("{}: {}", problem.name, problem.message);
    config::read(id, text).err().unwrap_or_default().iter().map(of).collect()
}

/// A TOML text as an editor sees it.
fn json_of(text: &str) -> Value {
    fn of(value: &toml::de::DeValue<'_>) -> Value {
        match value {
            toml::de::DeValue::String(text) => json!(text),
            toml::de::DeValue::Boolean(value) => json!(value),
            toml::de::DeValue::Array(items) => items.iter().map(|item| of(item.get_ref())).collect(),
            toml::de::DeValue::Table(table) => Value::Object(
                table.iter().map(|(key, value)| (key.get_ref().to_string(), of(value.get_ref()))).collect(),
            ),
            _ => json!(1),
        }
    }
    of(&toml::de::DeValue::Table(toml::de::DeTable::parse(text).expect("TOML").into_inner()))
}

#[test]
fn the_schema_and_the_reader_agree() {
    jsonschema::meta::validate(&config::schema()).expect("a schema");
    let validator = jsonschema::options().build(&config::schema()).expect("a schema");
    assert_eq!(problems(EVERYTHING), Vec::<String>::new());
    assert!(validator.is_valid(&json_of(EVERYTHING)));
    for (right, wrong) in [
        ("strict =", "strickt ="),
        ("strict = true", "strict = \"yes\""),
        ("fail-on = \"error\"", "fail-on = \"hint\""),
        ("port-collision = \"off\"", "port-colision = \"off\""),
        ("port-collision = \"off\"", "port-collision = \"no\""),
        ("port-collision = \"off\"", "port-collision = 0"),
        ("port-collision = \"off\"", "port-collision = { reason = \"none\" }"),
        ("reason = \"we were bitten\"", "because = \"we were bitten\""),
        ("reason = \"moves in May\"", "reason = 5"),
        ("paths = [\"legacy/**\", \"*.ci.yml\"]", "paths = \"legacy/**\""),
        ("paths = [\"legacy/**\", \"*.ci.yml\"]", "path = [\"legacy/**\"]"),
        ("paths = [\"legacy/**\", \"*.ci.yml\"]\n", ""),
        ("rules = { missing-probe = \"hint\" }\n", ""),
        ("[[overrides]]\nservices", "[overrides]\nservices"),
    ] {
        let wrong = EVERYTHING.replacen(right, wrong, 1);
        let wrong = if wrong.contains("[overrides]\n") {
            wrong.replace("[[overrides]]\npaths = [\"legacy/**\", \"*.ci.yml\"]\nreason = \"moves in May\"\nrules = { missing-probe = \"hint\" }\n", "")
        } else {
            wrong
        };
        assert!(!problems(&wrong).is_empty(), "{wrong}");
        assert!(!validator.is_valid(&json_of(&wrong)), "{wrong}");
    }
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let text = "\
strickt = true
fail-on = \"never\"
[rules]
port-colision = \"off\"
missing-probe = { levl = \"off\" }
[[overrides]]
paths = [\"a/[\"]
rules = 5
[[overrides]]
reason = \"why\"
";
    let folder = folder(&[("compose.yaml", THREE_LEVELS), ("stackgen.toml", text)]);
    insta::assert_snapshot!(page(&folder, &["lint"]));
    assert_eq!(code(&folder, &["lint", "--no-config"]), Some(1));
    write(&folder, "stackgen.toml", "strict = \n");
    insta::assert_snapshot!(page(&folder, &["lint"]));
}

#[test]
fn rules_have_other_levels() {
    let folder = folder(&[("compose.yaml", THREE_LEVELS), ("stackgen.toml", "rules.SG303 = 'error'\n")]);
    let levels = || {
        let output = crate::common::run(&folder, &["lint", "--format", "json"]);
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let findings = report["findings"].as_array().expect("findings").iter();
        findings
            .map(|it| format!("{} {}", it["code"], it["severity"]).replace('"', ""))
            .collect::<Vec<String>>()
    };
    assert_eq!(levels(), ["SG303 error", "SG201 error", "SG303 error"]);
    write(
        &folder,
        "stackgen.toml",
        "rules.port-collision = { level = 'hint', reason = 'r' }\nfail-on = 'error'\n",
    );
    assert_eq!(levels(), ["SG303 warning", "SG201 hint", "SG303 hint"]);
    assert_eq!(code(&folder, &["lint"]), Some(0));
    assert_eq!(code(&folder, &["lint", "--fail-on", "warning"]), Some(1));
    write(&folder, "stackgen.toml", "rules.port-collision = 'off'\n");
    assert_eq!(codes(&folder, &[]), ["SG303", "SG303"]);
    // The command line has the last word.
    assert_eq!(codes(&folder, &["--select", "SG303"]), ["SG303", "SG303"]);
    assert_eq!(codes(&folder, &["--ignore", "SG303"]), Vec::<String>::new());
}

#[test]
fn the_nearest_file_above_holds() {
    let off = "rules.port-collision = 'off'\nrules.ungated-dependency = 'off'\n";
    let folder = folder(&[
        ("a/compose.yaml", THREE_LEVELS),
        ("a/b/compose.yaml", THREE_LEVELS),
        ("a/b/stackgen.toml", off),
        ("a/b/c/compose.yaml", THREE_LEVELS),
        ("stackgen.toml", "rules.port-collision = 'off'\n"),
    ]);
    assert_eq!(codes(&folder, &["a"]), ["SG303", "SG303"]);
    assert_eq!(codes(&folder, &["a/b/c/compose.yaml"]), Vec::<String>::new());
    assert_eq!(codes(&folder, &["a/b", "--no-config"]).len(), 6);
    assert_eq!(codes(&folder, &["a", "--config", "a/b/stackgen.toml"]), Vec::<String>::new());
    assert_eq!(code(&folder, &["lint", "--config", "missing.toml"]), Some(2));
    assert_eq!(code(&folder, &["lint", "--config", "stackgen.toml", "--no-config"]), Some(2));
}

#[test]
fn paths_and_services_have_levels_of_their_own() {
    let config = "\
[rules]
ungated-dependency = 'off'
[[overrides]]
paths = ['legacy/**']
reason = 'moves in May'
rules.port-collision = 'off'
[[overrides]]
services = ['ap*']
rules.ungated-dependency = 'on'
[[overrides]]
paths = ['legacy/old/*.yaml']
services = ['api']
rules.SG303 = 'off'
";
    let folder = folder(&[
        ("stackgen.toml", config),
        ("compose.yaml", THREE_LEVELS),
        ("legacy/new/compose.yaml", THREE_LEVELS),
        ("legacy/old/compose.yaml", THREE_LEVELS),
    ]);
    assert_eq!(codes(&folder, &["compose.yaml"]), ["SG201", "SG303"]);
    assert_eq!(codes(&folder, &["legacy/new"]), ["SG303"]);
    assert_eq!(codes(&folder, &["legacy/old"]), Vec::<String>::new());
    assert_eq!(codes(&folder, &["legacy/../compose.yaml"]), ["SG201", "SG303"]);
    let below = crate::common::stackgen(&folder.path().join("legacy"), &["lint", "old", "../legacy/new"]);
    let output = { below }.output().expect("runs");
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("1 hint in 2 files\n"));
    // What is off in a file needs no suppression there, and none is judged.
    let known = THREE_LEVELS.replace("'8080:8000'", "'8081:8000' # stackgen: ignore[port-collision]\n      ");
    let known = known.replace("['8081:8000' #", "\n      - '8081:8000' #").replace("\n      ]", "");
    write(&folder, "legacy/old/compose.yaml", &known);
    write(&folder, "compose.yaml", &known);
    assert_eq!(codes(&folder, &["legacy/old"]), Vec::<String>::new());
    assert_eq!(codes(&folder, &["compose.yaml"]), ["SG901", "SG303"]);
}
