//! A stack as its owner would write it.

use indexmap::IndexMap;

use super::leaves::{Layers, Leaves, joined};
use super::original::{Options, Original};
use super::service::Service;
use crate::definition::{ENVIRONMENTS, Mode, TierKind};
use compose_reader::source::Span;
use compose_reader::yaml::{self, Kind, Mapping, Node, Resolved, Style, emit_key, flow_text};

/// Columns that a mapping or list on one line may reach.
const WIDTH: usize = 110;

/// A tier of the stack.
pub(super) struct Tier {
    pub(super) kind: TierKind,
    pub(super) defaults: Leaves,
}

/// Which kinds of tier each environment holds.
pub(super) struct Environments {
    pub(super) kinds: Vec<Vec<TierKind>>,
}

impl Environments {
    pub(super) fn holds(&self, environment: usize, kind: TierKind) -> bool {
        self.kinds.get(environment).is_some_and(|kinds| kinds.contains(&kind))
    }
}

/// What a text is made of.
pub(super) struct Parts<'p> {
    pub(super) originals: &'p [Original],
    pub(super) options: &'p Options,
    pub(super) flat: bool,
    pub(super) tiers: &'p IndexMap<&'static str, Tier>,
    pub(super) defaults: &'p Leaves,
    pub(super) of_environments: &'p [Leaves],
    pub(super) services: &'p [(&'p Service, TierKind, &'p Layers)],
    pub(super) environments: &'p Environments,
}

/// The order of what is said of a service; other keys follow.
const ORDER: [&str; 30] = [
    "tier",
    "enabled",
    "image",
    "build",
    "platform",
    "container_name",
    "hostname",
    "profiles",
    "command",
    "entrypoint",
    "working_dir",
    "user",
    "listen",
    "publish",
    "health",
    "healthcheck",
    "needs",
    "secrets",
    "configs",
    "env_file",
    "environment",
    "volumes",
    "tmpfs",
    "networks",
    "restart",
    "deploy",
    "cap_drop",
    "cap_add",
    "security_opt",
    "read_only",
];

/// The text of `stack.yaml`.
pub(super) fn stack(parts: &Parts<'_>) -> String {
    let Some(span) = parts.originals.first().map(|original| original.written.span) else {
        return String::new();
    };
    let mut out = String::new();
    let plain = |text: &str| Node::scalar(span, text, Style::Plain);
    entry(&mut out, 0, "name", &Node::text(span, &*parts.options.name));
    if parts.options.has_makefile {
        entry(&mut out, 0, "makefile", &plain("false"));
    }
    if parts.options.has_env_example {
        entry(&mut out, 0, "env_example", &plain("section"));
    }
    if parts.flat {
        entry(&mut out, 0, "networks", &plain("flat"));
    }
    out.push('\n');
    entry(&mut out, 0, "environments", &environments(parts, span));
    out.push('\n');
    if !parts.defaults.is_empty() {
        entry(&mut out, 0, "defaults", &layer(parts.defaults, span));
        out.push('\n');
    }
    let tiers = parts.tiers.iter().map(|(name, tier)| {
        let kind = (tier.kind != TierKind::Application).then(|| ("kind", plain(tier.kind.name())));
        let defaults = (!tier.defaults.is_empty()).then(|| ("defaults", layer(&tier.defaults, span)));
        (*name, Node::from_pairs(span, kind.into_iter().chain(defaults)))
    });
    block(&mut out, 0, "tiers", &Node::from_pairs(span, tiers));
    out.push_str("\nservices:\n");
    let mut last = None;
    for (at, (service, kind, layers)) in parts.services.iter().enumerate() {
        if at > 0 && (last != Some(*kind) || service.comment.is_some()) {
            out.push('\n');
        }
        last = Some(*kind);
        for line in service.comment.iter().flat_map(|comment| comment.lines()) {
            out.push_str(format!("  # {line}").trim_end());
            out.push('\n');
        }
        entry(&mut out, 1, &service.name, &self::service(parts, *kind, layers, span));
    }
    for section in ["volumes", "secrets", "configs"] {
        let declared = declared(parts, section, span);
        if declared.as_mapping().is_some_and(|all| !all.is_empty()) {
            out.push('\n');
            block(&mut out, 0, section, &declared);
        }
    }
    out
}

fn environments(parts: &Parts<'_>, span: Span) -> Node {
    let text = |text: &str| Node::text(span, text);
    let mut all: Vec<(String, Node)> = Vec::new();
    for (at, original) in parts.originals.iter().enumerate() {
        let usual = ENVIRONMENTS.iter().find(|it| it.name == original.name);
        let mut pairs: Vec<(&str, Node)> = Vec::new();
        if usual.is_none_or(|usual| usual.mode != original.mode) {
            pairs.push(("mode", text(original.mode.name())));
        }
        if usual.is_none() && original.mode == Mode::Development {
            pairs.push(("bind", text("127.0.0.1")));
        }
        let kinds = &parts.environments.kinds[at];
        let is_used = |kind: &&TierKind| parts.tiers.contains_key(kind.name());
        let usual_kinds: Vec<&TierKind> =
            usual.into_iter().flat_map(|usual| usual.kinds.iter()).filter(is_used).collect();
        if kinds.iter().filter(is_used).collect::<Vec<_>>() != usual_kinds {
            let names = kinds.iter().filter(is_used).map(|kind| text(kind.name())).collect();
            pairs.push(("kinds", Node::sequence(span, names)));
        }
        if owner_of_project(parts.originals, &original.project) == Some(at) {
            pairs.push(("project", text(&original.project)));
        }
        if let Some(file) = file_name(&original.name, parts.options) {
            pairs.push(("file", text(&file)));
        }
        if !parts.of_environments[at].is_empty() {
            pairs.push(("defaults", layer(&parts.of_environments[at], span)));
        }
        all.push((original.name.clone(), Node::from_pairs(span, pairs)));
    }
    for usual in &ENVIRONMENTS {
        let is_used = usual.kinds.iter().any(|kind| parts.tiers.contains_key(kind.name()));
        if is_used && !parts.originals.iter().any(|original| original.name == usual.name) {
            let disabled = Node::from_pairs(span, [("enabled", Node::scalar(span, "false", Style::Plain))]);
            all.push((usual.name.to_owned(), disabled));
        }
    }
    Node::from_pairs(span, all)
}

/// The environment that keeps the name of a project that several have: production, or else the first.
fn owner_of_project(originals: &[Original], project: &str) -> Option<usize> {
    let named = |name: &str| originals.iter().position(|it| it.project == project && it.name == name);
    named("production").or_else(|| originals.iter().position(|it| it.project == project))
}

/// Another name for a rendered file where the usual one is taken.
fn file_name(environment: &str, options: &Options) -> Option<String> {
    let usual = format!("docker-compose.{environment}.yml");
    if !options.taken.contains(&usual) {
        return None;
    }
    let others = [format!("compose.{environment}.yaml"), format!("stack.{environment}.yml")];
    others.into_iter().find(|name| !options.taken.contains(name))
}

/// What is declared at the top, the same for all environments.
fn declared(parts: &Parts<'_>, section: &str, span: Span) -> Node {
    let mut all: IndexMap<String, Node> = IndexMap::new();
    for original in parts.originals {
        for (name, entry) in original.written.get(section).and_then(Node::as_mapping).into_iter().flatten() {
            let is_nothing = entry.value.as_mapping().is_none_or(Mapping::is_empty);
            let is_shared = parts.originals.iter().filter(|it| it.project == original.project).count() > 1;
            let mut body = match is_nothing {
                true => Node::from_pairs::<&str>(span, []),
                false => entry.value.clone(),
            };
            // Where several environments were one project, they go on with its data.
            if section == "volumes"
                && is_shared
                && body.get("name").is_none()
                && body.get("external").is_none()
            {
                body.set("name", Node::text(span, format!("{}_{name}", original.project)));
            }
            // One that a service names by itself need not be declared.
            let is_variable = || mentions(&original.written, name);
            if section == "volumes" && body.as_mapping().is_none_or(Mapping::is_empty) && !is_variable() {
                continue;
            }
            all.entry(name.to_string()).or_insert(body);
        }
    }
    if section == "secrets" {
        for (name, body) in &mut all {
            let sources = parts.originals.iter().filter(|it| it.mode == Mode::Development).filter_map(|it| {
                let own = it.written.get("secrets")?.get(name)?;
                Some((it.name.clone(), own.clone()))
            });
            let sources = Node::from_pairs(span, sources);
            if sources.as_mapping().is_some_and(|sources| !sources.is_empty()) {
                body.set("sources", sources);
            }
        }
    }
    Node::from_pairs(span, all)
}

/// Whether a service names a volume inside a variable.
fn mentions(written: &Node, volume: &str) -> bool {
    let services = written.get("services").and_then(Node::as_mapping).into_iter().flatten();
    let mounts = services.filter_map(|(_, entry)| entry.value.get("volumes")?.as_sequence()).flatten();
    mounts
        .filter_map(|mount| mount.get("source").unwrap_or(mount).as_text())
        .any(|text| text.contains('$') && text.contains(volume))
}

/// One service.
fn service(parts: &Parts<'_>, kind: TierKind, layers: &Layers, span: Span) -> Node {
    let mut body = Node::from_pairs(span, [("tier", Node::text(span, kind.name()))]);
    for (key, entry) in layer(&layers.base, span).as_mapping().into_iter().flatten() {
        let mut value = entry.value.clone();
        if layers.replaced.contains(key) {
            value.tag = Some("!override".into());
        }
        body.set(key, value);
    }
    let overrides = layers.overrides.iter().zip(parts.originals).filter_map(|(leaves, original)| {
        let leaves = leaves.as_ref().filter(|leaves| !leaves.is_empty())?;
        Some((original.name.clone(), layer(leaves, span)))
    });
    let overrides: Vec<(String, Node)> = overrides.collect();
    let mut sorted = ordered(&body);
    if !overrides.is_empty() {
        sorted.set("overrides", Node::from_pairs(span, overrides));
    }
    sorted
}

/// Values as a mapping in the order of the keys; waits as a list where nothing is said of them.
fn layer(leaves: &Leaves, span: Span) -> Node {
    let mut body = joined(leaves, Node::mapping(span, Mapping::default()));
    let needs = body.get("needs").and_then(Node::as_mapping);
    if let Some(needs) =
        needs.filter(|all| all.values().all(|entry| entry.value.is_null() && entry.value.tag.is_none()))
    {
        let names = needs.keys().map(|name| Node::text(span, &**name)).collect();
        body.set("needs", Node::sequence(span, names));
    }
    ordered(&body)
}

fn ordered(body: &Node) -> Node {
    let Some(mapping) = body.as_mapping() else { return body.clone() };
    let rank = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
    let mut entries: Vec<(std::sync::Arc<str>, Node)> =
        mapping.iter().map(|(key, entry)| (std::sync::Arc::clone(key), entry.value.clone())).collect();
    entries.sort_by_key(|(key, _)| rank(key));
    Node::from_pairs(body.span, entries)
}

/// A key and its value, on one line where that fits.
fn entry(out: &mut String, level: usize, key: &str, value: &Node) {
    let start = out.len();
    open(out, level, key);
    out.push(' ');
    if flow(out, value, start, true) {
        out.push('\n');
        return;
    }
    out.truncate(start);
    block(out, level, key, value);
}

fn open(out: &mut String, level: usize, key: &str) {
    out.push_str(&"  ".repeat(level));
    out.push_str(&emit_key(key));
    out.push(':');
}

/// A key with its value in the lines below.
fn block(out: &mut String, level: usize, key: &str, value: &Node) {
    open(out, level, key);
    tag(out, value);
    match &value.kind {
        Kind::Mapping(mapping) => {
            out.push('\n');
            for (key, inner) in mapping.iter() {
                entry(out, level + 1, key, &inner.value);
            }
        }
        Kind::Sequence(items) => {
            out.push('\n');
            for item in items.iter() {
                self::item(out, level + 1, item);
            }
        }
        Kind::Scalar(scalar) => {
            out.push(' ');
            out.push_str(&yaml::block(level, &scalar.text));
        }
    }
}

fn item(out: &mut String, level: usize, item: &Node) {
    let start = out.len();
    out.push_str(&"  ".repeat(level));
    out.push_str("- ");
    if flow(out, item, start, matches!(item.kind, Kind::Scalar(_))) {
        out.push('\n');
        return;
    }
    out.truncate(start);
    match &item.kind {
        Kind::Mapping(mapping) => {
            let mut first = true;
            for (key, inner) in mapping.iter() {
                let from = out.len();
                entry(out, level + 1, key, &inner.value);
                if first {
                    let indent = "  ".repeat(level);
                    out.replace_range(from..from + indent.len() + 2, &format!("{indent}- "));
                    first = false;
                }
            }
        }
        Kind::Sequence(_) => {
            out.push_str(&"  ".repeat(level));
            out.push_str("- ");
            flow(out, item, usize::MAX, true);
            out.push('\n');
        }
        Kind::Scalar(scalar) => {
            out.push_str(&"  ".repeat(level));
            out.push('-');
            out.push(' ');
            out.push_str(&yaml::block(level, &scalar.text));
        }
    }
}

fn tag(out: &mut String, value: &Node) {
    if let Some(tag) = value.tag.as_deref().filter(|tag| matches!(*tag, "!reset" | "!override")) {
        out.push(' ');
        out.push_str(tag);
    }
}

/// A value on one line that began at `start`; whether it fits.
fn flow(out: &mut String, value: &Node, start: usize, is_first: bool) -> bool {
    let fits = |out: &String| start == usize::MAX || out.len() - start <= WIDTH;
    if let Some(tag) = value.tag.as_deref().filter(|tag| matches!(*tag, "!reset" | "!override")) {
        out.push_str(tag);
        out.push(' ');
    }
    match &value.kind {
        Kind::Scalar(_) if value.is_null() => {
            if value.tag.is_some() {
                out.push_str("null")
            } else if is_first {
                out.truncate(out.trim_end().len())
            }
            true
        }
        Kind::Scalar(scalar) => {
            if yaml::is_block(&scalar.text) {
                return false;
            }
            let is_text = matches!(value.resolved(), Some(Resolved::Text) | None);
            match (is_text, is_first) {
                (false, _) => out.push_str(&scalar.text),
                (true, true) => out.push_str(&emit_key(&scalar.text)),
                (true, false) => out.push_str(&flow_text(&scalar.text)),
            }
            // One value stands in its line however long it is.
            is_first || fits(out)
        }
        Kind::Sequence(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                if !flow(out, item, start, false) {
                    return false;
                }
            }
            out.push(']');
            fits(out)
        }
        Kind::Mapping(mapping) if mapping.is_empty() => {
            out.push_str("{}");
            true
        }
        Kind::Mapping(mapping) => {
            out.push_str("{ ");
            for (at, (key, entry)) in mapping.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                out.push_str(&flow_text(key));
                out.push(':');
                if !entry.value.is_null() || entry.value.tag.is_some() {
                    out.push(' ');
                }
                if !flow(out, &entry.value, start, false) {
                    return false;
                }
            }
            out.push_str(" }");
            fits(out)
        }
    }
}
