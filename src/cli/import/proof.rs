//! Reading projects for the proof: once with the defaults of their variables, once with a value for each.

use std::collections::BTreeSet;

use compose_reader::compose::{Printed, Request, resolve};
use compose_reader::interpolation::variables;
use compose_reader::source::Sources;
use compose_reader::yaml::{Kind, Node};

use crate::cli::disk::ProjectFiles;

/// The variables that a project asks for, each with a value of the kind that it stands for.
pub(super) fn values(nodes: &[&Node]) -> Vec<(String, String)> {
    let mut names = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    nodes.iter().for_each(|node| collect(node, false, &mut names, &mut numbers));
    let value = |(at, name): (usize, String)| {
        // Host ports, limits and counts are numbers.
        let value =
            if numbers.contains(&name) { (20_000 + at).to_string() } else { format!("value-of-{name}") };
        (name, value)
    };
    names.into_iter().enumerate().map(value).collect()
}

/// Keys of which every value is a number.
const NUMBERS: [&str; 13] = [
    "ports",
    "published",
    "target",
    "replicas",
    "cpus",
    "memory",
    "pids",
    "mem_limit",
    "memswap_limit",
    "pids_limit",
    "shm_size",
    "retries",
    "scale",
];

fn collect(node: &Node, is_number: bool, names: &mut BTreeSet<String>, numbers: &mut BTreeSet<String>) {
    match &node.kind {
        Kind::Scalar(scalar) => {
            for variable in variables(&scalar.text).unwrap_or_default() {
                names.insert(variable.name.to_owned());
                if is_number {
                    numbers.insert(variable.name.to_owned());
                }
            }
        }
        Kind::Sequence(items) => items.iter().for_each(|item| collect(item, is_number, names, numbers)),
        Kind::Mapping(mapping) => {
            for (key, entry) in mapping.iter() {
                collect(&entry.value, NUMBERS.contains(&&**key), names, numbers);
            }
        }
    }
}

/// A project as Docker Compose prints it, with some variables in place of its own.
pub(super) fn printed(
    sources: &Sources,
    files: &ProjectFiles,
    request: &Request,
    variables: &[(String, String)],
) -> Printed {
    let mut own = request.clone();
    for (name, value) in variables {
        own.environment.replace(name.clone(), value.clone());
    }
    own.interpolates = true;
    own.is_lenient = true;
    let mut sources = sources.clone();
    resolve(&mut sources, files, &own).printed()
}
