//! Layout by the image that really runs: data path, flags and probe follow its version and flavour.

use super::{refused, services, volumes};
use crate::common::{code, folder, page, render};

#[test]
fn data_lie_where_the_image_has_them() {
    for (keys, path) in [
        (
            "use: postgres, image: 'ghcr.io/immich-app/postgres:14-vectorchord0.4.3-pgvectors0.2.0'",
            "/var/lib/postgresql/data",
        ),
        ("use: postgres, image: 'timescale/timescaledb:2.17.2-pg16'", "/var/lib/postgresql/data"),
        ("use: postgres, image: 'pgvector/pgvector:0.8.0-pg18'", "/var/lib/postgresql"),
        ("use: postgres, image: 'postgres:${PG:-15}-bookworm'", "/var/lib/postgresql/data"),
        ("use: postgres@17, image: 'registry.example.org/db:stable'", "/var/lib/postgresql/data"),
        ("use: postgres@17, image: 'postgres:18'", "/var/lib/postgresql"),
        ("use: postgres, image: postgres", "/var/lib/postgresql"),
        ("use: postgres@14", "/var/lib/postgresql/data"),
        ("use: postgres", "/var/lib/postgresql"),
    ] {
        let (_, environments) = services(&format!("  db: {{ tier: all, {keys} }}\n"));
        for environment in &environments {
            assert_eq!(volumes(environment, "db"), [("db_data", path)], "{keys}");
        }
    }
}

#[test]
fn an_override_of_one_environment_moves_the_data_there_alone() {
    let override_ = "overrides: { production: { image: 'postgres:16' } }";
    let (_, environments) = services(&format!("  db: {{ tier: all, use: postgres, {override_} }}\n"));
    let paths: Vec<_> = environments.iter().map(|environment| volumes(environment, "db")[0].1).collect();
    assert_eq!(paths, ["/var/lib/postgresql", "/var/lib/postgresql/data"]);
}

#[test]
fn flags_and_probe_follow_the_image() {
    let (_, environments) = services(
        "  logs: { tier: all, use: loki, image: 'grafana/loki:3.5.8' }\n  \
         cache: { tier: all, use: memcached, image: 'memcached:1.6' }\n  \
         web: { tier: all, use: nginx, image: 'nginx:1.30' }\n",
    );
    for environment in &environments {
        let test = |service: &str| environment["services"][service]["healthcheck"]["test"].to_string();
        assert!(test("logs").contains("wget"), "{}", test("logs"));
        assert!(test("cache").contains("bash"), "{}", test("cache"));
        assert!(test("web").contains("curl"), "{}", test("web"));
    }
}

#[test]
fn a_version_that_decides_and_is_not_known_is_asked_for() {
    for image in ["postgres:$TAG", "postgres@sha256:0000", "registry.example.org/db:main"] {
        let message = refused(&format!("  db: {{ tier: all, use: postgres, image: '{image}' }}\n"));
        assert!(message.contains("use: postgres@18"), "{message}");
    }
    // Where nothing depends on it, nothing is asked.
    services("  mail: { tier: all, use: mailpit, image: 'axllent/mailpit:$TAG' }\n");
}

#[test]
fn a_flavour_stands_behind_the_version() {
    for (used, image) in [
        ("postgres", "postgres:18-alpine"),
        ("postgres@16", "postgres:16-alpine"),
        ("postgres@16-bookworm", "postgres:16-bookworm"),
        ("postgres@16.4-alpine3.22", "postgres:16.4-alpine3.22"),
        ("redis@7-trixie", "redis:7-trixie"),
        ("valkey@8-bookworm", "valkey/valkey:8-bookworm"),
        ("nginx@1.30-trixie", "nginx:1.30-trixie"),
        ("memcached@1.6-bookworm", "memcached:1.6-bookworm"),
        ("caddy@2.11-alpine", "caddy:2.11-alpine"),
        ("nats@2-alpine", "nats:2-alpine"),
        ("rabbitmq@4-alpine", "rabbitmq:4-management-alpine"),
        ("elasticsearch@8", "elasticsearch:8.19.20"),
    ] {
        let (_, environments) = services(&format!("  one: {{ tier: all, use: {used} }}\n"));
        assert_eq!(environments[0]["services"]["one"]["image"], image, "{used}");
    }
    let message = refused("  db: { tier: all, use: postgres@16-debian }\n");
    assert!(message.contains("`bookworm`") && message.contains("write `image:`"), "{message}");
}

/// Alpine's postgres is user 70, Debian's 999.
#[test]
fn the_reader_of_secrets_follows_the_flavour() {
    for (used, user) in
        [("postgres", 70), ("postgres@16-bookworm", 999), ("postgres, image: 'postgres:17'", 999)]
    {
        let (rendered, _) = services(&format!("  db: {{ tier: all, use: {used} }}\n"));
        let readers = &rendered.plans[1].secrets["db_password"].readers;
        assert_eq!(readers[0].user, Some(user), "{used}");
    }
}

#[test]
fn a_data_path_of_ones_own_is_kept() {
    for (keys, path) in [
        ("use: postgres@17, environment: { PGDATA: /srv/pg }", "/srv/pg"),
        ("use: postgres@17, environment: [PGDATA=/srv/pg]", "/srv/pg"),
        // It lies in the volume as it is.
        (
            "use: postgres@17, environment: { PGDATA: /var/lib/postgresql/data/pgdata }",
            "/var/lib/postgresql/data",
        ),
        ("use: postgres, environment: { PGDATA: /var/lib/postgresql/data }", "/var/lib/postgresql"),
        ("use: grafana, environment: { GF_PATHS_DATA: /srv/grafana }", "/srv/grafana"),
        ("use: kafka, environment: { KAFKA_LOG_DIRS: /srv/kafka }", "/srv/kafka"),
    ] {
        let (_, environments) = services(&format!("  one: {{ tier: all, {keys} }}\n"));
        for environment in &environments {
            assert_eq!(volumes(environment, "one"), [("one_data", path)], "{keys}");
        }
    }
}

#[test]
fn a_folder_of_scripts_is_an_error_that_names_its_files() {
    for template in ["postgres", "mysql", "mongo"] {
        let stack = format!(
            "name: a\ntiers: {{ all: {{}} }}\nservices: {{ db: {{ tier: all, use: {template}, with: {{ init: [./sql] }} }} }}\n"
        );
        let folder = folder(&[("stack.yaml", &stack), ("sql/2.sql", ""), ("sql/1.sql", "")]);
        let page = page(&folder, &["render"]);
        assert!(page.contains("`./sql` is a folder") && page.contains("./sql/1.sql, ./sql/2.sql"), "{page}");
        let files = stack.replace("./sql", "./sql/1.sql, ./sql/2.sql");
        crate::common::write(&folder, "stack.yaml", &files);
        assert_eq!(code(&folder, &["render"]), Some(0));
    }
}

#[test]
fn backups_and_restores_work_with_variables() {
    let (rendered, environments) = services(
        "  db: { tier: all, use: postgres, with: { user: '${DB_USER:-app}', databases: ['${DB:-orders}'] } }\n  \
         docs: { tier: all, use: mongo, with: { user: '${DB_USER:-app}' } }\n  \
         other: { tier: all, use: mysql, with: { user: '${DB_USER:-app}', databases: ['${DB:-orders}'] } }\n",
    );
    let service = &environments[0]["services"]["db"];
    assert_eq!(
        (&service["environment"]["POSTGRES_USER"], &service["environment"]["POSTGRES_DB"]),
        (&"app".into(), &"orders".into())
    );
    for backup in rendered.plans.iter().flat_map(|plan| &plan.backups) {
        for word in backup.save.iter().chain(&backup.load) {
            assert!(!word.contains("DB_USER"), "the container does not know that variable: {word}");
        }
    }
    // What stands in a script is no variable.
    let two = "  db: { tier: all, use: postgres, with: { databases: [one, '${DB:-orders}'] } }\n";
    assert!(refused(two).contains("stand in a script"), "{}", refused(two));
    let unfit = "  db: { tier: all, use: postgres, with: { user: '${DB_USER:-a b}' } }\n";
    assert!(refused(unfit).contains("takes a name"), "{}", refused(unfit));
    assert!(render("name: a\ntiers: { a: {} }\nservices: { a: { tier: a, use: postgres, with: { user: 'x${A}' } } }\n", None).is_err());
}
