//! Diagnostics as people and as programs read them.

pub mod escape;
mod fingerprint;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod sarif;
mod showable;
mod subject;

pub use github::github;
pub use gitlab::gitlab;
pub use human::{Look, human};
pub use json::json;
pub use junit::junit;
pub use sarif::sarif;
pub use showable::shown;
pub use subject::subjects;

use compose_reader::diagnostic::{Diagnostic, Severity};

/// How many things there are, in words: `1 error`, `3 files`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The last line of a report: `2 errors and 1 warning in 3 files`.
pub fn summary(diagnostics: &[Diagnostic], files: usize) -> String {
    let of = |severity: Severity| diagnostics.iter().filter(|found| found.severity == severity).count();
    let counts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Hint]
        .into_iter()
        .filter(|severity| of(*severity) > 0)
        .map(|severity| count(of(severity), severity.name()))
        .collect();
    let found = match counts.split_last() {
        None => "no findings".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    };
    format!("{found} in {}", count(files, "file"))
}

#[cfg(test)]
mod tests {
    use super::summary;
    use compose_reader::diagnostic::{Diagnostic, Severity};
    use compose_reader::source::{Sources, Span};

    #[test]
    fn the_summary_counts_in_words() {
        let span = Span::new(Sources::new().add("a", ""), 0, 0);
        let of = |severity| Diagnostic::new("SG000", "a", severity, span, "");
        assert_eq!(summary(&[], 3), "no findings in 3 files");
        assert_eq!(summary(&[of(Severity::Error)], 1), "1 error in 1 file");
        let all = [Severity::Error, Severity::Error, Severity::Warning, Severity::Hint].map(of);
        assert_eq!(summary(&all, 2), "2 errors, 1 warning and 1 hint in 2 files");
    }
}
