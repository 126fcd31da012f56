//! What several targets share: a stack from its text to its files.

use compose_reader::compose::{NoFiles, Project, Request};
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::{Sources, Span};
use compose_reader::yaml::parse;
use stackgen::catalog::{Catalog, Engine};
use stackgen::definition;
use stackgen::lint::{RULES, lint_with};
use stackgen::plan::{Circumstances, plan, prepare};
use stackgen::render::{OutputFile, files};

/// The files of a stack, or all that is wrong with it, each word of that about a place in a text.
pub fn rendered(text: &str) -> Result<Vec<OutputFile>, Vec<Diagnostic>> {
    let mut sources = Sources::new();
    let mut catalog = Catalog::new([]);
    let id = sources.add("stack.yaml", text);
    let Ok(parsed) = parse(id, text) else { return Err(Vec::new()) };
    let _ = definition::includes(&parsed);
    let (stack, mut wrong) = definition::read((&parsed, Span::new(id, 0, 0)), &[]);
    let planned = stack.map(|mut stack| {
        wrong.extend(prepare(&mut stack, &mut catalog, &mut sources));
        plan(&stack, &catalog, &Engine::new(), &Circumstances { instance: 1, ..Circumstances::default() })
    });
    let planned = match planned {
        Some(Ok(planned)) if wrong.is_empty() => Ok(planned),
        Some(Err(more)) => {
            wrong.extend(more);
            Err(wrong)
        }
        _ => Err(wrong),
    };
    planned.map(|planned| files(&planned)).inspect_err(|wrong| {
        for diagnostic in wrong {
            lies_in_its_text(&sources, diagnostic);
        }
    })
}

/// Lints a compose file by every rule; each finding is about a place in the text.
pub fn linted(text: &str) {
    let mut sources = Sources::new();
    let id = sources.add("compose.yaml", text);
    let request = Request::of_texts(&sources, &[id]);
    let project = Project::read(&mut sources, &NoFiles, &request);
    for finding in lint_with(&project, RULES) {
        lies_in_its_text(project.sources, &finding);
    }
}

/// Holds what is said against the text that it is about.
pub fn lies_in_its_text(sources: &Sources, found: &Diagnostic) {
    for span in found.related.iter().map(|label| label.span).chain([found.span]) {
        let text = sources.get(span.source).text();
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{found:?}");
    }
}
