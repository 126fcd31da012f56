//! An image that is gone, has moved, or gets no fixes any more.
//!
//! It cannot be pulled on a new machine, or it stays as it is with every hole that is found in it. The finding names
//! what has taken its place.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   mail:
//!     image: mailhog/mailhog:v1.0.1
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   mail:
//!     image: axllent/mailpit:v1.30.5
//! ```
//!
//! ## Source
//!
//! The projects' own announcements and archived repositories, each named in `catalog/images.yaml`.

use crate::images::withdrawn;
use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;
use compose_reader::values::ImageReference;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG603",
    name: "withdrawn-image",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !service.is_built) {
        let Some(image) = &service.image else { continue };
        let sketch = image.sketch();
        let reference = ImageReference::of(&sketch);
        let Some(gone) = withdrawn(reference) else { continue };
        let name = reference.familiar_name();
        let instead = match gone.instead.contains(' ') {
            true => gone.instead.clone(),
            false => format!("`{}`", gone.instead),
        };
        findings.push(
            RULE.on(&[&name], image.span, format!("the image `{name}` is {}", gone.what))
                .help(format!("use {instead}")),
        );
    }
}
