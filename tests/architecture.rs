//! Who may know whom: the table of ARCHITECTURE.md, held against the `use crate::` lines.

use std::fs;
use std::path::{Path, PathBuf};

/// A crate: the folder of its source, and each of its modules with those of the workspace that it may use.
struct House {
    folder: &'static str,
    modules: &'static [(&'static str, &'static [&'static str])],
}

const READER: House = House {
    folder: "crates/compose-reader/src",
    modules: &[
        ("source", &[]),
        ("diagnostic", &["source"]),
        ("yaml", &["source", "diagnostic"]),
        ("graph", &[]),
        ("interpolation", &[]),
        ("dotenv", &["interpolation"]),
        ("dockerfile", &["interpolation", "source"]),
        ("merge", &["yaml", "source"]),
        (
            "compose",
            &["yaml", "graph", "merge", "interpolation", "dotenv", "dockerfile", "diagnostic", "source"],
        ),
    ],
};

/// `cli` may use everything.
const PROGRAM: House = House {
    folder: "src",
    modules: &[
        ("checksum", &[]),
        ("promql", &[]),
        ("fault", &["diagnostic", "source"]),
        ("definition", &["fault", "yaml", "diagnostic", "source"]),
        ("images", &["yaml", "source"]),
        ("catalog", &["fault", "images", "promql", "yaml", "diagnostic", "source"]),
        (
            "plan",
            &[
                "fault",
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
        ("lint", &["compose", "dockerfile", "images", "yaml", "diagnostic", "source"]),
        ("config", &["fault", "lint", "diagnostic", "source"]),
        ("fix", &["yaml", "diagnostic", "source"]),
        ("report", &["lint", "checksum", "diagnostic", "source"]),
    ],
};

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

fn all_source_files() -> Vec<PathBuf> {
    [READER.folder, PROGRAM.folder].into_iter().flat_map(|folder| source_files(Path::new(folder))).collect()
}

fn module_of(path: &Path, folder: &str) -> String {
    let inside = path.strip_prefix(folder).expect("below the folder");
    let first = inside.components().next().expect("a component").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The module behind each `crate::` or `compose_reader::` of a file.
fn used_modules(text: &str) -> Vec<String> {
    let mut used: Vec<String> = ["crate::", "compose_reader::"]
        .into_iter()
        .flat_map(|prefix| text.split(prefix).skip(1))
        .map(|rest| rest.chars().take_while(|next| next.is_ascii_alphanumeric() || *next == '_').collect())
        .collect();
    used.sort();
    used.dedup();
    used
}

#[test]
fn modules_know_only_whom_they_may() {
    let mut wrong = Vec::new();
    for house in [READER, PROGRAM] {
        for path in source_files(Path::new(house.folder)) {
            let module = module_of(&path, house.folder);
            if ["lib", "main", "cli"].contains(&&*module) {
                continue;
            }
            let Some((_, allowed)) = house.modules.iter().find(|(name, _)| *name == module) else {
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
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_cli_touches_the_world() {
    let mut wrong = Vec::new();
    let outside = |path: &PathBuf| {
        let module = path.starts_with(PROGRAM.folder).then(|| module_of(path, PROGRAM.folder));
        module.is_none_or(|module| !["main"].contains(&&*module) && !TOUCHES_THE_WORLD.contains(&&*module))
    };
    for path in all_source_files().into_iter().filter(outside) {
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
    let naming: Vec<PathBuf> = all_source_files()
        .into_iter()
        .filter(|path| fs::read_to_string(path).expect("text").contains("granit_parser"))
        .collect();
    assert_eq!(naming, [PathBuf::from("crates/compose-reader/src/yaml/parse.rs")]);
}
