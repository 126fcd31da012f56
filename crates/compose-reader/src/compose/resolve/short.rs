//! The short syntaxes of ports and mounts, made long.
//!
//! Source: the compose specification, "ports" and "volumes", and what Docker Compose 2.40.3 makes of each text.

use crate::source::Span;
use crate::values::{InvalidMount, InvalidPort, MountSpec, PortMapping};
use crate::yaml::{Node, Style};

/// The ports that one entry stands for, or what is wrong with it.
pub(super) fn ports(text: &str, span: Span) -> Result<Vec<Node>, InvalidPort> {
    let port: PortMapping = text.parse()?;
    let mut found: Vec<(String, Node)> =
        port.single().map(|port| (sorted_as(&port), long_port(&port, span))).collect();
    // Compose sorts them as texts: 100 stands before 99.
    found.sort_by(|left, right| left.0.cmp(&right.0));
    Ok(found.into_iter().map(|(_, port)| port).collect())
}

fn sorted_as(port: &PortMapping) -> String {
    format!("{}/{}", port.target, port.protocol)
}

fn long_port(port: &PortMapping, span: Span) -> Node {
    let mut pairs = vec![("mode", Node::text(span, "ingress"))];
    if !port.address.is_empty() {
        pairs.push(("host_ip", Node::text(span, &*port.address)));
    }
    pairs.push(("target", Node::scalar(span, port.target.to_string(), Style::Plain)));
    if let Some(published) = port.published {
        pairs.push(("published", Node::text(span, published.to_string())));
    }
    pairs.push(("protocol", Node::text(span, port.protocol.name())));
    Node::from_pairs(span, pairs)
}

/// The mount that one entry stands for, or what is wrong with it.
pub(super) fn mount(text: &str, span: Span) -> Result<Node, InvalidMount> {
    let yes = || Node::scalar(span, "true", Style::Plain);
    let mount: MountSpec = text.parse()?;
    // Docker Compose takes one or two letters for a target, without looking at them.
    let is_looked_at = text.len() > 2;
    let text = |text: Option<String>| text.map(|text| Node::text(span, text));
    let is_bind = mount.is_bind();
    let bind = [
        ("selinux", text(mount.selinux)),
        ("propagation", text(mount.propagation)),
        ("create_host_path", is_bind.then(yes)),
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
    if !bind.is_empty() {
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
