//! An address on `localhost` that is meant to be another service.
//!
//! Inside a container, `localhost` is the container itself. A program that is told to find its database there finds
//! nothing, although the same setting works on the developer's machine. Services reach each other by their names, on
//! the ports inside the containers. Flagged is what names a port or a kind that a sibling has: a database's port, the
//! scheme of a URL, a variable such as `REDIS_HOST`. Left alone are a service's own ports, health checks, addresses to
//! listen on, allowed origins, and public addresses that a browser opens.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment:
//!       DATABASE_URL: postgresql://shop:${PASSWORD}@localhost:5432/shop
//!   db:
//!     image: postgres:18
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment:
//!       DATABASE_URL: postgresql://shop:${PASSWORD}@db:5432/shop
//!       PUBLIC_URL: http://localhost:8080
//!   db:
//!     image: postgres:18
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Networking in Compose": each container has its own loopback interface, and services find each
//! other by name.

use std::ops::Range;

use super::super::{Findings, Rule, images};
use crate::compose::{Project, Service, Text};
use crate::diagnostic::{Applicability, Edit, Fix, Severity, enumerate};

pub(in crate::lint) const RULE: Rule =
    Rule { code: "SG501", name: "localhost-reference", severity: Severity::Error, check, source: "" };

/// Ways to write one's own machine.
const HOSTS: [&str; 4] = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"];

/// Words in the name of a variable or an option whose address is not one to connect to: to listen on, to tell
/// others, or for a browser on the host.
#[rustfmt::skip]
const NOT_A_PEER: &[&str] = &[
    "listen", "listener", "listeners", "listening", "bind", "binding", "advertise", "advertised", "advertiser",
    "expose", "interface", "iface",
    "cors", "origin", "origins", "allow", "allowed", "trusted", "whitelist", "csrf", "noproxy", "proxy", "proxies",
    "public", "external", "redirect", "callback", "webhook", "site", "base", "baseurl", "root", "domain", "domains",
    "homepage", "website", "browser", "frontend", "client", "issuer", "cookie", "link", "links", "app", "nextauth",
    "next", "vite", "react", "nuxt", "gatsby", "expo", "vue", "ng", "probe", "health", "healthcheck", "upload",
    "download", "accessible", "servername", "ui", "dashboard", "console",
];

/// Schemes that a browser opens: a published port may well be meant for it.
const BROWSER: [&str; 4] = ["http", "https", "ws", "wss"];

/// Last words of the name of a variable that holds an address.
#[rustfmt::skip]
const HOLDS_ADDRESS: &[&str] = &[
    "host", "hosts", "hostname", "url", "uri", "addr", "address", "addresses", "server", "servers", "broker", "brokers",
    "dsn", "endpoint", "endpoints", "node", "nodes", "connection", "ip",
];

/// One address on the own machine, somewhere in a text.
struct Local {
    /// The host.
    host: Range<usize>,
    /// The port behind it.
    port: Option<u16>,
    /// The scheme before it, in lower case: `jdbc:postgresql`.
    scheme: String,
}

/// A sibling that an address may mean, with its port inside the container if that differs from what is written.
struct Meant<'p> {
    service: &'p Service,
    port: Option<u16>,
}

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| service.network_mode.is_none()) {
        for (name, value) in &service.environment {
            inspect(project, service, name, value, findings);
        }
        let mut option = String::new();
        for argument in &service.arguments {
            inspect(project, service, &option, argument, findings);
            let raw = argument.raw();
            option = if raw.starts_with('-') && !raw.contains('=') { raw.to_owned() } else { String::new() };
        }
    }
}

fn inspect(project: &Project<'_>, service: &Service, name: &str, text: &Text, findings: &mut Findings) {
    if !HOSTS.iter().any(|host| text.raw().contains(host)) {
        return;
    }
    let sketch = text.sketch();
    for local in locals(&sketch) {
        let own_name = option_before(&sketch, local.host.start);
        let name = if own_name.is_empty() { name } else { own_name };
        let words = words(name);
        if words.iter().any(|word| NOT_A_PEER.contains(&&**word)) || is_own(service, &local, &words) {
            continue;
        }
        let meant = siblings(project, service, &local, &words);
        let (Some(first), more) = (meant.first(), meant.len() > 1) else { continue };
        let host = &sketch[local.host.clone()];
        // The same bytes in the text as written: only where its variables leave no doubt which.
        let is_default = text.raw().contains(&format!("-{host}")) && sketch != text.raw();
        let mut occurrences = text.raw().match_indices(host).map(|(at, _)| at);
        let at = if sketch == text.raw() {
            Some(local.host.start)
        } else {
            occurrences.next().filter(|_| occurrences.next().is_none())
        };
        let for_browser = BROWSER.contains(&&*local.scheme)
            && local.port.is_some_and(|port| first.service.ports.iter().any(|entry| entry.target_of(port).is_some()));
        let severity =
            if more || is_default || for_browser { Severity::Warning } else { Severity::Error };
        let written = &sketch[local.host.start..local.end(&sketch)];
        let better = match first.port.or(local.port) {
            Some(port) => format!("{}:{port}", first.service.name),
            None => first.service.name.to_string(),
        };
        let names: Vec<&str> = meant.iter().map(|meant| &*meant.service.name).collect();
        let of = if name.is_empty() { String::new() } else { format!(" in `{}`", name.trim_start_matches('-')) };
        let message = format!("`{written}`{of} is the container itself, not `{}`", names.join("` or `"));
        let help = if more {
            format!("write the name of the service that is meant: {}", enumerate(&names))
        } else {
            format!("write `{better}`: services reach each other by name, on the port inside the container")
        };
        let host_span = at.and_then(|at| text.part(at..at + host.len()));
        let finding = RULE
            .at(host_span.unwrap_or(text.span), message)
            .severity(severity)
            .related(first.service.span, format!("`{}` is here", first.service.name))
            .help(help);
        // A port that a variable holds, or that stands apart from the host, is not rewritten.
        let edit_end = match first.port {
            Some(_) => (sketch == text.raw()).then(|| local.end(&sketch)),
            None => at.map(|at| at + host.len()),
        };
        let edit = at.zip(edit_end).and_then(|(at, end)| text.part(at..end)).filter(|_| !more);
        let content = if first.port.is_some() { better.clone() } else { first.service.name.to_string() };
        findings.push(match edit {
            Some(span) => finding.fix(Fix {
                title: format!("write `{better}`"),
                applicability: Applicability::Unsafe,
                edits: vec![Edit { span, content }],
            }),
            None => finding,
        });
    }
}

impl Local {
    /// One past its last byte: the host's, or the port's.
    fn end(&self, text: &str) -> usize {
        match self.port {
            None => self.host.end,
            Some(_) => {
                let digits = &text[self.host.end + 1..];
                let len = digits.find(|next: char| !next.is_ascii_digit()).unwrap_or(digits.len());
                self.host.end + 1 + len
            }
        }
    }
}

/// The addresses of a text, in order.
fn locals(text: &str) -> Vec<Local> {
    let mut found: Vec<Local> = HOSTS
        .iter()
        .flat_map(|host| text.match_indices(host))
        .filter_map(|(start, host)| {
            let (before, after) = (&text[..start], &text[start + host.len()..]);
            let joins = |next: char| next.is_alphanumeric() || matches!(next, '_' | '-');
            let stands_alone = !before.ends_with(|last: char| joins(last) || last == '.' || last == ':')
                && !after.starts_with(joins)
                && !after.strip_prefix('.').is_some_and(|rest| rest.starts_with(joins));
            let digits: String = match after.strip_prefix(':') {
                Some(rest) => rest.chars().take_while(char::is_ascii_digit).collect(),
                None => String::new(),
            };
            let word_start = before.rfind([' ', '"', '\'', ',', ';', '=', '\n', '(']).map_or(0, |at| at + 1);
            let scheme = before[word_start..].split_once("://").map_or("", |(scheme, _)| scheme);
            stands_alone.then(|| Local {
                host: start..start + host.len(),
                port: digits.parse().ok(),
                scheme: scheme.to_lowercase(),
            })
        })
        .collect();
    found.sort_by_key(|local| local.host.start);
    found
}

/// `--name` of the word `--name=…` that an offset lies in, or the `--name` before it.
fn option_before(text: &str, at: usize) -> &str {
    let mut before = text[..at].split_whitespace().rev();
    let is_inside_word = !text[..at].ends_with(char::is_whitespace);
    let word = if is_inside_word { before.next().unwrap_or_default() } else { "" };
    match (word.split_once('='), before.next()) {
        (Some((name, _)), _) if word.starts_with('-') => name,
        (_, Some(previous)) if previous.starts_with('-') && !previous.contains('=') => previous,
        _ => "",
    }
}

/// The words of a name, in lower case: `REDIS_HOST`, `redis.host` and `redisHost` are `redis`, `host`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for next in name.chars() {
        if !next.is_alphanumeric() || next.is_uppercase() && was_lower {
            words.push(String::new());
        }
        if next.is_alphanumeric() {
            words.last_mut().into_iter().for_each(|word| word.extend(next.to_lowercase()));
        }
        was_lower = next.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether an address is the service's own: its port, or its own kind.
fn is_own(service: &Service, local: &Local, words: &[String]) -> bool {
    let Some(port) = local.port else {
        return is_kind_of(service, &kinds(local, words)) || is_called(service, words);
    };
    let in_variable = |(name, value): &(String, Text)| {
        name.to_uppercase().contains("PORT") && value.sketch().parse() == Ok(port)
    };
    let in_arguments = |argument: &Text| {
        let sketch = argument.sketch();
        sketch.match_indices(&port.to_string()).any(|(at, number)| {
            let (before, after) = (&sketch[..at], &sketch[at + number.len()..]);
            let listens = !HOSTS.iter().any(|host| {
                *host != "0.0.0.0" && before.strip_suffix(':').is_some_and(|before| before.ends_with(host))
            });
            listens && !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
        })
    };
    has_port(service, port)
        || service.ports.iter().any(|entry| entry.target_of(port).is_some())
        || service.environment.iter().any(in_variable)
        || service.arguments.iter().any(in_arguments)
}

/// Whether a service listens on a port inside its container, as far as the file and its image say.
fn has_port(service: &Service, port: u16) -> bool {
    service.ports.iter().filter_map(|entry| entry.target.as_ref()).any(|range| range.contains(&port))
        || service.expose.iter().any(|range| range.contains(&port))
        || images::of(service).is_some_and(|known| known.image.ports.contains(&port))
}

/// What an address calls its peer: the parts of its scheme, else the words of its variable.
fn kinds<'a>(local: &'a Local, words: &'a [String]) -> Vec<&'a str> {
    if !local.scheme.is_empty() && !BROWSER.contains(&&*local.scheme) {
        return local.scheme.split([':', '+']).collect();
    }
    words.iter().map(String::as_str).collect()
}

fn is_kind_of(service: &Service, kinds: &[&str]) -> bool {
    images::of(service).is_some_and(|known| kinds.iter().any(|kind| known.image.kinds.contains(kind)))
}

/// Whether the words of a variable begin with a service's name: `AUTH_SERVICE_URL`, `AUTH_URL` for `auth-service`.
fn is_called(service: &Service, variable: &[String]) -> bool {
    let mut name = words(&service.name);
    if name.len() > 1 && name.last().is_some_and(|word| matches!(&**word, "service" | "server" | "svc")) {
        name.pop();
    }
    variable.len() > name.len() && variable.starts_with(&name)
}

/// The siblings that an address may mean.
fn siblings<'p>(project: &'p Project<'_>, service: &Service, local: &Local, words: &[String]) -> Vec<Meant<'p>> {
    let kinds = kinds(local, words);
    let others = project.services.values().filter(|other| {
        let shares_network = other.network_host() == Some(&*service.name);
        other.name != service.name && !shares_network && other.network_mode.is_none() && other.runs_with(service)
    });
    let is_client_url = !local.scheme.is_empty() && !BROWSER.contains(&&*local.scheme);
    let is_everywhere = |other: &Service| is_kind_of(other, &kinds) || is_called(other, words);
    match local.port {
        Some(port) => {
            let inside: Vec<&Service> = others.clone().filter(|other| has_port(other, port)).collect();
            let mut meant: Vec<Meant<'_>> =
                inside.into_iter().map(|service| Meant { service, port: None }).collect();
            for other in others {
                let target = other.ports.iter().find_map(|entry| entry.target_of(port));
                if let Some(target) = target
                    && !meant.iter().any(|known| known.service.name == other.name)
                {
                    meant.push(Meant { service: other, port: Some(target) });
                }
            }
            if meant.len() > 1 && meant.iter().any(|meant| is_everywhere(meant.service)) {
                meant.retain(|meant| is_everywhere(meant.service));
            }
            meant
        }
        None if is_client_url
            || words.last().is_some_and(|last| HOLDS_ADDRESS.contains(&&**last)) && words.len() > 1 =>
        {
            others.filter(|other| is_everywhere(other)).map(|service| Meant { service, port: None }).collect()
        }
        None => Vec::new(),
    }
}
