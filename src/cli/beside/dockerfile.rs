//! A Dockerfile, held against the folder that it is built in.

use std::path::{Component, Path, PathBuf};

use super::Built;
use crate::definition::Mode;
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::yaml::Node;

/// Names of stages that are not meant for users.
const DEVELOPMENT: [&str; 4] = ["debug", "dev", "develop", "development"];
/// Names of stages that are.
const PRODUCTION: [&str; 5] = ["prod", "production", "release", "runner", "runtime"];

/// The instructions of a Dockerfile.
pub(super) struct Outline {
    /// Their names, in capitals, with what stands behind them, in one line.
    pub(super) instructions: Vec<(String, String)>,
}

impl Outline {
    pub(super) fn of(text: &str) -> Self {
        let mut instructions = Vec::new();
        let mut whole = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.trim_start().starts_with('#') {
                continue;
            }
            if let Some(part) = line.trim_end().strip_suffix('\\') {
                whole.push_str(part);
                whole.push(' ');
                continue;
            }
            whole.push_str(line);
            // A text of its own begins behind `<<`, and ends at the word that stands there.
            if let Some((_, word)) = whole.split_once("<<") {
                let word = word.trim_start_matches('-').split_whitespace().next().unwrap_or_default();
                let end = word.trim_matches(['"', '\'']).to_owned();
                lines.by_ref().find(|line| line.trim() == end);
            }
            if let Some((name, rest)) = whole.trim().split_once(char::is_whitespace) {
                instructions.push((name.to_ascii_uppercase(), rest.trim().to_owned()));
            }
            whole.clear();
        }
        Self { instructions }
    }

    /// The stages: the image that each begins with, and its name.
    fn stages(&self) -> Vec<(&str, Option<&str>)> {
        let froms = self.instructions.iter().filter(|(name, _)| name == "FROM");
        froms
            .filter_map(|(_, rest)| {
                let mut words = rest.split_whitespace().skip_while(|word| word.starts_with("--"));
                let image = words.next()?;
                let name =
                    words.next().filter(|word| word.eq_ignore_ascii_case("as")).and_then(|_| words.next());
                Some((image, name))
            })
            .collect()
    }
}

pub(super) fn check(built: &Built, found: &mut Vec<Diagnostic>) {
    missing_copies(built, found);
    development_stage(built, found);
    packages_of_root(built, found);
}

/// What is copied from the context, and is not there.
fn missing_copies(built: &Built, found: &mut Vec<Diagnostic>) {
    let copies = built.dockerfile.instructions.iter().filter(|(name, _)| name == "COPY" || name == "ADD");
    for (name, rest) in copies {
        // From another stage, a text of its own, or the form of a list.
        if rest.contains("--from=") || rest.contains("<<") || rest.starts_with('[') {
            continue;
        }
        let words: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
        let Some((_, sources)) = words.split_last() else { continue };
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
    let stages = built.dockerfile.stages();
    let among = |names: &[&str], stage: &str| names.iter().any(|name| stage.eq_ignore_ascii_case(name));
    let Some((image, name)) = stages.last() else { return };
    let last = name
        .filter(|name| among(&DEVELOPMENT, name))
        .or(Some(*image).filter(|image| among(&DEVELOPMENT, image)));
    let other = stages.iter().filter_map(|(_, name)| *name).find(|name| among(&PRODUCTION, name));
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
    for (name, rest) in &built.dockerfile.instructions {
        match name.as_str() {
            "FROM" => (user, is_of_root) = ("root", false),
            "USER" => user = rest,
            "RUN" if user == "root" || user == "0" => is_of_root |= is_for_one_user(rest),
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
