//! `stackgen render`: a stack in, the files beside it out.

pub(in crate::cli) mod refused;
mod shown;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use similar::TextDiff;

use super::disk::{Change, Disk, ProjectFiles, Transaction};
use super::error::CliError;
use super::stack::{InstanceArgs, StackArgs};
use super::{Outcome, beside, complain, display, print, stack, tell};
use crate::definition::read_lock;
use crate::fault::Fault;
use crate::lint;
use crate::plan::{self, Plan, RequiredFile};
use crate::render::{self, FileState, OutputFile, state_of};
use crate::report::count;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::{Sources, Span};
use compose_reader::yaml::parse;

const EXAMPLES: &str = "\
Examples:
  stackgen render                                 every file of the stack in this folder
  stackgen render production --stack stacks/shop  one environment of another stack
  stackgen render --check                         show what is stale, and exit 1 (for CI)
  stackgen render dev-fast --stdout               print the compose file, write nothing

What Docker Compose would refuse, and what `stackgen lint` calls an error, is an error here too,
at the line of stack.yaml that causes it.

A file that was changed by hand since it was rendered is left alone, and nothing is written;
`--force` takes it back to what stack.yaml says. `.env` and secrets are never touched.

Exit codes: 0 done, 1 a file is stale (--check), 2 the stack is wrong or a file cannot be written.";

/// Render the compose files of a stack
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Environments to render [default: all of the stack]
    #[arg(value_name = "ENVIRONMENT")]
    environments: Vec<String>,

    #[command(flatten)]
    stack: StackArgs,

    /// The folder to write to, whose relative paths are then meant from there [default: the stack's]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    #[command(flatten)]
    instance: InstanceArgs,

    /// Write nothing; show what differs from what lies there
    #[arg(long)]
    check: bool,

    /// Print the compose files instead of writing anything
    #[arg(long, conflicts_with = "check")]
    stdout: bool,

    /// Overwrite files that were changed by hand
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let is_writing = !args.check && !args.stdout;
    if is_writing {
        Transaction::recover(disk, args.out.as_deref().unwrap_or(args.stack.folder(disk)))?;
    }
    let opened = args.stack.open(disk)?;
    check_instance(args.instance.number, &opened)?;
    let planned = opened.or_report(opened.plan(args.instance.number))?;
    let mut warnings = opened.stack.as_ref().map(plan::withdrawn).unwrap_or_default();
    warnings.extend(beside::warnings(&opened.folder, &opened.files, &planned));
    lint::drop_suppressed(&opened.sources, &mut warnings);
    opened.warn(&warnings);
    let plans = stack::chosen(&planned.plans, &args.environments)?;
    let out = Folder::new(args.out.clone().unwrap_or_else(|| opened.folder.clone()), disk)?;
    opened.or_report(out.check_required(&plans))?;
    let wanted = |file: &OutputFile| plans.iter().any(|plan| file.environments.contains(&plan.environment));
    let mut files: Vec<OutputFile> = render::files(&planned).into_iter().filter(wanted).collect();
    opened.or_report(refused::check(&opened, &plans, &files))?;
    if args.stdout {
        let is_compose =
            |file: &&OutputFile| plans.iter().any(|plan| file.path == render::compose_path(plan));
        let texts: Vec<&str> = files.iter().filter(is_compose).map(|file| file.content.as_str()).collect();
        return print(&texts.join("---\n"));
    }
    for file in files.iter_mut().filter(|file| file.is_section) {
        file.content = file.over(out.read(&file.path)?.as_deref()).into_owned();
    }
    let whole = args.environments.is_empty() && args.instance.number == 1;
    let leftovers = if whole { out.leftovers(&files)? } else { Vec::new() };
    if args.check { check(&out, &files, &leftovers) } else { write(&out, &files, &leftovers, args.force) }
}

/// Whether there may be so many instances.
fn check_instance(instance: u16, opened: &stack::Opened) -> Result<(), CliError> {
    let instances = opened.stack.as_ref().and_then(|stack| stack.instances.as_ref());
    match instances {
        _ if instance == 1 || opened.stack.is_none() => Ok(()),
        Some(instances) if instance <= instances.max.value => Ok(()),
        Some(instances) => {
            Err(CliError::new(format!("this stack has room for {} instances", instances.max.value))
                .help(format!("raise `instances: {{ max: {instance} }}`")))
        }
        None => Err(CliError::new("this stack does not say how far apart its instances are")
            .help("write `instances: { stride: 100, max: 10 }`")),
    }
}

/// The folder that is rendered into.
struct Folder {
    path: PathBuf,
    around: ProjectFiles,
    /// The checksums that its lock file holds.
    noted: IndexMap<String, String>,
}

impl Folder {
    fn new(path: PathBuf, disk: &Disk) -> Result<Self, CliError> {
        let around = disk.of_folder(&path);
        let mut folder = Self { path, around, noted: IndexMap::new() };
        if let Some(text) = folder.read(render::LOCK_FILE)? {
            let mut sources = Sources::new();
            let id = sources.add(render::LOCK_FILE, text.as_str());
            folder.noted = parse(id, &text).map(|parsed| read_lock(&parsed).0.files).unwrap_or_default();
        }
        Ok(folder)
    }

    /// What lies in the place of a file, or of one that is rendered no longer.
    fn state_of(&self, path: &str, file: Option<&OutputFile>, there: &str) -> FileState {
        let noted = self.noted.get(path).map(String::as_str);
        file.map_or_else(|| state_of(path, there, noted), |file| file.state_of(there, noted))
    }

    fn place(&self, path: &str) -> PathBuf {
        if self.path == Path::new(".") { PathBuf::from(path) } else { self.path.join(path) }
    }

    /// What lies in the place of a file, bytes that are no text replaced; `None` if nothing or a folder does.
    fn read(&self, path: &str) -> Result<Option<String>, CliError> {
        let bytes = self.bytes(path)?;
        let lossy = |bytes: Vec<u8>| {
            String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
        };
        Ok(bytes.map(lossy))
    }

    fn bytes(&self, path: &str) -> Result<Option<Vec<u8>>, CliError> {
        let place = self.place(path);
        if self.around.is_folder(&place) { Ok(None) } else { self.around.bytes_if_there(&place) }
    }

    /// Whether the files are there that the rendered ones mount, such as certificates.
    fn check_required(&self, plans: &[&Plan]) -> Result<(), Vec<Diagnostic>> {
        let mut missing: Vec<&RequiredFile> = plans.iter().flat_map(|plan| &plan.required).collect();
        missing.retain(|file| {
            let place = self.place(&file.path);
            let is_there =
                if file.is_folder { self.around.is_folder(&place) } else { self.around.is_file(&place) };
            !is_there && !self.around.is_outside(&place)
        });
        missing.sort_by_key(|file| file.path.span);
        missing.dedup_by_key(|file| file.path.span);
        let missing = missing.into_iter().map(|RequiredFile { path: file, is_folder }| {
            let place = self.place(&file.value);
            if self.around.is_folder(&place) {
                let folder = file.value.trim_end_matches('/');
                let mut names = self.around.list(&place).files;
                names.sort();
                let paths: Vec<String> = names.iter().map(|name| format!("{folder}/{name}")).collect();
                let help = format!("name the files in it, in their order: {}", paths.join(", "));
                let message = format!("`{}` is a folder, and a file is needed", file.value);
                return Fault::MissingFile.at(file.span, message).help(help);
            }
            let what = if *is_folder { "folder" } else { "file" };
            let help = "put it there, as a path from the folder of the rendered files; or write the absolute path that it \
                        has on the machine that runs the stack, which is not looked at";
            Fault::MissingFile.at(file.span, format!("there is no {what} `{}`", file.value)).help(help)
        });
        let missing: Vec<Diagnostic> = missing.collect();
        if missing.is_empty() { Ok(()) } else { Err(missing) }
    }

    /// Whether a file is as it is rendered. A checkout on Windows may have changed its line ends.
    fn holds(&self, file: &OutputFile) -> Result<bool, CliError> {
        let text = self.read(&file.path)?;
        Ok(text.is_some_and(|text| with_line_ends_of_git(text) == file.content))
    }

    /// Files that were rendered here once and are no longer.
    fn leftovers(&self, files: &[OutputFile]) -> Result<Vec<String>, CliError> {
        let rendered: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let mut found = Vec::new();
        // Files of further instances are rendered one by one.
        let is_instance = |name: &str| {
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            let number = stem.rsplit('-').next().unwrap_or_default();
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        };
        // An environment may have given its file a name of its own.
        let is_compose =
            |name: &str| [".yml", ".yaml"].iter().any(|end| name.ends_with(end)) && !is_instance(name);
        let is_ours =
            |name: &str| is_compose(name) || [render::ENV_EXAMPLE, render::MAKEFILE].contains(&name);
        found.extend(self.around.list(&self.path).files.into_iter().filter(|name| is_ours(name)));
        let mut folders = vec!["config".to_owned()];
        while let Some(folder) = folders.pop() {
            let walked = self.around.list(&self.place(&folder));
            folders.extend(walked.folders.iter().map(|name| format!("{folder}/{name}")));
            found.extend(walked.files.iter().map(|name| format!("{folder}/{name}")));
        }
        found.retain(|path| !rendered.contains(path.as_str()));
        let mut ours = Vec::new();
        for path in found {
            let text = self.read(&path)?;
            if text.is_some_and(|text| self.state_of(&path, None, &text) != FileState::Foreign) {
                ours.push(path);
            }
        }
        ours.sort();
        Ok(ours)
    }
}

/// A text with line ends as git keeps them.
fn with_line_ends_of_git(text: String) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n") } else { text }
}

/// Shows what `render` would change.
fn check(out: &Folder, files: &[OutputFile], leftovers: &[String]) -> Result<Outcome, CliError> {
    let mut diff = String::new();
    let mut stale = 0;
    let mut edited = Vec::new();
    let mut compare = |path: &str, old: Option<String>, file: Option<&OutputFile>| {
        let old = old.map(with_line_ends_of_git);
        let new = file.map(|file| file.content.as_str());
        if old.as_deref() == new {
            return;
        }
        stale += 1;
        if old.as_deref().is_some_and(|text| out.state_of(path, file, text) != FileState::Unchanged) {
            edited.push(format!("`{path}`"));
        }
        let place = display(&out.place(path));
        let name = |text: bool| if text { place.as_str() } else { "/dev/null" };
        let header = (name(old.is_some()), name(new.is_some()));
        let text = |text: Option<&str>| text.map(|text| shown::shown(path, text)).unwrap_or_default();
        let (old, new) = (text(old.as_deref()), text(new));
        let text = TextDiff::from_lines(&old, &new).unified_diff().header(header.0, header.1).to_string();
        diff.push_str(&text);
    };
    for file in files {
        compare(&file.path, out.read(&file.path)?, Some(file));
    }
    for path in leftovers {
        compare(path, out.read(path)?, None);
    }
    if stale == 0 {
        complain(&format!("{} up to date\n", count(files.len(), "file")));
        return Ok(Outcome::Clean);
    }
    tell(&diff)?;
    let all = count(files.len() + leftovers.len(), "file");
    complain(&match &edited[..] {
        [] => format!("{stale} of {all} stale; `stackgen render` brings them up to date\n"),
        edited => format!(
            "{stale} of {all} stale; changed by hand: {}\n  help: say it in stack.yaml, or take it back with \
             `stackgen render --force`\n",
            edited.join(", ")
        ),
    });
    Ok(Outcome::Findings)
}

/// Writes what has changed, all of it or nothing.
fn write(out: &Folder, files: &[OutputFile], leftovers: &[String], force: bool) -> Result<Outcome, CliError> {
    let mut changed = Vec::new();
    for file in files {
        if !out.holds(file)? {
            changed.push(file);
        }
    }
    if !force {
        refuse_edited(out, &changed, leftovers)?;
    }
    let mut changes = Vec::new();
    for file in &changed {
        let before = out.bytes(&file.path)?;
        let change = Change::write(out.place(&file.path), file.content.as_str());
        changes.push(change.over(before.as_deref()));
    }
    for path in leftovers {
        changes.push(Change::remove(out.place(path)).over(out.bytes(path)?.as_deref()));
    }
    if !changes.is_empty() {
        let disk = out.around.disk();
        Transaction::begin(disk, &out.path)?.commit(disk, &changes)?;
    }
    for file in &changed {
        complain(&format!("  wrote    {}\n", display(&out.place(&file.path))));
    }
    for path in leftovers {
        complain(&format!("  removed  {}\n", display(&out.place(path))));
    }
    let unchanged = files.len() - changed.len();
    complain(&format!("{} rendered, {unchanged} unchanged\n", count(files.len(), "file")));
    Ok(Outcome::Clean)
}

/// # Errors
///
/// The files that a person has changed or made.
fn refuse_edited(out: &Folder, changed: &[&OutputFile], leftovers: &[String]) -> Result<(), CliError> {
    let mut sources = Sources::new();
    let mut diagnostics = Vec::new();
    let rendered = changed.iter().map(|file| (file.path.as_str(), Some(*file)));
    for (path, file) in rendered.chain(leftovers.iter().map(|path| (path.as_str(), None))) {
        let Some(existing) = out.read(path)? else { continue };
        let content = file.map(|file| file.content.as_str());
        let (name, message) = match (out.state_of(path, file, &existing), content) {
            (FileState::Unchanged, _) => continue,
            (FileState::Edited, Some(_)) => {
                (Fault::EditedFile, format!("`{path}` was changed by hand since it was rendered"))
            }
            (FileState::Edited, None) => {
                (Fault::EditedFile, format!("`{path}` was changed by hand, and is rendered no longer"))
            }
            (FileState::Foreign, _) => (Fault::ForeignFile, format!("`{path}` was not made by stackgen")),
        };
        let (range, label, help) = match content {
            Some(content) if name == Fault::ForeignFile && path == render::MAKEFILE => (
                first_difference(&existing, content),
                "yours",
                "write `makefile: false` in stack.yaml to keep it and do without the one of the stack, or move it away; \
                 `--force` overwrites it",
            ),
            Some(content) if name == Fault::ForeignFile && path == render::ENV_EXAMPLE => (
                first_difference(&existing, content),
                "yours",
                "write `env_example: section` in stack.yaml to have what the compose files ask for added to it, \
                 `env_example: false` to do without, or move it away; `--force` overwrites it",
            ),
            Some(content) => (
                first_difference(&existing, content),
                "differs from here on",
                "say it in stack.yaml, or move the file away; `--check` shows the difference, `--force` overwrites it",
            ),
            None => (
                0..existing.lines().next().unwrap_or_default().len(),
                "not part of the stack any more",
                "move the file away if it is still of use; `--force` removes it",
            ),
        };
        let id = shown::add(&mut sources, &display(&out.place(path)), &existing);
        let span = Span::new(id, range.start, range.end);
        diagnostics.push(name.at(span, message).label(label).help(help));
    }
    match &diagnostics[..] {
        [] => Ok(()),
        diagnostics => Err(CliError::of_findings(diagnostics, &sources, out.around.disk())),
    }
}

/// The first line of a text, checksums apart, that another does not have in its place.
fn first_difference(existing: &str, rendered: &str) -> std::ops::Range<usize> {
    let mut offset = 0;
    let mut other = rendered.lines();
    for line in existing.split_inclusive('\n') {
        let text = line.trim_end_matches(['\r', '\n']);
        let same = other.next() == Some(text);
        if !same && !text.contains("checksum: ") {
            return offset..offset + text.len();
        }
        offset += line.len();
    }
    existing.len()..existing.len()
}
