//! Diagnostics for programs: one JSON object, whose shape only grows while `version` stays.

use serde::Serialize;

use super::showable::fix_to_show;
use super::subject::subjects;
use compose_reader::diagnostic::{Applicability, Diagnostic, Fix};
use compose_reader::source::{Sources, Span};

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    files: usize,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    name: &'a str,
    subject: String,
    severity: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    #[serde(flatten)]
    place: Place<'a>,
    related: Vec<Related<'a>>,
    fix: Option<FixReport<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Related<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    message: &'a str,
}

#[derive(Serialize)]
struct FixReport<'a> {
    title: &'a str,
    applicability: &'a str,
    edits: Vec<EditReport<'a>>,
}

#[derive(Serialize)]
struct EditReport<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    content: &'a str,
}

/// The report on `files` files. Lines and columns count from 1, columns in characters; an end is one past the last.
pub fn json(diagnostics: &[Diagnostic], sources: &Sources, files: usize) -> String {
    let findings = diagnostics
        .iter()
        .zip(subjects(diagnostics, sources))
        .map(|(diagnostic, subject)| Finding {
            code: diagnostic.code,
            name: diagnostic.name,
            subject,
            severity: diagnostic.severity.name(),
            message: &diagnostic.message,
            help: diagnostic.help.as_deref(),
            place: place(sources, diagnostic.span),
            related: diagnostic
                .related
                .iter()
                .map(|label| {
                    let Place { file, line, column, .. } = place(sources, label.span);
                    Related { file, line, column, message: &label.message }
                })
                .collect(),
            fix: fix_to_show(diagnostic, sources).map(|fix| fix_report(sources, fix)),
        })
        .collect();
    // Nothing in these types can fail to be written.
    let mut text = serde_json::to_string_pretty(&Report { version: 1, files, findings }).unwrap_or_default();
    text.push('\n');
    text
}

fn fix_report<'a>(sources: &'a Sources, fix: &'a Fix) -> FixReport<'a> {
    FixReport {
        title: &fix.title,
        applicability: match fix.applicability {
            Applicability::Display => "display",
            Applicability::Unsafe => "unsafe",
            Applicability::Safe => "safe",
        },
        edits: fix
            .edits
            .iter()
            .map(|edit| EditReport { place: place(sources, edit.span), content: &edit.content })
            .collect(),
    }
}

fn place(sources: &Sources, span: Span) -> Place<'_> {
    let source = sources.get(span.source);
    let (start, end) = (source.position(span.start as usize), source.position(span.end as usize));
    Place {
        file: source.name(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}
