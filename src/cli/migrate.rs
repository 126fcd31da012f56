//! `stackgen migrate`: the configuration of another linter in, the `stackgen.toml` that means the same out.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::configuration::CONFIG_FILE;
use super::disk::{Disk, write_one};
use super::error::CliError;
use super::{Outcome, complain, display, print};
use crate::report::escape::toml_comment;
use compose_reader::source::Sources;
use compose_reader::yaml::{Node, parse};

const EXAMPLES: &str = "\
Examples:
  stackgen migrate dclint                  the .dclintrc of this folder, to a stackgen.toml beside it
  stackgen migrate dclint ci/.dclintrc.json --stdout";

/// Turn the configuration of another linter into a stackgen.toml
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The linter
    #[arg(value_name = "LINTER", value_enum)]
    from: Linter,

    /// Its configuration, in JSON or YAML [default: the .dclintrc of this folder]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// Print the result instead of writing it
    #[arg(long)]
    stdout: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Linter {
    Dclint,
}

/// The files that dclint looks for, as far as they are data.
const DCLINT_FILES: [&str; 4] = [".dclintrc", ".dclintrc.json", ".dclintrc.yaml", ".dclintrc.yml"];

/// The rules of dclint 3.1 with the level that they have unless configured, and what they are called here.
///
/// Source: the `src/rules` of dclint 3.1.0; a rule's `type` is its level.
const DCLINT_RULES: [(&str, u8, Option<&str>); 15] = [
    ("no-build-and-image", 2, Some("build-and-image")),
    ("no-duplicate-container-names", 2, Some("container-name-collision")),
    ("no-duplicate-exported-ports", 2, Some("port-collision")),
    ("no-quotes-in-volumes", 1, None),
    ("no-unbound-port-interfaces", 2, Some("unbound-port")),
    ("no-version-field", 2, Some("obsolete-version")),
    ("require-project-name-field", 1, Some("unnamed-project")),
    ("require-quotes-in-ports", 1, Some("unquoted-port")),
    ("service-container-name-regex", 2, Some("invalid-value")),
    ("service-dependencies-alphabetical-order", 1, None),
    ("service-image-require-explicit-tag", 2, Some("floating-tag")),
    ("service-keys-order", 1, Some("key-order")),
    ("service-ports-alphabetical-order", 1, None),
    ("services-alphabetical-order", 1, Some("service-order")),
    ("top-level-properties-order", 1, None),
];

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let Linter::Dclint = args.from;
    let here = disk.of_folder(Path::new("."));
    let file = match &args.file {
        Some(file) => file.clone(),
        None => DCLINT_FILES.iter().map(PathBuf::from).find(|path| here.is_there(path)).ok_or_else(|| {
            CliError::new("there is no .dclintrc here").help(
                "name it: `stackgen migrate dclint FILE`; one in JavaScript has to be written as JSON or YAML first",
            )
        })?,
    };
    let config = from_dclint(&file, &disk.read_named(&file)?)?;
    if args.stdout {
        return print(&config);
    }
    let place = file.parent().unwrap_or(Path::new("")).join(CONFIG_FILE);
    let there = disk.of_files(std::slice::from_ref(&place));
    if there.is_there(&place) || there.is_folder(&place) {
        return Err(CliError::new(format!("`{}` is there already", display(&place)))
            .help("`--stdout` prints what would be in it"));
    }
    write_one(disk, &place, &config)?;
    complain(&format!("wrote `{}`\n", display(&place)));
    Ok(Outcome::Clean)
}

/// The text of a `stackgen.toml` for a configuration of dclint.
fn from_dclint(file: &Path, text: &str) -> Result<String, CliError> {
    let id = Sources::new().add(display(file), text);
    let wrong =
        |reason: &str| CliError::new(format!("`{}` is no configuration of dclint: {reason}", display(file)));
    let parsed = parse(id, text).map_err(|error| wrong(&error.message))?;
    let root = parsed.documents.first().filter(|root| root.as_mapping().is_some());
    let root = root.ok_or_else(|| wrong("it is no mapping"))?;
    let mut out =
        format!("# From `{}`, by `stackgen migrate dclint`.\n\n[rules]\n", toml_comment(&display(file)));
    let mut notes = String::new();
    let configured = |name: &str| root.get("rules").and_then(|rules| rules.get(name));
    for (name, usual, ours) in DCLINT_RULES {
        let value = configured(name);
        let level =
            value.map_or(Some(usual), level_of).ok_or_else(|| wrong(&format!("`{name}` has no level")))?;
        match ours {
            Some(ours) => out.push_str(&format!("{ours} = \"{}\" # {name}\n", word_of(level))),
            None if level > 0 => notes.push_str(&format!("# {name}: nothing here is like it.\n")),
            None => {}
        }
        if value.and_then(Node::as_sequence).is_some_and(|items| items.len() > 1) {
            notes.push_str(&format!("# {name}: its options have no counterpart.\n"));
        }
    }
    let known = |name: &str| DCLINT_RULES.iter().any(|(known, ..)| *known == name);
    let rules = root.get("rules").and_then(Node::as_mapping).into_iter().flatten();
    for (name, _) in rules.filter(|(name, _)| !known(name)) {
        notes.push_str(&format!("# {}: dclint 3.1 has no such rule.\n", toml_comment(name)));
    }
    let excluded = root.get("exclude").and_then(Node::as_sequence).unwrap_or_default();
    for path in excluded.iter().filter_map(Node::as_text) {
        notes.push_str(&format!(
            "# exclude {}: write it into .gitignore or .ignore, which are honoured.\n",
            toml_comment(path)
        ));
    }
    if !notes.is_empty() {
        out.push_str(&format!("\n{notes}"));
    }
    Ok(out)
}

/// `0`, `1` or `2`, alone or before options.
fn level_of(node: &Node) -> Option<u8> {
    let node = node.as_sequence().map_or(Some(node), <[Node]>::first)?;
    u8::try_from(node.as_integer()?).ok().filter(|level| *level <= 2)
}

fn word_of(level: u8) -> &'static str {
    match level {
        0 => "off",
        1 => "warning",
        _ => "error",
    }
}

#[cfg(test)]
mod tests {
    use super::DCLINT_RULES;
    use crate::lint::find;

    #[test]
    fn every_rule_of_ours_is_one() {
        for ours in DCLINT_RULES.iter().filter_map(|(.., ours)| *ours) {
            assert!(find(ours).is_some(), "{ours}");
        }
    }
}
