//! One compose project as it was written: its services, each value with its place, short and long forms alike.

mod beside;
mod build;
mod coercion;
mod config_file;
mod dependency;
mod environment;
mod fields;
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
mod service;
mod text;
mod typed;
mod unset;
mod volume;
mod why;
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
pub use service::{Health, KeyedList, Service};
pub use text::Text;
pub use typed::{Format, Printed, PrintedEntry, as_model};
pub use volume::Volume;
pub use why::steps;

use beside::Beside;
use problem::is_refused;
use service::from_env_files;

use crate::graph::Graph;
use crate::interpolation::{self, Operator};
pub use crate::merge::Repeated;
use crate::source::{SourceId, Sources, Span};
use crate::yaml::{Duplicate, Entry, Kind, Node};

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
