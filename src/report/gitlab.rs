//! Diagnostics as a code quality report, which GitLab shows in a merge request.

use serde_json::{Value, json};

use super::fingerprint::fingerprints;
use compose_reader::diagnostic::{Diagnostic, Severity};
use compose_reader::source::Sources;

/// The report: a list of issues.
pub fn gitlab(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let fingerprints = fingerprints(diagnostics, sources);
    let issues = diagnostics.iter().zip(fingerprints);
    let issues: Vec<Value> =
        issues.map(|(diagnostic, fingerprint)| issue(diagnostic, &fingerprint, sources)).collect();
    format!("{:#}\n", Value::from(issues))
}

fn issue(diagnostic: &Diagnostic, fingerprint: &str, sources: &Sources) -> Value {
    let source = sources.get(diagnostic.span.source);
    let line = |offset: u32| source.position(offset as usize).line;
    let help = diagnostic.help.iter().map(|help| format!("; {help}"));
    json!({
        "check_name": diagnostic.name,
        "description": format!("{}{}", diagnostic.message, help.collect::<String>()),
        "fingerprint": fingerprint,
        "severity": match diagnostic.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Hint => "info",
        },
        "location": {
            "path": source.name(),
            "lines": { "begin": line(diagnostic.span.start), "end": line(diagnostic.span.end) },
        },
    })
}
