//! A Dockerfile, held against the folder that it is built in.

use std::path::{Component, Path, PathBuf};

use super::Built;
use crate::definition::Mode;
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::dockerfile::OutlineStep;
use compose_reader::yaml::Node;

/// Names of stages that are not meant for users.
const DEVELOPMENT: [&str; 4] = ["debug", "dev", "develop", "development"];
/// Names of stages that are.
const PRODUCTION: [&str; 5] = ["prod", "production", "release", "runner", "runtime"];

pub(super) fn check(built: &Built, found: &mut Vec<Diagnostic>) {
    missing_copies(built, found);
    development_stage(built, found);
    packages_of_root(built, found);
}

/// What is copied from the context, and is not there.
fn missing_copies(built: &Built, found: &mut Vec<Diagnostic>) {
    for step in built.dockerfile.stages.iter().flat_map(|stage| &stage.steps) {
        let OutlineStep::Copy(name, sources) = step else { continue };
        for source in sources {
            if source.contains(['$', '*', '?', '[', '"', '\'']) || source.contains("://") {
                continue;
            }
            let inside = inside(source);
            if built.tree.has_nothing_at(&inside) {
                let message = format!(
                    "{} of `{}` copies `{source}`, which is not in its context `{}`",
                    built.path, built.service.name, built.context
                );
                let help = format!(
                    "build it from the folder that has it: `build: {{ context: …, dockerfile: … }}`; or correct the \
                     path behind {name}"
                );
                found.push(built.warning(Fault::MissingCopy, source, message).help(help));
            }
        }
    }
}

/// A path as a build takes it: nothing leads out of the context.
fn inside(source: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in Path::new(source).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::ParentDir => {
                path.pop();
            }
            _ => {}
        }
    }
    path
}

/// A Dockerfile that ends in the stage for development, of which production names no other.
fn development_stage(built: &Built, found: &mut Vec<Diagnostic>) {
    let has_target =
        built.key("build").and_then(|build| build.get("target")).and_then(Node::as_text).is_some();
    if built.mode != Mode::Production || has_target {
        return;
    }
    let stages = &built.dockerfile.stages;
    let among = |names: &[&str], stage: &str| names.iter().any(|name| stage.eq_ignore_ascii_case(name));
    let Some(stage) = stages.last() else { return };
    let names = stage.name.iter().chain([&stage.image]);
    let last = names.map(String::as_str).find(|name| among(&DEVELOPMENT, name));
    let mut named = stages.iter().filter_map(|stage| stage.name.as_deref());
    let other = named.find(|name| among(&PRODUCTION, name));
    if let (Some(last), Some(other)) = (last, other) {
        let message = format!(
            "production builds `{}` as `{last}`, the last stage of {}",
            built.service.name, built.path
        );
        let help = format!("name the stage: `build: {{ context: {}, target: {other} }}`", built.context);
        found.push(built.warning(Fault::DevelopmentStage, last, message).help(help));
    }
}

/// Packages of Python that root puts into its own home, before another user runs the program.
fn packages_of_root(built: &Built, found: &mut Vec<Diagnostic>) {
    let mut user = "root";
    let mut is_of_root = false;
    for step in built.dockerfile.stages.last().into_iter().flat_map(|stage| &stage.steps) {
        match step {
            OutlineStep::User(name) => user = name,
            OutlineStep::Run(script) if user == "root" || user == "0" => {
                is_of_root |= is_for_one_user(script)
            }
            _ => {}
        }
    }
    if is_of_root && user != "root" && user != "0" {
        let message = format!(
            "{} of `{}` installs packages for root with `pip install --user`, and runs as `{user}`, who does not find them",
            built.path, built.service.name
        );
        found.push(
            built
                .warning(Fault::PackagesOfRoot, user, message)
                .help("leave out `--user`, or write USER before it"),
        );
    }
}

/// Whether a command installs packages of Python for who runs it alone.
fn is_for_one_user(script: &str) -> bool {
    let mut parts = script.split(['&', ';', '|']);
    parts.any(|part| {
        let words: Vec<&str> = part.split_whitespace().collect();
        let is_pip = |word: &&str| *word == "pip" || *word == "pip3" || word.ends_with("/pip");
        words.iter().any(is_pip) && words.contains(&"install") && words.contains(&"--user")
    })
}
