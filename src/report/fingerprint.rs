//! What tells one finding from another, whatever line it moves to.

use std::collections::HashMap;

use crate::checksum::checksum;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::Sources;

/// A fingerprint of each diagnostic: of its rule, its file and its message, and of how many alike came before it.
pub(super) fn fingerprints(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let of = |diagnostic: &Diagnostic| {
        let file = sources.get(diagnostic.span.source).name();
        let key = [diagnostic.code, file, &diagnostic.message].join("\n");
        let before = seen.entry(key.clone()).or_default();
        *before += 1;
        checksum(&format!("{key}\n{before}"))
    };
    diagnostics.iter().map(of).collect()
}
