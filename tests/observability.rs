//! What runs beside the containers: what is rendered for Prometheus, Alertmanager and Grafana, held against the programs that
//! read it, and against what is known to be exported.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{Rendered, children, is_there, name_of, render};
use compose_reader::source::Sources;
use compose_reader::yaml::Node;
use serde_json::Value;
use stackgen::catalog::{Catalog, Template, is_exported_by};
use stackgen::plan::Plan;
use tempfile::TempDir;

/// Every stack of `stacks/` that has something to watch it, with its name.
fn stacks() -> Vec<(String, Rendered)> {
    let folders = children(Path::new("stacks")).into_iter().filter(|path| path.join("stack.yaml").is_file());
    let rendered = folders.map(|folder| {
        let text = fs::read_to_string(folder.join("stack.yaml")).expect("text");
        (name_of(&folder), render(&text, Some(&folder)).unwrap_or_else(|message| panic!("{message}")))
    });
    rendered.collect()
}

/// The templates that know something of their metrics.
fn templates(test: impl Fn(&Template)) {
    let mut catalog = Catalog::new([]);
    let mut sources = Sources::new();
    let names: Vec<String> = catalog.names().map(str::to_owned).collect();
    for name in &names {
        assert!(catalog.load(name, &mut sources).is_empty(), "{name}");
    }
    let known = names.iter().filter_map(|name| catalog.get(name));
    let exporting: Vec<&Template> = known.filter(|template| !template.metrics.exports.is_empty()).collect();
    assert!(exporting.len() > 10);
    exporting.into_iter().for_each(test);
}

/// A stack with a service of every template that knows something of its metrics.
fn everything() -> Rendered {
    let text = fs::read_to_string("tests/fixtures/observability.yaml").expect("text");
    templates(|template| {
        assert!(text.contains(&format!("use: {}", template.name)), "the fixture lacks `{}`", template.name);
    });
    render(&text, None).unwrap_or_else(|message| panic!("{message}"))
}

/// The config files of a service where its container sees them, below a new folder.
fn inside(rendered: &Rendered, plan: &Plan, service: &str) -> TempDir {
    let root = tempfile::tempdir().expect("folder");
    let services = plan.tiers.iter().flat_map(|tier| &tier.services);
    let compose = services.filter(|it| it.name == service).map(|it| &it.compose).next().expect("the service");
    let mounts = compose.get("configs").and_then(Node::as_sequence).unwrap_or_default();
    for mount in mounts {
        let text = |key: &str| mount.get(key).and_then(Node::as_text).expect("text");
        let path = root.path().join(text("target").trim_start_matches('/'));
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(path, rendered.file(&plan.files[text("source")].path)).expect("file");
    }
    root
}

/// The services of a plan that use an image.
fn using(plan: &Plan, image: &str) -> Vec<String> {
    let services = plan.tiers.iter().flat_map(|tier| &tier.services);
    let uses = |compose: &Node| {
        compose.get("image").and_then(Node::as_text).is_some_and(|used| used.starts_with(image))
    };
    services.filter(|service| uses(&service.compose)).map(|service| service.name.clone()).collect()
}

/// Runs a program that has to be content.
fn content(program: &str, arguments: &[&str], file: &Path) {
    let mut command = Command::new(program);
    let output = command.args(arguments).arg(file).output().expect("runs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{program} {} refuses:\n{said}", arguments.join(" "));
}

/// Calls a test with each service of an image in each environment of the stacks, and the folder that its container sees.
fn each_service(image: &str, test: impl Fn(&Path)) {
    let mut found = 0;
    let mut all = stacks();
    all.push(("everything".to_owned(), everything()));
    for (_, rendered) in &all {
        for plan in &rendered.plans {
            for service in using(plan, image) {
                let root = inside(rendered, plan, &service);
                test(root.path());
                found += 1;
            }
        }
    }
    assert!(found >= 3, "there are only {found} services of {image}");
}

/// A configuration without the headers that targets are asked with, which promtool does not know before 2.55.
fn without_headers(text: &str) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in text.lines() {
        inside = line == "    http_headers:" || inside && line.starts_with("      ");
        if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[test]
fn promtool_accepts_configuration_and_rules_and_every_test_of_them_passes() {
    if !is_there("promtool") {
        return;
    }
    each_service("prom/prometheus:", |root| {
        let folder = root.join("etc/prometheus");
        // What the container mounts besides.
        fs::create_dir_all(folder.join("rules")).expect("folder");
        let config = folder.join("prometheus.yml");
        let text = fs::read_to_string(&config).expect("text");
        fs::write(&config, without_headers(&text)).expect("file");
        content("promtool", &["check", "config"], &config);
        content("promtool", &["check", "rules", "--lint=all", "--lint-fatal"], &folder.join("rules.yml"));
        content("promtool", &["test", "rules"], &folder.join("rules.test.yml"));
    });
}

#[test]
fn amtool_accepts_every_configuration() {
    if !is_there("amtool") {
        return;
    }
    each_service("prom/alertmanager:", |root| {
        // What the container mounts besides.
        content("amtool", &["check-config"], &root.join("etc/alertmanager/alertmanager.yml"));
    });
}

#[test]
fn a_test_that_is_wrong_fails() {
    if !is_there("promtool") {
        return;
    }
    let rendered = everything();
    let plan =
        rendered.plans.iter().find(|plan| !using(plan, "prom/prometheus:").is_empty()).expect("a plan");
    let root = inside(&rendered, plan, "prometheus");
    let rules = root.path().join("etc/prometheus/rules.yml");
    let text = fs::read_to_string(&rules).expect("text");
    fs::write(&rules, text.replace("expr: pg_up == 0", "expr: pg_up == 1")).expect("file");
    let mut command = Command::new("promtool");
    let tests = root.path().join("etc/prometheus/rules.test.yml");
    let output = command.args(["test", "rules"]).arg(tests).output().expect("runs");
    assert!(!output.status.success());
}

#[test]
fn each_alert_of_a_template_is_on_its_own_metrics_and_has_tests() {
    templates(|template| {
        let alerts = template.metrics.alerts.as_ref().and_then(Node::as_mapping).into_iter().flatten();
        for (name, entry) in alerts {
            let text = |key: &str| entry.value.get(key).and_then(Node::as_text).unwrap_or_default();
            let known = |metric: &str| template.metrics.exports.iter().any(|known| known == metric);
            let place = format!("{}: {name}", template.name);
            assert!(is_exported_by(text("expr"), known), "{place}: a metric is not exported");
            for key in ["severity", "summary", "description"] {
                assert!(!text(key).is_empty(), "{place} has no {key}");
            }
            for key in ["fires", "quiet"] {
                let series = entry.value.get(key).and_then(Node::as_mapping);
                assert!(series.is_some_and(|series| !series.is_empty()), "{place} has no test {key}");
            }
        }
    });
}

/// A dashboard, and what its file is called.
type Dashboard = (String, Value);

/// The dashboards below a folder, and the uids of the data sources beside them.
fn dashboards(root: &Path) -> (Vec<Dashboard>, Vec<String>) {
    let folder = root.join("etc/grafana/dashboards");
    let files = if folder.is_dir() { children(&folder) } else { Vec::new() };
    let read = |path: &Path| serde_json::from_str(&fs::read_to_string(path).expect("text")).expect("JSON");
    let sources = root.join("etc/grafana/provisioning/datasources/stack.yaml");
    let sources = fs::read_to_string(sources).unwrap_or_default();
    let uids = sources.lines().filter_map(|line| line.trim().strip_prefix("uid: ")).map(str::to_owned);
    (files.iter().map(|path| (name_of(path), read(path))).collect(), uids.collect())
}

fn array<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn is_unique<'v>(values: impl Iterator<Item = &'v Value>) -> bool {
    let mut seen = Vec::new();
    values.into_iter().all(|value| {
        let is_new = !value.is_null() && !seen.contains(&value);
        seen.push(value);
        is_new
    })
}

#[test]
fn dashboards_are_what_grafana_takes() {
    each_service("grafana/grafana:", |root| {
        let (dashboards, sources) = dashboards(root);
        assert!(!dashboards.is_empty());
        assert!(is_unique(dashboards.iter().map(|(_, dashboard)| &dashboard["uid"])));
        assert!(is_unique(dashboards.iter().map(|(_, dashboard)| &dashboard["title"])));
        for (name, dashboard) in &dashboards {
            let uid = dashboard["uid"].as_str().expect("text");
            assert!(uid.len() <= 40 && format!("{uid}.json") == *name, "{name}");
            let panels = array(dashboard, "panels");
            assert!(!panels.is_empty() && is_unique(panels.iter().map(|panel| &panel["id"])), "{name}");
            assert!(
                is_unique(panels.iter().map(|panel| &panel["gridPos"])),
                "{name}: panels lie over each other"
            );
            for panel in panels {
                let targets = array(panel, "targets");
                assert!(
                    !targets.is_empty() && is_unique(targets.iter().map(|target| &target["refId"])),
                    "{name}"
                );
                for asked in targets.iter().chain([panel]) {
                    let source = asked["datasource"]["uid"].as_str().expect("text");
                    assert!(sources.iter().any(|known| known == source), "{name}: {source}");
                }
            }
        }
    });
}

#[test]
fn promtool_parses_every_query() {
    if !is_there("promtool") {
        return;
    }
    each_service("grafana/grafana:", |root| {
        let mut rules = "groups:\n  - name: queries\n    rules:\n".to_owned();
        for (_, dashboard) in dashboards(root).0 {
            for target in array(&dashboard, "panels").iter().flat_map(|panel| array(panel, "targets")) {
                let number = rules.lines().count();
                rules.push_str(&format!("      - {{ record: query_{number}, expr: {} }}\n", target["expr"]));
            }
        }
        let file = root.join("queries.yml");
        fs::write(&file, &rules).expect("file");
        content("promtool", &["check", "rules", "--lint-fatal"], &file);
    });
}

#[test]
fn each_dashboard_of_a_template_shows_its_own_metrics() {
    templates(|template| {
        let panels = template.metrics.dashboard.as_ref().and_then(|dashboard| dashboard.get("panels"));
        for panel in panels.and_then(Node::as_sequence).unwrap_or_default() {
            let queries = panel.get("queries").and_then(Node::as_mapping).into_iter().flatten();
            for (legend, query) in queries {
                let query = query.value.as_text().expect("text");
                let known = |metric: &str| {
                    // The overview shows what applications export by convention, where they do.
                    let is_usual = template.name == "prometheus" && metric.starts_with("http_");
                    is_usual || template.metrics.exports.iter().any(|known| known == metric)
                };
                let place = format!("{}: {legend}: {query}", template.name);
                assert!(is_exported_by(query, known), "{place}");
                assert!(
                    template.name == "prometheus" || query.contains("$job"),
                    "{place}: not of one service"
                );
            }
        }
    });
}

#[test]
fn the_dashboards_of_inventario_retail_are_there() {
    let folder = Path::new("stacks/inventario-retail/config/grafana/dashboards");
    for (uid, panels) in [
        ("minimarket-system-overview", 5),
        ("minimarket-business-kpis", 7),
        ("minimarket-performance", 7),
        ("minimarket-ml-service", 8),
    ] {
        let text = fs::read_to_string(folder.join(format!("{uid}.json"))).expect(uid);
        let dashboard: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(array(&dashboard, "panels").len(), panels, "{uid}");
    }
}

/// The alerts of inventario-retail's document, by severity.
const DOCUMENTED: [(&str, &[&str]); 3] = [
    ("critical", &["ServiceDown", "HighErrorRate", "DatabaseDown", "DiskSpaceCritical", "RedisDown"]),
    (
        "high",
        &["HighLatency", "MemoryPressure", "CPUHigh", "StockCritico", "OCRTimeoutSpike", "CacheHitRateLow"],
    ),
    ("medium", &["SlowRequests", "InflacionAnomaly", "MLModelDrift", "LogVolumeSpike", "DeploymentIssue"]),
];

#[test]
fn the_alerts_of_inventario_retail_are_there_once_with_their_severity_and_a_test() {
    let rules = fs::read_to_string("stacks/inventario-retail/config/prometheus/rules.yml").expect("text");
    let tests =
        fs::read_to_string("stacks/inventario-retail/config/prometheus/rules.test.yml").expect("text");
    for (severity, names) in DOCUMENTED {
        for name in names {
            let found: Vec<&str> =
                rules.split("- alert: ").filter(|rule| rule.starts_with(&format!("{name}\n"))).collect();
            assert_eq!(found.len(), 1, "{name}");
            assert!(found[0].contains(&format!("severity: {severity}\n")), "{name}");
            for case in ["fires", "is quiet"] {
                assert!(tests.contains(&format!("- name: {name} {case}\n")), "{name} {case}");
            }
        }
    }
}

/// A stack with a service of everything that an exporter is known for.
const EXPORTED: &str = "\
name: shop
tiers: { edge: {}, data: { kind: infrastructure }, watch: { kind: observability } }
observability: { exporters: auto }
services:
  gateway: { tier: edge, use: nginx }
  db: { tier: data, use: postgres }
  cache: { tier: data, use: valkey }
  sessions: { tier: data, use: redis }
  old: { tier: data, use: mariadb }
  documents: { tier: data, use: mongo, overrides: { production: { enabled: false } } }
  events: { tier: data, use: kafka }
  jobs: { tier: data, use: rabbitmq }
  unused: { tier: data, use: postgres, enabled: false }
  prometheus: { tier: watch, use: prometheus }
  of-sessions: { tier: watch, use: redis-exporter, with: { server: sessions } }
";

/// The names of the services of an environment.
fn names(rendered: &Rendered, environment: &str) -> Vec<String> {
    let plan = rendered.plans.iter().find(|plan| plan.environment == environment).expect("a plan");
    let services = plan.tiers.iter().flat_map(|tier| &tier.services);
    services.map(|service| service.name.clone()).collect()
}

#[test]
fn exporters_come_by_themselves_for_what_has_none() {
    let rendered = render(EXPORTED, None).unwrap_or_else(|message| panic!("{message}"));
    let expected = [
        "prometheus",
        "of-sessions",
        "gateway-exporter",
        "gateway-exporter-probe",
        "db-exporter",
        "cache-exporter",
        "old-exporter",
        "events-exporter",
    ];
    assert_eq!(names(&rendered, "observability"), expected);
    let config = rendered.file("config/prometheus/prometheus.yml");
    for target in ["gateway-exporter:9113", "db-exporter:9187", "of-sessions:9121", "jobs:15692"] {
        assert!(config.contains(&format!("[\"{target}\"]")), "{target}");
    }
    let file = rendered.file("docker-compose.observability.yml");
    assert!(file.contains("DATA_SOURCE_PASS_FILE: /run/secrets/db_password"), "{file}");
    assert!(file.contains("file: ./secrets/db_password"), "{file}");
    for environment in ["dev-fast", "production"] {
        assert!(!names(&rendered, environment).iter().any(|name| name.contains("exporter")), "{environment}");
    }
    let off = render(&EXPORTED.replace("exporters: auto", "exporters: none"), None).expect("renders");
    assert_eq!(names(&off, "observability"), ["prometheus", "of-sessions"]);
}

#[test]
fn an_exporter_is_switched_on_with_its_service() {
    let profiled = EXPORTED.replace("use: postgres }", "use: postgres, profiles: [full] }");
    let rendered = render(&profiled, None).unwrap_or_else(|message| panic!("{message}"));
    let plan = rendered.plans.iter().find(|plan| plan.environment == "observability").expect("a plan");
    let services = plan.tiers.iter().flat_map(|tier| &tier.services);
    let of = |name: &str| services.clone().find(|service| service.name == name).expect("the service");
    let profiles =
        |name: &str| of(name).compose.get("profiles").and_then(|node| Some(node.as_sequence()?.len()));
    assert_eq!((profiles("db-exporter"), profiles("cache-exporter")), (Some(1), None));
}
