//! Hosts that texts name.

use std::ops::Range;

/// Last words of the name of a variable that holds an address.
const HOLDS_ADDRESS: [&str; 13] = [
    "host",
    "hosts",
    "url",
    "uri",
    "addr",
    "address",
    "addresses",
    "dsn",
    "endpoint",
    "broker",
    "brokers",
    "servers",
    "seeds",
];

/// Whether a variable, by the words of its name, holds an address.
pub(super) fn holds_address(words: &[String]) -> bool {
    words.last().is_some_and(|last| HOLDS_ADDRESS.contains(&&**last))
}

/// A host that a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// The bytes of its name.
    pub(super) name: Range<usize>,
    /// The bytes of the port behind it.
    pub(super) port: Option<Range<usize>>,
    /// The bytes of the scheme before it.
    pub(super) scheme: Option<Range<usize>>,
}

/// The hosts in a text: of each URL, of each `HOST:PORT`, and the text itself where it is said to be one.
pub(super) fn hosts(text: &str, holds_address: bool) -> Vec<Host> {
    let mut found = Vec::new();
    let mut start = 0;
    for piece in text.split([',', ' ', ';']) {
        let base = start;
        start += piece.len() + 1;
        let scheme = piece.find("://");
        let authority = scheme.map_or(0, |at| at + 3);
        let end = piece[authority..].find(['/', '?', '#']).map_or(piece.len(), |at| authority + at);
        let host = piece[authority..end].rfind('@').map_or(authority, |at| authority + at + 1);
        let port = piece[host..end].find(':').map(|at| host + at);
        let digits = port.map(|at| &piece[at + 1..end]);
        let is_port = digits
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
        if scheme.is_some()
            || is_port && end == piece.len()
            || holds_address && port.is_none() && end == piece.len()
        {
            let begin = piece[..scheme.unwrap_or(0)].rfind(['=', '"', '\'', '(']).map_or(0, |at| at + 1);
            found.push(Host {
                name: base + host..base + port.unwrap_or(end),
                port: port.filter(|_| is_port).map(|at| base + at + 1..base + end),
                scheme: scheme.map(|at| base + begin..base + at),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::hosts;

    #[test]
    fn hosts_are_found_in_urls_and_lists() {
        for (text, holds_address, expected) in [
            ("postgresql://u:p@db:5432/x", false, "postgresql db 5432"),
            ("http://api", false, "http api -"),
            ("a:9092,b:9093", false, "- a 9092; - b 9093"),
            ("db", true, "- db -"),
            ("db", false, ""),
            ("--url=http://api:80/x", false, "http api 80"),
            ("redis://…:…@cache:…", false, "redis cache -"),
        ] {
            let part = |range: Option<Range<usize>>| range.map_or("-", |range| &text[range]);
            let found = hosts(text, holds_address).into_iter();
            let shown: Vec<String> = found
                .map(|host| format!("{} {} {}", part(host.scheme), &text[host.name], part(host.port)))
                .collect();
            assert_eq!(shown.join("; "), expected, "{text}");
        }
    }
}
