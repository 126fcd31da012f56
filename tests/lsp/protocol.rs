//! Conversations that go wrong: the server answers or says why, and lives.

use serde_json::{Value, json};

use super::client::{Client, codes};
use crate::common::folder;

const FILE: &str = "services:\n  web:\n    image: nginx:1.31\n    ports: [\"80:80\"]\n    tty: maybe\n";

#[test]
fn a_conversation_begins_and_ends_in_order() {
    let folder = folder(&[]);
    let mut client = Client::silent(folder.path());
    let early = client.ask("textDocument/hover", json!({}));
    assert_eq!(client.answer(early)["error"]["code"], -32002);
    let result = client.request("initialize", json!({ "capabilities": {} }));
    assert_eq!(result["serverInfo"]["name"], "stackgen");
    assert_eq!(result["capabilities"]["positionEncoding"], "utf-16");
    let again = client.ask("initialize", json!({ "capabilities": {} }));
    assert_eq!(client.answer(again)["error"]["code"], -32600);
    client.request("shutdown", Value::Null);
    let late = client.ask("textDocument/hover", json!({}));
    assert_eq!(client.answer(late)["error"]["code"], -32600);
    client.notify("exit", Value::Null);
    assert_eq!(client.status().code(), Some(0));
}

#[test]
fn an_end_without_shutdown_is_an_error() {
    let folder = folder(&[]);
    let mut client = Client::of(folder.path(), "utf-8");
    client.notify("exit", Value::Null);
    assert_eq!(client.status().code(), Some(1));
    // A client that is gone has said nothing at all.
    let mut client = Client::silent(folder.path());
    assert_eq!(client.status().code(), Some(1));
}

#[test]
fn garbage_is_told_and_passed_over() {
    let folder = folder(&[("compose.yaml", FILE)]);
    let mut client = Client::of(folder.path(), "utf-8");
    client.raw(b"Content-Length: 1\r\n\r\n{");
    assert_eq!(
        client.wait(|message| message["id"].is_null() && message.get("error").is_some())["error"]["code"],
        -32700
    );
    client.raw(b"Content-Length: 4\r\n\r\n\xff\xfe\xff\xfe");
    assert_eq!(
        client.wait(|message| message["id"].is_null() && message.get("error").is_some())["error"]["code"],
        -32700
    );
    client.raw(b"Content-Length: 2\r\n\r\n{}");
    assert_eq!(
        client.wait(|message| message["id"].is_null() && message.get("error").is_some())["error"]["code"],
        -32600
    );
    client.raw(b"hello\r\n");
    assert_eq!(
        client.wait(|message| message["id"].is_null() && message.get("error").is_some())["error"]["code"],
        -32700
    );
    let unknown = client.ask("textDocument/foo", json!({}));
    assert_eq!(client.answer(unknown)["error"]["code"], -32601);
    let wrong = client.ask("textDocument/hover", json!({ "position": 1 }));
    assert_eq!(client.answer(wrong)["error"]["code"], -32602);
    client.notify("textDocument/didChange", json!({ "textDocument": 7 }));
    client.notify("foo/bar", json!({}));
    client.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": "file:///nowhere.yaml", "version": 3 }, "contentChanges": [] }),
    );
    client.open("compose.yaml", FILE);
    assert_eq!(codes(&client.diagnostics("compose.yaml")), ["SG005"]);
    // Positions that are not there.
    for (line, character) in [(0, 999), (999, 0), (u32::MAX, u32::MAX)] {
        let params = json!({ "textDocument": { "uri": client.uri("compose.yaml") }, "position": { "line": line, "character": character } });
        client.request("textDocument/hover", params);
    }
    assert_eq!(client.end().code(), Some(0));
}

#[test]
fn a_request_that_waits_can_be_cancelled() {
    let folder = folder(&[("compose.yaml", FILE)]);
    let mut client = Client::of(folder.path(), "utf-8");
    client.open("compose.yaml", FILE);
    client.diagnostics("compose.yaml");
    let place = client.at("compose.yaml", "image", 1);
    let mut text = String::new();
    for message in [
        json!({ "jsonrpc": "2.0", "id": "a", "method": "textDocument/hover", "params": place }),
        json!({ "jsonrpc": "2.0", "id": "b", "method": "textDocument/hover", "params": place }),
        json!({ "jsonrpc": "2.0", "method": "$/cancelRequest", "params": { "id": "b" } }),
    ] {
        let message = message.to_string();
        text.push_str(&format!("Content-Length: {}\r\n\r\n{message}", message.len()));
    }
    client.raw(text.as_bytes());
    client.wait(|message| message["id"] == "a");
    // Either it was answered before the server heard of it, or it is refused; it never stays open.
    let answer = client.wait(|message| message["id"] == "b");
    assert!(answer.get("result").is_some() || answer["error"]["code"] == -32800, "{answer}");
    client.notify("$/cancelRequest", json!({ "id": "b" }));
    let again = client.request("textDocument/hover", place);
    assert!(again["contents"]["value"].as_str().is_some_and(|text| text.contains("image")), "{again}");
}
