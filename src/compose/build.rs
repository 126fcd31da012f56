//! How services are built: the Dockerfile of each, as far as it lies in the project.
//!
//! Source: the compose build specification, "context", "dockerfile", "dockerfile_inline", "target" and "args".

use std::collections::HashMap;
use std::sync::Arc;

use super::files::{Entry, Files, is_absolute, join};
use super::resolve::{Resolution, has_unset};
use crate::dockerfile::{Dockerfile, Order, Place};
use crate::source::{SourceId, Sources};
use crate::yaml::{Kind, Node};

/// Bytes of a Dockerfile that is read; nobody writes a longer one.
const MOST_BYTES: usize = 1 << 20;

/// The Dockerfiles of the services that are built, each file read once. One that is not there, or that only a variable
/// without a value knows, is left out.
pub(super) fn dockerfiles(
    sources: &mut Sources,
    files: &dyn Files,
    resolution: &Resolution,
) -> HashMap<Arc<str>, Dockerfile> {
    let mut reader = Reader { sources, files, opened: HashMap::new() };
    let services = resolution.model.get("services").and_then(Node::as_mapping).into_iter().flatten();
    let built = services.filter_map(|(name, entry)| {
        let build = entry.value.get("build")?;
        let written = resolution.written.get("services")?.get(name)?.get("build")?;
        Some((Arc::clone(name), reader.dockerfile(build, &order(build, written)?)?))
    });
    built.collect()
}

struct Reader<'r> {
    sources: &'r mut Sources,
    files: &'r dyn Files,
    opened: HashMap<String, Option<SourceId>>,
}

impl Reader<'_> {
    fn dockerfile(&mut self, build: &Node, order: &Order) -> Option<Dockerfile> {
        if let Some(inline) = build.get("dockerfile_inline") {
            let text = known(inline)?;
            return Dockerfile::read(text, Place::Value(inline.place()), order)
                .filter(|dockerfile| is_base(build, dockerfile));
        }
        let context = known(build.get("context")?).filter(|context| is_absolute(context))?;
        let path = join(context, known(build.get("dockerfile")?)?);
        let id = match self.opened.get(&path) {
            Some(opened) => *opened,
            None => {
                let opened = self.open(&path);
                self.opened.insert(path, opened);
                opened
            }
        }?;
        let dockerfile = Dockerfile::read(self.sources.get(id).text(), Place::File(id), order)?;
        is_base(build, &dockerfile).then_some(dockerfile)
    }

    fn open(&mut self, path: &str) -> Option<SourceId> {
        if self.files.entry(path) != Some(Entry::File) {
            return None;
        }
        let text = self.files.read(path).ok().filter(|text| text.len() <= MOST_BYTES)?;
        Some(self.sources.add(self.files.shown(path), text.trim_start_matches('\u{feff}')))
    }
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
    let names: Vec<&str> = match written.get("args").map(|arguments| &arguments.kind) {
        Some(Kind::Mapping(arguments)) => arguments.keys().map(|name| &**name).collect(),
        Some(Kind::Sequence(items)) => {
            items.iter().filter_map(|item| item.as_text()?.split('=').next()).collect()
        }
        _ => Vec::new(),
    };
    // One without a value takes that of the shell, which is not known here.
    let arguments = names.into_iter().map(|name| (name.to_owned(), value(name))).collect();
    Some(Order { target, arguments })
}
