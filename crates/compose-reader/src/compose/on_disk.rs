//! What services name on the disk: the sources of mounts, the folders and Dockerfiles that they are built from, and the
//! texts of the files that configure them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::beside::Beside;
use super::files::{Entry, Files, is_absolute, join, parent};
use super::resolve::Resolution;
use super::unset::has_unset;
use crate::source::{Sources, Span};
use crate::yaml::Node;

/// What something on the disk is to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// It is mounted at this path.
    Mount(String),
    /// Its image is built in this folder.
    Context,
    /// Its image is built from this file.
    Dockerfile,
}

/// Something on the disk that a service names, by a path inside the project.
#[derive(Clone, Debug)]
pub struct Named {
    /// The service.
    pub service: Arc<str>,
    /// What it is to the service.
    pub role: Role,
    /// Where it is named.
    pub span: Span,
    /// Its path, as it is shown.
    pub path: String,
    /// What lies there.
    pub entry: Option<Entry>,
    /// The names in it, where it is a folder; those beside it, where nothing lies there.
    pub beside: Vec<String>,
    /// Whether git leaves it out: somebody makes it.
    pub is_ignored: bool,
}

/// A file that a service has for its configuration.
#[derive(Clone, Debug)]
pub struct Mounted {
    /// Where it lies in the container.
    pub target: String,
    /// All of it.
    pub span: Span,
}

/// Files of one mounted folder that are read at most, and folders below it.
const MOST_FILES: usize = 40;
const DEEPEST: usize = 3;

/// Endings of the names of files that configure a program.
const ENDINGS: [&str; 9] = ["sh", "conf", "yml", "yaml", "template", "cfg", "toml", "json", "caddy"];

/// Everything on the disk that services name. Nothing, where the project lies nowhere, or stands alone in a folder without the
/// files that belong to it.
pub(super) fn named(
    sources: &Sources,
    files: &dyn Files,
    resolution: &Resolution,
    folder: &str,
) -> Vec<Named> {
    if files.entry(folder) != Some(Entry::Folder) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let text = |node: &Node| node.as_text().filter(|_| !has_unset(node)).map(str::to_owned);
    for (name, entry) in services(resolution) {
        let body = &entry.value;
        let mut add =
            |role: Role, node: &Node, path: String| found.push(of(files, name, role, node.place(), &path));
        for mount in body.get("volumes").and_then(Node::as_sequence).unwrap_or_default() {
            let is_bind = mount.get("type").and_then(Node::as_text) == Some("bind");
            // What lies elsewhere on the host is no part of the project.
            let is_relative = sources.slice(mount.place()).contains("./");
            let is_wanted = is_bind && is_relative && !has_unset(mount);
            let source = mount.get("source").filter(|_| is_wanted).and_then(text);
            let target = mount.get("target").and_then(text);
            if let Some((source, target)) = source.zip(target) {
                add(Role::Mount(target), mount, source);
            }
        }
        let Some(build) = body.get("build") else { continue };
        let Some(context) = build.get("context").and_then(|node| Some((node, text(node)?))) else { continue };
        if !is_absolute(&context.1) {
            continue;
        }
        let inline = build.get("dockerfile_inline").is_some();
        let dockerfile = build.get("dockerfile").and_then(|node| Some((node, text(node)?)));
        add(Role::Context, context.0, context.1.clone());
        if let Some((node, path)) = dockerfile.filter(|_| !inline) {
            add(Role::Dockerfile, node, join(&context.1, &path));
        }
    }
    let is_folder = |name: &String| {
        !name.starts_with('.') && files.entry(&format!("{folder}/{name}")) == Some(Entry::Folder)
    };
    // A compose file that was copied somewhere without its tree says nothing about what is missing.
    let has_tree =
        found.iter().any(|named| named.entry.is_some() && named.path != files.display_name(folder))
            || files.names(folder).iter().any(is_folder);
    if has_tree { found } else { Vec::new() }
}

fn of(files: &dyn Files, service: &Arc<str>, role: Role, span: Span, path: &str) -> Named {
    let entry = files.entry(path);
    Named {
        service: Arc::clone(service),
        role,
        span,
        path: files.display_name(path),
        entry,
        beside: match entry {
            None => files.names(parent(path)),
            Some(Entry::Folder) => files.names(path),
            Some(_) => Vec::new(),
        },
        is_ignored: entry.is_none() && files.is_ignored(path),
    }
}

/// The files that are mounted into services whose images are wanted, as far as they are texts that lie in the project.
pub(super) fn mounted(
    beside: &mut Beside<'_>,
    resolution: &Resolution,
    is_wanted: fn(&str) -> bool,
) -> Vec<(Arc<str>, Mounted)> {
    let mut found = Vec::new();
    let text = |node: &Node| node.as_text().filter(|_| !has_unset(node)).map(str::to_owned);
    for (name, entry) in services(resolution) {
        let body = &entry.value;
        // The scripts that it runs count, whatever its image is.
        let arguments = ["entrypoint", "command"].iter().filter_map(|key| body.get(key));
        let is_run = |target: &str| {
            let mut words =
                arguments.clone().flat_map(|node| node.as_sequence().unwrap_or(std::slice::from_ref(node)));
            words.any(|word| word.as_text().is_some_and(|word| word.contains(target)))
        };
        let is_configured = body.get("image").and_then(Node::as_text).is_some_and(is_wanted);
        let items = |key: &str| body.get(key).and_then(Node::as_sequence).unwrap_or_default();
        let mounts = items("volumes").iter().filter_map(|mount| {
            let is_bind = mount.get("type").and_then(Node::as_text) == Some("bind");
            let source = mount.get("source").filter(|_| is_bind && !has_unset(mount)).and_then(text)?;
            Some((source, mount.get("target").and_then(text)?))
        });
        let configs = items("configs").iter().filter_map(|grant| {
            let source = grant.get("source").and_then(text)?;
            let object = resolution.model.get("configs")?.get(&source)?;
            let target = grant.get("target").and_then(text).unwrap_or_else(|| format!("/{source}"));
            Some((object.get("file").and_then(text)?, target))
        });
        let mut paths = BTreeSet::new();
        let counts = |target: &String| is_configured || target.ends_with(".sh") && is_run(target);
        for (source, target) in mounts.chain(configs).filter(|(_, target)| counts(target)) {
            files_at(beside.files, &source, &target, DEEPEST, &mut paths);
        }
        for (source, target) in paths {
            if let Some(id) = beside.open(source) {
                let span = Span::new(id, 0, beside.sources.get(id).text().len());
                found.push((Arc::clone(name), Mounted { target, span }));
            }
        }
    }
    found
}

/// The files with a configuration at a path, and below it.
fn files_at(
    files: &dyn Files,
    source: &str,
    target: &str,
    depth: usize,
    paths: &mut BTreeSet<(String, String)>,
) {
    if paths.len() >= MOST_FILES {
        return;
    }
    let name = source.rsplit('/').next().unwrap_or_default();
    match files.entry(source) {
        Some(Entry::File) => {
            let is_config = name.rsplit_once('.').is_none_or(|(_, ending)| ENDINGS.contains(&ending));
            if is_config {
                paths.insert((source.to_owned(), target.to_owned()));
            }
        }
        Some(Entry::Folder) if depth > 0 => {
            for name in files.names(source) {
                let (source, target) = (format!("{source}/{name}"), format!("{target}/{name}"));
                files_at(files, &source, &target, depth.saturating_sub(1), paths);
            }
        }
        _ => {}
    }
}

fn services(resolution: &Resolution) -> impl Iterator<Item = (&Arc<str>, &crate::yaml::Entry)> {
    resolution.model.get("services").and_then(Node::as_mapping).into_iter().flatten()
}
