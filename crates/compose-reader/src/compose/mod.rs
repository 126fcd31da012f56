//! One compose project as it was written: its services, each value with its place, short and long forms alike.

mod beside;
mod build;
mod coercion;
mod config_file;
mod dependency;
mod environment;
mod file_object;
mod files;
mod mount;
mod network;
mod on_disk;
mod port;
mod port_range;
mod print;
mod probe;
mod problem;
mod resolve;
mod resources;
mod scalar;
mod security;
mod text;
mod typed;
mod volume;
mod words;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

pub use coercion::Coerced;
pub use config_file::Config;
pub use dependency::{Condition, Dependency, Reference};
pub use environment::{Environment, Setting};
pub use file_object::{FileObject, Grant, Origin as FileOrigin};
pub use files::{Entry as FileEntry, Files, NoFiles, parent};
pub use mount::{Mount, MountKind};
pub use network::{Attachment, Network};
pub use on_disk::{Mounted, Named, Role};
pub use port::Port;
pub use port_range::with_single_ports;
pub use print::{json, yaml};
pub use probe::Probe;
pub use problem::{Fault, Problem};
pub use resolve::{ConfigPath, Request, Resolution, Unused, env_file_problem, project_name, resolve};
pub use resources::{Replicas, Resources};
pub use security::Security;
pub use text::Text;
pub use typed::{Format, Printed, PrintedEntry, as_model};
pub use volume::Volume;

use beside::Beside;

use crate::dockerfile::{self, Dockerfile};
use crate::graph::Graph;
use crate::interpolation::{self, Operator, escape};
pub use crate::merge::Repeated;
use crate::source::{SourceId, Sources, Span};
use crate::values::{Boolean, ContainerPort, HealthTest, Pair, PortRange, Sketch, TestForm};
use crate::yaml::{Duplicate, Entry, Kind, Node, Step};

/// Names of a compose file, the one that is taken first.
pub const DEFAULT_FILES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// One or several files that Compose would read as one project.
#[derive(Debug)]
pub struct Project<'s> {
    /// The texts that its spans point into.
    pub sources: &'s Sources,
    /// Its name, where a file gives one.
    pub name: Option<Text>,
    /// The services, in the order they were written.
    pub services: IndexMap<Arc<str>, Service>,
    /// The networks that it declares; `default` may be missing.
    pub networks: IndexMap<Arc<str>, Network>,
    /// The volumes that it declares.
    pub volumes: IndexMap<Arc<str>, Volume>,
    /// The secrets that it declares.
    pub secrets: IndexMap<Arc<str>, FileObject>,
    /// The configs that it declares.
    pub configs: IndexMap<Arc<str>, FileObject>,
    /// What Docker Compose refuses in it, or warns of.
    pub problems: Vec<Problem>,
    /// Keys that stand twice in one mapping.
    pub duplicates: Vec<Duplicate>,
    /// Items of lists that later items of the same list take the place of, each with the name of its service.
    pub repeated: Vec<(Arc<str>, Repeated)>,
    /// Values that arrive as another text than is written.
    pub coerced: Vec<Coerced>,
    /// What it declares and nothing in it uses.
    pub unused: Vec<Unused>,
    /// What its services name on the disk, where that is known.
    pub on_disk: Vec<Named>,
    /// Services that no profile of the request switches on.
    pub inactive: HashSet<Arc<str>>,
    /// Of each service that is waited for: who waits, and by which of its dependencies.
    dependents: HashMap<Arc<str>, Vec<(Arc<str>, usize)>>,
    /// Whether services may be defined in files that are not here.
    is_part: bool,
    /// Whether it is meant to be laid over a file that is not here: services lack what Compose asks of each.
    pub is_fragment: bool,
}

/// One service.
#[derive(Debug)]
pub struct Service {
    /// Its name.
    pub name: Arc<str>,
    /// Where the name is written.
    pub span: Span,
    /// The image.
    pub image: Option<Text>,
    /// Whether it is built from a Dockerfile.
    pub is_built: bool,
    /// When its image is pulled or built.
    pub pull_policy: Option<Text>,
    /// The name that its container must have.
    pub container_name: Option<Text>,
    /// The profiles that switch it on; none means always.
    pub profiles: Vec<Sketch>,
    /// When Docker starts it again.
    pub restart: Option<String>,
    /// Whose network it uses, if not its own: `host`, `none`, `service:NAME`.
    pub network_mode: Option<Sketch>,
    /// What it waits for, in `depends_on`.
    pub depends_on: Vec<Dependency>,
    /// `depends_on` with its key, where it is written as a list.
    pub depends_on_list: Option<KeyedList>,
    /// Everything that names another service: `depends_on`, `links`, `volumes_from` and the `service:` modes.
    pub references: Vec<Reference>,
    /// Published ports, each once.
    pub ports: Vec<Port>,
    /// Ports of the container that `expose` names.
    pub expose: Vec<PortRange>,
    /// Its health check.
    pub health: Health,
    /// What its health check runs, and when.
    pub probe: Option<Probe>,
    /// Environment variables that have a value: name and value.
    pub environment: Vec<(String, Text)>,
    /// Those that its env files add, as far as the files are there.
    pub from_env_files: Vec<(String, Text)>,
    /// Its configuration, where one was wanted and the project mounts it.
    pub config: Option<Config>,
    /// The files that are mounted into it, where its image is one whose configuration is read.
    pub mounted: Vec<Mounted>,
    /// The words of `entrypoint` and `command`, or each as one text where it is written so.
    pub arguments: Vec<Text>,
    /// How it is built.
    pub build: Option<Node>,
    /// The Dockerfile that it is built from, where it lies in the project.
    pub dockerfile: Option<Dockerfile>,
    /// Its mounts.
    pub mounts: Vec<Mount>,
    /// Its networks; none where it has the network of somebody else.
    pub networks: Vec<Attachment>,
    /// The secrets and configs that it is given.
    pub grants: Vec<Grant>,
    /// What it may do to its machine.
    pub security: Security,
    /// How much of it there is, and how much it may take.
    pub resources: Resources,
    /// Files with environment variables.
    pub env_files: Vec<Text>,
    /// Labels: name and value.
    pub labels: Vec<(String, Text)>,
    /// The name that its container has for itself.
    pub hostname: Option<Text>,
    /// Whether `links`, `external_links` or `extra_hosts` give it names of its own.
    pub has_extra_names: bool,
    /// Its first key, where its body is written in block style.
    pub first_key: Option<Span>,
    /// Its keys, in the order of their file.
    pub keys: Vec<(Arc<str>, Span)>,
    /// Whether `environment` and `labels` are lists, each with the place of its key.
    pub pair_lists: Vec<(&'static str, bool, Span)>,
    /// Whether a part of it stands in files that are not here.
    pub is_partial: bool,
}

/// A list as it is written, with its key.
#[derive(Clone, Copy, Debug)]
pub struct KeyedList {
    /// The key.
    pub key: Span,
    /// The list.
    pub list: Span,
}

/// What a service says about its health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Nothing: what the image says holds.
    Unstated,
    /// `disable: true` or `test: [NONE]`, here.
    Disabled(Span),
    /// A test, here.
    Probe(Span),
}

impl<'s> Project<'s> {
    /// Reads texts that stand for themselves, merged in order: no other file is there, and no variable is set.
    pub fn load(sources: &'s mut Sources, files: &[SourceId]) -> Self {
        let request = Request::of_texts(sources, files);
        Self::read(sources, &NoFiles, &request)
    }

    /// Reads a project. What cannot be read is left out and named in [`Project::problems`].
    pub fn read(sources: &'s mut Sources, files: &dyn Files, request: &Request) -> Self {
        let resolution = resolve(sources, files, request);
        let mut beside = Beside::new(sources, files, resolution.budget.clone());
        let mut dockerfiles = build::dockerfiles(&mut beside, &resolution);
        let mut configs = config_file::configs(&mut beside, &resolution, request.config_path);
        let mounted = on_disk::mounted(&mut beside, &resolution, request.is_configured);
        let on_disk = on_disk::named(beside.sources, files, &resolution, &request.folder);
        let mut project = Self {
            sources,
            name: None,
            services: IndexMap::new(),
            networks: IndexMap::new(),
            volumes: IndexMap::new(),
            secrets: IndexMap::new(),
            configs: IndexMap::new(),
            problems: resolution.problems,
            duplicates: resolution.duplicates,
            repeated: resolution.repeated,
            coerced: Vec::new(),
            unused: resolution.unused,
            on_disk,
            inactive: resolution.inactive,
            dependents: HashMap::new(),
            is_part: resolution.is_part,
            is_fragment: false,
        };
        project.fill(&resolution.written);
        for service in project.services.values_mut() {
            let model = resolution.model.get("services").and_then(|services| services.get(&service.name));
            service.from_env_files = from_env_files(project.sources, model);
            service.config = configs.remove(&service.name);
            let own = mounted.iter().filter(|(name, _)| *name == service.name);
            service.mounted = own.map(|(_, file)| file.clone()).collect();
            if let Some(dockerfile) = dockerfiles.remove(&service.name) {
                service.take_over(project.sources, dockerfile);
            }
        }
        project
    }

    /// What Docker Compose refuses, or warns of, of one kind.
    pub fn problems_of(&self, fault: Fault) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(move |problem| problem.fault == fault)
    }

    /// Whether a file of it is no compose file at all.
    pub fn is_broken(&self) -> bool {
        self.problems.iter().any(|problem| matches!(problem.fault, Fault::InvalidYaml | Fault::Oversized))
    }

    /// Whether Docker Compose refuses it.
    pub fn is_refused(&self) -> bool {
        is_refused(&self.problems, &self.duplicates)
    }

    fn fill(&mut self, root: &Node) {
        let name = root.get("name").filter(|name| !name.is_null());
        self.name = name.and_then(|name| Some(Text::new(self.sources, name.span, name.as_text()?)));
        self.networks = network::networks(self.sources, root);
        self.coerced = coercion::coerced(root);
        self.volumes = volume::volumes(self.sources, root);
        self.secrets = file_object::objects(self.sources, root, "secrets");
        self.configs = file_object::objects(self.sources, root, "configs");
        let bodies = root.get("services").and_then(Node::as_mapping);
        let bodies: Vec<(&Arc<str>, &Entry)> = bodies
            .into_iter()
            .flatten()
            .filter(|(_, entry)| matches!(entry.value.kind, Kind::Mapping(_)))
            .collect();
        let has = |body: &Node, keys: &[&str]| keys.iter().any(|key| body.get(key).is_some());
        // A file whose services lack what Compose asks of each is meant to be laid over another, unless it has the name
        // of a file that Compose takes by itself.
        let name = self.sources.get(root.span.source).name();
        let is_default = DEFAULT_FILES.contains(&name.rsplit('/').next().unwrap_or_default());
        let is_fragment = !is_default
            && bodies.iter().any(|(_, entry)| !has(&entry.value, &["image", "build", "provider", "extends"]));
        let extends = bodies.iter().any(|(_, entry)| has(&entry.value, &["extends"]));
        self.is_fragment = is_fragment;
        self.is_part |= is_fragment || extends;
        for (name, entry) in bodies {
            let mut service = Service::new(self.sources, name, entry);
            service.is_partial = is_fragment || has(&entry.value, &["extends"]);
            for (at, dependency) in service.depends_on.iter().enumerate() {
                let dependents = self.dependents.entry(Arc::clone(&dependency.name)).or_default();
                dependents.push((Arc::clone(name), at));
            }
            self.services.insert(Arc::clone(name), service);
        }
    }

    /// Whether what is written at a place has a variable without default in it: whoever starts the project decides.
    pub fn is_set_outside(&self, span: Span) -> bool {
        let variables = interpolation::variables(self.sources.slice(span)).unwrap_or_default();
        variables.iter().any(|variable| variable.operator == Operator::None)
    }

    /// Whether every service that can be named is here: nothing is included or extended, and no file is a
    /// fragment to be laid over one that is not here.
    pub fn is_complete(&self) -> bool {
        !self.is_part
    }

    /// Those services that depend on `name`, with the entry that says so.
    pub fn dependents(&self, name: &str) -> impl Iterator<Item = (&Service, &Dependency)> {
        let dependents = self.dependents.get(name).into_iter().flatten();
        dependents.filter_map(|(name, at)| {
            let service = self.services.get(name)?;
            Some((service, service.depends_on.get(*at)?))
        })
    }

    /// Services that wait for each other in a circle: one shortest circle for each knot, from its smallest name,
    /// each service with the reference that leads to the next.
    pub fn cycles(&self) -> Vec<Vec<(&Service, &Reference)>> {
        let step = |from: &str, to: &str| {
            let service = self.services.get(from)?;
            let reference = service.references.iter().find(|reference| &*reference.name == to)?;
            Some((service, reference))
        };
        let circle = |names: Vec<&str>| {
            let next = names.iter().cycle().skip(1);
            names.iter().zip(next).filter_map(|(from, to)| step(from, to)).collect()
        };
        self.graph().cycles().into_iter().map(circle).collect()
    }

    /// Who needs whom.
    pub fn graph(&self) -> Graph<'_> {
        let mut graph = Graph::new(self.services.keys().map(|name| &**name));
        for service in self.services.values() {
            for reference in &service.references {
                if self.services.contains_key(&reference.name) {
                    graph.edge(&service.name, &reference.name);
                }
            }
        }
        graph
    }
}

impl Service {
    fn new(sources: &Sources, name: &Arc<str>, entry: &Entry) -> Self {
        let body = &entry.value;
        let text = |node: &Node| Some(Text::new(sources, node.span, node.as_text()?));
        let field = |key: &str| body.get(key).filter(|node| !node.is_null()).and_then(text);
        let items = |key: &str| body.get(key).and_then(Node::as_sequence).unwrap_or_default();
        let depends_on = dependency::depends_on(sources, body.get("depends_on"));
        let health = Health::read(body.get("healthcheck"));
        Self {
            name: Arc::clone(name),
            span: entry.key.span,
            image: field("image"),
            is_built: body.get("build").is_some_and(|node| !node.is_null()),
            pull_policy: field("pull_policy"),
            container_name: field("container_name"),
            profiles: items("profiles").iter().filter_map(text).map(|profile| profile.sketch()).collect(),
            restart: field("restart").and_then(|text| text.value()),
            network_mode: field("network_mode").map(|text| text.sketch()),
            references: dependency::references(sources, body, &depends_on),
            depends_on,
            depends_on_list: body
                .entry("depends_on")
                .filter(|entry| entry.value.as_sequence().is_some() && entry.value.alias.is_none())
                .map(|entry| KeyedList { key: entry.key.span, list: entry.value.span }),
            ports: Port::each(sources, items("ports")),
            expose: items("expose")
                .iter()
                .filter_map(|node| text(node)?.parsed::<ContainerPort>().value)
                .map(|port| port.range)
                .collect(),
            health,
            probe: body
                .entry("healthcheck")
                .filter(|_| matches!(health, Health::Probe(_)))
                .and_then(|entry| Probe::read(sources, entry.key.span, &entry.value)),
            environment: environment(sources, body.get("environment")),
            from_env_files: Vec::new(),
            config: None,
            mounted: Vec::new(),
            arguments: ["entrypoint", "command"]
                .iter()
                .filter_map(|key| body.get(key))
                .flat_map(|node| match node.as_sequence() {
                    Some(words) => words.iter().filter_map(text).collect(),
                    None => text(node).into_iter().collect::<Vec<Text>>(),
                })
                .collect(),
            build: body.get("build").filter(|node| !node.is_null()).cloned(),
            dockerfile: None,
            mounts: mount::mounts(sources, body),
            networks: network::attachments(sources, entry.key.span, body),
            grants: file_object::grants(sources, body),
            security: Security::read(sources, body),
            resources: Resources::read(sources, body),
            env_files: env_files(sources, body.get("env_file")),
            labels: environment(sources, body.get("labels")),
            hostname: field("hostname"),
            has_extra_names: ["links", "external_links", "extra_hosts"]
                .iter()
                .any(|key| body.get(key).is_some()),
            first_key: first_key(sources, body),
            keys: body
                .as_mapping()
                .into_iter()
                .flatten()
                .map(|(key, entry)| (Arc::clone(key), entry.key.span))
                .collect(),
            pair_lists: ["environment", "labels"]
                .into_iter()
                .filter_map(|key| {
                    let entry = body.entry(key).filter(|entry| entry.value.as_scalar().is_none())?;
                    Some((key, entry.value.as_sequence().is_some(), entry.key.span))
                })
                .collect(),
            is_partial: false,
        }
    }

    /// Takes over what its Dockerfile says of its health, where the compose file says nothing.
    fn take_over(&mut self, sources: &Sources, dockerfile: Dockerfile) {
        if self.health == Health::Unstated {
            self.health = match &dockerfile.health {
                dockerfile::Health::Unstated => Health::Unstated,
                dockerfile::Health::Disabled(span) => Health::Disabled(*span),
                dockerfile::Health::Check(check) => Health::Probe(check.key),
            };
            // A `healthcheck` without a test changes how often that of the image is run.
            let is_alone = !self.keys.iter().any(|(key, _)| &**key == "healthcheck");
            if let dockerfile::Health::Check(check) = &dockerfile.health
                && is_alone
            {
                self.probe = Some(Probe::of_image(sources, check));
            }
        }
        self.dockerfile = Some(dockerfile);
    }

    /// Every environment variable that it is given, as far as that is known.
    pub fn variables(&self) -> impl Iterator<Item = &(String, Text)> {
        self.environment.iter().chain(&self.from_env_files)
    }

    /// Whether its health check is that of its Dockerfile, which is the same for every service that is built from it.
    pub fn is_probed_by_image(&self) -> bool {
        let check = self.dockerfile.as_ref().map(|dockerfile| &dockerfile.health);
        matches!((check, self.health), (Some(dockerfile::Health::Check(check)), Health::Probe(span)) if check.key == span)
    }

    /// Whether the compose file or the Dockerfile says that it listens on a port inside its container.
    pub fn exposes(&self, port: u16) -> bool {
        self.expose.iter().any(|range| range.contains(port))
            || self.dockerfile.as_ref().is_some_and(|dockerfile| dockerfile.exposes(port))
    }

    /// Whether an entry of `ports` leads to a port of its container.
    pub fn publishes(&self, port: u16) -> bool {
        self.ports.iter().filter_map(|entry| entry.target).any(|range| range.contains(port))
    }

    /// Whether both can run at once: services without profiles always do.
    pub fn runs_with(&self, other: &Self) -> bool {
        self.profiles.is_empty()
            || other.profiles.is_empty()
            || self.profiles.iter().any(|profile| other.profiles.contains(profile))
    }

    /// Whether Docker publishes its ports: not where it has the network of the host, of another container, or none.
    pub fn can_publish(&self) -> bool {
        self.network_mode.as_deref().is_none_or(|mode| {
            !matches!(mode, "host" | "none")
                && !mode.starts_with("service:")
                && !mode.starts_with("container:")
        })
    }

    /// The service whose network it shares.
    pub fn network_host(&self) -> Option<&str> {
        self.network_mode.as_deref()?.strip_prefix("service:")
    }
}

fn is_refused(problems: &[Problem], duplicates: &[Duplicate]) -> bool {
    !duplicates.is_empty() || problems.iter().any(|problem| !problem.fault.is_warning())
}

impl Health {
    fn read(node: Option<&Node>) -> Self {
        let Some(node) = node else { return Self::Unstated };
        if let Some(disable) = node.get("disable").filter(|disable| flag(Some(disable))) {
            return Self::Disabled(disable.span);
        }
        let test = node.get("test").and_then(|test| Some((test, HealthTest::of(test)?.form)));
        match test {
            Some((test, TestForm::Disabled)) => Self::Disabled(test.span),
            Some((test, _)) => Self::Probe(test.span),
            None => Self::Unstated,
        }
    }
}

/// The text of a scalar that is not null.
fn text(sources: &Sources, node: Option<&Node>) -> Option<Text> {
    let node = node.filter(|node| !node.is_null())?;
    Some(Text::new(sources, node.span, node.as_text()?))
}

/// The texts of a list, or the one text that stands in its place.
fn texts(sources: &Sources, node: Option<&Node>) -> Vec<Text> {
    let items = node.and_then(Node::as_sequence).or_else(|| node.map(std::slice::from_ref));
    items.unwrap_or_default().iter().filter_map(|item| text(sources, Some(item))).collect()
}

/// Whether Compose reads `true` there, also as text, or as the default of a variable.
fn flag(node: Option<&Node>) -> bool {
    let text = node.and_then(Node::as_text).and_then(|text| interpolation::expand(text, &|_| None));
    text.is_some_and(|text| text.parse() == Ok(Boolean(true)))
}

/// `env_file` in its three forms: one path, paths, and mappings with a path.
fn env_files(sources: &Sources, node: Option<&Node>) -> Vec<Text> {
    let items = node.and_then(Node::as_sequence).or_else(|| node.map(std::slice::from_ref));
    let path = |item: &Node| text(sources, item.get("path").or(Some(item)));
    items.unwrap_or_default().iter().filter_map(path).collect()
}

/// The variables of a service that come from its env files, variables in their values replaced.
fn from_env_files(sources: &Sources, service: Option<&Node>) -> Vec<(String, Text)> {
    let environment = service.and_then(|service| service.get("environment")).and_then(Node::as_mapping);
    let is_from_file = |value: &&Node| value.steps().any(|step| matches!(step, Step::FromFile(_)));
    let variable = |(name, entry): (&Arc<str>, &Entry)| {
        let value = Some(&entry.value).filter(is_from_file)?;
        // A `$` that is left is one.
        Some((name.to_string(), Text::new(sources, value.span, &escape(value.as_text()?))))
    };
    environment.into_iter().flatten().filter_map(variable).collect()
}

/// The first key of a mapping in block style: it stands alone in front of its line.
fn first_key(sources: &Sources, body: &Node) -> Option<Span> {
    let (_, entry) = body.as_mapping().filter(|_| body.alias.is_none())?.first()?;
    let span = entry.key.span;
    let before = &sources.get(span.source).text()[..span.start as usize];
    let line = &before[before.rfind('\n').map_or(0, |newline| newline + 1)..];
    (line.bytes().all(|byte| byte == b' ') && !line.is_empty()).then_some(span)
}

fn environment(sources: &Sources, node: Option<&Node>) -> Vec<(String, Text)> {
    let pairs = node.into_iter().flat_map(Pair::each);
    pairs
        .filter_map(|(pair, holder)| {
            Some((pair.key.to_owned(), Text::new(sources, holder.span, pair.value?)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Condition, Fault, Health, Project};
    use crate::source::{SourceId, Sources};

    fn sources(texts: &[&str]) -> (Sources, Vec<SourceId>) {
        let mut sources = Sources::new();
        let ids = texts.iter().map(|text| sources.add("test.yaml", *text)).collect();
        (sources, ids)
    }

    #[test]
    fn both_forms_of_depends_on_and_environment_read_alike() {
        for text in [
            "services: {a: {image: x, depends_on: [b], environment: [K=v, E=]}, b: {image: x}}",
            "services: {a: {image: x, depends_on: {b: {condition: service_started}}, environment: {K: v, E: '', N: }}, \
             b: {image: x}}",
        ] {
            let (mut sources, ids) = sources(&[text]);
            let project = Project::load(&mut sources, &ids);
            let service = &project.services["a"];
            let [dependency] = &service.depends_on[..] else { panic!("{text}") };
            assert_eq!(dependency.condition, Some(Condition::Started));
            assert_eq!(project.sources.slice(dependency.span), "b");
            let [(name, value), (_, empty)] = &service.environment[..] else { panic!("{text}") };
            assert_eq!((&**name, value.raw(), empty.raw()), ("K", "v", ""));
            assert_eq!(value.part(0..1).map(|span| project.sources.slice(span)), Some("v"));
        }
    }

    #[test]
    fn what_merging_makes_up_keeps_the_place_of_what_was_written() {
        let (mut sources, ids) = sources(&[
            "services: {a: {image: x, depends_on: [b], environment: [K=v]}}",
            "services: {a: {depends_on: [c], environment: {L: w}}, b: {image: x}, c: {image: x}}",
        ]);
        let project = Project::load(&mut sources, &ids);
        let service = &project.services["a"];
        let places: Vec<&str> =
            service.depends_on.iter().map(|entry| project.sources.slice(entry.span)).collect();
        assert_eq!(places, ["b", "c"]);
        assert!(service.depends_on.iter().all(|entry| entry.condition_span.is_none()));
        assert!(service.depends_on_list.is_none());
        let values: Vec<Option<&str>> = service
            .environment
            .iter()
            .map(|(_, value)| value.part(0..1).map(|span| project.sources.slice(span)))
            .collect();
        assert_eq!(values, [Some("v"), Some("w")]);
        assert!(project.is_complete());
    }

    #[test]
    fn health_is_a_probe_disabled_or_not_stated() {
        for (check, expected) in [
            ("{test: [CMD, x]}", "probe"),
            ("{test: x}", "probe"),
            ("{test: NONE}", "probe"),
            ("{test: [NONE]}", "disabled"),
            ("{disable: true, test: x}", "disabled"),
            ("{disable: false}", "unstated"),
            ("{interval: 5s}", "unstated"),
            ("{test: []}", "unstated"),
            ("{}", "unstated"),
            ("", "unstated"),
        ] {
            let (mut sources, ids) =
                sources(&[&format!("services: {{a: {{image: x, healthcheck: {check}}}}}")]);
            let found = match Project::load(&mut sources, &ids).services["a"].health {
                Health::Probe(_) => "probe",
                Health::Disabled(_) => "disabled",
                Health::Unstated => "unstated",
            };
            assert_eq!(found, expected, "{check}");
        }
    }

    #[test]
    fn a_project_knows_when_it_is_only_a_part() {
        for (text, is_complete) in [
            ("services: {a: {image: x}}", true),
            ("services: {a: {build: .}}", true),
            ("services: {a: {provider: {type: x}}}", true),
            ("services: {a: {ports: ['80:80']}}", false),
            ("services: {a: {extends: {file: b.yaml, service: b}}}", false),
            ("include: [b.yaml]\nservices: {a: {image: x}}", false),
        ] {
            let (mut sources, ids) = sources(&[text]);
            assert_eq!(Project::load(&mut sources, &ids).is_complete(), is_complete, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_and_the_rest_is_read() {
        let (mut sources, ids) = sources(&["services: [", "services: {a: {image: x}, b: }", "- x"]);
        let project = Project::load(&mut sources, &ids);
        let faults: Vec<Fault> = project.problems.iter().map(|problem| problem.fault).collect();
        assert_eq!(faults, [Fault::InvalidYaml, Fault::WrongType, Fault::InvalidYaml]);
        assert!(project.is_broken());
        assert_eq!(project.services.len(), 1);
    }
}
