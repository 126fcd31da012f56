//! What tells one finding from another, whatever line it moves to.

use std::collections::HashMap;

use super::subject::subjects;
use crate::checksum::checksum;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::Sources;

/// A fingerprint of each diagnostic: of its code, its file and its subject, and of how many alike came before it.
pub(super) fn fingerprints(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let of = |(diagnostic, subject): (&Diagnostic, String)| {
        let file = sources.get(diagnostic.span.source).name();
        let key = [diagnostic.code, file, &subject].join("\n");
        let before = seen.entry(key.clone()).or_default();
        *before += 1;
        checksum(format!("{key}\n{before}"))
    };
    diagnostics.iter().zip(subjects(diagnostics, sources)).map(of).collect()
}
