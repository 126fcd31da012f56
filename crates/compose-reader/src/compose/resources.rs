//! How much of a service there is, and how much it may take.
//!
//! Source: the compose specification, "deploy", "scale", "mem_limit", "cpus" and "logging".

use super::fields::text;
use super::text::Text;
use crate::source::{Sources, Span};
use crate::yaml::Node;

/// How many containers a service has, where it says so.
#[derive(Clone, Copy, Debug)]
pub struct Replicas {
    /// How many.
    pub count: u64,
    /// Where the number is written.
    pub span: Span,
    /// The key that holds it: `scale` or `deploy.replicas`.
    pub key: &'static str,
}

/// How much a service may take of its machine.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    /// How many containers it has.
    pub replicas: Option<Replicas>,
    /// The most memory that one may take.
    pub memory: Option<Text>,
    /// Where its logs go, if not where Docker puts them.
    pub log_driver: Option<Text>,
    /// Whether old logs are thrown away: `max-size`.
    pub has_log_limit: bool,
    /// Whether it is written for a swarm, where several containers may share one published port.
    pub is_for_swarm: bool,
    /// When Docker starts it again, in `deploy`: `any`, `on-failure`, `none`.
    pub restart_condition: Option<Text>,
}

/// Keys of `deploy` that only a swarm heeds.
const SWARM: [&str; 5] = ["mode", "placement", "endpoint_mode", "update_config", "rollback_config"];

impl Resources {
    pub(super) fn read(sources: &Sources, body: &Node) -> Self {
        let at = |path: &[&str]| {
            let node = path.iter().try_fold(body, |node, key| node.get(key))?;
            text(sources, Some(node))
        };
        let replicas = |key: &'static str, path: &[&str]| {
            let text = at(path)?;
            Some(Replicas { count: text.value()?.parse().ok()?, span: text.span, key })
        };
        let deploy = body.get("deploy");
        Self {
            replicas: replicas("scale", &["scale"])
                .or_else(|| replicas("deploy.replicas", &["deploy", "replicas"])),
            memory: at(&["mem_limit"]).or_else(|| at(&["deploy", "resources", "limits", "memory"])),
            log_driver: at(&["logging", "driver"]),
            has_log_limit: at(&["logging", "options", "max-size"]).is_some(),
            is_for_swarm: deploy.is_some_and(|deploy| SWARM.iter().any(|key| deploy.get(key).is_some())),
            restart_condition: at(&["deploy", "restart_policy", "condition"]),
        }
    }
}
