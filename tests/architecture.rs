//! Who may know whom: the table of ARCHITECTURE.md, held against the `use crate::` lines.

use std::fs;
use std::path::{Path, PathBuf};

/// Each module and the modules it may use; `cli` may use everything.
const MAY_USE: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("diagnostic", &["source"]),
    ("yaml", &["source", "diagnostic"]),
    ("graph", &[]),
    ("checksum", &[]),
    ("interpolation", &[]),
    ("dotenv", &["interpolation"]),
    ("dockerfile", &["interpolation", "source"]),
    ("promql", &[]),
    ("merge", &["yaml", "source"]),
    ("definition", &["yaml", "diagnostic", "source"]),
    ("images", &["yaml", "source"]),
    ("catalog", &["images", "promql", "yaml", "diagnostic", "source"]),
    (
        "plan",
        &[
            "definition",
            "catalog",
            "graph",
            "merge",
            "interpolation",
            "dotenv",
            "checksum",
            "yaml",
            "diagnostic",
            "source",
        ],
    ),
    ("render", &["plan", "yaml", "dotenv", "checksum"]),
    ("compose", &["yaml", "graph", "merge", "interpolation", "dotenv", "dockerfile", "diagnostic", "source"]),
    ("lint", &["compose", "dockerfile", "images", "yaml", "diagnostic", "source"]),
    ("config", &["lint", "diagnostic", "source"]),
    ("fix", &["yaml", "diagnostic", "source"]),
    ("report", &["lint", "checksum", "diagnostic", "source"]),
];

/// The only modules that may touch disk, process or terminal.
const TOUCHES_THE_WORLD: [&str; 1] = ["cli"];

fn source_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix("src").expect("below src");
    let first = inside.components().next().expect("a component").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The module behind each `crate::` of a file.
fn used_modules(text: &str) -> Vec<String> {
    let mut used: Vec<String> = text
        .split("crate::")
        .skip(1)
        .map(|rest| rest.chars().take_while(|next| next.is_ascii_alphanumeric() || *next == '_').collect())
        .collect();
    used.sort();
    used.dedup();
    used
}

#[test]
fn modules_know_only_whom_they_may() {
    let mut wrong = Vec::new();
    for path in source_files(Path::new("src")) {
        let module = module_of(&path);
        if ["lib", "main", "cli"].contains(&&*module) {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("{}: `{module}` is not in the table", path.display()));
            continue;
        };
        let text = fs::read_to_string(&path).expect("text");
        for used in used_modules(&text) {
            if used != module && !allowed.contains(&&*used) {
                wrong.push(format!("{}: `{module}` may not use `{used}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_cli_touches_the_world() {
    let mut wrong = Vec::new();
    for path in source_files(Path::new("src")) {
        let module = module_of(&path);
        if ["lib", "main"].contains(&&*module) || TOUCHES_THE_WORLD.contains(&&*module) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("text");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in
            ["std::fs", "std::env::", "std::process", "std::io::std", "SystemTime", "Instant", "RandomState"]
        {
            if code.contains(word) {
                wrong.push(format!("{}: `{word}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_one_file_names_the_parser() {
    let naming: Vec<PathBuf> = source_files(Path::new("src"))
        .into_iter()
        .filter(|path| fs::read_to_string(path).expect("text").contains("granit_parser"))
        .collect();
    assert_eq!(naming, [PathBuf::from("src/yaml/parse.rs")]);
}
