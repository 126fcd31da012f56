//! A comment that suppresses nothing.
//!
//! `# stackgen: ignore[name]` at the end of a line, or above it, says that the finding of that rule is known there;
//! `# stackgen: ignore-file[name]` says so for the whole file. A comment that names a rule that does not exist, or that
//! has nothing to say there any more, would hide the next mistake, or makes people believe that one is hidden.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     ports: ["8080:80"] # stackgen: ignore[port-colision] one of the two is started at a time
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     ports: ["8080:80"]
//!   api:
//!     image: example/api:1.4
//!     # stackgen: ignore[port-collision] one of the two is started at a time
//!     ports: ["8080:8000"]
//! ```
//!
//! ## Source
//!
//! stackgen's own comments, as `stackgen lint --help` describes them.

use crate::lint::suppression::{VERBS, suppressions};
use crate::lint::{Findings, Rule, Set, find, nearest_name};
use compose_reader::compose::Project;
use compose_reader::diagnostic::{Diagnostic, Severity, did_you_mean};
use compose_reader::source::Span;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG901",
    name: "unused-suppression",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// The comments that no rule could need; those that none needs are found once all rules have spoken.
fn check(project: &Project<'_>, findings: &mut Findings) {
    for suppression in suppressions(project.sources) {
        let verb = &suppression.verb;
        if !suppression.is_known() {
            let message = format!("`{}` is no instruction to stackgen", verb.text);
            findings.push(RULE.on(&[&verb.text], verb.span, message).help(did_you_mean(&verb.text, VERBS)));
            continue;
        }
        let names = suppression.names.as_deref().unwrap_or_default();
        if names.is_empty() {
            findings.push(
                RULE.at(verb.span, "this names no rule, and suppresses nothing")
                    .help(format!("name the rules that it is about: `{}[port-collision]`", verb.text)),
            );
        }
        for name in names.iter().filter(|name| find(&name.text).is_none()) {
            let help = match nearest_name(&name.text) {
                Some(name) => format!("did you mean `{name}`?"),
                None => "`stackgen explain` lists the rules".to_owned(),
            };
            findings.push(
                RULE.on(&[&name.text], name.span, format!("there is no rule `{}`", name.text)).help(help),
            );
        }
    }
}

/// The finding about a name whose rule has nothing to say.
pub(in crate::lint) fn unused(rule: &Rule, span: Span) -> Diagnostic {
    RULE.on(&[&rule.name], span, format!("`{}` has nothing to say here", rule.name))
        .help("remove it from the comment")
}
