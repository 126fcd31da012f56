//! What is kept beside a stack: images in a registry, and backups.

use schemars::JsonSchema;

use super::forms;
use super::spanned::Spanned;
use compose_reader::source::Span;

/// The tag of images where the stack names none: that of the release, or of what was built on this machine.
pub const IMAGE_TAG: &str = "${TAG:-local}";

/// Names for the images that are built, so that they can be pushed, pulled and taken back.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, transform = forms::without_null)]
pub struct Images {
    /// Where it is said.
    #[schemars(skip)]
    pub span: Span,
    /// What stands before the name of each service: a registry, and a folder in it if there is one.
    #[schemars(with = "String", extend("examples" = ["registry.example.org/shop"]))]
    pub registry: Spanned<String>,
    /// The tag, in Compose's syntax.
    #[schemars(with = "Option<String>", extend("default" = "${TAG:-local}"))]
    pub tag: Spanned<String>,
}

/// What `make backup` saves besides databases, and how much of it is kept.
#[derive(Clone, Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, transform = forms::without_null)]
pub struct Backups {
    /// How many backups of each database and volume are kept; all of them unless given.
    #[schemars(with = "Option<u16>", range(min = 1))]
    pub keep: Option<Spanned<u16>>,
    /// Named volumes that are saved whole, such as Grafana's.
    #[schemars(with = "Option<forms::OneOrMany<String>>")]
    pub volumes: Vec<Spanned<String>>,
}
