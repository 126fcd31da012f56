//! Services that a container's texts name by their addresses, without a reference.

use super::facts::{Facts, Member};
use super::nodes::each_text;
use compose_reader::values::{Address, Sketch};
use compose_reader::yaml::Node;

/// Keys whose texts a container acts on.
const KEYS: [&str; 4] = ["environment", "command", "entrypoint", "healthcheck"];

/// The services that texts of a container name as hosts: in a URL, or as `HOST:PORT`.
pub(super) fn named<'f, 'a>(facts: &'f Facts<'a>, compose: &Node) -> Vec<&'f Member<'a>> {
    let mut found = Vec::new();
    let mut look = |text: &str| {
        // Neither a URL nor a port is without it.
        if !text.contains(':') {
            return;
        }
        let text = Sketch::of(text);
        for address in Address::each(&text) {
            let is_address = address.scheme.is_some() || address.port_number(&text).is_some();
            found.extend(facts.find(address.host(&text)).filter(|_| is_address));
        }
    };
    for value in KEYS.iter().filter_map(|key| compose.get(key)) {
        each_text(value, &mut |node| node.as_text().into_iter().for_each(&mut look));
    }
    found
}
