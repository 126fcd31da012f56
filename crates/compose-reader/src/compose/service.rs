//! A service as rules look at it.

use std::sync::Arc;

use super::config_file::Config;
use super::dependency::{self, Dependency, Reference};
use super::fields::{flag, text};
use super::file_object::{self, Grant};
use super::mount::{self, Mount};
use super::network::{self, Attachment};
use super::on_disk::Mounted;
use super::port::Port;
use super::probe::Probe;
use super::resources::Resources;
use super::security::Security;
use super::text::Text;
use crate::dockerfile::{self, Dockerfile};
use crate::interpolation::escape;
use crate::source::{Sources, Span, range};
use crate::values::{ContainerPort, HealthTest, Pair, PortRange, Sketch, TestForm};
use crate::yaml::{Entry, Node, Step};

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
    /// Those of them that it says itself; all, where an `extends` brought in all.
    own_profiles: Vec<Sketch>,
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

impl Service {
    pub(super) fn new(sources: &Sources, name: &Arc<str>, entry: &Entry) -> Self {
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
            own_profiles: own_profiles(items("profiles"))
                .filter_map(text)
                .map(|profile| profile.sketch())
                .collect(),
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
    pub(super) fn take_over(&mut self, sources: &Sources, dockerfile: Dockerfile) {
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

    /// Whether both are meant to run at once: services without profiles always do. A profile that several take over from one
    /// that they extend keeps that one away, and says nothing of them.
    pub fn runs_with(&self, other: &Self) -> bool {
        self.profiles.is_empty()
            || other.profiles.is_empty()
            || self.own_profiles.iter().any(|profile| other.own_profiles.contains(profile))
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

/// The profiles that are not taken over from a service that is extended; all, where there are no others.
fn own_profiles(profiles: &[Node]) -> impl Iterator<Item = &Node> {
    let has_own = profiles.iter().any(|profile| !profile.is_extended());
    profiles.iter().filter(move |profile| !has_own || !profile.is_extended())
}

/// `env_file` in its three forms: one path, paths, and mappings with a path.
fn env_files(sources: &Sources, node: Option<&Node>) -> Vec<Text> {
    let items = node.and_then(Node::as_sequence).or_else(|| node.map(std::slice::from_ref));
    let path = |item: &Node| text(sources, item.get("path").or(Some(item)));
    items.unwrap_or_default().iter().filter_map(path).collect()
}

/// The variables of a service that come from its env files, variables in their values replaced.
pub(super) fn from_env_files(sources: &Sources, service: Option<&Node>) -> Vec<(String, Text)> {
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
    let (text, start) = (sources.get(span.source).text(), span.start as usize);
    let line = text.get(range::line_start(text, start)..start)?;
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
