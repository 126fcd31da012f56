//! A stack resolved for one environment: every name, address, port, dependency and value decided.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use crate::definition::{Encoding, Mode, PortRange, Spanned, TierKind};
use compose_reader::source::{SourceId, Span};
use compose_reader::spec::{self, Type};
use compose_reader::values::in_url;
use compose_reader::yaml::Node;

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
    /// What the services listen on.
    pub endpoints: Vec<PlannedEndpoint>,
    /// What is asked of them besides.
    pub checks: Vec<PlannedCheck>,
    /// The services that run on the machine itself.
    pub processes: Vec<PlannedProcess>,
    /// The services whose data can be saved.
    pub backups: Vec<PlannedBackup>,
    /// The volumes that are saved whole.
    pub saved_volumes: Vec<SavedVolume>,
    /// The name of the compose project.
    pub project: String,
    /// The name of the compose file.
    pub file: String,
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
    /// The files that have to lie beside it when it starts, such as certificates.
    pub required: Vec<RequiredFile>,
    /// Further configs of the stack, in Compose's syntax.
    pub configs: Option<Node>,
    /// What is meant to be as it is.
    pub intent: Intent,
    /// What the variables are for that stackgen itself has put into the file, each in one sentence.
    pub variables: IndexMap<String, String>,
}

impl Plan {
    /// The environment, with the number of the instance behind it if it is not the first.
    pub fn place(&self) -> String {
        place(&self.environment, self.instance)
    }

    /// What the stack says of networks, volumes and configs, as far as it is written here, with the type of each.
    pub fn resources(&self) -> impl Iterator<Item = (Option<&'static Type>, &Node)> {
        let takes = |path: &[&'static str]| spec::at(path.iter().copied()).map(|key| key.takes);
        let (network, volume) = (takes(&["networks", "any"]), takes(&["volumes", "any"]));
        let networks = self.networks.values().filter_map(|network| network.options.as_ref());
        let configs = self.configs.iter().map(move |configs| (takes(&["configs"]), configs));
        let volumes = self.volumes.values().flatten().map(move |options| (volume, options));
        networks.map(move |options| (network, options)).chain(volumes).chain(configs)
    }
}

/// A name with the number of an instance, if it is not the first.
pub(super) fn place(name: &str, instance: u16) -> String {
    if instance > 1 { format!("{name}-{instance}") } else { name.to_owned() }
}

/// What a stack or a template says on purpose, so that nobody has to be told of it.
#[derive(Debug, Default)]
pub struct Intent {
    /// Services of which the first names the second, and does not wait until that is ready.
    pub unwaited: Vec<(String, String)>,
    /// The values that secrets have for development, as they are written into the compose file.
    pub development: Vec<String>,
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

/// A file or folder that has to lie beside a compose file when it starts.
#[derive(Clone, Debug)]
pub struct RequiredFile {
    /// Its path from the stack, and where it is named.
    pub path: Spanned<String>,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// A service of a compose file.
#[derive(Debug)]
pub struct PlannedService {
    /// Its name.
    pub name: String,
    /// The comment that stands above it in the stack.
    pub comment: Option<String>,
    /// A remark that stands above it, of one that is made for another one.
    pub note: Option<String>,
    /// The service in Compose's syntax, published ports apart; each value's span is the place that it comes from.
    pub compose: Node,
    /// Where the service of the stack is named that it is, or stands beside.
    pub definition: Span,
    /// The template of that service.
    pub template: Option<Arc<UsedTemplate>>,
}

/// A template that a service uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedTemplate {
    /// Its name as written, `postgres@17`.
    pub name: String,
    /// Where it is written.
    pub span: Span,
    /// Its own text.
    pub source: SourceId,
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
    pub address: IpAddr,
    /// The ports on the host.
    pub ports: HostPorts,
    /// The scheme of its URL.
    pub scheme: String,
    /// Whether a process on the host has it, not a container.
    pub hosted: bool,
    /// Where it is published.
    pub span: Span,
}

impl PlannedPort {
    /// The URL on this machine, for a scheme that has one.
    pub fn url(&self) -> Option<String> {
        let host = local(self.address);
        let has_url = !matches!(self.scheme.as_str(), "tcp" | "udp");
        let port = self.ports.first().filter(|_| has_url)?;
        Some(format!("{}://{host}:{port}", self.scheme))
    }

    /// The protocol, in Compose's words.
    pub fn protocol(&self) -> &'static str {
        if self.scheme == "udp" { "udp" } else { "tcp" }
    }
}

/// The ports on the host that an endpoint is published on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPorts {
    /// Those that the stack names; more than one for a pool.
    Range(PortRange),
    /// The one that a variable says.
    Variable {
        /// The variable in Compose's syntax.
        written: String,
        /// The port where it is not set, if it has a default.
        default: Option<u16>,
    },
    /// One that Docker picks whenever the container starts.
    Any,
}

impl HostPorts {
    /// The ports, as far as they are known before anything runs.
    pub fn known(&self) -> Option<PortRange> {
        match self {
            Self::Range(range) => Some(*range),
            Self::Variable { default, .. } => default.map(|port| PortRange { first: port, last: port }),
            Self::Any => None,
        }
    }

    /// The lowest of them in Compose's syntax: a number, or the variable.
    pub fn first(&self) -> Option<String> {
        match self {
            Self::Range(range) => Some(range.first.to_string()),
            Self::Variable { written, .. } => Some(written.clone()),
            Self::Any => None,
        }
    }
}

impl fmt::Display for HostPorts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) => range.fmt(formatter),
            Self::Variable { written, .. } => formatter.write_str(written),
            Self::Any => formatter.write_str("any"),
        }
    }
}

/// A network of a compose file.
#[derive(Debug)]
pub struct PlannedNetwork {
    /// The place that it comes from: its tier, or the first service that names it.
    pub span: Span,
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
    /// How it is written.
    pub encoding: Encoding,
    /// How many letters and digits it has behind that, or how many bytes.
    pub length: u16,
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

/// An endpoint of a service.
#[derive(Clone, Debug)]
pub struct PlannedEndpoint {
    /// Its service.
    pub service: String,
    /// Its name.
    pub endpoint: String,
    /// The port inside the container.
    pub port: u16,
    /// The scheme of its URL.
    pub scheme: String,
    /// The path that is known to answer, of one that speaks HTTP.
    pub path: Option<String>,
    /// The status that is right; any from 200 to 399 unless given.
    pub status: Option<u16>,
    /// How it is asked from inside, as far as that is known.
    pub inside: Option<InsideProbe>,
}

/// A check of a stack's own, or of a template.
#[derive(Clone, Debug)]
pub struct PlannedCheck {
    /// The service that it is about.
    pub service: String,
    /// Its name.
    pub name: String,
    /// What is asked.
    pub question: PlannedQuestion,
    /// A text that the answer has to hold.
    pub contains: Option<String>,
    /// How long it is asked again until it passes.
    pub deadline: Duration,
}

/// What a check asks.
#[derive(Clone, Debug)]
pub enum PlannedQuestion {
    /// An HTTP request to the port that an endpoint has on the host.
    Http {
        /// The path.
        path: String,
        /// The endpoint.
        endpoint: String,
        /// The status that is right; any from 200 to 399 unless given.
        status: Option<u16>,
    },
    /// A command in the container, its words in Compose's syntax.
    Command(Vec<String>),
}

/// A command that succeeds where an endpoint answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsideProbe {
    /// The service in whose container it runs.
    pub service: String,
    /// Its words.
    pub command: Vec<String>,
}

/// A service that runs on the machine itself, as far as it is known what starts it.
#[derive(Clone, Debug)]
pub struct PlannedProcess {
    /// Its tier.
    pub tier: String,
    /// Its name.
    pub service: String,
    /// The folder that it is started in, as a path from the stack.
    pub folder: String,
    /// The words that start it.
    pub command: Vec<String>,
}

/// A service whose data can be saved and loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedBackup {
    /// The service.
    pub service: String,
    /// The ending of a backup's name.
    pub ending: String,
    /// The command in its container that writes a backup to standard output.
    pub save: Vec<String>,
    /// The command that reads one from standard input.
    pub load: Vec<String>,
    /// Whether that runs in a container of its own while the service is stopped.
    pub stopped: bool,
}

/// A named volume that is saved whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedVolume {
    /// The volume.
    pub volume: String,
    /// A service that mounts it.
    pub service: String,
    /// Where it has it.
    pub target: String,
}

/// How this machine reaches a port that is bound to an address.
pub(super) fn local(address: IpAddr) -> String {
    match address {
        address if address.is_unspecified() => "127.0.0.1".to_owned(),
        address => in_url(address),
    }
}
