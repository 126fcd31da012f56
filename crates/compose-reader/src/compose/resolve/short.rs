//! The short syntax of mounts, made long.
//!
//! Source: the compose specification, "volumes", and what Docker Compose 2.40.3 makes of each text.

use crate::source::Span;
use crate::spec::{CREATE_HOST_PATH, Version};
use crate::values::{InvalidMount, MountSpec};
use crate::yaml::{Node, Style};

/// The mount that one entry stands for, or what is wrong with it.
pub(super) fn mount(text: &str, span: Span, version: Version) -> Result<Node, InvalidMount> {
    let yes = || Node::scalar(span, "true", Style::Plain);
    let mount: MountSpec = text.parse()?;
    // Docker Compose takes one or two letters for a target, without looking at them.
    let is_looked_at = text.len() > 2;
    let text = |text: Option<String>| text.map(|text| Node::text(span, text));
    let is_bind = mount.is_bind();
    let bind = [
        ("selinux", text(mount.selinux)),
        ("propagation", text(mount.propagation)),
        ("create_host_path", (is_bind && !version.has(&CREATE_HOST_PATH)).then(yes)),
    ];
    let bind: Vec<(&str, Node)> = bind.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    let volume = mount.is_without_copy.then(|| ("nocopy", yes()));
    let mut pairs = vec![("type", Node::text(span, if is_bind { "bind" } else { "volume" }))];
    if !mount.source.is_empty() {
        pairs.push(("source", Node::text(span, mount.source)));
    }
    pairs.push(("target", Node::text(span, clean_target(&mount.target))));
    if mount.is_read_only {
        pairs.push(("read_only", yes()));
    }
    if is_bind || !bind.is_empty() {
        pairs.push(("bind", Node::from_pairs(span, bind)));
    }
    if !is_bind && is_looked_at || volume.is_some() {
        pairs.push(("volume", Node::from_pairs(span, volume)));
    }
    Ok(Node::from_pairs(span, pairs))
}

/// A path in a container, without needless parts.
pub(super) fn clean_target(target: &str) -> String {
    crate::compose::files::clean(target)
}
