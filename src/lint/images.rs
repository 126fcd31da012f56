//! What is known of well-known images: ports, what people call them, and how to probe them.
//!
//! Source: the images' Dockerfiles and entrypoints. Docker's official images ship no `HEALTHCHECK`, as their FAQ
//! explains ("docker-library/faq"); those images that do ship one are marked so. Each test runs in its image with
//! tools that are there, and fails while the image still initialises.

use crate::compose::Service;

/// Whether an image brings a `HEALTHCHECK` of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ships {
    Probe,
    Nothing,
    /// Nor anything that a probe could be made of.
    NotEvenAShell,
}

/// Facts about one image.
#[derive(Debug)]
pub(super) struct Image {
    names: &'static [&'static str],
    /// Ports that it listens on unless told otherwise.
    pub(super) ports: &'static [u16],
    /// Words that a variable or a URL's scheme calls it by.
    pub(super) kinds: &'static [&'static str],
    ships: Ships,
    /// A `test` that works inside it.
    test: Option<&'static str>,
}

const fn bare(
    names: &'static [&'static str],
    ports: &'static [u16],
    kinds: &'static [&'static str],
    test: &'static str,
) -> Image {
    Image { names, ports, kinds, ships: Ships::Nothing, test: Some(test) }
}

const fn plain(
    names: &'static [&'static str],
    ports: &'static [u16],
    kinds: &'static [&'static str],
) -> Image {
    Image { names, ports, kinds, ships: Ships::Nothing, test: None }
}

const fn scratch(
    names: &'static [&'static str],
    ports: &'static [u16],
    kinds: &'static [&'static str],
) -> Image {
    Image { names, ports, kinds, ships: Ships::NotEvenAShell, test: None }
}

const fn probed(
    names: &'static [&'static str],
    ports: &'static [u16],
    kinds: &'static [&'static str],
) -> Image {
    Image { names, ports, kinds, ships: Ships::Probe, test: None }
}

#[rustfmt::skip]
const IMAGES: &[Image] = &[
    bare(&["postgres", "pgvector/pgvector", "postgis/postgis", "timescale/timescaledb"], &[5432],
        &["postgres", "postgresql", "pg", "pgsql", "psql", "db", "database", "sql", "datasource"],
        r#"["CMD-SHELL", "pg_isready -h 127.0.0.1 -U $${POSTGRES_USER:-postgres}"]"#),
    bare(&["mysql"], &[3306], &["mysql", "db", "database", "sql", "datasource"],
        r#"["CMD", "mysqladmin", "ping", "-h", "127.0.0.1", "--silent"]"#),
    bare(&["mariadb"], &[3306], &["mariadb", "mysql", "db", "database", "sql", "datasource"],
        r#"["CMD", "healthcheck.sh", "--connect", "--innodb_initialized"]"#),
    bare(&["mongo"], &[27017], &["mongo", "mongodb", "db", "database"],
        r#"["CMD-SHELL", "mongosh --quiet --host $$(hostname) --eval 'db.adminCommand({ping: 1}).ok' | grep -qx 1"]"#),
    bare(&["redis"], &[6379], &["redis", "rediss", "cache"],
        r#"["CMD-SHELL", "redis-cli -h 127.0.0.1 ping | grep -qx PONG"]"#),
    bare(&["valkey/valkey"], &[6379], &["valkey", "redis", "rediss", "cache"],
        r#"["CMD-SHELL", "valkey-cli -h 127.0.0.1 ping | grep -qx PONG"]"#),
    plain(&["memcached"], &[11211], &["memcached", "memcache", "cache"]),
    bare(&["rabbitmq"], &[5672, 5671, 15672, 15692], &["rabbitmq", "rabbit", "amqp", "amqps", "rmq", "broker"],
        r#"["CMD", "rabbitmq-diagnostics", "-q", "check_port_connectivity"]"#),
    bare(&["apache/kafka"], &[9092, 9093], &["kafka", "bootstrap", "broker", "brokers"],
        r#"["CMD-SHELL", "/opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server 127.0.0.1:9092"]"#),
    bare(&["apache/kafka-native"], &[9092, 9093], &["kafka", "bootstrap", "broker", "brokers"],
        r#"["CMD-SHELL", "nc -z 127.0.0.1 9092"]"#),
    plain(&["nats"], &[4222, 8222], &["nats"]),
    bare(&["zookeeper"], &[2181], &["zookeeper", "zk"],
        r#"["CMD-SHELL", "echo srvr | nc -w 2 127.0.0.1 2181 | grep -q '^Mode:'"]"#),
    bare(&["elasticsearch", "docker.elastic.co/elasticsearch/elasticsearch"], &[9200, 9300],
        &["elasticsearch", "elastic", "es"],
        r#"["CMD-SHELL", "curl -fsS 'http://127.0.0.1:9200/_cluster/health?wait_for_status=yellow&timeout=5s'"]"#),
    bare(&["opensearchproject/opensearch"], &[9200, 9300, 9600], &["opensearch", "elasticsearch", "es"],
        r#"["CMD-SHELL", "curl -fsSk -u admin:$$OPENSEARCH_INITIAL_ADMIN_PASSWORD https://127.0.0.1:9200/_cluster/health"]"#),
    bare(&["clickhouse", "clickhouse/clickhouse-server"], &[8123, 9000, 9009], &["clickhouse"],
        r#"["CMD-SHELL", "wget -q -O /dev/null http://$$(hostname):8123/ping"]"#),
    bare(&["quay.io/minio/minio", "minio/minio"], &[9000, 9001], &["minio", "s3"],
        r#"["CMD", "curl", "-fsS", "http://127.0.0.1:9000/minio/health/live"]"#),
    bare(&["nginx"], &[80], &["nginx"],
        r#"["CMD", "curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1/"]"#),
    plain(&["traefik"], &[80, 443, 8080], &["traefik"]),
    bare(&["caddy"], &[80, 443, 2019], &["caddy"],
        r#"["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:2019/config/"]"#),
    bare(&["quay.io/keycloak/keycloak"], &[8080, 8443, 9000], &["keycloak"],
        r#"["CMD", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080"]"#),
    bare(&["hashicorp/vault"], &[8200], &["vault"],
        r#"["CMD", "vault", "status", "-address=http://127.0.0.1:8200"]"#),
    bare(&["hashicorp/consul"], &[8500, 8600], &["consul"],
        r#"["CMD-SHELL", "curl -fsS http://127.0.0.1:8500/v1/status/leader | grep -q ':'"]"#),
    bare(&["prom/prometheus"], &[9090], &["prometheus"],
        r#"["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9090/-/ready"]"#),
    bare(&["prom/alertmanager"], &[9093], &["alertmanager"],
        r#"["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9093/-/ready"]"#),
    bare(&["grafana/grafana"], &[3000], &["grafana"],
        r#"["CMD-SHELL", "wget -q -O /dev/null http://127.0.0.1:3000/api/health"]"#),
    bare(&["mailhog/mailhog"], &[1025, 8025], &["smtp", "mail", "mailer", "mailhog"],
        r#"["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8025/"]"#),
    bare(&["adminer"], &[8080], &["adminer"],
        r#"["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"]"#),
    bare(&["qdrant/qdrant"], &[6333, 6334], &["qdrant"],
        r#"["CMD", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/6333"]"#),
    bare(&["getmeili/meilisearch"], &[7700], &["meilisearch", "meili"],
        r#"["CMD", "curl", "-fsS", "http://127.0.0.1:7700/health"]"#),
    bare(&["ollama/ollama"], &[11434], &["ollama"],
        r#"["CMD", "ollama", "list"]"#),
    bare(&["jaegertracing/jaeger"], &[4317, 4318, 16686], &["jaeger", "otlp", "otel"],
        r#"["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:13133/status"]"#),
    plain(&["grafana/loki"], &[3100], &["loki"]),
    plain(&["grafana/tempo"], &[3200, 4317, 4318], &["tempo", "otlp", "otel"]),
    plain(&["cassandra"], &[9042], &["cassandra"]),
    plain(&["couchdb"], &[5984], &["couchdb", "couch"]),
    plain(&["influxdb"], &[8086], &["influxdb", "influx"]),
    plain(&["neo4j"], &[7474, 7687], &["neo4j", "bolt"]),
    plain(&["mcr.microsoft.com/mssql/server"], &[1433], &["mssql", "sqlserver", "db", "database", "sql"]),
    scratch(&["otel/opentelemetry-collector", "otel/opentelemetry-collector-contrib"], &[4317, 4318], &["otel", "otlp"]),
    probed(&["axllent/mailpit"], &[1025, 8025], &["smtp", "mail", "mailer", "mailpit"]),
    probed(&["kong"], &[8000, 8001, 8443, 8444], &["kong"]),
    probed(&["localstack/localstack"], &[4566], &["localstack", "aws"]),
    probed(&["ghcr.io/google/cadvisor", "gcr.io/cadvisor/cadvisor"], &[8080], &["cadvisor"]),
    probed(&["containrrr/watchtower"], &[8080], &["watchtower"]),
    probed(&["vaultwarden/server"], &[80], &["vaultwarden"]),
    probed(&["pihole/pihole"], &[53, 80, 443], &["pihole"]),
    probed(&["louislam/uptime-kuma"], &[3001], &["uptime", "kuma"]),
];

/// What is known of a service's image, and whether it is that very image or one of the same name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// The facts.
    pub(super) image: &'static Image,
    is_exact: bool,
}

/// What is known of the image that a service runs; nothing, where it builds its own.
pub(super) fn of(service: &Service) -> Option<Known> {
    let text = service.image.as_ref().filter(|_| !service.is_built)?.sketch();
    let repository = repository(&text);
    let exact = IMAGES.iter().find(|image| image.names.contains(&repository));
    let last = |name: &'static str| name.rsplit('/').next().unwrap_or(name);
    let segment = repository.rsplit('/').next().unwrap_or(repository);
    let alike = || {
        IMAGES.iter().find(|image| {
            image.names.iter().any(|name| last(name) == segment)
                || image.kinds.first() == Some(&segment)
                || (segment, image.kinds.first()) == ("postgresql", Some(&"postgres"))
        })
    };
    let image = exact.or_else(alike)?;
    Some(Known { image, is_exact: exact.is_some() })
}

/// `docker.io/library/postgres:18@sha256:…` as `postgres`.
fn repository(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    let tag = name.rfind(':').filter(|colon| !name[*colon..].contains('/'));
    let name = &name[..tag.unwrap_or(name.len())];
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    // Mirrors keep the path: `public.ecr.aws/docker/library/postgres`.
    name.rsplit_once("library/").map_or(name, |(_, name)| name)
}

/// Whether the image of a service is known to hold nothing that a probe could be made of.
pub(super) fn is_scratch(service: &Service) -> bool {
    of(service).is_some_and(|known| known.is_exact && known.image.ships == Ships::NotEvenAShell)
}

/// Whether the image of a service is known to bring a `HEALTHCHECK`, or to bring none; `None` where nobody can say.
pub(super) fn ships_probe(service: &Service) -> Option<bool> {
    of(service).filter(|known| known.is_exact).map(|known| known.image.ships == Ships::Probe)
}

/// How to give a service a health check: the very one, for an image that is known.
pub(super) fn probe_help(service: &Service) -> String {
    let name = &service.name;
    match of(service).filter(|known| known.is_exact).and_then(|known| known.image.test) {
        Some(test) => format!(
            "give `{name}` one that works in its image:\n\nhealthcheck:\n  test: {test}\n  interval: 5s\n  retries: 10\n  \
             start_period: 30s"
        ),
        None if is_scratch(service) => format!(
            "nothing in the image of `{name}` can probe it: wait with `condition: service_started`, and write \
             `healthcheck: {{disable: true}}` to say so"
        ),
        None if service.is_built => format!(
            "give `{name}` a `healthcheck` with a `test` that passes once it answers, done with a tool that is in the \
             image (a `HEALTHCHECK` of its Dockerfile cannot be seen from here)"
        ),
        None => format!(
            "give `{name}` a `healthcheck` with a `test` that passes once it answers, done with a tool that is in the \
             image"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn repositories_lose_registry_tag_and_digest() {
        for (image, expected) in [
            ("postgres", "postgres"),
            ("docker.io/library/postgres:18@sha256:0", "postgres"),
            ("public.ecr.aws/docker/library/redis:8", "redis"),
            ("localhost:5000/redis", "localhost:5000/redis"),
            ("quay.io/minio/minio:…", "quay.io/minio/minio"),
        ] {
            assert_eq!(repository(image), expected);
        }
    }
}
