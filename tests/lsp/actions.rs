//! What can be done about findings.

use serde_json::{Value, json};

use super::client::{Client, codes};
use super::edited;
use crate::common::folder;

const TEXT: &str = "# 🐘\nservices:\n  db:\n    image: postgres:18\n    volumes: [\"used:/var/lib/postgresql\"]\nvolumes:\n  used: {}\n  data: {}\n";

fn actions(client: &mut Client, name: &str, only: Option<&str>) -> Vec<Value> {
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let mut context = json!({ "diagnostics": [] });
    if let Some(only) = only {
        context["only"] = json!([only]);
    }
    let params = json!({ "textDocument": { "uri": client.uri(name) }, "range": range, "context": context });
    client.request("textDocument/codeAction", params).as_array().cloned().unwrap_or_default()
}

#[test]
fn fixes_comments_and_pages_are_offered() {
    let folder = folder(&[]);
    let mut client = Client::of(folder.path(), "utf-16");
    client.open("compose.yaml", TEXT);
    let found = client.diagnostics("compose.yaml");
    assert!(codes(&found).contains(&"SG104"), "{found:?}");
    let all = actions(&mut client, "compose.yaml", None);
    let uri = client.uri("compose.yaml");
    let fix = all.iter().find(|it| it["isPreferred"] == true).expect("a safe fix");
    assert_eq!(fix["kind"], "quickfix");
    let fixed = edited(TEXT, fix["edit"]["changes"][&uri].as_array().expect("edits"));
    assert!(!fixed.contains("data") && fixed.contains("used: {}"), "{fixed}");
    let known =
        all.iter().find(|it| it["title"] == "Ignore unused-resource here, and say why").expect("a comment");
    let ignored = edited(TEXT, known["edit"]["changes"][&uri].as_array().expect("edits"));
    client.change("compose.yaml", &ignored);
    let left = client.diagnostics("compose.yaml");
    assert!(!codes(&left).contains(&"SG104"), "{ignored}\n{left:?}");
    let explain = all.iter().find(|it| it["command"]["command"] == "stackgen.explain").expect("a page");
    let params = json!({ "command": "stackgen.explain", "arguments": explain["command"]["arguments"] });
    let page = client.request("workspace/executeCommand", params);
    assert!(page.as_str().is_some_and(|page| page.starts_with("# SG")), "{page}");
    assert!(
        client.wait(|message| message["method"] == "window/showMessage")["params"]["message"].is_string()
    );
}

#[test]
fn all_that_is_safe_is_fixed_at_once() {
    let folder = folder(&[]);
    let mut client = Client::of(folder.path(), "utf-16");
    client.open("compose.yaml", TEXT);
    client.diagnostics("compose.yaml");
    let all = actions(&mut client, "compose.yaml", Some("source.fixAll"));
    let [action] = &all[..] else { panic!("{all:?}") };
    let uri = client.uri("compose.yaml");
    let fixed = edited(TEXT, action["edit"]["changes"][&uri].as_array().expect("edits"));
    client.change("compose.yaml", &fixed);
    client.diagnostics("compose.yaml");
    assert_eq!(actions(&mut client, "compose.yaml", Some("source.fixAll")), [Value::Null; 0]);
}

#[test]
fn a_comment_is_never_put_into_a_text() {
    let text = "services:\n  db:\n    image: postgres:18\n    command: |\n      sleep 30\n      exec postgres\n  web:\n    image: nginx:1.31\n    healthcheck: { test: [\"CMD\",\n      \"curl\", \"$HOST\"] }\n";
    let folder = folder(&[]);
    let mut client = Client::of(folder.path(), "utf-8");
    client.open("compose.yaml", text);
    client.diagnostics("compose.yaml");
    let uri = client.uri("compose.yaml");
    for action in actions(&mut client, "compose.yaml", Some("quickfix")) {
        let title = action["title"].as_str().expect("a title");
        if title.starts_with("Ignore") {
            let after = edited(text, action["edit"]["changes"][&uri].as_array().expect("edits"));
            let value = |text: &str| serde_yaml::from_str::<serde_yaml::Value>(text).expect("YAML");
            assert_eq!(value(&after), value(text), "{title}\n{after}");
        }
    }
}
