//! Diagnostics as workflow commands, which GitHub shows beside the lines of a pull request.

use super::escape::{github_data, github_property};
use compose_reader::diagnostic::{Diagnostic, Severity};
use compose_reader::source::Sources;

/// One command for each diagnostic.
pub fn github(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    diagnostics.iter().map(|diagnostic| command(diagnostic, sources)).collect()
}

fn command(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let source = sources.get(diagnostic.span.source);
    let start = source.position(diagnostic.span.start as usize);
    let end = source.position(diagnostic.span.end as usize);
    let name = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "notice",
    };
    let mut text = diagnostic.message.clone();
    for label in &diagnostic.related {
        let source = sources.get(label.span.source);
        let line = source.position(label.span.start as usize).line;
        text.push_str(&format!("\n{}:{line}: {}", source.name(), label.message));
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    format!(
        "::{name} file={},line={},endLine={},col={},endColumn={},title={}::{}\n",
        github_property(source.name()),
        start.line,
        end.line,
        start.column,
        end.column,
        github_property(&format!("{} {}", diagnostic.code, diagnostic.name)),
        github_data(&text)
    )
}
