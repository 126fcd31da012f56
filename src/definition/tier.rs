//! Groups of services.

use schemars::JsonSchema;

use super::forms;
use super::layer::Layer;
use super::spanned::Spanned;
use compose_reader::source::Span;
use compose_reader::values::PortRange;

/// A named group of services.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, transform = forms::without_null, extend("type" = ["object", "null"]))]
pub struct Tier {
    /// Where the tier is named.
    #[schemars(skip)]
    pub span: Span,
    /// What the tier holds, which decides the environments that it is part of; `application` unless given.
    #[schemars(with = "Option<TierKind>", extend("default" = "application"))]
    pub kind: Option<Spanned<TierKind>>,
    /// The host ports that its services may publish: one port, a range, or a list of both. Any, unless given.
    #[schemars(with = "Option<forms::OneOrMany<forms::PortRange>>")]
    pub host_ports: Vec<Spanned<PortRange>>,
    /// What every service of the tier gets.
    #[schemars(with = "Option<Layer>")]
    pub defaults: Option<Layer>,
}

/// What a tier holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum TierKind {
    /// What the stack is for.
    Application,
    /// Databases, brokers, caches: what applications need.
    Infrastructure,
    /// What watches the others.
    Observability,
    /// Helpers of developers.
    Tools,
}

impl TierKind {
    /// Every kind, in the order they are explained.
    pub const ALL: [Self; 4] = [Self::Application, Self::Infrastructure, Self::Observability, Self::Tools];

    /// The word in `stack.yaml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Infrastructure => "infrastructure",
            Self::Observability => "observability",
            Self::Tools => "tools",
        }
    }
}
