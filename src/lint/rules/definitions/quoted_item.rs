//! Quotes that belong to a value, in an item of a list: `- NAME="value"`.
//!
//! Quotes inside a plain text of YAML are characters like others, so that the container gets `"value"`, with the quotes. They are
//! habit from shells and env files, where they are taken off.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   media:
//!     image: example/media:1.4
//!     environment:
//!       - AUTOSTART="true"
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   media:
//!     image: example/media:1.4
//!     environment:
//!       - "AUTOSTART=true"
//!       - TZ=UTC
//! ```
//!
//! ## Source
//!
//! YAML 1.2, "Plain Style"; the compose specification, "environment".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Project, Text};
use compose_reader::diagnostic::{Applicability, Edit, Fix, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG115",
    name: "quoted-item",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        for (key, pairs) in [("environment", &service.environment), ("labels", &service.labels)] {
            let is_list = service.pair_lists.iter().any(|(own, is_list, _)| *own == key && *is_list);
            for (name, value) in pairs.iter().filter(|_| is_list) {
                let Some(inner) = quoted(value.raw()) else { continue };
                // In quotes of YAML, the others are meant.
                if project.sources.slice(value.span).starts_with(['"', '\'']) {
                    continue;
                }
                let message =
                    format!("the quotes are part of the value of `{name}`: it is `{}`", value.raw());
                let finding = RULE
                    .at(value.span, message)
                    .help(format!("remove them, or quote the whole item: `- {name}={inner}`"));
                findings.push(match edit(value, inner) {
                    None => finding,
                    Some(edit) => finding.fix(Fix {
                        title: "remove the quotes".to_owned(),
                        applicability: Applicability::Unsafe,
                        edits: vec![edit],
                    }),
                });
            }
        }
    }
}

/// What stands between quotes that surround a whole text.
fn quoted(text: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then_some(inner)
    })
}

fn edit(value: &Text, inner: &str) -> Option<Edit> {
    let is_plain =
        !inner.contains(": ") && !inner.contains(" #") && !inner.ends_with(':') && !inner.contains('\n');
    let span = value.part(0..value.raw().len()).filter(|_| is_plain)?;
    Some(Edit { span, content: inner.to_owned() })
}
