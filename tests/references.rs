//! What services say of each other: whom one waits for, whom it reaches, and where it finds them.

use serde_json::Value;

use crate::common::{Rendered, canonical, docker_compose, folder, page, render, write};

/// What a stack of these tiers and services is rendered to.
fn rendered(tiers: &str, services: &str) -> Rendered {
    let text = format!(
        "name: shop\nenvironments: {{ production: {{ public_host: shop.example.org }} }}\n\
         tiers: {{ {tiers} }}\nservices:\n{services}"
    );
    render(&text, None).unwrap_or_else(|message| panic!("{message}\n{text}"))
}

/// An environment of a stack, as the real Docker Compose reads it.
fn read(rendered: &Rendered, environment: &str) -> Value {
    let folder = folder(&[]);
    for file in &rendered.files {
        write(&folder, &file.path, &file.content);
    }
    write(&folder, ".env", rendered.file(".env.example"));
    canonical(&docker_compose(), folder.path(), &format!("docker-compose.{environment}.yml"))
}

/// Whom a service waits for, each with its condition.
fn waits(project: &Value, service: &str) -> Vec<String> {
    let waits = project["services"][service]["depends_on"].as_object();
    let condition = |entry: &Value| entry["condition"].as_str().unwrap_or_default().to_owned();
    waits.into_iter().flatten().map(|(name, entry)| format!("{name}: {}", condition(entry))).collect()
}

/// The networks of a service.
fn networks(project: &Value, service: &str) -> Vec<String> {
    let networks = project["services"][service]["networks"].as_object();
    networks.into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

fn variable<'p>(project: &'p Value, service: &str, name: &str) -> &'p str {
    project["services"][service]["environment"][name].as_str().unwrap_or_default()
}

#[test]
fn what_a_browser_opens_is_not_waited_for() {
    let shop = rendered(
        "edge: {}, app: {}",
        "  gw: { tier: edge, use: nginx, publish: { dev-fast: 8000, production: 80 }, with: { routes: { /: web, /api: api } } }
  web:
    tier: app
    build: { context: ./web, args: { API_URL: '${{ gw.public_url }}/api' } }
    listen: 3000
    health: { command: 'true' }
  api:
    tier: app
    image: example/api:1
    listen: 8080
    health: { command: 'true' }
    environment: { ORIGINS: '${{ gw.http.public_url }}', HOST: '${{ gw.public_address }}' }
",
    );
    let project = read(&shop, "dev-fast");
    assert_eq!(variable(&project, "api", "ORIGINS"), "http://127.0.0.1:8000");
    assert_eq!(waits(&project, "gw"), ["api: service_healthy", "web: service_healthy"]);
    for service in ["web", "api"] {
        assert_eq!(waits(&project, service), [""; 0], "{service}");
        assert_eq!(networks(&project, service), ["app"], "{service}");
    }
    // What the service itself asks is.
    let both = "environment: { A: '${{ gw.public_url }}', B: '${{ gw.url }}' }";
    let shop = rendered(
        "edge: {}, app: {}",
        &format!(
            "  gw: {{ tier: edge, use: nginx, publish: {{ dev-fast: 8000, production: 80 }} }}
  api: {{ tier: app, image: 'example/api:1', {both} }}\n"
        ),
    );
    let project = read(&shop, "dev-fast");
    assert_eq!(waits(&project, "api"), ["gw: service_healthy"]);
    assert_eq!(networks(&project, "api"), ["app", "edge"]);
}

#[test]
fn a_wait_for_a_job_joins_no_network() {
    let shop = rendered(
        "setup: {}, app: {}, data: { kind: infrastructure }",
        "  init: { tier: setup, use: job, image: 'example/init:1', environment: { DB: '${{ db.url }}' } }
  seed: { tier: setup, use: job, image: 'example/seed:1', needs: [init] }
  api: { tier: app, image: 'example/api:1', needs: [init, db] }
  worker: { tier: app, image: 'example/worker:1', needs: { init: started, seed: none } }
  logger: { tier: app, image: 'example/logger:1', environment: { PEER: '${{ seed.host }}' } }
  db: { tier: data, use: postgres }
",
    );
    let project = read(&shop, "dev-fast");
    assert_eq!(networks(&project, "init"), ["data", "setup"]);
    assert_eq!(networks(&project, "seed"), ["setup"]);
    assert_eq!(networks(&project, "api"), ["app", "data"]);
    assert_eq!(networks(&project, "worker"), ["app"]);
    assert_eq!(networks(&project, "logger"), ["app", "setup"], "it reaches the job");
    assert_eq!(waits(&project, "api"), ["db: service_healthy", "init: service_completed_successfully"],);
    assert_eq!(waits(&project, "worker"), ["init: service_started"]);
}

#[test]
fn what_all_need_does_not_need_itself() {
    let services = "  init: { tier: app, use: job, image: 'example/init:1' }
  api: { tier: app, image: 'example/api:1' }
  cron: { tier: app, image: 'example/cron:1', needs: { init: none } }
  batch: { tier: app, image: 'example/batch:1', overrides: { dev-fast: { needs: { init: none } } } }
  self: { tier: app, image: 'example/self:1', needs: { self: none } }
";
    let project = read(&rendered("app: { defaults: { needs: [init] } }", services), "dev-fast");
    for (service, expected) in [
        ("init", &[][..]),
        ("api", &["init: service_completed_successfully"]),
        ("cron", &[]),
        ("batch", &[]),
        ("self", &["init: service_completed_successfully"]),
    ] {
        assert_eq!(waits(&project, service), expected, "{service}");
    }
    let text =
        format!("name: shop\ndefaults: {{ needs: [init] }}\ntiers: {{ app: {{}} }}\nservices:\n{services}");
    let all = render(&text, None).map(|rendered| waits(&read(&rendered, "production"), "init"));
    assert_eq!(all.expect("rendered"), [""; 0]);
    let text = format!(
        "name: shop\nenvironments: {{ production: {{ defaults: {{ needs: {{ init: started }} }} }} }}\n\
         tiers: {{ app: {{}} }}\nservices:\n{services}"
    );
    let production = read(&render(&text, None).expect("rendered"), "production");
    assert_eq!(waits(&production, "init"), [""; 0]);
    assert_eq!(waits(&production, "batch"), ["init: service_started"]);
}

#[test]
fn an_address_without_a_wait_is_there_without_its_service() {
    let shop = rendered(
        "app: {}, data: { kind: infrastructure }, obs: { kind: observability }, tools: { kind: tools }",
        "  api:
    tier: app
    image: example/api:1
    needs: { kafka: none, otel: none, cache: none }
    environment:
      KAFKA: ${{ kafka.address }}
      OTEL_EXPORTER_OTLP_ENDPOINT: ${{ otel.otlp_http.url }}
      CACHE: ${{ cache.url }}
  ui: { tier: app, use: kafka-ui, needs: { kafka: none }, with: { broker: kafka } }
  kafka: { tier: tools, use: kafka }
  cache: { tier: data, use: redis, overrides: { production: { enabled: false } } }
  otel: { tier: obs, use: otel-collector }
",
    );
    let project = read(&shop, "production");
    assert_eq!(variable(&project, "api", "KAFKA"), "kafka:9092");
    assert_eq!(variable(&project, "api", "OTEL_EXPORTER_OTLP_ENDPOINT"), "http://otel:4318");
    assert_eq!(variable(&project, "api", "CACHE"), "redis://:change-me@cache:6379/0");
    assert_eq!(variable(&project, "ui", "KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS"), "kafka:9092");
    assert_eq!(waits(&project, "api"), [""; 0]);
    assert_eq!(networks(&project, "api"), ["app"]);
    // Where it is, it comes into the networks of those that run already.
    let project = read(&shop, "observability");
    assert_eq!(networks(&project, "otel"), ["app", "obs"]);
    assert_eq!(project["networks"]["app"]["name"], "shop-production_app");
    assert_eq!(project["networks"]["app"]["external"], true);
    let project = read(&shop, "dev-fast");
    assert_eq!(networks(&project, "api"), ["app", "data", "tools"]);
    assert_eq!(waits(&project, "api"), [""; 0]);
}

#[test]
fn a_layer_holds_where_another_service_is() {
    let tiers =
        "app: {}, data: { kind: infrastructure }, obs: { kind: observability }, tools: { kind: tools }";
    let shop = rendered(
        tiers,
        "  api:
    tier: app
    image: example/api:1
    environment: { MODE: plain }
    where:
      mail: { environment: { MODE: mail, SMTP: '${{ mail.smtp.address }}' } }
      ghost: { environment: { GHOST: '${{ ghost.host }}' } }
      front: { environment: { FRONT: '1' }, needs: { front: none } }
    overrides: { production: { environment: { LAST: yes } } }
  grafana: { tier: obs, use: grafana, where: { api: { environment: { API: '${{ api.host }}' } } }, needs: { api: started } }
  mail: { tier: tools, use: mailpit }
  ghost: { tier: data, image: 'example/ghost:1', enabled: false }
  front: { tier: tools, build: ./front, run: host }
",
    );
    let project = read(&shop, "dev-fast");
    assert_eq!(variable(&project, "api", "MODE"), "mail");
    assert_eq!(variable(&project, "api", "SMTP"), "mail:1025");
    assert_eq!(variable(&project, "api", "FRONT"), "1");
    assert_eq!(variable(&project, "api", "GHOST"), "");
    assert_eq!(waits(&project, "api"), ["mail: service_healthy"]);
    let project = read(&shop, "production");
    assert_eq!(variable(&project, "api", "MODE"), "plain");
    assert_eq!(variable(&project, "api", "LAST"), "yes");
    assert_eq!(waits(&project, "api"), [""; 0]);
    let project = read(&shop, "observability");
    assert_eq!(variable(&project, "grafana", "API"), "api", "it runs where this one is attached");
}

/// The command of a health check.
fn test(project: &Value, service: &str) -> String {
    let test = project["services"][service]["healthcheck"]["test"].as_array();
    let words = test.into_iter().flatten().map(|word| word.as_str().unwrap_or_default());
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_health_check_of_an_image_is_relied_on() {
    let shop = rendered(
        "app: {}",
        "  api: { tier: app, image: 'example/api:1', needs: [mail, own, built, python, vault] }
  mail: { tier: app, image: 'axllent/mailpit:v1.30.5', healthcheck: { disable: false } }
  own: { tier: app, image: 'example/own:1', health: image, healthcheck: { interval: 30s } }
  built: { tier: app, build: ./built, health: image }
  python: { tier: app, use: python, build: ./python, health: image }
  vault: { tier: app, use: redis, image: 'example/redis:1', health: image }
",
    );
    let project = read(&shop, "dev-fast");
    let all = ["built", "mail", "own", "python", "vault"];
    assert_eq!(waits(&project, "api"), all.map(|name| format!("{name}: service_healthy")));
    for service in all {
        assert_eq!(test(&project, service), "", "{service}");
    }
}

#[test]
fn without_health_the_start_is_waited_for() {
    let shop = rendered(
        "app: {}",
        "  api:
    tier: app
    image: example/api:1
    needs: [none]
    environment: { QUEUE: '${{ queue.address }}', CACHE: '${{ cache.url }}' }
  none: { tier: app, image: 'example/none:1', health: none }
  queue: { tier: app, image: 'example/queue:1', listen: 1234, health: none }
  cache: { tier: app, use: redis, health: none }
  kept: { tier: app, use: redis, healthcheck: { disable: true } }
",
    );
    let project = read(&shop, "production");
    assert_eq!(
        waits(&project, "api"),
        ["cache: service_started", "none: service_started", "queue: service_started"],
    );
    for service in ["none", "queue", "cache"] {
        assert!(project["services"][service]["healthcheck"].is_null(), "{service}");
    }
    assert_eq!(project["services"]["kept"]["healthcheck"]["disable"], true);
}

#[test]
fn what_is_known_of_an_image_asks_for_a_path() {
    let shop = rendered(
        "app: {}",
        "  prometheus: { tier: app, image: 'prom/prometheus:v3.5.0', listen: 9090, health: /-/ready }
  template: { tier: app, use: prometheus, health: { http: /-/healthy, interval: 20s } }
  python: { tier: app, image: 'python:3.14-slim', listen: 8000, health: { http: /ready, status: 204 } }
  node: { tier: app, image: 'node:24-slim', listen: 3000, health: /ready }
  nginx: { tier: app, image: 'nginx:1.31', listen: 80, health: { http: /, status: 301 } }
  debian: { tier: app, image: 'debian:13', listen: 4000, health: /ok }
  port: { tier: app, image: 'alpine:3.23', listen: { smtp: 25 }, health: { tcp: smtp } }
",
    );
    let project = read(&shop, "dev-fast");
    let wget = "CMD wget -q -O /dev/null http://127.0.0.1:9090";
    assert_eq!(test(&project, "prometheus"), format!("{wget}/-/ready"));
    assert_eq!(test(&project, "template"), format!("{wget}/-/healthy"));
    assert!(test(&project, "python").ends_with(" 8000 /ready 204"), "{}", test(&project, "python"));
    assert!(
        test(&project, "node").starts_with("CMD node -e ")
            && test(&project, "node").ends_with(" 3000 /ready")
    );
    assert!(test(&project, "nginx").starts_with("CMD sh -c test \"$$(curl "), "{}", test(&project, "nginx"));
    assert!(test(&project, "debian").starts_with("CMD bash -c exec 3<>/dev/tcp/127.0.0.1/$$0 "));
    assert_eq!(test(&project, "port"), "CMD nc -z 127.0.0.1 25");
    let unknown = "  a: { tier: app, image: 'gcr.io/distroless/static', listen: 80, health: /ok }\n";
    let text = format!("name: shop\ntiers: {{ app: {{}} }}\nservices:\n{unknown}");
    assert!(render(&text, None).err().is_some_and(|message| message.contains("unknown-probe")));
}

#[test]
fn an_address_that_is_written_out_is_reached() {
    let shop = rendered(
        "edge: {}, app: {}, data: { kind: infrastructure }, obs: { kind: observability }",
        "  url: { tier: app, image: 'example/a:1', environment: { DATABASE_URL: 'postgres://u:p@db/x' } }
  port: { tier: app, image: 'example/a:1', environment: ['CACHE=cache:6379'] }
  command: { tier: app, image: 'example/a:1', command: celery -b redis://cache:6379/0 worker }
  list: { tier: app, image: 'example/a:1', command: [run, '--seeds=x:1,db:5432'] }
  default: { tier: app, image: 'example/a:1', environment: { DB: '${DB:-postgres://u:p@db/x}' } }
  word: { tier: app, image: 'example/a:1', environment: { NAME: db, LIKE: 'http://dbx', PATH: 'a:db:b' } }
  watch: { tier: obs, image: 'example/watch:1', environment: { TARGET: 'http://url:8080' } }
  db: { tier: data, use: postgres }
  cache: { tier: data, use: redis, with: { password: false } }
",
    );
    let project = read(&shop, "dev-fast");
    for service in ["url", "port", "command", "list", "default"] {
        assert_eq!(networks(&project, service), ["app", "data"], "{service}");
        assert_eq!(waits(&project, service), [""; 0], "{service}");
    }
    assert_eq!(networks(&project, "word"), ["app"]);
    let project = read(&shop, "observability");
    assert_eq!(networks(&project, "watch"), ["app", "obs"]);
}

#[test]
fn the_public_address_is_what_people_type() {
    let text = "name: shop
tiers: { edge: {}, app: {} }
environments:
  dev-fast: { public_host: localhost }
  staging: { mode: production, defaults: { public_url: 'https://${STAGING_HOST:-staging.example.org}/' } }
services:
  gw:
    tier: edge
    use: nginx
    publish: { dev-fast: 8000, production: 80 }
    overrides: { production: { public_url: 'https://shop.example.org' } }
  api:
    tier: app
    image: example/api:1
    environment: { URL: '${{ gw.public_url }}', AT: '${{ gw.public_address }}', HTTP: '${{ gw.http.public_url }}' }
";
    let shop = render(text, None).unwrap_or_else(|message| panic!("{message}"));
    for (environment, url, at) in [
        ("dev-fast", "http://localhost:8000", "localhost:8000"),
        ("production", "https://shop.example.org", "shop.example.org"),
        ("staging", "https://staging.example.org", "staging.example.org"),
    ] {
        let project = read(&shop, environment);
        assert_eq!(variable(&project, "api", "URL"), url);
        assert_eq!(variable(&project, "api", "AT"), at);
        assert_eq!(variable(&project, "api", "HTTP"), url);
    }
    let wrong = text.replace("https://shop.example.org", "shop.example.org");
    assert!(
        render(&wrong, None).err().is_some_and(|message| message.contains("`shop.example.org` is no URL"))
    );
}

#[test]
fn a_url_has_the_scheme_that_its_client_wants() {
    let shop = rendered(
        "app: {}, data: { kind: infrastructure }",
        r#"  api:
    tier: app
    image: example/api:1
    environment:
      ORM: ${{ db.url | scheme("postgresql+psycopg2") }}
      ONE: ${{ db.databases.stock.url | scheme("postgresql+asyncpg") }}
      EVENTS: ${{ events.http_url }}
      SEARCH: ${{ search.url }}
      API: ${{ queue.api_url }}
  db: { tier: data, use: postgres, with: { databases: [orders, stock] } }
  events: { tier: data, use: clickhouse }
  search: { tier: data, use: elasticsearch@9.5.2 }
  queue: { tier: data, use: rabbitmq }
"#,
    );
    let project = read(&shop, "dev-fast");
    for (name, url) in [
        ("ORM", "postgresql+psycopg2://postgres:postgres@db:5432/orders"),
        ("ONE", "postgresql+asyncpg://postgres:postgres@db:5432/stock"),
        ("EVENTS", "http://app:clickhouse@events:8123/app"),
        ("SEARCH", "http://elastic:elastic@search:9200"),
        ("API", "http://rabbitmq:rabbitmq@queue:15672/api/"),
    ] {
        assert_eq!(variable(&project, "api", name), url);
    }
}

#[test]
fn a_dockerfile_without_healthcheck_is_told() {
    let stack = "name: shop
tiers: { app: {} }
services:
  api: { tier: app, image: 'example/api:1', needs: [bare, own, stage, off, unknown, asked] }
  bare: { tier: app, build: ./bare, health: image }
  own: { tier: app, build: ./own, health: image }
  stage: { tier: app, build: ./stage, health: image }
  off: { tier: app, build: ./off, health: image }
  unknown: { tier: app, build: ./unknown, health: image }
  asked: { tier: app, build: ./bare, health: { command: 'true' } }
";
    let folder = folder(&[
        ("stack.yaml", stack),
        ("bare/Dockerfile", "FROM python:3.14-slim\nCMD [\"python\"]\n"),
        ("own/Dockerfile", "FROM python:3.14-slim\nHEALTHCHECK CMD true\n"),
        ("stage/Dockerfile", "FROM alpine:3.23 AS base\nHEALTHCHECK CMD true\nFROM base\nRUN true\n"),
        ("off/Dockerfile", "FROM axllent/mailpit:v1.30.5\nHEALTHCHECK NONE\n"),
        ("unknown/Dockerfile", "FROM example/base:1\n"),
    ]);
    let shown = page(&folder, &["render"]);
    for (service, is_told) in [
        ("bare", true),
        ("own", false),
        ("stage", false),
        ("off", true),
        ("unknown", false),
        ("asked", false),
    ] {
        let told = shown.contains(&format!("Dockerfile of `{service}` has no `HEALTHCHECK`"));
        assert_eq!(told, is_told, "{service}\n{shown}");
    }
}
