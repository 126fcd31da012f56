//! A Kafka broker, or a replica set of MongoDB, that sends its clients to their own container.
//!
//! A client asks a broker once for the addresses to use, and then uses what the broker advertises. `localhost` is right for a program on
//! the host. To a service it is the service itself: it reaches the broker by name, gets `localhost`, and fails.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   broker:
//!     image: apache/kafka:4.0.0
//!     environment:
//!       KAFKA_LISTENERS: PLAINTEXT://:9092
//!       KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://localhost:9092
//!   orders:
//!     image: example/orders:1.4
//!     environment: {KAFKA_BOOTSTRAP_SERVERS: "broker:9092"}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   broker:
//!     image: apache/kafka:4.0.0
//!     environment:
//!       KAFKA_LISTENERS: INSIDE://:29092,OUTSIDE://:9092
//!       KAFKA_ADVERTISED_LISTENERS: INSIDE://broker:29092,OUTSIDE://localhost:9092
//!   orders:
//!     image: example/orders:1.4
//!     environment: {KAFKA_BOOTSTRAP_SERVERS: "broker:29092"}
//! ```
//!
//! ## Source
//!
//! Kafka's documentation, `advertised.listeners`.

use crate::lint::addresses::hosts;
use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{Project, Service, Text};
use compose_reader::diagnostic::Severity;
use compose_reader::source::range;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG509",
    name: "advertised-localhost",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// A listener: its name, its host and its port.
type Listener = (String, String, u16);

fn check(project: &Project<'_>, findings: &mut Findings) {
    members(project, findings);
    for broker in project.services.values() {
        let Some(advertised) = setting(broker, "ADVERTISED_LISTENERS") else { continue };
        let listeners = listeners(&advertised.sketch());
        let bound =
            setting(broker, "LISTENERS").map(|text| self::listeners(&text.sketch())).unwrap_or_default();
        for client in project.services.values().filter(|client| client.name != broker.name) {
            let asked =
                client.environment.iter().find_map(|(_, value)| Some((value, port_of(value, broker)?)));
            let Some((value, port)) = asked else { continue };
            // The listener that the client reaches on this port, and where it is sent from there.
            let reached = bound.iter().find(|(_, _, own)| *own == port).map(|(name, _, _)| name);
            let sent = listeners.iter().find(|(name, _, own)| match reached {
                Some(reached) => name == reached,
                None => *own == port,
            });
            let Some((name, host, _)) = sent.filter(|(_, host, _)| is_local(host)) else { continue };
            let inside = listeners.iter().find(|(_, host, _)| *host == *broker.name || !is_local(host));
            let help = match inside {
                Some((_, host, port)) => {
                    format!("let `{}` use the listener for services: `{host}:{port}`", client.name)
                }
                None => format!(
                    "add a listener for services, beside the one for the host: `{name}_INSIDE://{}:29092`, and let `{}` use `{}:29092`",
                    broker.name, client.name, broker.name
                ),
            };
            let message = format!(
                "the listener `{name}` of `{}` sends clients to `{host}`, which in `{}` is `{}` itself",
                broker.name, client.name, client.name
            );
            findings.push(
                RULE.at(advertised.span, message)
                    .related(value.span, format!("`{}` asks `{}:{port}` here", client.name, broker.name))
                    .help(help),
            );
            break;
        }
    }
}

/// A replica set of MongoDB whose member is called `localhost`, which is what its clients are told.
fn members(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|_| project.services.len() > 1) {
        let in_probe = service.probe.iter().flat_map(|probe| &probe.words);
        for text in in_probe.chain(&service.arguments).filter(|text| text.raw().contains("rs.initiate")) {
            let raw = text.raw();
            let Some((at, host)) = ["localhost", "127.0.0.1"]
                .iter()
                .find_map(|host| Some((raw.find(&format!("{host}:"))?, *host)))
            else {
                continue;
            };
            // An address to connect to is another thing.
            if !raw[..at].trim_end_matches(['"', '\'', '\\', ' ']).ends_with(':') {
                continue;
            }
            let message = format!(
                "the member of this replica set is called `{host}`, where other services find themselves"
            );
            findings.push(
                RULE.at(text.part(range::of(at, host)).unwrap_or(text.span), message).help(format!(
                    "give it the name of the service: `{}:27017`",
                    member_name(project, service)
                )),
            );
        }
    }
}

/// The database that a service sets up: itself, or the one that its image is of.
fn member_name<'p>(project: &'p Project<'_>, service: &'p Service) -> &'p str {
    let is_mongo = |service: &&Service| {
        service.image.as_ref().is_some_and(|image| images::name_of(&image.sketch()) == "mongo")
            && service.depends_on.is_empty()
    };
    let own = service.depends_on.first().and_then(|dependency| project.services.get(&dependency.name));
    own.filter(|peer| is_mongo(peer)).map_or(&service.name, |peer| &peer.name)
}

/// A setting of a broker, whatever its image puts before the name.
fn setting<'s>(service: &'s Service, name: &str) -> Option<&'s Text> {
    let fits =
        |own: &str| own.strip_suffix(name).is_some_and(|before| ["KAFKA_", "KAFKA_CFG_"].contains(&before));
    service.environment.iter().find(|(own, _)| fits(own)).map(|(_, value)| value)
}

/// `NAME://HOST:PORT,…`
fn listeners(text: &str) -> Vec<Listener> {
    let listener = |part: &str| {
        let (name, address) = part.trim().split_once("://")?;
        let (host, port) = address.rsplit_once(':')?;
        Some((name.to_owned(), host.to_owned(), port.parse().ok()?))
    };
    text.split(',').filter_map(listener).collect()
}

fn is_local(host: &str) -> bool {
    ["localhost", "127.0.0.1"].contains(&host)
}

/// The port on which a value asks a broker.
fn port_of(value: &Text, broker: &Service) -> Option<u16> {
    let sketch = value.sketch();
    hosts(&sketch, false)
        .into_iter()
        .find(|host| sketch[host.host.clone()] == *broker.name)
        .and_then(|host| sketch[host.port?].parse().ok())
}
