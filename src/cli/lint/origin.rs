//! From a finding in a rendered file to what causes it: a line of the stack, or the template behind a service.

use std::collections::HashMap;

use crate::render::{Cause, Origin, OutputFile};
use compose_reader::diagnostic::{Diagnostic, Label};
use compose_reader::source::Sources;

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
            let behind = origins.partition_point(|origin| origin.start <= finding.span.start as usize);
            let origin = behind.checked_sub(1).and_then(|at| origins[at].cause.as_ref());
            finding.related.extend(origin.map(label));
        }
    }
}

fn label(cause: &Cause) -> Label {
    match cause {
        Cause::Written(span) => Label { span: *span, message: "it comes from here".to_owned() },
        Cause::Template(used) => {
            let message = format!("it comes from the template `{}` of this service", used.name);
            Label { span: used.span, message }
        }
        Cause::Made(span) => Label { span: *span, message: "it is made for this service".to_owned() },
    }
}
