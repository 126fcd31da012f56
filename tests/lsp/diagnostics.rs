//! What is said while one types.

use serde_json::{Value, json};

use super::client::{Client, codes};
use crate::common::{folder, write};

const SHOP: &str = "services:\n  web:\n    image: nginx:1.31\n    ports: [\"8080:80\"]\n  api:\n    image: example/api:1.4\n    ports: [\"127.0.0.1:8080:8000\"]\n";

#[test]
fn findings_have_places_codes_links_and_related_places() {
    let folder = folder(&[("compose.yaml", SHOP)]);
    let mut client = Client::of(folder.path(), "utf-16");
    client.open_file("compose.yaml");
    let found = client.diagnostics("compose.yaml");
    let clash = found.iter().find(|it| it["code"] == "SG201").expect("the collision");
    assert_eq!(clash["severity"], 1);
    assert_eq!(clash["source"], "stackgen");
    assert_eq!(clash["range"]["start"]["line"], 6);
    assert_eq!(clash["relatedInformation"][0]["location"]["uri"], client.uri("compose.yaml"));
    assert_eq!(clash["relatedInformation"][0]["location"]["range"]["start"]["line"], 3);
    let page = clash["codeDescription"]["href"].as_str().expect("a link").to_owned();
    let text = client.request("workspace/textDocumentContent", json!({ "uri": page }));
    assert!(text["text"].as_str().is_some_and(|text| text.starts_with("# SG201 port-collision")), "{text}");
}

#[test]
fn unsaved_text_counts_in_the_whole_project() {
    let folder = folder(&[
        ("compose.yaml", "services:\n  web:\n    image: nginx:1.31\n    depends_on: [db]\n"),
        ("compose.override.yaml", "services:\n  db:\n    image: postgres:18\n    command: postgres\n"),
    ]);
    let mut client = Client::of(folder.path(), "utf-8");
    client.open_file("compose.yaml");
    assert!(!codes(&client.diagnostics("compose.yaml")).contains(&"SG302"));
    client.open_file("compose.override.yaml");
    client.diagnostics("compose.override.yaml");
    client.change("compose.override.yaml", "services:\n  database:\n    image: postgres:18\n");
    let uri = client.uri("compose.yaml");
    let told = client.wait(|message| {
        message["method"] == "textDocument/publishDiagnostics"
            && message["params"]["uri"] == uri
            && message["params"]["diagnostics"].as_array().is_some_and(|all| codes(all).contains(&"SG302"))
    });
    assert_eq!(told["params"]["version"], 1);
    // Closed without being saved, the disk counts again.
    client.notify("textDocument/didClose", client.whole("compose.override.yaml"));
    client.wait(|message| {
        message["method"] == "textDocument/publishDiagnostics"
            && message["params"]["uri"] == uri
            && message["params"]["diagnostics"].as_array().is_some_and(|all| !codes(all).contains(&"SG302"))
    });
}

#[test]
fn places_count_as_the_client_counts() {
    // An elephant is 4 bytes, 2 units of UTF-16 and 1 character.
    let text = "services:\r\n  web: # 🐘\r\n    image: nginx:1.31\r\n    labels: { \"🐘\": a, ports: 1 }\r\n    \"🐘\": { tty: maybe }\r\n";
    for (encoding, column) in [("utf-8", 4), ("utf-16", 4), ("utf-32", 4)] {
        let folder = folder(&[("compose.yaml", text)]);
        let mut client = Client::of(folder.path(), encoding);
        assert_eq!(client.capabilities["positionEncoding"], encoding);
        client.open_file("compose.yaml");
        let found = client.diagnostics("compose.yaml");
        let unknown = found.iter().find(|it| it["code"] == "SG003").expect("an unknown key");
        assert_eq!(unknown["range"]["start"], json!({ "line": 4, "character": column }));
        let width = match encoding {
            "utf-8" => 6,
            "utf-16" => 4,
            _ => 3,
        };
        assert_eq!(unknown["range"]["end"], json!({ "line": 4, "character": column + width }));
        // An edit behind the elephant.
        let behind = column + width + 3;
        let range =
            json!({ "start": { "line": 4, "character": 4 }, "end": { "line": 4, "character": behind } });
        client.edit("compose.yaml", json!([{ "range": range, "text": "x-y: { " }]));
        assert!(!codes(&client.diagnostics("compose.yaml")).contains(&"SG003"), "{encoding}");
    }
}

#[test]
fn the_rules_of_the_repository_hold() {
    let folder = folder(&[("compose.yaml", SHOP), ("stackgen.toml", "[rules]\nport-collision = \"off\"\n")]);
    let mut client = Client::of(folder.path(), "utf-8");
    client.open_file("compose.yaml");
    assert!(!codes(&client.diagnostics("compose.yaml")).contains(&"SG201"));
    write(&folder, "stackgen.toml", "strict = true\n");
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
    let uri = client.uri("compose.yaml");
    client.wait(|message| {
        message["params"]["uri"] == uri
            && message["params"]["diagnostics"]
                .as_array()
                .is_some_and(|all| codes(all).contains(&"SG201") && codes(all).contains(&"SG605"))
    });
}

#[test]
fn what_need_not_be_there_and_what_is_old_is_marked() {
    let folder = folder(&[]);
    let mut client = Client::of(folder.path(), "utf-8");
    client.open(
        "compose.yaml",
        "version: \"3\"\nservices:\n  web:\n    image: nginx:1.31\nvolumes:\n  data:\n",
    );
    let found = client.diagnostics("compose.yaml");
    let tags = |code: &str| found.iter().find(|it| it["code"] == code).map(|it| it["tags"].clone());
    assert_eq!(tags("SG013"), Some(json!([2])));
    assert_eq!(tags("SG104"), Some(json!([1])));
}

#[test]
fn any_compose_file_is_known_by_what_it_holds() {
    let folder = folder(&[]);
    let mut client = Client::of(folder.path(), "utf-8");
    client.open("infra.yml", SHOP);
    assert!(codes(&client.diagnostics("infra.yml")).contains(&"SG201"));
    client.open("chart.yaml", "name: x\nvalues: {a: 1}\n");
    assert_eq!(client.diagnostics("chart.yaml"), [Value::Null; 0]);
}

#[test]
fn a_file_outside_of_the_workspace_is_looked_at_alone() {
    let outside = folder(&[("compose.yaml", SHOP), ("deep/compose.yaml", SHOP)]);
    let mut client = Client::with(outside.path(), "utf-8", json!([]), json!({}));
    client.open_file("compose.yaml");
    assert!(codes(&client.diagnostics("compose.yaml")).contains(&"SG201"));
}

#[test]
fn every_beginning_of_a_file_is_borne() {
    let text = "x-a: &a { tty: true }\nservices:\n  web: # 🐘\n    <<: *a\n    image: \"nginx:${TAG:-1.31}\"\n    ports:\n      - \"80:80\"\n    environment: { A: 'b', C: [d] }\n    command: |\n      a\n      b\n";
    let folder = folder(&[("compose.yaml", text)]);
    let mut client = Client::of(folder.path(), "utf-8");
    client.open("compose.yaml", "");
    client.diagnostics("compose.yaml");
    for (at, _) in text.char_indices().chain([(text.len(), ' ')]) {
        client.change("compose.yaml", &text[..at]);
        let end = client.diagnostics("compose.yaml");
        let lines = text[..at].split('\n').count() as u64;
        for one in &end {
            assert!(one["range"]["end"]["line"].as_u64().is_some_and(|line| line < lines), "{at}: {one}");
        }
        let position = super::client::position(&text[..at], at);
        let place = json!({ "textDocument": { "uri": client.uri("compose.yaml") }, "position": position });
        client.request("textDocument/hover", place);
    }
    assert_eq!(client.end().code(), Some(0));
}
