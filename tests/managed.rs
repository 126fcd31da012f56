//! Services that somebody else runs in an environment, under the same name.

use serde_json::Value;

use crate::common::{Rendered, canonical, docker_compose, folder, page, render, write};

const TIERS: &str = "tiers: { app: {}, data: { kind: infrastructure }, obs: { kind: observability } }";

fn rendered(services: &str) -> Rendered {
    let text = format!("name: shop\n{TIERS}\nservices:\n{services}");
    render(&text, None).unwrap_or_else(|message| panic!("{message}\n{text}"))
}

/// An environment as the real Docker Compose reads it, with these lines in `.env`.
fn read(rendered: &Rendered, environment: &str, variables: &str) -> Value {
    let folder = folder(&[]);
    for file in &rendered.files {
        write(&folder, &file.path, &file.content);
    }
    write(&folder, ".env", &format!("{}\n{variables}\n", rendered.file(".env.example")));
    canonical(&docker_compose(), folder.path(), &format!("docker-compose.{environment}.yml"))
}

fn variable<'p>(project: &'p Value, service: &str, name: &str) -> &'p str {
    project["services"][service]["environment"][name].as_str().unwrap_or_default()
}

const DATABASE: &str = "  db:
    tier: data
    use: postgres
    with: { databases: [orders, stock] }
    external:
      production: { host: '${DB_HOST:?the address of the database}', port: '${DB_PORT:-5432}', user: '${DB_USER:?}',
        password: '${RDS_PASSWORD:?}', tls: true }
";

#[test]
fn references_find_a_managed_database() {
    let shop = rendered(&format!(
        "{DATABASE}  api:
    tier: app
    image: example/api:1
    environment:
      URL: ${{{{ db.url }}}}
      STOCK: ${{{{ db.databases.stock.url | scheme('postgresql+psycopg2') }}}}
      HOST: ${{{{ db.host }}}}
      PORT: ${{{{ db.port }}}}
      TLS: ${{{{ db.tls }}}}
      DB_LOGIN: ${{{{ db.user }}}}
"
    ));
    let project = read(&shop, "production", "DB_HOST=db.example.org\nDB_USER=shop\nRDS_PASSWORD=s3cret");
    let url = "postgresql://shop:s3cret@db.example.org:5432/orders?sslmode=require";
    assert_eq!(variable(&project, "api", "URL"), url);
    let stock = "postgresql+psycopg2://shop:s3cret@db.example.org:5432/stock?sslmode=require";
    assert_eq!(variable(&project, "api", "STOCK"), stock);
    assert_eq!(variable(&project, "api", "HOST"), "db.example.org");
    assert_eq!(variable(&project, "api", "PORT"), "5432");
    assert_eq!(variable(&project, "api", "TLS"), "true");
    assert_eq!(variable(&project, "api", "DB_LOGIN"), "shop");
    // It has nothing there, and nobody waits for it.
    assert_eq!(project["services"].as_object().map(|services| services.len()), Some(1));
    assert!(project["services"]["api"]["depends_on"].is_null());
    assert!(project["volumes"].is_null() && project["networks"]["data"].is_null(), "{project}");
    for name in ["DB_HOST", "DB_USER", "RDS_PASSWORD"] {
        assert!(shop.file(".env.example").contains(&format!("{name}=")), "{name}");
    }
    let project = read(&shop, "dev-fast", "");
    assert_eq!(variable(&project, "api", "URL"), "postgresql://postgres:postgres@db:5432/orders");
    assert_eq!(variable(&project, "api", "TLS"), "false");
    assert_eq!(project["services"]["api"]["depends_on"]["db"]["condition"], "service_healthy");
}

#[test]
fn templates_and_exporters_find_it_too() {
    let text = format!(
        "name: shop\n{TIERS}\nobservability: {{ exporters: auto }}\nservices:\n{DATABASE}  auth: {{ tier: app, use: keycloak, \
         with: {{ database: db, hostname: 'https://auth.example.org' }} }}
  ui: {{ tier: app, use: kafka-ui, with: {{ broker: events }} }}
  worker: {{ tier: app, use: celery-worker, image: 'example/worker:1', with: {{ app: shop, broker: cache }} }}
  events:
    tier: data
    use: kafka
    external: {{ production: {{ host: kafka.example.org, port: 9094, tls: true }} }}
  cache:
    tier: data
    use: redis
    external: {{ production: {{ host: cache.example.org, port: 6380, tls: true }} }}
  prometheus: {{ tier: obs, use: prometheus }}
"
    );
    let shop = render(&text, None).unwrap_or_else(|message| panic!("{message}"));
    let variables = "DB_HOST=db.example.org\nDB_USER=shop\nRDS_PASSWORD=s3cret\nCACHE_PASSWORD=c4che";
    let project = read(&shop, "production", variables);
    assert_eq!(
        variable(&project, "auth", "KC_DB_URL"),
        "jdbc:postgresql://db.example.org:5432/orders?sslmode=require"
    );
    assert_eq!(variable(&project, "auth", "KC_DB_USERNAME"), "shop");
    assert_eq!(variable(&project, "ui", "KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS"), "kafka.example.org:9094");
    assert_eq!(variable(&project, "ui", "KAFKA_CLUSTERS_0_PROPERTIES_SECURITY_PROTOCOL"), "SSL");
    assert_eq!(
        variable(&project, "worker", "CELERY_BROKER_URL"),
        "rediss://:c4che@cache.example.org:6380/0?ssl_cert_reqs=required"
    );
    let names: Vec<&String> = project["services"].as_object().expect("services").keys().collect();
    assert_eq!(names, ["auth", "ui", "worker"]);
    // Those that watch it are beside it, in the environment that is attached.
    let project = read(&shop, "observability", variables);
    assert_eq!(
        variable(&project, "db-exporter", "DATA_SOURCE_URI"),
        "db.example.org:5432/orders?sslmode=require"
    );
    assert_eq!(variable(&project, "db-exporter", "DATA_SOURCE_PASS_FILE"), "/run/secrets/db_password");
    assert_eq!(project["secrets"]["db_password"]["file"], "./secrets/db_password");
    assert_eq!(variable(&project, "cache-exporter", "REDIS_ADDR"), "rediss://cache.example.org:6380");
    let command = project["services"]["events-exporter"]["command"].to_string();
    assert!(command.contains("kafka.example.org:9094") && command.contains("--tls.enabled"), "{command}");
}

#[test]
fn each_template_that_others_refer_to_can_be_managed() {
    let url = |used: &str, with: &str, external: &str, asked: &str| {
        let text = format!(
            "  it: {{ tier: data, use: {used}, with: {{ {with} }}, external: {{ production: {{ {external} }} }} }}
  api: {{ tier: app, image: 'example/api:1', environment: {{ URL: '${{{{ it.{asked} }}}}' }} }}\n"
        );
        variable(&read(&rendered(&text), "production", "P=pw"), "api", "URL").to_owned()
    };
    let tls = "host: x.example.org, password: '${P:?}', tls: true";
    let as_user = format!("{tls}, user: u");
    for (used, with, external, asked, expected) in [
        ("mysql", "databases: [a]", &*as_user, "url", "mysql://u:pw@x.example.org:3306/a"),
        ("mysql", "databases: [a]", &as_user, "root_user", "u"),
        ("mariadb", "databases: [a]", &as_user, "databases.a.url", "mysql://u:pw@x.example.org:3306/a"),
        (
            "mongo",
            "database: a",
            &as_user,
            "url",
            "mongodb://u:pw@x.example.org:27017/a?authSource=admin&tls=true",
        ),
        ("rabbitmq", "vhost: a", &as_user, "url", "amqps://u:pw@x.example.org:5672/a"),
        ("clickhouse", "database: a", &as_user, "url", "clickhouse://u:pw@x.example.org:9000/a?secure=true"),
        ("clickhouse", "database: a", &as_user, "http_url", "https://u:pw@x.example.org:8123/a"),
        ("elasticsearch@9.5.2", "", &as_user, "url", "https://u:pw@x.example.org:9200"),
        ("elasticsearch@9.5.2", "", tls, "url", "https://elastic:pw@x.example.org:9200"),
        ("opensearch", "", &as_user, "url", "https://u:pw@x.example.org:9200"),
        ("redis", "", &as_user, "url", "rediss://u:pw@x.example.org:6379/0"),
        ("valkey", "password: false", tls, "url", "rediss://:pw@x.example.org:6379/0"),
        ("nats", "", &as_user, "url", "tls://u:pw@x.example.org:4222"),
        ("minio", "", &as_user, "url", "https://x.example.org:9000"),
        ("minio", "", &as_user, "secret_key", "pw"),
        ("meilisearch", "", tls, "master_key", "pw"),
        ("vault", "", tls, "token", "pw"),
    ] {
        assert_eq!(url(used, with, external, asked), expected, "{used} {asked}");
    }
}

#[test]
fn what_is_managed_everywhere_needs_no_image() {
    let everywhere = ["dev-fast", "infra", "observability", "production"]
        .map(|environment| format!("{environment}: {{ host: api.example.org, port: 443, tls: true }}"));
    let shop = rendered(&format!(
        "  pay: {{ tier: app, listen: 8443, external: {{ {} }} }}
  api: {{ tier: app, image: 'example/api:1', environment: {{ PAY: '${{{{ pay.url }}}}', OPEN: '${{{{ pay.public_url }}}}' }} }}\n",
        everywhere.join(", ")
    ));
    for environment in ["dev-fast", "production"] {
        let project = read(&shop, environment, "");
        assert_eq!(variable(&project, "api", "PAY"), "https://api.example.org:443");
        assert_eq!(variable(&project, "api", "OPEN"), "https://api.example.org:443");
        assert!(project["services"]["pay"].is_null());
    }
    // A URL alone is what platforms hand out.
    let shop = rendered(
        "  db: { tier: data, use: postgres, external: { production: { url: '${DATABASE_URL:?}' } } }
  api: { tier: app, image: 'example/api:1', environment: { DB: '${{ db.url }}' } }\n",
    );
    let project = read(&shop, "production", "DATABASE_URL=postgres://a:b@c/d");
    assert_eq!(variable(&project, "api", "DB"), "postgres://a:b@c/d");
}

#[test]
fn the_other_verbs_know_it() {
    let stack = format!(
        "name: shop\n{TIERS}\nservices:\n{DATABASE}  api: {{ tier: app, image: 'example/api:1', environment: {{ URL: \
         '${{{{ db.url }}}}' }} }}\n"
    );
    let folder = folder(&[("stack.yaml", &stack)]);
    assert!(page(&folder, &["render"]).contains("exit code 0"));
    let makefile = std::fs::read_to_string(folder.path().join("Makefile")).expect("a Makefile");
    assert!(makefile.contains("prod-up"), "{makefile}");
    for arguments in [
        &["ports", "production"][..],
        &["graph", "-f", "docker-compose.production.yml"],
        &["lint", "-f", "docker-compose.production.yml"],
        &["secrets", "init", "production"],
        &["env", "api", "--environment", "production"],
    ] {
        let page = page(&folder, arguments);
        assert!(page.contains("exit code 0"), "{page}");
    }
    let shown = page(&folder, &["env", "api", "--environment", "production"]);
    assert!(shown.contains("@${DB_HOST"), "{shown}");
}

#[test]
fn an_exporter_is_told_who_vouches_for_a_managed_server() {
    let stack = |more: &str| {
        format!(
            "name: shop\n{TIERS}\nobservability: {{ exporters: auto }}\nservices:
  sql: {{ tier: data, use: mysql, external: {{ production: {{ host: sql.example.org, tls: true }} }} }}
  api: {{ tier: app, image: 'example/api:1', environment: {{ SQL: '${{{{ sql.url }}}}' }} }}
  prometheus: {{ tier: obs, use: prometheus }}\n{more}"
        )
    };
    let refused = render(&stack(""), None).err().unwrap_or_default();
    assert!(
        refused.contains("`sql` speaks TLS, and the exporter has to know who vouches for it"),
        "{refused}"
    );
    // As it is told.
    let own =
        "  sql-exporter: { tier: obs, use: mysql-exporter, with: { server: sql, authority: ./ca.pem } }\n";
    let shop = render(&stack(own), None).unwrap_or_else(|message| panic!("{message}"));
    let project = read(&shop, "observability", "");
    let exporter = &project["services"]["sql-exporter"];
    assert!(
        exporter["command"].to_string().contains("--config.my-cnf=/etc/mysqld_exporter/my.cnf"),
        "{exporter}"
    );
    assert_eq!(exporter["volumes"][0]["target"], "/etc/mysqld_exporter/authority.pem");
    assert_eq!(
        shop.file("config/sql-exporter/my.cnf").lines().last(),
        Some("ssl-ca = /etc/mysqld_exporter/authority.pem")
    );
}

#[test]
fn a_database_has_one_name_everywhere() {
    for (template, name) in [("postgres", "postgres"), ("mysql", "app"), ("mariadb", "app")] {
        let rendered = rendered(&format!(
            "  db: {{ tier: data, use: {template}, external: {{ production: {{ host: db.example.org, user: \"${{U:?}}\" }} }} }}\n  \
             a: {{ tier: app, image: \"x/a:1\", health: none, environment: {{ NAME: \"${{{{ db.database }}}}\" }} }}\n"
        ));
        for environment in ["dev-fast", "production"] {
            let file = rendered.file(&format!("docker-compose.{environment}.yml"));
            assert!(file.contains(&format!("NAME: {name}\n")), "{template} in {environment}\n{file}");
        }
    }
}
