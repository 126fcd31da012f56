//! An image whose tag is another version tomorrow.
//!
//! Without a tag, or with `latest`, `stable` or `edge`, two machines run different things, a new container may come with
//! an incompatible major version, and nobody can say what ran yesterday. It is a warning for well-known servers, and a hint
//! for other images, which may be one's own. Left alone are tags that a variable chooses, images that are built here, and
//! images with a digest.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:latest
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Building best practices", on pinning versions.

use crate::images::find;
use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::Severity;
use compose_reader::values::{ImageReference, Sketch};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG601",
    name: "floating-tag",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Tags that move from version to version.
const FLOATING: [&str; 12] = [
    "latest", "stable", "edge", "nightly", "dev", "develop", "beta", "canary", "main", "master", "next",
    "test",
];

/// Words of tags that name what an image is built on, and no version.
const FLAVOURS: [&str; 13] = [
    "alpine",
    "slim",
    "fpm",
    "apache",
    "cli",
    "bookworm",
    "bullseye",
    "trixie",
    "noble",
    "jammy",
    "ubuntu",
    "debian",
    "management",
];

/// Whether a tag names a flavour or the newest of a branch, and no version: `alpine`, `fpm-alpine`, `main-latest`.
fn is_flavour(tag: &str) -> bool {
    tag.split('-').all(|word| FLAVOURS.contains(&word) || FLOATING.contains(&word))
}

fn check(project: &Project<'_>, findings: &mut Findings) {
    let built: Vec<String> = project
        .services
        .values()
        .filter(|service| service.is_built)
        .filter_map(|service| {
            let sketch = service.image.as_ref()?.sketch();
            Some(ImageReference::of(&sketch).familiar_name().to_owned())
        })
        .collect();
    for service in project.services.values().filter(|service| !service.is_built && is_pulled(service)) {
        let Some(image) = &service.image else { continue };
        let raw = image.raw();
        let sketch = Sketch::from(raw);
        let reference = ImageReference::of(&sketch);
        let name = reference.familiar_name();
        let is_told_by_variable = raw.rsplit('/').next().is_some_and(|last| last.contains('$'));
        if is_told_by_variable || reference.digest().is_some() || built.iter().any(|built| built == name) {
            continue;
        }
        let (message, place) = match (reference.tag(), reference.tag_range()) {
            (Some(tag), Some(range)) if FLOATING.contains(&tag.shown()) || is_flavour(tag.shown()) => {
                (format!("`{tag}` of `{name}` is another version tomorrow"), image.part(range))
            }
            (Some(_), _) => continue,
            (None, _) => {
                (format!("`{raw}` without a tag is another version tomorrow"), image.part(0..raw.len()))
            }
        };
        let is_server = find(reference).is_some_and(|known| known.is_exact && !known.image.ports.is_empty());
        let severity = if is_server { Severity::Warning } else { Severity::Hint };
        findings.push(
            RULE.on(&[&raw], place.unwrap_or(image.span), message)
                .severity(severity)
                .help("write the version that you have tested, as a tag or a digest"),
        );
    }
}

/// Whether the image comes from a registry.
fn is_pulled(service: &Service) -> bool {
    let policy = service.pull_policy.as_ref().map(|policy| policy.sketch());
    !policy.is_some_and(|policy| policy == "never" || policy == "build")
}
