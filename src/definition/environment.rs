//! Environments: the compose files that are rendered.

use std::net::IpAddr;

use schemars::JsonSchema;

use super::forms;
use super::layer::Layer;
use super::spanned::Spanned;
use super::tier::TierKind;
use compose_reader::source::Span;
use compose_reader::yaml::Node;

/// One rendered compose file, as far as it differs from what it is by default.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, transform = forms::without_null, extend("type" = ["object", "null"]))]
pub struct Environment {
    /// Where it is named.
    #[schemars(skip)]
    pub span: Span,
    /// Which side of every template is used.
    #[schemars(with = "Option<Mode>")]
    pub mode: Option<Spanned<Mode>>,
    /// The kinds of tier that it holds.
    #[schemars(with = "Option<forms::OneOrMany<TierKind>>")]
    pub kinds: Option<Spanned<Vec<TierKind>>>,
    /// Tiers that it holds besides those of its kinds.
    #[schemars(with = "Option<forms::OneOrMany<String>>")]
    pub tiers: Vec<Spanned<String>>,
    /// Tiers whose services are processes on the machine itself here, as if each said `run: host`.
    #[schemars(with = "Option<Vec<String>>")]
    pub on_host: Vec<Spanned<String>>,
    /// The address that ports without one are bound to. An environment without it publishes only what names it.
    #[schemars(with = "Option<String>")]
    pub bind: Option<Spanned<IpAddr>>,
    /// The host name that browsers reach published ports by; the address they are bound to unless given.
    #[schemars(with = "Option<String>")]
    pub public_host: Option<Spanned<String>>,
    /// The name of its compose project, `<name>-<environment>` unless given; a number is put behind that of a further
    /// instance. Volumes and networks are named after it.
    #[schemars(with = "Option<String>", extend("pattern" = "^[a-z0-9][a-z0-9_-]*$"))]
    pub project: Option<Spanned<String>>,
    /// The name of its compose file, `docker-compose.<environment>.yml` unless given: `compose.yaml` for a product that is
    /// handed on.
    #[schemars(with = "Option<String>", extend("pattern" = "^[^/]+\\.ya?ml$"))]
    pub file: Option<Spanned<String>>,
    /// Options of named volumes in it, in Compose's own syntax, over those of the stack: `{ db_data: { name: shop_pgdata } }`.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub volumes: Option<Node>,
    /// Options of networks in it, in Compose's own syntax, over those of the stack.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub networks: Option<Node>,
    /// What every service gets in it.
    #[schemars(with = "Option<Layer>")]
    pub defaults: Option<Layer>,
    /// An environment that runs already, whose networks this one joins.
    #[schemars(with = "Option<String>")]
    pub attach: Option<Spanned<String>>,
    /// `false` renders nothing for it.
    #[schemars(with = "Option<bool>", extend("default" = true))]
    pub enabled: Option<Spanned<bool>>,
}

/// Which side of every template an environment uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Mode {
    /// Source mounts, debug tools, harmless secrets.
    Development,
    /// Restart, limits, log rotation, hardening, secrets as files.
    Production,
}

impl Mode {
    /// The word in `stack.yaml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Production => "production",
        }
    }
}

/// What an environment is that every stack has.
#[derive(Clone, Copy, Debug)]
pub struct DefaultEnvironment {
    /// Its name.
    pub name: &'static str,
    /// Which side of the templates it uses.
    pub mode: Mode,
    /// The kinds of tier that it holds.
    pub kinds: &'static [TierKind],
    /// Whether ports without an address are bound to 127.0.0.1; otherwise only those are published that name it.
    pub local: bool,
    /// The environment whose networks it joins.
    pub attach: Option<&'static str>,
}

/// The environments that every stack has.
pub const ENVIRONMENTS: [DefaultEnvironment; 4] = [
    DefaultEnvironment {
        name: "dev-fast",
        mode: Mode::Development,
        kinds: &[TierKind::Application, TierKind::Infrastructure, TierKind::Tools],
        local: true,
        attach: None,
    },
    DefaultEnvironment {
        name: "infra",
        mode: Mode::Development,
        kinds: &[TierKind::Infrastructure],
        local: true,
        attach: None,
    },
    DefaultEnvironment {
        name: "observability",
        mode: Mode::Production,
        kinds: &[TierKind::Observability],
        local: true,
        attach: Some("production"),
    },
    DefaultEnvironment {
        name: "production",
        mode: Mode::Production,
        kinds: &[TierKind::Application, TierKind::Infrastructure],
        local: false,
        attach: None,
    },
];
