//! Published ports, short and long syntax alike.
//!
//! Source: the compose specification, "ports", and docker-compose 2.40.3, tried with each form in the tests.

use std::collections::HashSet;
use std::net::IpAddr;

use super::text::Text;
use crate::source::{Sources, Span};
use crate::values::{Part, PortParts, PortRange, Sketch, ip_address};
use crate::yaml::Node;

/// One entry of `ports`.
#[derive(Clone, Debug)]
pub struct Port {
    /// The entry.
    pub span: Span,
    /// The address of the host it is bound to; `None` is every address, IPv4 and IPv6.
    pub address: Option<IpAddr>,
    /// Whether it names an address, if only by a variable.
    pub has_address: bool,
    /// Where the address is written, or could be: an empty place at the beginning of the short syntax.
    pub address_span: Option<Span>,
    /// Whether it is written as a mapping.
    pub is_long: bool,
    /// A range of the host of which Docker takes a port that is free.
    pub pool: Option<PortRange>,
    /// The ports of the host that it takes for certain: not a pool to pick from, not one that Docker chooses,
    /// not one that only a variable without default knows.
    pub published: Option<PortRange>,
    /// The ports inside the container, where they can be known.
    pub target: Option<PortRange>,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

impl Port {
    /// Reads an entry; `None` if nothing about it can be known.
    fn read(sources: &Sources, node: &Node) -> Option<Self> {
        if let Some(raw) = node.as_text() {
            return Self::short(&Text::new(sources, node.span, raw));
        }
        let field = |name: &str| Some(Text::new(sources, node.span, node.get(name)?.as_text()?).sketch());
        let (address, published) = (field("host_ip"), field("published"));
        let (target, protocol) = (field("target")?, field("protocol"));
        let parts = PortParts {
            address: address.as_ref().and_then(filled),
            published: published.as_ref().and_then(filled),
            target: filled(&target),
            protocol: protocol.as_ref().and_then(filled),
        };
        let port = Self::new(node.span, &parts)?;
        let address_span = node.get("host_ip").map(|address| address.span);
        Some(Self { address_span, is_long: true, ..port })
    }

    fn short(written: &Text) -> Option<Self> {
        let sketch = written.sketch();
        let parts = PortParts::of(&sketch);
        let port = Self::new(written.span, &parts)?;
        let place = match parts.address {
            None => Some(0..0),
            Some(address) => sketch.place(0..address.shown().len()).map(|place| place.range),
        };
        Some(Self { address_span: place.and_then(|range| written.part(range)), ..port })
    }

    fn new(span: Span, parts: &PortParts<'_>) -> Option<Self> {
        let ports = |part: Part<'_>| part.known()?.parse().ok().filter(|range: &PortRange| range.first > 0);
        let target = parts.target.and_then(ports);
        let address = parts.address.map(|address| address.known().and_then(ip_address));
        // A range for one target is a pool: Docker takes whichever port of it is free.
        let width = target.map_or(0, PortRange::width);
        let (fixed, pool) = match parts.published.and_then(ports) {
            Some(published) if published.width() == width => (Some(published), None),
            other => (None, other),
        };
        let port = Self {
            span,
            address: address.flatten(),
            has_address: address.is_some(),
            address_span: None,
            is_long: false,
            pool,
            published: fixed.filter(|_| address != Some(None)),
            target,
            protocol: parts.protocol.map_or("tcp", Part::shown).to_lowercase(),
        };
        (port.published.is_some() || port.target.is_some()).then_some(port)
    }

    /// Whether every machine that reaches this one reaches the port.
    pub fn is_open(&self) -> bool {
        !self.has_address || self.address.is_some_and(|address| address.is_unspecified())
    }

    /// A port of the host that both take, if there is one.
    pub fn collision(&self, other: &Self) -> Option<u16> {
        let both = self.published?.overlap(other.published?)?;
        let meet = self.protocol == other.protocol && addresses_overlap(self.address, other.address);
        meet.then_some(both.first)
    }

    /// The entries of a list, those apart that Compose takes for one that stands before.
    pub(super) fn each(sources: &Sources, items: &[Node]) -> Vec<Self> {
        let mut known = HashSet::new();
        let read = items.iter().filter_map(|item| Self::read(sources, item));
        let is_new = |port: &Self| {
            let key = (port.address, port.published, port.target, port.protocol.clone());
            port.published.is_none() || known.insert(key)
        };
        read.filter(is_new).collect()
    }

    /// The port inside the container that a port of the host leads to.
    pub fn target_of(&self, published: u16) -> Option<u16> {
        let from = self.published.filter(|range| range.contains(published))?;
        self.target?.first.checked_add(published.checked_sub(from.first)?)
    }
}

/// No address takes all, `0.0.0.0` all of IPv4, `::` all of IPv6.
fn addresses_overlap(left: Option<IpAddr>, right: Option<IpAddr>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return true };
    left.is_ipv4() == right.is_ipv4() && (left == right || left.is_unspecified() || right.is_unspecified())
}

/// All of a text that is there.
fn filled(sketch: &Sketch) -> Option<Part<'_>> {
    Some(sketch.whole()).filter(|_| !sketch.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Port, PortRange};
    use crate::source::Sources;
    use crate::yaml::parse;

    fn port(text: &str) -> Option<Port> {
        let mut sources = Sources::new();
        let id = sources.add("test.yaml", text);
        let node = parse(id, text).expect("valid YAML").documents.remove(0);
        Port::read(&sources, &node)
    }

    #[test]
    fn every_form_means_what_it_means_to_compose() {
        for (text, address, published, target, protocol) in [
            ("80", "None", "None", "80..=80", "tcp"),
            ("3000-3005", "None", "None", "3000..=3005", "tcp"),
            ("80:80", "None", "80..=80", "80..=80", "tcp"),
            ("'0080:80'", "None", "80..=80", "80..=80", "tcp"),
            ("53:53/UDP", "None", "53..=53", "53..=53", "udp"),
            ("9090-9091:8080-8081", "None", "9090..=9091", "8080..=8081", "tcp"),
            ("127.0.0.1:5000-5010:6000", "127.0.0.1", "None", "6000..=6000", "tcp"),
            ("127.0.0.1::90", "127.0.0.1", "None", "90..=90", "tcp"),
            ("'[::1]:80:80'", "::1", "80..=80", "80..=80", "tcp"),
            ("'::1:80:80'", "::1", "80..=80", "80..=80", "tcp"),
            ("':80:81'", "None", "80..=80", "81..=81", "tcp"),
            ("'${BIND:-127.0.0.1}:${PORT:-8080}:80'", "127.0.0.1", "8080..=8080", "80..=80", "tcp"),
            ("'${BIND}:8080:80'", "None", "None", "80..=80", "tcp"),
            ("'${PORT}:80'", "None", "None", "80..=80", "tcp"),
            ("'8080:${PORT}'", "None", "8080..=8080", "None", "tcp"),
            (
                "{target: 80, published: '90', host_ip: '::', protocol: udp}",
                "::",
                "90..=90",
                "80..=80",
                "udp",
            ),
            ("{target: 80, published: 8000-8001}", "None", "None", "80..=80", "tcp"),
            ("{target: 80, mode: host}", "None", "None", "80..=80", "tcp"),
        ] {
            let port = port(text).expect(text);
            let show = |range: Option<PortRange>| {
                range.map_or("None".to_owned(), |range| format!("{}..={}", range.first, range.last))
            };
            let found = (
                port.address.map_or("None".to_owned(), |address| address.to_string()),
                show(port.published),
                show(port.target),
                port.protocol,
            );
            let expected = (address.into(), published.into(), target.into(), protocol.into());
            assert_eq!(found, expected, "{text}");
        }
        for text in ["'a:b'", "'0'", "'99999'", "'${PORT}'", "{published: 80}", "[1]"] {
            assert!(port(text).is_none(), "{text}");
        }
    }

    #[test]
    fn collisions_know_addresses_and_protocols() {
        for (left, right, collision) in [
            ("'80:1'", "'80:2'", Some(80)),
            ("'80:1'", "'80:2/udp'", None),
            ("'127.0.0.1:80:1'", "'80:2'", Some(80)),
            ("'127.0.0.1:80:1'", "'0.0.0.0:80:2'", Some(80)),
            ("'127.0.0.1:80:1'", "'127.0.0.2:80:2'", None),
            ("'[::1]:80:1'", "'0.0.0.0:80:2'", None),
            ("'[::1]:80:1'", "'[::]:80:2'", Some(80)),
            ("'80-82:1-3'", "'81:2'", Some(81)),
            ("'80-82:1'", "'81:2'", None),
        ] {
            let (left, right) = (port(left).expect(left), port(right).expect(right));
            assert_eq!(left.collision(&right), collision, "{left:?} {right:?}");
            assert_eq!(right.collision(&left), collision, "{left:?} {right:?}");
        }
    }
}
