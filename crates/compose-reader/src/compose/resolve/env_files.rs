//! What stands in other files: `env_file` and `label_file`, put into `environment` and `labels`.
//!
//! Source: the compose specification, "env_file" and "label_file", and what Docker Compose 2.40.3 does.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Resolver;
use super::canonical::each;
use crate::compose::environment::Environment;
use crate::compose::files::Entry;
use crate::compose::problem::{Fault, Problem};
use crate::compose::scalar;
use crate::dotenv::{self, Assignment, EnvFileError};
use crate::source::{SourceId, Span};
use crate::values::Pair;
use crate::yaml::{Kind, Mapping, Node, Step};

/// Reads the files that the services which are on name, and removes the keys.
pub(super) fn environments(
    resolver: &mut Resolver<'_>,
    model: &mut Node,
    inactive: &HashSet<Arc<str>>,
    environment: &Environment,
) {
    let names: Vec<Arc<str>> = model
        .get("services")
        .and_then(Node::as_mapping)
        .into_iter()
        .flatten()
        .map(|(name, _)| Arc::clone(name))
        .collect();
    let mut names = names.iter();
    each(model, "services", |service| {
        let is_off = names.next().is_some_and(|name| inactive.contains(name));
        if !is_off && service.as_mapping().is_some() {
            variables(resolver, service, environment);
            labels(resolver, service);
        }
    });
}

fn variables(resolver: &mut Resolver<'_>, service: &mut Node, environment: &Environment) {
    let Some(files) = service.remove("env_file") else { return };
    let own = pairs(service.get("environment"));
    let set = own.iter().filter(|(_, entry)| !entry.value.is_null());
    let own_values: HashMap<&str, String> =
        set.map(|(name, entry)| (&**name, scalar::printed(&entry.value))).collect();
    let mut read: Mapping = Mapping::default();
    for file in files.as_sequence().unwrap_or_default() {
        let Some(path) = file.get("path") else { continue };
        let is_required = file.get("required").and_then(Node::as_bool) != Some(false);
        let full = path.as_text().unwrap_or_default().to_owned();
        // Env files are often kept out of a repository: one that is absent here may be there where it is started.
        let is_absent = matches!(resolver.files.entry(&full), None | Some(Entry::Outside));
        if is_absent && (!is_required || resolver.is_lenient) {
            continue;
        }
        let Some(id) = resolver.open(&full, path) else { continue };
        let lookup = |name: &str| environment.get(name).or_else(|| own_values.get(name).map(String::as_str));
        let (text, words) = (resolver.sources.get(id).text(), resolver.words());
        let format = file.get("format").and_then(Node::as_text).unwrap_or_default();
        let parsed = match format {
            "" => dotenv::parse_within(text, &lookup, words, &mut resolver.budget),
            "raw" => dotenv::parse_raw(text, &lookup),
            other => {
                let span = file.get("format").map_or(path.place(), Node::place);
                let problem = Problem::new(
                    Fault::InvalidValue,
                    span,
                    format!("there is no format `{other}` of env files"),
                );
                resolver.report(problem.help("remove `format`, or write `raw`"));
                continue;
            }
        };
        match parsed {
            Ok(assignments) => add(&mut read, id, &assignments, path.place()),
            Err(error) => resolver.report(env_file_problem(id, error)),
        }
    }
    // What is written in the project holds against what files say.
    for (name, entry) in own {
        read.insert(name, entry);
    }
    if !read.is_empty() {
        let span = service.get("environment").map_or(files.span, |node| node.span);
        service.set("environment", Node::mapping(span, read));
    }
}

fn labels(resolver: &mut Resolver<'_>, service: &mut Node) {
    let Some(files) = service.remove("label_file") else { return };
    let mut read: Mapping = Mapping::default();
    for file in files.as_sequence().unwrap_or_default() {
        let full = file.as_text().unwrap_or_default().to_owned();
        if resolver.is_lenient && matches!(resolver.files.entry(&full), None | Some(Entry::Outside)) {
            continue;
        }
        let Some(id) = resolver.open(&full, file) else { continue };
        let lookup = |name: &str| read.get(name)?.value.as_text();
        let (text, words) = (resolver.sources.get(id).text(), resolver.words());
        match dotenv::parse_within(text, &lookup, words, &mut resolver.budget) {
            Ok(assignments) => add(&mut read, id, &assignments, file.place()),
            Err(error) => resolver.report(env_file_problem(id, error)),
        }
    }
    for (name, entry) in pairs(service.get("labels")) {
        read.insert(name, entry);
    }
    if !read.is_empty() {
        let span = service.get("labels").map_or(files.span, |node| node.span);
        service.set("labels", Node::mapping(span, read));
    }
}

fn add(read: &mut Mapping, file: SourceId, assignments: &[Assignment], named: Span) {
    for assignment in assignments {
        let span = Span::new(file, assignment.place.start, assignment.place.end);
        let written = Span::new(file, assignment.written.start, assignment.written.end);
        let mut value = Node::text(written, &*assignment.value);
        value.note(Step::FromFile(named));
        let key = Node::text(span, &*assignment.name);
        read.insert(Arc::from(&*assignment.name), crate::yaml::Entry { key, value });
    }
}

/// `environment` or `labels` as a mapping, whichever way it is written.
fn pairs(node: Option<&Node>) -> Mapping {
    match node.map(|node| &node.kind) {
        Some(Kind::Mapping(mapping)) => Mapping::clone(mapping),
        Some(Kind::Sequence(items)) => {
            let pairs = items.iter().filter_map(|item| {
                let pair = Pair::of(item.as_text()?);
                let value = match pair.value {
                    Some(value) => Node { history: item.history.clone(), ..Node::text(item.span, value) },
                    None => Node::null(item.span),
                };
                Some((pair.key.to_owned(), value))
            });
            let mut mapping = Mapping::default();
            for (name, value) in pairs {
                let name: Arc<str> = Arc::from(name);
                let key = Node::text(value.span, Arc::clone(&name));
                mapping.insert(name, crate::yaml::Entry { key, value });
            }
            mapping
        }
        _ => Mapping::default(),
    }
}

/// An env file that Compose refuses, or that the budget does not suffice for.
pub fn env_file_problem(file: SourceId, error: EnvFileError) -> Problem {
    let span = Span::new(file, error.place.start, error.place.end);
    let fault = if error.is_spent { Fault::Oversized } else { Fault::InvalidValue };
    Problem::new(fault, span, error.message).help(error.help)
}
