//! The whole of a stack.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::environment::Environment;
use super::forms;
use super::layer::Layer;
use super::secret::Secret;
use super::service::Service;
use super::spanned::Spanned;
use super::tier::Tier;
use super::upkeep::{Backups, Images};
use compose_reader::source::Span;
use compose_reader::yaml::Node;

/// A stack: services in tiers, rendered into one compose file an environment.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "stack", transform = forms::without_null)]
pub struct Stack {
    /// The stack's name. Each environment is a compose project of its own, `<name>-<environment>`.
    #[schemars(extend("pattern" = "^[a-z0-9][a-z0-9_-]*$"))]
    pub name: Spanned<String>,
    /// The oldest Docker Engine that has to run what is rendered, `25` unless given. Below 25 no `start_interval` is
    /// written, which such an engine refuses.
    #[schemars(with = "Option<forms::Version>")]
    pub engine: Option<Spanned<u32>>,
    /// `false` renders no Makefile, for a folder that has one of its own.
    #[schemars(with = "Option<bool>", extend("default" = true))]
    pub makefile: Option<Spanned<bool>>,
    /// `false` renders no `.env.example`; `section` keeps what is asked for in a marked section of one that people write.
    #[schemars(with = "Option<forms::EnvExample>", extend("default" = true))]
    pub env_example: Option<Spanned<EnvExample>>,
    /// Further files with `tiers`, `services`, `secrets`, `volumes`, `networks` and `configs`, as paths from this one.
    /// Paths inside them are meant from this file as well.
    #[schemars(with = "Option<forms::OneOrMany<String>>")]
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
    /// Where the images of what is built lie: `image` then stands beside `build` in production, and `make` pushes, pulls and
    /// takes them back.
    #[schemars(with = "Option<Images>")]
    pub images: Option<Images>,
    /// What `make backup` saves besides databases, and how much of it is kept.
    #[schemars(with = "Option<Backups>")]
    pub backups: Option<Backups>,
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
    #[schemars(with = "Option<forms::Networks>")]
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
            images: None,
            backups: None,
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
#[schemars(deny_unknown_fields, transform = forms::without_null)]
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
