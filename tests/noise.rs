//! Nobody is told of what is not theirs, what they have said on purpose, or the same thing twice.

use std::process::Output;

use serde_json::Value;

use crate::common::{folder, page, run, write};

const HEAD: &str = "\
name: shop
tiers:
  data: { kind: infrastructure }
  web: {}
";

fn stack(services: &[&str]) -> String {
    let services: String = services.iter().map(|line| format!("  {line}\n")).collect();
    format!("{HEAD}services:\n{services}")
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The names of the rules of what `lint --stack` finds, with their messages.
fn findings(stack: &str) -> Vec<(String, String)> {
    let folder = folder(&[("shop/stack.yaml", stack)]);
    let output = run(&folder, &["lint", "--stack", "shop", "--format", "json"]);
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", told(&output)));
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().map(|finding| (text(finding, "name"), text(finding, "message"))).collect()
}

#[test]
fn g_render_reads_no_env_file() {
    let services = stack(&[
        "db: { tier: data, use: postgres@17 }",
        "api: { tier: web, image: 'a/b:1', env_file: [.env, api.env], environment: { DB_HOST: '${{ db.host }}' } }",
        "job: { tier: web, use: job, image: 'a/b:1', env_file: { path: broken.env, required: false } }",
    ]);
    // As a mapping it is no form that Compose takes; as a list it is.
    let services =
        services.replace("{ path: broken.env, required: false }", "[{ path: broken.env, required: false }]");
    let folder = folder(&[("stack.yaml", &services)]);
    let rendered = |folder| {
        let output = run(folder, &["render", "--stdout"]);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        assert_eq!(told(&output), "");
        output.stdout
    };
    let without = rendered(&folder);
    write(&folder, ".env", "DB_HOST=localhost\nCORS_ORIGINS=http://localhost:3000\n");
    write(&folder, "api.env", "DB_HOST=other\nREDIS_URL=redis://localhost:6379\n");
    write(&folder, "broken.env", "A B C\n='\n");
    assert_eq!(without, rendered(&folder));
}

#[test]
fn g_a_withdrawn_image_is_a_warning() {
    let services = stack(&[
        "mail: { tier: web, image: 'mailhog/mailhog:v1.0.1', listen: 8025, health: none }",
        "trace: { tier: web, image: 'jaegertracing/all-in-one:1.60', listen: 16686, health: none }",
        "logs: { tier: web, image: 'grafana/promtail:3.0.0', health: none } # stackgen: ignore[withdrawn-image] until spring",
    ]);
    let folder = folder(&[("stack.yaml", &services)]);
    assert_eq!(run(&folder, &["render", "--check"]).status.code(), Some(1));
    insta::assert_snapshot!(page(&folder, &["render"]));
    let found = findings(&services);
    let gone = found.iter().filter(|(rule, _)| rule == "withdrawn-image").count();
    assert!(gone >= 2, "{found:?}");
}

#[test]
fn d6_what_is_said_on_purpose_is_no_finding() {
    let services = [
        "db: { tier: data, use: postgres@17 }",
        "a: { tier: web, image: 'a/b:1', listen: 80, health: { command: [x] }, needs: { b: none }, environment: { B_URL: '${{ b.url }}' } }",
        "b: { tier: web, image: 'a/b:1', listen: 80, health: { command: [x] }, needs: { db: started } }",
        "c: { tier: web, image: 'a/b:1', secrets: [api_token], environment: { DB_PASSWORD: '${{ db.password }}' } }",
    ];
    let secrets =
        "secrets: { api_token: { development: kU8vQ2sX9w }, db_password: { development: zR4tY6uI1o } }\n";
    let found = findings(&format!("{}{secrets}", stack(&services)));
    for rule in ["undeclared-dependency", "ungated-dependency", "inline-secret"] {
        assert!(!found.iter().any(|(name, _)| name == rule), "{rule}: {found:?}");
    }
}

#[test]
fn d6_what_is_not_said_on_purpose_is_found_still() {
    let found = findings(&stack(&[
        "db: { tier: data, use: postgres@17 }",
        "b: { tier: web, image: 'a/b:1', listen: 80, health: { command: [x] } }",
        "c: { tier: web, image: 'a/b:1', environment: { API_TOKEN: kU8vQ2sX9w, B_URL: 'http://b:80' } }",
    ]));
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"inline-secret"), "{found:?}");
    assert!(names.contains(&"undeclared-dependency"), "{found:?}");
}

#[test]
fn d6_one_line_of_the_stack_gives_one_finding() {
    let services = stack(&[
        "a: { tier: data, image: a/b, environment: { API_TOKEN: kU8vQ2sX9w } }",
        "b: { tier: web, image: c/d, overrides: { production: { privileged: true } } }",
    ]);
    let found = findings(&services);
    let of = |rule: &str| {
        found.iter().filter(|(name, _)| name == rule).map(|(_, message)| &**message).collect::<Vec<_>>()
    };
    let [secret] = of("inline-secret")[..] else { panic!("{found:?}") };
    assert!(!secret.contains(" in `"), "{secret}");
    assert_eq!(of("floating-tag").len(), 2, "{found:?}");
    let privileged = of("privileged-service");
    assert!(privileged.len() == 1 && privileged[0].ends_with("in `production`"), "{found:?}");
}
