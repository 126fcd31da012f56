//! Rules about several projects of one repository: what each project takes of the machine that they share, and who meets.

mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

pub use parts::{Part, excused, is_about_lack, is_otherwise_in_swarm};

use super::rules::addresses::{missing_external_network, prefixed_network};
use super::rules::ports::{container_name_across_files, port_collision_across_files, shared_project_name};
use super::rules::reading::ignored_file;
use super::{Findings, Rule};
use compose_reader::compose::{DEFAULT_FILES, Port, Project};
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::Span;
use compose_reader::values::Sketch;

/// What a project takes of its machine, and what it takes for granted.
#[derive(Clone, Debug)]
pub struct Footprint {
    /// The name of the project; two of one name are two ways to run the same.
    pub(super) name: String,
    /// The folder of its first file.
    pub(super) folder: String,
    /// The name of that file.
    pub(super) file: String,
    /// Where its first service is named.
    pub(super) first: Option<Span>,
    /// Whether a file gives it a name.
    pub(super) is_named: bool,
    /// Whether its first file has a name that Compose takes by itself.
    is_default: bool,
    /// What it declares: sections and names.
    declared: BTreeSet<(&'static str, Arc<str>)>,
    /// What it uses and does not declare.
    missing: BTreeSet<(&'static str, Arc<str>)>,
    /// The ports that it always publishes, each with its service.
    pub(super) ports: Vec<(Arc<str>, Port)>,
    /// The names of its containers, each with its service.
    pub(super) container_names: Vec<(Arc<str>, String, Span)>,
    /// The networks that it creates, as Docker names them.
    pub(super) created: Vec<String>,
    /// The networks that somebody else creates.
    pub(super) external: Vec<(String, Span)>,
}

/// What a rule finds, each with the position of the project that it is about.
pub(super) type Found = Vec<(usize, Diagnostic)>;

/// The check of such a rule.
type Check = fn(&[Footprint], &mut Found);

/// The rules of this kind, each with its check.
const ACROSS: [(Rule, Check); 6] = [
    (prefixed_network::RULE, prefixed_network::check_across),
    (ignored_file::RULE, ignored_file::check_across),
    (shared_project_name::RULE, shared_project_name::check_across),
    (port_collision_across_files::RULE, port_collision_across_files::check_across),
    (container_name_across_files::RULE, container_name_across_files::check_across),
    (missing_external_network::RULE, missing_external_network::check_across),
];

/// The check of a rule about several projects, of one: there is nothing to say.
pub(super) fn checked_across(_: &Project<'_>, _: &mut Findings) {}

/// Whether a rule is about several projects.
pub fn is_across(rule: &Rule) -> bool {
    ACROSS.iter().any(|(other, _)| other.code == rule.code)
}

/// What the rules about several projects have to say, each finding with the position of the project that it is about.
pub fn lint_across(footprints: &[Footprint]) -> Vec<(usize, Diagnostic)> {
    let mut found = Found::new();
    for (_, check) in ACROSS {
        check(footprints, &mut found);
    }
    found
}

impl Footprint {
    /// The footprint of a project whose first file lies at a path.
    pub fn of(project: &Project<'_>, path: &str) -> Self {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let called = folder.rsplit('/').next().unwrap_or_default();
        let name =
            project.name.as_ref().map_or_else(|| called.to_lowercase(), |name| name.sketch().to_string());
        let (declared, missing) = parts::names(project);
        let always = || project.services.values().filter(|service| service.profiles.is_empty());
        let published = always().filter(|service| service.can_publish());
        let ports = published
            .flat_map(|service| service.ports.iter().map(|port| (Arc::clone(&service.name), port.clone())));
        let container_names = always().filter_map(|service| {
            let text = service.container_name.as_ref()?;
            Some((Arc::clone(&service.name), text.value()?, text.span))
        });
        let (external, own): (Vec<_>, Vec<_>) =
            project.networks.iter().partition(|(_, network)| network.is_external);
        let real = |(key, network): (&Arc<str>, &compose_reader::compose::Network)| {
            network.name.as_ref().map_or_else(|| format!("{name}_{key}"), Sketch::to_string)
        };
        let given = external.into_iter().map(|(key, network)| {
            (network.name.as_ref().map_or_else(|| key.to_string(), Sketch::to_string), network.span)
        });
        Self {
            ports: ports.collect(),
            container_names: container_names.filter(|(_, name, _)| !name.is_empty()).collect(),
            created: own.into_iter().map(real).chain([format!("{name}_default")]).collect(),
            external: given.collect(),
            folder: folder.to_owned(),
            file: file.to_owned(),
            first: project.services.values().next().map(|service| service.span),
            is_named: project.name.is_some(),
            is_default: DEFAULT_FILES.contains(&file),
            declared,
            missing,
            name,
        }
    }

    /// The same, about texts that have become part of another [`Sources`](compose_reader::source::Sources).
    #[must_use]
    pub fn shifted(mut self, by: u32) -> Self {
        let ports = self.ports.iter_mut().map(|(_, port)| &mut port.span);
        let names = self.container_names.iter_mut().map(|(_, _, span)| span);
        let networks = self.external.iter_mut().map(|(_, span)| span);
        for span in ports.chain(names).chain(networks).chain(&mut self.first) {
            *span = span.shifted(by);
        }
        self
    }
}

/// Each two projects that are meant to run on one machine at once, with the position of the second: one is on a network that
/// the other creates, or both are on one that somebody else creates. Other projects of a repository are often examples, and
/// those of one name are ways to run the same.
pub(super) fn neighbours(footprints: &[Footprint]) -> Vec<(&Footprint, usize, &Footprint)> {
    let mut members: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (at, footprint) in footprints.iter().enumerate() {
        for (network, _) in &footprint.external {
            members.entry(network).or_default().insert(at);
        }
    }
    for (at, footprint) in footprints.iter().enumerate() {
        for network in &footprint.created {
            members.entry(network).and_modify(|members| _ = members.insert(at));
        }
    }
    let pairs = members.values().flat_map(|members| {
        let behind = |first| members.range((Bound::Excluded(first), Bound::Unbounded));
        members.iter().flat_map(move |first| behind(first).map(|second| (*first, *second)))
    });
    let pairs: BTreeSet<(usize, usize)> = pairs.collect();
    let pairs = pairs
        .into_iter()
        .filter_map(|(first, second)| Some((footprints.get(first)?, second, footprints.get(second)?)));
    pairs.filter(|(first, _, second)| first.name != second.name).collect()
}
