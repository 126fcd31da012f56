//! `stackgen lint`: compose files in, findings out.

mod baseline;
mod changed;
mod fixing;
pub(in crate::cli) mod input;
mod linting;
pub(in crate::cli) mod project;
mod rendered;
mod reporting;
mod secrets;
mod settings;
mod stacks;
mod unreachable;
mod workspace;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::disk::{Disk, STDIN, Transaction};
use super::error::CliError;
use super::origin::Origins;
use super::project::VersionArgs;
use super::{Outcome, display, stack, tell};
use crate::projects::Reason;
use changed::Changed;
use compose_reader::diagnostic::{Applicability, Severity};
use compose_reader::source::Sources;
use fixing::Fixing;
use input::Candidate;
pub(super) use input::compose_files;
use linting::{Input, excuse_parts, inputs_of, lint_all};
use project::{Linted, Reading};
use rendered::Rendered;
use reporting::Report;
use settings::Settings;
pub(super) use stacks::{config_findings, lint_stack};
pub(super) use workspace::{Choice, Readings, Said, Workspace, project_of};

const EXAMPLES: &str = "\
Examples:
  stackgen lint                                     the compose files of this folder and below
  stackgen lint deploy/ infra/compose.yaml          a folder, and a file
  stackgen lint -f compose.yaml -f compose.ci.yaml  two files merged, as docker compose does
  stackgen lint --explain-projects                  which files are read together, and why
  stackgen lint --stack stacks/shop                 what a stack would be rendered to
  stackgen lint --strict --ignore missing-restart   with the rules for production, but for one
  docker compose config | stackgen lint -           standard input
  stackgen lint --changed=main                      projects that differ from a branch
  stackgen lint --fix                               what can be fixed safely, and what is left
  stackgen lint --fix=unsafe --diff                 all that can be fixed, as a diff
  stackgen lint --format json | jq '.findings[].message'
  stackgen lint --format sarif --output lint.sarif  for code scanning

A comment says that a finding is known, at the end of its line or above it, or for a whole file:
  # stackgen: ignore[port-collision] one of the two is started at a time
  # stackgen: ignore-file[missing-probe] demonstration

Exit codes: 0 nothing that fails a run, 1 findings that do, 2 a file that cannot be read or is no compose file.";

/// Find mistakes in compose files
#[derive(Debug, Default, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Files, each a project of its own, `-` for standard input, or folders and patterns (`deploy/*/compose.yaml`): a
    /// folder stands for the compose files in it and below, apart from what .gitignore names [default: .]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// A file of one project; files given so are merged in order
    #[arg(short, long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Lint what this stack would be rendered to, as the folder with its stack.yaml
    #[arg(long, value_name = "DIR")]
    stack: Option<PathBuf>,

    /// Also what a production file should have: limits, restart, least privilege
    #[arg(long)]
    strict: bool,

    /// Also style
    #[arg(long)]
    pedantic: bool,

    /// Only these rules, by name or code
    #[arg(long, value_name = "RULE,...", value_delimiter = ',')]
    select: Vec<String>,

    /// All but these rules, by name or code
    #[arg(long, value_name = "RULE,...", value_delimiter = ',')]
    ignore: Vec<String>,

    /// The findings that fail a run: these and worse [default: warning]
    #[arg(long, value_name = "LEVEL", value_enum)]
    fail_on: Option<Gate>,

    /// The configuration [default: the nearest stackgen.toml, in the folder of a file or above it]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Read no stackgen.toml
    #[arg(long, conflicts_with = "config")]
    no_config: bool,

    /// Only projects with a file that differs from this revision of git, or that git does not know yet
    #[arg(long, value_name = "REVISION", num_args = 0..=1, require_equals = true, default_missing_value = "HEAD")]
    changed: Option<String>,

    /// Tell only what is not in this file, which `--write-baseline` makes
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write all findings to the baseline, and tell none
    #[arg(long, requires = "baseline")]
    write_baseline: bool,

    /// Change the files so that findings are gone; `--fix` alone is `--fix=safe`
    #[arg(long, value_name = "WHICH", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "safe")]
    fix: Option<Which>,

    /// Show what `--fix` would change, and change nothing
    #[arg(long)]
    diff: bool,

    /// The folder that relative paths are seen from [default: that of the first file]
    #[arg(long, value_name = "DIR")]
    project_directory: Option<PathBuf>,

    /// A file with variables, in place of `.env`; of several, the later one holds
    #[arg(long, value_name = "FILE")]
    env_file: Vec<PathBuf>,

    #[command(flatten)]
    version: VersionArgs,

    /// A profile that is on [default: all]
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,

    /// Show which files are read as one project, and why, and lint nothing
    #[arg(long)]
    explain_projects: bool,

    /// How findings are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,

    /// Write the findings to this file; the summary goes to standard error
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Only the findings that fail the run, and no summary
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For people, with the source
    #[default]
    Human,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code scanning: with fixes and the pages of the rules
    Sarif,
    /// Commands that GitHub Actions shows beside the lines of a pull request
    Github,
    /// A code quality report for GitLab
    Gitlab,
    /// JUnit XML, a suite for each file
    Junit,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
    /// What means the same to Compose, or what was plainly meant
    Safe,
    /// Also what a person should look at
    Unsafe,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Gate {
    Error,
    Warning,
}

impl Gate {
    fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
        }
    }
}

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let mut settings = Settings::new(args, disk)?;
    let mut disk = disk.clone();
    let mut report = Report::new(Sources::new());
    let mut projects = Vec::new();
    let mut origins = Origins::default();
    let mut warnings = Vec::new();
    if let Some(folder) = &args.stack {
        let opened = stack::open(folder, &disk)?;
        let rendered = Rendered::of(&opened, &mut disk);
        report.sources = opened.sources;
        match rendered {
            Ok(rendered) => {
                projects = rendered.paths.into_iter().map(|path| Candidate::of(vec![path])).collect();
                origins = rendered.origins;
                warnings = rendered.warnings;
            }
            Err(diagnostics) => return report.tell_wrong_stack(args, &disk, diagnostics),
        }
    }
    if is_fixing(args) {
        recover(args, &disk)?;
    }
    projects.extend(projects_named(args, &disk, &mut report));
    if projects.iter().flat_map(|project| &project.reading.files).any(|path| path == Path::new(STDIN)) {
        if is_fixing(args) {
            return Err(
                CliError::new("standard input cannot be changed").help("`--diff` shows what would be")
            );
        }
        disk.put_stdin()?;
    }
    let mut inputs = inputs_of(projects, &mut settings, &disk)?;
    if args.explain_projects {
        return Ok(tell(&explained(&inputs))?.max(report.outcome));
    }
    if let Some(input) = inputs.first() {
        report.add_warnings(warnings, &input.rules);
    }
    let mut linted = lint_all(&inputs, &disk);
    excuse_parts(&mut inputs, &mut linted);
    if let Some(revision) = &args.changed {
        keep_touched(&Changed::since(revision, &disk)?, &mut inputs, &mut linted)?;
    }
    if args.diff || args.fix.is_some() {
        let fixing = fix_all(args, &inputs, &linted, &mut disk);
        if args.diff {
            return Ok(show(&fixing)?.max(report.outcome));
        }
        fixing.write(&disk)?;
        fixing.tell("fixed");
        if fixing.has_changed() {
            linted = lint_all(&inputs, &disk);
        }
    }
    report.combinations = inputs.iter().filter(|input| input.is_combination).count();
    for (linted, input) in linted.into_iter().zip(&inputs) {
        report.add(linted, &input.rules);
    }
    report.add_across();
    report.findings = origins.settled(&report.sources, std::mem::take(&mut report.findings));
    report.compare(args, &disk);
    report.tell(args, &disk)
}

/// Whether files are to be changed.
fn is_fixing(args: &Args) -> bool {
    args.fix.is_some() && !args.diff
}

/// Finishes or undoes what an earlier run has left half-way.
fn recover(args: &Args, disk: &Disk) -> Result<(), CliError> {
    let here = [PathBuf::from(".")];
    let named = args.files.iter().chain(&args.paths).chain(&here);
    // A folder stands for itself, and a file for the folder where it lies.
    let roots = named.flat_map(|path| [disk.root_of_file(path), disk.root_of_file(&path.join("_"))]);
    roots.collect::<BTreeSet<_>>().iter().try_for_each(|root| Transaction::recover(disk, root))
}

/// Leaves out the projects of which no file was touched.
fn keep_touched(
    changed: &Changed,
    inputs: &mut Vec<Input>,
    linted: &mut Vec<Linted>,
) -> Result<(), CliError> {
    let sources: Vec<&Sources> = linted.iter().map(|linted| &linted.checked.sources).collect();
    let is_touched = changed.touches(&sources)?;
    let mut touched = is_touched.iter();
    inputs.retain(|_| touched.next().is_some_and(|is_touched| *is_touched));
    let mut touched = is_touched.iter();
    linted.retain(|_| touched.next().is_some_and(|is_touched| *is_touched));
    Ok(())
}

/// Fixes those projects that have anything to fix, one after the other: they may share a file.
fn fix_all(args: &Args, inputs: &[Input], linted: &[Linted], disk: &mut Disk) -> Fixing {
    let trusted = match args.fix {
        Some(Which::Unsafe) => Applicability::Unsafe,
        Some(Which::Safe) | None => Applicability::Safe,
    };
    let mut fixing = Fixing::default();
    let is_fixable = |linted: &Linted| linted.checked.findings.iter().any(|finding| finding.fix.is_some());
    for (input, _) in inputs.iter().zip(linted).filter(|(_, linted)| is_fixable(linted)) {
        fixing.project(&input.reading.files, trusted, disk, |disk| input.lint(disk));
    }
    fixing
}

/// Shows what fixing would change.
fn show(fixing: &Fixing) -> Result<Outcome, CliError> {
    tell(&fixing.diff())?;
    fixing.tell("would fix");
    Ok(if fixing.has_changed() { Outcome::Findings } else { Outcome::Clean })
}

/// The projects that the arguments name, each once.
fn projects_named(args: &Args, disk: &Disk, report: &mut Report) -> Vec<Candidate> {
    let mut projects = Vec::new();
    if !args.files.is_empty() {
        projects.push(Candidate::of(args.files.clone()));
    }
    let here = [PathBuf::from(".")];
    let nothing_named = args.paths.is_empty() && args.files.is_empty() && args.stack.is_none();
    let paths = if nothing_named { &here[..] } else { &args.paths };
    for path in paths {
        let found = input::projects_at(path, disk);
        found.problems.iter().for_each(|error| report.complain(error));
        report.ignored += found.ignored;
        projects.extend(found.projects);
    }
    for project in &mut projects {
        let reading = &mut project.reading;
        if args.project_directory.is_some() {
            reading.directory.clone_from(&args.project_directory);
        }
        if !args.env_file.is_empty() {
            reading.env_files.clone_from(&args.env_file);
        }
        if !args.profile.is_empty() {
            reading.profiles.clone_from(&args.profile);
        }
    }
    let mut seen = BTreeSet::new();
    projects.retain(|project| seen.insert(project.reading.clone()));
    projects
}

/// Which files are read together, and why: a block for each project.
fn explained(inputs: &[Input]) -> String {
    let mut text = String::new();
    for input in inputs {
        let Reading { files, directory, env_files, is_set_elsewhere, profiles, is_swarm } = &input.reading;
        let names: Vec<_> = files.iter().map(|path| display(path)).collect();
        text.push_str(&names.join(" + "));
        text.push_str(if *is_swarm { ", for a swarm" } else { "" });
        text.push('\n');
        let mut line = |words: String| text.push_str(&format!("  {words}\n"));
        directory.iter().for_each(|folder| line(format!("seen from {}", display(folder))));
        env_files.iter().for_each(|path| line(format!("with {}", display(path))));
        if *is_set_elsewhere {
            line("with an env file that does not lie here".to_owned());
        }
        profiles.iter().for_each(|name| line(format!("with the profile {name}")));
        for Reason { file, line: at, text } in &input.reasons {
            line(if *at == 0 { format!("{file}: {text}") } else { format!("{file}:{at}: {text}") });
        }
        if let Some(Reason { file, line: at, text }) = &input.assembled {
            line(format!("{file}:{at} puts it together with others in a way that is not followed: {text}"));
        }
    }
    text
}
