//! The name of an image that no engine takes.
//!
//! `docker compose config` prints it as it is. `up` fails: "invalid reference format", or "repository name must be lowercase". A
//! scheme, a blank and a capital letter in the path are what people write.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   status:
//!     image: ghcr.io/ExampleHQ/status-page:1.2
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   status:
//!     image: ghcr.io/examplehq/status-page:V1.2
//! ```
//!
//! ## Source
//!
//! distribution/reference, `regexp.go`: only the registry and the tag may have capital letters.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;
use compose_reader::source::range;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG114",
    name: "invalid-image-name",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let Some(image) = service.image.as_ref().filter(|image| image.is_literal()) else { continue };
        let raw = image.raw();
        let Some((what, help)) = fault(raw) else { continue };
        findings.push(RULE.at(image.span, format!("`{raw}` is no name of an image: {what}")).help(help));
    }
}

/// What is wrong with a name, and what to write.
fn fault(raw: &str) -> Option<(&'static str, String)> {
    if let Some((_, rest)) = raw.split_once("://") {
        return Some(("it has a scheme", format!("write it without: `{rest}`")));
    }
    if raw.contains(char::is_whitespace) {
        let joined: String = raw.split_whitespace().collect();
        return Some(("it has a blank in it", format!("write it without: `{joined}`")));
    }
    let name = raw.split('@').next().unwrap_or(raw);
    let tag = name.rfind(':').filter(|colon| !name[*colon..].contains('/'));
    let name = &name[..tag.unwrap_or(name.len())];
    // What stands before the first `/` is a registry if it has a dot or a port.
    let is_registry = |first: &str| first.contains(['.', ':']) || first == "localhost";
    let path = name.split_once('/').filter(|(first, _)| is_registry(first)).map_or(name, |(_, path)| path);
    let before = range::before(name, path);
    path.contains(|next: char| next.is_ascii_uppercase()).then(|| {
        let lower = format!("{before}{}{}", path.to_lowercase(), &raw[name.len()..]);
        ("it has a capital letter", format!("write it in lower case: `{lower}`"))
    })
}
