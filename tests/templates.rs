//! Every template of the catalogue alone: what it declares, what it renders in development and in production, whether its
//! probe can work inside its image, and what each of its parameters does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;

use crate::common::{Rendered, canonical, children, docker_compose, is_there, name_of, render};
use compose_reader::source::Sources;
use compose_reader::yaml::Node;
use serde_yaml::Value;
use stackgen::catalog::{Catalog, Engine, Parameter, Template, Type};
use stackgen::definition::Mode;
use stackgen::plan::{PlannedService, images};
use stackgen::render::compose_path;

/// The template of the service that a parameter of type service names, by template (`*`: any) and parameter; that of the
/// parameter's own name if it is not here.
const PARTNERS: [(&str, &str, &str); 19] = [
    ("*", "broker", "kafka"),
    ("*", "database", "postgres"),
    ("*", "logs", "loki"),
    ("*", "metrics", "python"),
    ("*", "results", "redis"),
    ("*", "routes", "python"),
    ("*", "servers", "postgres"),
    ("*", "traces", "tempo"),
    ("adminer", "server", "postgres"),
    ("celery-worker", "broker", "redis"),
    ("flower", "broker", "redis"),
    ("minio-buckets", "server", "minio"),
    ("kafka-exporter", "server", "kafka"),
    ("mongodb-exporter", "server", "mongo"),
    ("mysql-exporter", "server", "mysql"),
    ("nginx-exporter", "server", "nginx"),
    ("ollama-models", "server", "ollama"),
    ("postgres-exporter", "server", "postgres"),
    ("redis-exporter", "server", "redis"),
];

/// Arguments that a template cannot do without, beside its services.
const NEEDED: [(&str, &str, &str); 4] = [
    ("celery-worker", "app", "tasks.celery"),
    ("kafka-topics", "topics", "[order-created]"),
    ("minio-buckets", "buckets", "[media]"),
    ("ollama-models", "models", "[llama3.2]"),
];

/// Values other than the default where a value by type would be refused, or would change nothing on its own.
const OTHER_VALUES: &[(&str, &str, &str)] = &[
    ("*", "memory", "96M"),
    ("*", "health", "/up"),
    ("grafana", "dashboards", "{ own: { title: Own, panels: [{ title: Up, queries: { up: up } }] } }"),
    ("alertmanager", "receivers", "{ team: \"#alerts\" }"),
    ("alertmanager", "routes", "{ critical: team }"),
    ("*", "init", "[./a.sql, ./b.sh]"),
    ("*", "routes", "{ /api/: { service: partner, strip: false, timeout: 5s } }"),
    ("keycloak", "hostname", "https://auth.example.org"),
    (
        "kafka-topics",
        "topics",
        "{ order-created: { partitions: 3, replication: 2, config: { retention.ms: 1000 } } }",
    ),
    ("nats", "max_memory", "128M"),
    ("postgres", "users", "{ reader: { databases: [postgres] } }"),
    ("prometheus", "alerts", "{ Down: { expr: up == 0, fires: { up: 0 } } }"),
    ("prometheus", "headers", "{ my-prometheus: { X-Key: /run/secrets/key } }"),
    ("prometheus", "without", "[ServiceDown]"),
];

/// Arguments that the snapshot shows at work: those that config files come from.
const SHOWN: &[(&str, &str, &str)] = &[
    (
        "alertmanager",
        "receivers",
        "{ team: '#alerts', pager: { webhook: https://pager.example.org, token: true } }",
    ),
    ("alertmanager", "routes", "{ critical: pager }"),
    ("clickhouse", "metrics_port", "9363"),
    ("grafana", "prometheus", "partner"),
    ("nginx", "rate_limit", "{}"),
    ("nginx", "routes", "{ /api/: partner }"),
    ("postgres", "databases", "[orders, stock]"),
];

/// What a service has beside its template, or its template beside a parameter, so that the parameter has something to act
/// on: more keys, or, behind `with `, arguments.
const BESIDE: &[(&str, &str, &str)] = &[
    ("alertmanager", "routes", "with receivers: { team: '#alerts' }"),
    ("grafana", "base_dashboards", "with prometheus: partner"),
    ("grafana", "dashboards", "with prometheus: partner"),
    ("grafana", "folder", "with prometheus: partner"),
    ("caddy", "email", "with domain: example.org"),
    ("celery-worker", "directory", "with sources: ./src"),
    ("go", "air_config", "with sources: ./src"),
    ("go", "directory", "with sources: ./src"),
    ("jaeger", "retention", "persistent: true"),
    ("go", "program", "with probe_with: program; program: /probe"),
    ("java", "program", "with probe_with: program; program: /probe"),
    ("kafka", "advertised_host", "publish: 9092"),
    ("kong", "rate_limit", "with routes: { /api/: partner }"),
    ("node", "directory", "with sources: ./src"),
    ("node", "script", "with sources: ./src"),
    ("php", "directory", "with sources: ./src"),
    ("php", "workers", "with server: artisan"),
    ("python", "app", "with app: main:app; server: uvicorn"),
    ("python", "directory", "with sources: ./src"),
    ("python", "server", "with app: main:app"),
    ("python", "workers", "with app: main:app; server: uvicorn"),
    ("redpanda", "advertised_host", "publish: 9092"),
    ("rust", "program", "with probe_with: program; program: /probe"),
    ("rust", "directory", "with sources: ./src"),
];

/// Programs inside an image, by the beginning of its name, and behind `*` its end; the longest that fits counts. For an
/// image of the user's own, the template's name and what that runtime's images have.
///
/// Source: each image's Dockerfile and entrypoint, read on 2026-08-21.
const TOOLS: &[(&str, &[&str])] = &[
    ("adminer:", &["sh", "wget", "curl", "php"]),
    (
        "apache/kafka:",
        &["sh", "bash", "/opt/kafka/bin/kafka-broker-api-versions.sh", "/opt/kafka/bin/kafka-topics.sh"],
    ),
    ("axllent/mailpit:", &["sh", "wget", "/mailpit"]),
    ("caddy:", &["sh", "curl", "wget"]),
    ("celery-worker", &["sh", "python", "celery", "hostname"]),
    ("clickhouse/clickhouse-server:", &["sh", "bash", "wget", "hostname"]),
    ("curlimages/curl:", &["sh", "curl"]),
    ("danielqsj/kafka-exporter:", &["sh", "wget"]),
    ("dpage/pgadmin4:", &["sh", "bash", "wget"]),
    ("elasticsearch:", &["sh", "bash", "curl", "nc", "cat"]),
    ("getmeili/meilisearch:", &["sh", "curl"]),
    ("ghcr.io/google/cadvisor:", &["sh", "wget"]),
    ("ghcr.io/kafbat/kafka-ui:", &["sh", "wget"]),
    ("go", &["sh", "wget", "nc"]),
    ("grafana/alloy:", &["sh", "bash"]),
    ("grafana/grafana:", &["sh", "bash", "wget", "curl"]),
    ("grafana/loki:", &["/usr/bin/loki"]),
    ("grafana/loki:3.5", &["sh", "wget"]),
    ("grafana/tempo:", &["/tempo"]),
    ("hashicorp/consul:", &["sh", "curl", "jq", "wget"]),
    ("hashicorp/vault:", &["sh", "wget", "vault"]),
    ("jaegertracing/jaeger:", &["sh", "wget"]),
    ("java", &["sh", "bash"]),
    ("kong:", &["sh", "bash", "kong"]),
    ("localstack/localstack:", &["sh", "bash", "curl"]),
    ("mariadb:", &["sh", "bash", "healthcheck.sh", "mariadb", "mariadb-admin"]),
    ("memcached:", &["sh", "bash", "perl"]),
    ("memcached:*-alpine", &["sh", "nc"]),
    ("mher/flower:", &["sh", "wget"]),
    ("mongo:", &["sh", "bash", "mongosh", "jq", "hostname"]),
    ("mysql:", &["sh", "bash", "mysql", "mysqladmin"]),
    ("nats:", &[]),
    ("nats:*-alpine", &["sh", "wget"]),
    ("nginx:", &["sh", "curl", "wget"]),
    ("nginx/nginx-prometheus-exporter:", &[]),
    ("node", &["node"]),
    ("oliver006/redis_exporter:", &[]),
    ("oliver006/redis_exporter:*-alpine", &["sh", "wget"]),
    ("ollama/ollama:", &["sh", "bash", "ollama"]),
    ("opensearchproject/opensearch:", &["sh", "bash", "curl", "cat"]),
    ("otel/opentelemetry-collector-contrib:", &[]),
    ("percona/mongodb_exporter:", &[]),
    ("php", &["php"]),
    ("postgres:", &["sh", "bash", "pg_isready", "psql"]),
    ("prom/alertmanager:", &["sh", "wget", "amtool"]),
    ("prom/mysqld-exporter:", &["sh", "wget"]),
    ("prom/node-exporter:", &["sh", "wget"]),
    ("prom/prometheus:", &["sh", "wget", "promtool"]),
    ("python", &["python"]),
    ("qdrant/qdrant:", &["sh", "bash", "perl"]),
    ("quay.io/keycloak/keycloak:", &["bash"]),
    ("pgsty/silo:", &["sh", "curl", "mc"]),
    ("quay.io/prometheuscommunity/postgres-exporter:", &["sh", "wget"]),
    ("rabbitmq:", &["sh", "bash", "rabbitmqctl", "rabbitmq-diagnostics"]),
    ("redis:", &["sh", "redis-cli", "cat"]),
    ("redpandadata/redpanda:", &["sh", "bash", "rpk"]),
    ("rust", &["sh", "bash"]),
    ("temporalio/temporal:", &["temporal"]),
    ("tecnativa/docker-socket-proxy:", &["sh", "wget"]),
    ("traefik:", &["sh", "wget", "traefik"]),
    ("valkey/valkey:", &["sh", "valkey-cli", "cat"]),
    ("zookeeper:", &["sh", "bash", "nc", "wget", "zkServer.sh"]),
];

/// Words of a shell's own, and programs that every image with a shell has.
const SHELL: [&str; 12] =
    ["unset", "exec", "export", "test", "[", "[[", "exit", "true", "set", "read", "printf", "echo"];
/// `grep` comes with every shell of these images: BusyBox has it, and Debian, Ubuntu and UBI hold it as essential.
const WITH_EVERY_SHELL: &str = "grep";

/// Keys that docker-compose-types 0.24 has no field for, or a field of another type.
const BESIDE_THE_MOULD: [&str; 3] = ["configs", "deploy", "develop"];

/// Calls a test with every template; one that fails does not hide the next.
fn templates(test: impl Fn(&Template)) {
    let mut catalog = Catalog::new([]);
    let mut sources = Sources::new();
    let names: Vec<String> = catalog.names().map(str::to_owned).collect();
    assert!(names.len() > 10);
    let mut failed = Vec::new();
    for name in names {
        let diagnostics = catalog.load(&name, &mut sources);
        assert!(diagnostics.is_empty(), "{name}: {diagnostics:?}");
        let template = catalog.get(&name).expect("a template");
        if catch_unwind(AssertUnwindSafe(|| test(template))).is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{} of the catalogue's templates fail: {}", failed.len(), failed.join(", "));
}

fn find<'t>(table: &[(&str, &str, &'t str)], template: &str, parameter: &str) -> Option<&'t str> {
    let row = |of: &str| table.iter().find(|row| row.0 == of && row.1 == parameter).map(|row| row.2);
    row(template).or_else(|| row("*"))
}

/// A stack with a template alone in it, and the partners that it cannot do without.
#[derive(Default)]
pub(crate) struct Alone {
    pub(crate) arguments: BTreeMap<String, String>,
    /// The partner services, by name, as their keys.
    partners: BTreeMap<String, String>,
    /// More keys of the service.
    pub(crate) more: Vec<String>,
}

impl Alone {
    /// With every argument that the template demands.
    pub(crate) fn new(template: &Template) -> Self {
        let mut alone = Self::default();
        for (name, parameter) in &template.parameters {
            if parameter.default.is_some() {
                continue;
            }
            if let Some(needed) = find(&NEEDED, &template.name, name) {
                alone.arguments.insert(name.clone(), needed.to_owned());
            } else if matches!(parameter.kind, Type::Service) {
                alone.arguments.insert(name.clone(), "partner".to_owned());
                alone.partner(template, name);
            } else {
                panic!("{}: {name} has no default, and NEEDED has no value for it", template.name);
            }
        }
        if template.http_probe.is_some() {
            alone.more.push(OWN_IMAGE.to_owned());
        } else if !template.has_image() {
            alone.more.push("build: .".to_owned());
        }
        alone
    }

    /// One without a parameter and one with it, which differ in that alone.
    fn around(template: &Template, key: &String) -> (Self, Self) {
        let parameter = &template.parameters[key];
        let mut before = Self::new(template);
        if let Some(beside) = find(BESIDE, &template.name, key) {
            match beside.strip_prefix("with ") {
                Some(arguments) => before.arguments.extend(arguments.split("; ").map(|argument| {
                    let (name, value) = argument.split_once(": ").expect("a pair");
                    (name.to_owned(), value.to_owned())
                })),
                None => before.more.push(beside.to_owned()),
            }
            if beside.contains("partner") {
                let named = before.arguments.iter().find(|(_, value)| *value == "partner");
                let name = named.map_or("routes".to_owned(), |(name, _)| name.clone());
                before.partner(template, &name);
            }
        }
        let mut after = Self::new(template);
        after.more.clone_from(&before.more);
        after.arguments.clone_from(&before.arguments);
        after.partners.clone_from(&before.partners);
        if names_services(&parameter.kind) {
            before.partner(template, key);
            after.partner(template, key);
        }
        let given = find(OTHER_VALUES, &template.name, key).map(str::to_owned);
        let value = given.unwrap_or_else(|| other_value(&parameter.kind, parameter.default.as_ref()));
        if parameter.default.is_none() && matches!(parameter.kind, Type::Service) {
            // It is given anyway; another service is another address.
            let partner = after.partners.remove("partner").expect("a partner");
            after.partners.insert("another".to_owned(), partner);
            after.arguments.insert(key.clone(), "another".to_owned());
        } else {
            after.arguments.insert(key.clone(), value);
        }
        (before, after)
    }

    /// One with a parameter that is not as it is by default.
    pub(crate) fn given(template: &Template, key: &String) -> Self {
        Self::around(template, key).1
    }

    fn partner(&mut self, template: &Template, parameter: &str) {
        let used = find(&PARTNERS, &template.name, parameter).unwrap_or(parameter);
        let more = if used == "python" { OWN_IMAGE } else { "" };
        self.partners.insert("partner".to_owned(), format!("    use: {used}\n    {more}\n"));
    }

    pub(crate) fn text(&self, template: &Template) -> String {
        let mut text = format!(
            "name: alone\ntiers: {{ all: {{}}, partners: {{}} }}\nservices:\n  {}:\n    tier: all\n    use: {}\n",
            service_of(template),
            template.name
        );
        for more in &self.more {
            let _ = writeln!(text, "    {more}");
        }
        if !self.arguments.is_empty() {
            text.push_str("    with:\n");
        }
        for (name, value) in &self.arguments {
            let _ = writeln!(text, "      {name}: {value}");
        }
        for (name, keys) in &self.partners {
            let _ = write!(text, "  {name}:\n    tier: partners\n{keys}");
        }
        text.push_str("environments: { observability: { enabled: false }, infra: { enabled: false } }\n");
        text
    }

    fn render(&self, template: &Template) -> Rendered {
        let text = self.text(template);
        render(&text, None).unwrap_or_else(|message| panic!("{}:\n{text}\n{message}", template.name))
    }
}

/// What a runtime template needs beside it.
const OWN_IMAGE: &str = "build: .\n    listen: { http: 8000, metrics: 9100 }\n    health: /health";

/// The name of a template's service: not the template's own, so that nothing works by chance.
fn service_of(template: &Template) -> String {
    format!("my-{}", template.name)
}

fn service<'r>(rendered: &'r Rendered, mode: Mode, name: &str) -> &'r PlannedService {
    let plan = rendered.plans.iter().find(|plan| plan.mode == mode).expect("a plan");
    let mut services = plan.tiers.iter().flat_map(|tier| &tier.services);
    services.find(|service| service.name == name).expect("the service")
}

/// The lines of a service in a rendered compose file.
fn lines_of(file: &str, name: &str) -> String {
    let head = format!("  {name}:");
    let inside = |line: &&str| line.starts_with("    ") || line.is_empty();
    let lines = file.lines().skip_while(|line| *line != head);
    let block: Vec<&str> = lines.clone().take(1).chain(lines.skip(1).take_while(inside)).collect();
    block.join("\n").trim_end().to_owned()
}

fn texts(node: &Node) -> Vec<String> {
    if let Some(text) = node.as_text() {
        return vec![text.to_owned()];
    }
    if let Some(items) = node.as_sequence() {
        return items.iter().flat_map(texts).collect();
    }
    node.as_mapping().into_iter().flatten().flat_map(|(_, entry)| texts(&entry.value)).collect()
}

#[test]
fn every_file_of_the_folder_is_in_the_catalogue() {
    let files = children(Path::new("templates"));
    let mut names: Vec<String> = files.iter().map(|path| name_of(path).replace(".yaml", "")).collect();
    names.sort();
    assert_eq!(Catalog::new([]).names().collect::<Vec<_>>(), names, "see the list in src/catalog/mod.rs");
}

#[test]
fn every_template_declares_its_facts() {
    templates(|template| {
        let name = &template.name;
        let sentence = |text: &str| !text.trim().is_empty() && !text.contains('\n');
        assert!(sentence(&template.summary) && template.summary.len() <= 80, "{name}: {}", template.summary);
        assert!(sentence(&template.kind), "{name}: no kind");
        assert!(!template.sources.is_empty(), "{name}: nothing says where its facts are from");
        for source in &template.sources {
            assert!(source.starts_with("https://"), "{name}: {source} is no address");
        }
        assert!(!template.pitfalls.is_empty(), "{name}: takes care of nothing");
        for pitfall in &template.pitfalls {
            assert!(pitfall.ends_with('.'), "{name}: {pitfall:?} is no sentence");
        }
        assert_eq!(template.has_image(), !template.versions.is_empty(), "{name}: an image has versions");
        let mut parameters: Vec<(&String, &Parameter)> = template.parameters.iter().collect();
        while let Some((key, parameter)) = parameters.pop() {
            assert!(sentence(&parameter.description), "{name}: {key} has no description");
            let mut kind = &parameter.kind;
            while let Type::List(items) | Type::Map { items, .. } | Type::Routes(items) = kind {
                kind = items;
            }
            if let Type::Record { fields, .. } = kind {
                parameters.extend(fields);
            }
        }
        for (key, secret) in &template.secrets {
            assert!(sentence(&secret.description), "{name}: the secret {key} has no description");
            assert!(sentence(&secret.development), "{name}: the secret {key} has no value in development");
        }
    });
}

#[test]
fn what_each_renders_is_a_snapshot() {
    templates(|template| {
        let mut alone = Alone::new(template);
        for (of, argument, value) in SHOWN.iter().filter(|(of, ..)| *of == template.name) {
            alone.arguments.insert((*argument).to_owned(), (*value).to_owned());
            if value.contains("partner") {
                alone.partner(template, argument);
            }
            assert!(template.parameters.contains_key(*argument), "{of} has no parameter {argument}");
        }
        if template.scrapes {
            alone.partner(template, "metrics");
        }
        let rendered = alone.render(template);
        let name = service_of(template);
        let mut page = String::new();
        for plan in &rendered.plans {
            for (secret, reader) in
                plan.secrets.iter().flat_map(|(name, it)| it.readers.iter().map(move |reader| (name, reader)))
            {
                let known = reader.user.is_some();
                assert!(known, "{}: nothing says which user reads {secret}: `reader: 0`", template.name);
            }
            let file = rendered.file(&compose_path(plan));
            let _ = writeln!(page, "---- {}\n", plan.mode.name());
            // What stands beside it belongs to it: a prober, what waits for a job.
            for service in plan.tiers.iter().flat_map(|tier| &tier.services) {
                if service.name.starts_with(&name) {
                    let _ = writeln!(page, "{}\n", lines_of(file, &service.name));
                }
            }
        }
        for file in rendered.files.iter().filter(|file| file.path.starts_with(&format!("config/{name}/"))) {
            let _ = writeln!(page, "---- {}\n\n{}", file.path, file.content);
        }
        insta::assert_snapshot!(template.name.clone(), page);
    });
}

#[test]
fn versions_are_part_of_the_image() {
    templates(|template| {
        for known in &template.versions {
            // What only whole versions are published of stands for those.
            let version = &known.replace(".*", ".99.1");
            let text = Alone::new(template).text(template);
            let versioned = text.replace(
                &format!("use: {}\n", template.name),
                &format!("use: {}@{version}\n", template.name),
            );
            let rendered = match render(&versioned, None) {
                // It knows the version, and why it cannot run it as it is: never the one that comes first.
                Err(message)
                    if message.contains("refused-by-template")
                        && Some(version) != template.versions.first() =>
                {
                    continue;
                }
                rendered => rendered.unwrap_or_else(|message| panic!("{versioned}\n{message}")),
            };
            let service = service(&rendered, Mode::Production, &service_of(template));
            let image = service.compose.get("image").and_then(Node::as_text).expect("an image");
            assert!(image.contains(version.as_str()), "{}@{version} runs {image}", template.name);
            assert!(!image.ends_with(":latest") && image.contains(':'), "{image} is not pinned");
        }
    });
}

/// What `stackgen templates --check-images` asks for.
#[test]
fn the_image_of_each_version_is_known_without_a_stack() {
    templates(|template| {
        let mut catalog = Catalog::new([]);
        assert!(catalog.load(&template.name, &mut Sources::new()).is_empty());
        let images = images(&catalog, &Engine::new(), template);
        if !template.has_image() {
            assert!(images.is_empty(), "{images:?}");
            return;
        }
        let rendered = Alone::new(template).render(template);
        let service = service(&rendered, Mode::Production, &service_of(template));
        let image = service.compose.get("image").and_then(Node::as_text);
        assert_eq!(images.first().map(|declared| &*declared.image), image);
        assert_eq!(images.iter().any(|declared| declared.version == "its prober"), template.prober.is_some());
        assert!(images.iter().all(|declared| !declared.image.contains(['*', '{'])), "{images:?}");
    });
}

/// What `stackgen pin` writes beside `use:` counts for the image and nothing else.
#[test]
fn a_digest_beside_the_tag_changes_the_image_alone() {
    templates(|template| {
        if !template.has_image() {
            return;
        }
        let (alone, name) = (Alone::new(template), service_of(template));
        let plain = alone.render(template);
        let image = service(&plain, Mode::Production, &name).compose.get("image").and_then(Node::as_text);
        let image = image.expect("an image").to_owned();
        let pinned = format!("{image}@sha256:{}", "0123456789abcdef".repeat(4));
        let mut with_digest = Alone::new(template);
        with_digest.more.push(format!("image: {pinned}"));
        let with_digest = with_digest.render(template);
        for plan in &plain.plans {
            let lines = |rendered: &Rendered| lines_of(rendered.file(&compose_path(plan)), &name);
            assert_eq!(lines(&with_digest), lines(&plain).replace(&image, &pinned), "{}", template.name);
        }
    });
}

/// The programs that a probe calls.
fn programs(probe: &[String]) -> Vec<String> {
    let (kind, rest) = probe.split_first().expect("a probe");
    let script = match (&**kind, rest) {
        ("CMD-SHELL", [script]) => script,
        ("CMD", [shell, flag, script]) if flag == "-c" && (shell == "sh" || shell == "bash") => script,
        ("CMD", [program, ..]) => return vec![program.clone()],
        _ => panic!("{probe:?} is no probe"),
    };
    let mut found = if kind == "CMD-SHELL" { vec!["sh".to_owned()] } else { vec![rest[0].clone()] };
    // Good enough for the scripts of a catalogue: what stands first in a command, and behind `$(`.
    let commands = script.replace("$$(", ";").replace("||", ";").replace("&&", ";").replace(['|', ';'], "\n");
    for command in commands.lines() {
        let assigned =
            |word: &&str| word.split_once('=').is_some_and(|(name, _)| !name.contains(['/', '-', '"']));
        let first = command.split_whitespace().find(|word| !assigned(word));
        let first = first
            .map(|word| word.split(')').next().unwrap_or(word).trim_matches(['"', '\'', '(']))
            .unwrap_or_default();
        if !first.is_empty() && !SHELL.contains(&first) && first != WITH_EVERY_SHELL {
            found.push(first.to_owned());
        }
    }
    found
}

#[test]
fn a_probe_calls_what_its_image_has_and_never_names_localhost() {
    templates(|template| {
        let rendered = Alone::new(template).render(template);
        for mode in [Mode::Development, Mode::Production] {
            let name = &template.name;
            let service = service(&rendered, mode, &service_of(template));
            let prober = template.prober.is_some().then(|| {
                let plan = rendered.plans.iter().find(|plan| plan.mode == mode).expect("a plan");
                let everyone = plan.tiers.iter().flat_map(|tier| &tier.services);
                let mut others = everyone.filter(|other| other.name.starts_with(&service.name));
                others.find(|other| other.name != service.name).expect("the service that probes it")
            });
            let service = prober.unwrap_or(service);
            let Some(healthcheck) = service.compose.get("healthcheck") else {
                assert!(template.job, "{name}: no job, and no probe");
                continue;
            };
            let probe = texts(healthcheck.get("test").expect("a test"));
            let whole = probe.join(" ");
            assert!(!whole.contains("localhost"), "{name}: {whole}");
            assert!(
                !whole.contains("curl") || whole.contains("-f"),
                "curl without -f passes on 503: {whole}"
            );
            assert!(
                !whole.contains("redis-cli") || whole.contains("PONG"),
                "redis-cli exits with 0: {whole}"
            );
            assert!(!whole.contains("/dev/tcp") || probe[1] == "bash", "/dev/tcp needs bash: {whole}");
            let image = service.compose.get("image").and_then(Node::as_text).unwrap_or(name);
            let known = TOOLS.iter().filter(|(pattern, _)| {
                let (begin, end) = pattern.split_once('*').unwrap_or((pattern, ""));
                image.starts_with(begin) && image.ends_with(end)
            });
            let Some((_, tools)) = known.max_by_key(|(pattern, _)| pattern.len()) else {
                panic!("{name}: TOOLS does not know {image}");
            };
            for program in programs(&probe) {
                assert!(tools.contains(&&*program), "{name}: {image} has no {program}: {whole}");
            }
            for timing in ["interval", "timeout", "retries", "start_period", "start_interval"] {
                assert!(healthcheck.get(timing).is_some(), "{name}: the probe has no {timing}");
            }
        }
    });
}

/// A value of a type that is not its default.
fn other_value(kind: &Type, default: Option<&Node>) -> String {
    match kind {
        Type::Text | Type::Form(_) => match default.and_then(Node::as_text) {
            // A size, a duration, a rate: another number with the same unit.
            Some(text) if text.starts_with(|first: char| first.is_ascii_digit()) => format!("7{text}"),
            _ => match kind {
                Type::Form(form) if form.name == "email" => "other@example.org".to_owned(),
                _ => "other".to_owned(),
            },
        },
        Type::OrVariable(kind) => other_value(kind, default),
        Type::Choice(words) => {
            let default = default.and_then(Node::as_text);
            words.iter().find(|word| Some(word.as_str()) != default).expect("another word").clone()
        }
        Type::Integer => {
            default.and_then(Node::as_integer).map_or_else(|| "7".to_owned(), |it| (it + 1).to_string())
        }
        Type::Boolean => (!default.and_then(Node::as_bool).unwrap_or(false)).to_string(),
        Type::Service => "partner".to_owned(),
        Type::List(items) => format!("[{}]", other_value(items, None)),
        Type::Map { items, .. } => format!("{{ key: {} }}", other_value(items, None)),
        Type::Routes(route) => format!("{{ /other: {} }}", other_value(route, None)),
        Type::Record { fields, .. } => {
            let given = fields
                .iter()
                .map(|(name, field)| format!("{name}: {}", other_value(&field.kind, field.default.as_ref())));
            format!("{{ {} }}", given.collect::<Vec<_>>().join(", "))
        }
    }
}

fn names_services(kind: &Type) -> bool {
    match kind {
        Type::Service => true,
        Type::Routes(_) => true,
        Type::List(items) | Type::Map { items, .. } => names_services(items),
        Type::Record { fields, .. } => fields.values().any(|field| names_services(&field.kind)),
        _ => false,
    }
}

#[test]
fn every_parameter_changes_something() {
    templates(|template| {
        for key in template.parameters.keys() {
            let (before, after) = Alone::around(template, key);
            let value = after.arguments.get(key).cloned().unwrap_or_default();
            let name = service_of(template);
            let shown = |rendered: &Rendered| {
                let compose = rendered.plans.iter().map(compose_path);
                let mut shown: Vec<String> =
                    compose.map(|path| lines_of(rendered.file(&path), &name)).collect();
                let configs = rendered.files.iter().filter(|file| file.path.starts_with("config/"));
                shown.extend(configs.map(|file| file.content.clone()));
                shown
            };
            let (before, after) = (before.render(template), after.render(template));
            assert!(shown(&before) != shown(&after), "{}: `{key}: {value}` changes nothing", template.name);
        }
    });
}

#[test]
fn a_parameter_of_the_wrong_type_is_refused() {
    templates(|template| {
        for (key, parameter) in &template.parameters {
            let wrong = match &parameter.kind {
                Type::Text
                | Type::Form(_)
                | Type::OrVariable(_)
                | Type::Choice(_)
                | Type::Service
                | Type::Record { .. } => "[1, 2]",
                Type::Integer => "1.5",
                Type::Boolean => "perhaps",
                Type::List(_) => "{ a: b }",
                Type::Map { .. } | Type::Routes(_) => "7.5",
            };
            let mut alone = Alone::new(template);
            if names_services(&parameter.kind) {
                alone.partner(template, key);
            }
            alone.arguments.insert(key.clone(), wrong.to_owned());
            let answer = render(&alone.text(template), None);
            let message = answer.err().unwrap_or_else(|| panic!("{}: takes `{key}: {wrong}`", template.name));
            assert!(message.contains(key.as_str()), "{}: {message}", template.name);
            assert!(message.contains("stack.yaml:"), "{}: {message}", template.name);
        }
        let mut alone = Alone::new(template);
        alone.arguments.insert("no_such_parameter".to_owned(), "1".to_owned());
        let message = render(&alone.text(template), None).err().expect("an unknown parameter is refused");
        assert!(message.contains("no_such_parameter"), "{}: {message}", template.name);
    });
}

/// A node as docker-compose-types reads it.
fn value(text: &str) -> Value {
    serde_yaml::from_str(text).expect("YAML")
}

#[test]
fn every_service_fits_the_typed_mould() {
    templates(|template| {
        let rendered = Alone::new(template).render(template);
        for plan in &rendered.plans {
            let file = value(rendered.file(&compose_path(plan)));
            let Some(Value::Mapping(mut service)) = file["services"].get(service_of(template)).cloned()
            else {
                panic!("{} renders no service", template.name);
            };
            service.retain(|key, _| !BESIDE_THE_MOULD.contains(&key.as_str().unwrap_or_default()));
            let cast = serde_yaml::from_value::<docker_compose_types::Service>(Value::Mapping(service));
            if let Err(error) = cast {
                panic!("{} in {}: {error}", template.name, plan.environment);
            }
        }
    });
}

#[test]
fn the_real_compose_accepts_every_one() {
    let command = docker_compose();
    templates(|template| {
        let rendered = Alone::new(template).render(template);
        let folder = tempfile::tempdir().expect("folder");
        fs::write(folder.path().join(".env"), rendered.file(".env.example")).expect("file");
        for plan in &rendered.plans {
            let path = compose_path(plan);
            fs::write(folder.path().join(&path), rendered.file(&path)).expect("file");
            canonical(&command, folder.path(), &path);
        }
    });
}

#[test]
fn nginx_itself_accepts_what_the_gateway_is_given() {
    // Compose is the judge that every machine must have; this one is welcome.
    if !is_there("nginx") {
        return;
    }
    let routes = [
        "{}",
        "{ /api/: partner, /: { service: partner, limit: false } }",
        "{ /api/orders/: { service: partner, endpoint: metrics, strip: false }, /odd.path+: partner }",
    ];
    templates(|template| {
        if template.name != "nginx" {
            return;
        }
        for route in routes {
            for (more, of) in
                [("static: ./public", 0), ("rate_limit: { rate: 5r/s }", 1), ("body_size: 1g", 2)]
            {
                if of == 0 && route.contains("/: {") {
                    continue;
                }
                let mut alone = Alone::new(template);
                alone.partner(template, "routes");
                alone.arguments.insert("routes".to_owned(), route.to_owned());
                let (key, value) = more.split_once(": ").expect("a pair");
                alone.arguments.insert(key.to_owned(), value.to_owned());
                let rendered = alone.render(template);
                let server = rendered.file("config/my-nginx/default.conf");
                let folder = tempfile::tempdir().expect("folder");
                // Not as root, so not on port 80, and with its files in the folder.
                let server = server.replace("listen 80;", "listen 18080;");
                let root = folder.path().display();
                let whole = format!(
                    "pid {root}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n\
                     client_body_temp_path {root}/a;\nproxy_temp_path {root}/b;\nfastcgi_temp_path {root}/c;\n\
                     uwsgi_temp_path {root}/d;\nscgi_temp_path {root}/e;\n{server}\n}}\n"
                );
                let path = folder.path().join("nginx.conf");
                fs::write(&path, whole).expect("file");
                let output = Command::new("nginx").arg("-t").arg("-c").arg(&path).output().expect("runs");
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "nginx refuses `{route}` with `{more}`:\n{said}\n{server}");
                assert!(!said.contains("[warn]"), "nginx warns about `{route}` with `{more}`:\n{said}");
            }
        }
    });
}

#[test]
fn a_version_that_is_no_tag_of_its_own_is_refused() {
    let rendered = |used: &str| {
        render(
            &format!("name: shop\ntiers: {{ app: }}\nservices:\n  a: {{ tier: app, use: {used} }}\n"),
            None,
        )
    };
    for (begin, whole) in
        [("mailpit@v1", "mailpit@v1.30"), ("kafka@3.9", "kafka@3.9.1"), ("jaeger@2", "jaeger@2.20.0")]
    {
        let refused = rendered(begin).err().expect("refused");
        assert!(refused.contains("unknown-version") && refused.contains(".*"), "{refused}");
        assert!(rendered(whole).is_ok(), "{whole}");
    }
}
