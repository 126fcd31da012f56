//! From a finding in a rendered file to what causes it: a line of the stack, or the template behind a service.

use std::collections::HashMap;

use indexmap::{IndexMap, IndexSet};

use crate::plan::{Intent, Plan};
use crate::render::{Cause, Origin, OutputFile};
use compose_reader::diagnostic::{Diagnostic, Label, enumerate};
use compose_reader::source::{Sources, Span};

/// What a stack is rendered to, by the name under which a file is shown.
#[derive(Default)]
pub(super) struct Origins {
    files: HashMap<String, RenderedFile>,
}

/// A compose file that a stack is rendered to.
struct RenderedFile {
    environment: String,
    /// Where it comes from, byte by byte.
    origins: Vec<Origin>,
    intent: Intent,
}

impl Origins {
    /// Notes where a file comes from.
    pub(super) fn add(&mut self, name: String, file: &mut OutputFile, plan: &mut Plan) {
        let environment = plan.environment.clone();
        let (origins, intent) = (std::mem::take(&mut file.origins), std::mem::take(&mut plan.intent));
        self.files.insert(name, RenderedFile { environment, origins, intent });
    }

    /// Findings with where they come from: those in rendered files that have one cause as one, without what the stack says on
    /// purpose.
    pub(super) fn settled<T>(
        &self,
        sources: &Sources,
        findings: Vec<(Diagnostic, T)>,
    ) -> Vec<(Diagnostic, T)> {
        let (mut other, mut rendered) = (Vec::new(), Vec::new());
        for (mut finding, more) in findings {
            match self.files.get(sources.get(finding.span.source).name()) {
                Some(file) if is_meant(&file.intent, sources, &finding) => {}
                Some(file) => {
                    let label = cause(&file.origins, finding.span.start).map(label);
                    let place = label.as_ref().map(|label| label.span);
                    finding.related.extend(label);
                    rendered.push((finding, place, &*file.environment, more));
                }
                None => other.push((finding, more)),
            }
        }
        other.extend(joined(rendered, self.files.len()));
        other
    }
}

impl Origins {
    /// A finding at what causes it, where it is one in a rendered file; what has no cause is about the `whole` stack.
    pub(super) fn at_cause(&self, sources: &Sources, finding: Diagnostic, whole: Span) -> Diagnostic {
        let of = |span: Span| self.files.get(sources.get(span.source).name());
        if of(finding.span).is_none() {
            return finding;
        }
        moved(finding, whole, |span| of(span).is_some(), |span| cause(&of(span)?.origins, span.start))
    }
}

/// A finding in a rendered file at what causes it; what has no cause is about the `whole` stack.
pub(super) fn moved<'c>(
    finding: Diagnostic,
    whole: Span,
    is_rendered: impl Fn(Span) -> bool,
    cause: impl Fn(Span) -> Option<&'c Cause>,
) -> Diagnostic {
    let mut moved = Diagnostic { label: None, related: Vec::new(), fix: None, ..finding };
    moved.span = match cause(finding.span) {
        Some(cause @ Cause::Written(_)) => label(cause).span,
        Some(cause) => {
            let Label { span, message } = label(cause);
            moved.label = Some(message);
            span
        }
        None => whole,
    };
    let related = finding.related.into_iter().filter_map(|other| {
        let span = if is_rendered(other.span) { label(cause(other.span)?).span } else { other.span };
        Some(Label { span, ..other })
    });
    moved.related = related.filter(|other| other.span != moved.span).collect();
    moved
}

/// Whether a finding is about what was meant.
fn is_meant(intent: &Intent, sources: &Sources, finding: &Diagnostic) -> bool {
    let is_named = |name: &String| finding.names.contains(name);
    match finding.name {
        "undeclared-dependency" | "ungated-dependency" => {
            intent.unwaited.iter().any(|(service, target)| is_named(service) && is_named(target))
        }
        "inline-secret" => {
            let text = sources.slice(finding.span).trim_matches(['"', '\'']);
            let is_it = |value: &String| text == value || text.contains(&format!(":{value}@"));
            intent.development.iter().any(is_it)
        }
        _ => false,
    }
}

/// What causes what stands at a byte of a rendered file.
pub(super) fn cause(origins: &[Origin], at: u32) -> Option<&Cause> {
    let behind = origins.partition_point(|origin| origin.start <= at as usize);
    behind.checked_sub(1).and_then(|at| origins[at].cause.as_ref())
}

/// The place of a cause, and how it leads to what is rendered.
pub(super) fn label(cause: &Cause) -> Label {
    match cause {
        Cause::Written(span) => Label { span: *span, message: "it comes from here".to_owned() },
        Cause::Template(used) => {
            let message = format!("it comes from the template `{}` of this service", used.name);
            Label { span: used.span, message }
        }
        Cause::Made(span) => Label { span: *span, message: "it is made for this service".to_owned() },
    }
}

/// Findings that have one cause as one: each with its cause, the environment that it shows in, and what goes with it. One that
/// does not show in `all` environments names those.
pub(super) fn joined<T>(found: Vec<(Diagnostic, Option<Span>, &str, T)>, all: usize) -> Vec<(Diagnostic, T)> {
    type Key = (&'static str, Span, Vec<String>, String);
    let mut kept: IndexMap<Key, (Diagnostic, T, IndexSet<&str>)> = IndexMap::new();
    for (finding, cause, environment, more) in found {
        let place = cause.unwrap_or(finding.span);
        let key = (finding.code, place, finding.names.clone(), finding.message.clone());
        kept.entry(key).or_insert((finding, more, IndexSet::new())).2.insert(environment);
    }
    let named = |(mut finding, more, environments): (Diagnostic, T, IndexSet<&str>)| {
        if environments.len() < all {
            let names: Vec<&str> = environments.into_iter().collect();
            finding.message.push_str(&format!(" in {}", enumerate(&names)));
            finding.environments = names.into_iter().map(str::to_owned).collect();
        }
        (finding, more)
    };
    kept.into_values().map(named).collect()
}
