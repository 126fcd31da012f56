//! An address on `localhost` that is meant to be another service.
//!
//! Inside a container, `localhost` is the container itself. A program that is told to find its database there finds
//! nothing, although the same setting works on the developer's machine. Services reach each other by their names, on
//! the ports inside the containers. Flagged is what names a port or a kind that a sibling has: a database's port, the
//! scheme of a URL, a variable such as `REDIS_HOST`. Left alone are a service's own ports, health checks, addresses to
//! listen on, allowed origins, and public addresses that a browser opens. Env files are read as well, apart from variables that
//! a service has a value of its own for.
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

use crate::images::Image;
use crate::lint::{Findings, Rule, Set, images, words};
use compose_reader::compose::{Project, Service, Text};
use compose_reader::diagnostic::{Applicability, Diagnostic, Edit, Fix, Severity, enumerate};
use compose_reader::source::range;
use compose_reader::values::{Address, Sketch};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG501",
    name: "localhost-reference",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

/// Ways to write one's own machine.
const HOSTS: [&str; 4] = ["localhost", "127.0.0.1", "[::1]", ANY];

/// The address to listen on everywhere; to connect to it is rare.
const ANY: &str = "0.0.0.0";

/// Schemes that a browser opens: a published port may well be meant for it.
const BROWSER: [&str; 4] = ["http", "https", "ws", "wss"];

/// Words in the name of a variable or an option whose address is not one to connect to.
#[rustfmt::skip]
const NOT_A_PEER: &[&str] = &[
    // to listen on, or to tell others
    "listen", "listener", "listeners", "listening", "bind", "binding", "advertise", "advertised", "expose",
    "interface", "iface",
    // to compare with
    "cors", "origin", "origins", "allow", "allowed", "trusted", "whitelist", "csrf", "noproxy", "proxy", "proxies",
    // for a program on the host
    "public", "external", "accessible", "next", "nextauth", "vite", "react", "nuxt", "gatsby", "expo", "vue", "ng",
    // to check itself
    "probe", "health", "healthcheck",
];

/// Words in the name of a variable whose URL a browser opens.
#[rustfmt::skip]
const FOR_BROWSER: &[&str] = &[
    "redirect", "callback", "webhook", "site", "base", "baseurl", "root", "domain", "domains", "homepage", "website",
    "browser", "frontend", "front", "client", "issuer", "cookie", "link", "links", "app", "upload", "download", "web",
    "ui", "dashboard", "console", "servername",
];

/// Words in the name of a service whose pages run in a browser.
const FRONTEND: [&str; 8] = ["frontend", "front", "web", "webapp", "ui", "client", "spa", "storefront"];

/// Words that, beside the service's own, make the name of a variable for its own port.
const OWN_PORT: [&str; 10] =
    ["port", "http", "https", "server", "app", "listen", "web", "grpc", "metrics", "service"];

/// Last words of the name of a variable that holds an address.
#[rustfmt::skip]
const HOLDS_ADDRESS: &[&str] = &[
    "host", "hosts", "hostname", "url", "uri", "addr", "address", "addresses", "server", "servers", "broker", "brokers",
    "dsn", "endpoint", "endpoints", "node", "nodes", "connection", "ip",
];

fn check(project: &Project<'_>, findings: &mut Findings) {
    let peers: Vec<Peer<'_>> = project
        .services
        .values()
        .map(|service| Peer {
            service,
            name: words(&service.name),
            image: images::of(service).map(|known| known.image),
        })
        .collect();
    for peer in peers.iter().filter(|peer| peer.service.network_mode.is_none()) {
        for (name, value) in &peer.service.environment {
            inspect(&peers, peer, name, value, findings);
        }
        // A file that is for programs on the host as well says what holds there; a service that needs another value has it.
        let is_replaced = |name: &String| {
            peers.iter().any(|other| other.service.environment.iter().any(|(own, _)| own == name))
        };
        for (name, value) in peer.service.from_env_files.iter().filter(|(name, _)| !is_replaced(name)) {
            let mut found = Findings::new();
            inspect(&peers, peer, name, value, &mut found);
            let is_shared = peers.iter().filter(|other| other.has_file_of(value)).count() > 1;
            findings.extend(found.into_iter().map(|finding| {
                let given = format!("`{}` is given this file", peer.service.name);
                let finding = finding.related(peer.service.span, given);
                // Not everyone who is given a variable reads it.
                if is_shared { finding.severity(Severity::Warning) } else { finding }
            }));
        }
        let mut option = "";
        for argument in &peer.service.arguments {
            inspect(&peers, peer, option, argument, findings);
            let raw = argument.raw();
            option = if raw.starts_with('-') && !raw.contains('=') { raw } else { "" };
        }
    }
}

/// Reports each address in a text that means a sibling; `name` is the variable or the option that holds the text.
fn inspect(peers: &[Peer<'_>], peer: &Peer<'_>, name: &str, text: &Text, findings: &mut Findings) {
    if !HOSTS.iter().any(|host| text.raw().contains(host)) {
        return;
    }
    let sketch = text.sketch();
    for local in locals(&sketch) {
        let option = option_before(&sketch, local.host.start);
        let name = if option.is_empty() { name } else { option };
        let words = match name {
            // The variables of libpq are written in one.
            "PGHOST" | "PGHOSTADDR" => vec!["pg".to_owned(), "host".to_owned()],
            name => words(name),
        };
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&&**word));
        let browsable = local.is_browsable() || local.scheme.is_empty() && local.port.is_none();
        let is_own_name = name.eq_ignore_ascii_case("hostname");
        if has(NOT_A_PEER) || is_own_name || browsable && has(FOR_BROWSER) || peer.owns(&local, &words) {
            continue;
        }
        let meant = siblings(peers, peer, &local, &words);
        findings.extend(report(peer, name, text, &sketch, &local, &meant));
    }
}

/// More siblings than this on one port say nothing.
const TOO_MANY: usize = 4;

/// The finding on one address; none where nobody is meant, or a browser may be.
fn report(
    peer: &Peer<'_>,
    name: &str,
    text: &Text,
    sketch: &Sketch,
    local: &Local,
    meant: &[Meant<'_>],
) -> Option<Diagnostic> {
    let [first, others @ ..] = meant else { return None };
    let is_frontend = peer.name.iter().any(|word| FRONTEND.contains(&&**word));
    let maybe_browser = local.is_browsable() && first.is_published;
    if maybe_browser && is_frontend || meant.len() >= TOO_MANY {
        return None;
    }
    let origin = sketch.place(local.host.clone());
    let is_default = origin.as_ref().is_none_or(|origin| origin.is_default);
    let is_certain = others.is_empty() && !is_default && !maybe_browser;
    let names: Vec<&str> = meant.iter().map(|meant| &*meant.peer.service.name).collect();
    let written = &sketch[local.host.start..local.end];
    let holder = if name.is_empty() { String::new() } else { format!(" in `{name}`") };
    let message = format!("`{written}`{holder} is the container itself, not `{}`", names.join("` or `"));
    let better = match first.port {
        Some(port) => format!("{}:{port}", first.peer.service.name),
        None => first.peer.service.name.to_string(),
    };
    let help = match others {
        [] if maybe_browser => {
            format!(
                "write `{better}` if `{}` itself connects to it; leave it if only a browser does",
                peer.service.name
            )
        }
        [] => {
            format!("write `{better}`: services reach each other by name, on the port inside the container")
        }
        _ => format!("write the name of the service that is meant: {}", enumerate(&names)),
    };
    let host = origin.and_then(|origin| text.part(origin.range));
    let finding = RULE
        .on(&[&written, &name, &names.join("` or `")], host.unwrap_or(text.span), message)
        .severity(if is_certain { Severity::Error } else { Severity::Warning })
        .related(first.peer.service.span, format!("`{}` is here", first.peer.service.name))
        .help(help);
    // With a port that changes, host and port have to stand together as they are.
    let stands_apart = local.port.is_some() && local.end == local.host.end;
    let (place, content) = if stands_apart && first.port != local.port {
        (None, String::new())
    } else if first.port == local.port {
        (host, first.peer.service.name.to_string())
    } else {
        let whole = sketch.place(local.host.start..local.end);
        (whole.and_then(|origin| text.part(origin.range)), better.clone())
    };
    let edit = place.filter(|_| others.is_empty()).map(|span| Edit { span, content });
    Some(match edit {
        None => finding,
        Some(edit) => finding.fix(Fix {
            title: format!("write `{better}`"),
            applicability: Applicability::Unsafe,
            edits: vec![edit],
        }),
    })
}

/// One address on the own machine, somewhere in a text.
struct Local {
    /// The host's bytes.
    host: Range<usize>,
    /// The port behind it.
    port: Option<u16>,
    /// One past the last byte of host and port.
    end: usize,
    /// The scheme before it, in lower case: `jdbc:postgresql`.
    scheme: String,
    /// Whether the host is `0.0.0.0`.
    is_any: bool,
}

impl Local {
    fn is_browsable(&self) -> bool {
        BROWSER.contains(&&*self.scheme)
    }

    fn is_client_url(&self) -> bool {
        !self.scheme.is_empty() && !self.is_browsable()
    }
}

/// The addresses of a text, in order.
fn locals(text: &str) -> Vec<Local> {
    let joins = |next: char| next.is_alphanumeric() || matches!(next, '_' | '-');
    let mut found: Vec<Local> = HOSTS
        .iter()
        .flat_map(|host| range::around(text, host).map(|around| (*host, around)))
        .filter_map(|(host, (before, after))| {
            let stands_alone = !before.ends_with(|last: char| joins(last) || matches!(last, '.' | ':'))
                && !after.starts_with(joins)
                && !after.strip_prefix('.').is_some_and(|rest| rest.starts_with(joins));
            let is_any = host == ANY;
            let host = range::of(before.len(), host);
            let address = Address::around(text, host.clone());
            let port = address.port_number(text).or_else(|| port_behind(after));
            let end = if address.port.is_some() { address.end() } else { host.end };
            let scheme = address.scheme(text).to_lowercase();
            stands_alone.then_some(Local { host, port, end, scheme, is_any })
        })
        .collect();
    found.sort_by_key(|local| local.host.start);
    found
}

/// The port of a connection string, which stands apart from its host: `localhost,1433`, `Host=localhost;Port=5432`.
fn port_behind(after: &str) -> Option<u16> {
    let number = |text: &str| {
        text[..text.find(|next: char| !next.is_ascii_digit()).unwrap_or(text.len())].parse().ok()
    };
    if let Some(rest) = after.strip_prefix(',') {
        return number(rest);
    }
    let rest = after.strip_prefix([';', ' '])?;
    let at = rest.to_ascii_lowercase().find("port=")?;
    let is_key = rest[..at].is_empty() || rest[..at].ends_with([';', ' ']);
    number(rest.get(range::after(at, ["port="])..)?).filter(|_| is_key)
}

/// `--name` of the word `--name=…` that an offset lies in, or the `--name` before it.
fn option_before(text: &str, at: usize) -> &str {
    let before = &text[..at];
    let mut words = before.split_whitespace().rev();
    let word = if before.ends_with(char::is_whitespace) { "" } else { words.next().unwrap_or_default() };
    match (word.split_once('='), words.next()) {
        (Some((name, _)), _) if word.starts_with('-') => name,
        (_, Some(previous)) if previous.starts_with('-') && !previous.contains('=') => previous,
        _ => "",
    }
}

/// A service, with what it may be called.
struct Peer<'p> {
    service: &'p Service,
    /// The words of its name.
    name: Vec<String>,
    /// What is known of its image.
    image: Option<&'static Image>,
}

impl Peer<'_> {
    /// Whether an address is the service's own: its port, its kind or its name.
    fn owns(&self, local: &Local, variable: &[String]) -> bool {
        let Some(port) = local.port else {
            return self.is_kind_of(&kinds(local, variable)) || self.is_called(variable);
        };
        // `PORT`, `HTTP_PORT`, `API_PORT` of `api`; `DB_PORT` is another's.
        let is_own_word = |word: &String| self.name.contains(word) || OWN_PORT.contains(&&**word);
        let in_variable = |(name, value): &(String, Text)| {
            let name = words(name);
            name.last().is_some_and(|last| last == "port")
                && name.iter().all(is_own_word)
                && value.sketch().parse() == Ok(port)
        };
        self.has_port(port)
            || self.service.ports.iter().any(|entry| entry.target_of(port).is_some())
            || self.service.variables().any(in_variable)
            || self.service.arguments.iter().any(|argument| listens(&argument.sketch(), port))
    }

    /// Whether it listens on a port inside its container, as far as the file and its image say.
    fn has_port(&self, port: u16) -> bool {
        self.service.publishes(port)
            || self.service.exposes(port)
            || self.image.is_some_and(|image| image.ports.contains(&port))
    }

    /// Whether it is given the variables of the file that a value stands in.
    fn has_file_of(&self, value: &Text) -> bool {
        self.service.from_env_files.iter().any(|(_, own)| own.span.source == value.span.source)
    }

    fn is_kind_of(&self, kinds: &[&str]) -> bool {
        self.image.is_some_and(|image| image.kinds.iter().any(|kind| kinds.contains(&&**kind)))
    }

    /// Whether a variable begins with its name: `AUTH_SERVICE_URL`, `AUTH_URL` for `auth-service`.
    fn is_called(&self, variable: &[String]) -> bool {
        let name = match &self.name[..] {
            [short @ .., last] if !short.is_empty() && ["service", "server", "svc"].contains(&&**last) => {
                short
            }
            name => name,
        };
        variable.len() > name.len() && variable.starts_with(name)
    }
}

/// Whether an argument tells a port to listen on: `--port 8000`, `:8000`, `0.0.0.0:8000`; `db:8000` is another's.
fn listens(argument: &str, port: u16) -> bool {
    range::around(argument, &port.to_string()).any(|(before, after)| {
        let is_number = !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
        let has_host = before.strip_suffix(':').is_some_and(|host| {
            !host.ends_with(ANY) && host.ends_with(|last: char| last.is_alphanumeric() || last == ']')
        });
        is_number && !has_host
    })
}

/// What an address calls its peer: the parts of its scheme, else the words of its variable.
fn kinds<'a>(local: &'a Local, name: &'a [String]) -> Vec<&'a str> {
    if local.is_client_url() {
        return local.scheme.split([':', '+']).collect();
    }
    name.iter().map(String::as_str).collect()
}

/// A sibling that an address may mean.
struct Meant<'p> {
    peer: &'p Peer<'p>,
    /// The port that it is reached on, if the address has one.
    port: Option<u16>,
    /// Whether the address works from the host.
    is_published: bool,
}

impl<'p> Meant<'p> {
    fn unpublished(port: Option<u16>) -> impl Fn(&'p Peer<'p>) -> Self {
        move |peer| Self { peer, port, is_published: false }
    }
}

/// The siblings that an address may mean, as narrowly as its port, its scheme and its variable say.
fn siblings<'p>(
    peers: &'p [Peer<'p>],
    peer: &Peer<'_>,
    local: &Local,
    variable: &[String],
) -> Vec<Meant<'p>> {
    let service = peer.service;
    // What listens there may be a sibling that shares this network.
    if peers.iter().any(|other| other.service.network_host() == Some(&*service.name)) {
        return Vec::new();
    }
    let others = peers.iter().filter(|Peer { service: other, .. }| {
        other.name != service.name && other.network_mode.is_none() && other.runs_with(service)
    });
    let kinds = kinds(local, variable);
    let is_kind = |meant: &Meant<'_>| meant.peer.is_kind_of(&kinds);
    let is_called = |meant: &Meant<'_>| !local.is_client_url() && meant.peer.is_called(variable);
    let mut meant: Vec<Meant<'_>> = match local.port {
        Some(port) => listening(others, port),
        None => {
            let holds_address = variable.last().is_some_and(|last| HOLDS_ADDRESS.contains(&&**last));
            let names_peer = local.is_client_url() || holds_address && !local.is_browsable();
            let named = others.filter(|_| names_peer).map(Meant::unpublished(None));
            named.filter(|meant| is_kind(meant) || is_called(meant)).collect()
        }
    };
    keep_if_any(&mut meant, is_kind);
    keep_if_any(&mut meant, |meant| meant.peer.is_called(variable));
    if local.is_any {
        meant.retain(|meant| local.is_client_url() && is_kind(meant));
    }
    meant
}

/// Who listens on a port: on the machine where the file was written whoever publishes it, else whoever has it inside.
fn listening<'p>(others: impl Iterator<Item = &'p Peer<'p>> + Clone, port: u16) -> Vec<Meant<'p>> {
    let publishing = others.clone().filter_map(|peer| {
        let target = peer.service.ports.iter().find_map(|entry| entry.target_of(port))?;
        Some(Meant { peer, port: Some(target), is_published: true })
    });
    let meant: Vec<Meant<'_>> = publishing.collect();
    if !meant.is_empty() {
        return meant;
    }
    others.filter(|other| other.has_port(port)).map(Meant::unpublished(Some(port))).collect()
}

fn keep_if_any<T>(items: &mut Vec<T>, wanted: impl Fn(&T) -> bool) {
    if items.iter().any(&wanted) {
        items.retain(wanted);
    }
}
