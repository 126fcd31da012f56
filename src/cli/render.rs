//! `stackgen render`: a stack in, the files beside it out.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use similar::TextDiff;

use super::stack::{InstanceArgs, StackArgs};
use super::write::{reason, temporary_in};
use super::{Outcome, beside, complain, display, print, stack, tell};
use crate::definition::{Spanned, read_lock};
use crate::fault::Fault;
use crate::plan::Plan;
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

pub(super) fn run(args: &Args) -> Outcome {
    let Some(opened) = args.stack.open() else { return Outcome::Unusable };
    if let Err(message) = check_instance(args.instance.number, &opened) {
        complain(&message);
        return Outcome::Unusable;
    }
    let Some(planned) = opened.or_report(opened.plan(args.instance.number)) else { return Outcome::Unusable };
    opened.warn(&beside::warnings(&opened.folder, &planned));
    let plans = match stack::chosen(&planned.plans, &args.environments) {
        Ok(plans) => plans,
        Err(message) => {
            complain(&message);
            return Outcome::Unusable;
        }
    };
    let out = Folder::new(args.out.clone().unwrap_or_else(|| opened.folder.clone()));
    if opened.or_report(out.check_required(&plans)).is_none() {
        return Outcome::Unusable;
    }
    let wanted = |file: &OutputFile| plans.iter().any(|plan| file.environments.contains(&plan.environment));
    let files: Vec<OutputFile> = render::files(&planned).into_iter().filter(wanted).collect();
    if args.stdout {
        let is_compose =
            |file: &&OutputFile| plans.iter().any(|plan| file.path == render::compose_path(plan));
        let texts: Vec<&str> = files.iter().filter(is_compose).map(|file| file.content.as_str()).collect();
        return print(&texts.join("---\n"));
    }
    let whole = args.environments.is_empty() && args.instance.number == 1;
    let leftovers = if whole { out.leftovers(&files) } else { Vec::new() };
    if args.check { check(&out, &files, &leftovers) } else { write(&out, &files, &leftovers, args.force) }
}

/// Whether there may be so many instances.
fn check_instance(instance: u16, opened: &stack::Opened) -> Result<(), String> {
    let instances = opened.stack.as_ref().and_then(|stack| stack.instances.as_ref());
    match instances {
        _ if instance == 1 || opened.stack.is_none() => Ok(()),
        Some(instances) if instance <= instances.max.value => Ok(()),
        Some(instances) => Err(format!(
            "error: this stack has room for {} instances\n  help: raise `instances: {{ max: {instance} }}`\n",
            instances.max.value
        )),
        None => Err("error: this stack does not say how far apart its instances are\n  help: write \
                     `instances: { stride: 100, max: 10 }`\n"
            .to_owned()),
    }
}

/// The folder that is rendered into.
struct Folder {
    path: PathBuf,
    /// The checksums that its lock file holds.
    noted: IndexMap<String, String>,
}

impl Folder {
    fn new(path: PathBuf) -> Self {
        let mut folder = Self { path, noted: IndexMap::new() };
        if let Some(text) = folder.read(render::LOCK_FILE) {
            let mut sources = Sources::new();
            let id = sources.add(render::LOCK_FILE, text.as_str());
            folder.noted = parse(id, &text).map(|parsed| read_lock(&parsed).0.files).unwrap_or_default();
        }
        folder
    }

    fn state_of(&self, path: &str, text: &str) -> FileState {
        state_of(path, text, self.noted.get(path).map(String::as_str))
    }

    fn place(&self, path: &str) -> PathBuf {
        if self.path == Path::new(".") { PathBuf::from(path) } else { self.path.join(path) }
    }

    fn read(&self, path: &str) -> Option<String> {
        std::fs::read(self.place(path)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Whether the files are there that the rendered ones mount, such as certificates.
    fn check_required(&self, plans: &[&Plan]) -> Result<(), Vec<Diagnostic>> {
        let mut missing: Vec<&Spanned<String>> = plans.iter().flat_map(|plan| &plan.required).collect();
        missing.retain(|file| !self.place(&file.value).is_file());
        missing.sort_by_key(|file| file.span);
        missing.dedup_by_key(|file| file.span);
        let missing = missing.into_iter().map(|file| {
            let help = "put it there, as a path from the folder of the rendered files; or write the absolute path that it \
                        has on the machine that runs the stack, which is not looked at";
            Fault::MissingFile.at(file.span, format!("there is no file `{}`", file.value)).help(help)
        });
        let missing: Vec<Diagnostic> = missing.collect();
        if missing.is_empty() { Ok(()) } else { Err(missing) }
    }

    /// Whether a file is as it is rendered. Line ends are git's: a checkout on Windows may have changed them.
    fn holds(&self, file: &OutputFile) -> bool {
        self.read(&file.path).is_some_and(|text| text.replace("\r\n", "\n") == file.content)
    }

    /// Files that were rendered here once and are no longer.
    fn leftovers(&self, files: &[OutputFile]) -> Vec<String> {
        let rendered: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let mut found = Vec::new();
        // Files of further instances are rendered one by one.
        let is_instance = |name: &str| {
            let number = name.trim_end_matches(".yml").rsplit('-').next().unwrap_or_default();
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        };
        let is_compose =
            |name: &str| name.starts_with("docker-compose.") && name.ends_with(".yml") && !is_instance(name);
        let is_ours =
            |name: &str| is_compose(name) || [render::ENV_EXAMPLE, render::MAKEFILE].contains(&name);
        found.extend(names_in(&self.path).into_iter().filter(|name| is_ours(name)));
        let mut folders = vec!["config".to_owned()];
        while let Some(folder) = folders.pop() {
            for name in names_in(&self.place(&folder)) {
                let path = format!("{folder}/{name}");
                if self.place(&path).is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.retain(|path| !rendered.contains(path.as_str()));
        found.retain(|path| {
            self.read(path).is_some_and(|text| self.state_of(path, &text) != FileState::Foreign)
        });
        found.sort();
        found
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(if folder == Path::new("") { Path::new(".") } else { folder });
    entries.into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
}

/// Shows what `render` would change.
fn check(out: &Folder, files: &[OutputFile], leftovers: &[String]) -> Outcome {
    let mut diff = String::new();
    let mut stale = 0;
    let mut edited = Vec::new();
    let mut compare = |path: &str, old: Option<String>, new: Option<&str>| {
        let old = old.map(|text| text.replace("\r\n", "\n"));
        if old.as_deref() == new {
            return;
        }
        stale += 1;
        if old.as_deref().is_some_and(|text| out.state_of(path, text) != FileState::Unchanged) {
            edited.push(format!("`{path}`"));
        }
        let shown = display(&out.place(path));
        let name = |text: bool| if text { shown.as_str() } else { "/dev/null" };
        let header = (name(old.is_some()), name(new.is_some()));
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
        let text =
            TextDiff::from_lines(old.as_str(), new).unified_diff().header(header.0, header.1).to_string();
        diff.push_str(&text);
    };
    for file in files {
        compare(&file.path, out.read(&file.path), Some(&file.content));
    }
    for path in leftovers {
        compare(path, out.read(path), None);
    }
    if stale == 0 {
        complain(&format!("{} up to date\n", count(files.len(), "file")));
        return Outcome::Clean;
    }
    let printed = tell(&diff);
    let all = count(files.len() + leftovers.len(), "file");
    complain(&match &edited[..] {
        [] => format!("{stale} of {all} stale; `stackgen render` brings them up to date\n"),
        edited => format!(
            "{stale} of {all} stale; changed by hand: {}\n  help: say it in stack.yaml, or take it back with \
             `stackgen render --force`\n",
            edited.join(", ")
        ),
    });
    Outcome::Findings.max(printed)
}

/// Writes what has changed, all of it or nothing.
fn write(out: &Folder, files: &[OutputFile], leftovers: &[String], force: bool) -> Outcome {
    let changed: Vec<&OutputFile> = files.iter().filter(|file| !out.holds(file)).collect();
    if !force && refuse_edited(out, &changed, leftovers) {
        return Outcome::Unusable;
    }
    if let Err(message) = replace(out, &changed) {
        complain(&message);
        return Outcome::Unusable;
    }
    for file in &changed {
        complain(&format!("  wrote    {}\n", display(&out.place(&file.path))));
    }
    for path in leftovers {
        let place = out.place(path);
        if let Err(error) = std::fs::remove_file(&place) {
            complain(&format!("error: cannot remove `{}`: {}\n", display(&place), reason(&error)));
            return Outcome::Unusable;
        }
        complain(&format!("  removed  {}\n", display(&place)));
        // A folder of configs goes with the last of them; one that holds more stays.
        if path.contains('/') {
            place.parent().into_iter().for_each(|folder| _ = std::fs::remove_dir(folder));
        }
    }
    let unchanged = files.len() - changed.len();
    complain(&format!("{} rendered, {unchanged} unchanged\n", count(files.len(), "file")));
    Outcome::Clean
}

/// Says which files a person has changed or made; true if there are any.
fn refuse_edited(out: &Folder, changed: &[&OutputFile], leftovers: &[String]) -> bool {
    let mut sources = Sources::new();
    let mut diagnostics = Vec::new();
    let rendered = changed.iter().map(|file| (file.path.as_str(), Some(file.content.as_str())));
    for (path, content) in rendered.chain(leftovers.iter().map(|path| (path.as_str(), None))) {
        let Some(existing) = out.read(path) else { continue };
        let (name, message) = match (out.state_of(path, &existing), content) {
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
        let id = sources.add(display(&out.place(path)), existing);
        let span = Span::new(id, range.start, range.end);
        diagnostics.push(name.at(span, message).label(label).help(help));
    }
    if !diagnostics.is_empty() {
        stack::complain_about(&diagnostics, &sources);
    }
    !diagnostics.is_empty()
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

/// Writes every file beside its place first, and moves them only when all are there.
fn replace(out: &Folder, files: &[&OutputFile]) -> Result<(), String> {
    if let Some(folder) = files.iter().map(|file| out.place(&file.path)).find(|path| path.is_dir()) {
        return Err(format!(
            "error: cannot write `{}`: a folder is in its place\n  help: nothing was written; remove the folder (Docker \
             makes one where a file that it is to mount is missing)\n",
            display(&folder)
        ));
    }
    let mut created = Vec::new();
    let written = beside(out, files, &mut created).inspect_err(|_| {
        // Only what is empty goes.
        for folder in created.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
    })?;
    for (temporary, path) in written {
        temporary.persist(&path).map_err(|error| {
            format!("error: cannot write `{}`: {}\n", display(&path), reason(&error.error))
        })?;
    }
    Ok(())
}

/// Writes every file under another name in its folder; the folders that have to be made join `created`.
fn beside(
    out: &Folder,
    files: &[&OutputFile],
    created: &mut Vec<PathBuf>,
) -> Result<Vec<(tempfile::NamedTempFile, PathBuf)>, String> {
    let mut written = Vec::new();
    for file in files {
        let path = out.place(&file.path);
        let failed = |error: std::io::Error| {
            format!(
                "error: cannot write `{}`: {}\n  help: nothing was written; make the folder writable, or name another \
                 with `--out`\n",
                display(&path),
                reason(&error)
            )
        };
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        let missing = folder.ancestors().filter(|folder| *folder != Path::new("") && !folder.exists());
        let missing: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
        created.extend(missing.into_iter().rev());
        std::fs::create_dir_all(folder).map_err(|error| {
            match folder.ancestors().find(|folder| folder.exists() && !folder.is_dir()) {
                Some(file) => format!(
                    "error: cannot write `{}`: `{}` is no folder\n  help: nothing was written; name another folder with \
                     `--out`\n",
                    display(&path),
                    display(file)
                ),
                None => failed(error),
            }
        })?;
        let mut temporary = temporary_in(folder).map_err(failed)?;
        temporary.write_all(file.content.as_bytes()).map_err(failed)?;
        written.push((temporary, path));
    }
    Ok(written)
}
