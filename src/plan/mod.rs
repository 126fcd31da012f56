//! A stack resolved for one environment: every name, address, port, dependency and value decided.
//!
//! Pure: no file, clock, randomness or environment variable; the same stack gives the same plans everywhere.

mod address;
mod dependency;
mod draft;
mod endpoint;
mod env_file;
mod environment;
mod example;
mod exporter;
mod lock;
mod member;
mod metrics;
mod mode;
mod port;
mod probe;
mod reference;
mod scope;
mod secret;
mod template;
mod upkeep;
mod variable;

use indexmap::{IndexMap, IndexSet};

use crate::catalog::{Catalog, Engine, withdrawn_image, withdrawn_template};
use crate::definition::{Lock, Spanned, Stack};
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean, enumerate, nearest};
use compose_reader::source::Span;
use compose_reader::yaml::Node;

pub use crate::definition::{Mode, PortRange, TierKind};
pub use endpoint::{InsideProbe, PlannedEndpoint};
pub use env_file::EnvFiles;
pub use environment::{EnvironmentSettings, environments};
pub use example::{Example, example};
pub use exporter::prepare;
use lock::Allocator;
pub use upkeep::{PlannedBackup, PlannedProcess};
pub use variable::{UsedVariable, used_variables};

/// The variable that names the compose project whose networks an attached environment joins.
pub const ATTACH_PROJECT: &str = "ATTACH_PROJECT";

/// One compose file, decided.
#[derive(Debug)]
pub struct Plan {
    /// The stack's name.
    pub stack: String,
    /// The environment's name.
    pub environment: String,
    /// Which of several instances it is, from 1.
    pub instance: u16,
    /// Which side of the templates was used.
    pub mode: Mode,
    /// What is published on the host, in the order of the tiers.
    pub ports: Vec<PlannedPort>,
    /// What the services that have a container listen on.
    pub endpoints: Vec<PlannedEndpoint>,
    /// The services that run on the machine itself.
    pub processes: Vec<PlannedProcess>,
    /// The services whose data can be saved.
    pub backups: Vec<PlannedBackup>,
    /// The environment whose networks this one joins.
    pub attach: Option<String>,
    /// The tiers that have services here, in order.
    pub tiers: Vec<PlannedTier>,
    /// The networks, in the order of the tiers.
    pub networks: IndexMap<String, PlannedNetwork>,
    /// The named volumes with their options, by name.
    pub volumes: IndexMap<String, Option<Node>>,
    /// The secrets that are used, by name.
    pub secrets: IndexMap<String, PlannedSecret>,
    /// The config files that are mounted, by the name of the config.
    pub files: IndexMap<String, PlannedFile>,
    /// The files that have to lie beside it when it starts, such as certificates: each as a path from the stack, where that
    /// is named.
    pub required: Vec<Spanned<String>>,
    /// Further configs of the stack, in Compose's syntax.
    pub configs: Option<Node>,
    /// What the variables are for that stackgen itself has put into the file, each in one sentence.
    pub variables: IndexMap<String, String>,
}

impl Plan {
    /// The environment, with the number of the instance behind it if it is not the first.
    pub fn place(&self) -> String {
        place(&self.environment, self.instance)
    }
}

/// An environment's name with that of an instance.
fn place(environment: &str, instance: u16) -> String {
    if instance > 1 { format!("{environment}-{instance}") } else { environment.to_owned() }
}

/// A tier with its services in this environment.
#[derive(Debug)]
pub struct PlannedTier {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: TierKind,
    /// Its services, in the order of the stack.
    pub services: Vec<PlannedService>,
}

/// A service of a compose file.
#[derive(Debug)]
pub struct PlannedService {
    /// Its name.
    pub name: String,
    /// A remark that stands above it.
    pub note: Option<String>,
    /// The service in Compose's syntax; each value's span is the place that it comes from.
    pub compose: Node,
}

/// An endpoint on the host.
#[derive(Clone, Debug)]
pub struct PlannedPort {
    /// The tier of its service.
    pub tier: String,
    /// Its service.
    pub service: String,
    /// The endpoint.
    pub endpoint: String,
    /// The port inside the container.
    pub target: u16,
    /// The address on the host.
    pub address: std::net::IpAddr,
    /// The ports on the host; more than one for a pool.
    pub ports: PortRange,
    /// The scheme of its URL.
    pub scheme: String,
    /// Whether a process on the host has it, not a container.
    pub hosted: bool,
}

impl PlannedPort {
    /// The URL on this machine, for a scheme that has one.
    pub fn url(&self) -> Option<String> {
        let host = address::local(self.address);
        let has_url = !matches!(self.scheme.as_str(), "tcp" | "udp");
        has_url.then(|| format!("{}://{host}:{}", self.scheme, self.ports.first))
    }
}

/// A network of a compose file.
#[derive(Debug, Default)]
pub struct PlannedNetwork {
    /// The name under which it exists already, for a network of an attached environment.
    pub external: Option<String>,
    /// Options in Compose's syntax.
    pub options: Option<Node>,
}

/// A secret that an environment uses.
#[derive(Clone, Debug)]
pub struct PlannedSecret {
    /// Where its value comes from.
    pub source: SecretSource,
    /// The variable that holds its value in `.env`, for texts that it is a part of.
    pub variable: String,
    /// What it is for.
    pub description: String,
    /// Its harmless value in development.
    pub development: String,
    /// Whether a value may be made up for it.
    pub generate: bool,
    /// What a value that is made up begins with.
    pub prefix: String,
    /// The services that mount it; none for one that is only a part of other texts.
    pub readers: Vec<SecretReader>,
    /// The first place that uses it.
    pub span: Span,
}

impl PlannedSecret {
    /// Whether `stackgen secrets init` makes a value up for it.
    pub fn is_made_up(&self) -> bool {
        self.generate && matches!(self.source, SecretSource::File(_))
    }
}

/// A service that reads the file of a secret, which keeps the owner and mode that it has on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretReader {
    /// The service.
    pub service: String,
    /// The number of the user that reads it, as far as it is known.
    pub user: Option<u32>,
    /// Whether that is root with the right to read what belongs to others.
    pub reads_all: bool,
    /// Whether its file system is read-only.
    pub read_only: bool,
}

/// Where the value of a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A file, as a path from the stack.
    File(String),
    /// A variable of the machine.
    Environment(String),
    /// The platform has it.
    External,
}

/// A config file that is rendered beside the compose file.
#[derive(Debug)]
pub struct PlannedFile {
    /// The service that mounts it.
    pub service: String,
    /// Its path from the stack.
    pub path: String,
    /// Its content.
    pub content: String,
}

/// What a stack is planned with, besides itself.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// The host ports that were given out before.
    pub lock: Lock,
    /// Which of several instances is planned, from 1.
    pub instance: u16,
    /// The application's environment files, as far as they are there.
    pub env_files: EnvFiles,
}

/// Every environment of a stack that has services, and the host ports that were given out.
#[derive(Debug)]
pub struct Planned {
    /// The plans, in the order of the environments.
    pub plans: Vec<Plan>,
    /// Host ports by service and endpoint, for `stack.lock`.
    pub given: IndexMap<(String, String), u16>,
    /// Whether the stack has a Makefile.
    pub makefile: bool,
}

/// Plans a stack. Its templates must have been loaded.
///
/// # Errors
///
/// Everything that is wrong in any environment.
pub fn plan(
    stack: &Stack,
    catalog: &Catalog,
    engine: &Engine,
    circumstances: &Circumstances,
) -> Result<Planned, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let settings = environments(stack, &mut diagnostics);
    check_names(stack, catalog, &settings, &mut diagnostics);
    let mut allocator = Allocator::new(stack, &circumstances.lock, shift(stack, circumstances));
    let mut plans: Vec<Plan> = Vec::new();
    let mut found = vec![(String::new(), diagnostics)];
    let mut named = Vec::new();
    for environment in settings.values() {
        let mut diagnostics = Vec::new();
        let base = scope::Base { stack, catalog, engine, settings: &settings, environment };
        let scope = scope::Scope::new(base, View::Container, &mut allocator, &mut diagnostics);
        named.extend(port::named_endpoints(&scope));
        plans.extend(scope.plan(circumstances, &mut diagnostics));
        found.push((environment.name.clone(), diagnostics));
    }
    let mut diagnostics = Vec::new();
    port::check_named(&named, &mut diagnostics);
    found.push((String::new(), diagnostics));
    settle_paths(&mut plans);
    let diagnostics = without_repetition(found);
    if diagnostics.is_empty() {
        let makefile = stack.makefile.as_ref().is_none_or(|makefile| makefile.value);
        Ok(Planned { plans, given: allocator.into_given(), makefile })
    } else {
        Err(diagnostics)
    }
}

/// The variables that a service is started with as a process on the machine itself, beside an environment.
///
/// # Errors
///
/// Everything that is wrong with it there.
pub fn process(
    stack: &Stack,
    catalog: &Catalog,
    engine: &Engine,
    circumstances: &Circumstances,
    environment: &str,
    service: &str,
) -> Result<Node, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let settings = environments(stack, &mut Vec::new());
    let Some(environment) = settings.get(environment) else { return Err(diagnostics) };
    let mut allocator = Allocator::new(stack, &circumstances.lock, shift(stack, circumstances));
    let base = scope::Base { stack, catalog, engine, settings: &settings, environment };
    let scope = scope::Scope::new(base, View::Host, &mut allocator, &mut Vec::new());
    let variables = scope.process(service, &mut diagnostics);
    let diagnostics = without_repetition(vec![(String::new(), diagnostics)]);
    if diagnostics.is_empty() { Ok(variables) } else { Err(diagnostics) }
}

/// The paths of the environment files that the services of a stack name.
pub fn env_file_paths(stack: &Stack) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for service in stack.services.values() {
        let composes = stack.layers_of(service).filter_map(|layer| layer.compose.as_ref());
        paths.extend(composes.flat_map(env_file::paths).map(|path| path.trim_start_matches("./").to_owned()));
    }
    paths.sort();
    paths.dedup();
    paths
}

fn shift(stack: &Stack, circumstances: &Circumstances) -> u16 {
    let stride = stack.instances.as_ref().map_or(0, |instances| instances.stride.value);
    stride.saturating_mul(circumstances.instance.saturating_sub(1))
}

/// From where an address has to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    /// From a container on the stack's networks.
    Container,
    /// From a process on the machine itself.
    Host,
}

/// What is wrong with names, whatever the environment.
fn check_names(
    stack: &Stack,
    catalog: &Catalog,
    settings: &IndexMap<String, EnvironmentSettings>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (name, source) in stack.secrets.values().flat_map(|secret| &secret.sources) {
        if !settings.contains_key(name) {
            let message = format!("there is no environment `{name}`");
            let help = did_you_mean(name, settings.keys().map(String::as_str));
            diagnostics.push(Fault::UnknownEnvironment.at(source.span, message).help(help));
        }
    }
    for (name, service) in &stack.services {
        if !service.tier.is_empty() && !stack.tiers.contains_key(&service.tier.value) {
            let message = format!("there is no tier `{}`", service.tier.value);
            let help = match nearest(&service.tier, stack.tiers.keys().map(String::as_str)) {
                Some(name) => format!("did you mean `{name}`?"),
                None => {
                    format!("add it to `tiers`, `{}: {{}}`, or take one that is there", service.tier.value)
                }
            };
            diagnostics.push(Fault::UnknownTier.at(service.tier.span, message).help(help));
        }
        for (environment, over) in &service.overrides {
            if !settings.contains_key(environment) {
                let message = format!("there is no environment `{environment}`");
                let help = did_you_mean(environment, settings.keys().map(String::as_str));
                diagnostics.push(Fault::UnknownEnvironment.at(over.span, message).help(help));
            }
        }
        for layer in stack.layers_of(service) {
            let Some(used) = &layer.template else { continue };
            let Some(template) = catalog.get(&used.name) else {
                if !catalog.contains(&used.name) {
                    let message = format!("there is no template `{}`", used.name.value);
                    let gone = withdrawn_template(&used.name);
                    let help = match (nearest(&used.name, catalog.names()), gone) {
                        (_, Some(gone)) => format!("{} is {}; use {}", gone.image, gone.what, gone.instead),
                        (Some(name), None) => format!("did you mean `{name}`?"),
                        (None, None) => "`stackgen templates` lists them; one of your own is a file \
                                 `templates/NAME.yaml` beside the stack"
                            .to_owned(),
                    };
                    diagnostics.push(Fault::UnknownTemplate.at(used.name.span, message).help(help));
                }
                continue;
            };
            if let Some(version) = &used.version
                && !template.knows_version(version)
            {
                let message = format!("nothing is known of {} {}", used.name.value, version.value);
                let help = match &template.versions[..] {
                    [] => format!("`{}` has no versions; leave out the `@`", used.name.value),
                    versions => {
                        let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
                        format!("there is {}", enumerate(&versions))
                    }
                };
                diagnostics.push(Fault::UnknownVersion.at(version.span, message).help(help));
            }
        }
        let composes = || stack.layers_of(service).filter_map(|layer| layer.compose.as_ref());
        for image in composes().filter_map(|compose| compose.get("image")) {
            if let Some(gone) = image.as_text().and_then(withdrawn_image) {
                let message = format!("the image {} is {}", gone.image, gone.what);
                let help = format!("use {}", gone.instead);
                diagnostics.push(Fault::WithdrawnImage.at(image.span, message).help(help));
            }
        }
        let has_image = |key: &str| composes().any(|compose| compose.get(key).is_some());
        let mut used = stack.layers_of(service).filter_map(|layer| layer.template.as_ref());
        let from_template =
            used.any(|used| catalog.get(&used.name).is_none_or(|template| template.has_image()));
        if !from_template && !["image", "build", "provider"].into_iter().any(has_image) {
            let message = format!("nothing says what `{name}` runs");
            let help =
                "write `build: ./folder`, `image: name:tag`, or `use:` with a template that has an image";
            diagnostics.push(Fault::MissingImage.at(service.span, message).help(help));
        }
    }
}

/// A config that differs between environments gets a folder for each; one that is the same everywhere is shared.
fn settle_paths(plans: &mut [Plan]) {
    let mut contents: IndexMap<String, IndexSet<String>> = IndexMap::new();
    for file in plans.iter().flat_map(|plan| plan.files.values()) {
        contents.entry(file.path.clone()).or_default().insert(file.content.clone());
    }
    for plan in plans {
        let environment = plan.environment.clone();
        for file in plan.files.values_mut() {
            if contents.get(&file.path).is_some_and(|contents| contents.len() > 1)
                && let Some((folder, name)) = file.path.rsplit_once('/')
            {
                file.path = format!("{folder}/{environment}/{name}");
            }
        }
    }
}

/// The same mistake shows in several environments; it is said once, and names all of them where it names one.
fn without_repetition(found: Vec<(String, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    /// Stands for the environment in a text that may name it.
    const HERE: &str = "\u{1f}";
    let mut kept: IndexMap<(&'static str, Span, String), (Diagnostic, IndexSet<String>)> = IndexMap::new();
    for (environment, diagnostics) in found {
        let name = format!("`{environment}`");
        for mut diagnostic in diagnostics {
            if environment.is_empty() {
                kept.insert(
                    (diagnostic.name, diagnostic.span, diagnostic.message.clone()),
                    (diagnostic, IndexSet::new()),
                );
                continue;
            }
            diagnostic.message = diagnostic.message.replace(&name, HERE);
            for label in &mut diagnostic.related {
                label.message = label.message.replace(&name, HERE);
            }
            let key = (diagnostic.name, diagnostic.span, diagnostic.message.clone());
            kept.entry(key).or_insert((diagnostic, IndexSet::new())).1.insert(environment.clone());
        }
    }
    let named = |(mut diagnostic, environments): (Diagnostic, IndexSet<String>)| {
        let names: Vec<&str> = environments.iter().map(String::as_str).collect();
        let names = enumerate(&names);
        diagnostic.message = diagnostic.message.replace(HERE, &names);
        for label in &mut diagnostic.related {
            label.message = label.message.replace(HERE, &names);
        }
        diagnostic
    };
    kept.into_values().map(named).collect()
}
