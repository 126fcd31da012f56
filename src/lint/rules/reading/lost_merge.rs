//! A mapping that `<<` passes over, since another one has the same key.
//!
//! `<<: [*one, *two]` merges keys, not what is below them: where both have `environment`, that of the first holds, and all of the second's
//! is gone.
//!
//! ## Bad
//!
//! ```yaml
//! x-one: &one
//!   environment: {LEVEL: info}
//! x-two: &two
//!   environment: {ZONE: eu}
//! services:
//!   api:
//!     image: example/api:1.4
//!     <<: [*one, *two]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! x-one: &one
//!   LEVEL: info
//! x-two: &two
//!   ZONE: eu
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment:
//!       <<: [*one, *two]
//! ```
//!
//! ## Source
//!
//! YAML's language-independent type `merge`: keys of mappings earlier in the sequence override those of later ones.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;
use compose_reader::yaml::parse;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG019",
    name: "lost-merge",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for (id, source) in project.sources.iter().filter(|(_, source)| source.text().contains("<<:")) {
        let Ok(parsed) = parse(id, source.text()) else { continue };
        for lost in parsed.lost {
            let message =
                format!("`{}` of this mapping is lost: one before it in the list has the key, too", lost.key);
            findings.push(
                RULE.at(lost.alias, message)
                    .related(lost.value, "this is dropped")
                    .related(lost.kept, "this is kept")
                    .help(format!(
                        "merge inside: `{}:` with `<<: [*…, *…]` in it, of anchors on what is below the key",
                        lost.key
                    )),
            );
        }
    }
}
