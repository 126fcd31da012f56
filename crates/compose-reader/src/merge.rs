//! How Docker Compose lays one definition over another, for files and for the layers of a stack alike.
//!
//! Source: the compose specification, "Merge", and the behaviour of Docker Compose 2.40.3: mappings merge, lists append,
//! a few keys replace, and lists with a natural key are unique by it.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::source::Span;
use crate::yaml::{Entry, Kind, Mapping, Node, Step, Style};

/// Two values that cannot be merged: a mapping or a list, and something else over it.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// The value underneath.
    pub base: Span,
    /// What it is: `a list`.
    pub base_is: &'static str,
    /// The value over it.
    pub over: Span,
    /// What that is.
    pub over_is: &'static str,
}

/// Keys whose list form is turned into a mapping before it is merged. A path begins in a service; `^` is the file.
const PAIRS: [&str; 10] = [
    "annotations",
    "build.additional_contexts",
    "build.args",
    "build.labels",
    "deploy.labels",
    "environment",
    "labels",
    "sysctls",
    "^networks.*.labels",
    "^volumes.*.labels",
];
/// Keys that are replaced, not appended to.
const REPLACED: [&str; 3] = ["command", "entrypoint", "healthcheck.test"];
/// Keys that are one value or a list of values.
const ONE_OR_MANY: [&str; 6] = ["dns", "dns_opt", "dns_search", "env_file", "label_file", "tmpfs"];
/// Lists of names, `NAME=VALUE` or `NAME`: of two items with one name, the later one holds.
const UNIQUE_BY_NAME: [&str; 17] = [
    "annotations",
    "build.additional_contexts",
    "build.args",
    "build.extra_hosts",
    "build.labels",
    "build.tags",
    "cap_add",
    "cap_drop",
    "deploy.labels",
    "dns",
    "dns_opt",
    "dns_search",
    "labels",
    "links",
    "profiles",
    "sysctls",
    "tmpfs",
];
/// Lists whose items have a key of their own: of two items with one key, the later one holds.
const UNIQUE_BY_KEY: [&str; 8] =
    ["configs", "devices", "env_file", "environment", "expose", "ports", "secrets", "volumes"];
/// Of those, the lists whose items say more than their key, so that something is lost.
const LOSING: [&str; 10] = [
    "annotations",
    "build.args",
    "build.labels",
    "configs",
    "deploy.labels",
    "environment",
    "labels",
    "secrets",
    "sysctls",
    "volumes",
];

/// A whole compose file with another laid over it, and what cannot be merged.
pub fn project(base: &Node, over: &Node) -> (Node, Vec<Conflict>) {
    let mut merger = Merger { keeps_tags: false, conflicts: Vec::new() };
    let merged = merger.mapping(base, over, "^", &mut |merger, key, base, over| match key {
        "services" => {
            merger.mapping(base, over, "^services", &mut |merger, _, base, over| merger.at(base, over, ""))
        }
        _ => {
            let path = format!("^{key}");
            merger.mapping(base, over, &path, &mut |merger, _, base, over| {
                merger.at(base, over, &format!("{path}.*"))
            })
        }
    });
    (merged, merger.conflicts)
}

/// A service with another laid over it, as a layer of a stack.
pub fn service(base: &Node, over: &Node) -> Node {
    let mut merger = Merger { keeps_tags: false, conflicts: Vec::new() };
    unique(&merger.at(base, over, ""))
}

/// A service over the one that it extends, and what cannot be merged. `!reset` and `!override` stay, since they hold
/// for the files before as well.
pub fn extend(base: &Node, over: &Node) -> (Node, Vec<Conflict>) {
    let mut merger = Merger { keeps_tags: true, conflicts: Vec::new() };
    let merged = merger.at(base, over, "");
    (merged, merger.conflicts)
}

/// A file that nothing is laid under: what its tags take away is gone.
pub fn alone(file: &Node) -> Node {
    Merger { keeps_tags: false, conflicts: Vec::new() }.untagged(file)
}

/// A service whose lists name each thing once: the later of two items holds, in the earlier one's place.
pub fn unique(service: &Node) -> Node {
    let mut service = service.clone();
    for path in UNIQUE_BY_NAME.iter().chain(&UNIQUE_BY_KEY) {
        let parent = match path.split_once('.') {
            None => Some(&mut service),
            Some((outer, _)) if has_list(&service, path) => service.get_mut(outer),
            Some(_) => None,
        };
        let key = path.rsplit('.').next().unwrap_or(path);
        let Some(parent) = parent else { continue };
        let Some(items) = parent.get(key).and_then(Node::as_sequence) else { continue };
        let mut by_key: IndexMap<String, &Node> = IndexMap::with_capacity(items.len());
        for item in items {
            by_key.insert(item_key(item, path), item);
        }
        if by_key.len() < items.len() {
            let kept = by_key.into_values().cloned().collect();
            if let Some(list) = parent.get_mut(key) {
                list.kind = Kind::Sequence(Arc::new(kept));
            }
        }
    }
    service
}

/// An item of a list that a later item of the same list takes the place of.
#[derive(Clone, Debug)]
pub struct Repeated {
    /// The key of the list, seen from its service: `environment`, `build.args`.
    pub list: &'static str,
    /// What makes both the same item: the name of a variable, the target of a mount.
    pub key: String,
    /// The item that is lost.
    pub first: Node,
    /// The item that holds.
    pub second: Node,
}

/// The items of a service's lists that later items of the same list take the place of, one file alone: that one file
/// overrides another is what it is for.
pub fn repeated(service: &Node) -> Vec<Repeated> {
    let mut found = Vec::new();
    for list in LOSING {
        let node = list.split('.').try_fold(service, |node, key| node.get(key));
        let items = node.and_then(Node::as_sequence).filter(|items| items.len() > 1);
        let mut holding: HashMap<String, &Node> = HashMap::new();
        for item in items.into_iter().flatten() {
            let key = item_key(item, list);
            if let Some(first) = holding.insert(key.clone(), item) {
                found.push(Repeated { list, key, first: first.clone(), second: item.clone() });
            }
        }
    }
    found
}

fn has_list(service: &Node, path: &str) -> bool {
    let found = path.split('.').try_fold(service, |node, key| node.get(key));
    found.is_some_and(|node| node.as_sequence().is_some())
}

struct Merger {
    keeps_tags: bool,
    conflicts: Vec<Conflict>,
}

/// How the value of one key is merged: the key, what is under it, what is over it.
type MergeValue<'m> = &'m mut dyn FnMut(&mut Merger, &str, &Node, &Node) -> Node;

impl Merger {
    /// Merges the values at a path.
    fn at(&mut self, base: &Node, over: &Node, path: &str) -> Node {
        if over.tag.as_deref() == Some("!override") {
            return self.untagged(over);
        }
        if REPLACED.contains(&path) || path.starts_with("ulimits.") {
            return replaced(base, over);
        }
        if over.is_null() && !PAIRS.contains(&path) {
            return if base.is_null() { over.clone() } else { base.clone() };
        }
        if ONE_OR_MANY.contains(&path) {
            let mut items = one_or_many(base);
            items.extend(one_or_many(over));
            return Node::sequence(over.span, items);
        }
        if PAIRS.contains(&path) {
            return self
                .mapping(&pairs(base), &pairs(over), path, &mut |_, _, base, over| replaced(base, over));
        }
        match path {
            "extra_hosts" | "build.extra_hosts" => return hosts(base, over),
            "depends_on" | "networks" => {
                let (base, over) = (names_to_mapping(base, path), names_to_mapping(over, path));
                return self.children(&base, &over, path);
            }
            "build" => return self.children(&context_to_mapping(base), &context_to_mapping(over), path),
            "^networks.*.ipam.config" => {
                if let (Some(base), Some(items)) = (base.as_sequence(), over.as_sequence()) {
                    return Node::sequence(over.span, self.pools(base, items));
                }
            }
            "logging" => {
                let driver = |node: &Node| node.get("driver").and_then(Node::as_text).map(str::to_owned);
                if let (Some(left), Some(right)) = (driver(base), driver(over))
                    && left != right
                {
                    return replaced(base, over);
                }
            }
            _ => {}
        }
        match (&base.kind, &over.kind) {
            (Kind::Mapping(_), Kind::Mapping(_)) => self.children(base, over, path),
            (Kind::Sequence(left), Kind::Sequence(right)) => {
                let items = left.iter().chain(right.iter()).cloned().collect();
                Node::sequence(over.span, items)
            }
            (Kind::Mapping(_) | Kind::Sequence(_), _) => {
                self.conflicts.push(Conflict {
                    base: base.span,
                    base_is: base.describe(),
                    over: over.place(),
                    over_is: over.describe(),
                });
                replaced(base, &self.untagged(over))
            }
            _ => replaced(base, &self.untagged(over)),
        }
    }

    fn children(&mut self, base: &Node, over: &Node, path: &str) -> Node {
        self.mapping(base, over, path, &mut |merger, key, base, over| {
            let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            merger.at(base, over, &path)
        })
    }

    /// Each key of both: those of `base` in their place, new ones behind; `!reset` removes a key.
    fn mapping(&mut self, base: &Node, over: &Node, path: &str, value: MergeValue<'_>) -> Node {
        if over.tag.as_deref() == Some("!override") {
            return self.untagged(over);
        }
        let (Kind::Mapping(left), Kind::Mapping(right)) = (&base.kind, &over.kind) else {
            if over.is_null() {
                return base.clone();
            }
            return if base.is_null() {
                self.untagged(over)
            } else {
                self.at(base, over, &format!("{path}."))
            };
        };
        let mut merged: Mapping = Mapping::clone(left);
        for (name, entry) in right.iter() {
            let key = entry.key.clone();
            if entry.value.tag.as_deref() == Some("!reset") {
                merged.shift_remove(name);
                if self.keeps_tags {
                    merged.insert(Arc::clone(name), entry.clone());
                }
                continue;
            }
            let merged_value = match merged.get(name) {
                Some(existing) if name.starts_with("x-") => replaced(&existing.value, &entry.value),
                Some(existing) => value(self, name, &existing.value, &entry.value),
                None => value(self, name, &Node::null(entry.value.span), &entry.value),
            };
            merged.insert(Arc::clone(name), Entry { key, value: merged_value });
        }
        Node { kind: Kind::Mapping(Arc::new(merged)), ..over.clone() }
    }

    /// Address pools: of two for one subnet, the later one is laid over the earlier one.
    fn pools(&mut self, base: &[Node], over: &[Node]) -> Vec<Node> {
        let subnet = |pool: &Node| pool.get("subnet").and_then(Node::as_text).map(str::to_owned);
        let mut pools: Vec<Node> = Vec::new();
        let mut put = |pool: Node, replaces: bool| {
            match pools.iter().position(|known| subnet(known) == subnet(&pool)) {
                Some(at) if replaces => pools[at] = pool,
                Some(_) => return false,
                None => pools.push(pool),
            }
            true
        };
        for under in base {
            let mut under = under.clone();
            for pool in over {
                if subnet(pool) != subnet(&under) && put(pool.clone(), false) {
                    continue;
                }
                under = self.children(&under, pool, "^networks.*.ipam.config.*");
                put(under.clone(), true);
            }
        }
        pools
    }

    /// A value that is laid over nothing: `!override` has nothing to override, and `!reset` inside removes.
    fn untagged(&self, node: &Node) -> Node {
        if self.keeps_tags {
            return node.clone();
        }
        let tag = node.tag.clone().filter(|tag| &**tag != "!override");
        match &node.kind {
            Kind::Mapping(mapping) if mapping.values().any(|entry| has_merge_tag(&entry.value)) => {
                let kept = mapping
                    .iter()
                    .filter(|(_, entry)| entry.value.tag.as_deref() != Some("!reset"))
                    .map(|(name, entry)| {
                        let value = self.untagged(&entry.value);
                        (Arc::clone(name), Entry { key: entry.key.clone(), value })
                    })
                    .collect();
                Node { tag, kind: Kind::Mapping(Arc::new(kept)), ..node.clone() }
            }
            Kind::Sequence(items) if items.iter().any(has_merge_tag) => {
                let kept = items.iter().filter(|item| item.tag.as_deref() != Some("!reset"));
                let kept = kept.map(|item| self.untagged(item)).collect();
                Node { tag, kind: Kind::Sequence(Arc::new(kept)), ..node.clone() }
            }
            _ => Node { tag, ..node.clone() },
        }
    }
}

fn has_merge_tag(node: &Node) -> bool {
    matches!(node.tag.as_deref(), Some("!reset" | "!override"))
        || match &node.kind {
            Kind::Mapping(mapping) => mapping.values().any(|entry| has_merge_tag(&entry.value)),
            Kind::Sequence(items) => items.iter().any(has_merge_tag),
            Kind::Scalar(_) => false,
        }
}

/// A value in the place of another.
fn replaced(base: &Node, over: &Node) -> Node {
    let mut node = over.clone();
    if !base.is_null() && base.span != over.span {
        node.note(Step::Over(base.span));
    }
    node
}

fn one_or_many(node: &Node) -> Vec<Node> {
    match &node.kind {
        Kind::Sequence(items) => items.to_vec(),
        Kind::Scalar(_) if node.is_null() => Vec::new(),
        _ => vec![node.clone()],
    }
}

/// `[A=1, B]` as `{A: 1, B: null}`.
fn pairs(node: &Node) -> Node {
    let Kind::Sequence(items) = &node.kind else { return node.clone() };
    let pairs = items.iter().filter_map(|item| {
        let text = item.as_text()?;
        Some(match text.find('=') {
            Some(at) => {
                let span = item.part(at + 1..text.len());
                // Unlike in a mapping, it is text whatever it looks like.
                let value = Node {
                    tag: Some("!!str".into()),
                    history: item.history.clone(),
                    ..Node::scalar(span, &text[at + 1..], Style::Plain)
                };
                (text[..at].to_owned(), value)
            }
            None => (text.to_owned(), Node::null(item.span)),
        })
    });
    Node::from_pairs(node.span, pairs)
}

/// Both lists of hosts: a host may have several addresses.
fn hosts(base: &Node, over: &Node) -> Node {
    if base.is_null() {
        return over.clone();
    }
    let is_same = |left: &Mapping, host: &Arc<str>, entry: &Entry| {
        left.get(host).is_none_or(|known| known.value == entry.value)
    };
    if let (Some(left), Some(right)) = (base.as_mapping(), over.as_mapping())
        && right.iter().all(|(host, entry)| is_same(left, host, entry))
    {
        let both = left.iter().chain(right).map(|(host, entry)| (Arc::clone(host), entry.clone()));
        return Node::mapping(over.span, both.collect());
    }
    let mut items = host_list(base);
    for item in host_list(over) {
        if !items.iter().any(|known| known.as_text() == item.as_text()) {
            items.push(item);
        }
    }
    Node::sequence(over.span, items)
}

/// `{host: [a, b]}` as `[host=a, host=b]`.
fn host_list(node: &Node) -> Vec<Node> {
    let Kind::Mapping(hosts) = &node.kind else { return one_or_many(node) };
    let addresses = hosts.iter().flat_map(|(host, entry)| {
        one_or_many(&entry.value).into_iter().map(move |address| {
            Node::text(address.span, format!("{host}={}", address.as_text().unwrap_or_default()))
        })
    });
    addresses.collect()
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

/// What makes an item of a list the same item: a mount's target, a secret's target, a port as a whole.
fn item_key(item: &Node, path: &str) -> String {
    let field = |name: &str| item.get(name).and_then(Node::as_text).map(str::to_owned);
    let or = |name: &str, default: &str| field(name).unwrap_or_else(|| default.to_owned());
    match (path, item.as_text()) {
        ("volumes" | "devices", Some(text)) => mount_target(text).to_owned(),
        ("volumes" | "devices", None) => or("target", ""),
        ("secrets", Some(text)) => format!("/run/secrets/{text}"),
        ("configs", Some(text)) => format!("/{text}"),
        ("secrets", None) => field("target").unwrap_or_else(|| format!("/run/secrets/{}", or("source", ""))),
        ("configs", None) => field("target").unwrap_or_else(|| format!("/{}", or("source", ""))),
        ("env_file", None) => or("path", ""),
        ("ports", None) => format!(
            "{}:{}:{}/{}",
            or("host_ip", "0.0.0.0"),
            or("published", ""),
            or("target", ""),
            or("protocol", "tcp")
        ),
        ("ports" | "expose" | "env_file", Some(text)) => text.to_owned(),
        (_, Some(text)) => text.split('=').next().unwrap_or_default().to_owned(),
        (_, None) => format!("{:?}", item.span),
    }
}

/// The path in the container of `SOURCE:TARGET:MODE`, or of a lone `TARGET`; `C:` begins a path of Windows.
fn mount_target(text: &str) -> &str {
    let is_drive = |text: &str| {
        let bytes = text.as_bytes();
        bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':'
    };
    let skip = |text: &str| if is_drive(text) { 2 } else { 0 };
    let Some(at) = text[skip(text)..].find(':').map(|at| at + skip(text)) else { return text };
    let target = &text[at + 1..];
    let end = target[skip(target)..].find(':').map_or(target.len(), |end| end + skip(target));
    &target[..end]
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
            (
                "{volumes: ['aa:/x', 'bb:/y']}",
                "{volumes: ['./c:/x:ro']}",
                "{volumes: ['./c:/x:ro', 'bb:/y']}",
            ),
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
