//! Bad input: each folder in `tests/bad_stacks/` is a stack with a mistake, rendered by the real program. Nothing may be
//! written or printed; what the user reads is the snapshot beside the stack.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Columns that a message may take. Lines of the stack that are shown may be longer.
const WIDTH: usize = 80;

#[test]
fn each_bad_stack_is_explained_and_nothing_is_written() {
    let mut names: Vec<String> = fs::read_dir("tests/bad_stacks")
        .expect("folder")
        .map(|entry| entry.expect("entry"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert!(names.len() > 80, "{}", names.len());
    for name in names {
        let out = tempfile::tempdir().expect("folder");
        let output = Command::new(env!("CARGO_BIN_EXE_stackgen"))
            .args(["render", "--stack", &name, "--out"])
            .arg(out.path())
            .current_dir("tests/bad_stacks")
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .expect("runs");
        let shown = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{name}\n{shown}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{name}");
        let written = fs::read_dir(out.path()).expect("folder").count();
        assert_eq!(written, 0, "{name}: something was written");
        for line in shown.lines().filter(|line| !is_source(line)) {
            assert!(line.chars().count() <= WIDTH, "{name}: too wide:\n{line}");
        }
        insta::with_settings!({
            snapshot_path => Path::new("bad_stacks").join(&name),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!("message", shown);
        });
    }
}

/// Whether a line of a report shows a line of the stack, ` 12 | …`, or what is drawn below it.
fn is_source(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with(':') || line.trim_start_matches(|next: char| next.is_ascii_digit()).starts_with(" |")
}
