//! What is known of port numbers: what listens on them, and which of them a browser would have to open.

use super::{images, words};
use compose_reader::browser::blocked_port;
use compose_reader::compose::{MountKind, Port, Service};
use compose_reader::source::Span;

/// Ports of databases, caches and brokers, with who listens there: for images that nothing else is known of.
///
/// Source: IANA's "Service Name and Transport Protocol Port Number Registry", and the documentation of each program.
const ADMINISTERED: &[(u16, &str)] = &[
    (1433, "SQL Server"),
    (1521, "Oracle Database"),
    (2181, "ZooKeeper"),
    (2375, "the Docker API"),
    (2379, "etcd"),
    (3306, "MySQL"),
    (33060, "MySQL"),
    (4222, "NATS"),
    (5432, "PostgreSQL"),
    (5672, "RabbitMQ"),
    (15672, "RabbitMQ"),
    (5984, "CouchDB"),
    (6379, "Redis"),
    (7687, "Neo4j"),
    (8529, "ArangoDB"),
    (9042, "Cassandra"),
    (9200, "Elasticsearch"),
    (9300, "Elasticsearch"),
    (11211, "memcached"),
    (19530, "Milvus"),
    (26257, "CockroachDB"),
    (27017, "MongoDB"),
    (28015, "RethinkDB"),
    (61616, "ActiveMQ"),
];

/// The port inside a container that lets whoever reaches it read or steer something, as `9090` or `5432 (PostgreSQL)`.
pub(super) fn administered(service: &Service, port: &Port) -> Option<String> {
    let target = port.target?;
    if let Some(known) = images::of(service).filter(|known| known.is_exact) {
        let number = known.image.admin_ports.iter().find(|number| target.contains(**number))?;
        return Some(number.to_string());
    }
    let is_kafka = target.contains(9092)
        && service.image.as_ref().is_some_and(|image| words(image.raw()).iter().any(|word| word == "kafka"));
    if is_kafka {
        return Some("9092 (Kafka)".to_owned());
    }
    let (number, who) = ADMINISTERED.iter().find(|(number, _)| target.contains(*number))?;
    Some(format!("{number} ({who})"))
}

/// Where a service listens instead of where it is asked.
pub(super) struct Elsewhere {
    /// The ports.
    pub(super) ports: Vec<u16>,
    /// Where its Dockerfile says so.
    pub(super) expose: Option<Span>,
}

/// Where a service listens, if a published port is none of its own and nothing in it can change that.
pub(super) fn listening_elsewhere(service: &Service, port: &Port) -> Option<Elsewhere> {
    let target = port.target.filter(|range| range.is_one() && port.protocol == "tcp")?.first;
    others_than(service, target).or_else(|| exposed_elsewhere(service, target))
}

/// The ports on which an image listens, if `number` is none of them and nothing in the service can change that.
pub(super) fn others_than(service: &Service, number: u16) -> Option<Elsewhere> {
    let has_same_files = service.dockerfile.is_none() && !is_configured(service);
    let image = images::of(service).filter(|known| known.is_exact && has_same_files)?.image;
    let is_listening = image.ports.contains(&number) || image.admin_ports.contains(&number);
    let is_known = !image.ports.is_empty() && !is_mentioned(service, number);
    (is_known && !is_listening).then(|| Elsewhere { ports: image.ports.clone(), expose: None })
}

/// The ports that a Dockerfile exposes, if the service publishes none of them, and nothing says that it listens on `number`.
fn exposed_elsewhere(service: &Service, number: u16) -> Option<Elsewhere> {
    let dockerfile = service.dockerfile.as_ref()?;
    let mut targets = service.ports.iter().filter_map(|entry| entry.target);
    let may_listen = !service.arguments.is_empty()
        || is_configured(service)
        || is_mentioned(service, number)
        || dockerfile.mentions(number)
        || images::base(dockerfile).is_some_and(|known| known.image.ports.contains(&number))
        || targets.any(|target| dockerfile.ports.iter().any(|exposed| exposed.overlap(target).is_some()));
    let ports = dockerfile.ports.iter().flat_map(|range| range.first..=range.last);
    let ports: Vec<u16> = ports.take(MANY).collect();
    (!ports.is_empty() && !may_listen).then_some(Elsewhere { ports, expose: dockerfile.expose })
}

/// Ports that a message names at most.
const MANY: usize = 5;

/// Whether files that are not in the image, or variables that are not here, may tell a service where to listen.
fn is_configured(service: &Service) -> bool {
    service.mounts.iter().any(|mount| matches!(mount.kind, MountKind::Bind | MountKind::Other))
        || service.grants.iter().any(|grant| grant.kind == "config")
        || !service.env_files.is_empty()
}

/// Whether the environment or the arguments of a service name a port.
pub(super) fn is_mentioned(service: &Service, number: u16) -> bool {
    let number = number.to_string();
    let mut texts = service.variables().map(|(_, value)| value).chain(&service.arguments);
    texts.any(|text| text.raw().contains(&number))
}

/// Ports inside containers that web servers like.
const WEB: [u16; 14] = [80, 443, 3000, 4000, 4200, 5000, 5173, 8000, 8080, 8081, 8443, 8888, 9000, 9090];

/// The port of the host that a browser would refuse, of a service that a browser is to open.
pub(super) fn blocked(service: &Service, port: &Port) -> Option<u16> {
    let published = port.published.filter(|_| port.protocol == "tcp")?;
    let number = blocked_port(published)?;
    let target = port.target_of(number)?;
    // X11 and IRC have an image; who builds a server of their own and puts it there chose a number.
    let is_own = service.is_built && target == number && (6000..7000).contains(&number);
    (WEB.contains(&target) || is_own).then_some(number)
}
