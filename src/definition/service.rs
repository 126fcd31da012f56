//! One thing that runs, and how it differs by environment and beside others.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::external::External;
use super::layer::Layer;
use super::spanned::Spanned;
use super::{forms, override_form};
use compose_reader::source::Span;

/// One thing that runs.
///
/// Besides the keys described here, a service takes every key of the compose specification, in Compose's own syntax;
/// such a key wins over what its template says.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(extend("additionalProperties" = false), transform = forms::without_null)]
pub struct Service {
    /// Where the service is named.
    #[schemars(skip)]
    pub span: Span,
    /// The comment above it, which stands above it in the rendered files as well.
    #[schemars(skip)]
    pub comment: Option<String>,
    /// The tier that it belongs to.
    pub tier: Spanned<String>,
    /// What it is, in every environment.
    #[schemars(flatten)]
    pub layer: Layer,
    /// What holds only where another service is present, by its name: in a container, on the machine itself, managed, or in
    /// the environment that this one joins.
    #[schemars(rename = "where", with = "Option<std::collections::BTreeMap<String, override_form::Beside>>")]
    pub beside: IndexMap<String, Override>,
    /// Where somebody else runs it, by environment: there it has no container, and references to it, templates and exporters
    /// work all the same.
    #[schemars(with = "Option<std::collections::BTreeMap<String, External>>")]
    pub external: IndexMap<String, External>,
    /// What is different in one environment, by its name.
    #[schemars(with = "Option<std::collections::BTreeMap<String, override_form::Override>>")]
    pub overrides: IndexMap<String, Override>,
}

impl Service {
    /// A service that is the same everywhere.
    pub fn new(span: Span, tier: &str, layer: Layer) -> Self {
        Self {
            span,
            comment: None,
            tier: Spanned::new(tier.to_owned(), span),
            layer,
            beside: IndexMap::new(),
            external: IndexMap::new(),
            overrides: IndexMap::new(),
        }
    }
}

/// What is different in one environment, or beside another service.
#[derive(Clone, Debug)]
pub struct Override {
    /// Where that is named.
    pub span: Span,
    /// The differences.
    pub layer: Layer,
}
