//! Ports: of a container, and published on the host.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::Invalid;
use super::sketch::{Part, Sketch};
use crate::source::range;

/// A port, or a range of ports: `80`, `8000-8010`.
///
/// ```
/// use compose_reader::values::PortRange;
///
/// assert_eq!("8000-8010".parse(), Ok(PortRange { first: 8000, last: 8010 }));
/// assert!("8010-8000".parse::<PortRange>().is_err());
/// assert_eq!(PortRange { first: 80, last: 80 }.to_string(), "80");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    /// The lowest.
    pub first: u16,
    /// The highest.
    pub last: u16,
}

impl PortRange {
    /// The range of one port.
    pub fn one(port: u16) -> Self {
        Self { first: port, last: port }
    }

    /// Whether it is one port.
    pub fn is_one(self) -> bool {
        self.first == self.last
    }

    /// Whether a port lies in the range.
    pub fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    /// The ports that lie in both ranges.
    pub fn overlap(self, other: Self) -> Option<Self> {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (first <= last).then_some(Self { first, last })
    }

    /// How many ports it has.
    pub fn count(self) -> usize {
        usize::from(self.width()).saturating_add(1)
    }

    /// How many ports lie between its first and its last.
    pub fn width(self) -> u16 {
        self.last.saturating_sub(self.first)
    }
}

/// Source: docker/go-connections, `nat.ParsePortRange`.
impl FromStr for PortRange {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let port = |text: &str| {
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse::<u16>().ok()).flatten()
        };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (port(first), port(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(Invalid { expected: "a port or a range of ports from 0 to 65535" }),
        }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_one() {
            write!(formatter, "{}", self.first)
        } else {
            write!(formatter, "{}-{}", self.first, self.last)
        }
    }
}

/// What is spoken on a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// TCP, where nothing else is said.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// Source: docker/go-connections, `validateProto`, in any case of letters.
impl FromStr for Protocol {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let protocols = [Self::Tcp, Self::Udp, Self::Sctp];
        let found = protocols.into_iter().find(|protocol| text.eq_ignore_ascii_case(protocol.name()));
        found.ok_or(Invalid { expected: "a protocol of a port: `tcp`, `udp` or `sctp`" })
    }
}

impl Protocol {
    /// As Docker prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Ports of a container, as `expose` and `EXPOSE` name them: `8000`, `8000-8010/udp`.
///
/// ```
/// use compose_reader::values::{ContainerPort, Protocol};
///
/// let port: ContainerPort = "53/UDP".parse().expect("a port");
/// assert_eq!((port.range.first, port.protocol), (53, Protocol::Udp));
/// assert_eq!(port.to_string(), "53/udp");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerPort {
    /// The ports.
    pub range: PortRange,
    /// What is spoken there.
    pub protocol: Protocol,
}

/// Source: the compose specification, "expose"; docker/go-connections, `nat.ParsePortSpecs`.
impl FromStr for ContainerPort {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (range, protocol) = text.split_once('/').unwrap_or((text, ""));
        let protocol = if protocol.is_empty() { Protocol::default() } else { protocol.parse()? };
        Ok(Self { range: range.parse()?, protocol })
    }
}

impl fmt::Display for ContainerPort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.range)?;
        if self.protocol == Protocol::Tcp { Ok(()) } else { write!(formatter, "/{}", self.protocol) }
    }
}

/// A port of the host: `8080`, `127.0.0.1:8080`, `[::1]:8080`.
///
/// ```
/// use compose_reader::values::HostPort;
///
/// let port: HostPort = "[::1]:8080".parse().expect("a port");
/// assert_eq!(port.port, 8080);
/// assert_eq!(port.to_string(), "[::1]:8080");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// The address that it is bound to, where one is named.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: u16,
}

impl FromStr for HostPort {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = Invalid { expected: "a port of the host: `8080`, `127.0.0.1:8080`" };
        let (address, port) = match text.rsplit_once(':') {
            Some((address, port)) => (Some(ip_address(address).ok_or(invalid)?), port),
            None => (None, text),
        };
        let range: PortRange = port.parse().map_err(|_| invalid)?;
        if range.width() > 0 || range.first == 0 {
            return Err(invalid);
        }
        Ok(Self { address, port: range.first })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", Prefix(self.address), self.port)
    }
}

/// An address with the colon behind it; nothing where there is none.
struct Prefix(Option<IpAddr>);

impl fmt::Display for Prefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => write!(formatter, "{}:", in_url(address)),
            None => Ok(()),
        }
    }
}

/// An address as it stands before the colon of a port: brackets around IPv6.
pub fn in_url(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// An address, with the brackets of IPv6 or without.
///
/// Source: docker/go-connections, `nat.ParsePortSpec`.
pub fn ip_address(text: &str) -> Option<IpAddr> {
    without_brackets(text)?.parse().ok()
}

/// The text without the brackets of IPv6; `None` where one is open.
fn without_brackets(text: &str) -> Option<&str> {
    match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']'),
        None => Some(text),
    }
}

/// The parts of a published port in the short syntax, `[[ADDRESS:]PUBLISHED:]TARGET[/PROTOCOL]`; one that is not there, or is
/// empty, is none.
///
/// Source: docker/go-connections, `nat.splitParts`.
#[derive(Clone, Copy, Debug)]
pub struct PortParts<'s> {
    /// The address of the host.
    pub address: Option<Part<'s>>,
    /// The ports of the host.
    pub published: Option<Part<'s>>,
    /// The ports of the container.
    pub target: Option<Part<'s>>,
    /// The protocol.
    pub protocol: Option<Part<'s>>,
}

impl<'s> PortParts<'s> {
    /// Takes an entry apart.
    pub fn of(sketch: &'s Sketch) -> Self {
        let part = |start: usize, end: usize| Some(sketch.part(start..end)).filter(|_| start < end);
        let before = |end: usize| sketch.get(..end).and_then(|before| before.rfind(':'));
        let target = before(sketch.len());
        let published = target.and_then(before);
        let target_start = target.map_or(0, range::behind);
        let slash = sketch.get(target_start..).and_then(|target| target.find('/'));
        let target_end = slash.map_or(sketch.len(), |slash| range::offset(target_start, slash));
        Self {
            address: published.and_then(|colon| part(0, colon)),
            published: target.and_then(|end| part(published.map_or(0, range::behind), end)),
            target: part(target_start, target_end),
            protocol: part(range::behind(target_end).min(sketch.len()), sketch.len()),
        }
    }
}

/// A published port of which everything is known.
///
/// ```
/// use compose_reader::values::PortMapping;
///
/// let port: PortMapping = "127.0.0.1:8080-8081:80-81".parse().expect("a port");
/// assert_eq!(port.published.map(|range| range.first), Some(8080));
/// assert_eq!(port.to_string(), "127.0.0.1:8080-8081:80-81");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortMapping {
    /// The address of the host as it is written, without the brackets of IPv6; empty where every address is meant.
    pub address: String,
    /// The ports of the host; without them, Docker takes one that is free.
    pub published: Option<PortRange>,
    /// The ports of the container.
    pub target: PortRange,
    /// What is spoken there.
    pub protocol: Protocol,
}

/// Why a text is no published port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidPort {
    /// The port of the container is missing.
    NoTarget,
    /// This is no protocol.
    Protocol(String),
    /// This is no IP address.
    Address(String),
    /// This is no port.
    Port(String),
    /// A container has no port 0.
    Zero,
    /// A range of the host is not as long as that of the container.
    Uneven,
}

impl fmt::Display for InvalidPort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTarget => formatter.write_str("the port of the container is missing"),
            Self::Protocol(text) => {
                write!(formatter, "`{text}` is no protocol of a port: `tcp`, `udp` or `sctp`")
            }
            Self::Address(text) => write!(formatter, "`{text}` is no IP address"),
            Self::Port(text) => write!(formatter, "`{text}` is no port or range of ports from 0 to 65535"),
            Self::Zero => formatter.write_str("a container has no port 0"),
            Self::Uneven => {
                formatter.write_str("the range of the host is not as long as the range of the container")
            }
        }
    }
}

impl std::error::Error for InvalidPort {}

impl PortMapping {
    /// The address of a published port, without the brackets of IPv6.
    ///
    /// # Errors
    ///
    /// The text is no address.
    pub fn host_address(text: &str) -> Result<&str, InvalidPort> {
        let bare = without_brackets(text).ok_or_else(|| InvalidPort::Address(text.to_owned()))?;
        let is_address = bare.is_empty() || bare.parse::<IpAddr>().is_ok();
        if is_address { Ok(bare) } else { Err(InvalidPort::Address(bare.to_owned())) }
    }

    /// The mapping of one port of the container, so far behind the first of them: a range of the host as long as that of the
    /// container is taken apart, and one that leads to a single port is one to pick from.
    pub fn single(&self, offset: u16) -> Self {
        Self {
            published: self.published.map(|range| match self.target.is_one() {
                true => range,
                false => PortRange::one(range.first.saturating_add(offset)),
            }),
            target: PortRange::one(self.target.first.saturating_add(offset)),
            ..self.clone()
        }
    }
}

/// Source: the compose specification, "ports", "Short syntax"; docker/go-connections, `nat.ParsePortSpec`.
impl FromStr for PortMapping {
    type Err = InvalidPort;

    fn from_str(text: &str) -> Result<Self, InvalidPort> {
        let sketch = Sketch::from(text);
        let parts = PortParts::of(&sketch);
        let target = parts.target.ok_or(InvalidPort::NoTarget)?.shown();
        let protocol = match parts.protocol.map(Part::shown) {
            None => Protocol::default(),
            Some(name) => name.parse().map_err(|_| InvalidPort::Protocol(name.to_lowercase()))?,
        };
        let address = Self::host_address(parts.address.map(Part::shown).unwrap_or_default())?.to_owned();
        let range = |text: &str| text.parse().map_err(|_| InvalidPort::Port(text.to_owned()));
        let target: PortRange = range(target)?;
        if target.first == 0 {
            return Err(InvalidPort::Zero);
        }
        let published: Option<PortRange> = parts.published.map(|part| range(part.shown())).transpose()?;
        if target.width() > 0 && published.is_some_and(|published| published.width() != target.width()) {
            return Err(InvalidPort::Uneven);
        }
        Ok(Self { address, published, target, protocol })
    }
}

/// In the short syntax.
impl fmt::Display for PortMapping {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.address {
            "" => {}
            address if address.contains(':') => write!(formatter, "[{address}]:")?,
            address => write!(formatter, "{address}:")?,
        }
        match self.published {
            Some(published) => write!(formatter, "{published}:")?,
            None if !self.address.is_empty() => formatter.write_str(":")?,
            None => {}
        }
        let target = ContainerPort { range: self.target, protocol: self.protocol };
        fmt::Display::fmt(&target, formatter)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::{ContainerPort, HostPort, PortMapping, PortParts, PortRange, Protocol, Sketch};

    /// What Docker Compose 2.40.3 makes of each.
    #[test]
    fn the_short_syntax_is_read_as_compose_reads_it() {
        for (text, expected) in [
            ("80", Ok("80")),
            ("3000-3005", Ok("3000-3005")),
            ("0080:80", Ok("80:80")),
            ("53:53/UDP", Ok("53:53/udp")),
            ("80:80/", Ok("80:80")),
            ("127.0.0.1::90", Ok("127.0.0.1::90")),
            ("127.0.0.1:5000-5010:6000", Ok("127.0.0.1:5000-5010:6000")),
            ("[::1]:80:80", Ok("[::1]:80:80")),
            ("::1:80:80", Ok("[::1]:80:80")),
            (":80:81", Ok("80:81")),
            ("", Err("the port of the container is missing")),
            ("80:", Err("the port of the container is missing")),
            ("80:0", Err("a container has no port 0")),
            ("80:80/http", Err("`http` is no protocol of a port: `tcp`, `udp` or `sctp`")),
            ("[::1:80:80", Err("`[::1` is no IP address")),
            ("localhost:80:80", Err("`localhost` is no IP address")),
            ("80:99999", Err("`99999` is no port or range of ports from 0 to 65535")),
            ("+80:80", Err("`+80` is no port or range of ports from 0 to 65535")),
            ("80-82:80-81", Err("the range of the host is not as long as the range of the container")),
        ] {
            let found = text.parse::<PortMapping>();
            let found = found.map(|port| port.to_string()).map_err(|invalid| invalid.to_string());
            assert_eq!(found.as_deref().map_err(|message| &**message), expected, "{text}");
        }
    }

    #[test]
    fn parts_may_be_unknown() {
        let sketch = Sketch::of("${BIND}:${PORT:-8080}:80/$PROTOCOL");
        let parts = PortParts::of(&sketch);
        assert!(parts.address.is_some_and(|address| address.known().is_none()));
        assert_eq!(parts.published.and_then(|published| published.known()), Some("8080"));
        assert_eq!(parts.target.and_then(|target| target.known()), Some("80"));
        assert!(parts.protocol.is_some_and(|protocol| protocol.known().is_none()));
    }

    fn ranges() -> impl Strategy<Value = PortRange> {
        (1..60000_u16, 0..5000_u16).prop_map(|(first, width)| PortRange { first, last: first + width })
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(
            address in proptest::option::of(any::<IpAddr>()),
            target in ranges(),
            has_published in any::<bool>(),
            is_udp in any::<bool>(),
        ) {
            let protocol = if is_udp { Protocol::Udp } else { Protocol::Tcp };
            let port = PortMapping {
                address: address.map(|address| address.to_string()).unwrap_or_default(),
                published: has_published.then_some(target),
                target,
                protocol,
            };
            prop_assert_eq!(port.to_string().parse(), Ok(port));
            let port = HostPort { address, port: target.first };
            prop_assert_eq!(port.to_string().parse(), Ok(port));
            let port = ContainerPort { range: target, protocol };
            prop_assert_eq!(port.to_string().parse(), Ok(port));
        }

        #[test]
        fn any_text_gets_an_answer(text in "\\PC*", port in "[0-9a-z:./\\[\\]…-]{0,16}") {
            for text in [text, port] {
                let _ = (text.parse::<HostPort>(), text.parse::<ContainerPort>());
                if let Ok(port) = text.parse::<PortMapping>() {
                    prop_assert_eq!(port.to_string().parse(), Ok(port));
                }
            }
        }
    }
}
