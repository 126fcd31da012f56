//! `stack.yaml` as typed values, each with the place where it is written.

mod compose_keys;
mod external;
mod lock;
mod read;
mod schema;

use std::net::IpAddr;
use std::ops::Deref;

use data_encoding::{BASE64, BASE64URL, BASE64URL_NOPAD, HEXLOWER};
use indexmap::IndexMap;
use schemars::JsonSchema;

use compose_reader::source::Span;
pub use compose_reader::values::{HostPort, PortRange};
use compose_reader::yaml::Node;

pub use compose_keys::{ComposeKey, Shape, compose_key, compose_keys};
pub use external::{External, ExternalPort};
pub use lock::{Lock, read_lock};
pub use read::{includes, read};
pub use schema::schema;

/// A value and where it is written.
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value that `span` is responsible for.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A stack: services in tiers, rendered into one compose file an environment.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "stack", transform = schema::without_null)]
pub struct Stack {
    /// The stack's name. Each environment is a compose project of its own, `<name>-<environment>`.
    #[schemars(extend("pattern" = "^[a-z0-9][a-z0-9_-]*$"))]
    pub name: Spanned<String>,
    /// The oldest Docker Engine that has to run what is rendered, `25` unless given. Below 25 no `start_interval` is
    /// written, which such an engine refuses.
    #[schemars(with = "Option<schema::Version>")]
    pub engine: Option<Spanned<u32>>,
    /// `false` renders no Makefile, for a folder that has one of its own.
    #[schemars(with = "Option<bool>", extend("default" = true))]
    pub makefile: Option<Spanned<bool>>,
    /// `false` renders no `.env.example`; `section` keeps what is asked for in a marked section of one that people write.
    #[schemars(with = "Option<schema::EnvExample>", extend("default" = true))]
    pub env_example: Option<Spanned<EnvExample>>,
    /// Further files with `tiers`, `services`, `secrets`, `volumes`, `networks` and `configs`, as paths from this one.
    /// Paths inside them are meant from this file as well.
    #[schemars(with = "Option<schema::OneOrMany<String>>")]
    pub include: Vec<Spanned<String>>,
    /// What every service gets, before its tier, its environment and itself say more.
    #[schemars(with = "Option<Layer>")]
    pub defaults: Option<Layer>,
    /// Host ports that something else on the machine has, each with what that is.
    #[schemars(with = "Option<std::collections::BTreeMap<String, String>>")]
    pub reserved_ports: Vec<ReservedPort>,
    /// How many instances of the stack may run on one machine, and how far apart their host ports are.
    #[schemars(with = "Option<Instances>")]
    pub instances: Option<Instances>,
    /// What is added to watch the stack, besides the services that are written down for it.
    #[schemars(with = "Option<Observability>")]
    pub observability: Option<Observability>,
    /// Groups of services: the order of sections, a network each, and the host ports that may be published.
    #[schemars(with = "std::collections::BTreeMap<String, Tier>")]
    pub tiers: IndexMap<String, Tier>,
    /// Everything that runs.
    #[schemars(with = "std::collections::BTreeMap<String, Service>")]
    pub services: IndexMap<String, Service>,
    /// Services that are named and cannot be read; naming them elsewhere is no further mistake.
    #[schemars(skip)]
    pub unreadable: Vec<String>,
    /// Changes to the four environments that every stack has (`dev-fast`, `infra`, `observability`, `production`),
    /// and further ones.
    #[schemars(with = "Option<std::collections::BTreeMap<String, Environment>>")]
    pub environments: IndexMap<String, Environment>,
    /// Where secrets come from, for those that are not a file `secrets/<name>`.
    #[schemars(with = "Option<std::collections::BTreeMap<String, Secret>>")]
    pub secrets: IndexMap<String, Secret>,
    /// Options of named volumes, in Compose's own syntax. A volume that needs none need not be declared.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub volumes: Option<Node>,
    /// Options of networks, in Compose's own syntax: those of the tiers, by tier, and further ones. `flat` puts all services
    /// on one network, the one that Compose makes by itself, in place of one for each tier.
    #[schemars(with = "Option<schema::Networks>")]
    pub networks: Option<Node>,
    /// Whether `networks` is `flat`.
    #[schemars(skip)]
    pub flat: bool,
    /// Further configs, in Compose's own syntax.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub configs: Option<Node>,
}

impl Stack {
    /// A stack without a name or anything in it, at `span`.
    pub fn empty(span: Span) -> Self {
        Self {
            name: Spanned::new(String::new(), span),
            engine: None,
            makefile: None,
            env_example: None,
            include: Vec::new(),
            defaults: None,
            reserved_ports: Vec::new(),
            instances: None,
            observability: None,
            tiers: IndexMap::new(),
            services: IndexMap::new(),
            unreadable: Vec::new(),
            environments: IndexMap::new(),
            secrets: IndexMap::new(),
            volumes: None,
            networks: None,
            flat: false,
            configs: None,
        }
    }

    /// How far the host ports of an instance, counted from 1, are from those that are written.
    pub fn shift(&self, instance: u16) -> u16 {
        let stride = self.instances.as_ref().map_or(0, |instances| instances.stride.value);
        stride.saturating_mul(instance.saturating_sub(1))
    }

    /// Every layer that may have a say in a service: the defaults of the stack, of its tier and of all environments, its
    /// own, those beside other services, and its overrides.
    pub fn layers_of<'s>(&'s self, service: &'s Service) -> impl Iterator<Item = &'s Layer> {
        let tier = self.tiers.get(&service.tier.value).and_then(|tier| tier.defaults.as_ref());
        let environments = self.environments.values().filter_map(|environment| environment.defaults.as_ref());
        let more = service.beside.values().chain(service.overrides.values()).map(|over| &over.layer);
        self.defaults.iter().chain(tier).chain(environments).chain([&service.layer]).chain(more)
    }
}

/// A named group of services.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, transform = schema::without_null, extend("type" = ["object", "null"]))]
pub struct Tier {
    /// Where the tier is named.
    #[schemars(skip)]
    pub span: Span,
    /// What the tier holds, which decides the environments that it is part of; `application` unless given.
    #[schemars(with = "Option<TierKind>", extend("default" = "application"))]
    pub kind: Option<Spanned<TierKind>>,
    /// The host ports that its services may publish: one port, a range, or a list of both. Any, unless given.
    #[schemars(with = "Option<schema::OneOrMany<schema::PortRange>>")]
    pub host_ports: Vec<Spanned<PortRange>>,
    /// What every service of the tier gets.
    #[schemars(with = "Option<Layer>")]
    pub defaults: Option<Layer>,
}

/// A host port that something else on the machine has.
#[derive(Clone, Debug)]
pub struct ReservedPort {
    /// The port.
    pub port: Spanned<u16>,
    /// What has it.
    pub reason: String,
}

/// What is rendered of `.env.example`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EnvExample {
    /// The whole file.
    #[default]
    File,
    /// A marked section of a file that people write.
    Section,
    /// Nothing.
    Nothing,
}

/// Instances of a stack side by side on one machine.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Instances {
    /// Where it is said.
    #[schemars(skip)]
    pub span: Span,
    /// How far the host ports of one instance are from those of the next.
    #[schemars(with = "u16")]
    pub stride: Spanned<u16>,
    /// How many instances there may be.
    #[schemars(with = "u16")]
    pub max: Spanned<u16>,
}

/// What is added to watch a stack.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, transform = schema::without_null)]
pub struct Observability {
    /// `auto` adds an exporter, `SERVICE-exporter`, for each database, cache, broker and gateway whose template knows one,
    /// unless the stack has it already: in the tier of the service that scrapes, and in every environment of that tier that
    /// reaches the service's container. It signs in with that service's own user and secret.
    #[schemars(with = "Option<Exporters>", extend("default" = "none"))]
    pub exporters: Option<Spanned<Exporters>>,
}

/// Which exporters are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Exporters {
    /// One for each service that has none and could.
    Auto,
    /// Those that are written down.
    None,
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

/// One thing that runs.
///
/// Besides the keys described here, a service takes every key of the compose specification, in Compose's own syntax;
/// such a key wins over what its template says.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(extend("additionalProperties" = false), transform = schema::without_null)]
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
    #[schemars(rename = "where", with = "Option<std::collections::BTreeMap<String, schema::Beside>>")]
    pub beside: IndexMap<String, Override>,
    /// Where somebody else runs it, by environment: there it has no container, and references to it, templates and exporters
    /// work all the same.
    #[schemars(with = "Option<std::collections::BTreeMap<String, External>>")]
    pub external: IndexMap<String, External>,
    /// What is different in one environment, by its name.
    #[schemars(with = "Option<std::collections::BTreeMap<String, schema::Override>>")]
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

/// What can be said of a service, for all environments or for one.
#[derive(Clone, Debug, Default, JsonSchema)]
#[schemars(transform = schema::without_null, transform = schema::with_compose_keys)]
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
    #[schemars(with = "Option<schema::Listen>")]
    pub listen: IndexMap<String, Endpoint>,
    /// Host ports, in every environment that binds to one address (`dev-fast`, `infra`, `observability`), or by
    /// environment, or by endpoint. Nothing is published unless it is said here.
    #[schemars(with = "Option<schema::Publish>")]
    pub publish: Option<Publish>,
    /// The URL that browsers open it by, where that is not the published port: behind a proxy that speaks TLS, say.
    #[schemars(with = "Option<String>", extend("pattern" = r"://|^\$\{", "examples" = ["https://shop.example.org"]))]
    pub public_url: Option<Spanned<String>>,
    /// How to see that it is ready: a path for HTTP, `{tcp: endpoint}`, `{command: […]}`, `image` for the `HEALTHCHECK` that
    /// its image brings, or `none`, so that others wait for its start only.
    #[schemars(with = "Option<schema::Health>")]
    pub health: Option<Health>,
    /// What Prometheus scrapes of it, where that is not `/metrics` at an endpoint named `metrics`: a path, the details, or
    /// `none`.
    #[schemars(with = "Option<schema::Metrics>")]
    pub metrics: Option<Metrics>,
    /// Services that must be ready first, besides those that a reference names. A list, or a mapping that weakens a
    /// wait: `started`, or `none` for services that call each other.
    #[schemars(with = "Option<schema::Needs>")]
    pub needs: IndexMap<String, Need>,
    /// Secrets that it reads: `NAME` holds the value in development, `NAME_FILE` the file's path in production.
    #[schemars(with = "Option<schema::OneOrMany<schema::SecretUse>>")]
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

/// A port that a service listens on inside its network.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Where it is named.
    pub span: Span,
    /// The port inside the container.
    pub port: Spanned<u16>,
    /// The scheme of its URL.
    pub scheme: String,
}

/// Host ports of a service.
#[derive(Clone, Debug)]
pub enum Publish {
    /// One port, of the first endpoint.
    Port(Spanned<HostPort>),
    /// One that a variable says.
    Variable(Spanned<VariablePort>),
    /// One that Docker picks whenever the container starts.
    Any(Span),
    /// A range that Docker picks from, a port for each replica.
    Pool(Spanned<PortRange>),
    /// The next free port of the tier's range, kept in `stack.lock`.
    Auto(Span),
    /// By environment or by endpoint.
    By(IndexMap<String, Published>),
    /// Nothing: takes back what a weaker layer publishes.
    Nothing,
}

/// A host port that a variable says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariablePort {
    /// The address that it is bound to, where one is named.
    pub address: Option<IpAddr>,
    /// The variable in Compose's syntax: `${PG_PORT:-5432}`.
    pub written: String,
    /// The port where the variable is not set, if it has a default.
    pub default: Option<u16>,
}

/// A host port under the name of an environment or an endpoint.
#[derive(Clone, Debug)]
pub struct Published {
    /// Where the name is written.
    pub span: Span,
    /// What is published.
    pub publish: Publish,
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

/// A service that must be ready first.
#[derive(Clone, Debug)]
pub struct Need {
    /// Where it is named.
    pub span: Span,
    /// What is waited for, unless what the target is decides.
    pub wait: Option<Wait>,
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

/// A secret that a service reads.
#[derive(Clone, Debug)]
pub struct SecretUse {
    /// The secret.
    pub name: Spanned<String>,
    /// A variable that holds the value itself in every environment, for a program that cannot read a file.
    pub variable: Option<Spanned<String>>,
    /// The file's name below `/run/secrets`, or its path in the container; the secret's name unless given.
    pub target: Option<Spanned<String>>,
    /// The number of the user whose the file is.
    pub uid: Option<Spanned<u32>>,
    /// The number of its group.
    pub gid: Option<Spanned<u32>>,
    /// Its mode, in octal digits.
    pub mode: Option<Spanned<String>>,
}

/// How a value that is made up is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Encoding {
    /// Letters and digits; `length` counts them.
    #[default]
    Alphanumeric,
    /// Bytes in hexadecimal digits.
    Hex,
    /// Bytes in base64.
    Base64,
    /// Bytes in base64 for URLs and file names, without `=`.
    Base64url,
    /// A key of Laravel, `base64:` and 32 or 16 bytes.
    Laravel,
    /// A key of Fernet, 32 bytes in base64 for URLs.
    Fernet,
}

impl Encoding {
    /// Every encoding by its word.
    pub const ALL: [(&str, Self); 6] = [
        ("alphanumeric", Self::Alphanumeric),
        ("hex", Self::Hex),
        ("base64", Self::Base64),
        ("base64url", Self::Base64url),
        ("laravel", Self::Laravel),
        ("fernet", Self::Fernet),
    ];

    /// Some bytes as a value; letters and digits are made of no bytes.
    pub fn written(self, bytes: &[u8]) -> String {
        match self {
            Self::Alphanumeric => String::from_utf8_lossy(bytes).into_owned(),
            Self::Hex => HEXLOWER.encode(bytes),
            Self::Base64 => BASE64.encode(bytes),
            Self::Base64url => BASE64URL_NOPAD.encode(bytes),
            Self::Laravel => format!("base64:{}", BASE64.encode(bytes)),
            Self::Fernet => BASE64URL.encode(bytes),
        }
    }
}

/// How long a value is that is made up, unless the stack says.
pub const SECRET_LENGTH: u16 = 32;

/// A secret: what it is for, and where its value comes from.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(
    transform = schema::without_null,
    extend("type" = ["object", "null"], "additionalProperties" = false)
)]
pub struct Secret {
    /// Where it is named.
    #[schemars(skip)]
    pub span: Span,
    /// What it is for; stands in `.env.example`.
    #[schemars(with = "Option<String>")]
    pub description: Option<Spanned<String>>,
    /// The harmless value that it has in development.
    #[schemars(with = "Option<String>")]
    pub development: Option<Spanned<String>>,
    /// `false` for one that somebody else hands out, such as the key of a paid service: `stackgen secrets init` makes no
    /// value up for it.
    #[schemars(with = "Option<bool>")]
    pub generate: Option<Spanned<bool>>,
    /// How a value that is made up is written, `alphanumeric` unless given.
    #[schemars(with = "Option<Encoding>")]
    pub encoding: Option<Spanned<Encoding>>,
    /// How many letters and digits, or how many bytes, a value has that is made up; 32 unless given.
    #[schemars(with = "Option<schema::SecretLength>")]
    pub length: Option<Spanned<u16>>,
    /// Where it comes from in every environment that `sources` does not name.
    #[schemars(flatten)]
    pub source: SecretSource,
    /// Where it comes from, by environment. In one of development it then has no harmless value. Where no source is given
    /// for all environments, those that are not named here cannot use it.
    #[schemars(with = "Option<std::collections::BTreeMap<String, SecretSource>>")]
    pub sources: IndexMap<String, SecretSource>,
}

/// Where the value of a secret comes from: one of the three.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, transform = schema::without_null)]
pub struct SecretSource {
    /// Where it is written.
    #[schemars(skip)]
    pub span: Span,
    /// The file it is read from, `secrets/<name>` unless given.
    #[schemars(with = "Option<String>")]
    pub file: Option<Spanned<String>>,
    /// A variable of the machine that it is read from instead of a file. Not for services with `read_only`.
    #[schemars(with = "Option<String>")]
    pub environment: Option<Spanned<String>>,
    /// It exists on the platform already, under its own name.
    #[schemars(with = "Option<bool>")]
    pub external: Option<Spanned<bool>>,
}

/// One rendered compose file, as far as it differs from what it is by default.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, transform = schema::without_null, extend("type" = ["object", "null"]))]
pub struct Environment {
    /// Where it is named.
    #[schemars(skip)]
    pub span: Span,
    /// Which side of every template is used.
    #[schemars(with = "Option<Mode>")]
    pub mode: Option<Spanned<Mode>>,
    /// The kinds of tier that it holds.
    #[schemars(with = "Option<schema::OneOrMany<TierKind>>")]
    pub kinds: Option<Spanned<Vec<TierKind>>>,
    /// Tiers that it holds besides those of its kinds.
    #[schemars(with = "Option<schema::OneOrMany<String>>")]
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
