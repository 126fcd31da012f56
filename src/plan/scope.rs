//! One environment while it is planned: the services in it, what they offer, and who depends on whom.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use minijinja::Value;

use super::draft::draft;
use super::environment::{EnvironmentSettings, Placement};
use super::lock::Allocator;
use super::member::{any_text, member};
use super::port::PublishedPort;
use super::secret::{self, Secret};
use super::{
    ATTACH_PROJECT, Circumstances, Plan, PlannedBackup, PlannedEndpoint, PlannedFile, PlannedNetwork,
    PlannedPort, PlannedSecret, PlannedService, PlannedTier, View, dependency, env_file, port, upkeep,
};
use crate::catalog::{Catalog, Engine, Template};
use crate::definition::{Endpoint, Layer, Service, Spanned, Stack, TierKind, Wait};
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::interpolation::variables;
use compose_reader::source::Span;
use compose_reader::yaml::{Kind, Mapping, Node, Style};

/// A service of an environment, as others see it.
#[derive(Debug)]
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    pub(super) definition: &'a Service,
    /// The service's own layer with that of its override.
    pub(super) layer: Layer,
    pub(super) template: Option<&'a Template>,
    /// Whether its template or a parameter is wrong, which is said elsewhere: what follows from that is no further
    /// mistake.
    pub(super) broken: bool,
    pub(super) endpoints: IndexMap<String, Endpoint>,
    pub(super) published: Vec<PublishedPort>,
    pub(super) secrets: IndexMap<String, Secret>,
    /// What the template's expressions see, apart from parameters that name services.
    pub(super) context: IndexMap<String, Value>,
    /// What references to it may name.
    pub(super) offers: Value,
    /// Whether it is a process on the machine itself.
    pub(super) hosted: bool,
}

impl Member<'_> {
    pub(super) fn is_job(&self) -> bool {
        self.template.is_some_and(|template| template.job)
            || self.layer.compose.as_ref().and_then(|compose| compose.get("restart")).and_then(Node::as_text)
                == Some("no")
    }
}

/// A service that another one names, and where.
#[derive(Clone, Debug)]
pub(super) struct Dependency {
    pub(super) target: String,
    pub(super) span: Span,
    /// What is waited for, unless what the target is decides.
    pub(super) wait: Option<Wait>,
}

/// A service whose compose keys are decided, apart from what depends on the others.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) compose: Node,
    pub(super) dependencies: IndexMap<String, Dependency>,
    pub(super) endpoints: Vec<PlannedEndpoint>,
    /// The service that probes this one from outside.
    pub(super) prober: Option<Node>,
    /// Whether its probe could not be worked out, which is said elsewhere.
    pub(super) unprobed: bool,
    /// The places of texts with a reference that could not be resolved, which is said elsewhere.
    pub(super) unresolved: Vec<Span>,
}

/// What a scope is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Base<'a> {
    pub(super) stack: &'a Stack,
    pub(super) catalog: &'a Catalog,
    pub(super) engine: &'a Engine,
    pub(super) settings: &'a IndexMap<String, EnvironmentSettings>,
    pub(super) environment: &'a EnvironmentSettings,
}

/// Everything that is known of one environment.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) stack: &'a Stack,
    pub(super) engine: &'a Engine,
    pub(super) environment: &'a EnvironmentSettings,
    /// From where its addresses have to work.
    pub(super) view: View,
    /// The services that have a container here.
    pub(super) members: IndexMap<&'a str, Member<'a>>,
    /// The services that are processes on the machine itself.
    pub(super) hosted: IndexMap<&'a str, Member<'a>>,
    /// The services of the environment that this one is attached to.
    pub(super) attached: IndexMap<&'a str, Member<'a>>,
    pub(super) variables: IndexMap<String, String>,
    /// The secrets that services name themselves.
    pub(super) secrets: IndexMap<String, Secret>,
    pub(super) files: IndexMap<String, PlannedFile>,
    /// The files that templates are told of, as paths from the stack.
    pub(super) required: Vec<Spanned<String>>,
}

impl<'a> Scope<'a> {
    /// An environment as it looks from containers or from the host. From the host, every service that has no container in
    /// the environment counts as a process beside it.
    pub(super) fn new(
        base: Base<'a>,
        view: View,
        allocator: &mut Allocator<'a>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut known = |environment: &'a EnvironmentSettings, diagnostics: &mut Vec<Diagnostic>| {
            let (mut members, mut hosted) = (IndexMap::new(), IndexMap::new());
            for (name, definition) in &base.stack.services {
                let placement = environment.placement(definition);
                let is_hosted = match (placement, view) {
                    (Placement::Disabled, _) | (Placement::LeftOut, View::Container) => continue,
                    (Placement::Hosted, _) | (Placement::LeftOut, View::Host) => true,
                    (Placement::Container, _) => false,
                };
                let base = Base { environment, ..base };
                let member = member(base, view, is_hosted, name, definition, allocator, diagnostics);
                if is_hosted { &mut hosted } else { &mut members }.insert(name.as_str(), member);
            }
            (members, hosted)
        };
        let (members, hosted) = known(base.environment, diagnostics);
        let attached = match base.environment.attach.as_ref().and_then(|attach| base.settings.get(attach)) {
            // What is wrong there is said when that environment is planned itself.
            Some(attach) if !members.is_empty() => known(attach, &mut Vec::new()).0,
            _ => IndexMap::new(),
        };
        Self {
            stack: base.stack,
            engine: base.engine,
            environment: base.environment,
            view,
            members,
            hosted,
            attached,
            variables: IndexMap::new(),
            secrets: IndexMap::new(),
            files: IndexMap::new(),
            required: Vec::new(),
        }
    }

    /// The variables that a service is started with on the machine itself.
    pub(super) fn process(mut self, name: &str, diagnostics: &mut Vec<Diagnostic>) -> Node {
        let draft = draft(&mut self, name, diagnostics);
        let span = draft.compose.span;
        draft.compose.get("environment").cloned().unwrap_or_else(|| Node::mapping(span, Mapping::default()))
    }

    /// The plan, or nothing if the environment has no services.
    pub(super) fn plan(
        mut self,
        circumstances: &Circumstances,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Plan> {
        if self.members.is_empty() {
            return None;
        }
        port::check(&self, diagnostics);
        let everyone = self.members.values().chain(self.attached.values());
        let secrets: Vec<Secret> = everyone.flat_map(|member| member.secrets.values().cloned()).collect();
        for secret in &secrets {
            self.explain(secret);
        }
        let names: Vec<&'a str> = self.members.keys().copied().collect();
        let mut drafts: IndexMap<&'a str, Draft> =
            names.iter().map(|name| (*name, draft(&mut self, name, diagnostics))).collect();
        dependency::gate(&self, &mut drafts, diagnostics);
        let networks = self.networks(&mut drafts, circumstances.instance);
        if networks.values().any(|network| network.external.is_some()) {
            let description = "The compose project whose networks it joins".to_owned();
            self.variables.insert(ATTACH_PROJECT.to_owned(), description);
        }
        for (name, draft) in &drafts {
            check_variables(&draft.compose, &draft.unresolved, diagnostics);
            let files = &circumstances.env_files;
            env_file::check(&self, &self.members[name], &draft.compose, files, diagnostics);
        }
        self.check_volumes(&drafts, diagnostics);
        let volumes = self.volumes(&drafts);
        let secrets = self.secrets(&drafts, diagnostics);
        let companions = dependency::companions(&self, &drafts);
        let backups: Vec<PlannedBackup> =
            self.members.values().filter_map(|member| upkeep::backup(&self, member, diagnostics)).collect();
        Some(Plan {
            stack: self.stack.name.value.clone(),
            environment: self.environment.name.clone(),
            instance: circumstances.instance,
            mode: self.environment.mode,
            ports: self.ports(),
            endpoints: drafts.values().flat_map(|draft| draft.endpoints.clone()).collect(),
            processes: self.hosted.values().filter_map(|member| upkeep::process(&self, member)).collect(),
            backups,
            attach: self
                .environment
                .attach
                .clone()
                .filter(|_| networks.values().any(|it| it.external.is_some())),
            tiers: self.tiers(drafts, companions),
            networks,
            volumes,
            secrets,
            files: self.files,
            required: self.required,
            configs: self.stack.configs.clone(),
            variables: self.variables,
        })
    }

    /// A service that others may name here: one of this environment, or of the one it is attached to.
    pub(super) fn find(&self, name: &str) -> Option<&Member<'a>> {
        self.members.get(name).or_else(|| self.hosted.get(name)).or_else(|| self.attached.get(name))
    }

    /// The endpoints on the host, by tier.
    fn ports(&self) -> Vec<PlannedPort> {
        let mut ports = Vec::new();
        for tier in self.stack.tiers.keys() {
            let of_tier = self.members.values().chain(self.hosted.values());
            for member in of_tier.filter(|member| member.definition.tier.value == *tier) {
                ports.extend(member.published.iter().map(|published| PlannedPort {
                    tier: tier.clone(),
                    service: member.name.to_owned(),
                    endpoint: published.endpoint.clone(),
                    target: published.target,
                    address: published.address,
                    ports: published.ports(),
                    scheme: published.scheme.clone(),
                    hosted: member.hosted,
                }));
            }
        }
        ports
    }

    /// A service by the name that `owner` calls it at `span`.
    ///
    /// # Errors
    ///
    /// Why it is not there: unknown, switched off, or left out of this environment. Nothing where that is said elsewhere,
    /// as with a tier that does not exist.
    pub(super) fn named(
        &self,
        name: &str,
        span: Span,
        owner: &str,
    ) -> Result<&Member<'a>, Option<Diagnostic>> {
        if let Some(member) = self.find(name) {
            return Ok(member);
        }
        let Some(service) = self.stack.services.get(name) else {
            if self.stack.unreadable.iter().any(|unreadable| unreadable == name) {
                return Err(None);
            }
            let message = format!("there is no service `{name}`");
            let help = did_you_mean(name, self.stack.services.keys().map(String::as_str));
            return Err(Some(Fault::UnknownService.at(span, message).help(help)));
        };
        if !self.stack.tiers.contains_key(&service.tier.value) {
            return Err(None);
        }
        let environment = &self.environment.name;
        let held = self.environment.tiers.contains(&service.tier.value);
        let disabled = service
            .overrides
            .get(environment)
            .and_then(|over| over.layer.enabled.as_ref())
            .or(service.layer.enabled.as_ref());
        if let (Some(disabled), true) = (disabled, held) {
            let message = format!("`{owner}` needs `{name}`, which is switched off");
            return Err(Some(
                Fault::DisabledService
                    .at(span, message)
                    .related(disabled.span, "switched off here")
                    .help(format!("remove `enabled: false` from `{name}`, or what needs it from `{owner}`")),
            ));
        }
        let tier = &service.tier.value;
        let message = format!("`{owner}` needs `{name}`, which is not part of `{environment}`");
        Err(Some(
            Fault::LeftOutService.at(span, message)
                .related(service.tier.span, format!("the tier `{tier}` is not part of `{environment}`"))
                .help(format!(
                    "add the tier, `environments: {{ {environment}: {{ tiers: [{tier}] }} }}`; or leave `{owner}` out \
                     as well, `overrides: {{ {environment}: {{ enabled: false }} }}`"
                )),
        ))
    }

    /// Remembers what the variable is for that a secret may put into the file.
    pub(super) fn explain(&mut self, secret: &Secret) {
        self.variables.insert(secret.interpolated().to_owned(), secret.description().to_owned());
    }

    /// The secrets that services mount, and those whose value is a part of other texts.
    fn secrets(
        &self,
        drafts: &IndexMap<&'a str, Draft>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> IndexMap<String, PlannedSecret> {
        let everyone = self.members.values().chain(self.attached.values());
        let mut known: IndexMap<&str, &Secret> = IndexMap::new();
        for secret in everyone.flat_map(|member| member.secrets.values()).chain(self.secrets.values()) {
            known.entry(&secret.name).or_insert(secret);
        }
        let asks = |node: &Node, secret: &Secret| {
            any_text(node, &|text| {
                let found = variables(text.as_text().unwrap_or_default()).unwrap_or_default();
                found.iter().any(|variable| variable.name == secret.interpolated())
            })
        };
        let mounted: IndexSet<&str> =
            drafts.values().flat_map(|draft| secret::mounted(&draft.compose)).collect();
        let asked = known.values().filter(|secret| drafts.values().any(|draft| asks(&draft.compose, secret)));
        let used: IndexSet<&str> = mounted.into_iter().chain(asked.map(|secret| &*secret.name)).collect();
        let mut planned = IndexMap::new();
        for secret in used.into_iter().filter_map(|name| known.get(name)) {
            let mounting = drafts
                .iter()
                .filter(|(_, draft)| secret::mounted(&draft.compose).any(|mounted| mounted == secret.name));
            let readers = mounting
                .map(|(name, draft)| secret::reader(&self.members[name], secret, &draft.compose))
                .collect();
            match secret.planned(self.environment, readers) {
                Ok(secret_planned) => {
                    planned.insert(secret.name.clone(), secret_planned);
                }
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        planned
    }

    /// Gives each service its tier's network and those of what it depends on; returns all that are used.
    fn networks(
        &self,
        drafts: &mut IndexMap<&'a str, Draft>,
        instance: u16,
    ) -> IndexMap<String, PlannedNetwork> {
        let mut used: IndexSet<String> = IndexSet::new();
        let mut further: IndexSet<String> = IndexSet::new();
        for (name, draft) in drafts.iter_mut() {
            if draft.compose.get("network_mode").is_some() {
                continue;
            }
            let own = self.members[name].definition.tier.value.as_str();
            let mut tiers: IndexSet<&str> = IndexSet::from([own]);
            for dependency in draft.dependencies.values() {
                if let Some(target) = self.find(&dependency.target).filter(|target| !target.hosted) {
                    tiers.insert(&target.definition.tier.value);
                }
            }
            let mut ordered: Vec<&str> =
                self.stack.tiers.keys().map(String::as_str).filter(|tier| tiers.contains(tier)).collect();
            used.extend(ordered.iter().map(|tier| (*tier).to_owned()));
            let span = self.members[name].definition.tier.span;
            let written = draft.compose.get("networks").cloned();
            let names: Vec<String> = match &written {
                Some(Node { kind: Kind::Mapping(mapping), .. }) => {
                    mapping.keys().map(|key| key.to_string()).collect()
                }
                _ => Vec::new(),
            };
            further.extend(names.iter().filter(|name| !self.stack.tiers.contains_key(*name)).cloned());
            ordered.retain(|tier| !names.iter().any(|name| name == tier));
            let plain = |name: &&str| Node::text(span, *name);
            let networks = match written {
                Some(written) if !names.is_empty() => {
                    let listed = ordered.iter().map(|tier| (*tier, Node::null(span)));
                    let listed = Node::from_pairs(span, listed);
                    compose_reader::merge::service(
                        &Node::from_pairs(span, [("networks", listed)]),
                        &Node::from_pairs(span, [("networks", written)]),
                    )
                }
                _ => Node::from_pairs(
                    span,
                    [("networks", Node::sequence(span, ordered.iter().map(plain).collect()))],
                ),
            };
            draft.compose = with_key(&draft.compose, "networks", networks.get("networks").cloned());
        }
        let tiers = self.stack.tiers.keys().filter(|tier| used.contains(*tier)).cloned();
        let names: Vec<String> = tiers.chain(further).collect();
        let project = |attach: &str| {
            let place = super::place(attach, instance);
            format!("${{{ATTACH_PROJECT}:-{}-{place}}}", self.stack.name.value)
        };
        names
            .into_iter()
            .map(|name| {
                let lives_here = self.members.values().any(|member| member.definition.tier.value == name);
                let lives_there = self.attached.values().any(|member| member.definition.tier.value == name);
                let external = match &self.environment.attach {
                    Some(attach) if lives_there && !lives_here => Some(format!("{}_{name}", project(attach))),
                    _ => None,
                };
                let options = self.stack.networks.as_ref().and_then(|networks| networks.get(&name)).cloned();
                let options = options.filter(|options| external.is_none() && !options.is_null());
                (name, PlannedNetwork { external, options })
            })
            .collect()
    }

    /// The named volumes that services mount.
    fn volumes(&self, drafts: &IndexMap<&'a str, Draft>) -> IndexMap<String, Option<Node>> {
        let mut volumes = IndexMap::new();
        for draft in drafts.values() {
            let mounts = draft.compose.get("volumes").and_then(Node::as_sequence).unwrap_or_default();
            for name in mounts.iter().filter_map(volume_name) {
                let options = self.stack.volumes.as_ref().and_then(|volumes| volumes.get(name)).cloned();
                volumes.insert(name.to_owned(), options.filter(|options| !options.is_null()));
            }
        }
        volumes.sort_keys();
        volumes
    }

    /// Two servers on one data volume would ruin each other's files. Programs on images of one's own may share one.
    fn check_volumes(&self, drafts: &IndexMap<&'a str, Draft>, diagnostics: &mut Vec<Diagnostic>) {
        let mut owners: IndexMap<&str, (&str, Span)> = IndexMap::new();
        for (name, draft) in drafts {
            if !self.members[name].template.is_some_and(Template::has_image) {
                continue;
            }
            let mounts = draft.compose.get("volumes").and_then(Node::as_sequence).unwrap_or_default();
            for mount in mounts {
                let Some(volume) = volume_name(mount) else { continue };
                let span = self.members[name].definition.span;
                match owners.get(volume) {
                    Some((owner, first)) => {
                        let message =
                            format!("`{owner}` and `{name}` keep their data on one volume, `{volume}`");
                        diagnostics.push(
                            Fault::SharedDataVolume
                                .at(span, message)
                                .related(*first, format!("`{owner}` has it"))
                                .help(format!("give each its own: `volumes: [\"{name}_data:/path\"]`")),
                        );
                    }
                    None => {
                        owners.insert(volume, (name, span));
                    }
                }
            }
        }
    }

    fn tiers(
        &self,
        mut drafts: IndexMap<&'a str, Draft>,
        mut companions: IndexMap<String, PlannedService>,
    ) -> Vec<PlannedTier> {
        let mut tiers = Vec::new();
        for (tier, definition) in &self.stack.tiers {
            let mut services = Vec::new();
            for (name, member) in &self.members {
                if member.definition.tier.value != *tier {
                    continue;
                }
                if let Some(draft) = drafts.swap_remove(name) {
                    let compose = draft.compose;
                    services.push(PlannedService { name: (*name).to_owned(), note: None, compose });
                }
                services.extend(companions.swap_remove(*name));
            }
            if !services.is_empty() {
                let kind = definition.kind.as_ref().map_or(TierKind::Application, |kind| kind.value);
                tiers.push(PlannedTier { name: tier.clone(), kind, services });
            }
        }
        tiers
    }
}

/// A mapping with a key replaced, added, or (for `None`) removed.
pub(super) fn with_key(node: &Node, key: &str, value: Option<Node>) -> Node {
    let Kind::Mapping(mapping) = &node.kind else { return node.clone() };
    let mut mapping = (**mapping).clone();
    match value {
        Some(value) => {
            let entry =
                compose_reader::yaml::Entry { key: Node::scalar(value.span, key, Style::Plain), value };
            mapping.insert(Arc::from(key), entry);
        }
        None => {
            mapping.shift_remove(key);
        }
    }
    Node { kind: Kind::Mapping(Arc::new(mapping)), ..node.clone() }
}

/// A `$` that Compose would refuse, in any text of a service that is not `unresolved`.
fn check_variables(node: &Node, unresolved: &[Span], diagnostics: &mut Vec<Diagnostic>) {
    match &node.kind {
        Kind::Scalar(_) if unresolved.contains(&node.span) => {}
        Kind::Scalar(scalar) => {
            if let Err(invalid) = variables(&scalar.text) {
                let found = scalar.text.get(invalid.range.clone()).unwrap_or("$");
                let message = format!("Compose takes `{found}` for a variable, and it is none");
                let help = "write `$$` for a dollar sign, `${NAME}` for a variable";
                let span = node.part(invalid.range);
                diagnostics.push(Fault::InvalidVariable.at(span, message).help(help));
            }
        }
        Kind::Sequence(items) => items.iter().for_each(|item| check_variables(item, unresolved, diagnostics)),
        Kind::Mapping(mapping) => {
            mapping.values().for_each(|entry| check_variables(&entry.value, unresolved, diagnostics));
        }
    }
}

/// The volume that a mount names, in short or long syntax; `None` for a folder, and where a variable decides.
fn volume_name(mount: &Node) -> Option<&str> {
    if mount.as_mapping().is_some() {
        let kind = mount.get("type").and_then(Node::as_text);
        return mount.get("source").and_then(Node::as_text).filter(|_| kind == Some("volume"));
    }
    let (source, _) = mount.as_text()?.split_once(':')?;
    (!source.starts_with(['.', '/', '~', '$'])).then_some(source)
}
