//! What is said of a service, value by value, each by its path: what every environment says, and what only some do.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use compose_reader::source::Span;
use compose_reader::yaml::{Kind, Node};

/// The keys that lead to a value.
pub(super) type Path = Vec<Arc<str>>;

/// Values by their paths.
pub(super) type Leaves = IndexMap<Path, Node>;

/// A service: what holds in every environment that it is in, and what else holds in each.
#[derive(Debug, Default)]
pub(super) struct Layers {
    pub(super) base: Leaves,
    /// By environment; `None` where it is not part of it.
    pub(super) overrides: Vec<Option<Leaves>>,
    /// Keys that take the place of what weaker layers say.
    pub(super) replaced: Vec<Arc<str>>,
}

impl Layers {
    /// Splits what each environment says: what most of them say holds for all, unless that takes more lines than it saves.
    pub(super) fn split(bodies: Vec<Option<Leaves>>) -> Self {
        let mut base = Leaves::new();
        let mut overrides = bodies;
        let paths: IndexSet<Path> =
            overrides.iter().flatten().flat_map(|body| body.keys().cloned()).collect();
        for path in paths {
            let here: Vec<Option<&Node>> = overrides.iter().flatten().map(|body| body.get(&path)).collect();
            let mut groups: Vec<(&Node, usize)> = Vec::new();
            for value in here.iter().flatten() {
                match groups.iter_mut().find(|(other, _)| same(other, value)) {
                    Some((_, count)) => *count += 1,
                    None => groups.push((value, 1)),
                }
            }
            let absent = here.iter().filter(|value| value.is_none()).count();
            let most = groups.iter().map(|(_, count)| *count).max().unwrap_or_default();
            let Some((value, count)) = groups.into_iter().find(|(_, count)| *count == most) else { continue };
            // What a service waits for is not taken back.
            let is_wait = path.first().is_some_and(|key| &**key == "needs");
            if count != here.len() && (is_wait || count <= 1 + absent) {
                continue;
            }
            let value = value.clone();
            for body in overrides.iter_mut().flatten() {
                match body.get_mut(&path) {
                    Some(own) if same(own, &value) => _ = body.shift_remove(&path),
                    Some(own)
                        if !matches!(own.kind, Kind::Scalar(_)) || !matches!(value.kind, Kind::Scalar(_)) =>
                    {
                        own.tag = Some(Arc::from("!override"));
                    }
                    Some(_) => {}
                    None => _ = body.insert(path.clone(), reset(value.span)),
                }
            }
            base.insert(path, value);
        }
        Self { base, overrides, replaced: Vec::new() }
    }

    /// Replaces all that weaker layers say below a key, where taking it back piece by piece would take more lines.
    pub(super) fn replace_instead_of_reset(&mut self, weaker: &[&Leaves], of_environments: &[Leaves]) {
        let is_below = |path: &Path, key: &str| path.len() > 1 && path.first().is_some_and(|it| &**it == key);
        let is_reset = |value: &Node| value.tag.as_deref() == Some("!reset");
        let keys: IndexSet<Arc<str>> =
            self.base.keys().filter(|path| path.len() > 1).map(|path| Arc::clone(&path[0])).collect();
        for key in keys {
            let resets = |leaves: &Leaves| {
                leaves.iter().filter(|(path, value)| is_below(path, &key) && is_reset(value)).count()
            };
            let mut inherited = Leaves::new();
            for leaves in weaker {
                let own =
                    leaves.iter().filter(|(path, _)| is_below(path, &key) && !self.base.contains_key(*path));
                inherited.extend(own.map(|(path, value)| (path.clone(), value.clone())));
            }
            let mut again: Vec<Leaves> = Vec::new();
            for (own, leaves) in self.overrides.iter().zip(of_environments) {
                let Some(own) = own else {
                    again.push(Leaves::new());
                    continue;
                };
                let kept = leaves.iter().filter(|(path, _)| {
                    is_below(path, &key) && !own.contains_key(*path) && !self.base.contains_key(*path)
                });
                again.push(kept.map(|(path, value)| (path.clone(), value.clone())).collect());
            }
            let saved = resets(&self.base) + self.overrides.iter().flatten().map(resets).sum::<usize>();
            let spent = inherited.len() + again.iter().map(Leaves::len).sum::<usize>();
            if saved < spent + 2 {
                continue;
            }
            self.base.retain(|path, value| !(is_below(path, &key) && is_reset(value)));
            self.base.extend(inherited);
            for (own, again) in self.overrides.iter_mut().zip(again) {
                if let Some(own) = own {
                    own.retain(|path, value| {
                        !(is_below(path, &key) && is_reset(value) && !self.base.contains_key(path))
                    });
                    own.extend(again);
                }
            }
            self.replaced.push(key);
        }
    }

    /// Whether anything is said below a key, in any layer.
    pub(super) fn has_key(&self, key: &str) -> bool {
        let is_below =
            |leaves: &Leaves| leaves.keys().any(|path| path.first().is_some_and(|it| &**it == key));
        is_below(&self.base) || self.overrides.iter().flatten().any(is_below)
    }
}

/// Whether there is something at a path, or below it.
pub(super) fn has(leaves: &Leaves, path: &[Arc<str>]) -> bool {
    leaves.keys().any(|known| known.starts_with(path))
}

/// What takes back what a weaker layer says.
pub(super) fn reset(span: Span) -> Node {
    Node { tag: Some(Arc::from("!reset")), ..Node::null(span) }
}

/// Whether two values are written with one meaning.
pub(super) fn same(left: &Node, right: &Node) -> bool {
    if left.tag != right.tag {
        return false;
    }
    match (&left.kind, &right.kind) {
        (Kind::Scalar(_), Kind::Scalar(_)) => {
            left.as_text() == right.as_text() && left.resolved() == right.resolved()
        }
        (Kind::Sequence(left), Kind::Sequence(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| same(left, right))
        }
        (Kind::Mapping(left), Kind::Mapping(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, entry)| right.get(key).is_some_and(|other| same(&entry.value, &other.value)))
        }
        _ => false,
    }
}

/// Adds a value, a mapping key by key where Compose merges it so.
pub(super) fn add(leaves: &mut Leaves, path: Path, value: Node, is_deep: bool) {
    match value.as_mapping() {
        Some(mapping) if is_deep && !mapping.is_empty() => {
            for (key, entry) in mapping {
                let mut inner = path.clone();
                inner.push(Arc::clone(key));
                add(leaves, inner, entry.value.clone(), true);
            }
        }
        _ => {
            leaves.insert(path, value);
        }
    }
}

/// The values as one mapping again.
pub(super) fn joined(leaves: &Leaves, empty: Node) -> Node {
    let mut root = empty;
    for (path, value) in leaves {
        insert(&mut root, path, value);
    }
    root
}

fn insert(node: &mut Node, path: &[Arc<str>], value: &Node) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        node.set(first, value.clone());
        return;
    }
    if node.get(first).and_then(Node::as_mapping).is_none() {
        node.set(first, Node::mapping(value.span, compose_reader::yaml::Mapping::default()));
    }
    if let Some(inner) = node.get_mut(first) {
        insert(inner, rest, value);
    }
}
