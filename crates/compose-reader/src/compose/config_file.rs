//! The configuration of a service, where the project mounts it.
//!
//! Source: the compose specification, "volumes" and "configs".

use std::collections::HashMap;
use std::sync::Arc;

use super::beside::Beside;
use super::files::join;
use super::resolve::{ConfigPath, Resolution};
use super::unset::has_unset;
use crate::source::Span;
use crate::yaml::Node;

/// A configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// All of it: a file, or the value of `content`.
    pub span: Span,
    /// The text of `content`, variables replaced; none for a file, which is as it stands.
    pub content: Option<String>,
}

/// The configurations that are wanted and that the project mounts, by service; each file is read once.
pub(super) fn configs(
    beside: &mut Beside<'_>,
    resolution: &Resolution,
    wanted: ConfigPath,
) -> HashMap<Arc<str>, Config> {
    let services = resolution.model.get("services").and_then(Node::as_mapping).into_iter().flatten();
    let found = services.filter_map(|(name, entry)| {
        let service = &entry.value;
        let image = service.get("image").and_then(Node::as_text)?;
        let command = service.get("command").and_then(Node::as_sequence).unwrap_or_default();
        let words: Vec<&str> = command.iter().filter_map(Node::as_text).collect();
        let config = match mounted(&resolution.model, service, &wanted(image, &words)?)? {
            Mounted::File(path) => {
                let id = beside.open(path)?;
                Config { span: Span::new(id, 0, beside.sources.get(id).text().len()), content: None }
            }
            Mounted::Content(content) => {
                Config { span: content.place(), content: Some(content.as_text()?.to_owned()) }
            }
        };
        Some((Arc::clone(name), config))
    });
    found.collect()
}

/// What a service sees at a path.
enum Mounted<'m> {
    /// A file of the host.
    File(String),
    /// The value of `content`.
    Content(&'m Node),
}

/// What a service sees at a path; of several mounts the deepest one holds.
fn mounted<'m>(model: &'m Node, service: &'m Node, path: &str) -> Option<Mounted<'m>> {
    let field = |node: &Node, key: &str| node.get(key).and_then(Node::as_text).map(str::to_owned);
    let items = |key: &str| service.get(key).and_then(Node::as_sequence).unwrap_or_default();
    let configs = items("configs").iter().filter_map(|grant| {
        let name = field(grant, "source")?;
        let target = field(grant, "target").unwrap_or_else(|| format!("/{name}"));
        Some((target, model.get("configs")?.get(&name)?))
    });
    let volumes = items("volumes").iter().filter_map(|mount| Some((field(mount, "target")?, mount)));
    let covers = |target: &str| {
        let rest = path.strip_prefix(target.trim_end_matches('/'))?;
        (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/').to_owned())
    };
    let covering = configs.chain(volumes).filter_map(|(target, node)| Some((covers(&target)?, node)));
    let (rest, node) = covering.min_by_key(|(rest, _)| rest.len())?;
    if let Some(content) = node.get("content") {
        return (rest.is_empty() && !has_unset(content)).then_some(Mounted::Content(content));
    }
    // A volume has no files of the project.
    let is_volume = node.get("type").is_some_and(|kind| kind.as_text() != Some("bind"));
    let source =
        node.get("file").or_else(|| node.get("source")).filter(|node| !is_volume && !has_unset(node))?;
    let source = source.as_text()?;
    Some(Mounted::File(if rest.is_empty() { source.to_owned() } else { join(source, &rest) }))
}
