//! Configuration of one's own in the place of a rendered one, and data that are not kept.

use super::{refused, services, stack, volumes};
use crate::common::{code, folder, page, write};
use serde_json::Value;

/// Where a file of the machine is mounted in a service.
fn bound<'v>(environment: &'v Value, service: &str, source: &str) -> &'v str {
    let mounts = environment["services"][service]["volumes"].as_array().expect("volumes");
    let mount = mounts.iter().find(|mount| mount["source"] == source).expect("a mount");
    assert_eq!((&mount["type"], &mount["read_only"]), (&"bind".into(), &true.into()));
    mount["target"].as_str().expect("a target")
}

#[test]
fn a_file_of_ones_own_takes_the_place_of_the_rendered_one() {
    for (template, target) in [
        ("prometheus", "/etc/prometheus/prometheus.yml"),
        ("otel-collector", "/etc/otelcol-contrib/config.yaml"),
        ("kong", "/etc/kong/kong.yml"),
        ("nginx", "/etc/nginx/conf.d/default.conf"),
        ("caddy", "/etc/caddy/Caddyfile"),
        ("traefik", "/etc/traefik/routes.yml"),
        ("alertmanager", "/etc/alertmanager/alertmanager.yml"),
        ("loki", "/etc/loki/local-config.yaml"),
        ("tempo", "/etc/tempo.yaml"),
        ("jaeger", "/etc/jaeger/config.yaml"),
        ("nats", "/etc/nats/nats-server.conf"),
    ] {
        let (rendered, own) =
            services(&format!("  it: {{ tier: all, use: {template}, with: {{ config: ./own.conf }} }}\n"));
        let (before, usual) = services(&format!("  it: {{ tier: all, use: {template} }}\n"));
        for (own, usual) in own.iter().zip(&usual) {
            assert_eq!(bound(own, "it", "./own.conf"), target, "{template}");
            let (own, usual) = (&own["services"]["it"], &usual["services"]["it"]);
            // Probe, image, hardening and the volumes stay.
            for key in ["healthcheck", "image", "read_only", "cap_drop", "deploy", "logging"] {
                assert_eq!(own.get(key), usual.get(key), "{template}: {key}");
            }
        }
        let count = |rendered: &crate::common::Rendered| {
            rendered.files.iter().filter(|file| file.path.starts_with("config/")).count()
        };
        // Jaeger has none unless it stores something.
        let expected = if template == "jaeger" { 0 } else { count(&before) - 1 };
        assert_eq!(count(&rendered), expected, "{template}");
    }
}

#[test]
fn a_whole_nginx_conf_is_told_by_its_name() {
    let (_, environments) =
        services("  web: { tier: all, use: nginx, with: { config: ./conf/nginx.conf } }\n");
    assert_eq!(bound(&environments[0], "web", "./conf/nginx.conf"), "/etc/nginx/nginx.conf");
}

#[test]
fn grafana_takes_a_folder() {
    let (rendered, environments) = services(
        "  grafana: { tier: all, use: grafana, with: { config: ./provisioning }, needs: [prometheus] }\n  prometheus: { tier: all, use: prometheus }\n",
    );
    assert_eq!(bound(&environments[0], "grafana", "./provisioning"), "/etc/grafana/provisioning");
    assert!(!rendered.files.iter().any(|file| file.path.starts_with("config/grafana/")));
    let both = "  g: { tier: all, use: grafana, with: { config: ./p, prometheus: p } }\n  p: { tier: all, use: prometheus }\n";
    assert!(refused(both).contains("takes the place of the data sources"), "{}", refused(both));
}

#[test]
fn what_only_the_rendered_file_would_say_is_refused_beside_it() {
    for (template, vain) in [
        ("kong", "routes: { /a: other }"),
        ("caddy", "routes: { /a: other }"),
        ("traefik", "routes: { /a: other }"),
    ] {
        let message = refused(&format!(
            "  it: {{ tier: all, use: {template}, with: {{ config: ./own, {vain} }} }}\n  other: {{ tier: all, image: 'a:1', listen: 80, health: none }}\n"
        ));
        assert!(message.contains("`routes` has no effect beside `config`"), "{template}: {message}");
    }
}

#[test]
fn a_path_that_is_not_there_is_an_error() {
    for (template, path, kind) in
        [("prometheus", "./prometheus.yml", "file"), ("grafana", "./provisioning", "folder")]
    {
        let text = format!(
            "name: a\nmakefile: false\ntiers: {{ all: {{}} }}\nservices: {{ it: {{ tier: all, use: {template}, with: {{ config: {path} }} }} }}\n"
        );
        let folder = folder(&[("stack.yaml", &text)]);
        let page = page(&folder, &["render"]);
        assert!(page.contains(&format!("there is no {kind} `{path}`")), "{page}");
        write(&folder, if kind == "file" { path } else { "provisioning/datasources/a.yml" }, "");
        assert_eq!(code(&folder, &["render"]), Some(0));
    }
}

#[test]
fn data_of_a_test_are_in_memory() {
    let text = "name: shop\ntiers: { all: {} }\nenvironments: { test: { mode: development, defaults: { persistent: false } } }\nservices:\n  \
                db: { tier: all, use: postgres@17 }\n  docs: { tier: all, use: mongo, volumes: ['own:/own'] }\n  \
                kept: { tier: all, use: mysql, overrides: { test: { persistent: true } } }\n  mail: { tier: all, use: mailpit, persistent: true }\n";
    let (rendered, environments) = stack(text);
    for (plan, environment) in rendered.plans.iter().zip(&environments) {
        let is_test = plan.environment == "test";
        let tmpfs = |service: &str| environment["services"][service]["tmpfs"].to_string();
        assert_eq!(tmpfs("db").contains("/var/lib/postgresql/data"), is_test, "{}", plan.environment);
        assert_eq!(volumes(environment, "db").is_empty(), is_test, "{}", plan.environment);
        assert!(volumes(environment, "docs").contains(&("own", "/own")), "the stack's own volume stays");
        assert_eq!(volumes(environment, "docs").len(), if is_test { 1 } else { 3 });
        assert_eq!(volumes(environment, "kept").len(), 1);
        assert_eq!(environment["volumes"].get("db_data").is_none(), is_test);
        assert_eq!(
            volumes(environment, "mail"),
            [("mail_data", "/data")],
            "what a service says wins over defaults"
        );
        let saved: Vec<&str> = plan.backups.iter().map(|backup| backup.service.as_str()).collect();
        assert_eq!(saved.contains(&"db"), !is_test && saved.contains(&"kept"), "{saved:?}");
    }
}
