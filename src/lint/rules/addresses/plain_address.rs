//! A plain `http://` address of a service that speaks HTTPS only.
//!
//! From version 8 on Elasticsearch switches TLS and passwords on by itself. A client that asks in the open gets an empty answer, and
//! the error speaks of a connection that was closed.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   elasticsearch:
//!     image: docker.elastic.co/elasticsearch/elasticsearch:8.17.0
//!   kibana:
//!     image: docker.elastic.co/kibana/kibana:8.17.0
//!     environment: {ELASTICSEARCH_HOSTS: "http://elasticsearch:9200"}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   elasticsearch:
//!     image: docker.elastic.co/elasticsearch/elasticsearch:8.17.0
//!     environment: {xpack.security.enabled: "false"}
//!   kibana:
//!     image: docker.elastic.co/kibana/kibana:8.17.0
//!     environment: {ELASTICSEARCH_HOSTS: "http://elasticsearch:9200"}
//! ```
//!
//! ## Source
//!
//! Elastic's documentation, "Start the Elastic Stack with security enabled automatically".

use crate::lint::addresses::hosts;
use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG513",
    name: "plain-address",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        for text in service.environment.iter().map(|(_, value)| value).chain(&service.arguments) {
            let sketch = text.sketch();
            for host in hosts(&sketch, false) {
                let Some(peer) = project.services.get(&sketch[host.host.clone()]) else { continue };
                let is_plain = host.scheme.is_some_and(|scheme| &sketch[scheme] == "http");
                let is_asked = host.port.is_none_or(|port| &sketch[port] == "9200");
                if peer.name == service.name || !is_plain || !is_asked || !is_secured(peer) {
                    continue;
                }
                let place = sketch.place(host.host).and_then(|origin| text.part(origin.range));
                let message = format!(
                    "`{}` speaks HTTPS from version 8 on, and `{}` asks it in the open",
                    peer.name, service.name
                );
                findings.push(
                    RULE.at(place.unwrap_or(text.span), message)
                        .related(peer.span, "the service")
                        .help("ask `https://` with its certificate and password; for development `xpack.security.enabled=false` switches both off"),
                );
            }
        }
    }
}

/// Whether a service is Elasticsearch with the security that it has by itself.
fn is_secured(service: &Service) -> bool {
    let Some(reference) = images::reference(service) else { return false };
    let name = images::name_of(&reference);
    let is_elastic = name == "elasticsearch" || name == "docker.elastic.co/elasticsearch/elasticsearch";
    let is_set = service.variables().any(|(name, _)| name.starts_with("xpack.security"))
        || service.dockerfile.as_ref().is_some_and(|dockerfile| {
            dockerfile.variables.iter().any(|name| name.starts_with("xpack.security"))
        });
    let is_configured = service
        .mounts
        .iter()
        .any(|mount| mount.target.contains("elasticsearch.yml") || mount.target.ends_with("/config"));
    is_elastic
        && images::tag_of(&reference).is_from("8") == Some(true)
        && images::tag_of(&reference).names_version()
        && !is_set
        && !is_configured
        && service.env_files.is_empty()
        && service.grants.iter().all(|grant| grant.kind != "config")
}
