//! Two services that build different things and call both by one image name.
//!
//! Whichever is built last gets the name, and both services run that. Which one it is depends on the order of the
//! builds, that is on luck.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     build: ./api
//!     image: shop/app
//!   worker:
//!     build: ./worker
//!     image: shop/app
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     build: ./api
//!     image: shop/api
//!   worker:
//!     build: ./worker
//!     image: shop/worker
//! ```
//!
//! ## Source
//!
//! The compose specification, "build": with `image`, that is the name of what is built.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Project, Service, Text};
use compose_reader::diagnostic::Severity;
use compose_reader::values::{ImageReference, Sketch};
use compose_reader::yaml::{Kind, Node};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG207",
    name: "image-collision",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let mut seen: Vec<(&Service, &Node, &Text)> = Vec::new();
    for service in project.services.values() {
        let (Some(build), Some(image)) = (&service.build, &service.image) else { continue };
        let is_same = |other: &Text| image.value().is_some() && tagged(other) == tagged(image);
        let earlier = seen.iter().find(|(other, other_build, other_image)| {
            is_same(other_image) && differ(build, other_build) && service.runs_with(other)
        });
        if let Some((other, _, first)) = earlier {
            let message = format!(
                "`{}` and `{}` build different images and call both `{}`",
                other.name,
                service.name,
                image.raw()
            );
            findings.push(
                RULE.on(&[&other.name, &service.name, &image.raw()], image.span, message)
                    .label("again here")
                    .related(first.span, "first here")
                    .help(format!(
                        "give `{}` an image name of its own, or remove `image` from it",
                        service.name
                    )),
            );
        }
        seen.push((service, build, image));
    }
}

/// The image's name with its tag, written or not.
fn tagged(image: &Text) -> Option<String> {
    let name = image.value()?;
    let sketch = Sketch::from(&*name);
    let reference = ImageReference::of(&sketch);
    let is_whole = reference.tag().is_some() || reference.digest().is_some();
    Some(if is_whole { name } else { format!("{name}:latest") })
}

/// Whether two builds read different files or make different stages of them.
fn differ(one: &Node, other: &Node) -> bool {
    let part = |node: &Node, key: &str| match &node.kind {
        Kind::Mapping(_) => node.get(key).cloned(),
        _ => Some(node.clone()).filter(|_| key == "context"),
    };
    let folder = |node: &Node| {
        let context = part(node, "context").and_then(|context| context.as_text().map(str::to_owned));
        context
            .map(|path| path.trim_start_matches("./").trim_end_matches('/').trim_end_matches('.').to_owned())
    };
    let is_other = |key: &str| part(one, key) != part(other, key);
    folder(one) != folder(other)
        || ["dockerfile", "dockerfile_inline", "target", "args"].into_iter().any(is_other)
}
