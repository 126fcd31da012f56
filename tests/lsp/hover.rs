//! What is said of the place under the cursor.

use serde_json::Value;

use super::client::Client;
use crate::common::folder;

fn hover(client: &mut Client, name: &str, part: &str) -> String {
    let place = client.at(name, part, 1);
    let found = client.request("textDocument/hover", place);
    found["contents"]["value"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn keys_and_values_of_a_compose_file_are_explained() {
    let folder = folder(&[
        (
            "compose.yaml",
            "services:\n  web:\n    image: \"nginx:${TAG}\"\n    ports: [\"8080:80\"]\n    depends_on: [db]\n  db:\n    image: postgres:18\n    ports:\n      - \"8080:5432\"\n    restart: always\n",
        ),
        ("compose.override.yaml", "services:\n  db:\n    restart: \"no\"\n"),
        (".env", "TAG=1.31\n"),
    ]);
    let mut client = Client::of(folder.path(), "utf-16");
    client.open_file("compose.yaml");
    client.diagnostics("compose.yaml");
    let image = hover(&mut client, "compose.yaml", "\"nginx");
    assert!(image.contains("**image**"), "{image}");
    assert!(image.contains("It comes to `nginx:1.31`"), "{image}");
    assert!(image.contains("`TAG` is `1.31`, set at .env:1:1"), "{image}");
    assert!(image.contains("written at compose.yaml:3:12"), "{image}");
    let facts = hover(&mut client, "compose.yaml", "postgres:18");
    assert!(facts.contains("listens on 5432"), "{facts}");
    let port = hover(&mut client, "compose.yaml", "\"8080:5432");
    assert!(port.contains("Port 8080 is published by `web` as well"), "{port}");
    let over = hover(&mut client, "compose.yaml", "always");
    assert!(over.contains("Another file writes over it: `no`"), "{over}");
    let service = hover(&mut client, "compose.yaml", "db:\n");
    assert!(service.contains("`web` waits for it"), "{service}");
    assert_eq!(hover(&mut client, "compose.yaml", "[db]"), hover(&mut client, "compose.yaml", "[db]"));
    let place = client.at("compose.yaml", "services", 0);
    assert_ne!(client.request("textDocument/hover", place), Value::Null);
}
