//! How a text is built.

use serde_json::json;

use super::client::Client;
use crate::common::folder;

const TEXT: &str = "# one\n# two\nservices:\n  web:\n    image: \"nginx:${TAG}\"\n    env_file: ./app.env\n    build: ./web\n    environment:\n      PASSWORD: \"${PASSWORD}\"\n      URL: \"http://db:5432\"\n  db:\n    image: postgres:18\n";

#[test]
fn symbols_folds_selections_links_hints_and_tokens() {
    let folder = folder(&[
        ("app.env", "A=1\n"),
        ("web/Dockerfile", "FROM alpine:3.22\n"),
        (".env", "TAG=1.31\nPASSWORD=geheim\n"),
    ]);
    let mut client = Client::of(folder.path(), "utf-16");
    client.open("compose.yaml", TEXT);
    client.diagnostics("compose.yaml");
    let whole = client.whole("compose.yaml");
    let symbols = client.request("textDocument/documentSymbol", whole.clone());
    assert_eq!(symbols[0]["name"], "services");
    assert_eq!(symbols[0]["children"][1]["name"], "db");
    assert_eq!(symbols[0]["children"][1]["detail"], "postgres:18");
    let folds = client.request("textDocument/foldingRange", whole.clone());
    let folds: Vec<(u64, u64)> = folds
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|it| Some((it["startLine"].as_u64()?, it["endLine"].as_u64()?)))
        .collect();
    assert!(folds.contains(&(2, 11)) && folds.contains(&(3, 9)) && folds.contains(&(0, 1)), "{folds:?}");
    let mut params = whole.clone();
    params["positions"] = json!([{ "line": 4, "character": 14 }]);
    let mut selection = client.request("textDocument/selectionRange", params)[0].clone();
    let mut count = 0;
    while !selection.is_null() {
        selection = selection["parent"].clone();
        count += 1;
    }
    assert!(count > 4, "{count}");
    let links = client.request("textDocument/documentLink", whole.clone());
    let targets: Vec<&str> =
        links.as_array().expect("a list").iter().filter_map(|it| it["target"].as_str()).collect();
    assert_eq!(targets, [client.uri("app.env"), client.uri("web/Dockerfile")]);
    let mut params = whole.clone();
    params["range"] =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let hints = client.request("textDocument/inlayHint", params);
    let labels: Vec<&str> =
        hints.as_array().expect("a list").iter().filter_map(|it| it["label"].as_str()).collect();
    assert_eq!(labels, ["= nginx:1.31"]);
    let tokens = client.request("textDocument/semanticTokens/full", whole.clone());
    let data: Vec<u64> =
        tokens["data"].as_array().expect("a list").iter().filter_map(|it| it.as_u64()).collect();
    assert_eq!(data[..5], [4, 20, 3, 0, 0]);
    assert_eq!(data[10..], [1, 19, 2, 1, 0]);
    let lenses = client.request("textDocument/codeLens", whole);
    assert!(lenses[0]["command"]["title"].as_str().is_some_and(|it| it.contains(" finding")), "{lenses}");
    for command in ["stackgen.graph", "stackgen.ports"] {
        let params = json!({ "command": command, "arguments": [client.uri("compose.yaml")] });
        assert!(client.request("workspace/executeCommand", params).is_string(), "{command}");
    }
    let id = client.ask("workspace/executeCommand", json!({ "command": "rm", "arguments": ["/"] }));
    assert!(client.answer(id)["error"]["message"].is_string());
}
