//! The short syntaxes of ports and mounts, made long.
//!
//! Source: the compose specification, "ports" and "volumes", and what Docker Compose 2.40.3 makes of each text.

use crate::source::Span;
use crate::yaml::{Node, Style};

/// The ports that one entry stands for, or what is wrong with it.
pub(super) fn ports(text: &str, span: Span) -> Result<Vec<Node>, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let (address, published, container) = match &parts[..] {
        [container] => (String::new(), "", *container),
        [published, container] => (String::new(), *published, *container),
        [address @ .., published, container] => (address.join(":"), *published, *container),
        [] => (String::new(), "", ""),
    };
    let (container, protocol) = container.split_once('/').unwrap_or((container, ""));
    let protocol = if protocol.is_empty() { "tcp".to_owned() } else { protocol.to_lowercase() };
    if container.is_empty() {
        return Err("the port of the container is missing".to_owned());
    }
    if !matches!(&*protocol, "tcp" | "udp" | "sctp") {
        return Err(format!("`{protocol}` is no protocol of a port: `tcp`, `udp` or `sctp`"));
    }
    let address = host_address(&address)?;
    let targets = range(container).ok_or_else(|| not_a_port(container))?;
    if targets.0 == 0 {
        return Err("a container has no port 0".to_owned());
    }
    let hosts = match published {
        "" => None,
        published => Some(range(published).ok_or_else(|| not_a_port(published))?),
    };
    let count = targets.1 - targets.0;
    if hosts.is_some_and(|(first, last)| last - first != count && count > 0) {
        return Err("the range of the host is not as long as the range of the container".to_owned());
    }
    let mut found: Vec<(String, Node)> = (0..=count)
        .map(|offset| {
            let target = targets.0 + offset;
            let published = hosts.map(|(first, last)| {
                if count == 0 && first != last {
                    format!("{first}-{last}")
                } else {
                    (first + offset).to_string()
                }
            });
            let mut pairs = vec![("mode", Node::text(span, "ingress"))];
            if !address.is_empty() {
                pairs.push(("host_ip", Node::text(span, &*address)));
            }
            pairs.push(("target", number(span, target)));
            if let Some(published) = published {
                pairs.push(("published", Node::text(span, published)));
            }
            pairs.push(("protocol", Node::text(span, &*protocol)));
            (format!("{target}/{protocol}"), Node::from_pairs(span, pairs))
        })
        .collect();
    // Compose sorts them as texts: 100 stands before 99.
    found.sort_by(|left, right| left.0.cmp(&right.0));
    Ok(found.into_iter().map(|(_, port)| port).collect())
}

fn not_a_port(text: &str) -> String {
    format!("`{text}` is no port or range of ports from 0 to 65535")
}

/// The address without the brackets of IPv6.
pub(super) fn host_address(text: &str) -> Result<String, String> {
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or_else(|| format!("`{text}` is no IP address"))?,
        None => text,
    };
    let is_address = bare.is_empty() || bare.parse::<std::net::IpAddr>().is_ok();
    if is_address { Ok(bare.to_owned()) } else { Err(format!("`{bare}` is no IP address")) }
}

/// `80` or `80-90`.
fn range(text: &str) -> Option<(u16, u16)> {
    let port = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u16>().ok()).flatten()
    };
    let (first, last) = match text.split_once('-') {
        None => (port(text)?, port(text)?),
        Some((first, last)) => (port(first)?, port(last)?),
    };
    (first <= last).then_some((first, last))
}

/// The mount that one entry stands for, or what is wrong with it.
pub(super) fn mount(text: &str, span: Span) -> Result<Node, String> {
    let yes = || Node::scalar(span, "true", Style::Plain);
    if text.is_empty() {
        return Err("a mount needs a path in the container".to_owned());
    }
    if text.len() <= 2 {
        let pairs = [("type", Node::text(span, "volume")), ("target", Node::text(span, clean_target(text)))];
        return Ok(Node::from_pairs(span, pairs));
    }
    let sections = sections(text);
    if sections.iter().any(String::is_empty) {
        return Err("a section between two colons is empty".to_owned());
    }
    let (source, target, options) = match &sections[..] {
        [target] => ("", &**target, ""),
        [source, target] => (&**source, &**target, ""),
        [source, target, options] => (&**source, &**target, &**options),
        _ => return Err("too many colons".to_owned()),
    };
    let mut read_only = false;
    let mut bind: Vec<(&str, Node)> = Vec::new();
    let mut volume: Vec<(&str, Node)> = Vec::new();
    let set = |list: &mut Vec<(&'static str, Node)>, key: &'static str, value: Node| {
        list.retain(|(known, _)| *known != key);
        list.push((key, value));
    };
    for option in options.split(',') {
        match option {
            "ro" => read_only = true,
            "rw" => read_only = false,
            "nocopy" => set(&mut volume, "nocopy", yes()),
            "z" | "Z" => set(&mut bind, "selinux", Node::text(span, option)),
            "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => {
                set(&mut bind, "propagation", Node::text(span, option));
            }
            _ => {}
        }
    }
    let is_bind = is_file_path(source);
    if is_bind {
        bind.push(("create_host_path", yes()));
    }
    let mut pairs = vec![("type", Node::text(span, if is_bind { "bind" } else { "volume" }))];
    if !source.is_empty() {
        pairs.push(("source", Node::text(span, source)));
    }
    pairs.push(("target", Node::text(span, clean_target(target))));
    if read_only {
        pairs.push(("read_only", yes()));
    }
    if !bind.is_empty() {
        pairs.push(("bind", Node::from_pairs(span, bind)));
    }
    if !is_bind || !volume.is_empty() {
        pairs.push(("volume", Node::from_pairs(span, volume)));
    }
    Ok(Node::from_pairs(span, pairs))
}

/// The text between colons; one that follows a single letter belongs to a drive of Windows, and those inside `${…}`
/// to a variable.
fn sections(text: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let mut depth = 0_usize;
    let mut characters = text.chars().peekable();
    while let Some(next) = characters.next() {
        if next == '$' && characters.peek() == Some(&'{') {
            depth += 1;
        } else if next == '}' && depth > 0 {
            depth -= 1;
        } else if next == ':' && depth == 0 {
            let section = sections.last().map(String::as_str).unwrap_or_default();
            let mut letters = section.chars();
            if !(letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()) {
                sections.push(String::new());
                continue;
            }
        }
        if let Some(section) = sections.last_mut() {
            section.push(next);
        }
    }
    sections
}

fn is_file_path(source: &str) -> bool {
    let mut letters = source.chars();
    let first = letters.next();
    matches!(first, Some('.' | '/' | '~'))
        || source.starts_with("\\\\")
        || first.is_some_and(char::is_alphabetic) && letters.next() == Some(':')
}

/// A path in a container, without needless parts.
pub(super) fn clean_target(target: &str) -> String {
    crate::compose::files::clean(target)
}

fn number(span: Span, value: u16) -> Node {
    Node::scalar(span, value.to_string(), Style::Plain)
}
