//! From a place in a text to the keys that lead there.

use super::node::{Kind, Node};

/// The keys and positions that lead to the innermost value that is written around an offset: `services`, `web`, `ports`,
/// `0`. A key belongs to its value; what stands behind an alias is written elsewhere.
pub fn path_at(document: &Node, offset: u32) -> Vec<String> {
    let mut path = Vec::new();
    let mut node = document;
    loop {
        let holds = |node: &Node, start: u32| {
            let end = node.alias.unwrap_or(node.span).end;
            node.span.source == document.span.source && start <= offset && offset <= end
        };
        let start = |node: &Node| node.alias.unwrap_or(node.span).start;
        let next = match &node.kind {
            Kind::Mapping(entries) => entries
                .iter()
                .find(|(_, entry)| holds(&entry.value, start(&entry.key)))
                .map(|(key, entry)| (key.to_string(), &entry.value)),
            Kind::Sequence(items) => {
                let mut items = items.iter().enumerate();
                items.find(|(_, item)| holds(item, start(item))).map(|(at, item)| (at.to_string(), item))
            }
            Kind::Scalar(_) => None,
        };
        let Some((key, value)) = next else { return path };
        path.push(key);
        if value.alias.is_some() {
            return path;
        }
        node = value;
    }
}

/// The keys that lead to a place, without positions in lists: `services`, `web`, `ports`. An item `KEY=value` of a list
/// counts as a key. They stay as they are when lines move, and hold no value.
pub fn keys_at(document: &Node, offset: u32) -> Vec<String> {
    let mut keys = Vec::new();
    let mut node = document;
    for step in path_at(document, offset) {
        node = match &node.kind {
            Kind::Mapping(entries) => {
                let Some(entry) = entries.get(&*step) else { break };
                keys.push(step);
                &entry.value
            }
            Kind::Sequence(items) => {
                let Some(item) = step.parse().ok().and_then(|at: usize| items.get(at)) else { break };
                let pair = item.as_text().and_then(|text| text.split_once('='));
                let is_name = |name: &str| {
                    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
                };
                keys.extend(pair.map(|(name, _)| name.to_owned()).filter(|name| is_name(name)));
                item
            }
            Kind::Scalar(_) => break,
        };
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::path_at;
    use crate::source::Sources;
    use crate::yaml::parse;

    fn path(text: &str, part: &str) -> String {
        let id = Sources::new().add("test.yaml", text);
        let document = parse(id, text).expect("valid YAML").documents.remove(0);
        path_at(&document, u32::try_from(text.find(part).expect("there")).expect("small")).join(".")
    }

    #[test]
    fn a_place_is_named_by_the_keys_around_it() {
        let text = "x: &x {a: 1}\nservices:\n  web:\n    ports: ['80:80', 81]\n    labels: *x\n    c:\n      <<: *x\n      d: e\n\nz: 1\n";
        for (part, expected) in [
            ("a: 1", "x.a"),
            ("1}", "x.a"),
            ("services", "services"),
            ("web", "services.web"),
            ("'80:80", "services.web.ports.0"),
            ("81", "services.web.ports.1"),
            ("*x", "services.web.labels"),
            ("e\n\n", "services.web.c.d"),
            ("z: 1", "z"),
            ("&x", "x"),
        ] {
            assert_eq!(path(text, part), expected, "{part}");
        }
    }
}
