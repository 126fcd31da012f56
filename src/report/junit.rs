//! Diagnostics as JUnit XML, which most CI systems read: a suite for each file, a failed case for each finding.

use super::escape::xml;
use compose_reader::diagnostic::{Diagnostic, Severity};
use compose_reader::source::{SourceId, Sources};

/// The report on some files; one without findings is a case that passes.
pub fn junit(diagnostics: &[Diagnostic], sources: &Sources, files: &[SourceId]) -> String {
    let mut ids: Vec<SourceId> = files.to_vec();
    ids.extend(diagnostics.iter().map(|diagnostic| diagnostic.span.source));
    ids.sort();
    ids.dedup();
    let suites: String = ids.into_iter().map(|id| suite(id, diagnostics, sources)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"stackgen\">\n{suites}</testsuites>\n"
    )
}

fn suite(id: SourceId, diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let of_file = || diagnostics.iter().filter(|diagnostic| diagnostic.span.source == id);
    let file = xml(sources.get(id).name());
    let hints = of_file().filter(|diagnostic| diagnostic.severity == Severity::Hint).count();
    let found = of_file().count();
    let mut cases: String = of_file().map(|diagnostic| case(diagnostic, sources, &file)).collect();
    if cases.is_empty() {
        cases = format!("    <testcase name=\"no findings\" classname=\"{file}\"/>\n");
    }
    format!(
        "  <testsuite name=\"{file}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{hints}\">\n{cases}  \
         </testsuite>\n",
        found.max(1),
        found - hints,
    )
}

/// A finding as a case that fails; a hint, which fails nothing, as one that was skipped.
fn case(diagnostic: &Diagnostic, sources: &Sources, file: &str) -> String {
    let at = sources.get(diagnostic.span.source).position(diagnostic.span.start as usize);
    let Diagnostic { code, name, .. } = diagnostic;
    let message = xml(&diagnostic.message);
    let inside = match diagnostic.severity {
        Severity::Hint => format!("<skipped message=\"{message}\"/>"),
        severity => {
            let help = diagnostic.help.iter().map(|help| format!("\nhelp: {}", xml(help)));
            let text = help.collect::<String>();
            format!(
                "<failure type=\"{}\" message=\"{message}\">{file}:{}:{}: {message}{text}</failure>",
                severity.name(),
                at.line,
                at.column
            )
        }
    };
    format!(
        "    <testcase name=\"{code} {name} in line {}\" classname=\"{file}\" file=\"{file}\" line=\"{}\">{inside}\
         </testcase>\n",
        at.line, at.line
    )
}
