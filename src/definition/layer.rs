//! What can be said of a service, for all environments or for one.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::forms;
use super::need::Need;
use super::port::{Endpoint, Publish};
use super::secret::SecretUse;
use super::smoke::SmokeCheck;
use super::spanned::Spanned;
use compose_reader::source::Span;
use compose_reader::yaml::Node;

/// What can be said of a service, for all environments or for one.
#[derive(Clone, Debug, Default, JsonSchema)]
#[schemars(transform = forms::without_null, transform = forms::with_compose_keys)]
pub struct Layer {
    /// A template of the catalogue, with a version where it has several: `postgres@16`. `stackgen templates` lists
    /// them.
    #[schemars(rename = "use", with = "Option<String>")]
    pub template: Option<Use>,
    /// The template's parameters; `stackgen templates NAME` explains them.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub with: Option<Node>,
    /// The ports it listens on inside its network: one port, or a name for each. A name that is a scheme (`http`,
    /// `https`, `grpc`) is the endpoint's scheme; `metrics` is scraped by Prometheus.
    #[schemars(with = "Option<forms::Listen>")]
    pub listen: IndexMap<String, Endpoint>,
    /// Host ports, in every environment that binds to one address (`dev-fast`, `infra`, `observability`), or by
    /// environment, or by endpoint. Nothing is published unless it is said here.
    #[schemars(with = "Option<forms::Publish>")]
    pub publish: Option<Publish>,
    /// The URL that browsers open it by, where that is not the published port: behind a proxy that speaks TLS, say.
    #[schemars(with = "Option<String>", extend("pattern" = r"://|^\$\{", "examples" = ["https://shop.example.org"]))]
    pub public_url: Option<Spanned<String>>,
    /// How to see that it is ready: a path for HTTP, `{tcp: endpoint}`, `{command: […]}`, `image` for the `HEALTHCHECK` that
    /// its image brings, or `none`, so that others wait for its start only.
    #[schemars(with = "Option<forms::Health>")]
    pub health: Option<Health>,
    /// What Prometheus scrapes of it, where that is not `/metrics` at an endpoint named `metrics`: a path, the details, or
    /// `none`.
    #[schemars(with = "Option<forms::Metrics>")]
    pub metrics: Option<Metrics>,
    /// Services that must be ready first, besides those that a reference names. A list, or a mapping that weakens a
    /// wait: `started`, or `none` for services that call each other.
    #[schemars(with = "Option<forms::Needs>")]
    pub needs: IndexMap<String, Need>,
    /// Secrets that it reads: `NAME` holds the value in development, `NAME_FILE` the file's path in production.
    #[schemars(with = "Option<forms::OneOrMany<forms::SecretUse>>")]
    pub secrets: Vec<SecretUse>,
    /// `false` keeps the service written down and out of every file.
    #[schemars(with = "Option<bool>", extend("default" = true))]
    pub enabled: Option<Spanned<bool>>,
    /// `host` where it is a process on the machine itself: containers reach it through `host.docker.internal` on the port
    /// that it publishes, and `stackgen env` prints what to start it with.
    #[schemars(with = "Option<Run>")]
    pub run: Option<Spanned<Run>>,
    /// `false` keeps nothing of what its template would store, for a demo or a test: the folders are in memory (`tmpfs`), gone
    /// when the container is, and count against its memory limit. `true` keeps what a template does not keep by itself.
    #[schemars(with = "Option<bool>")]
    pub persistent: Option<Spanned<bool>>,
    /// What `stackgen smoke` asks besides, by name: a path of HTTP at the published port, or a command in the container. `none`
    /// takes back one of a template or of a weaker layer.
    #[schemars(with = "Option<std::collections::BTreeMap<String, forms::SmokeCheck>>")]
    pub smoke: IndexMap<String, Option<SmokeCheck>>,
    /// The keys of the compose specification, as written; empty mapping if there is none.
    #[schemars(skip)]
    pub compose: Option<Node>,
    /// Those of stackgen's own keys of which it takes back what weaker layers say: with `!reset`, or with `!override` for
    /// what it says itself.
    #[schemars(skip)]
    pub taken_back: Vec<OwnKey>,
}

/// A key of stackgen's own that takes `!reset` and `!override`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnKey {
    /// `listen`.
    Listen,
    /// `publish`.
    Publish,
    /// `health`.
    Health,
    /// `metrics`.
    Metrics,
    /// `needs`.
    Needs,
    /// `secrets`.
    Secrets,
    /// `smoke`.
    Smoke,
}

impl OwnKey {
    /// The key with a name.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "listen" => Self::Listen,
            "publish" => Self::Publish,
            "health" => Self::Health,
            "metrics" => Self::Metrics,
            "needs" => Self::Needs,
            "secrets" => Self::Secrets,
            "smoke" => Self::Smoke,
            _ => return None,
        })
    }
}

/// What every service offers to references by these names, so that no endpoint can be called so.
pub const OFFERED: [&str; 7] = ["name", "host", "port", "address", "url", "public_address", "public_url"];

/// Where a service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Run {
    /// In a container.
    Container,
    /// As a process on the machine itself.
    Host,
}

/// A template that a service uses.
#[derive(Clone, Debug)]
pub struct Use {
    /// Its name.
    pub name: Spanned<String>,
    /// The version behind `@`.
    pub version: Option<Spanned<String>>,
}

/// How to see that a service is ready.
#[derive(Clone, Debug)]
pub struct Health {
    /// Where it is written.
    pub span: Span,
    /// What is asked.
    pub probe: Probe,
    /// Compose's own timings beside it: `interval`, `timeout`, `retries`, `start_period`, `start_interval`.
    pub timings: Option<Node>,
}

/// What a probe asks.
#[derive(Clone, Debug)]
pub enum Probe {
    /// Nothing is asked: others wait for its start.
    None,
    /// What the `HEALTHCHECK` of its image asks.
    Image,
    /// An HTTP request to an endpoint.
    Http {
        /// The path.
        path: Spanned<String>,
        /// The endpoint; the first unless given.
        endpoint: Option<Spanned<String>>,
        /// The status that is right; any from 200 to 399 unless given.
        status: Option<u16>,
    },
    /// A connection to an endpoint.
    Tcp {
        /// The endpoint.
        endpoint: Spanned<String>,
    },
    /// A command inside the container, in the form of Compose's `healthcheck.test`.
    Command(Node),
}

/// What Prometheus scrapes of a service.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Where it is written.
    pub span: Span,
    /// Whether it is scraped at all.
    pub scraped: bool,
    /// The endpoint; the one named `metrics` or else the first, unless given.
    pub endpoint: Option<Spanned<String>>,
    /// The path, `/metrics` unless given.
    pub path: Option<String>,
    /// How often it is scraped; as often as all others unless given.
    pub interval: Option<String>,
    /// The names of its metrics, besides those that its template knows of.
    pub exports: Vec<String>,
}
