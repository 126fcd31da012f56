//! Files outside of the project's root are never quoted: no report has a word of theirs.

use std::borrow::Cow;

use super::disk::Disk;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::{Sources, Span};

/// Findings and texts as they may be told: without the words of files that lie outside.
pub(super) fn quotable<'a>(
    findings: &'a [Diagnostic],
    sources: &'a Sources,
    disk: &Disk,
) -> (Cow<'a, [Diagnostic]>, Cow<'a, Sources>) {
    let names = disk.unquoted();
    if names.is_empty() {
        return (Cow::Borrowed(findings), Cow::Borrowed(sources));
    }
    let is_outside = |span: Span| names.contains(sources.get(span.source).name());
    let told = |finding: &Diagnostic| {
        let mut told = finding.clone();
        if is_outside(finding.span) {
            told.message =
                format!("`{}`, in a file outside of the project, which is not quoted", finding.name);
            (told.help, told.label, told.fix) = (None, None, None);
        }
        for label in told.related.iter_mut().filter(|label| is_outside(label.span)) {
            label.message = "here, in a file outside of the project".to_owned();
        }
        told
    };
    let told = findings.iter().map(told).collect();
    (Cow::Owned(told), Cow::Owned(sources.concealing(|name| names.contains(name))))
}
