//! Keys of a service in an order of their own.
//!
//! Where every service has its keys in one order, what is missing or different is seen at a glance. First comes what it is
//! (`image`, `build`, `container_name`), then what it needs (`depends_on`, `volumes`, `configs`, `secrets`, `environment`), how
//! it is reached (`ports`, `networks`), what it runs (`command`, `restart`, `healthcheck`, `logging`, `labels`), and the rest by
//! the alphabet.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     restart: always
//!     image: postgres:18
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     restart: always
//! ```
//!
//! ## Source
//!
//! The order that dclint's `service-keys-order` has made known.

use std::sync::Arc;

use crate::lint::{Findings, Rule, Set, order};
use compose_reader::compose::Project;
use compose_reader::diagnostic::{Applicability, Fix, Severity};
use compose_reader::source::Span;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG801",
    name: "key-order",
    severity: Severity::Hint,
    set: Set::Pedantic,
    check,
    source: "",
};

#[rustfmt::skip]
const ORDER: &[&str] = &[
    "image", "build", "container_name", "extends", "profiles", "depends_on", "volumes", "volumes_from", "configs", "secrets",
    "environment", "env_file", "ports", "networks", "network_mode", "extra_hosts", "command", "entrypoint", "working_dir",
    "restart", "healthcheck", "logging", "labels", "user", "isolation",
];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let mut sorted: Vec<&(Arc<str>, Span)> = service.keys.iter().collect();
        sorted.sort_by_key(|(key, _)| {
            (ORDER.iter().position(|known| **known == **key).unwrap_or(ORDER.len()), Arc::clone(key))
        });
        let misplaced = service.keys.iter().zip(&sorted).find(|(key, sorted)| key != *sorted);
        let Some(((found, place), (expected, _))) = misplaced else { continue };
        let places: Vec<Span> = service.keys.iter().map(|(_, span)| *span).collect();
        let wanted: Vec<Span> = sorted.iter().map(|(_, span)| *span).collect();
        // What came in through an anchor or another file has no place between the others.
        if !order::are_ascending(&places) {
            continue;
        }
        let message = format!("`{found}` of `{}` stands before `{expected}`", service.name);
        let finding = RULE
            .on(&[&found, &service.name, &expected], *place, message)
            .help(format!("write `{expected}` first"));
        findings.push(match order::reorder(project.sources, &places, &wanted) {
            None => finding,
            Some(edit) => finding.fix(Fix {
                title: "put the keys into order".to_owned(),
                applicability: Applicability::Safe,
                edits: vec![edit],
            }),
        });
    }
}
