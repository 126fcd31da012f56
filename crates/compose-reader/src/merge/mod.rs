//! How Docker Compose lays one definition over another, for files and for the layers of a stack alike.
//!
//! Which key merges how, and what makes two items of its list the same, stands in the table of the compose file.
//!
//! Source: the compose specification, "Merge", and the behaviour of Docker Compose 2.40.3.

mod repeated;
mod rivals;

use std::collections::HashSet;
use std::sync::Arc;

pub(crate) use repeated::port_key;
pub use repeated::{Repeated, repeated, unique};
pub use rivals::{Clash, clashes, paired_variables};

use crate::source::{Span, range};
use crate::spec::{self, Fields, ITEMS_ONCE, Key, Merge, Short, Type, Version};
use crate::values::Pair;
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

/// How files are read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The version of Docker Compose that they are read as.
    pub version: Version,
    /// Whether variables are replaced, and `NAME=VALUE` becomes a mapping; else lists stay lists.
    pub interpolates: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Self { version: Version::NEWEST, interpolates: true }
    }
}

/// A whole compose file with another laid over it, and what cannot be merged.
pub fn project(base: &Node, over: &Node, reading: Reading) -> (Node, Vec<Conflict>) {
    let mut merger = Merger::new(Tags::Applied, reading);
    let merged = merger.children(base, over, spec::PROJECT.fields());
    (merged, merger.conflicts)
}

/// A file over the sections of one that it includes, and what cannot be merged. `!reset` and `!override` stay, as in
/// [`extend`].
pub fn include(base: &Node, over: &Node, reading: Reading) -> (Node, Vec<Conflict>) {
    let mut merger = Merger::new(Tags::Kept, reading);
    let merged = merger.children(base, over, spec::PROJECT.fields());
    (merged, merger.conflicts)
}

/// A service with another laid over it, as a layer of a stack: what the layer says in one of several ways takes the place of
/// what is said in another way below it, and a list holds no item twice.
pub fn service(base: &Node, over: &Node) -> Node {
    laid_over(base, over, Tags::Applied)
}

/// Two layers of a stack as one. `!reset` and `!override` stay, for the layers that it is laid over in turn.
pub fn layer(base: &Node, over: &Node) -> Node {
    laid_over(base, over, Tags::Carried)
}

fn laid_over(base: &Node, over: &Node, tags: Tags) -> Node {
    let mut merger = Merger::new(tags, Reading::default());
    let without = rivals::without(base, over);
    let merged = merger.usual(without.as_ref().unwrap_or(base), over, spec::SERVICE.fields());
    unique(&rivals::each_once(&merged, over).unwrap_or(merged))
}

/// A service over the one that it extends, and what cannot be merged. `!reset` and `!override` stay, since they hold
/// for the files before as well.
pub fn extend(base: &Node, over: &Node, reading: Reading) -> (Node, Vec<Conflict>) {
    let mut merger = Merger::new(Tags::Kept, reading);
    let merged = merger.usual(base, over, spec::SERVICE.fields());
    (merged, merger.conflicts)
}

/// A file that nothing is laid under: what its tags take away is gone.
pub fn alone(file: &Node) -> Node {
    Merger::new(Tags::Applied, Reading::default()).untagged(file)
}

/// What becomes of `!reset` and `!override`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tags {
    /// They do their work, and are gone.
    Applied,
    /// They stay where nothing is laid over them.
    Kept,
    /// They do their work, and stay with what is laid over them.
    Carried,
}

struct Merger {
    tags: Tags,
    reading: Reading,
    conflicts: Vec<Conflict>,
}

/// How the value of one key is merged: its row, what is under it, what is over it.
type MergeValue<'m> = &'m mut dyn FnMut(&mut Merger, Option<&'static Key>, &Node, &Node) -> Node;

impl Merger {
    fn new(tags: Tags, reading: Reading) -> Self {
        Self { tags, reading, conflicts: Vec::new() }
    }

    /// Merges the values of a key.
    fn value(&mut self, key: Option<&'static Key>, base: &Node, over: &Node) -> Node {
        if over.tag.as_deref() == Some("!override") {
            return self.untagged(over);
        }
        let merge = key.map_or(Merge::Usual, |key| key.merge);
        let fields = key.and_then(|key| key.takes.fields());
        if merge == Merge::Replace {
            return replaced(base, over);
        }
        if over.is_null() && merge != Merge::Pairs {
            return if base.is_null() { over.clone() } else { base.clone() };
        }
        match merge {
            Merge::OneOrMany => {
                let mut items = one_or_many(base);
                items.extend(one_or_many(over));
                Node::sequence(over.span, items)
            }
            Merge::Pairs if !self.reading.interpolates => match base.is_null() {
                true => self.untagged(over),
                false => Node::sequence(over.span, [pair_list(base), pair_list(over)].concat()),
            },
            Merge::Pairs => {
                let (base, over) = (pairs(base), pairs(over));
                self.mapping(&base, &over, None, &mut |_, _, base, over| replaced(base, over))
            }
            Merge::Hosts => hosts(base, over),
            Merge::Names => {
                let (base, over) = (names_to_mapping(base, fields), names_to_mapping(over, fields));
                self.children(&base, &over, fields)
            }
            Merge::Long => {
                let short = key.and_then(|key| key.takes.short);
                self.children(&text_to_mapping(base, short), &text_to_mapping(over, short), fields)
            }
            Merge::Pools => match (base.as_sequence(), over.as_sequence()) {
                (Some(base), Some(items)) => {
                    let pool = key.and_then(|key| key.takes.item()).and_then(Type::fields);
                    Node::sequence(over.span, self.pools(base, items, pool))
                }
                _ => self.usual(base, over, fields),
            },
            Merge::SameDriver => {
                let driver = |node: &Node| node.get("driver").and_then(Node::as_text).map(str::to_owned);
                match (driver(base), driver(over)) {
                    (Some(left), Some(right)) if left != right => replaced(base, over),
                    _ => self.usual(base, over, fields),
                }
            }
            Merge::Usual | Merge::Replace => self.usual(base, over, fields),
        }
    }

    /// Mappings key by key, lists one behind the other, anything else in its place.
    fn usual(&mut self, base: &Node, over: &Node, fields: Option<&'static Fields>) -> Node {
        if over.tag.as_deref() == Some("!override") {
            return self.untagged(over);
        }
        match (&base.kind, &over.kind) {
            _ if over.is_null() => {
                if base.is_null() {
                    over.clone()
                } else {
                    base.clone()
                }
            }
            (Kind::Mapping(_), Kind::Mapping(_)) => self.children(base, over, fields),
            (Kind::Sequence(left), Kind::Sequence(right)) => {
                let mut items = Vec::clone(left);
                if self.reading.version.has(&ITEMS_ONCE) {
                    let mut known: HashSet<String> = left.iter().map(Node::identity).collect();
                    items.extend(right.iter().filter(|item| known.insert(item.identity())).cloned());
                } else {
                    items.extend(right.iter().cloned());
                }
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

    fn children(&mut self, base: &Node, over: &Node, fields: Option<&'static Fields>) -> Node {
        self.mapping(base, over, fields, &mut |merger, key, base, over| merger.value(key, base, over))
    }

    /// Each key of both: those of `base` in their place, new ones behind; `!reset` removes a key.
    fn mapping(
        &mut self,
        base: &Node,
        over: &Node,
        fields: Option<&'static Fields>,
        value: MergeValue<'_>,
    ) -> Node {
        if over.tag.as_deref() == Some("!override") {
            return self.untagged(over);
        }
        let (Kind::Mapping(left), Kind::Mapping(right)) = (&base.kind, &over.kind) else {
            if over.is_null() {
                return base.clone();
            }
            return if base.is_null() { self.untagged(over) } else { self.usual(base, over, None) };
        };
        let mut merged: Mapping = Mapping::clone(left);
        for (name, entry) in right.iter() {
            let key = entry.key.clone();
            if entry.value.tag.as_deref() == Some("!reset") {
                merged.shift_remove(name);
                if self.tags != Tags::Applied {
                    // What it resets is of no interest.
                    let nothing = Node { tag: entry.value.tag.clone(), ..Node::null(entry.value.span) };
                    merged.insert(Arc::clone(name), Entry { key: key.clone(), value: nothing });
                }
                continue;
            }
            let row = fields.and_then(|fields| fields.key(name));
            let merged_value = match merged.get(name) {
                Some(Entry { value: existing, .. })
                    if self.tags == Tags::Carried && is_merge_tag(existing) =>
                {
                    let merged = value(self, row, &untagged(existing), &entry.value);
                    if entry.value.is_null() {
                        existing.clone()
                    } else {
                        Node { tag: Some("!override".into()), ..merged }
                    }
                }
                Some(existing) => value(self, row, &existing.value, &entry.value),
                None => value(self, row, &Node::null(entry.value.span), &entry.value),
            };
            merged.insert(Arc::clone(name), Entry { key, value: merged_value });
        }
        Node { kind: Kind::Mapping(Arc::new(merged)), ..over.clone() }
    }

    /// Address pools: of two for one subnet, the later one is laid over the earlier one.
    fn pools(&mut self, base: &[Node], over: &[Node], fields: Option<&'static Fields>) -> Vec<Node> {
        let subnet = |pool: &Node| pool.get("subnet").and_then(Node::as_text).map(str::to_owned);
        let mut pools: Vec<Node> = Vec::new();
        let mut put = |pool: Node, replaces: bool| {
            match pools.iter_mut().find(|known| subnet(known) == subnet(&pool)) {
                Some(known) if replaces => *known = pool,
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
                under = self.children(&under, pool, fields);
                put(under.clone(), true);
            }
        }
        pools
    }

    /// A value that is laid over nothing: `!override` has nothing to override, and `!reset` inside removes.
    fn untagged(&self, node: &Node) -> Node {
        if self.tags != Tags::Applied {
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

fn is_merge_tag(node: &Node) -> bool {
    matches!(node.tag.as_deref(), Some("!reset" | "!override"))
}

fn untagged(node: &Node) -> Node {
    Node { tag: None, ..node.clone() }
}

fn has_merge_tag(node: &Node) -> bool {
    is_merge_tag(node)
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
        let pair = Pair::of(text);
        Some(match pair.value {
            Some(value) => {
                let span = item.part(range::start_of(text, value)..text.len());
                // Unlike in a mapping, it is text whatever it looks like.
                let value = Node {
                    tag: Some("!!str".into()),
                    history: item.history.clone(),
                    ..Node::scalar(span, value, Style::Plain)
                };
                (pair.key.to_owned(), value)
            }
            None => (text.to_owned(), Node::null(item.span)),
        })
    });
    Node::from_pairs(node.span, pairs)
}

/// `{B: 1, A: }` as `[A, B=1]`.
fn pair_list(node: &Node) -> Vec<Node> {
    let Kind::Mapping(pairs) = &node.kind else { return one_or_many(node) };
    let mut items: Vec<Node> = pairs
        .iter()
        .map(|(name, entry)| match entry.value.as_text().filter(|_| !entry.value.is_null()) {
            Some(value) => Node::text(entry.value.span, format!("{name}={value}")),
            None => Node::text(entry.value.span, Arc::clone(name)),
        })
        .collect();
    items.sort_by(|left, right| left.as_text().cmp(&right.as_text()));
    items
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

/// `[a, b]` as a mapping by name, each with what must be there.
fn names_to_mapping(node: &Node, fields: Option<&'static Fields>) -> Node {
    let Kind::Sequence(items) = &node.kind else { return node.clone() };
    let inside = fields.and_then(Fields::any).and_then(|any| any.takes.fields());
    let pairs = items.iter().filter_map(|item| {
        let required = inside.into_iter().flat_map(|fields| fields.required);
        let entry = required.filter_map(|name| {
            let default = inside?.key(name)?.default?;
            Some((*name, Node::text(item.span, default.value)))
        });
        let entry: Vec<_> = entry.collect();
        let value = if entry.is_empty() { Node::null(item.span) } else { Node::from_pairs(item.span, entry) };
        Some((item.as_text()?.to_owned(), value))
    });
    Node::from_pairs(node.span, pairs)
}

/// `build: ./x` as `build: {context: ./x}`.
fn text_to_mapping(node: &Node, short: Option<Short>) -> Node {
    match (&node.kind, short) {
        (Kind::Scalar(_), Some(Short::Key(key))) if !node.is_null() => {
            Node::from_pairs(node.span, [(key, node.clone())])
        }
        _ => node.clone(),
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
