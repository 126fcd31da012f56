//! Hosts that texts name.

use compose_reader::values::Address;

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

/// The addresses in a text: of each URL, of each `HOST:PORT`, and the text itself where it is said to be one.
pub(super) fn hosts(text: &str, holds_address: bool) -> Vec<Address> {
    let names_host = |address: &Address| {
        let is_port = address.port.is_some() && has_digits(address, text);
        address.scheme.is_some() || !address.has_path && (is_port || holds_address && address.port.is_none())
    };
    Address::each(text).filter(names_host).collect()
}

/// Whether what stands behind the colon of an address is a number, and not what only a variable knows.
fn has_digits(address: &Address, text: &str) -> bool {
    let port = address.port.clone().and_then(|port| text.get(port)).unwrap_or_default();
    !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
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
            ("http://[::1]:80/x", false, "http [::1] 80"),
        ] {
            let or = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
            let found = hosts(text, holds_address).into_iter();
            let shown: Vec<String> = found
                .map(|host| {
                    let port = host.port_number(text).map(|port| port.to_string()).unwrap_or_default();
                    format!("{} {} {}", or(host.scheme(text)), host.host(text), or(&port))
                })
                .collect();
            assert_eq!(shown.join("; "), expected, "{text}");
        }
    }
}
