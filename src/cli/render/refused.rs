//! What cannot work in files that are about to be written: said before they are, at the line of the stack that causes it.

use crate::cli::origin::{cause, joined, moved};
use crate::cli::stack::Opened;
use crate::lint;
use crate::plan::Plan;
use crate::render::{Cause, OutputFile, compose_path};
use compose_reader::compose::{FileEntry, Files, Project, Request};
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::{SourceId, Sources, Span};

/// The disk as far as what is rendered depends on it: not at all. What is not looked at is not said to be missing.
struct Unseen;

impl Files for Unseen {
    fn entry(&self, _: &str) -> Option<FileEntry> {
        Some(FileEntry::Outside)
    }

    fn read(&self, _: &str) -> Result<String, String> {
        Err("it is not read here".to_owned())
    }

    fn real_path(&self, _: &str) -> Option<String> {
        None
    }

    fn display_name(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// What Docker Compose refuses in the compose files of some plans, and what rules call an error there.
///
/// # Errors
///
/// All of it, each once for all environments. What only a rule says, a comment in the stack may suppress.
pub(in crate::cli) fn check(
    opened: &Opened,
    plans: &[&Plan],
    files: &[OutputFile],
) -> Result<(), Vec<Diagnostic>> {
    let mut refused = Vec::new();
    let mut wrong = Vec::new();
    for plan in plans {
        let path = compose_path(plan);
        let Some(file) = files.iter().find(|file| file.path == path) else { continue };
        let mut sources = Sources::new();
        let id = sources.add(path, file.content.as_str());
        let request = Request::of_texts(&sources, &[id]);
        let project = Project::read(&mut sources, &Unseen, &request);
        let errors = lint::errors(&project);
        if errors.is_empty() {
            continue;
        }
        let refusals = lint::refusals(&project.problems, &project.duplicates);
        let is_refused = |error: &Diagnostic| {
            refusals.iter().any(|refusal| (refusal.code, refusal.span) == (error.code, error.span))
        };
        let stack = opened.stack.as_ref().map(|stack| stack.name.span);
        for error in errors {
            let list = if is_refused(&error) { &mut refused } else { &mut wrong };
            let place = Place { file, id, stack: stack.unwrap_or(error.span) };
            list.push((place.moved(error), None, plan.environment.as_str(), ()));
        }
    }
    let joined = |found| joined(found, plans.len()).into_iter().map(|(error, ())| error);
    let mut found: Vec<Diagnostic> = joined(wrong).collect();
    lint::drop_suppressed(&opened.sources, &mut found);
    found.extend(joined(refused));
    found.sort_by_key(|error| error.span);
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// Where a rendered file and the stack meet.
struct Place<'f> {
    file: &'f OutputFile,
    id: SourceId,
    /// What stands for the whole stack.
    stack: Span,
}

impl Place<'_> {
    fn cause(&self, span: Span) -> Option<&Cause> {
        cause(&self.file.origins, span.start).filter(|_| span.source == self.id)
    }

    /// A finding in the rendered file as one in the stack.
    fn moved(&self, finding: Diagnostic) -> Diagnostic {
        moved(finding, self.stack, |span| span.source == self.id, |span| self.cause(span))
    }
}
