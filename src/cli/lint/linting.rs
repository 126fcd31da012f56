//! The projects of a run, linted: each by itself, and then in the light of the others.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::input::Candidate;
use super::project::{Linted, Reading, lint_project};
use super::settings::{Rules, Settings};
use crate::cli::disk::Disk;
use crate::cli::display;
use crate::cli::error::CliError;
use crate::fix::Checked;
use crate::lint::{Part, excused, is_about_lack};
use crate::projects::{Reason, is_fragment, is_stack_name};
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::Sources;

/// A project that is to be linted.
pub(super) struct Input {
    pub(super) reading: Reading,
    /// Who says that its files are read together, or in this way.
    pub(super) reasons: Vec<Reason>,
    /// Who puts projects together of its files and others, in a way that is not followed.
    pub(super) assembled: Option<Reason>,
    /// Whether it is another way to read files that are projects by themselves.
    pub(super) is_combination: bool,
    pub(super) rules: Arc<Rules>,
    /// The codes of rules that other projects of the run show to be wrong about it.
    pub(super) excused: BTreeSet<&'static str>,
    /// The projects that its files belong to as well.
    wider: Vec<Reading>,
}

/// Where a finding is, and of which rule it is.
type Place = (String, u32, &'static str);

fn place(sources: &Sources, finding: &Diagnostic) -> Place {
    (sources.get(finding.span.source).name().to_owned(), finding.span.start, finding.code)
}

/// Where a project is said to lack something; `None` where it cannot be read whole.
fn lacks(linted: &Linted) -> Option<BTreeSet<Place>> {
    let Checked { sources, findings, is_broken, .. } = &linted.checked;
    let lacks = findings.iter().filter(|finding| is_about_lack(finding.code));
    (!is_broken && linted.complaints.is_empty())
        .then(|| lacks.map(|finding| place(sources, finding)).collect())
}

impl Input {
    /// Lints the project.
    pub(super) fn lint(&self, disk: &Disk) -> Linted {
        let linted = lint_project(&self.reading, disk, &self.rules);
        self.answered(linted, |wider| lacks(&lint_project(wider, disk, &self.rules)))
    }

    fn excuse(&self, linted: &mut Linted) {
        linted.checked.findings.retain(|finding| !self.excused.contains(finding.code));
    }

    /// Drops what is not to be said, and what is said to be lacking and is not once the files are read with others:
    /// `lacks_of` says where those then lack something.
    fn answered(&self, mut linted: Linted, lacks_of: impl Fn(&Reading) -> Option<BTreeSet<Place>>) -> Linted {
        self.excuse(&mut linted);
        let Checked { sources, findings, .. } = &mut linted.checked;
        for wider in &self.wider {
            if findings.iter().any(|finding| is_about_lack(finding.code))
                && let Some(lacks) = lacks_of(wider)
            {
                findings.retain(|finding| {
                    !is_about_lack(finding.code) || lacks.contains(&place(sources, finding))
                });
            }
        }
        linted
    }
}

/// Lints some projects.
pub(super) fn lint_all(inputs: &[Input], disk: &Disk) -> Vec<Linted> {
    // Starting threads takes longer than one project.
    if let [input] = inputs {
        return vec![input.lint(disk)];
    }
    answer_all(inputs, lint_each(inputs, disk), disk)
}

/// Lints each of some projects by itself.
pub(super) fn lint_each(inputs: &[Input], disk: &Disk) -> Vec<Linted> {
    inputs.par_iter().map(|input| lint_project(&input.reading, disk, &input.rules)).collect()
}

/// Drops of projects that are linted by themselves what is not to be said of them.
pub(super) fn answer_all(inputs: &[Input], linted: Vec<Linted>, disk: &Disk) -> Vec<Linted> {
    let known: Vec<Option<BTreeSet<Place>>> = linted.iter().map(lacks).collect();
    // Most of what a project is read with elsewhere is a project of this run.
    let lacks_of = |input: &Input, wider: &Reading| {
        let is_it = |other: &Input| other.reading == *wider && Arc::ptr_eq(&other.rules, &input.rules);
        match inputs.iter().position(is_it).and_then(|at| known.get(at)) {
            Some(known) => known.clone(),
            None => lacks(&lint_project(wider, disk, &input.rules)),
        }
    };
    let answered = |(linted, input): (Linted, &Input)| input.answered(linted, |wider| lacks_of(input, wider));
    linted.into_par_iter().zip(inputs).map(answered).collect()
}

/// Takes back what is not true of files that are parts of other projects, and of those.
pub(super) fn excuse_parts(inputs: &mut [Input], linted: &mut [Linted]) {
    // What only names of files put together may be as little a whole as a file alone.
    let is_alone = |input: &Input| {
        !input.is_combination
            || !input.reasons.is_empty() && input.reasons.iter().all(|reason| reason.line == 0)
    };
    let parts = linted.iter().zip(&*inputs).map(|(linted, input)| {
        let footprint = linted.footprint.as_ref().filter(|_| is_alone(input))?;
        Some(Part { footprint, is_assembled: input.assembled.is_some() })
    });
    let codes = excused(&parts.collect::<Vec<_>>());
    for ((input, linted), codes) in inputs.iter_mut().zip(linted).zip(codes) {
        input.excused = codes;
        input.excuse(linted);
    }
}

/// The projects with their rules, those that a `stackgen.toml` states among them. A file that is no project by itself is
/// not linted alone where it belongs to one.
pub(super) fn inputs_of(
    mut projects: Vec<Candidate>,
    settings: &mut Settings<'_>,
    disk: &Disk,
) -> Result<Vec<Input>, CliError> {
    let mut stated = Vec::new();
    for project in &projects {
        for found in settings.projects_for(&project.reading.files)? {
            if !stated.contains(&found) && !projects.iter().any(|known| known.reading == found.0) {
                stated.push(found);
            }
        }
    }
    projects.extend(stated.into_iter().map(|(reading, reason)| Candidate {
        reading,
        reasons: vec![reason],
        is_combination: true,
        ..Candidate::default()
    }));
    let readings: Vec<Reading> = projects.iter().map(|project| project.reading.clone()).collect();
    let is_part = |reading: &Reading, wider: &[Reading]| {
        let [file] = &reading.files[..] else { return false };
        let is_longer = |wider: &Reading| wider.files.len() > 1;
        wider.iter().any(is_longer)
            && disk.of_files(&reading.files).text(file).is_ok_and(|text| is_fragment(&display(file), &text))
    };
    let mut inputs = Vec::new();
    for Candidate { reading, mut reasons, assembled, is_combination } in projects {
        let wider: Vec<Reading> =
            readings.iter().filter(|other| other.is_wider_than(&reading)).cloned().collect();
        if is_part(&reading, &wider) {
            continue;
        }
        // The name of a file says where it is deployed, too.
        let is_swarm = reading.is_swarm || reading.files.iter().any(|file| is_stack_name(&display(file)));
        reasons.dedup();
        let rules = settings.rules_for(&reading.files)?;
        inputs.push(Input {
            reading: Reading { is_swarm, ..reading },
            reasons,
            assembled,
            is_combination,
            rules,
            excused: BTreeSet::new(),
            wider,
        });
    }
    Ok(inputs)
}
