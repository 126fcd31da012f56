//! A stack resolved for each environment: every name, address, port, dependency and value decided.
//!
//! Pure: no file, clock, randomness or environment variable; the same stack gives the same plans everywhere.
//!
//! In stages, each a function of what the ones before it give: `facts`, what is known of each service alone; `resolve`,
//! its references and dependencies; `port`, the ports on the host; `draft`, its compose keys; `planned`, the whole.

mod address;
mod companion;
mod config_file;
mod container_name;
mod dependency;
mod draft;
mod endpoint;
mod environment;
mod example;
mod exporter;
mod facts;
mod layers;
mod literal;
mod lock;
mod managed;
mod member;
mod metrics;
mod mode;
mod mount;
mod names;
mod network;
mod nodes;
mod planned;
mod port;
mod precedence;
mod probe;
mod publish;
mod reference;
mod resolve;
mod resource;
mod secret;
mod secret_layer;
mod secret_reader;
mod smoke;
mod template;
mod upkeep;
mod variable;
mod volume;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use indexmap::{IndexMap, IndexSet};

use crate::catalog::{Catalog, Engine};
use crate::definition::{Lock, Stack, Wait};
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, enumerate};
use compose_reader::interpolation::variables;
use compose_reader::source::Span;
use compose_reader::yaml::{Mapping, Node};
use draft::{Draft, draft};
use facts::{Facts, Members, View};
use lock::Allocator;
use member::{Inputs, Services, Shared, services};
use nodes::each_text;
use resolve::{Resolved, resolved};
use resource::Resource;
use secret::Secret;

pub use crate::definition::{Encoding, EnvExample, Mode, PortRange, TierKind};
pub use environment::{EnvironmentSettings, environments};
pub use example::{DeclaredImage, Example, example, images};
pub use exporter::prepare;
pub use names::withdrawn;
pub use planned::{
    ATTACH_PROJECT, HostPorts, InsideProbe, Intent, Plan, PlannedBackup, PlannedCheck, PlannedEndpoint,
    PlannedFile, PlannedNetwork, PlannedPort, PlannedProcess, PlannedQuestion, PlannedSecret, PlannedService,
    PlannedTier, RequiredFile, SavedVolume, SecretReader, SecretSource, UsedTemplate,
};
pub use variable::{PATH_PLACEHOLDER, PLACEHOLDER, UsedVariable, used_variables};

/// What a stack is planned with, besides itself.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// The host ports that were given out before.
    pub lock: Lock,
    /// Which of several instances is planned, from 1.
    pub instance: u16,
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
    /// What is rendered of `.env.example`.
    pub env_example: EnvExample,
    /// How many backups of each kind are kept.
    pub keep: Option<u16>,
    /// Whether there may be several instances.
    pub has_instances: bool,
    /// Whether the images of production lie in a registry.
    pub has_registry: bool,
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
    names::check(stack, catalog, &settings, &mut diagnostics);
    let inputs = Inputs { stack, catalog, engine, settings: &settings, view: View::Container };
    let mut known = Known::new(inputs, circumstances);
    let mut plans: Vec<Plan> = Vec::new();
    let mut named = Vec::new();
    for environment in settings.values() {
        let (facts, found) = known.facts(environment);
        diagnostics.extend(found);
        named.extend(port::named_endpoints(&facts));
        plans.extend(environment_plan(&facts, circumstances, &mut diagnostics));
        known.forget_before(environment);
    }
    port::check_named(&named, &mut diagnostics);
    settle_paths(&mut plans);
    if diagnostics.is_empty() {
        upkeep::check(stack, &plans, &mut diagnostics);
    }
    let diagnostics = without_repetition(diagnostics);
    if diagnostics.is_empty() {
        let makefile = stack.makefile.as_ref().is_none_or(|makefile| makefile.value);
        let env_example = stack.env_example.as_ref().map(|written| written.value).unwrap_or_default();
        let keep = stack.backups.as_ref().and_then(|backups| Some(backups.keep.as_ref()?.value));
        let (has_instances, has_registry) = (stack.instances.is_some(), stack.images.is_some());
        let given = known.shared.into_given();
        Ok(Planned { plans, given, makefile, env_example, keep, has_instances, has_registry })
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
    let settings = environments(stack, &mut Vec::new());
    let Some(environment) = settings.get(environment) else { return Err(Vec::new()) };
    let inputs = Inputs { stack, catalog, engine, settings: &settings, view: View::Host };
    let (facts, _) = Known::new(inputs, circumstances).facts(environment);
    let mut diagnostics = Vec::new();
    let nothing = Node::mapping(stack.name.span, Mapping::default());
    let variables = facts.find(service).and_then(|member| {
        let resolved = resolved(&facts, member, &mut diagnostics);
        draft(&facts, member, &resolved, &mut diagnostics).compose.get("environment").cloned()
    });
    let diagnostics = without_repetition(diagnostics);
    if diagnostics.is_empty() { Ok(variables.unwrap_or(nothing)) } else { Err(diagnostics) }
}

/// Whether a service hands the variables of a file on to its container as they are, with `env_file`.
pub fn hands_on(stack: &Stack, path: &str) -> bool {
    let layers = stack.services.values().flat_map(|service| stack.layers_of(service));
    let written = layers.filter_map(|layer| layer.compose.as_ref()?.get("env_file"));
    let mut items = written.flat_map(|node| node.as_sequence().unwrap_or(std::slice::from_ref(node)));
    items.any(|item| {
        let named = item.as_text().or_else(|| item.get("path")?.as_text());
        named.is_some_and(|named| named.trim_start_matches("./") == path)
    })
}

/// What is known of the services of each environment, as long as it is needed.
struct Known<'a> {
    inputs: Inputs<'a>,
    shared: Shared<'a>,
    services: HashMap<&'a str, Services<'a>>,
}

impl<'a> Known<'a> {
    fn new(inputs: Inputs<'a>, circumstances: &'a Circumstances) -> Self {
        let shift = inputs.stack.shift(circumstances.instance);
        let allocator = Allocator::new(inputs.stack, &circumstances.lock, shift);
        Self {
            inputs,
            shared: Shared::new(inputs.stack, inputs.catalog, allocator),
            services: HashMap::new(),
        }
    }

    fn services(&mut self, environment: &'a EnvironmentSettings) -> &mut Services<'a> {
        let Self { inputs, shared, services: known } = self;
        known.entry(&environment.name).or_insert_with(|| services(*inputs, environment, shared))
    }

    /// What is known of an environment, and what is wrong with its services.
    fn facts(&mut self, environment: &'a EnvironmentSettings) -> (Facts<'a>, Vec<Diagnostic>) {
        let own = self.services(environment);
        let (members, hosted) = (Rc::clone(&own.members), Rc::clone(&own.hosted));
        let (managed, absent) = (Rc::clone(&own.managed), Rc::clone(&own.absent));
        let diagnostics = std::mem::take(&mut own.diagnostics);
        let attached_to = environment.attach.as_ref().and_then(|attach| self.inputs.settings.get(attach));
        let (attached, attached_managed) = match attached_to {
            Some(attach) if !members.is_empty() => {
                let there = self.services(attach);
                (Rc::clone(&there.members), Rc::clone(&there.managed))
            }
            _ => (Rc::new(Members::new()), Rc::new(Members::new())),
        };
        let mut secrets: IndexMap<String, Rc<Secret>> = IndexMap::new();
        let known = [&members, &attached, &managed, &attached_managed, &absent];
        for member in known.into_iter().flat_map(|group| group.values()) {
            for secret in member.secrets.values() {
                secrets.entry(secret.name.clone()).or_insert_with(|| Rc::clone(secret));
            }
        }
        let Inputs { stack, engine, view, .. } = self.inputs;
        let facts = Facts {
            stack,
            engine,
            environment,
            attached_to,
            view,
            members,
            hosted,
            attached,
            managed,
            attached_managed,
            absent,
            secrets,
        };
        (facts, diagnostics)
    }

    /// Lets go of what no environment behind this one needs.
    fn forget_before(&mut self, environment: &EnvironmentSettings) {
        let settings = self.inputs.settings;
        let later = settings.get_index_of(&environment.name).map_or(0, |at| at + 1);
        let later = settings.values().skip(later);
        let needed: HashSet<&str> =
            later.flat_map(|later| [Some(later.name.as_str()), later.attach.as_deref()]).flatten().collect();
        self.services.retain(|name, _| needed.contains(name));
    }
}

/// The plan of an environment, or nothing if it has no services.
fn environment_plan(
    facts: &Facts,
    circumstances: &Circumstances,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Plan> {
    if facts.members.is_empty() {
        return None;
    }
    port::check(facts, diagnostics);
    let ports = port::ports(facts);
    let resolved: IndexMap<&str, Resolved> =
        facts.members.values().map(|member| (member.name, resolved(facts, member, diagnostics))).collect();
    let mut drafts: IndexMap<&str, Draft> = facts
        .members
        .values()
        .map(|member| (member.name, draft(facts, member, &resolved[member.name], diagnostics)))
        .collect();
    let mut gates = dependency::gates(facts, &resolved, &drafts, diagnostics);
    let (mut networks_of, networks) = network::networks(facts, &resolved, &drafts, circumstances.instance);
    for (name, draft) in &drafts {
        check_variables(&draft.compose, &resolved[name].unresolved, diagnostics);
    }
    volume::check(facts, &drafts, diagnostics);
    let volumes = volume::volumes(facts, &drafts);
    Resource::Volume.check(facts, volumes.keys().map(String::as_str), diagnostics);
    Resource::Network.check(facts, networks.keys().map(String::as_str), diagnostics);
    let secrets = secret_reader::secrets(facts, &drafts, diagnostics);
    let intent = intent(facts, &resolved, &drafts);
    let mut variables: IndexMap<String, String> = IndexMap::new();
    let named = drafts.values().flat_map(|draft| &draft.secrets);
    for secret in facts.secrets.values().chain(named) {
        variables.insert(secret.interpolated().to_owned(), secret.description().to_owned());
    }
    let joins = networks.values().any(|network| network.external.is_some());
    if joins {
        variables.insert(ATTACH_PROJECT.to_owned(), "The compose project whose networks it joins".to_owned());
    }
    let backups =
        facts.members.values().filter_map(|member| upkeep::backup(facts, member, diagnostics)).collect();
    let saved_volumes = upkeep::saved_volumes(facts, &drafts);
    let of_containers = drafts.values_mut().flat_map(|draft| std::mem::take(&mut draft.endpoints));
    let endpoints = of_containers.chain(facts.hosted.values().flat_map(endpoint::hosted_endpoints)).collect();
    let checks =
        facts.own().flat_map(|member| smoke::checks(facts, member, resolved.get(member.name), diagnostics));
    let checks = checks.collect();
    let files = drafts.values_mut().flat_map(|draft| std::mem::take(&mut draft.files));
    let files = files.map(|file| (file.config, file.file)).collect();
    let awaited = companion::awaited(&resolved);
    let mut of_tiers: IndexMap<&str, Vec<PlannedService>> =
        facts.stack.tiers.keys().map(|tier| (tier.as_str(), Vec::new())).collect();
    for (name, draft) in drafts {
        let member = &facts.members[name];
        let networks = networks_of.remove(name);
        let companion =
            companion::companion(facts, member, &draft, networks.as_ref(), awaited.contains(name));
        let mut compose = draft.compose;
        for (key, value) in [("depends_on", gates.remove(name)), ("networks", networks)] {
            if let Some(value) = value {
                compose.set(key, value);
            }
        }
        let (definition, template) = (member.definition.span, member.used_template());
        let service = PlannedService {
            name: name.to_owned(),
            comment: member.definition.comment.clone(),
            note: None,
            compose,
            definition,
            template,
        };
        if let Some(services) = of_tiers.get_mut(member.definition.tier.value.as_str()) {
            services.push(service);
            services.extend(companion);
        }
    }
    let tiers = facts.stack.tiers.iter().zip(of_tiers.into_values());
    let tiers = tiers.filter(|(_, services)| !services.is_empty()).map(|((name, definition), services)| {
        let kind = definition.kind.as_ref().map_or(TierKind::Application, |kind| kind.value);
        PlannedTier { name: name.clone(), kind, services }
    });
    let plan = Plan {
        stack: facts.stack.name.value.clone(),
        environment: facts.environment.name.clone(),
        instance: circumstances.instance,
        mode: facts.environment.mode,
        ports,
        endpoints,
        checks,
        processes: facts.hosted.values().filter_map(|member| upkeep::process(facts, member)).collect(),
        backups,
        saved_volumes,
        project: facts.environment.project(&facts.stack.name, circumstances.instance),
        file: facts.environment.file(circumstances.instance),
        attach: facts.environment.attach.clone().filter(|_| joins),
        tiers: tiers.collect(),
        networks,
        volumes,
        secrets,
        files,
        required: resolved.into_values().flat_map(|resolved| resolved.required).collect(),
        configs: facts.stack.configs.clone(),
        intent,
        variables,
    };
    plan.resources().for_each(|(_, node)| check_variables(node, &[], diagnostics));
    Some(plan)
}

/// What is meant to be as it is: who does not wait for whom, and what secrets are in development.
fn intent(facts: &Facts, resolved: &IndexMap<&str, Resolved>, drafts: &IndexMap<&str, Draft>) -> Intent {
    let named = resolved.iter().flat_map(|(name, resolved)| {
        let targets = resolved.dependencies.values();
        let unwaited =
            targets.filter(|dependency| matches!(dependency.wait, Some(Wait::None | Wait::Started)));
        unwaited.map(|dependency| ((*name).to_owned(), dependency.target.clone()))
    });
    let secrets = facts.secrets.values().chain(drafts.values().flat_map(|draft| &draft.secrets));
    let secrets = secrets.filter(|_| facts.environment.mode == Mode::Development);
    let values = secrets.map(|secret| secret.value.clone()).filter(|value| !value.starts_with("${"));
    Intent { unwaited: named.collect(), development: values.collect() }
}

/// A `$` that Compose would refuse, in any text of a service that is not `unresolved`.
fn check_variables(node: &Node, unresolved: &[Span], diagnostics: &mut Vec<Diagnostic>) {
    each_text(node, &mut |text| {
        let Some(scalar) = text.as_scalar().filter(|_| !unresolved.contains(&text.span)) else { return };
        if let Err(invalid) = variables(&scalar.text) {
            let found = scalar.text.get(invalid.range.clone()).unwrap_or("$");
            let message = format!("Compose takes `{found}` for a variable, and it is none");
            let help = "write `$$` for a dollar sign, `${NAME}` for a variable";
            let span = text.part(invalid.range);
            diagnostics.push(Fault::InvalidVariable.at(span, message).help(help));
        }
    });
}

/// A config that differs between environments gets a folder for each; one that is the same everywhere is shared.
fn settle_paths(plans: &mut [Plan]) {
    let mut contents: HashMap<&str, &str> = HashMap::new();
    let mut differing: HashSet<String> = HashSet::new();
    for file in plans.iter().flat_map(|plan| plan.files.values()) {
        if *contents.entry(&file.path).or_insert(&file.content) != file.content {
            differing.insert(file.path.clone());
        }
    }
    for plan in plans {
        for file in plan.files.values_mut().filter(|file| differing.contains(&file.path)) {
            if let Some((folder, name)) = file.path.rsplit_once('/') {
                file.path = format!("{folder}/{}/{name}", plan.environment);
            }
        }
    }
}

/// The same mistake shows in several environments; it is said once, and names those in which it shows.
fn without_repetition(found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    type Key = (&'static str, Span, Vec<String>, String);
    let mut kept: IndexMap<Key, (Diagnostic, IndexSet<String>)> = IndexMap::new();
    for mut diagnostic in found {
        let environments = std::mem::take(&mut diagnostic.environments);
        let key = (diagnostic.code, diagnostic.span, diagnostic.names.clone(), diagnostic.message.clone());
        kept.entry(key).or_insert((diagnostic, IndexSet::new())).1.extend(environments);
    }
    let named = |(mut diagnostic, environments): (Diagnostic, IndexSet<String>)| {
        diagnostic.environments = environments.into_iter().collect();
        let names: Vec<&str> = diagnostic.environments.iter().map(String::as_str).collect();
        if !names.is_empty() {
            diagnostic.message.push_str(&format!(" in {}", enumerate(&names)));
        }
        diagnostic
    };
    kept.into_values().map(named).collect()
}
