//! Everything that is said in one run, and how it is told.

use std::collections::HashSet;
use std::io::IsTerminal;
use std::sync::Arc;

use super::baseline::Baseline;
use super::project::Linted;
use super::settings::Rules;
use super::{Args, Format};
use crate::cli::disk::{Disk, write_one};
use crate::cli::error::CliError;
use crate::cli::quoting::quotable;
use crate::cli::{Outcome, complain, look, print};
use crate::fix::Checked;
use crate::lint::{Footprint, RULES, lint_across, selected};
use crate::report;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::{SourceId, Sources};

/// Everything that is said in one run.
pub(super) struct Report {
    /// Every text.
    pub(super) sources: Sources,
    /// The compose files among them.
    pub(super) files: Vec<SourceId>,
    /// What there is to say, and whether it fails the run.
    pub(super) findings: Vec<(Diagnostic, bool)>,
    /// How many of the projects are files that are read together because something says so.
    pub(super) combinations: usize,
    /// What was said, by file, place and rule: two projects may read one file.
    told: HashSet<(String, u32, &'static str)>,
    /// What each project shares with others, and the rules for it.
    footprints: Vec<(Footprint, Arc<Rules>)>,
    /// What the run has come to so far, findings apart.
    pub(super) outcome: Outcome,
    /// How many files and folders patterns of the repository kept from being looked at.
    pub(super) ignored: usize,
}

impl Report {
    /// Nothing, about some texts.
    pub(super) fn new(sources: Sources) -> Self {
        Self {
            sources,
            files: Vec::new(),
            findings: Vec::new(),
            combinations: 0,
            told: HashSet::new(),
            footprints: Vec::new(),
            outcome: Outcome::Clean,
            ignored: 0,
        }
    }

    /// Says something that keeps the run from being of use.
    pub(super) fn complain(&mut self, error: &CliError) {
        error.tell();
        self.outcome = Outcome::Unusable;
    }

    /// Takes over what is said about a project.
    pub(super) fn add(&mut self, linted: Linted, rules: &Arc<Rules>) {
        linted.complaints.iter().for_each(CliError::tell);
        let Checked { sources, files, findings, is_broken } = linted.checked;
        if is_broken {
            self.outcome = Outcome::Unusable;
        }
        let by = self.sources.absorb(sources);
        for id in files.into_iter().map(|id| id.shifted(by)) {
            let name = self.sources.get(id).name();
            if !self.files.iter().any(|known| self.sources.get(*known).name() == name) {
                self.files.push(id);
            }
        }
        let mut told = Vec::new();
        for finding in findings {
            let fails = rules.fail_on(&finding);
            let finding = finding.shifted(by);
            let file = self.sources.get(finding.span.source).name().to_owned();
            let place = (file, finding.span.start, finding.code);
            if !self.told.contains(&place) {
                told.push(place);
                self.findings.push((finding, fails));
            }
        }
        self.told.extend(told);
        let footprint = linted.footprint.map(|footprint| (footprint.shifted(by), Arc::clone(rules)));
        self.footprints.extend(footprint);
    }

    /// Takes over what is said about projects together.
    pub(super) fn add_across(&mut self) {
        let (footprints, rules): (Vec<Footprint>, Vec<Arc<Rules>>) = self.footprints.drain(..).unzip();
        for (at, finding) in lint_across(&footprints) {
            let selected = selected(&self.sources, &rules[at].selection, vec![finding]);
            self.findings.extend(selected.into_iter().map(|finding| {
                let fails = rules[at].fail_on(&finding);
                (finding, fails)
            }));
        }
    }

    /// Takes over what is said about a stack itself.
    pub(super) fn add_warnings(&mut self, warnings: Vec<Diagnostic>, rules: &Rules) {
        self.findings.extend(warnings.into_iter().map(|warning| {
            let fails = rules.fail_on(&warning);
            (warning, fails)
        }));
    }

    /// Tells why a stack cannot be rendered, and so not be linted.
    pub(super) fn tell_wrong_stack(
        mut self,
        args: &Args,
        disk: &Disk,
        diagnostics: Vec<Diagnostic>,
    ) -> Result<Outcome, CliError> {
        self.files = self.sources.iter().map(|(id, _)| id).take(1).collect();
        self.findings = diagnostics.into_iter().map(|diagnostic| (diagnostic, true)).collect();
        self.outcome = Outcome::Unusable;
        self.tell(args, disk)
    }

    /// Drops what a baseline knows, or makes it anew from what there is.
    pub(super) fn compare(&mut self, args: &Args, disk: &Disk) {
        let Some(path) = &args.baseline else { return };
        let result = if args.write_baseline {
            let findings: Vec<Diagnostic> = self.findings.drain(..).map(|(finding, _)| finding).collect();
            Baseline::of(&findings, &self.sources).write(path, disk)
        } else {
            Baseline::read(path, disk).map(|mut baseline| {
                let findings: Vec<Diagnostic> =
                    self.findings.iter().map(|(finding, _)| finding.clone()).collect();
                let mut known = baseline.take(&findings, &self.sources).into_iter();
                self.findings.retain(|_| !known.next().unwrap_or_default());
                baseline.tell_gone();
            })
        };
        if let Err(error) = result {
            self.complain(&error);
        }
    }

    /// Tells what there is to say in the form that was asked for.
    pub(super) fn tell(mut self, args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
        if self.findings.iter().any(|(_, fails)| *fails) {
            self.outcome = self.outcome.max(Outcome::Findings);
        }
        let wanted = self.findings.drain(..).filter(|(_, fails)| *fails || !args.quiet);
        let findings: Vec<Diagnostic> = wanted.map(|(finding, _)| finding).collect();
        let has_summary = !args.quiet && !self.files.is_empty();
        let mut summary = format!("{}{}\n", report::summary(&findings, self.files.len()), self.skipped(disk));
        if self.combinations > 0 {
            let (are, them) =
                if self.combinations == 1 { ("combination", "it") } else { ("combinations", "them") };
            summary.push_str(&format!(
                "{} {are} of these files linted too; `--explain-projects` shows {them}\n",
                self.combinations
            ));
        }
        let Some(path) = &args.output else {
            let mut text = self.text(&findings, disk, args.format, std::io::stdout().is_terminal());
            if has_summary && matches!(args.format, Format::Human) {
                text.push_str(&summary);
            }
            return Ok(self.outcome.max(print(&text)?));
        };
        write_one(disk, path, &self.text(&findings, disk, args.format, false))?;
        if has_summary {
            complain(&summary);
        }
        Ok(self.outcome)
    }

    /// What was passed over, and why, in the words that follow the summary.
    fn skipped(&self, disk: &Disk) -> String {
        let outside = disk.left_out().len();
        let parts = [
            (self.ignored > 0).then(|| format!("{} that .gitignore names", self.ignored)),
            (outside > 0).then(|| format!("{outside} outside of the repository")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { String::new() } else { format!("; skipped: {}", parts.join(", ")) }
    }

    fn text(&self, findings: &[Diagnostic], disk: &Disk, format: Format, is_terminal: bool) -> String {
        let (findings, sources) = quotable(findings, &self.sources, disk);
        let (findings, sources, files) = (&*findings, &*sources, &self.files);
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
