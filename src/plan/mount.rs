//! Mounts of volumes.

use compose_reader::values::{MountParts, Sketch, is_host_path};
use compose_reader::yaml::Node;

/// The volume that a mount names, in short or long syntax; `None` for a folder, and where a variable decides.
pub(super) fn volume_name(mount: &Node) -> Option<&str> {
    if mount.as_mapping().is_some() {
        let kind = mount.get("type").and_then(Node::as_text);
        return mount.get("source").and_then(Node::as_text).filter(|_| kind == Some("volume"));
    }
    let text = mount.as_text()?;
    let source = text.get(MountParts::of(text).source?)?;
    (!is_host_path(source) && !source.contains('$')).then_some(source)
}

/// Where a mount is in the container.
pub(super) fn target(mount: &Node) -> Option<&str> {
    let short = mount.as_text().and_then(|text| text.get(MountParts::of(text).target));
    short.or_else(|| mount.get("target")?.as_text())
}

/// The volume that a mount names where its variable is not set: `${DATA:-db_data}:/data`.
pub(super) fn default_volume(mount: &Node) -> Option<String> {
    let text = mount.as_text()?;
    let sketch = Sketch::of(text.get(MountParts::of(text).source?)?);
    let source = sketch.known()?;
    (!is_host_path(source)).then(|| source.to_owned())
}

/// Puts the folders of the volumes that a template mounts into memory.
pub(super) fn in_memory(compose: &mut Node) {
    let mounts = compose.get("volumes").and_then(Node::as_sequence).unwrap_or_default().to_vec();
    let (volumes, others): (Vec<Node>, Vec<Node>) =
        mounts.into_iter().partition(|mount| volume_name(mount).is_some());
    let folder = |mount: &Node| Some(Node::text(mount.span, target(mount)?));
    let folders: Vec<Node> = volumes.iter().filter_map(folder).collect();
    let Some(span) = folders.first().map(|first| first.span) else { return };
    if others.is_empty() {
        compose.remove("volumes");
    } else {
        compose.set("volumes", Node::sequence(span, others));
    }
    let already = compose.get("tmpfs").and_then(Node::as_sequence).unwrap_or_default().to_vec();
    compose.set("tmpfs", Node::sequence(span, already.into_iter().chain(folders).collect()));
}
