//! `stackgen lint`: compose files in, findings out.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{Outcome, complain, look, print, shown, stack};
use crate::compose::Project;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint;
use crate::render;
use crate::report;
use crate::source::{SourceId, Sources};

/// The files that Compose looks for in a folder, the first that is there winning.
const DEFAULT_FILES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
/// The file that it lays over it, the first that is there winning.
const OVERRIDE_FILES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

const EXAMPLES: &str = "\
Examples:
  stackgen lint                                     the compose files of this folder
  stackgen lint deploy/ infra/compose.yaml          a folder, and a file
  stackgen lint -f compose.yaml -f compose.ci.yaml  two files merged, as docker compose does
  stackgen lint --stack stacks/shop                 what a stack would be rendered to
  stackgen lint --format json | jq '.findings[].message'

Exit codes: 0 nothing to say, 1 findings, 2 a file that cannot be read or is no compose file.";

/// Find mistakes in compose files
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Files, each a project of its own, or folders: their compose file with its override, and each
    /// docker-compose.*.yml beside it [default: .]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// A file of one project; files given so are merged in order
    #[arg(short, long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Lint what this stack would be rendered to, as the folder with its stack.yaml
    #[arg(long, value_name = "DIR")]
    stack: Option<PathBuf>,

    /// How findings are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people, with the source
    Human,
    /// For programs
    Json,
}

pub(super) fn run(args: &Args) -> Outcome {
    let mut outcome = Outcome::Clean;
    let mut projects = Vec::new();
    let mut sources = Sources::new();
    if let Some(folder) = &args.stack {
        let Some(opened) = stack::open(folder) else { return Outcome::Unusable };
        let planned = opened.plan(1);
        let folder = opened.folder;
        sources = opened.sources;
        match planned {
            Ok(planned) => {
                let files = render::files(&planned);
                let compose = planned.plans.iter().map(render::compose_path);
                for file in compose.filter_map(|path| files.iter().find(|file| file.path == path)) {
                    projects.push(vec![sources.add(shown(&folder.join(&file.path)), file.content.clone())]);
                }
            }
            Err(diagnostics) => return report(args, &diagnostics, &sources, 1).max(Outcome::Unusable),
        }
    }
    for files in projects_of(args, &mut outcome) {
        let read: Vec<SourceId> = files
            .iter()
            .filter_map(|path| match read(path) {
                Ok(text) => Some(sources.add(shown(path), text)),
                Err(message) => {
                    complain(&message);
                    outcome = Outcome::Unusable;
                    None
                }
            })
            .collect();
        // A project that lacks one of its files would be found wanting where it is not.
        if read.len() == files.len() {
            projects.push(read);
        }
    }
    let (findings, verdict) = lint_projects(&sources, &projects);
    let files = projects.iter().map(Vec::len).sum();
    outcome.max(verdict).max(report(args, &findings, &sources, files))
}

/// Prints findings in the form that was asked for.
fn report(args: &Args, findings: &[Diagnostic], sources: &Sources, files: usize) -> Outcome {
    print(&match args.format {
        Format::Json => report::json(findings, sources, files),
        Format::Human if files == 0 => String::new(),
        Format::Human => {
            let summary = report::summary(findings, files);
            format!("{}{summary}\n", report::human(findings, sources, look(std::io::stdout().is_terminal())))
        }
    })
}

/// What every rule says about some projects, each one or several texts in the order they are merged.
pub(super) fn lint_projects(sources: &Sources, projects: &[Vec<SourceId>]) -> (Vec<Diagnostic>, Outcome) {
    let mut findings = Vec::new();
    let mut outcome = Outcome::Clean;
    for files in projects {
        let project = Project::load(sources, files);
        let found = lint::lint(&project);
        if !project.problems.is_empty() {
            outcome = Outcome::Unusable;
        } else if found.iter().any(|finding| finding.severity > Severity::Hint) {
            outcome = outcome.max(Outcome::Findings);
        }
        findings.extend(found);
    }
    (findings, outcome)
}

/// The files of each project that the arguments name.
fn projects_of(args: &Args, outcome: &mut Outcome) -> Vec<Vec<PathBuf>> {
    let mut projects = Vec::new();
    if !args.files.is_empty() {
        projects.push(args.files.clone());
    }
    let here = [PathBuf::from(".")];
    let nothing_named = args.paths.is_empty() && args.files.is_empty() && args.stack.is_none();
    let paths = if nothing_named { &here[..] } else { &args.paths };
    for path in paths {
        if !path.is_dir() {
            projects.push(vec![path.clone()]);
            continue;
        }
        match projects_in(path) {
            Ok(found) => projects.extend(found),
            Err(message) => {
                complain(&message);
                *outcome = Outcome::Unusable;
            }
        }
    }
    projects
}

/// The projects directly in a folder: its default file with the override beside it, and every other file alone.
fn projects_in(folder: &Path) -> Result<Vec<Vec<PathBuf>>, String> {
    let cannot = |error: std::io::Error| format!("error: cannot read `{}`: {error}\n", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let name = entry.map_err(cannot)?.file_name().to_string_lossy().into_owned();
        if is_compose_file(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        let holds_stack = folder.join(stack::STACK_FILE).is_file();
        let folder = folder.display();
        let help = if holds_stack {
            format!("it holds a stack; `stackgen lint --stack {folder}` lints what that is rendered into")
        } else {
            "a folder stands for its compose.yaml or docker-compose.yml, and for each docker-compose.*.yml; name any \
             other file itself"
                .to_owned()
        };
        return Err(format!("error: no compose file in `{folder}`\n  help: {help}\n"));
    }
    names.sort();
    let mut take = |wanted: &[&str]| {
        let found = wanted.iter().find_map(|wanted| names.iter().position(|name| name == wanted))?;
        Some(names.remove(found))
    };
    let mut merged: Vec<String> = take(&DEFAULT_FILES).into_iter().collect();
    if !merged.is_empty() {
        merged.extend(take(&OVERRIDE_FILES));
    }
    let alone = names.into_iter().map(|name| vec![name]);
    let projects = std::iter::once(merged).filter(|files| !files.is_empty()).chain(alone);
    let place = |name: String| if folder == Path::new(".") { name.into() } else { folder.join(name) };
    Ok(projects.map(|files| files.into_iter().map(place).collect()).collect())
}

/// `compose.yaml`, `docker-compose.yml`, and both with a word between: `docker-compose.dev.yml`.
fn is_compose_file(name: &str) -> bool {
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    stem.is_some_and(|stem| {
        let rest = stem.strip_prefix("docker-").unwrap_or(stem).strip_prefix("compose");
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// The text of a file, or what to tell the user.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| {
        let help = match error.kind() {
            std::io::ErrorKind::NotFound => "check the spelling; a folder stands for the compose files in it",
            std::io::ErrorKind::PermissionDenied => "allow the current user to read it",
            _ => "name a file or a folder that can be read",
        };
        format!("error: cannot read `{}`: {error}\n  help: {help}\n", path.display())
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!(
            "error: `{}` is not UTF-8 text (line {line})\n  help: save it as UTF-8, the one encoding that Docker Compose \
             reads\n",
            path.display()
        )
    })
}
