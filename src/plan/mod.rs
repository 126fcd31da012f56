//! A stack resolved for one environment: every name, address, port, dependency and value decided.
//!
//! Pure: no file, clock, randomness or environment variable; the same stack gives the same plans everywhere.

mod dependency;
mod environment;
mod mode;
mod port;
mod reference;
mod scope;
mod secret;
mod service;

use indexmap::{IndexMap, IndexSet};

use crate::catalog::{Catalog, Engine};
use crate::definition::Stack;
use crate::diagnostic::{Diagnostic, did_you_mean, enumerate, nearest};
use crate::source::Span;
use crate::yaml::Node;

pub use crate::definition::{Mode, TierKind};
pub use environment::{EnvironmentSettings, environments};

/// The variable that names the compose project whose networks an attached environment joins.
pub const ATTACH_PROJECT: &str = "ATTACH_PROJECT";

/// One compose file, decided.
#[derive(Debug)]
pub struct Plan {
    /// The stack's name.
    pub stack: String,
    /// The environment's name.
    pub environment: String,
    /// Which side of the templates was used.
    pub mode: Mode,
    /// The environment whose networks this one joins.
    pub attach: Option<String>,
    /// The tiers that have services here, in order.
    pub tiers: Vec<PlannedTier>,
    /// The networks, in the order of the tiers.
    pub networks: IndexMap<String, PlannedNetwork>,
    /// The named volumes with their options, by name.
    pub volumes: IndexMap<String, Option<Node>>,
    /// The secrets that are mounted, by name.
    pub secrets: IndexMap<String, PlannedSecret>,
    /// The config files that are mounted, by the name of the config.
    pub files: IndexMap<String, PlannedFile>,
    /// Further configs of the stack, in Compose's syntax.
    pub configs: Option<Node>,
    /// What the variables in the file are for, as far as it is known.
    pub variables: IndexMap<String, PlannedVariable>,
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

/// A network of a compose file.
#[derive(Debug, Default)]
pub struct PlannedNetwork {
    /// The name under which it exists already, for a network of an attached environment.
    pub external: Option<String>,
    /// Options in Compose's syntax.
    pub options: Option<Node>,
}

/// A secret that is mounted.
#[derive(Clone, Debug)]
pub struct PlannedSecret {
    /// Where its value comes from.
    pub source: SecretSource,
}

/// Where the value of a mounted secret comes from.
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

/// A variable of a compose file that stackgen itself has put there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedVariable {
    /// What it is for, in one sentence.
    pub description: String,
    /// Whether it holds a secret.
    pub secret: bool,
}

/// Plans every environment of a stack that has services. `templates` of the stack must have been loaded.
///
/// # Errors
///
/// Everything that is wrong in any environment.
pub fn plans(stack: &Stack, catalog: &Catalog, engine: &Engine) -> Result<Vec<Plan>, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let settings = environments(stack, &mut diagnostics);
    check_names(stack, catalog, &settings, &mut diagnostics);
    let mut plans: Vec<Plan> = Vec::new();
    let mut found = vec![(String::new(), diagnostics)];
    for environment in settings.values() {
        let mut diagnostics = Vec::new();
        let scope = scope::Scope::new(stack, catalog, engine, environment, &settings, &mut diagnostics);
        plans.extend(scope.plan(&mut diagnostics));
        found.push((environment.name.clone(), diagnostics));
    }
    settle_paths(&mut plans);
    let diagnostics = without_repetition(found);
    if diagnostics.is_empty() { Ok(plans) } else { Err(diagnostics) }
}

/// What is wrong with names, whatever the environment.
fn check_names(
    stack: &Stack,
    catalog: &Catalog,
    settings: &IndexMap<String, EnvironmentSettings>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (name, service) in &stack.services {
        if !service.tier.is_empty() && !stack.tiers.contains_key(&service.tier.value) {
            let message = format!("there is no tier `{}`", service.tier.value);
            let help = match nearest(&service.tier, stack.tiers.keys().map(String::as_str)) {
                Some(name) => format!("did you mean `{name}`?"),
                None => {
                    format!("add it to `tiers`, `{}: {{}}`, or take one that is there", service.tier.value)
                }
            };
            diagnostics.push(Diagnostic::stack("unknown-tier", service.tier.span, message).help(help));
        }
        for (environment, over) in &service.overrides {
            if !settings.contains_key(environment) {
                let message = format!("there is no environment `{environment}`");
                let help = did_you_mean(environment, settings.keys().map(String::as_str));
                diagnostics.push(Diagnostic::stack("unknown-environment", over.span, message).help(help));
            }
        }
        let layers =
            std::iter::once(&service.layer).chain(service.overrides.values().map(|over| &over.layer));
        for layer in layers {
            let Some(used) = &layer.template else { continue };
            let Some(template) = catalog.get(&used.name) else {
                if !catalog.contains(&used.name) {
                    let message = format!("there is no template `{}`", used.name.value);
                    let help = match nearest(&used.name, catalog.names()) {
                        Some(name) => format!("did you mean `{name}`?"),
                        None => "`stackgen templates` lists them; one of your own is a file \
                                 `templates/NAME.yaml` beside the stack"
                            .to_owned(),
                    };
                    diagnostics
                        .push(Diagnostic::stack("unknown-template", used.name.span, message).help(help));
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
                diagnostics.push(Diagnostic::stack("unknown-version", version.span, message).help(help));
            }
        }
        let has_image = |key: &str| {
            service.layer.compose.as_ref().is_some_and(|compose| compose.get(key).is_some())
                || service
                    .overrides
                    .values()
                    .any(|over| over.layer.compose.as_ref().is_some_and(|compose| compose.get(key).is_some()))
        };
        let from_template = service
            .layer
            .template
            .as_ref()
            .is_some_and(|used| catalog.get(&used.name).is_none_or(|template| template.has_image()));
        if !from_template && !["image", "build", "provider"].into_iter().any(has_image) {
            let message = format!("nothing says what `{name}` runs");
            let help =
                "write `build: ./folder`, `image: name:tag`, or `use:` with a template that has an image";
            diagnostics.push(Diagnostic::stack("missing-image", service.span, message).help(help));
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
