//! `include`: another project, with its own folder and variables, whose resources become part of this one.
//!
//! Source: the compose specification, "include", and what Docker Compose 2.40.3 does.

use std::sync::Arc;

use super::extends::{count, mark};
use super::{FileOf, Resolver, Scope};
use crate::budget::depth;
use crate::compose::files::{Entry, join, parent};
use crate::compose::problem::{Fault, Problem};
use crate::merge;
use crate::spec::INCLUDE_MERGED;
use crate::yaml::{Kind, Mapping, Node, Step};

/// A project that is included: its folder and its files.
pub(super) type Project = (String, Vec<String>);

/// The sections that are taken over.
const SECTIONS: [&str; 6] = ["services", "volumes", "networks", "secrets", "configs", "models"];

/// Brings in what a document includes, and removes the key.
pub(super) fn apply(resolver: &mut Resolver<'_>, document: &mut Node, scope: &Scope, included: &[String]) {
    let Some(include) = document.remove("include") else { return };
    if include.as_sequence().is_none() && !include.is_null() {
        resolver.is_part = true;
        let written = include.as_text().unwrap_or("FILE").to_owned();
        let message = format!("`include` is {}, and has to be a list", include.describe());
        let problem = Problem::new(Fault::WrongType, include.place(), message);
        return resolver.report(problem.help(format!("write a list: `include: [{written}]`")));
    }
    // What is reset here is not there, as far as what is included goes.
    for section in SECTIONS {
        if let Some(entries) = document.get_mut(section).and_then(Node::as_mapping_mut) {
            entries.retain(|_, entry| entry.value.tag.as_deref() != Some("!reset"));
        }
    }
    for item in include.as_sequence().unwrap_or_default() {
        let Some(imported) = import(resolver, item, scope, included) else {
            resolver.is_part = true;
            continue;
        };
        if resolver.version().has(&INCLUDE_MERGED) {
            lay_over(resolver, document, &imported);
            continue;
        }
        for section in SECTIONS {
            take_over(resolver, document, &imported, section, item);
        }
    }
}

/// Lays a document over the sections of what it includes.
fn lay_over(resolver: &mut Resolver<'_>, document: &mut Node, imported: &Node) {
    let sections = SECTIONS.iter().filter_map(|section| Some((*section, imported.get(section)?.clone())));
    let base = Node::from_pairs(imported.span, sections);
    // Neither a section nor an entry of one takes the place of all that is included.
    for section in SECTIONS {
        let Some(own) = document.get_mut(section) else { continue };
        own.tag = None;
        for entry in own.as_mapping_mut().into_iter().flat_map(|entries| entries.values_mut()) {
            entry.value.tag = None;
        }
    }
    let (merged, conflicts) = merge::include(&base, document, resolver.reading);
    resolver.report_conflicts(conflicts);
    *document = merged;
}

fn import(resolver: &mut Resolver<'_>, item: &Node, scope: &Scope, included: &[String]) -> Option<Node> {
    let paths = texts(if item.as_mapping().is_some() { item.get("path")? } else { item });
    let mut files: Vec<FileOf> = Vec::new();
    for path in &paths {
        let written = path.as_text()?;
        if super::is_remote(written) {
            resolver.skip_remote(path, written);
            return None;
        }
        let full = join(&scope.folder, &resolver.expand_home(written));
        if included.contains(&full) {
            resolver.report(
                Problem::new(
                    Fault::IncludeCycle,
                    path.place(),
                    "the file includes itself, directly or through others",
                )
                .help("remove this `include`, or the one that leads here"),
            );
            return None;
        }
        if let Err(spent) = depth(included.len()) {
            resolver.spent(spent, path.place());
            return None;
        }
        files.push(FileOf { id: resolver.open(&full, path)?, path: full });
    }
    let first = files.first()?;
    let folder = match item.get("project_directory").and_then(Node::as_text) {
        Some(folder) => join(&scope.folder, folder),
        None => parent(&first.path).to_owned(),
    };
    let mut environment = Arc::clone(&scope.environment);
    let mut add = |resolver: &mut Resolver<'_>, path: &str, named: &Node| {
        resolver.add_env_file(Arc::make_mut(&mut environment), path, named);
    };
    match item.get("env_file").filter(|node| !node.is_null()) {
        None => {
            let path = join(&folder, ".env");
            if resolver.files.entry(&path) == Some(Entry::File) {
                add(resolver, &path, item);
            }
        }
        Some(named) => {
            for file in texts(named) {
                if let Some(written) = file.as_text() {
                    let path = join(&scope.folder, written);
                    add(resolver, &path, &file);
                }
            }
        }
    }
    let project: Project = (folder.clone(), files.iter().map(|file| file.path.clone()).collect());
    let known = resolver.imported.get(&project, &environment).cloned();
    let scope = Scope { folder, environment };
    let mut imported = match known {
        Some(known) => known,
        None => {
            let model = resolver.model(&files, &scope, included);
            resolver.imported.insert(project, &scope.environment, model.clone());
            model
        }
    };
    if let Err(spent) = resolver.budget.nodes(count(&imported)) {
        resolver.spent(spent, item.place());
        return None;
    }
    mark(&mut imported, &Step::Included(item.place()));
    Some(imported)
}

/// Adds the entries of a section; one that is there already has to be the same.
fn take_over(resolver: &mut Resolver<'_>, document: &mut Node, imported: &Node, section: &str, item: &Node) {
    let Some(entries) = imported.get(section).and_then(Node::as_mapping) else { return };
    if document.get(section).is_none_or(Node::is_null) {
        document.set(section, Node::mapping(item.span, Mapping::default()));
    }
    for (name, entry) in entries {
        let Some(own) = document.get_mut(section).and_then(Node::as_mapping_mut) else { return };
        match own.get(name) {
            None => {
                own.insert(name.clone(), entry.clone());
            }
            Some(known) if known.value == entry.value => {}
            Some(known) => {
                let problem = Problem::new(
                    Fault::MergeConflict,
                    known.key.span,
                    format!("`{section}.{name}` is defined here and, otherwise, in a file that is included"),
                );
                let problem = problem
                    .related(entry.key.span, "defined here as well")
                    .related(item.place(), "included here");
                resolver.report(problem.help(
                    "rename one of them, or change the included one in an override file: `include: [{path: [FILE, OVERRIDE]}]`",
                ));
            }
        }
    }
}

fn texts(node: &Node) -> Vec<Node> {
    match &node.kind {
        Kind::Sequence(items) => items.to_vec(),
        _ => vec![node.clone()],
    }
}
