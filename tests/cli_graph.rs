//! `stackgen graph`: the order of the start, the longest chain of waits, and pictures of both.

use crate::common::{folder, page};

const SHOP: &str = "\
services:
  gateway:
    image: nginx:1.27
    depends_on: [api]
    links: [api, statistics]
  api:
    image: example/api:1.4
    depends_on:
      database: {condition: service_healthy}
      migrate: {condition: service_completed_successfully}
    environment:
      PASSWORD: ${PASSWORD:?}
  migrate:
    image: example/api:1.4
    depends_on:
      database: {condition: service_healthy}
  database:
    image: postgres:16.4
  statistics:
    image: example/statistics:1.4
    network_mode: service:api
  end:
    image: example/end:1.4
    profiles: [late]
    depends_on: [gateway]
";

#[test]
fn the_order_and_the_longest_chain_are_shown() {
    let folder = folder(&[("compose.yaml", SHOP)]);
    insta::assert_snapshot!("order", page(&folder, &["graph"]));
    insta::assert_snapshot!("order_of_a_profile", page(&folder, &["graph", "--profile", "late"]));
}

#[test]
fn the_graph_is_drawn_for_pages_and_for_graphviz() {
    let folder = folder(&[("compose.yaml", SHOP)]);
    for format in ["mermaid", "dot"] {
        insta::assert_snapshot!(format, page(&folder, &["graph", "--format", format]));
    }
}

#[test]
fn a_project_without_waits_is_one_line() {
    let folder = folder(&[("compose.yaml", "services:\n  a: {image: a:1}\n  b: {image: b:1}\n")]);
    insta::assert_snapshot!("no_waits", page(&folder, &["graph"]));
}

#[test]
fn where_compose_would_refuse_there_is_no_graph() {
    let folder = folder(&[(
        "compose.yaml",
        "services:\n  a: {image: a:1, depends_on: [b]}\n  b: {image: b:1, depends_on: [a, c]}\n",
    )]);
    insta::assert_snapshot!("refused", page(&folder, &["graph"]));
}

#[test]
fn a_circle_through_other_keys_is_one_too() {
    let folder = folder(&[(
        "compose.yaml",
        "services:\n  a: {image: a:1, links: [b]}\n  b: {image: b:1, volumes_from: [a]}\n",
    )]);
    insta::assert_snapshot!("circle", page(&folder, &["graph"]));
}
