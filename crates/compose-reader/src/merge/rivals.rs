//! Keys of a service that say one thing: what a layer says under one of them takes the place of what stands under the others
//! below it.
//!
//! Source: compose-go, `loader.checkConsistency` and the "set distinct values" of its `transform`; the Docker engine, which
//! refuses two mounts at one path and `cpus` beside a quota; the entrypoints of the official images, which refuse `NAME`
//! beside `NAME_FILE`.

use std::collections::HashSet;
use std::sync::Arc;

use crate::source::Span;
use crate::spec::{self, Form, List};
use crate::values::{MountParts, Pair, is_host_path};
use crate::yaml::{Entry, Kind, Node};

/// A key of a service, as the keys that lead to it.
type Path = &'static [&'static str];

/// One thing that a service can say under several keys.
struct Rivals {
    /// What it says, behind "both say".
    what: &'static str,
    /// The keys.
    keys: &'static [Path],
    /// Whether a layer that has several of them is wrong.
    exclude: bool,
}

const MEMORY: Path = &["deploy", "resources", "limits", "memory"];
const CPUS: Path = &["deploy", "resources", "limits", "cpus"];
const PIDS: Path = &["deploy", "resources", "limits", "pids"];
const RESERVED_MEMORY: Path = &["deploy", "resources", "reservations", "memory"];
const RESERVED_DEVICES: Path = &["deploy", "resources", "reservations", "devices"];

const RIVALS: &[Rivals] = &[
    Rivals { what: "how much memory it may take", keys: &[&["mem_limit"], MEMORY], exclude: true },
    Rivals { what: "how many CPUs it may use", keys: &[&["cpus"], CPUS, &["cpu_quota"]], exclude: true },
    Rivals { what: "how many CPUs it may use", keys: &[&["cpus"], CPUS, &["cpu_period"]], exclude: true },
    Rivals { what: "how many processes it may have", keys: &[&["pids_limit"], PIDS], exclude: true },
    Rivals {
        what: "how much memory is kept for it",
        keys: &[&["mem_reservation"], RESERVED_MEMORY],
        exclude: true,
    },
    Rivals { what: "how many of it run", keys: &[&["scale"], &["deploy", "replicas"]], exclude: true },
    Rivals { what: "which networks it is on", keys: &[&["network_mode"], &["networks"]], exclude: true },
    // Of these, Compose lets one win, or adds both up.
    Rivals {
        what: "when it is restarted",
        keys: &[&["restart"], &["deploy", "restart_policy"]],
        exclude: false,
    },
    Rivals { what: "which GPUs it may use", keys: &[&["gpus"], RESERVED_DEVICES], exclude: false },
    Rivals {
        what: "how its health is seen",
        keys: &[&["healthcheck", "test"], &["healthcheck", "disable"]],
        exclude: false,
    },
];

/// What makes items of several lists one thing.
#[derive(Clone, Copy)]
enum Thing {
    /// The path in the container that something is mounted at.
    Mount,
    /// The capability.
    Capability,
    /// The name of a security option.
    SecurityOption,
}

/// Lists whose items are rivals where they are one thing. Items of one list are so only with other options behind them: what
/// is otherwise the same in `volumes` replaces by the rules of Compose.
const LISTS: &[(&[&str], Thing)] = &[
    (MOUNTS, Thing::Mount),
    (&["cap_add", "cap_drop"], Thing::Capability),
    (&["security_opt"], Thing::SecurityOption),
];

/// The lists whose items are mounted.
const MOUNTS: &[&str] = &["volumes", "configs", "secrets", "tmpfs"];

/// Endings of a variable that holds the path of a file with the value of another one.
const FILE_ENDINGS: [&str; 2] = ["__FILE", "_FILE"];
/// Last words of variables whose `_FILE` is no variable of its own kind, such as a `LOG_FILE`.
const READ_FROM_FILES: [&str; 10] =
    ["PASSWORD", "PASS", "PASSWD", "SECRET", "TOKEN", "KEY", "USER", "USERNAME", "DB", "DATABASE"];
/// The folder that secrets are mounted in.
const SECRETS: &str = "/run/secrets/";

/// A layer without what another one says in another way; `None` where it says nothing so.
pub(super) fn without(base: &Node, over: &Node) -> Option<Node> {
    let mut changed: Option<Node> = None;
    for (name, _) in over.as_mapping()? {
        for rivals in RIVALS {
            let said = rivals.keys.iter().filter(|path| path.first() == Some(&&**name) && says(over, path));
            for path in said {
                for other in rivals.keys.iter().filter(|other| other != &path) {
                    if at(changed.as_ref().unwrap_or(base), other).is_some() {
                        take_out(changed.get_or_insert_with(|| base.clone()), other);
                    }
                }
            }
        }
        if let Some((lists, thing)) = LISTS.iter().find(|(lists, _)| lists.contains(&&**name)) {
            for list in *lists {
                let Some(items) = changed.as_ref().unwrap_or(base).get(list) else { continue };
                let kept = items.as_sequence().and_then(|all| without_items(all, list, over, name, *thing));
                let Some(kept) = kept else { continue };
                let is_needed = !kept.is_empty() || items.tag.is_some();
                let kept = Node { kind: Kind::Sequence(Arc::new(kept)), ..items.clone() };
                let changed = changed.get_or_insert_with(|| base.clone());
                match is_needed {
                    true => changed.set(list, kept),
                    false => drop(changed.remove(list)),
                }
            }
        }
        if &**name == "environment"
            && let Some(kept) = without_variables(changed.as_ref().unwrap_or(base), over)
        {
            changed = Some(kept);
        }
    }
    changed
}

/// The items of the list `list` that no item of `over`'s list `name` takes the place of; `None` where those are all.
fn without_items(items: &[Node], list: &str, over: &Node, name: &str, thing: Thing) -> Option<Vec<Node>> {
    let written = over.get(name).and_then(Node::as_sequence)?;
    let is_taken = |item: &Node| {
        let Some(own) = thing.of(list, item) else { return false };
        written.iter().any(|other| {
            let is_same = || thing.of(name, other).as_ref() == Some(&own);
            let is_inside = || {
                // A folder of the host brings the files below it along.
                let is_config = list == "configs" && name == "volumes" && is_bind(other);
                is_config
                    && thing.of(name, other).is_some_and(|folder| {
                        own.strip_prefix(&folder).is_some_and(|rest| rest.starts_with('/'))
                    })
            };
            let is_other =
                list != name || matches!(list, "tmpfs" | "security_opt") && item.as_text() != other.as_text();
            is_other && (is_same() || is_inside())
        })
    };
    let kept: Vec<Node> = items.iter().filter(|item| !is_taken(item)).cloned().collect();
    (kept.len() < items.len()).then_some(kept)
}

impl Thing {
    /// What an item of a list is about.
    fn of(self, list: &str, item: &Node) -> Option<String> {
        let field = |name: &str| item.get(name).and_then(Node::as_text);
        Some(match self {
            Self::Mount => {
                let target = match (item.as_text(), list) {
                    (Some(text), "volumes") => text.get(MountParts::of(text).target)?.to_owned(),
                    (Some(text), "tmpfs") => text.get(MountParts::of_tmpfs(text).target)?.to_owned(),
                    (Some(name), "secrets") => format!("{SECRETS}{name}"),
                    (Some(name), _) => format!("/{name}"),
                    (None, "secrets") => match (field("target"), field("source")) {
                        (Some(target), _) if target.starts_with('/') => target.to_owned(),
                        (target, source) => format!("{SECRETS}{}", target.or(source)?),
                    },
                    (None, "configs") => match (field("target"), field("source")) {
                        (Some(target), _) => target.to_owned(),
                        (None, source) => format!("/{}", source?),
                    },
                    (None, _) => field("target")?.to_owned(),
                };
                target.trim_end_matches('/').to_owned()
            }
            Self::Capability => {
                let name = item.as_text()?.to_ascii_uppercase();
                name.strip_prefix("CAP_").map(str::to_owned).unwrap_or(name)
            }
            // Labels add up.
            Self::SecurityOption => {
                let name = item.as_text()?.split([':', '=']).next()?;
                Some(name).filter(|name| *name != "label")?.to_owned()
            }
        })
    }
}

/// Whether a mount is of a path of the host.
fn is_bind(mount: &Node) -> bool {
    match mount.as_text() {
        Some(text) => {
            MountParts::of(text).source.and_then(|source| text.get(source)).is_some_and(is_host_path)
        }
        None => mount.get("type").and_then(Node::as_text) == Some("bind"),
    }
}

/// A layer without the variables in whose place another one has the path of a file, or the other way round.
fn without_variables(base: &Node, over: &Node) -> Option<Node> {
    let (under, written) = (base.get("environment")?, over.get("environment")?);
    let is_taken =
        |pair: Pair<'_>| Pair::each(written).any(|(other, _)| is_pair(pair, other) || is_pair(other, pair));
    if !Pair::each(under).any(|(pair, _)| is_taken(pair)) {
        return None;
    }
    let mut node = base.clone();
    match &mut node.get_mut("environment")?.kind {
        Kind::Mapping(mapping) => {
            Arc::make_mut(mapping).retain(|key, entry| !is_taken(Pair { key, value: entry.value.as_text() }))
        }
        Kind::Sequence(items) => {
            Arc::make_mut(items).retain(|item| !item.as_text().map(Pair::of).is_some_and(is_taken));
        }
        Kind::Scalar(_) => {}
    }
    Some(node)
}

/// Whether the first variable holds the path of a file with the value of the second one.
fn is_pair(file: Pair<'_>, value: Pair<'_>) -> bool {
    let names = FILE_ENDINGS.iter().filter_map(|ending| file.key.strip_suffix(ending));
    let is_secret = file.value.is_some_and(|path| path.starts_with(SECRETS));
    let word = value.key.rsplit('_').next().unwrap_or_default();
    names.into_iter().any(|name| name == value.key) && (is_secret || READ_FROM_FILES.contains(&word))
}

/// The variables of a service that are there twice, as a value and as the path of a file that holds one: the names of both,
/// and where the first and the second stand.
pub fn paired_variables(service: &Node) -> Vec<(String, String, Span, Span)> {
    let variables: Vec<(Pair<'_>, &Node)> =
        service.get("environment").into_iter().flat_map(Pair::each).collect();
    let files = variables.iter().filter(|(pair, _)| pair.key.ends_with("_FILE"));
    let paired = files.flat_map(|(file, place)| {
        let own = variables.iter().filter(|(value, _)| is_pair(*file, *value));
        own.map(|(value, other)| (value.key.to_owned(), file.key.to_owned(), other.span, place.span))
    });
    paired.collect()
}

/// A layer that says one thing twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where it is said first.
    pub first: Span,
    /// Where it is said again.
    pub second: Span,
}

/// What one layer says twice, under keys that Docker refuses beside each other.
pub fn clashes(layer: &Node) -> Vec<Clash> {
    let mut clashes: Vec<Clash> = Vec::new();
    for rivals in RIVALS.iter().filter(|rivals| rivals.exclude) {
        let mut said = rivals.keys.iter().filter(|path| says(layer, path));
        let (Some(one), Some(other)) = (said.next(), said.next()) else { continue };
        let place = |path: Path| at(layer, path).map(|entry| entry.key.span);
        let (Some(mut first), Some(mut second)) = (place(one), place(other)) else { continue };
        let (mut one, mut other) = (one.join("."), other.join("."));
        if second < first {
            (first, second, one, other) = (second, first, other, one);
        }
        let message = format!("`{one}` and `{other}` both say {}", rivals.what);
        if clashes.iter().all(|known| (known.first, known.second) != (first, second)) {
            clashes.push(Clash { message, first, second });
        }
    }
    let mut mounted: Vec<(&str, String, Span)> = Vec::new();
    for list in MOUNTS {
        for item in layer.get(list).and_then(Node::as_sequence).unwrap_or_default() {
            let Some(target) = Thing::Mount.of(list, item) else { continue };
            match mounted
                .iter()
                .find(|(name, known, _)| *known == target && (name != list || *list == "tmpfs"))
            {
                Some((name, _, first)) => {
                    let message = format!("`{name}` and `{list}` both mount something at `{target}`");
                    clashes.push(Clash { message, first: *first, second: item.span });
                }
                None => mounted.push((list, target, item.span)),
            }
        }
    }
    clashes
}

/// A service whose lists hold each item once, as far as a layer has added to them; `None` where they do.
pub(super) fn each_once(service: &Node, over: &Node) -> Option<Node> {
    let mut changed: Option<Node> = None;
    let lists = over.as_mapping()?.iter().filter(|(_, entry)| entry.value.as_sequence().is_some());
    for (name, _) in lists {
        let row = spec::SERVICE.fields().and_then(|fields| fields.key(name));
        let is_set = |form: &Form| matches!(form, Form::List(List { is_set: true, .. }));
        let items = service.get(name).and_then(Node::as_sequence).unwrap_or_default();
        if items.len() < 2 || !row.is_some_and(|row| row.takes.forms.iter().any(is_set)) {
            continue;
        }
        let mut seen = HashSet::new();
        let kept: Vec<&Node> =
            items.iter().filter(|item| item.as_text().is_none_or(|text| seen.insert(text))).collect();
        if kept.len() < items.len() {
            let kept: Vec<Node> = kept.into_iter().cloned().collect();
            let changed = changed.get_or_insert_with(|| service.clone());
            if let Some(items) = changed.get_mut(name).and_then(Node::as_sequence_mut) {
                *items = kept;
            }
        }
    }
    changed
}

/// The entry at a path.
fn at<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Entry> {
    let (last, above) = path.split_last()?;
    above.iter().try_fold(node, |node, key| node.get(key))?.entry(last)
}

/// Whether a layer says something at a path: not `false`, and nothing that only takes back.
fn says(node: &Node, path: &[&str]) -> bool {
    at(node, path).is_some_and(|Entry { value, .. }| {
        !value.is_null() && value.tag.as_deref() != Some("!reset") && value.as_bool() != Some(false)
    })
}

/// Takes out what is at a path, and what is empty without it.
fn take_out(node: &mut Node, path: &[&str]) {
    let Some((key, rest)) = path.split_first() else { return };
    if !rest.is_empty() {
        let Some(inside) = node.get_mut(key) else { return };
        take_out(inside, rest);
        if inside.as_mapping().is_some_and(|mapping| !mapping.is_empty()) {
            return;
        }
    }
    node.remove(key);
}
