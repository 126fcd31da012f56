//! How services are built: the Dockerfile of each, as far as it lies in the project.
//!
//! Source: the compose build specification, "context", "dockerfile", "dockerfile_inline", "target" and "args".

use std::collections::HashMap;
use std::sync::Arc;

use super::beside::Beside;
use super::files::{is_absolute, join};
use super::resolve::Resolution;
use super::unset::has_unset;
use crate::dockerfile::{Dockerfile, Order, Place};
use crate::values::Pair;
use crate::yaml::Node;

/// The Dockerfiles of the services that are built, each file read once. One that is not there, or that only a variable
/// without a value knows, is left out.
pub(super) fn dockerfiles(beside: &mut Beside<'_>, resolution: &Resolution) -> HashMap<Arc<str>, Dockerfile> {
    let services = resolution.model.get("services").and_then(Node::as_mapping).into_iter().flatten();
    let built = services.filter_map(|(name, entry)| {
        let build = entry.value.get("build")?;
        let written = resolution.written.get("services")?.get(name)?.get("build")?;
        Some((Arc::clone(name), dockerfile(beside, build, &order(build, written)?)?))
    });
    built.collect()
}

fn dockerfile(beside: &mut Beside<'_>, build: &Node, order: &Order) -> Option<Dockerfile> {
    let dockerfile = match build.get("dockerfile_inline") {
        Some(inline) => {
            Dockerfile::read(known(inline)?, Place::Value(inline.place()), order, &mut beside.budget)?
        }
        None => {
            let context = known(build.get("context")?).filter(|context| is_absolute(context))?;
            let id = beside.open(join(context, known(build.get("dockerfile")?)?))?;
            let text = beside.sources.get(id).text();
            Dockerfile::read(text, Place::File(id), order, &mut beside.budget)?
        }
    };
    is_base(build, &dockerfile).then_some(dockerfile)
}

/// The text of a value, if no variable without a value is in it.
fn known(node: &Node) -> Option<&str> {
    node.as_text().filter(|_| !has_unset(node))
}

/// Whether the image that a Dockerfile begins with is one, and not another context of the build that is called so.
fn is_base(build: &Node, dockerfile: &Dockerfile) -> bool {
    let contexts = build.get("additional_contexts").and_then(Node::as_mapping);
    contexts.is_none_or(|contexts| !contexts.contains_key(&*dockerfile.base))
}

/// The stage and the arguments that are asked for; nothing, where the stage cannot be known.
fn order(build: &Node, written: &Node) -> Option<Order> {
    let target = match build.get("target").filter(|target| !target.is_null()) {
        Some(target) => Some(known(target)?.to_owned()).filter(|target| !target.is_empty()),
        None => None,
    };
    let given = build.get("args").and_then(Node::as_mapping);
    let value = |name: &str| Some(known(&given?.get(name)?.value)?.to_owned());
    let names = written.get("args").into_iter().flat_map(Pair::each).map(|(pair, _)| pair.key);
    // One without a value takes that of the shell, which is not known here.
    let arguments = names.map(|name| (name.to_owned(), value(name))).collect();
    Some(Order { target, arguments })
}
