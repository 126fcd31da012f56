//! A service that is built and has an image, without a word on which of the two counts.
//!
//! Docker Compose looks for the image first, on the machine and in the registry, and builds only if it is not there. On a
//! machine that can reach the registry, a change in the source has no effect, and an image of somebody else with
//! that name is taken. `pull_policy` says what is meant.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     build: ./api
//!     image: example/api:1.4
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     build: ./api
//!     image: example/api:1.4
//!     pull_policy: build
//! ```
//!
//! ## Source
//!
//! The compose build specification, "Using build and image"; the compose specification, "pull_policy".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG606",
    name: "build-and-image",
    severity: Severity::Warning,
    set: Set::Pedantic,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let undecided =
        project.services.values().filter(|service| service.is_built && service.pull_policy.is_none());
    for service in undecided {
        let Some(image) = &service.image else { continue };
        findings.push(
            RULE.on(
                &[&service.name],
                image.span,
                format!("`{}` is built and has an image; nothing says which one counts", service.name),
            )
            .help(
                "add `pull_policy: build` to build it always, or `pull_policy: missing` to prefer the image",
            ),
        );
    }
}
