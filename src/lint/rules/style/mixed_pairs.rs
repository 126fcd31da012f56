//! Environment or labels as a list in one service and as a mapping in another.
//!
//! Both mean the same to Compose. One form in all services is easier to read and to search, and a mapping is merged, and told
//! apart from what is given twice, where a list is not.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment:
//!       LOG_LEVEL: info
//!   worker:
//!     image: example/worker:1.4
//!     environment:
//!       - LOG_LEVEL=info
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment:
//!       LOG_LEVEL: info
//!   worker:
//!     image: example/worker:1.4
//!     environment:
//!       LOG_LEVEL: info
//! ```
//!
//! ## Source
//!
//! The compose specification, "environment" and "labels".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG804",
    name: "mixed-pairs",
    severity: Severity::Hint,
    set: Set::Pedantic,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for wanted in ["environment", "labels"] {
        let all = project.services.values().flat_map(|service| {
            service.pair_lists.iter().map(move |(key, is_list, span)| (service, *key, *is_list, *span))
        });
        let all: Vec<_> = all.filter(|(_, key, _, _)| *key == wanted).collect();
        let Some((_, _, _, mapping)) = all.iter().find(|(_, _, is_list, _)| !is_list) else { continue };
        for (service, key, _, span) in all.iter().filter(|(_, _, is_list, _)| *is_list) {
            let message = format!("`{key}` of `{}` is a list, and a mapping elsewhere", service.name);
            findings.push(
                RULE.on(&[&key, &service.name], *span, message)
                    .related(*mapping, "a mapping")
                    .help("write it as a mapping: `NAME: value` in place of `- NAME=value`"),
            );
        }
    }
}
