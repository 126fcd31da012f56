//! How Docker Compose lays one definition over another, for files and for the layers of a stack alike.
//!
//! Source: the compose specification, "Merge", and compose-go's `override` package: mappings merge, lists append,
//! a few keys replace, and lists with a natural key are unique by it.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::yaml::{Entry, Kind, Mapping, Node, Style};

/// Keys of a service whose list form is turned into a mapping before it is merged.
const PAIRS: [&str; 8] = [
    "environment",
    "labels",
    "annotations",
    "sysctls",
    "build.args",
    "build.labels",
    "deploy.labels",
    "extra_hosts",
];
/// Keys of a service that are replaced, not appended to.
const REPLACED: [&str; 3] = ["command", "entrypoint", "healthcheck.test"];
/// Keys of a service that are one value or a list of values.
const ONE_OR_MANY: [&str; 6] = ["dns", "dns_opt", "dns_search", "env_file", "label_file", "tmpfs"];

/// A whole compose file with another laid over it.
pub fn project(base: &Node, over: &Node) -> Node {
    merge_mapping(base, over, &mut |key, base, over| match key {
        "services" => merge_mapping(base, over, &mut |_, base, over| service(base, over)),
        _ => deep(base, over),
    })
}

/// A service with another laid over it.
pub fn service(base: &Node, over: &Node) -> Node {
    at(base, over, "")
}

/// Merges the values at a path inside a service.
fn at(base: &Node, over: &Node, path: &str) -> Node {
    if over.tag.as_deref() == Some("!override") {
        return Node { tag: None, ..over.clone() };
    }
    if REPLACED.contains(&path) {
        return over.clone();
    }
    if ONE_OR_MANY.contains(&path) {
        let mut items = one_or_many(base);
        items.extend(one_or_many(over).into_iter().filter(|item| !one_or_many(base).contains(item)));
        return Node::sequence(over.span, items);
    }
    if PAIRS.contains(&path) {
        let separator = if path == "extra_hosts" { &['=', ':'][..] } else { &['='][..] };
        return merge_mapping(&pairs(base, separator), &pairs(over, separator), &mut |_, _, over| {
            over.clone()
        });
    }
    match path {
        "depends_on" | "networks" => {
            let (base, over) = (names_to_mapping(base, path), names_to_mapping(over, path));
            return merge_mapping(&base, &over, &mut |_, base, over| deep(base, over));
        }
        "build" => {
            let (base, over) = (context_to_mapping(base), context_to_mapping(over));
            return merge_mapping(&base, &over, &mut |key, base, over| {
                at(base, over, &format!("build.{key}"))
            });
        }
        "logging" => {
            let driver = |node: &Node| node.get("driver").and_then(Node::as_text).map(str::to_owned);
            if let (Some(left), Some(right)) = (driver(base), driver(over))
                && left != right
            {
                return over.clone();
            }
        }
        "ports" | "volumes" | "secrets" | "configs" | "devices" | "expose" => {
            return unique(base, over, path);
        }
        _ => {}
    }
    match (&base.kind, &over.kind) {
        (Kind::Mapping(_), Kind::Mapping(_)) => merge_mapping(base, over, &mut |key, base, over| {
            let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            at(base, over, &path)
        }),
        (Kind::Sequence(left), Kind::Sequence(right)) => {
            let items = left.iter().chain(right.iter()).cloned().collect();
            Node::sequence(over.span, items)
        }
        _ => without_tags(over),
    }
}

/// Mappings merge, lists append, anything else is replaced.
fn deep(base: &Node, over: &Node) -> Node {
    at(base, over, "x")
}

/// Each key of both: those of `base` in their place, new ones behind; `!reset` removes a key.
fn merge_mapping(base: &Node, over: &Node, value: &mut dyn FnMut(&str, &Node, &Node) -> Node) -> Node {
    if over.tag.as_deref() == Some("!override") {
        return Node { tag: None, ..over.clone() };
    }
    let (Kind::Mapping(left), Kind::Mapping(right)) = (&base.kind, &over.kind) else {
        return if over.is_null() { base.clone() } else { without_tags(over) };
    };
    let mut merged: Mapping = Mapping::clone(left);
    for (name, entry) in right.iter() {
        if entry.value.tag.as_deref() == Some("!reset") {
            merged.shift_remove(name);
            continue;
        }
        let merged_value = match merged.get(name) {
            Some(existing) => value(name, &existing.value, &entry.value),
            None => value(name, &Node::null(entry.value.span), &entry.value),
        };
        merged.insert(Arc::clone(name), Entry { key: entry.key.clone(), value: merged_value });
    }
    Node { kind: Kind::Mapping(Arc::new(merged)), ..over.clone() }
}

/// A value that is laid over nothing: `!override` has nothing to override, and `!reset` inside removes.
fn without_tags(node: &Node) -> Node {
    let tag = node.tag.clone().filter(|tag| &**tag != "!override");
    match &node.kind {
        Kind::Mapping(mapping) if mapping.values().any(|entry| has_merge_tag(&entry.value)) => {
            let kept = mapping
                .iter()
                .filter(|(_, entry)| entry.value.tag.as_deref() != Some("!reset"))
                .map(|(name, entry)| {
                    let value = without_tags(&entry.value);
                    (Arc::clone(name), Entry { key: entry.key.clone(), value })
                })
                .collect();
            Node { tag, kind: Kind::Mapping(Arc::new(kept)), ..node.clone() }
        }
        _ => Node { tag, ..node.clone() },
    }
}

fn has_merge_tag(node: &Node) -> bool {
    matches!(node.tag.as_deref(), Some("!reset" | "!override"))
        || node.as_mapping().is_some_and(|mapping| mapping.values().any(|entry| has_merge_tag(&entry.value)))
}

fn one_or_many(node: &Node) -> Vec<Node> {
    match &node.kind {
        Kind::Sequence(items) => items.to_vec(),
        Kind::Scalar(_) if node.is_null() => Vec::new(),
        _ => vec![node.clone()],
    }
}

/// `[A=1, B]` as `{A: 1, B: null}`.
fn pairs(node: &Node, separators: &[char]) -> Node {
    let Kind::Sequence(items) = &node.kind else { return node.clone() };
    let pairs = items.iter().filter_map(|item| {
        let text = item.as_text()?;
        Some(match text.find(separators) {
            Some(at) => {
                let span = item.part(at + 1..text.len());
                // Unlike in a mapping, it is text whatever it looks like.
                let value =
                    Node { tag: Some("!!str".into()), ..Node::scalar(span, &text[at + 1..], Style::Plain) };
                (text[..at].to_owned(), value)
            }
            None => (text.to_owned(), Node::null(item.span)),
        })
    });
    Node::from_pairs(node.span, pairs)
}

/// `[a, b]` as the long form of `depends_on` or `networks`.
fn names_to_mapping(node: &Node, path: &str) -> Node {
    let Kind::Sequence(items) = &node.kind else { return node.clone() };
    let pairs = items.iter().filter_map(|item| {
        let value = if path == "depends_on" {
            Node::from_pairs(item.span, [("condition", Node::text(item.span, "service_started"))])
        } else {
            Node::null(item.span)
        };
        Some((item.as_text()?.to_owned(), value))
    });
    Node::from_pairs(node.span, pairs)
}

/// `build: ./x` as `build: {context: ./x}`.
fn context_to_mapping(node: &Node) -> Node {
    match &node.kind {
        Kind::Scalar(_) if !node.is_null() => Node::from_pairs(node.span, [("context", node.clone())]),
        _ => node.clone(),
    }
}

/// Appends, the later of two items with one key winning in the earlier's place.
fn unique(base: &Node, over: &Node, path: &str) -> Node {
    let mut items: IndexMap<String, Node> = IndexMap::new();
    for item in one_or_many(base).into_iter().chain(one_or_many(over)) {
        items.insert(item_key(&item, path), item);
    }
    Node::sequence(over.span, items.into_values().collect())
}

/// What makes an item of a list the same item: a mount's target, a secret's target, a port as a whole.
fn item_key(item: &Node, path: &str) -> String {
    let field = |name: &str| item.get(name).and_then(Node::as_text).map(str::to_owned);
    match (path, item.as_text()) {
        ("volumes", Some(text)) => {
            let mut parts = text.split(':');
            let first = parts.next().unwrap_or_default();
            parts.next().unwrap_or(first).to_owned()
        }
        ("volumes", None) => field("target").unwrap_or_default(),
        ("secrets" | "configs", Some(text)) => text.to_owned(),
        ("secrets" | "configs", None) => field("target").or_else(|| field("source")).unwrap_or_default(),
        ("ports", None) => ["host_ip", "published", "target", "protocol"]
            .map(|name| field(name).unwrap_or_default())
            .join(":"),
        (_, Some(text)) => text.to_owned(),
        (_, None) => format!("{:?}", item.span),
    }
}

#[cfg(test)]
mod tests {
    use super::service;
    use crate::source::Sources;
    use crate::yaml::{Node, parse};

    fn read(text: &str) -> Node {
        let mut sources = Sources::new();
        let id = sources.add("test.yaml", text);
        parse(id, text).expect("valid YAML").documents.remove(0)
    }

    #[test]
    fn keys_merge_as_compose_merges_them() {
        for (base, over, expected) in [
            ("{command: [a]}", "{command: b}", "{command: b}"),
            ("{ports: ['1:1']}", "{ports: ['2:2', '1:1']}", "{ports: ['1:1', '2:2']}"),
            ("{ports: ['1:1']}", "{ports: !override ['2:2']}", "{ports: ['2:2']}"),
            ("{ports: ['1:1'], image: a}", "{ports: !reset []}", "{image: a}"),
            ("{environment: [A=1, B=2]}", "{environment: {B: 3}}", "{environment: {A: \"1\", B: 3}}"),
            ("{volumes: ['a:/x', 'b:/y']}", "{volumes: ['./c:/x:ro']}", "{volumes: ['./c:/x:ro', 'b:/y']}"),
            (
                "{depends_on: [a]}",
                "{depends_on: {a: {condition: service_healthy}}}",
                "{depends_on: {a: {condition: service_healthy}}}",
            ),
            ("{build: ./x}", "{build: {args: [A=1]}}", "{build: {context: ./x, args: {A: \"1\"}}}"),
            ("{logging: {driver: a, options: {x: 1}}}", "{logging: {driver: b}}", "{logging: {driver: b}}"),
            (
                "{healthcheck: {test: [CMD, a], retries: 3}}",
                "{healthcheck: {test: [CMD, b]}}",
                "{healthcheck: {test: [CMD, b], retries: 3}}",
            ),
            ("{env_file: .env}", "{env_file: [.env.local]}", "{env_file: [.env, .env.local]}"),
            ("{cap_add: [A]}", "{cap_add: [B]}", "{cap_add: [A, B]}"),
            (
                "{deploy: {replicas: 1, mode: x}}",
                "{deploy: {replicas: 3}}",
                "{deploy: {replicas: 3, mode: x}}",
            ),
        ] {
            let merged = service(&read(base), &read(over));
            assert_eq!(merged, read(expected), "{base} + {over} gave {merged:?}");
        }
    }
}
