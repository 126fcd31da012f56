//! What could be typed.

use serde_json::json;

use super::client::{Client, position};
use crate::common::folder;

const FILES: [(&str, &str); 3] = [
    (".env", "TAG=1.31\nPORT=80\n"),
    ("api/Dockerfile", "FROM alpine:3.22 AS build\nFROM alpine:3.22 AS run\n"),
    ("api/app.env", "A=1\n"),
];

const BASE: &str = "services:\n  db:\n    image: postgres:18\n  api:\n    build:\n      context: ./api\n    profiles: [tools]\nnetworks:\n  back: {}\nvolumes:\n  data: {}\nsecrets:\n  key: { file: ./key }\n";

/// The labels at the cursor `|` of what stands behind a good base.
fn offered(client: &mut Client, more: &str) -> Vec<String> {
    let text = BASE.replace("networks:\n", &format!("{more}\nnetworks:\n"));
    let at = text.find('|').expect("a cursor");
    let text = text.replacen('|', "", 1);
    client.change("compose.yaml", &text);
    let params =
        json!({ "textDocument": { "uri": client.uri("compose.yaml") }, "position": position(&text, at) });
    let found = client.request("textDocument/completion", params);
    let items = found["items"].as_array().expect("items").clone();
    items.iter().map(|it| it["label"].as_str().expect("a label").to_owned()).collect()
}

#[test]
fn keys_names_variables_and_paths_are_offered() {
    let folder = folder(&FILES);
    let mut client = Client::of(folder.path(), "utf-16");
    client.open("compose.yaml", BASE);
    client.diagnostics("compose.yaml");
    let hover = client.at("compose.yaml", "image", 1);
    client.request("textDocument/hover", hover);
    for (typed, wanted) in [
        ("  web:\n    im|", "image"),
        ("  web:\n    healthcheck:\n      |", "test"),
        ("  web:\n    depends_on: [|", "db"),
        ("  web:\n    depends_on:\n      - |", "api"),
        ("  web:\n    depends_on:\n      |", "db"),
        ("  web:\n    depends_on:\n      db:\n        condition: |", "service_healthy"),
        ("  web:\n    networks:\n      - |", "back"),
        ("  web:\n    volumes:\n      - |", "data"),
        ("  web:\n    volumes:\n      - type: |", "bind"),
        ("  web:\n    secrets: [|", "key"),
        ("  web:\n    profiles: [|", "tools"),
        ("  web:\n    network_mode: |", "service:db"),
        ("  web:\n    image: nginx:${T|", "TAG"),
        ("  web:\n    image: ngi|", "nginx"),
        ("  web:\n    image: postgres:18\n    h|", "healthcheck for postgres:18"),
        ("  web:\n    env_file: ./api/|", "app.env"),
        ("  web:\n    build:\n      context: ./api\n      target: |", "run"),
        ("  web:\n    read_only: |", "true"),
    ] {
        let found = offered(&mut client, typed);
        assert!(found.iter().any(|it| it == wanted), "{typed}: {found:?}");
    }
    let own = offered(&mut client, "  web:\n    depends_on: [|");
    assert!(!own.contains(&"web".to_owned()), "{own:?}");
}

#[test]
fn every_place_of_a_file_can_be_asked_about() {
    let folder = folder(&FILES);
    let mut client = Client::of(folder.path(), "utf-8");
    client.open("compose.yaml", BASE);
    for (at, _) in BASE.char_indices() {
        client.change("compose.yaml", &BASE[..at]);
        let place = position(&BASE[..at], at);
        let params = json!({ "textDocument": { "uri": client.uri("compose.yaml") }, "position": place });
        client.request("textDocument/completion", params);
    }
}
