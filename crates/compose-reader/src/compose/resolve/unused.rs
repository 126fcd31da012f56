//! What a project declares and no service uses.

use std::collections::HashSet;
use std::sync::Arc;

use super::canonical;
use crate::merge;
use crate::source::Span;
use crate::values::MountParts;
use crate::yaml::{Entry, Kind, Node};

/// A network, volume, secret or config that is declared and that no service uses.
#[derive(Clone, Debug)]
pub struct Unused {
    /// Where it is declared: `networks`.
    pub section: &'static str,
    /// Its name.
    pub name: Arc<str>,
    /// The name, where it is written.
    pub span: Span,
    /// From the name to the end of its value.
    pub extent: Span,
    /// From the key of the section to its end, where nothing in it is used.
    pub whole_section: Option<Span>,
}

/// The resources that are declared and that no service uses.
pub(super) fn unused(model: &Node, written: &Node, repeated: &[(Arc<str>, merge::Repeated)]) -> Vec<Unused> {
    let source = |item: &Node| match item.get("source") {
        Some(source) => source.as_text().map(str::to_owned),
        None => {
            let text = item.as_text()?;
            let parts = MountParts::of(text);
            Some(text.get(parts.source.unwrap_or(parts.target))?.to_owned())
        }
    };
    let mut found = Vec::new();
    for section in canonical::RESOURCES {
        let mut used = used(model, section, &HashSet::new());
        // Two items in one place are a mistake of their own: the one that is lost was meant.
        let lost = repeated.iter().filter(|(_, repeated)| repeated.list == section);
        used.extend(lost.filter_map(|(_, repeated)| source(&repeated.first)));
        let Some(declared) = written.entry(section) else { continue };
        let entries = declared.value.as_mapping().into_iter().flatten();
        let (idle, needed): (Vec<_>, Vec<_>) =
            entries.partition(|(name, _)| !used.contains(&***name) && !name.starts_with("x-"));
        let whole_section = extent(declared).filter(|_| needed.is_empty());
        found.extend(idle.into_iter().filter_map(|(name, entry)| {
            let (span, extent) = (entry.key.span, extent(entry)?);
            Some(Unused { section, name: Arc::clone(name), span, extent, whole_section })
        }));
    }
    found
}

/// From a key to the end of its value, if both stand in one file; the key, where nothing stands behind it.
fn extent(entry: &Entry) -> Option<Span> {
    let (key, value) = (entry.key.span, entry.value.place());
    if value.is_empty() {
        return Some(key);
    }
    let is_behind = value.source == key.source && value.start >= key.end;
    is_behind.then(|| Span::new(key.source, key.start as usize, value.end as usize))
}

/// The names of the resources of a section that services use, but for those that no profile switches on.
pub(super) fn used(model: &Node, section: &str, inactive: &HashSet<Arc<str>>) -> HashSet<String> {
    let services = model.get("services").and_then(Node::as_mapping).into_iter().flatten();
    let mut names = HashSet::new();
    for (_, service) in services.filter(|(name, _)| !inactive.contains(*name)) {
        let in_build =
            service.value.get("build").filter(|_| section == "secrets").and_then(|build| build.get(section));
        for node in [service.value.get(section), in_build].into_iter().flatten() {
            match &node.kind {
                Kind::Mapping(mapping) => names.extend(mapping.keys().map(ToString::to_string)),
                Kind::Sequence(items) => {
                    let is_mount = section == "volumes";
                    let counts = |item: &&Node| {
                        !is_mount || item.get("type").and_then(Node::as_text) == Some("volume")
                    };
                    let sources =
                        items.iter().filter(counts).filter_map(|item| item.get("source")?.as_text());
                    names.extend(sources.map(str::to_owned));
                }
                Kind::Scalar(_) => {}
            }
        }
    }
    names
}
