//! From a finding in a rendered file to what causes it: a line of the stack, or the template behind a service.

use std::collections::HashMap;

use indexmap::{IndexMap, IndexSet};

use crate::render::{Cause, Origin, OutputFile};
use compose_reader::diagnostic::{Diagnostic, Label, enumerate};
use compose_reader::source::{Sources, Span};

/// Where what a stack is rendered to comes from, by the name under which a file is shown.
#[derive(Default)]
pub(super) struct Origins {
    files: HashMap<String, Vec<Origin>>,
}

impl Origins {
    /// Notes where a file comes from.
    pub(super) fn add(&mut self, name: String, file: &mut OutputFile) {
        self.files.insert(name, std::mem::take(&mut file.origins));
    }

    /// Adds to findings in rendered files where they come from.
    pub(super) fn point<'f>(&self, sources: &Sources, findings: impl Iterator<Item = &'f mut Diagnostic>) {
        for finding in findings {
            let Some(origins) = self.files.get(sources.get(finding.span.source).name()) else { continue };
            finding.related.extend(cause(origins, finding.span.start).map(label));
        }
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

/// Findings that have one cause as one, each with the environment that it shows in; one that does not show in `all` of them
/// names those. Each finding has its cause beside it.
pub(super) fn joined(found: Vec<(Diagnostic, Option<Span>, &str)>, all: usize) -> Vec<Diagnostic> {
    type Key = (&'static str, Span, Vec<String>, String);
    let mut kept: IndexMap<Key, (Diagnostic, IndexSet<&str>)> = IndexMap::new();
    for (finding, cause, environment) in found {
        let place = cause.unwrap_or(finding.span);
        let key = (finding.code, place, finding.names.clone(), finding.message.clone());
        kept.entry(key).or_insert((finding, IndexSet::new())).1.insert(environment);
    }
    let named = |(mut finding, environments): (Diagnostic, IndexSet<&str>)| {
        if environments.len() < all {
            let names: Vec<&str> = environments.into_iter().collect();
            finding.message.push_str(&format!(" in {}", enumerate(&names)));
            finding.environments = names.into_iter().map(str::to_owned).collect();
        }
        finding
    };
    kept.into_values().map(named).collect()
}
