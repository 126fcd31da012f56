//! Why a verb cannot do what it was asked to.

use std::io::IsTerminal;
use std::path::Path;

use super::disk::Disk;
use super::quoting::quotable;
use super::{complain, complain_in_colour, display, look};
use crate::report;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::{Sources, Span};

/// Findings with their source, as standard error shows them.
pub(super) fn drawn(findings: &[Diagnostic], sources: &Sources, disk: &Disk) -> String {
    let (findings, sources) = quotable(findings, sources, disk);
    report::human(&findings, &sources, look(std::io::stderr().is_terminal()))
}

/// Everything that keeps a verb from being of use, told at once.
#[derive(Clone, Debug)]
pub(super) struct CliError(Vec<Reason>);

#[derive(Clone, Debug)]
enum Reason {
    /// A sentence, where in a text it holds, and what to do about it.
    Sentence { place: Option<String>, message: String, help: Option<String> },
    /// Findings, drawn with their source.
    Drawn(String),
}

impl CliError {
    /// One reason, in a sentence.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(vec![Reason::Sentence { place: None, message: message.into(), help: None }])
    }

    /// That a file cannot be written, and why.
    pub(super) fn cannot_write(path: &Path, why: &str) -> Self {
        Self::new(format!("cannot write `{}`: {why}", display(path)))
    }

    /// What is wrong with some texts, with a last line that counts it.
    pub(super) fn of_findings(findings: &[Diagnostic], sources: &Sources, disk: &Disk) -> Self {
        let drawn = drawn(findings, sources, disk);
        Self(vec![Reason::Drawn(format!("{drawn}{}\n", report::summary(findings, 1)))])
    }

    /// What to do about it.
    #[must_use]
    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        if let Some(Reason::Sentence { help, .. }) = self.0.last_mut() {
            *help = Some(text.into());
        }
        self
    }

    /// What has come of it, said before what to do about it.
    #[must_use]
    pub(super) fn first(mut self, text: &str) -> Self {
        if let Some(Reason::Sentence { help, .. }) = self.0.last_mut() {
            let rest = help.as_deref().unwrap_or("mend that, and run this again");
            *help = Some(format!("{text}; {rest}"));
        }
        self
    }

    /// Where in a text it holds.
    #[must_use]
    pub(super) fn at(mut self, span: Span, sources: &Sources) -> Self {
        if let Some(Reason::Sentence { place, .. }) = self.0.last_mut() {
            *place = Some(sources.place(span));
        }
        self
    }

    /// All reasons as one error; `None` where there is none.
    pub(super) fn all(errors: impl IntoIterator<Item = Self>) -> Option<Self> {
        let reasons: Vec<Reason> = errors.into_iter().flat_map(|error| error.0).collect();
        (!reasons.is_empty()).then_some(Self(reasons))
    }

    /// Its sentences, for who shows them in another way.
    pub(super) fn sentences(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|reason| match reason {
            Reason::Sentence { message, .. } => Some(&**message),
            Reason::Drawn(_) => None,
        })
    }

    /// Tells the user.
    pub(super) fn tell(&self) {
        for reason in &self.0 {
            match reason {
                Reason::Drawn(text) => complain_in_colour(text),
                Reason::Sentence { place, message, help } => {
                    let place = place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
                    let help = help.as_ref().map(|help| format!("  help: {help}\n")).unwrap_or_default();
                    complain(&format!("error: {place}{message}\n{help}"));
                }
            }
        }
    }
}
