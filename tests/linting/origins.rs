//! A finding in what a stack is rendered to points to the stack.

use crate::common::{folder, run};

const STACK: &str = "\
name: shop
defaults: { privileged: true }
tiers:
  edge: { defaults: { cap_add: [SYS_ADMIN] } }
  data: { kind: infrastructure }
environments:
  dev-fast: { defaults: { pid: host } }
services:
  web:
    tier: edge
    image: nginx:1.31
    listen: 80
    health: none
    environment:
      FEED: http://localhost:5432
      NAME: http://127.0.0.1:5432
    publish: { production: 3306 }
    overrides:
      production: { environment: { NAME: http://localhost:5432 } }
  postgres: { tier: data, use: postgres@17, publish: 5432 }
  migrate: { tier: data, use: job, image: example/migrate }
";

/// Where the findings of a rule in a rendered file come from: the service that each is about, how, and that line.
fn origins(rule: &str, environment: &str) -> Vec<String> {
    let folder = folder(&[("shop/stack.yaml", STACK)]);
    let output = run(
        &folder,
        &["lint", "--stack", "shop", "--strict", "--pedantic", "--format", "json", "--select", rule],
    );
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    // A finding that shows in several environments stands in the file of the first, and names them unless those are all.
    let is_here = |finding: &serde_json::Value| {
        let message = finding["message"].as_str().expect("text");
        message
            .rsplit_once(" in `")
            .is_none_or(|(_, names)| format!("`{names}").contains(&format!("`{environment}`")))
    };
    let origin = |finding: &serde_json::Value| {
        let origin = finding["related"].as_array().and_then(|related| related.last()).expect("a place");
        assert_eq!(origin["file"], "shop/stack.yaml");
        let line = usize::try_from(origin["line"].as_u64().expect("a line")).expect("small");
        let line = STACK.lines().nth(line - 1).expect("there").trim();
        format!("{}: {line}", origin["message"].as_str().expect("text"))
    };
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().filter(|finding| is_here(finding)).map(origin).collect()
}

#[test]
fn a_finding_points_to_the_line_of_the_stack_that_causes_it() {
    assert_eq!(
        origins("localhost-reference", "production"),
        [
            "it comes from here: FEED: http://localhost:5432",
            "it comes from here: production: { environment: { NAME: http://localhost:5432 } }",
        ]
    );
    assert_eq!(origins("unbound-port", "production"), ["it comes from here: publish: { production: 3306 }"]);
}

#[test]
fn defaults_of_the_stack_a_tier_and_an_environment_are_told_from_the_service() {
    let of_stack = "it comes from here: defaults: { privileged: true }";
    assert_eq!(origins("privileged-service", "dev-fast"), [of_stack; 3]);
    assert_eq!(
        origins("dangerous-capability", "production"),
        ["it comes from here: edge: { defaults: { cap_add: [SYS_ADMIN] } }"]
    );
    let of_environment = "it comes from here: dev-fast: { defaults: { pid: host } }";
    assert_eq!(origins("host-namespace", "dev-fast"), [of_environment; 3]);
}

#[test]
fn what_a_template_says_points_to_where_it_is_used() {
    assert_eq!(
        origins("unpinned-digest", "infra"),
        [
            "it comes from the template `postgres@17` of this service: postgres: { tier: data, use: postgres@17, publish: \
             5432 }",
            "it comes from here: migrate: { tier: data, use: job, image: example/migrate }",
        ]
    );
}

#[test]
fn what_is_made_for_a_service_points_to_it() {
    assert_eq!(
        origins("writable-root", "dev-fast"),
        ["it is made for this service: migrate: { tier: data, use: job, image: example/migrate }"]
    );
}
