//! From a name to all its places.

use serde_json::{Value, json};

use super::client::Client;
use super::edited;
use crate::common::folder;

const BASE: &str = "services:\n  api: # 🐘\n    image: example/api:1\n    networks: [back]\n    volumes: [\"data:/data\"]\n  web:\n    image: nginx:1.31\n    depends_on:\n      api: { condition: service_started }\n    environment:\n      API: \"http://api:8000/x\"\n      OTHER: \"🐘 https://apis.example.org api\"\n    networks: [back]\nnetworks:\n  back: {}\nvolumes:\n  data: {}\n";
const OVER: &str = "services:\n  api:\n    links: [\"web:w\"]\n  job:\n    image: example/job:1\n    depends_on: [\"api\"]\n    command: [\"run\", \"--url=http://api:8000\"]\n";

fn opened(encoding: &str) -> (tempfile::TempDir, Client) {
    let folder = folder(&[("compose.yaml", BASE), ("compose.override.yaml", OVER)]);
    let mut client = Client::of(folder.path(), encoding);
    client.open_file("compose.yaml");
    client.open_file("compose.override.yaml");
    client.diagnostics("compose.override.yaml");
    (folder, client)
}

#[test]
fn a_name_leads_to_its_definition_and_uses() {
    let (_folder, mut client) = opened("utf-16");
    let place = client.at("compose.yaml", "//api", 3);
    let found = client.request("textDocument/definition", place.clone());
    let uris: Vec<&str> =
        found.as_array().expect("places").iter().filter_map(|it| it["uri"].as_str()).collect();
    assert_eq!(uris.len(), 2, "{found}");
    assert_eq!(found[0]["range"]["start"], json!({ "line": 1, "character": 2 }));
    let mut params = place.clone();
    params["context"] = json!({ "includeDeclaration": false });
    let used = client.request("textDocument/references", params);
    assert_eq!(used.as_array().map(Vec::len), Some(4), "{used}");
    let here = client.request("textDocument/documentHighlight", place);
    assert_eq!(here.as_array().map(Vec::len), Some(3), "{here}");
    // What is no name leads nowhere.
    let place = client.at("compose.yaml", "condition", 2);
    assert_eq!(client.request("textDocument/definition", place), Value::Null);
}

/// The texts of both files after a rename.
fn renamed(client: &mut Client, part: &str, into: usize, new: &str, texts: [&str; 2]) -> [String; 2] {
    let mut params = client.at("compose.yaml", part, into);
    let prepared = client.request("textDocument/prepareRename", params.clone());
    assert!(prepared["placeholder"].is_string(), "{prepared}");
    params["newName"] = json!(new);
    let edit = client.request("textDocument/rename", params);
    let of = |name: &str, text: &str| {
        let edits = edit["changes"][client.uri(name)].as_array().cloned().unwrap_or_default();
        edited(text, &edits)
    };
    [of("compose.yaml", texts[0]), of("compose.override.yaml", texts[1])]
}

#[test]
fn a_rename_reaches_files_and_addresses_and_comes_back() {
    let (_folder, mut client) = opened("utf-16");
    let [base, over] = renamed(&mut client, "api: #", 1, "backend", [BASE, OVER]);
    assert!(base.contains("  backend: # 🐘") && base.contains("http://backend:8000/x"), "{base}");
    assert!(base.contains("      backend: { condition") && base.contains("apis.example.org api"), "{base}");
    assert!(base.contains("example/api:1"), "{base}");
    assert!(
        over.contains("depends_on: [\"backend\"]") && over.contains("--url=http://backend:8000"),
        "{over}"
    );
    client.change("compose.yaml", &base);
    client.change("compose.override.yaml", &over);
    let back = renamed(&mut client, "backend: #", 1, "api", [&base, &over]);
    assert_eq!(back, [BASE, OVER]);
    client.change("compose.yaml", BASE);
    client.change("compose.override.yaml", OVER);
    for (part, new) in [("back: {}", "inner"), ("data: {}", "files")] {
        let [base, _] = renamed(&mut client, part, 1, new, [BASE, OVER]);
        assert_eq!(
            base.matches(new).count(),
            BASE.matches(&part[..4]).count() - usize::from(part == "data: {}"),
            "{base}"
        );
    }
}

#[test]
fn a_rename_that_would_break_something_is_refused() {
    let (_folder, mut client) = opened("utf-8");
    for new in ["web", "a b", "", "a:b"] {
        let mut params = client.at("compose.yaml", "api: #", 1);
        params["newName"] = json!(new);
        let id = client.ask("textDocument/rename", params);
        assert!(client.answer(id)["error"]["message"].is_string(), "{new}");
    }
}
