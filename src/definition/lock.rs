//! `stack.lock`: the host ports that `publish: auto` has given out. It is committed, so that a port stays what it was.

use indexmap::IndexMap;

use super::Spanned;
use crate::diagnostic::Diagnostic;
use crate::yaml::{Node, Parsed};

/// What a lock file says.
#[derive(Clone, Debug, Default)]
pub struct Lock {
    /// Host ports by service and endpoint.
    pub ports: IndexMap<(String, String), Spanned<u16>>,
}

/// Reads a lock file.
pub fn read_lock(parsed: &Parsed) -> (Lock, Vec<Diagnostic>) {
    let mut lock = Lock::default();
    let mut diagnostics = Vec::new();
    let mut wrong = |node: &Node| {
        let message = "a lock file holds host ports by service and endpoint".to_owned();
        let help = "take it from the repository as it was, or delete it and render again";
        diagnostics.push(Diagnostic::stack("invalid-lock", node.span, message).help(help));
    };
    let Some(root) = parsed.documents.first() else { return (lock, diagnostics) };
    let Some(services) = root.get("ports").and_then(Node::as_mapping) else {
        wrong(root);
        return (lock, diagnostics);
    };
    for (service, entry) in services {
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
