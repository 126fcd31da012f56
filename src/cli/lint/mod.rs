//! `stackgen lint`: compose files in, findings out.

mod fixing;
mod input;
mod project;
mod text;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use rayon::prelude::*;

use super::write::write_whole;
use super::{Outcome, complain, explain, look, print, stack};
use crate::diagnostic::{Applicability, Diagnostic, Severity};
use crate::fix::Checked;
use crate::lint::{Level, RULES, Rule, Selection, Set};
use crate::render;
use crate::report;
use crate::source::{SourceId, Sources};
use fixing::Fixing;
use project::{Linted, lint_project};
use text::STDIN;
pub(super) use text::Texts;

const EXAMPLES: &str = "\
Examples:
  stackgen lint                                     the compose files of this folder and below
  stackgen lint deploy/ infra/compose.yaml          a folder, and a file
  stackgen lint -f compose.yaml -f compose.ci.yaml  two files merged, as docker compose does
  stackgen lint --stack stacks/shop                 what a stack would be rendered to
  stackgen lint --strict --ignore missing-restart   with the rules for production, but for one
  docker compose config | stackgen lint -           standard input
  stackgen lint --fix                               what can be fixed safely, and what is left
  stackgen lint --fix=unsafe --diff                 all that can be fixed, as a diff
  stackgen lint --format json | jq '.findings[].message'
  stackgen lint --format sarif --output lint.sarif  for code scanning

A comment says that a finding is known, at the end of its line or above it, or for a whole file:
  # stackgen: ignore[port-collision] one of the two is started at a time
  # stackgen: ignore-file[missing-probe] demonstration

Exit codes: 0 nothing that fails a run, 1 findings that do, 2 a file that cannot be read or is no compose file.";

/// Find mistakes in compose files
#[derive(Debug, clap::Args)]
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

    /// The findings that fail a run: these and worse
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = Gate::Warning)]
    fail_on: Gate,

    /// Change the files so that findings are gone; `--fix` alone is `--fix=safe`
    #[arg(long, value_name = "WHICH", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "safe")]
    fix: Option<Which>,

    /// Show what `--fix` would change, and change nothing
    #[arg(long)]
    diff: bool,

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

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people, with the source
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
    fn stops(self, finding: &Diagnostic) -> bool {
        finding.severity
            >= match self {
                Self::Error => Severity::Error,
                Self::Warning => Severity::Warning,
            }
    }
}

/// Everything that is said in one run.
struct Report {
    sources: Sources,
    /// The compose files that were read.
    files: Vec<SourceId>,
    findings: Vec<Diagnostic>,
    outcome: Outcome,
}

pub(super) fn run(args: &Args) -> Outcome {
    let selection = match selection(args) {
        Ok(selection) => selection,
        Err(message) => {
            complain(&message);
            return Outcome::Unusable;
        }
    };
    let mut report =
        Report { sources: Sources::new(), files: Vec::new(), findings: Vec::new(), outcome: Outcome::Clean };
    let mut texts = Texts::default();
    let mut projects = Vec::new();
    if let Some(folder) = &args.stack {
        let Some(opened) = stack::open(folder) else { return Outcome::Unusable };
        let planned = opened.plan(1);
        report.sources = opened.sources;
        match planned {
            Ok(planned) => {
                for file in render::files(&planned) {
                    let path = stack::place(&opened.folder, &file.path);
                    if planned.plans.iter().any(|plan| render::compose_path(plan) == file.path) {
                        projects.push(vec![path.clone()]);
                    }
                    texts.put(path, file.content);
                }
            }
            Err(diagnostics) => {
                report.files = report.sources.iter().map(|(id, _)| id).take(1).collect();
                report.findings = diagnostics;
                report.outcome = Outcome::Unusable;
                return report.tell(args);
            }
        }
    }
    projects.extend(projects_named(args, &mut report.outcome));
    if projects.iter().flatten().any(|path| path == Path::new(STDIN))
        && let Err(message) = read_stdin(args, &mut texts)
    {
        complain(&message);
        return Outcome::Unusable;
    }
    let lint = |texts: &Texts| -> Vec<Linted> {
        projects.par_iter().map(|files| lint_project(files, texts, &selection)).collect()
    };
    let mut linted = lint(&texts);
    if args.diff || args.fix.is_some() {
        let fixing = fix_projects(args, &projects, &linted, &mut texts, &selection);
        if args.diff {
            return show(&fixing).max(report.outcome);
        }
        fixing.tell("fixed");
        if !fixing.write() {
            return Outcome::Unusable;
        }
        if fixing.has_changed() {
            linted = lint(&texts);
        }
    }
    for linted in linted {
        report.add(linted);
    }
    report.tell(args)
}

fn read_stdin(args: &Args, texts: &mut Texts) -> Result<(), String> {
    if args.fix.is_some() && !args.diff {
        return Err(
            "error: standard input cannot be changed\n  help: `--diff` shows what would be\n".to_owned()
        );
    }
    texts.put_stdin()
}

/// Fixes those projects that have anything to fix, one after the other: they may share a file.
fn fix_projects(
    args: &Args,
    projects: &[Vec<PathBuf>],
    linted: &[Linted],
    texts: &mut Texts,
    selection: &Selection,
) -> Fixing {
    let trusted = match args.fix {
        Some(Which::Unsafe) => Applicability::Unsafe,
        Some(Which::Safe) | None => Applicability::Safe,
    };
    let mut fixing = Fixing::default();
    let is_fixable = |linted: &Linted| linted.checked.findings.iter().any(|finding| finding.fix.is_some());
    for (files, _) in projects.iter().zip(linted).filter(|(_, linted)| is_fixable(linted)) {
        fixing.project(files, trusted, texts, |texts| lint_project(files, texts, selection));
    }
    fixing
}

/// Shows what fixing would change.
fn show(fixing: &Fixing) -> Outcome {
    let printed = print(&fixing.diff());
    fixing.tell("would fix");
    printed.max(if fixing.has_changed() { Outcome::Findings } else { Outcome::Clean })
}

/// The rules that the arguments choose.
fn selection(args: &Args) -> Result<Selection, String> {
    let selected = rules_named(&args.select)?;
    let mut selection = Selection::of(|rule| match rule.set {
        _ if !selected.is_empty() => selected.iter().any(|selected| selected.code == rule.code),
        Set::Default => true,
        Set::Strict => args.strict,
        Set::Pedantic => args.pedantic,
    });
    for rule in rules_named(&args.ignore)? {
        selection.set(rule, Level::Off);
    }
    Ok(selection)
}

/// The rules behind some words, or every word that is none.
fn rules_named(words: &[String]) -> Result<Vec<&'static Rule>, String> {
    let (found, unknown): (Vec<_>, Vec<_>) =
        words.iter().map(|word| explain::rule_named(word)).partition(Result::is_ok);
    let messages: String = unknown.into_iter().filter_map(Result::err).collect();
    if messages.is_empty() { Ok(found.into_iter().flatten().collect()) } else { Err(messages) }
}

/// The files of each project that the arguments name, each project once.
fn projects_named(args: &Args, outcome: &mut Outcome) -> Vec<Vec<PathBuf>> {
    let mut projects = Vec::new();
    if !args.files.is_empty() {
        projects.push(args.files.clone());
    }
    let here = [PathBuf::from(".")];
    let nothing_named = args.paths.is_empty() && args.files.is_empty() && args.stack.is_none();
    let paths = if nothing_named { &here[..] } else { &args.paths };
    let mut problems = Vec::new();
    for path in paths {
        projects.extend(input::projects_at(path, &mut problems));
    }
    for message in problems {
        complain(&message);
        *outcome = Outcome::Unusable;
    }
    let mut seen = std::collections::BTreeSet::new();
    projects.retain(|files| seen.insert(files.clone()));
    projects
}

impl Report {
    fn add(&mut self, linted: Linted) {
        for message in &linted.complaints {
            complain(message);
        }
        let Checked { sources, files, findings, is_broken } = linted.checked;
        if is_broken {
            self.outcome = Outcome::Unusable;
        }
        let by = self.sources.absorb(sources);
        self.files.extend(files.into_iter().map(|id| id.shifted(by)));
        self.findings.extend(findings.into_iter().map(|finding| finding.shifted(by)));
    }

    /// Tells what there is to say in the form that was asked for.
    fn tell(mut self, args: &Args) -> Outcome {
        if self.findings.iter().any(|finding| args.fail_on.stops(finding)) {
            self.outcome = self.outcome.max(Outcome::Findings);
        }
        if args.quiet {
            self.findings.retain(|finding| args.fail_on.stops(finding));
        }
        let has_summary = !args.quiet && !self.files.is_empty();
        let summary = format!("{}\n", report::summary(&self.findings, self.files.len()));
        let Some(path) = &args.output else {
            let mut text = self.text(args.format, std::io::stdout().is_terminal());
            if has_summary && matches!(args.format, Format::Human) {
                text.push_str(&summary);
            }
            return self.outcome.max(print(&text));
        };
        if let Err(message) = write_whole(path, &self.text(args.format, false)) {
            complain(&message);
            return Outcome::Unusable;
        }
        if has_summary {
            complain(&summary);
        }
        self.outcome
    }

    fn text(&self, format: Format, is_terminal: bool) -> String {
        let Self { sources, files, findings, .. } = self;
        match format {
            Format::Human => report::human(findings, sources, look(is_terminal)),
            Format::Json => report::json(findings, sources, files.len()),
            Format::Sarif => report::sarif(findings, sources, RULES),
            Format::Github => report::github(findings, sources),
            Format::Gitlab => report::gitlab(findings, sources),
            Format::Junit => report::junit(findings, sources, files),
        }
    }
}
