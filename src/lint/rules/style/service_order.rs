//! Services that are not in the order of the alphabet.
//!
//! In a long file a service is found faster where its name says where it stands. Compose starts services by what they wait
//! for, not by their order in the file.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!   api:
//!     image: example/api:1.4
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!   web:
//!     image: nginx:1.31
//! ```
//!
//! ## Source
//!
//! The compose specification, "services": a mapping, whose order means nothing.

use crate::lint::{Findings, Rule, Set, order};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::{Applicability, Fix, Severity};
use compose_reader::source::Span;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG802",
    name: "service-order",
    severity: Severity::Hint,
    set: Set::Pedantic,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let is_beside = |file: &[&Service], service: &Service| {
        file.first().is_some_and(|first| first.span.source == service.span.source)
    };
    let mut files: Vec<Vec<&Service>> = Vec::new();
    for service in project.services.values() {
        match files.iter_mut().find(|file| is_beside(file, service)) {
            Some(file) => file.push(service),
            None => files.push(vec![service]),
        }
    }
    for mut written in files {
        written.sort_by_key(|service| service.span);
        let mut sorted = written.clone();
        sorted.sort_by_key(|service| &service.name);
        let misplaced = written.iter().zip(&sorted).find(|(found, expected)| found.name != expected.name);
        let Some((found, expected)) = misplaced else { continue };
        let message = format!("`{}` stands before `{}`", found.name, expected.name);
        let places: Vec<Span> = written.iter().map(|service| service.span).collect();
        let wanted: Vec<Span> = sorted.iter().map(|service| service.span).collect();
        let finding = RULE
            .on(&[&found.name, &expected.name], found.span, message)
            .related(expected.span, "comes first in the alphabet")
            .help("put the services into the order of the alphabet");
        findings.push(match order::reorder(project.sources, &places, &wanted) {
            None => finding,
            Some(edit) => finding.fix(Fix {
                title: "put the services into order".to_owned(),
                applicability: Applicability::Safe,
                edits: vec![edit],
            }),
        });
    }
}
