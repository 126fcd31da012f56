//! `stack.lock`: the host ports that `publish: auto` has given out, and the checksums of rendered files that cannot hold
//! their own. It is committed, so that a port stays what it was.

use crate::fault::Fault;
use indexmap::IndexMap;

use super::spanned::Spanned;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::yaml::{Node, Parsed};

/// What a lock file says.
#[derive(Clone, Debug, Default)]
pub struct Lock {
    /// Host ports by service and endpoint.
    pub ports: IndexMap<(String, String), Spanned<u16>>,
    /// Checksums by path.
    pub files: IndexMap<String, String>,
}

/// Reads a lock file.
pub fn read_lock(parsed: &Parsed) -> (Lock, Vec<Diagnostic>) {
    let mut lock = Lock::default();
    let mut diagnostics = Vec::new();
    let mut wrong = |node: &Node| {
        let message = "a lock file holds host ports by service and endpoint".to_owned();
        let help = "take it from the repository as it was, or delete it and render again";
        diagnostics.push(Fault::InvalidLock.at(node.span, message).help(help));
    };
    let Some(root) = parsed.documents.first() else { return (lock, diagnostics) };
    for key in ["ports", "files"] {
        if root.as_mapping().is_none() || root.get(key).is_some_and(|node| node.as_mapping().is_none()) {
            wrong(root);
            return (lock, diagnostics);
        }
    }
    for (path, entry) in root.get("files").and_then(Node::as_mapping).into_iter().flatten() {
        let checksum = entry.value.as_text().unwrap_or_default();
        lock.files.insert(path.to_string(), checksum.to_owned());
    }
    for (service, entry) in root.get("ports").and_then(Node::as_mapping).into_iter().flatten() {
        let Some(endpoints) = entry.value.as_mapping() else {
            wrong(&entry.value);
            continue;
        };
        for (endpoint, entry) in endpoints {
            match entry.value.as_integer().and_then(|port| u16::try_from(port).ok()) {
                Some(port) => {
                    let port = Spanned::new(port, entry.value.span);
                    lock.ports.insert((service.to_string(), endpoint.to_string()), port);
                }
                None => wrong(&entry.value),
            }
        }
    }
    (lock, diagnostics)
}
