//! A finding in what a stack is rendered to points to the stack.

use crate::common::{folder, run};

const STACK: &str = "\
name: shop
tiers:
  edge: { defaults: { labels: { tier: edge } } }
  data: { kind: infrastructure }
services:
  web:
    tier: edge
    image: nginx:1.31
    health: none
    environment:
      FEED: http://localhost:5432
      NAME: http://127.0.0.1:5432
    overrides:
      production: { environment: { NAME: http://localhost:5432 } }
  postgres: { tier: data, use: postgres@17, publish: 5432 }
";

#[test]
fn a_finding_points_to_the_line_of_the_stack_that_causes_it() {
    let folder = folder(&[("shop/stack.yaml", STACK)]);
    let output =
        run(&folder, &["lint", "--stack", "shop", "--format", "json", "--select", "localhost-reference"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    let origin = |file: &str, at: usize| {
        let mut here = findings.iter().filter(|it| it["file"] == format!("shop/docker-compose.{file}.yml"));
        let related = here.nth(at).expect("a finding")["related"].as_array().expect("places").clone();
        let origin = related.last().expect("a place").clone();
        assert_eq!(
            (&origin["file"], &origin["message"]),
            (&"shop/stack.yaml".into(), &"it comes from here".into())
        );
        let line = origin["line"].as_u64().expect("a line");
        STACK.lines().nth(usize::try_from(line).expect("small") - 1).expect("there").trim()
    };
    assert_eq!(origin("production", 0), "FEED: http://localhost:5432");
    assert_eq!(origin("production", 1), "production: { environment: { NAME: http://localhost:5432 } }");
}
