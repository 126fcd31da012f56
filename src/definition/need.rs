//! What a service waits for.

use schemars::JsonSchema;

use compose_reader::source::Span;

/// A service that must be ready first.
#[derive(Clone, Debug)]
pub struct Need {
    /// Where it is named.
    pub span: Span,
    /// What is waited for, unless what the target is decides.
    pub wait: Option<Wait>,
    /// Whether the service is restarted when Compose restarts or replaces the other one.
    pub restart: bool,
    /// Whether there is nothing to wait for where the other one is not started, for its profiles say.
    pub optional: bool,
}

/// What a dependency waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Wait {
    /// The container runs.
    Started,
    /// The probe passes.
    Healthy,
    /// The job has ended well.
    Completed,
    /// Nothing: the two only share a network.
    None,
}
