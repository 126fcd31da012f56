//! `stackgen fmt`: compose files and stacks with one look.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::disk::{Change, Disk, Transaction};
use super::error::CliError;
use super::{Outcome, complain, display, lint, stack, tell};
use crate::format::format;
use crate::projects::{holds_compose, is_compose_name};
use crate::render::{FileState, state_of};

const EXAMPLES: &str = "\
Examples:
  stackgen fmt                  the compose files of this folder and below, and the stack.yaml in it
  stackgen fmt deploy/a.yaml    one file
  stackgen fmt --check          change nothing, and show what would be

What a file says stays as it is, comments, anchors and aliases included. Rendered files are left alone.

Exit codes: 0 done or nothing to do, 1 with `--check`: a file would change, 2 a file that cannot be read.";

/// Give compose files and stacks one look
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Files and folders; a folder stands for the compose files in it and below, and for its stack.yaml [default: .]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Change nothing; show what would be, as a diff
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let here = [PathBuf::from(".")];
    let named = if args.paths.is_empty() { &here[..] } else { &args.paths };
    let mut paths: BTreeSet<PathBuf> = BTreeSet::new();
    for path in named {
        if disk.of_folder(path).is_folder(path) {
            paths.extend(lint::compose_files(path, disk));
            let stack = stack::place(path, stack::STACK_FILE);
            paths.extend(Some(stack).filter(|stack| disk.of_folder(path).is_file(stack)));
        } else {
            paths.insert(path.clone());
        }
    }
    let mut changes: BTreeMap<PathBuf, Vec<Change>> = BTreeMap::new();
    let mut diff = String::new();
    let mut count = 0_usize;
    for path in &paths {
        let before = disk.read_named(path)?;
        let name = display(path);
        if state_of(&name, &before, None) != FileState::Foreign {
            continue;
        }
        let Some(after) = format(&before, is_compose(path, &before)) else { continue };
        count += 1;
        diff.push_str(&TextDiff::from_lines(&before, &after).unified_diff().header(&name, &name).to_string());
        let change = Change::write(path, after.as_str()).over(Some(before.as_bytes()));
        changes.entry(disk.root_of_file(path)).or_default().push(change);
    }
    if args.check {
        tell(&diff)?;
        return Ok(if count > 0 { Outcome::Findings } else { Outcome::Clean });
    }
    for (root, changes) in &changes {
        Transaction::begin(disk, root)?.commit(disk, changes)?;
    }
    let files = |count: usize| if count == 1 { "file" } else { "files" };
    complain(&format!("changed {count} {} of {}\n", files(count), paths.len()));
    Ok(Outcome::Clean)
}

/// Whether a file is a compose file, by its name and what it holds.
fn is_compose(path: &Path, text: &str) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name != stack::STACK_FILE && (is_compose_name(&name) || holds_compose(text))
}
