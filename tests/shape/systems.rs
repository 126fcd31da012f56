//! Two small systems of the kinds that people bring along, each a folder beside this file: many services that tell one
//! collector what they do, over a template of the stack's own, with a managed database in production; and one image with many
//! commands, a job that all wait for, and a profile.

use std::fs;
use std::path::Path;

use super::accepted;
use crate::common::{Rendered, render};
use serde_json::Value;

/// A system, rendered and accepted by Docker Compose, by environment.
fn system(name: &str) -> (Rendered, impl Fn(&str) -> Value) {
    let folder = Path::new("tests/shape/systems").join(name);
    let text = fs::read_to_string(folder.join("stack.yaml")).expect("a stack");
    let rendered = render(&text, Some(&folder)).unwrap_or_else(|message| panic!("{message}"));
    let read = accepted(&rendered);
    let names: Vec<String> = rendered.plans.iter().map(|plan| plan.environment.clone()).collect();
    let find = move |name: &str| {
        let at = names.iter().position(|environment| environment == name).expect("an environment");
        read[at].clone()
    };
    (rendered, find)
}

#[test]
fn services_of_one_template_tell_one_collector() {
    let (rendered, environment) = system("otel");
    let (production, watching) = (environment("production"), environment("observability"));
    for name in ["frontend", "cart", "accounting"] {
        let service = &production["services"][name];
        assert_eq!(service["environment"]["OTEL_SERVICE_NAME"], name);
        assert_eq!(service["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"], "http://collector:4317");
        assert!(service["depends_on"].get("collector").is_none(), "nobody waits for the collector");
    }
    // It is found where they are.
    assert!(watching["services"]["collector"]["networks"].get("shop").is_some());
    assert_eq!(watching["networks"]["shop"]["name"], "astronomy-production_shop");
    // Somebody else runs the database in production, and nobody does in development.
    assert!(production["services"].get("postgres").is_none());
    assert_eq!(
        environment("dev-fast")["services"]["accounting"]["depends_on"]["postgres"]["condition"],
        "service_healthy"
    );
    insta::assert_snapshot!("otel", rendered.file("docker-compose.production.yml"));
}

#[test]
fn one_image_runs_many_commands_behind_one_job() {
    let (rendered, environment) = system("airflow");
    for name in ["production", "dev-fast"] {
        let services = environment(name)["services"].clone();
        for waiting in ["api-server", "scheduler", "worker", "flower"] {
            let Some(service) = services.get(waiting) else {
                assert_eq!(waiting, "flower", "only the one with a profile is left out");
                continue;
            };
            assert_eq!(
                service["depends_on"]["init"]["condition"], "service_completed_successfully",
                "{waiting}"
            );
        }
        assert!(services["init"]["depends_on"].get("init").is_none() && services.get("init-done").is_none());
    }
    insta::assert_snapshot!("airflow", rendered.file("docker-compose.production.yml"));
}
