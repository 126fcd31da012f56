//! Linting a repository that was not linted before: baselines, and what has changed.

use std::process::Command;

use tempfile::TempDir;

use super::{THREE_LEVELS, codes};
use crate::common::{code, folder, page, run, write};

#[test]
fn a_baseline_knows_what_was_there_wherever_it_moves() {
    let folder = folder(&[("a/compose.yaml", THREE_LEVELS), ("b/compose.yaml", THREE_LEVELS)]);
    let known = ["lint", "--baseline", "known.json"];
    insta::assert_snapshot!(page(&folder, &[&known[..], &["--write-baseline"]].concat()));
    insta::assert_snapshot!(std::fs::read_to_string(folder.path().join("known.json")).expect("text"));
    assert_eq!(code(&folder, &known), Some(0));
    write(&folder, "a/compose.yaml", &format!("# moved\n\n{THREE_LEVELS}"));
    assert_eq!(codes(&folder, &["--baseline", "known.json"]), Vec::<String>::new());
    // One more of a kind is told, and what is gone is noted.
    let more =
        THREE_LEVELS.replace("  db:\n", "  old:\n    image: example/old:1\n    ports: ['8080:1']\n  db:\n");
    write(&folder, "a/compose.yaml", &more);
    assert_eq!(codes(&folder, &["--baseline", "known.json"]), ["SG201"]);
    write(&folder, "a/compose.yaml", "services: {web: {image: 'nginx:1.31'}}\n");
    insta::assert_snapshot!(page(&folder, &known), @r"
    $ stackgen lint --baseline known.json
    no findings in 2 files
    --- standard error
    note: 3 findings of the baseline are gone; `--write-baseline` makes it smaller
    --- exit code 0
    ");
}

#[test]
fn a_baseline_that_cannot_be_read_is_an_error() {
    let folder = folder(&[
        ("compose.yaml", THREE_LEVELS),
        ("wrong.json", "{}"),
        ("new.json", "{\"version\": 3, \"findings\": []}"),
        // As 0.1.0 wrote it.
        (
            "old.json",
            "{\"version\": 1, \"findings\": [{\"file\": \"a\", \"rule\": \"b\", \"message\": \"c\", \"count\": 1}]}",
        ),
    ]);
    for name in ["missing.json", "wrong.json", "new.json", "old.json"] {
        let output = run(&folder, &["lint", "--baseline", name]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("is no baseline"), "{name}");
    }
    let told = run(&folder, &["lint", "--baseline", "old.json"]).stderr;
    let told = String::from_utf8_lossy(&told);
    assert!(told.contains("its version is 1, and this reads 2"), "{told}");
    assert!(told.contains("`--write-baseline` makes it anew"), "{told}");
    assert_eq!(code(&folder, &["lint", "--write-baseline"]), Some(2));
}

fn git(folder: &TempDir, arguments: &[&str]) {
    let mut command = Command::new("git");
    command
        .args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"])
        .args(arguments);
    let output = command.current_dir(folder.path()).env("HOME", folder.path()).output().expect("git runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn only_what_git_says_was_touched_is_told() {
    let folder = folder(&[
        ("a/compose.yaml", THREE_LEVELS),
        ("b/compose.yaml", THREE_LEVELS),
        ("b/compose.override.yaml", "services: {web: {image: 'nginx:1.31'}}\n"),
        ("c/compose.yaml", THREE_LEVELS),
    ]);
    assert_eq!(code(&folder, &["lint", "--changed"]), Some(2));
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "-A"]);
    git(&folder, &["commit", "-q", "-m", "first"]);
    let path = std::env::var_os("PATH").expect("a path");
    let told = |arguments: &[&str]| {
        let mut command =
            crate::common::stackgen(folder.path(), &[&["lint", "--format=json"], arguments].concat());
        let output = command.env("PATH", &path).output().expect("runs");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        let mut files: Vec<String> =
            findings.iter().map(|finding| finding["file"].as_str().expect("a file").to_owned()).collect();
        files.dedup();
        files.join(" ")
    };
    assert_eq!(told(&["--changed"]), "");
    write(&folder, "b/compose.override.yaml", "services: {web: {image: 'nginx:1.30'}}\n");
    write(&folder, "d/compose.yaml", THREE_LEVELS);
    assert_eq!(told(&["--changed"]), "b/compose.yaml d/compose.yaml");
    assert_eq!(told(&["--changed", "d"]), "d/compose.yaml");
    git(&folder, &["add", "-A"]);
    git(&folder, &["commit", "-q", "-m", "second"]);
    assert_eq!(told(&["--changed"]), "");
    assert_eq!(told(&["--changed=HEAD~1"]), "b/compose.yaml d/compose.yaml");
    let mut command = crate::common::stackgen(folder.path(), &["lint", "--changed=nothing"]);
    let output = command.env("PATH", &path).output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("git refuses"), "{output:?}");
}
