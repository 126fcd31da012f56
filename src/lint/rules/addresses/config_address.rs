//! An address in a mounted configuration that leads nowhere: nginx, Prometheus, Alertmanager, Grafana, Traefik, Kong, Caddy.
//!
//! What holds for variables of the environment holds there, too: `localhost` is the container itself, services reach each other by
//! name, on a network that both are on, and on the ports inside the containers. nginx looks the names up when it starts, and ends
//! where one is missing: what it leads to cannot wait for nginx.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   gateway:
//!     image: nginx:1.31
//!     volumes: ["./nginx.conf:/etc/nginx/conf.d/default.conf:ro"]
//!   api:
//!     image: example/api:1.4
//! ```
//!
//! ```nginx nginx.conf
//! server { listen 80; location / { proxy_pass http://apii:8080; } }
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   gateway:
//!     image: nginx:1.31
//!     volumes: ["./nginx.conf:/etc/nginx/conf.d/default.conf:ro"]
//!   api:
//!     image: example/api:1.4
//! ```
//!
//! ```nginx nginx.conf
//! server { listen 80; location / { proxy_pass http://api:8080; } }
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Networking in Compose"; nginx, `proxy_pass` and `upstream`; Prometheus, `static_configs`; Grafana, "Provisioning".

use std::ops::Range;

use crate::lint::addresses::hosts;
use crate::lint::{Findings, Rule, Set, images, ports};
use compose_reader::compose::{Mounted, Project, Service};
use compose_reader::diagnostic::{Diagnostic, Severity, nearest};
use compose_reader::source::{Span, range};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG511",
    name: "config-address",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// An address in a configuration.
struct Address {
    /// The bytes of the host.
    host: Range<usize>,
    port: Option<u16>,
}

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| service.network_mode.is_none()) {
        let texts = || service.mounted.iter().map(|file| project.sources.slice(file.span));
        let upstreams: Vec<&str> = texts().flat_map(upstreams).collect();
        let mut told: Vec<&str> = Vec::new();
        for file in service.mounted.iter().filter(|file| !file.target.ends_with(".sh")) {
            let text = project.sources.slice(file.span);
            for address in addresses(text, file) {
                let host = &text[address.host.clone()];
                if upstreams.contains(&host) || told.contains(&host) && address.port.is_none() {
                    continue;
                }
                let place = file.span.part(address.host.start, address.host.end);
                if let Some(finding) = inspect(project, service, host, &address, place) {
                    told.push(host);
                    findings.push(finding.related(service.span, format!("`{}` reads it", service.name)));
                }
            }
        }
    }
}

fn inspect(
    project: &Project<'_>,
    service: &Service,
    host: &str,
    address: &Address,
    place: Span,
) -> Option<Diagnostic> {
    if ["localhost", "127.0.0.1"].contains(&host) {
        return local(project, service, host, address.port?, place);
    }
    let Some(peer) = project.services.get(host) else { return unknown(project, service, host, place) };
    if peer.name == service.name {
        return None;
    }
    let is_apart = peer.network_mode.is_none()
        && !service.networks.is_empty()
        && !peer.networks.is_empty()
        && !service.networks.iter().any(|own| peer.networks.iter().any(|its| its.network == own.network));
    if is_apart {
        let message = format!("`{}` cannot reach `{host}`: both are on no common network", service.name);
        return Some(
            RULE.at(place, message).help(format!("put `{host}` on a network of `{}`", service.name)),
        );
    }
    if let Some(other) = address.port.and_then(|port| ports::others_than(peer, port)) {
        let right = other.ports.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
        let message = format!("nothing in `{host}` listens on {}", address.port.unwrap_or_default());
        return Some(
            RULE.at(place, message)
                .related(peer.span, "the service")
                .help(format!("inside its container the port is {right}")),
        );
    }
    let image = service.image.as_ref().map(|image| image.sketch().to_string()).unwrap_or_default();
    let waits = peer.depends_on.iter().find(|dependency| dependency.name == service.name)?;
    image.contains("nginx").then(|| {
        let message = format!(
            "`{}` needs `{host}` when it starts, and `{host}` waits for `{}`: the other way round",
            service.name, service.name
        );
        RULE.at(place, message)
            .related(waits.span, format!("`{host}` waits here"))
            .help(format!("let `{}` wait for `{host}`, and `{host}` for nobody", service.name))
    })
}

/// An address on the container itself, where another service is meant.
fn local(project: &Project<'_>, service: &Service, host: &str, port: u16, place: Span) -> Option<Diagnostic> {
    let has = |service: &Service| {
        service.publishes(port)
            || service.exposes(port)
            || images::of(service).is_some_and(|known| known.image.ports.contains(&port))
    };
    if has(service) || ports::is_mentioned(service, port) {
        return None;
    }
    let published = |other: &&Service| other.ports.iter().any(|entry| entry.target_of(port).is_some());
    let others = || {
        project.services.values().filter(|other| other.name != service.name && other.network_mode.is_none())
    };
    let by_port: Vec<&Service> = others().filter(published).collect();
    let meant: Vec<&Service> =
        if by_port.is_empty() { others().filter(|other| has(other)).collect() } else { by_port };
    let [peer] = meant[..] else { return None };
    let inside = peer.ports.iter().find_map(|entry| entry.target_of(port)).unwrap_or(port);
    let message = format!("`{host}:{port}` is `{}` itself, not `{}`", service.name, peer.name);
    Some(
        RULE.at(place, message)
            .related(peer.span, format!("`{}` is here", peer.name))
            .help(format!("write `{}:{inside}`: services reach each other by name", peer.name)),
    )
}

/// A host that is almost the name of a service.
fn unknown(project: &Project<'_>, service: &Service, host: &str, place: Span) -> Option<Diagnostic> {
    let is_name = host.len() > 2
        && host.starts_with(|first: char| first.is_ascii_alphabetic())
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let is_called = project.services.values().any(|other| {
        let is = |text: &compose_reader::compose::Text| text.sketch() == host;
        other.container_name.as_ref().is_some_and(is)
            || other.hostname.as_ref().is_some_and(is)
            || other.networks.iter().any(|attachment| attachment.aliases.iter().any(is))
    });
    let is_external = |name: &str| project.networks.get(name).is_some_and(|network| network.is_external);
    let may_be_elsewhere = !project.is_complete()
        || service.has_extra_names
        || service.networks.iter().any(|attachment| is_external(&attachment.network));
    if !is_name || is_called || may_be_elsewhere {
        return None;
    }
    let names = project.services.keys().filter(|name| **name != service.name).map(|name| &**name);
    let meant = nearest(host, names).filter(|meant| {
        !meant.starts_with(host) && host.strip_prefix(meant).is_none_or(|rest| rest.len() == 1)
    })?;
    let message = format!("`{host}` is no service, and nothing else has that name");
    Some(RULE.at(place, message).help(format!("did you mean `{meant}`?")))
}

/// The names that nginx gives to groups of servers.
fn upstreams(text: &str) -> impl Iterator<Item = &str> {
    let behind = range::around(text, "upstream").map(|(_, behind)| behind.trim_start());
    behind.filter_map(|rest| rest.split(|next: char| next.is_whitespace() || next == '{').next())
}

/// The addresses to which a configuration leads.
fn addresses(text: &str, file: &Mounted) -> Vec<Address> {
    let name = file.target.rsplit('/').next().unwrap_or_default();
    let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    let mut found = Vec::new();
    for (begin, line) in range::lines(text) {
        // A comment to the end of its line.
        let code = line.find('#').map_or(line, |at| &line[..at]);
        let parts = if is_yaml { in_yaml(code) } else { in_directives(code) };
        for part in parts {
            let written = &code[part.clone()];
            for host in hosts(written, true) {
                let is_plain = !written[host.host.clone()].contains(['$', '{', '/', '*', '"', '\''])
                    && !host.host.is_empty();
                let port = host.port.and_then(|port| written[port].parse().ok());
                if is_plain {
                    let host = range::shifted(&host.host, range::offset(begin, part.start));
                    found.push(Address { host, port });
                }
            }
        }
    }
    found
}

/// The values of directives that name a server: `proxy_pass http://api:8080;`, `server api:8080;`, `reverse_proxy api:8080`.
fn in_directives(line: &str) -> Vec<Range<usize>> {
    const DIRECTIVES: [&str; 8] = [
        "proxy_pass",
        "fastcgi_pass",
        "uwsgi_pass",
        "scgi_pass",
        "grpc_pass",
        "memcached_pass",
        "server",
        "reverse_proxy",
    ];
    let is_word = |next: char| next.is_alphanumeric() || matches!(next, '_' | '-' | '.');
    let value = |directive: &&str| {
        let mut found = Vec::new();
        for (before, rest) in range::around(line, directive) {
            if before.ends_with(is_word) || !rest.starts_with([' ', '\t']) {
                continue;
            }
            let rest = rest.trim_start();
            let ends = |next: char| next.is_whitespace() || matches!(next, ';' | '{' | '}');
            let value = rest.split(ends).next().unwrap_or_default();
            if !value.is_empty() && !value.starts_with("unix:") {
                found.push(range::of(range::start_of(line, rest), value));
            }
        }
        found
    };
    DIRECTIVES.iter().flat_map(value).collect()
}

/// The values of keys that name a server: `targets: ["a:9090"]`, `url: http://a:9090`, and items of lists that are such.
fn in_yaml(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for key in ["targets:", "url:", "- url:"] {
        for (before, values) in range::around(line, key) {
            if before.ends_with(|next: char| next.is_alphanumeric() || matches!(next, '_' | '-' | '/' | '.'))
            {
                continue;
            }
            let from = range::start_of(line, values);
            for (start, piece) in range::placed(values.split(','), ",") {
                let trimmed =
                    piece.trim_matches(|next: char| next.is_whitespace() || "[]{}\"'".contains(next));
                let at = range::offset(start, piece.find(trimmed).unwrap_or(0));
                if !trimmed.is_empty() && !trimmed.contains([' ', '{', '$']) {
                    found.push(range::of(range::offset(from, at), trimmed));
                }
                if piece.contains([']', '}']) {
                    break;
                }
            }
        }
    }
    // `- cadvisor:8080`, an item of `targets`.
    let item = line.trim_start().strip_prefix("- ").map(|item| item.trim().trim_matches(['"', '\'']));
    if let Some(item) = item.filter(|item| {
        item.split_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && !host.contains(' ') && port.parse::<u16>().is_ok()
        })
    }) && let Some(at) = line.find(item)
    {
        found.push(range::of(at, item));
    }
    found.sort_by_key(|range| range.start);
    found.dedup();
    found
}
