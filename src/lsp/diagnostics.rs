//! Findings as the protocol has them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gen_lsp_types::{
    Code, CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag,
    Location, Message, Range, Uri,
};

use super::host::{Checked, Folder};
use super::position::{Encoding, Lines};
use super::uri;
use super::virtual_text;
use compose_reader::diagnostic::{self, Severity};
use compose_reader::source::{SourceId, Span};

/// Rules about what may as well not be there.
const UNNECESSARY: [&str; 6] = [
    "unused-resource",
    "unused-suppression",
    "ignored-ports",
    "lost-merge",
    "build-and-image",
    "hidden-build",
];
/// Rules about what should no longer be used.
const DEPRECATED: [&str; 2] = ["obsolete-version", "withdrawn-image"];

/// Texts of a check with their lines.
pub(super) struct Places<'c> {
    checked: &'c Checked,
    folder: &'c Folder,
    encoding: Encoding,
    lines: BTreeMap<SourceId, Lines<'c>>,
}

impl<'c> Places<'c> {
    /// The texts of a check.
    pub(super) fn of(checked: &'c Checked, folder: &'c Folder, encoding: Encoding) -> Self {
        Self { checked, folder, encoding, lines: BTreeMap::new() }
    }

    /// The file that a place lies in; `None` for what is built in.
    pub(super) fn path(&self, span: Span) -> Option<PathBuf> {
        let name = self.checked.sources.get(span.source).name();
        (!name.is_empty() && !virtual_text::is_built_in(name)).then(|| self.folder.place(name))
    }

    /// The range of a place.
    pub(super) fn range(&mut self, span: Span) -> Range {
        let Self { checked, encoding, lines, .. } = self;
        let lines = lines
            .entry(span.source)
            .or_insert_with(|| Lines::of(checked.sources.get(span.source).text(), *encoding));
        lines.range(span.start as usize..span.end as usize)
    }

    fn location(&mut self, span: Span) -> Option<Location> {
        let path = self.path(span)?;
        Some(Location::new(uri::of(&path), self.range(span)))
    }

    /// A finding.
    pub(super) fn diagnostic(&mut self, finding: &diagnostic::Diagnostic) -> Diagnostic {
        let others = finding.related.iter().map(|label| (label.span, &label.message));
        let own = finding.label.as_ref().map(|label| (finding.span, label));
        let related: Vec<DiagnosticRelatedInformation> = others
            .chain(own)
            .filter_map(|(span, message)| {
                Some(DiagnosticRelatedInformation::new(self.location(span)?, message.clone()))
            })
            .collect();
        let mut tags = Vec::new();
        if UNNECESSARY.contains(&finding.name) {
            tags.push(DiagnosticTag::Unnecessary);
        }
        if DEPRECATED.contains(&finding.name) {
            tags.push(DiagnosticTag::Deprecated);
        }
        let message = match &finding.help {
            Some(help) => format!("{}\nhelp: {help}", finding.message),
            None => finding.message.clone(),
        };
        Diagnostic {
            range: self.range(finding.span),
            severity: Some(match finding.severity {
                Severity::Error => DiagnosticSeverity::Error,
                Severity::Warning => DiagnosticSeverity::Warning,
                Severity::Hint => DiagnosticSeverity::Information,
            }),
            code: Some(Code::String(finding.code.to_owned())),
            code_description: Some(CodeDescription::new(Uri(virtual_text::page(finding.code)))),
            source: Some("stackgen".to_owned()),
            message: Message::String(message),
            tags: (!tags.is_empty()).then_some(tags),
            related_information: (!related.is_empty()).then_some(related),
            data: None,
        }
    }
}

/// Everything that is said about a folder, by file.
pub(super) fn by_file(
    checked: &Checked,
    folder: &Folder,
    encoding: Encoding,
) -> BTreeMap<PathBuf, Vec<Diagnostic>> {
    let mut places = Places::of(checked, folder, encoding);
    let mut files: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
    for finding in &checked.findings {
        if let Some(path) = places.path(finding.span) {
            let diagnostic = places.diagnostic(finding);
            files.entry(path).or_default().push(diagnostic);
        }
    }
    files
}
