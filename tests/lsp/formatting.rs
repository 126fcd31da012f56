//! Files with one look.

use std::fs;
use std::path::{Path, PathBuf};

use compose_reader::source::Sources;
use compose_reader::yaml::parse;
use serde_json::json;
use stackgen::format::format;

use super::client::Client;
use super::edited;
use crate::common::{code, folder, run};

const ROUGH: &str = "\n\nservices:\n\n\n    web:   \n        ports:\n        -   80:80\n        - \"81:81\"\n        image: nginx:1.31 # 🐘\n        # about the command\n        command: |\n            a\n              b\n\n            c\n    db:\n        <<: &x { tty: true }\n        image: postgres:18";
const SMOOTH: &str = "services:\n\n  web:\n    image: nginx:1.31 # 🐘\n    ports:\n      - \"80:80\"\n      - \"81:81\"\n    # about the command\n    command: |\n      a\n        b\n\n      c\n  db:\n    <<: &x { tty: true }\n    image: postgres:18\n";

#[test]
fn a_file_gets_its_look() {
    assert_eq!(format(ROUGH, true).as_deref(), Some(SMOOTH));
    assert_eq!(format(SMOOTH, true), None);
    let returns = ROUGH.replace('\n', "\r\n");
    assert_eq!(format(&returns, true), Some(SMOOTH.replace('\n', "\r\n")));
    assert_eq!(format("services: [", true), None);
}

#[test]
fn the_editor_formats_a_whole_text_or_a_part_of_it() {
    let folder = folder(&[("compose.yaml", ROUGH)]);
    let mut client = Client::of(folder.path(), "utf-16");
    client.open_file("compose.yaml");
    client.diagnostics("compose.yaml");
    let mut params = client.whole("compose.yaml");
    params["options"] = json!({ "tabSize": 2, "insertSpaces": true });
    let edits = client.request("textDocument/formatting", params.clone());
    assert_eq!(edited(ROUGH, edits.as_array().expect("edits")), SMOOTH);
    params["range"] = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
    let edits = client.request("textDocument/rangeFormatting", params);
    let part = edited(ROUGH, edits.as_array().expect("edits"));
    assert!(part.starts_with("services:") && part.ends_with("postgres:18"), "{part}");
}

#[test]
fn the_verb_writes_or_shows() {
    let folder = folder(&[("compose.yaml", ROUGH), ("stack.yaml", "name:   shop\n\n\n\ntiers: {}\n")]);
    assert_eq!(code(&folder, &["fmt", "--check"]), Some(1));
    assert_eq!(fs::read_to_string(folder.path().join("compose.yaml")).expect("text"), ROUGH);
    assert_eq!(code(&folder, &["fmt"]), Some(0));
    assert_eq!(fs::read_to_string(folder.path().join("compose.yaml")).expect("text"), SMOOTH);
    assert_eq!(
        fs::read_to_string(folder.path().join("stack.yaml")).expect("text"),
        "name:   shop\n\ntiers: {}\n"
    );
    assert!(run(&folder, &["fmt", "--check"]).stdout.is_empty());
    assert_eq!(code(&folder, &["fmt", "missing.yaml"]), Some(2));
}

fn yaml_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            yaml_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
    }
}

#[test]
fn nothing_is_lost_and_the_second_time_changes_nothing() {
    let mut files = Vec::new();
    for folder in ["tests/rules", "tests/fixtures", "stacks", "templates", "tests/bad_stacks"] {
        yaml_below(Path::new(folder), &mut files);
    }
    files.sort();
    assert!(files.len() > 300);
    let mut changed = 0;
    for path in &files {
        let Ok(text) = fs::read_to_string(path) else { continue };
        let is_compose = stackgen::projects::holds_compose(&text);
        let Some(after) = format(&text, is_compose) else { continue };
        changed += 1;
        let read = |text: &str| parse(Sources::new().add("", ""), text).expect("YAML");
        let (old, new) = (read(&text), read(&after));
        if !is_compose {
            assert_eq!(old.documents, new.documents, "{}", path.display());
        }
        assert_eq!(old.comments.len(), new.comments.len(), "{}", path.display());
        assert_eq!(old.aliases.len(), new.aliases.len(), "{}", path.display());
        assert_eq!(format(&after, is_compose), None, "{}", path.display());
    }
    assert!(changed > 20, "{changed}");
}
