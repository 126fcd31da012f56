//! What stackgen has to say about a place in a text.

use std::fmt::Display;

use crate::source::Span;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; never fails a run.
    Hint,
    /// Works by luck, or will hurt later.
    Warning,
    /// Cannot work.
    Error,
}

impl Severity {
    /// The word shown to people and written into reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A second place that belongs to a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What stands there: a few words.
    pub message: String,
}

/// How far a fix may be trusted, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Applicability {
    /// A suggestion to read.
    Display,
    /// Right in most cases; needs a person.
    Unsafe,
    /// Means the same to Compose; comments are kept.
    Safe,
}

/// One replacement of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// The new text.
    pub content: String,
}

/// A change that removes the cause of a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in the imperative.
    pub title: String,
    /// How far it may be trusted.
    pub applicability: Applicability,
    /// The edits, in the order of their spans.
    pub edits: Vec<Edit>,
}

/// A finding of a rule, or a fault of a definition: plain data, worded where it was found.
///
/// What it is, is its code, its place and its names; no program reads its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Code of the rule (`SG301`) or of the fault (`ST101`).
    pub code: &'static str,
    /// The fault as a noun, in kebab case.
    pub name: &'static str,
    /// The names of what it is about, as far as its message has them: services, variables, volumes. With the code and the
    /// place they tell one diagnostic from another, however it is worded.
    pub names: Vec<String>,
    /// The environments of a stack that it is about, where it is not about all of them.
    pub environments: Vec<String>,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The place that has to change.
    pub span: Span,
    /// A few words beside that place.
    pub label: Option<String>,
    /// The other places: what it collides with, each edge of a cycle.
    pub related: Vec<Label>,
    /// The change that removes it, where one is known.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A diagnostic without help, labels or fix.
    pub fn new(
        code: &'static str,
        name: &'static str,
        severity: Severity,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            name,
            names: Vec::new(),
            environments: Vec::new(),
            severity,
            message: message.into(),
            help: None,
            span,
            label: None,
            related: Vec::new(),
            fix: None,
        }
    }

    /// Says what it is about, by name.
    #[must_use]
    pub fn about(mut self, names: &[&dyn Display]) -> Self {
        self.names.extend(names.iter().map(ToString::to_string));
        self
    }

    /// Says in which environment of a stack it shows.
    #[must_use]
    pub fn in_environment(mut self, name: impl Into<String>) -> Self {
        self.environments.push(name.into());
        self
    }

    /// Weighs it otherwise than its kind usually is.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says a few words beside the main place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Label { span, message: message.into() });
        self
    }

    /// The same, about texts that have become part of another [`Sources`](crate::source::Sources).
    #[must_use]
    pub fn shifted(mut self, by: u32) -> Self {
        let related = self.related.iter_mut().map(|label| &mut label.span);
        let edited = self.fix.iter_mut().flat_map(|fix| &mut fix.edits).map(|edit| &mut edit.span);
        for span in related.chain(edited).chain([&mut self.span]) {
            *span = span.shifted(by);
        }
        self
    }

    /// Adds the change that removes the cause.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}

/// Names that are looked at for one that was meant, so that many mistakes among many names do not take the product of both.
const MOST_COMPARED: usize = 300;

/// The candidate that `name` was probably meant to be, if one of the first few hundred is close enough.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = |text: &str| text.to_lowercase().replace('_', "-");
    let name = folded(name);
    let length = name.chars().count();
    let allowed = if length < 3 { 0 } else { (length / 3).min(3) };
    let candidates: Vec<(String, &str)> =
        candidates.into_iter().take(MOST_COMPARED).map(|candidate| (folded(candidate), candidate)).collect();
    // What is longer or shorter by more cannot be that close.
    let alike = candidates.iter().filter(|(text, _)| text.chars().count().abs_diff(length) <= allowed);
    let close = alike.map(|(text, candidate)| (strsim::osa_distance(&name, text), *candidate));
    let typo = close.filter(|(distance, _)| *distance <= allowed).min().map(|(_, candidate)| candidate);
    // `prod` for `production`, where nothing else begins so.
    let mut longer = candidates.iter().filter(|(text, _)| length > 1 && text.starts_with(&name));
    typo.or_else(|| longer.next().filter(|_| longer.next().is_none()).map(|(_, candidate)| *candidate))
}

/// Names that a help text lists at most.
const MANY: usize = 8;

/// Help for a name that is not one of `candidates`: the nearest, or those that there are.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().take(MOST_COMPARED + 1).collect();
    if let Some(candidate) = nearest(name, candidates.iter().copied()) {
        return format!("did you mean `{candidate}`?");
    }
    match candidates.split_at_checked(MANY) {
        None | Some((_, [])) if candidates.is_empty() => "there is none to choose from".to_owned(),
        None | Some((_, [])) => format!("there is {}", enumerate(&candidates)),
        Some((first, _)) if candidates.len() > MOST_COMPARED => {
            format!("there is {}, and many more", enumerate(first))
        }
        Some((first, rest)) => format!("there is {}, and {} more", enumerate(first), rest.len()),
    }
}

/// Names in a sentence: `a`, `b` and `c`.
pub fn enumerate(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, enumerate, nearest};

    #[test]
    fn nearest_takes_typos_only() {
        assert_eq!(nearest("postgers", ["redis", "postgres"]), Some("postgres"));
        assert_eq!(nearest("orders_service", ["orders-service"]), Some("orders-service"));
        assert_eq!(nearest("db", ["api", "postgres"]), None);
        assert_eq!(nearest("a", ["b"]), None);
        assert_eq!(nearest("x", []), None);
        assert_eq!(nearest("prod", ["dev-fast", "production"]), Some("production"));
        assert_eq!(nearest("orders", ["orders-service", "orders-worker"]), None);
    }

    #[test]
    fn help_names_the_choices() {
        assert_eq!(did_you_mean("zzz", ["a", "bcdefg"]), "there is `a` and `bcdefg`");
        assert_eq!(enumerate(&["a", "b", "c"]), "`a`, `b` and `c`");
    }

    #[test]
    fn of_many_names_only_some_are_compared() {
        let names: Vec<String> = (0..10_000).map(|number| format!("service-{number}")).collect();
        let looked_at = std::cell::Cell::new(0);
        let counted = || names.iter().map(|name| (looked_at.set(looked_at.get() + 1), &**name).1);
        assert_eq!(nearest("zzzzzzzzzzzzzzz", counted()), None);
        let few = looked_at.replace(0);
        assert!(few < 1_000);
        assert!(did_you_mean("zzzzzzzzzzzzzzz", counted()).ends_with(", and many more"));
        assert!(looked_at.get() <= few + 1);
    }
}
