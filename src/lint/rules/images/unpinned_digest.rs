//! An image that is named by its tag alone.
//!
//! A tag can be moved to another image by whoever publishes it, or by whoever has taken over their account. A digest is
//! the image itself. `stackgen pin` writes them all, and tools such as Renovate keep them up to date.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18.1
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18.1@sha256:5a1c2b8d0c3e4f5061728394a5b6c7d8e9f00112233445566778899aabbccdde
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Building best practices", on pinning versions; the OCI image specification, "Digests".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG602",
    name: "unpinned-digest",
    severity: Severity::Warning,
    set: Set::Pedantic,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !service.is_built) {
        let Some(image) = &service.image else { continue };
        let raw = image.raw();
        // What a variable brings may well be a digest.
        if !raw.contains('@') && !raw.contains('$') {
            findings.push(
                RULE.on(&[&raw], image.span, format!("`{raw}` is whatever its publisher calls so")).help(
                    format!(
                        "add the digest: `{raw}@sha256:…`; `stackgen pin` does so for every image of a file"
                    ),
                ),
            );
        }
    }
}
