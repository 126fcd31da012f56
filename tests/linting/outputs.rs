//! How findings are told to programs.

use std::fs;

use jsonschema::Validator;
use serde_json::Value;

use super::THREE_LEVELS;
use crate::common::{folder, page, run};

/// The schema of SARIF 2.1.0 as OASIS publishes it, from the package serde-sarif 0.8.0 of crates.io.
const SARIF: &str = include_str!("../fixtures/sarif-2.1.0.schema.json");

/// A name, a message and a text that every format has to escape.
const AWKWARD: &str = "\
services:
  'ñ \"<&>':
    image: nginx:1.31
    ports: ['8080:80']
    depends_on: ['100% :: a,b]]>']
  web:
    image: nginx:1.31
    ports: ['8080:80']
    depends_on: [db]
  db:
    image: postgres:18
    healthcheck: {test: [CMD, pg_isready, -h, 127.0.0.1]}
";

fn files() -> tempfile::TempDir {
    folder(&[
        ("a/compose.yaml", THREE_LEVELS),
        ("b c/compose.yaml", AWKWARD),
        ("d/compose.yaml", "services: {web: {image: nginx:1.31}}\n"),
        ("e/compose.yaml", "services: [\n"),
        ("f/compose.yaml", ""),
    ])
}

fn output(format: &str) -> String {
    let output = run(&files(), &["lint", "--format", format]);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn sarif_is_what_its_schema_says() {
    // The pattern of `language`, as published, is no regular expression: a bracket is never opened.
    let mended = SARIF.replace("|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "|^[a-zA-Z]{2}-[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&mended).expect("JSON");
    let validator: Validator = jsonschema::options().build(&schema).expect("a schema");
    let report: Value = serde_json::from_str(&output("sarif")).expect("JSON");
    let complaints: Vec<String> =
        validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(complaints, Vec::<String>::new());
    // The schema is closed: a slip is noticed.
    let slip = report.to_string().replace("\"startLine\"", "\"startline\"");
    assert!(!validator.is_valid(&serde_json::from_str(&slip).expect("JSON")));
}

#[test]
fn sarif_holds_rules_places_and_fixes() {
    let mut report: Value = serde_json::from_str(&output("sarif")).expect("JSON");
    let run = &mut report["runs"][0];
    let rules = run["tool"]["driver"]["rules"].take();
    assert_eq!(rules.as_array().expect("a list").len(), stackgen::lint::RULES.len());
    for result in run["results"].as_array_mut().expect("a list") {
        let index = result["ruleIndex"].take().as_u64().expect("an index");
        let rule = &rules[usize::try_from(index).expect("small")];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().expect("a page").contains("## Bad"), "{rule}");
    }
    insta::assert_snapshot!(format!("{:#}", run["results"]));
}

#[test]
fn each_finding_is_a_workflow_command() {
    insta::assert_snapshot!(output("github"));
}

#[test]
fn gitlab_gets_issues_with_fingerprints_of_their_own() {
    let text = output("gitlab");
    let issues: Value = serde_json::from_str(&text).expect("JSON");
    let issues = issues.as_array().expect("a list");
    let mut fingerprints: Vec<&str> =
        issues.iter().map(|issue| issue["fingerprint"].as_str().expect("text")).collect();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), issues.len());
    insta::assert_snapshot!(text);
}

#[test]
fn a_fingerprint_survives_moved_lines() {
    let fingerprints = |text: &str| {
        let folder = folder(&[("compose.yaml", text)]);
        let output = run(&folder, &["lint", "--format", "gitlab"]);
        let issues: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let of = |issue: &Value| issue["fingerprint"].as_str().expect("text").to_owned();
        issues.as_array().expect("a list").iter().map(of).collect::<Vec<String>>()
    };
    assert_eq!(fingerprints(&format!("# a comment\n\n{THREE_LEVELS}")), fingerprints(THREE_LEVELS));
}

#[test]
fn junit_has_a_suite_for_each_file() {
    insta::assert_snapshot!(output("junit"));
}

#[test]
fn a_file_is_written_whole_and_the_summary_is_told() {
    let folder = files();
    let written = "out.json";
    insta::assert_snapshot!(page(&folder, &["lint", "a", "--format", "json", "--output", written]), @r"
    $ stackgen lint a --format json --output out.json
    --- standard error
    1 error, 1 warning and 1 hint in 1 file
    --- exit code 1
    ");
    let printed = run(&folder, &["lint", "a", "--format", "json"]).stdout;
    assert!(fs::read(folder.path().join(written)).expect("written") == printed);
    insta::assert_snapshot!(page(&folder, &["lint", "a", "-q", "-o", "missing/out.txt"]), @r"
    $ stackgen lint a -q -o missing/out.txt
    --- standard error
    error: cannot write `missing/out.txt`: no such file or directory
      help: name a file in a folder that is there and can be written
    --- exit code 2
    ");
    let left: Vec<_> = fs::read_dir(folder.path()).expect("folder").collect();
    assert_eq!(left.len(), 6, "{left:?}");
}

#[cfg(unix)]
#[test]
fn what_is_overwritten_keeps_its_permissions_and_its_link() {
    use std::os::unix::fs::PermissionsExt;
    let folder = files();
    let place = folder.path().join("real.txt");
    fs::write(&place, "").expect("written");
    fs::set_permissions(&place, fs::Permissions::from_mode(0o640)).expect("permissions");
    std::os::unix::fs::symlink("real.txt", folder.path().join("link.txt")).expect("a link");
    run(&folder, &["lint", "a", "-o", "link.txt"]);
    assert!(folder.path().join("link.txt").is_symlink());
    assert_eq!(fs::metadata(&place).expect("there").permissions().mode() & 0o777, 0o640);
    assert!(fs::read_to_string(&place).expect("text").contains("SG201"));
}
