//! Any text is read as a project, printed in both formats and linted by every rule, each word of it about a place in the text.
#![no_main]

use compose_reader::compose::{NoFiles, Project, Request, as_model, json, resolve, yaml};
use compose_reader::source::Sources;
use libfuzzer_sys::fuzz_target;
use stackgen::lint::{RULES, lint_with};

fuzz_target!(|text: &str| {
    let mut sources = Sources::new();
    let id = sources.add("compose.yaml", text);
    for (is_lenient, interpolates) in [(true, true), (false, true), (false, false)] {
        let request = Request { is_lenient, interpolates, ..Request::of_texts(&sources, &[id]) };
        let resolution = resolve(&mut sources, &NoFiles, &request);
        let printed = resolution.printed();
        let _ = (json(&printed, interpolates), yaml(&printed, interpolates));
        let _ = json(&as_model(&resolution.model, &resolution.name), false);
        for problem in &resolution.problems {
            assert!(problem.span.end as usize <= sources.get(problem.span.source).text().len());
        }
    }
    let request = Request::of_texts(&sources, &[id]);
    let project = Project::read(&mut sources, &NoFiles, &request);
    for finding in lint_with(&project, RULES) {
        assert!(finding.span.end as usize <= project.sources.get(finding.span.source).text().len());
    }
});
