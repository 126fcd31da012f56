//! The mistakes that every team makes, in one project: each is told, at its own place, with a way out.

use crate::common::{folder, run};

const PROJECT: &str = "\
services:
  web:
    image: nginx:1.27
    ports: [\"8080:80\"]
    depends_on: [api]
  api:
    image: example/api:1.4
    ports: [\"8080:8000\"]
    environment:
      CACHE_URL: redis://localhost:6379/0
      API_TOKEN: 4f9a8c7b2d1e6f3a5b8c9d0e
    depends_on:
      cache: {condition: service_healthy}
      worker: {condition: service_started}
  worker:
    image: example/worker:latest
    container_name: worker
    deploy: {replicas: 3}
    command: sh -c \"sleep 45 && ./work\"
    depends_on: [api, databse]
  cache:
    image: redis:7.4
    ports: [\"6379:6379\"]
  database:
    image: postgres:16.4
    healthcheck:
      test: [\"CMD\", \"curl\", \"-f\", \"http://127.0.0.1:5432/\"]
    networks: [private]
    volumes: [data:/var/lib/postgresql/data]
  report:
    image: example/report:2.0
    depends_on:
      database: {condition: service_healthy}
networks:
  private:
volumes:
  data:
";

#[test]
fn twelve_mistakes_are_found_each_at_its_place() {
    let folder = folder(&[("compose.yaml", PROJECT)]);
    let output = run(&folder, &["lint", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    for (rule, place) in [
        ("port-collision", (8, 13)),
        ("localhost-reference", (10, 26)),
        ("inline-secret", (11, 18)),
        ("gate-without-probe", (13, 26)),
        ("dependency-cycle", (20, 18)),
        ("floating-tag", (16, 27)),
        ("container-name-with-replicas", (17, 21)),
        ("sleep-as-gate", (19, 21)),
        ("unknown-dependency", (20, 23)),
        ("exposed-admin-port", (23, 13)),
        ("absent-tool", (27, 21)),
        ("unreachable-dependency", (33, 7)),
    ] {
        let of_rule = |finding: &&serde_json::Value| finding["name"] == rule;
        let found = findings.iter().find(of_rule).unwrap_or_else(|| panic!("no {rule}: {report:#}"));
        let number = |key: &str| found[key].as_u64().expect("a number");
        assert_eq!((number("line"), number("column")), place, "{rule}");
        assert!(found["help"].as_str().is_some_and(|help| !help.is_empty()), "{rule}");
    }
}
