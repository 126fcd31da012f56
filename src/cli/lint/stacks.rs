//! What is wrong with a stack and with what it would be rendered to, said at the places of the stack; and with a
//! `stackgen.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::input::Candidate;
use super::linting::{excuse_parts, inputs_of, lint_all};
use super::rendered::Rendered;
use super::reporting::Report;
use super::settings::Settings;
use super::workspace::{Choice, Said};
use crate::cli::configuration::CONFIG_FILE;
use crate::cli::disk::Disk;
use crate::cli::error::CliError;
use crate::cli::stack::{self, Opened};
use crate::config;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::Sources;

/// What `stackgen lint --stack` says about the stack of a folder; all of it at the places of the stack that cause it.
pub(in crate::cli) fn lint_stack(folder: &Path, disk: &Disk, choice: &Choice) -> Said {
    let said = stack::open(folder, disk).and_then(|opened| said_of(opened, disk, choice));
    said.unwrap_or_else(|error| Said { complaints: vec![error], ..Said::default() })
}

fn said_of(opened: Opened, disk: &Disk, choice: &Choice) -> Result<Said, CliError> {
    let mut disk = disk.clone();
    let rendered = match Rendered::of(&opened, &mut disk) {
        Ok(rendered) => rendered,
        Err(findings) => return Ok(Said { sources: opened.sources, findings, ..Said::default() }),
    };
    let whole = opened.stack.as_ref().map(|stack| stack.name.span);
    let args = choice.args();
    let mut settings = Settings::new(&args, &disk)?;
    let projects = rendered.paths.into_iter().map(|path| Candidate::of(vec![path])).collect();
    let mut inputs = inputs_of(projects, &mut settings, &disk)?;
    let mut report = Report::new(opened.sources);
    if let Some(input) = inputs.first() {
        report.add_warnings(rendered.warnings, &input.rules);
    }
    let mut linted = lint_all(&inputs, &disk);
    excuse_parts(&mut inputs, &mut linted);
    let mut complaints = Vec::new();
    for (mut linted, input) in linted.into_iter().zip(&inputs) {
        complaints.append(&mut linted.complaints);
        report.add(linted, &input.rules);
    }
    report.add_across();
    let findings = rendered.origins.settled(&report.sources, report.findings);
    let at_cause = |(finding, _): (Diagnostic, bool)| {
        let whole = whole.unwrap_or(finding.span);
        rendered.origins.at_cause(&report.sources, finding, whole)
    };
    let findings = findings.into_iter().map(at_cause).collect();
    Ok(Said { sources: report.sources, findings, complaints })
}

/// What is wrong with the open `stackgen.toml` files, and with the one of a folder.
pub(in crate::cli) fn config_findings(
    disk: &Disk,
    own: &Path,
    open: &BTreeMap<PathBuf, Arc<str>>,
) -> Vec<Said> {
    let is_config = |path: &&PathBuf| path.file_name().is_some_and(|name| name == CONFIG_FILE);
    let mut paths: Vec<PathBuf> =
        open.keys().filter(is_config).map(|path| PathBuf::from(disk.name_of(path))).collect();
    if !paths.iter().any(|path| path == own) {
        paths.push(own.to_path_buf());
    }
    let said = |path: PathBuf| {
        let text = disk.of_files(std::slice::from_ref(&path)).text_if_there(&path).ok().flatten()?;
        let mut sources = Sources::new();
        let id = sources.add(crate::cli::display(&path), text.as_str());
        let findings = config::read(id, &text).err().unwrap_or_default();
        Some(Said { sources, findings, ..Said::default() })
    };
    paths.into_iter().filter_map(said).collect()
}
