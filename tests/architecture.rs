//! Who may know whom: the table of ARCHITECTURE.md, held against the `use crate::` lines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use compose_reader::graph::Graph;

/// A crate: the folder of its source, and each of its modules with those of the workspace that it may use.
struct House {
    folder: &'static str,
    modules: &'static [(&'static str, &'static [&'static str])],
}

const READER: House = House {
    folder: "crates/compose-reader/src",
    modules: &[
        ("source", &[]),
        ("budget", &[]),
        ("diagnostic", &["source"]),
        ("yaml", &["budget", "source", "diagnostic"]),
        ("graph", &[]),
        ("interpolation", &["budget", "source"]),
        ("dotenv", &["budget", "interpolation", "source"]),
        ("values", &["interpolation", "yaml", "source"]),
        ("browser", &["values"]),
        ("dockerfile", &["budget", "values", "interpolation", "source"]),
        ("spec", &[]),
        ("merge", &["spec", "values", "yaml", "source"]),
        (
            "compose",
            &[
                "spec",
                "budget",
                "yaml",
                "graph",
                "merge",
                "interpolation",
                "dotenv",
                "dockerfile",
                "values",
                "diagnostic",
                "source",
            ],
        ),
    ],
};

/// `cli` may use everything.
const PROGRAM: House = House {
    folder: "src",
    modules: &[
        ("checksum", &[]),
        ("promql", &[]),
        ("quote", &["interpolation", "yaml"]),
        ("fault", &["diagnostic", "source"]),
        (
            "definition",
            &["fault", "merge", "spec", "interpolation", "values", "yaml", "diagnostic", "source"],
        ),
        ("images", &["values", "yaml", "source"]),
        (
            "catalog",
            &[
                "fault",
                "quote",
                "images",
                "promql",
                "interpolation",
                "values",
                "yaml",
                "diagnostic",
                "source",
            ],
        ),
        (
            "plan",
            &[
                "fault",
                "browser",
                "definition",
                "spec",
                "catalog",
                "graph",
                "merge",
                "interpolation",
                "dotenv",
                "checksum",
                "compose",
                "values",
                "yaml",
                "diagnostic",
                "source",
            ],
        ),
        ("render", &["plan", "quote", "spec", "values", "yaml", "dotenv", "checksum", "source"]),
        ("projects", &["compose"]),
        (
            "import",
            &["browser", "definition", "catalog", "interpolation", "compose", "values", "yaml", "source"],
        ),
        ("lint", &["browser", "compose", "dockerfile", "images", "values", "yaml", "diagnostic", "source"]),
        ("config", &["fault", "lint", "spec", "diagnostic", "source"]),
        ("fix", &["yaml", "diagnostic", "source"]),
        ("format", &["lint", "fix", "compose", "yaml", "diagnostic", "source"]),
        ("report", &["lint", "checksum", "yaml", "diagnostic", "source"]),
        (
            "lsp",
            &[
                "fault",
                "definition",
                "images",
                "catalog",
                "plan",
                "render",
                "projects",
                "lint",
                "config",
                "fix",
                "format",
                "compose",
                "interpolation",
                "spec",
                "values",
                "yaml",
                "diagnostic",
                "source",
            ],
        ),
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
        for word in [
            "std::fs",
            "std::env::",
            "std::process",
            "std::io::std",
            "SystemTime",
            "Instant",
            "RandomState::",
        ] {
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

/// A module of a crate by its path, `plan::draft`, with the text of its file, tests apart.
type Files = BTreeMap<String, String>;

fn files_of(folder: &str, module: &str) -> Files {
    let files = source_files(Path::new(folder)).into_iter().filter(|path| module_of(path, folder) == module);
    let named = files.map(|path| {
        let name = path.strip_prefix(folder).expect("below the folder").with_extension("");
        let name = name.to_string_lossy().replace('/', "::");
        let text = fs::read_to_string(&path).expect("text");
        let code = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        (name.trim_end_matches("::mod").to_owned(), code.join("\n"))
    });
    named.collect()
}

/// The paths of a `use`, its braces taken apart: `a::{b, c::{d, e as f}}` as `a::b`, `a::c::d` and `a::c::e`.
fn paths_of(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let inside = rest.rsplit_once('}').map_or(rest, |(inside, _)| inside);
    let mut depth = 0;
    let parts = inside.split(|next| {
        depth += i32::from(next == '{') - i32::from(next == '}');
        next == ',' && depth == 0
    });
    let parts = parts.filter(|part| !part.trim().is_empty()).flat_map(paths_of);
    parts.map(|part| format!("{before}{part}")).collect()
}

/// What the statements of a file that begin with `keyword` use, and what else it names by a path.
fn uses(text: &str, is_public: bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut code = String::new();
    for statement in text.split_inclusive(';') {
        let start = statement.lines().position(|line| {
            let line = line.trim_start();
            line.starts_with("use ")
                || line.starts_with("pub use ")
                || line.starts_with("pub(") && line.contains(") use ")
        });
        let Some(start) = start else {
            code.push_str(statement);
            continue;
        };
        let lines: Vec<&str> = statement.lines().skip(start).collect();
        let statement = lines.join(" ");
        if statement.trim_start().starts_with("pub") == is_public {
            let tree = statement.split_once("use ").map_or("", |(_, tree)| tree).trim_end_matches(';');
            found.extend(paths_of(tree));
        }
    }
    if !is_public {
        for start in ["super::", "crate::"] {
            let inline = code.split(start).skip(1).map(|rest| {
                let end = rest.find(|next: char| !next.is_alphanumeric() && !"_:".contains(next));
                format!("{start}{}", &rest[..end.unwrap_or(rest.len())])
            });
            found.extend(inline);
        }
    }
    found
}

/// The file of a room that a path leads to from another one, through what is passed on with `pub use`.
fn target(files: &Files, from: &str, path: &str) -> Option<String> {
    let mut module: Vec<&str> = from.split("::").collect();
    let mut parts = path.split("::").peekable();
    match parts.peek() {
        Some(&"crate") => {
            module.clear();
            parts.next();
        }
        Some(&"super") => {
            while parts.next_if_eq(&"super").is_some() {
                module.pop();
            }
        }
        Some(&"self") => {
            parts.next();
        }
        _ => {}
    }
    let mut here = module.join("::");
    for part in parts {
        let inner = if here.is_empty() { part.to_owned() } else { format!("{here}::{part}") };
        if files.contains_key(&inner) {
            here = inner;
            continue;
        }
        let passed_on = uses(files.get(&here)?, true);
        let through = passed_on.iter().find(|path| path.ends_with(&format!("::{part}")));
        return match through.and_then(|path| target(files, &here, path)) {
            Some(file) => Some(file),
            None => Some(here),
        };
    }
    files.contains_key(&here).then_some(here)
}

fn circles(files: &Files) -> Vec<String> {
    let mut graph = Graph::new(files.keys().map(String::as_str));
    for (name, text) in files {
        let targets: BTreeSet<String> =
            uses(text, false).iter().filter_map(|path| target(files, name, path)).collect();
        let targets = targets.iter().filter_map(|target| files.get_key_value(target));
        targets.filter(|(target, _)| *target != name).for_each(|(target, _)| graph.edge(name, target));
    }
    graph.cycles().iter().map(|cycle| cycle.join(" → ")).collect()
}

#[test]
fn files_of_a_module_use_each_other_in_no_circle() {
    let mut wrong = Vec::new();
    for house in [READER, PROGRAM] {
        for (module, _) in house.modules {
            wrong.extend(circles(&files_of(house.folder, module)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_circle_is_found() {
    let files = |texts: [(&str, &str); 3]| texts.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let circle = [
        ("a", "mod b;\nmod c;\npub use b::{B, C as D};\n"),
        ("a::b", "use super::{\n    c::One,\n};\npub struct B;\n"),
        ("a::c", "fn f(b: super::B) {}\n"),
    ];
    assert_eq!(circles(&files(circle).into()), ["a::b → a::c"]);
    let none = [
        ("a", "mod b;\nmod c;\nuse c::One;\npub use b::B;\n"),
        ("a::b", "pub struct B;\n"),
        ("a::c", "use crate::a::B;\nuse crate::other::C;\n"),
    ];
    assert!(circles(&files(none).into()).is_empty());
}

/// The text of a file before its tests.
fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("text");
    text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned()
}

#[test]
fn one_room_opens_files_and_one_file_runs_programs() {
    let rooms: [(&str, &[&str]); 2] = [
        (
            "src/cli/disk",
            &[
                "std::fs",
                "fs::",
                "File::open",
                "File::create",
                ".exists()",
                "is_dir()",
                "is_file()",
                "is_symlink()",
                "read_dir",
                "canonicalize",
                ".metadata()",
                "read_link",
                "io::stdin",
                "WalkBuilder",
            ],
        ),
        ("src/cli/program.rs", &["Command::new(", ".spawn()", "process::Command"]),
    ];
    let mut wrong = Vec::new();
    for path in all_source_files() {
        for (room, words) in rooms {
            let code = if path.starts_with(room) { String::new() } else { code_of(&path) };
            let used = words.iter().filter(|word| {
                let is_other = |before: char| before.is_ascii_alphanumeric() || before == '_';
                code.match_indices(**word)
                    .any(|(at, _)| !word.starts_with(char::is_alphabetic) || !code[..at].ends_with(is_other))
            });
            wrong.extend(used.map(|word| format!("{}: `{word}` belongs into {room}", path.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
