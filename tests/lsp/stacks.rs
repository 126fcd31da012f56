//! Stacks in the editor.

use serde_json::json;

use super::client::{Client, codes, position};
use super::edited;
use crate::common::folder;

const STACK: &str = "name: shop\ntiers:\n  data: { kind: infrastructure }\n  app: { kind: application }\nservices:\n  postgres:\n    tier: data\n    use: postgres@18\n    with: { databases: [shop] }\n  api:\n    tier: app\n    image: example/api:1.4\n    listen: 8000\n    health: none\n    environment:\n      DATABASE_URL: \"${{ postgres.url }}\"\n  worker:\n    tier: app\n    image: example/worker:1.4\n    health: none\n    needs: [api]\n";

fn opened(text: &str) -> (tempfile::TempDir, Client) {
    let folder = folder(&[("stack.yaml", text)]);
    let mut client = Client::of(folder.path(), "utf-16");
    client.open_file("stack.yaml");
    (folder, client)
}

#[test]
fn what_is_wrong_with_a_stack_and_with_what_it_becomes_stands_in_it() {
    let (_folder, mut client) = opened(STACK);
    let found = client.diagnostics("stack.yaml");
    assert!(!found.iter().any(|it| it["severity"] == 1), "{found:?}");
    client.change("stack.yaml", &STACK.replace("needs: [api]", "needs: [apo]"));
    let found = client.diagnostics("stack.yaml");
    assert!(codes(&found).contains(&"ST103"), "{found:?}");
    // What only what is rendered shows: at the line that causes it.
    client.change("stack.yaml", &STACK.replace("example/worker:1.4", "example/worker"));
    let found = client.diagnostics("stack.yaml");
    let tag = found.iter().find(|it| it["code"] == "SG601").expect("a floating tag");
    assert_eq!(tag["range"]["start"]["line"], 18, "{tag}");
}

#[test]
fn a_wrong_configuration_is_told_where_it_is_written() {
    let folder = folder(&[("stackgen.toml", "[rules]\nport-colision = \"off\"\n")]);
    let mut client = Client::of(folder.path(), "utf-8");
    client.open_file("stackgen.toml");
    let found = client.diagnostics("stackgen.toml");
    assert_eq!(found[0]["range"]["start"]["line"], 1, "{found:?}");
    client.change("stackgen.toml", "[rules]\nport-collision = \"off\"\n");
    assert_eq!(client.diagnostics("stackgen.toml"), [serde_json::Value::Null; 0]);
    let place = client.at("stackgen.toml", "\"off", 1);
    let offered = client.request("textDocument/completion", place);
    assert!(offered["items"].to_string().contains("\"hint\""), "{offered}");
}

#[test]
fn templates_references_and_keys_are_explained() {
    let (_folder, mut client) = opened(STACK);
    client.diagnostics("stack.yaml");
    let mut hover = |part: &str| {
        let place = client.at("stack.yaml", part, 1);
        client.request("textDocument/hover", place)["contents"]["value"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert!(hover("postgres@18").contains("- `databases`"), "{}", hover("postgres@18"));
    let becomes = hover("\"${{ postgres");
    assert!(becomes.contains("- production: `postgresql"), "{becomes}");
    assert!(hover("databases:").contains("**databases**"));
    assert!(hover("listen").contains("ports"));
    assert!(hover("worker:").contains("example/worker:1.4"));
}

#[test]
fn templates_parameters_names_and_references_are_offered() {
    let (_folder, mut client) = opened(STACK);
    client.diagnostics("stack.yaml");
    let place = client.at("stack.yaml", "tier: app", 1);
    client.request("textDocument/hover", place);
    for (typed, wanted) in [
        ("  x:\n    use: |", "redis"),
        ("  x:\n    tier: |", "data"),
        ("  x:\n    tier: app\n    needs: [|", "api"),
        ("  x:\n    tier: app\n    health|", "health"),
        ("  x:\n    tier: app\n    environment:\n      A: \"${{ |", "postgres"),
        ("  x:\n    tier: app\n    environment:\n      A: \"${{ postgres.|", "url"),
        ("  x:\n    tier: app\n    overrides:\n      |", "production"),
        ("  x:\n    tier: app\n    deploy:\n      |", "resources"),
    ] {
        let text = format!("{STACK}{typed}");
        let at = text.find('|').expect("a cursor");
        let text = text.replacen('|', "", 1);
        client.change("stack.yaml", &text);
        let params =
            json!({ "textDocument": { "uri": client.uri("stack.yaml") }, "position": position(&text, at) });
        let found = client.request("textDocument/completion", params);
        let labels: Vec<&str> =
            found["items"].as_array().expect("items").iter().filter_map(|it| it["label"].as_str()).collect();
        assert!(labels.iter().any(|label| label.split('@').next() == Some(wanted)), "{typed}: {labels:?}");
    }
}

#[test]
fn a_service_of_a_stack_is_renamed_with_its_references() {
    let (_folder, mut client) = opened(STACK);
    client.diagnostics("stack.yaml");
    let mut params = client.at("stack.yaml", "postgres:\n", 1);
    params["newName"] = json!("database");
    let edit = client.request("textDocument/rename", params);
    let after = edited(STACK, edit["changes"][client.uri("stack.yaml")].as_array().expect("edits"));
    assert!(after.contains("  database:\n") && after.contains("${{ database.url }}"), "{after}");
    assert!(after.contains("use: postgres@18"), "{after}");
    client.change("stack.yaml", &after);
    let found = client.diagnostics("stack.yaml");
    assert!(!found.iter().any(|it| it["severity"] == 1), "{found:?}");
}

#[test]
fn what_is_rendered_is_shown() {
    let (_folder, mut client) = opened(STACK);
    client.diagnostics("stack.yaml");
    let whole = client.whole("stack.yaml");
    let lenses = client.request("textDocument/codeLens", whole.clone());
    let preview =
        lenses.as_array().expect("a list").iter().find(|it| it["command"]["command"] == "stackgen.preview");
    let arguments = preview.expect("a lens")["command"]["arguments"].clone();
    let text = client.request(
        "workspace/executeCommand",
        json!({ "command": "stackgen.preview", "arguments": arguments }),
    );
    assert!(text.as_str().is_some_and(|text| text.contains("image: example/api:1.4")), "{text}");
    let mut params = whole;
    params["range"] =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let hints = client.request("textDocument/inlayHint", params);
    assert!(hints.to_string().contains("postgresql://"), "{hints}");
}
