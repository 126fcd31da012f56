//! What is imported, and what a stack is to be like.

use std::collections::{BTreeMap, BTreeSet};

use crate::definition::Mode;
use compose_reader::yaml::Node;

/// The compose files of one environment, read as one project with variables as they stand.
#[derive(Debug)]
pub struct Original {
    /// The name of the environment.
    pub name: String,
    /// Which side of the templates it uses.
    pub mode: Mode,
    /// The name of its project.
    pub project: String,
    /// The folder that its relative paths are seen from.
    pub folder: String,
    /// What its files say, merged.
    pub written: Node,
    /// The comment above each service.
    pub comments: BTreeMap<String, String>,
}

/// What a stack is to be like.
#[derive(Debug)]
pub struct Options {
    /// Its name.
    pub name: String,
    /// Whether the folder has a Makefile of its own.
    pub has_makefile: bool,
    /// Whether the folder has a `.env.example` of its own.
    pub has_env_example: bool,
    /// The names of files that lie in the folder, which a rendered one must not take.
    pub taken: BTreeSet<String>,
}

/// Whether a network is made by somebody else.
pub(super) fn is_external(written: &Node, network: &str) -> bool {
    let external = written.get("networks").and_then(|all| all.get(network)?.get("external"));
    external.is_some_and(|external| external.as_bool() != Some(false))
}
