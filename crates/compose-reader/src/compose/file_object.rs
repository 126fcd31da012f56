//! Secrets and configs: what the project has, and what a service is given of it.
//!
//! Source: the compose specification, "secrets" and "configs", of a service and at the top level.

use std::sync::Arc;

use indexmap::IndexMap;

use super::fields::text;
use super::text::Text;
use crate::source::{Sources, Span};
use crate::values::Sketch;
use crate::yaml::Node;

/// Where the content of a secret or config comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A file of the host.
    File(Text),
    /// A variable of the environment of Compose.
    Environment(Text),
    /// The compose file itself, here.
    Content(Span),
    /// Somebody else, or nowhere.
    Elsewhere,
}

/// A secret or config of the project.
#[derive(Clone, Debug)]
pub struct FileObject {
    /// Where its name is written.
    pub span: Span,
    /// Where its content comes from.
    pub origin: Origin,
}

/// What a service is given.
#[derive(Clone, Debug)]
pub struct Grant {
    /// `secret` or `config`.
    pub kind: &'static str,
    /// The name of the secret or config.
    pub name: Arc<str>,
    /// Where it is named.
    pub span: Span,
    /// Where its file is in the container.
    pub target: Sketch,
    /// Owner and mode that it asks for: `uid`, `gid`, `mode`, each with its place.
    pub ownership: Vec<(&'static str, Span)>,
}

/// The secrets or configs at the top level.
pub(super) fn objects(sources: &Sources, root: &Node, key: &str) -> IndexMap<Arc<str>, FileObject> {
    let declared = root.get(key).and_then(Node::as_mapping).into_iter().flatten();
    let object = |span: Span, node: &Node| {
        let field = |key: &str| text(sources, node.get(key));
        let origin =
            field("file").map(Origin::File).or_else(|| field("environment").map(Origin::Environment));
        let content = || node.entry("content").map(|entry| Origin::Content(entry.key.span));
        FileObject { span, origin: origin.or_else(content).unwrap_or(Origin::Elsewhere) }
    };
    declared.map(|(name, entry)| (Arc::clone(name), object(entry.key.span, &entry.value))).collect()
}

/// What a service is given, short and long syntax alike.
pub(super) fn grants(sources: &Sources, body: &Node) -> Vec<Grant> {
    let list = |key: &str| body.get(key).and_then(Node::as_sequence).unwrap_or_default();
    let grant = |kind: &'static str, folder: &str, node: &Node| {
        let name = text(sources, node.get("source").or(Some(node)))?;
        let ownership = ["uid", "gid", "mode"];
        let asked = ownership.iter().filter_map(|key| Some((*key, node.entry(key)?.key.span))).collect();
        let target = text(sources, node.get("target")).unwrap_or(name.clone()).sketch();
        let target = if target.starts_with('/') { target } else { target.below(folder) };
        Some(Grant { kind, name: Arc::from(&*name.sketch()), span: name.span, target, ownership: asked })
    };
    let secrets = list("secrets").iter().filter_map(|node| grant("secret", "/run/secrets", node));
    secrets.chain(list("configs").iter().filter_map(|node| grant("config", "", node))).collect()
}
