//! What a service may do to the machine it runs on.
//!
//! Source: the compose specification, "Services top-level element".

use super::fields::{flag, text, texts};
use super::text::Text;
use crate::source::{Sources, Span};
use crate::yaml::Node;

/// What a service may do to its machine.
#[derive(Clone, Debug, Default)]
pub struct Security {
    /// Where it says `privileged: true`.
    pub privileged: Option<Span>,
    /// What it says in `read_only`, if anything.
    pub read_only: Option<bool>,
    /// The user that it runs as.
    pub user: Option<Text>,
    /// Capabilities that it gets besides Docker's own.
    pub cap_add: Vec<Text>,
    /// Capabilities that it gives up.
    pub cap_drop: Vec<Text>,
    /// `security_opt`.
    pub options: Vec<Text>,
    /// Devices of the host.
    pub devices: Vec<Text>,
    /// Modes of namespaces, each with its key: `pid`, `ipc`, `userns_mode`.
    pub namespaces: Vec<(&'static str, Text)>,
}

impl Security {
    pub(super) fn read(sources: &Sources, body: &Node) -> Self {
        let modes = ["network_mode", "pid", "ipc", "userns_mode", "uts", "cgroup"];
        let privileged = body.get("privileged").filter(|node| flag(Some(node)));
        let devices = body.get("devices").and_then(Node::as_sequence).unwrap_or_default();
        Self {
            privileged: privileged.map(|node| node.alias.unwrap_or(node.span)),
            read_only: body.get("read_only").filter(|node| !node.is_null()).map(|node| flag(Some(node))),
            user: text(sources, body.get("user")),
            cap_add: texts(sources, body.get("cap_add")),
            cap_drop: texts(sources, body.get("cap_drop")),
            options: texts(sources, body.get("security_opt")),
            devices: devices
                .iter()
                .filter_map(|node| text(sources, node.get("source").or(Some(node))))
                .collect(),
            namespaces: modes.iter().filter_map(|key| Some((*key, text(sources, body.get(key))?))).collect(),
        }
    }

    /// Whether an option of `security_opt` is set, in either spelling: `no-new-privileges:true`, `no-new-privileges=true`.
    pub fn has_option(&self, name: &str) -> bool {
        self.options.iter().any(|option| {
            let option = option.sketch().replace('=', ":");
            let (key, value) = option.split_once(':').unwrap_or((&option, "true"));
            key == name && value != "false"
        })
    }
}
