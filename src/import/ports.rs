//! Published ports, as a stack says them: what is listened on, and the port on the host.

use std::sync::Arc;

use indexmap::IndexMap;

use compose_reader::interpolation::split;
use compose_reader::values::{ContainerPort, ip_address};
use compose_reader::yaml::{Node, Style};

/// A published port, in the words of its file.
#[derive(Clone, Debug)]
pub(super) struct Port {
    /// The port of the container, with `/udp` where that is meant.
    pub(super) target: String,
    /// The port on the host, with an address before it where one is named; `None` where Docker picks it.
    pub(super) host: Option<String>,
}

/// The ports of a list in a compose file, where a stack can say each by itself: none twice, no ranges that differ, no
/// variable but for the port on the host.
pub(super) fn ports(list: &Node) -> Option<Vec<Port>> {
    let mut found: Vec<Port> = Vec::new();
    for item in list.as_sequence().unwrap_or_default() {
        let ports = match item.as_mapping() {
            Some(_) => long(item),
            None => item.as_text().and_then(short),
        };
        for port in ports? {
            if found.iter().any(|other| other.target == port.target) {
                return None;
            }
            found.push(port);
        }
    }
    Some(found)
}

fn long(item: &Node) -> Option<Vec<Port>> {
    const SAID: [&str; 5] = ["target", "published", "host_ip", "protocol", "mode"];
    let is_said = |key: &str| SAID.contains(&key);
    let mode = item.get("mode").and_then(Node::as_text);
    if !item.as_mapping()?.keys().all(|key| is_said(key)) || mode.is_some_and(|mode| mode != "ingress") {
        return None;
    }
    let text = |key: &str| item.get(key).and_then(Node::as_text).filter(|text| !text.is_empty());
    let target = container(text("target")?, text("protocol").unwrap_or("tcp"))?;
    let host = match (text("host_ip"), text("published")) {
        (None, published) => published.map(str::to_owned),
        (Some(address), Some(published)) => Some(format!("{address}:{published}")),
        (Some(_), None) => return None,
    };
    is_host(host.as_deref()).then(|| vec![Port { target, host }])
}

/// Whether the port on the host can be said: a number or a variable, behind an address that is written out.
fn is_host(host: Option<&str>) -> bool {
    let Some(host) = host else { return true };
    let Some(colons) = colons(host) else { return false };
    let (address, port) = match colons.last() {
        Some(at) => (host.get(..*at), host.get(at + 1..).unwrap_or_default()),
        None => (None, host),
    };
    let is_variable = port.starts_with("${") && variable_length(port) == Some(port.len());
    let is_number = port.parse::<u16>().is_ok_and(|port| port > 0);
    address.is_none_or(|address| ip_address(address).is_some()) && (is_number || is_variable)
}

/// Source: the compose specification, "ports", short syntax: `[[ADDRESS:]PUBLISHED:]TARGET[/PROTOCOL]`.
fn short(text: &str) -> Option<Vec<Port>> {
    let colons = colons(text)?;
    let (before, target) = match colons.last() {
        Some(at) => (text.get(..*at)?, text.get(at + 1..)?),
        None => ("", text),
    };
    let (target, protocol) = target.split_once('/').unwrap_or((target, "tcp"));
    if let Some((targets, hosts)) = both_ranges(target, before) {
        let one = |(target, host): (u16, String)| {
            Some(Port { target: container(&target.to_string(), protocol)?, host: Some(host) })
        };
        return targets.zip(hosts).map(one).collect();
    }
    let host = Some(before).filter(|host| !host.is_empty()).map(str::to_owned);
    let port = Port { target: container(target, protocol)?, host };
    is_host(port.host.as_deref()).then(|| vec![port])
}

/// Two ranges of one length, port by port.
fn both_ranges(
    target: &str,
    before: &str,
) -> Option<(std::ops::RangeInclusive<u16>, impl Iterator<Item = String> + use<>)> {
    let targets: compose_reader::values::PortRange = target.parse().ok()?;
    let (address, host) = match before.rsplit_once(':') {
        Some((address, host)) => (format!("{address}:"), host),
        None => (String::new(), before),
    };
    let hosts: compose_reader::values::PortRange = host.parse().ok()?;
    if targets.is_one() || targets.width() != hosts.width() || targets.width() > 20 {
        return None;
    }
    let hosts = (hosts.first..=hosts.last).map(move |port| format!("{address}{port}"));
    Some((targets.first..=targets.last, hosts))
}

/// A port of a container as `listen` takes it.
fn container(target: &str, protocol: &str) -> Option<String> {
    let port: ContainerPort = format!("{target}/{protocol}").parse().ok()?;
    let is_said = port.range.is_one() && port.range.first > 0 && !protocol.eq_ignore_ascii_case("sctp");
    is_said.then(|| port.to_string())
}

/// The colons of a text outside of its variables and of the brackets of an address.
fn colons(text: &str) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut depth = 0;
    for (between, variable) in split(text).ok()? {
        for (offset, next) in between.char_indices() {
            match next {
                '[' => depth += 1,
                ']' => depth -= 1,
                ':' if depth == 0 => found.push(at + offset),
                _ => {}
            }
        }
        at += between.len();
        if variable.is_some() {
            at += variable_length(text.get(at..)?)?;
        }
    }
    Some(found)
}

/// How long the variable is that a text begins with.
fn variable_length(text: &str) -> Option<usize> {
    if !text.starts_with("${") {
        let name = text.get(1..)?.find(|next: char| !next.is_ascii_alphanumeric() && next != '_');
        return Some(name.map_or(text.len(), |end| end + 1));
    }
    let mut depth = 0;
    for (at, next) in text.char_indices() {
        match next {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The endpoints of a service, by the ports that it listens on.
#[derive(Debug, Default)]
pub(super) struct Endpoints(IndexMap<String, String>);

impl Endpoints {
    /// Adds a port, `8080` or `53/udp`.
    pub(super) fn add(&mut self, target: &str) {
        if self.0.contains_key(target) {
            return;
        }
        let taken = |name: &str| self.0.values().any(|other| other == name);
        let number = target.trim_end_matches("/udp");
        let name = match number {
            "443" | "8443" if !taken("https") => "https".to_owned(),
            _ if target.ends_with("/udp") && !taken("udp") => "udp".to_owned(),
            _ if !target.ends_with("/udp") && !taken("http") => "http".to_owned(),
            _ => format!("port_{number}{}", if target.ends_with("/udp") { "_udp" } else { "" }),
        };
        self.0.insert(target.to_owned(), name);
    }

    pub(super) fn name(&self, target: &str) -> Option<&str> {
        self.0.get(target).map(String::as_str)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_one(&self) -> bool {
        self.0.len() == 1
    }

    /// What `listen` says.
    pub(super) fn listen(&self, span: compose_reader::source::Span) -> Node {
        let port = |target: &str| {
            let is_number = target.bytes().all(|byte| byte.is_ascii_digit());
            Node::scalar(span, target, if is_number { Style::Plain } else { Style::DoubleQuoted })
        };
        match self.0.first() {
            Some((target, name)) if self.is_one() && matches!(&**name, "http" | "udp") => port(target),
            _ => {
                Node::from_pairs(span, self.0.iter().map(|(target, name)| (Arc::from(&**name), port(target))))
            }
        }
    }
}
