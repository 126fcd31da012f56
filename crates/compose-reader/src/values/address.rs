//! Addresses in texts.

use std::ops::Range;

use crate::source::range;

/// An address that a text names, `[SCHEME://][USER@]HOST[:PORT][/PATH]`, as bytes of the text.
///
/// ```
/// use compose_reader::values::Address;
///
/// let text = "amqp://user:word@[::1]:5672/vhost";
/// let address = Address::of(text);
/// assert_eq!(address.host(text), "[::1]");
/// assert_eq!(address.port_number(text), Some(5672));
/// ```
///
/// Source: RFC 3986, 3.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// What stands before `://`.
    pub scheme: Option<Range<usize>>,
    /// The name or number of the host, with the brackets of IPv6.
    pub host: Range<usize>,
    /// What stands behind the colon, which need not be a number.
    pub port: Option<Range<usize>>,
    /// Whether a path, a query or a fragment is behind it.
    pub has_path: bool,
}

impl Address {
    /// Reads a text that is one word.
    pub fn of(text: &str) -> Self {
        Self::within(text, 0..text.len())
    }

    /// The addresses that the words of a text would be, between blanks, commas and semicolons.
    pub fn each(text: &str) -> impl Iterator<Item = Self> + '_ {
        let words = range::placed(text.split([',', ' ', ';']), ",");
        words.map(|(start, word)| Self::within(text, range::of(start, word)))
    }

    fn within(text: &str, word: Range<usize>) -> Self {
        let word_text = text.get(word.clone()).unwrap_or_default();
        let scheme = word_text.find("://").map(|end| {
            let before = word_text.get(..end).unwrap_or_default();
            let start = before.rfind(['=', '"', '\'', '(']).map_or(0, range::behind);
            range::shifted(&(start..end), word.start)
        });
        let authority = scheme.as_ref().map_or(word.start, |scheme| range::after(scheme.end, ["://"]));
        let rest = text.get(authority..word.end).unwrap_or_default();
        let end = rest.find(['/', '?', '#']).map_or(word.end, |at| range::offset(authority, at));
        let named = text.get(authority..end).unwrap_or_default();
        let host = range::offset(authority, named.rfind('@').map_or(0, range::behind));
        let (host, port) = host_and_port(text, host..end);
        Self { scheme, host, port, has_path: end < word.end }
    }

    /// The address of which the host is known, wherever it stands: what is before it in its word, and the digits behind its
    /// colon.
    pub fn around(text: &str, host: Range<usize>) -> Self {
        let before = text.get(..host.start).unwrap_or_default();
        let word = before.rfind([' ', '"', '\'', ',', ';', '=', '\n', '(']).map_or(0, range::behind);
        let scheme = before.get(word..).and_then(|before| before.find("://"));
        let behind = text.get(host.end..).and_then(|behind| behind.strip_prefix(':')).unwrap_or_default();
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let port = (digits > 0).then(|| range::shifted(&(0..digits), range::behind(host.end)));
        let end = port.as_ref().map_or(host.end, |port| port.end);
        let has_path = text.get(end..).is_some_and(|rest| rest.starts_with(['/', '?', '#']));
        Self { scheme: scheme.map(|end| range::shifted(&(0..end), word)), host, port, has_path }
    }

    /// The text of the host.
    pub fn host<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.host.clone()).unwrap_or_default()
    }

    /// The text of the scheme; empty where there is none.
    pub fn scheme<'t>(&self, text: &'t str) -> &'t str {
        self.scheme.clone().and_then(|scheme| text.get(scheme)).unwrap_or_default()
    }

    /// The number of the port, where it is one.
    pub fn port_number(&self, text: &str) -> Option<u16> {
        let digits = text.get(self.port.clone()?)?;
        digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// The last byte of host and port, and one more.
    pub fn end(&self) -> usize {
        self.port.as_ref().map_or(self.host.end, |port| port.end)
    }
}

/// The host and what is behind its colon; inside of brackets colons are IPv6's.
fn host_and_port(text: &str, range: Range<usize>) -> (Range<usize>, Option<Range<usize>>) {
    let named = text.get(range.clone()).unwrap_or_default();
    let bracket = if named.starts_with('[') { named.find(']').unwrap_or(0) } else { 0 };
    let colon = named.get(bracket..).and_then(|rest| rest.find(':'));
    match colon.map(|at| range::offset(range.start, range::offset(bracket, at))) {
        Some(colon) => (range.start..colon, Some(range::behind(colon)..range.end)),
        None => (range, None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Address;

    #[test]
    fn every_part_is_found() {
        for (text, scheme, host, port) in [
            ("postgresql://u:p@db:5432/x", "postgresql", "db", Some(5432)),
            ("http://api", "http", "api", None),
            ("http://api:8080/8080", "http", "api", Some(8080)),
            ("--url=http://api:80/x", "http", "api", Some(80)),
            ("jdbc:mysql://db:3306/x?a=b", "jdbc:mysql", "db", Some(3306)),
            ("http://[::1]:80/", "http", "[::1]", Some(80)),
            ("[::1]", "", "[::1]", None),
            ("db:5432", "", "db", Some(5432)),
            ("db:99999", "", "db", None),
            ("db:$PORT", "", "db", None),
            ("api?x=1", "", "api", None),
            ("", "", "", None),
        ] {
            let address = Address::of(text);
            let found = (address.scheme(text), address.host(text), address.port_number(text));
            assert_eq!(found, (scheme, host, port), "{text}");
        }
        let text = "a:9092,b:9093; c";
        let hosts: Vec<&str> = Address::each(text).map(|address| address.host(text)).collect();
        assert_eq!(hosts, ["a", "b", "", "c"]);
        let text = "{\"url\": \"redis://localhost:6379/0\"}";
        let at = text.find("localhost").expect("there");
        let address = Address::around(text, at..at + "localhost".len());
        assert_eq!((address.scheme(text), address.port_number(text)), ("redis", Some(6379)));
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(text in "\\PC*", url in "[a-z:/@.,;=\\[\\]…0-9 -]{0,24}", at in 0..24_usize) {
            for text in [text, url] {
                for address in Address::each(&text).chain([Address::around(&text, at..at + 1)]) {
                    let _ = (address.scheme(&text), address.host(&text), address.port_number(&text));
                }
            }
        }

        #[test]
        fn what_is_put_together_is_taken_apart(
            scheme in "[a-z]{1,8}",
            host in "[a-z][a-z0-9.-]{0,10}",
            port in any::<u16>(),
            path in "(/[a-z0-9:@]{0,8})?",
        ) {
            let text = format!("{scheme}://{host}:{port}{path}");
            let address = Address::of(&text);
            prop_assert_eq!(address.scheme(&text), scheme);
            prop_assert_eq!(address.host(&text), host);
            prop_assert_eq!(address.port_number(&text), Some(port));
            prop_assert_eq!(address.has_path, !path.is_empty());
        }
    }
}
