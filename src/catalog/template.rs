//! What one template file says.

use indexmap::IndexMap;

use super::parameter::{Parameter, Type};
use compose_reader::source::Span;
use compose_reader::yaml::{Kind, Node};

/// The parameter that a template's memory limit is made of.
pub const MEMORY: &str = "memory";

/// A catalogue entry that knows an image, or a runtime that images are built on.
///
/// Its strings may hold minijinja expressions, `{{ … }}`. They see the parameters and what every template sees.
#[derive(Debug)]
pub struct Template {
    /// Its name, which is its file's.
    pub name: String,
    /// The whole text.
    pub span: Span,
    /// What it is, in one line.
    pub summary: String,
    /// What it is grouped under: `database`, `broker`, `gateway`, `runtime` and so on.
    pub kind: String,
    /// Versions that its facts hold for, newest first; the first is the default. Empty if it has no image of its own. Each is a
    /// tag that is published and stands for what begins with it; `4.*` stands for that alone, where `4` is no tag.
    pub versions: Vec<String>,
    /// What may stand behind the version in a tag, such as the distribution that the image is built on; the beginning of
    /// the word is enough, `alpine` stands for `alpine3.22` as well.
    pub flavours: Vec<String>,
    /// What stands there unless it is said; none for the tag without one.
    pub flavour: Option<String>,
    /// What tags of other publishers' images put before its version: `pg` of `2.17-pg16`.
    pub abbreviation: Option<String>,
    /// Where its facts are from.
    pub sources: Vec<String>,
    /// What it takes care of.
    pub pitfalls: Vec<String>,
    /// What `with` may say.
    pub parameters: IndexMap<String, Parameter>,
    /// What it listens on.
    pub endpoints: IndexMap<String, TemplateEndpoint>,
    /// The endpoint that a bare `publish` means, if it is not the first.
    pub publish: Option<String>,
    /// Its secrets; a service's secret is called `<service>_<name>`.
    pub secrets: IndexMap<String, TemplateSecret>,
    /// The number of the user that reads the files of secrets in production, 0 for root, perhaps an expression: Compose
    /// hands them on with the owner that they have on the host.
    pub reader: Option<Node>,
    /// Values that its expressions share, in order.
    pub values: Vec<(String, Node)>,
    /// What others may refer to, besides `host`, `port`, `address` and `url`.
    pub references: IndexMap<String, Node>,
    /// The compose service.
    pub service: Option<Node>,
    /// What is laid over it in development.
    pub development: Option<Node>,
    /// What is laid over it in production.
    pub production: Option<Node>,
    /// Config files that are rendered and mounted.
    pub files: Vec<TemplateFile>,
    /// The `healthcheck.test` of an HTTP probe; sees `port`, `path` and `status`.
    pub http_probe: Option<Node>,
    /// The `healthcheck.test` of a TCP probe; sees `port`.
    pub tcp_probe: Option<Node>,
    /// Compose's timings of those two.
    pub timings: Option<Node>,
    /// A compose service that probes it from outside, for an image with nothing inside to probe with. It is called
    /// `<service>-probe`, and whoever waits for the service waits for it.
    pub prober: Option<Node>,
    /// Whether it ends by itself, and is done when it has ended well.
    pub job: bool,
    /// What starts it on the machine itself, in the folder that it is built from.
    pub process: Option<Node>,
    /// How what it stores is saved and loaded again.
    pub backup: Option<TemplateBackup>,
    /// What `stackgen smoke` asks besides its probe, by name, as a stack writes it.
    pub smoke: Option<Node>,
    /// Whether it reaches every service that has metrics; its expressions then see `metrics`, `exported` and
    /// `brought`.
    pub scrapes: bool,
    /// Whether it shows what others export, without reaching them; its expressions then see the same.
    pub shows: bool,
    /// What is known of its metrics.
    pub metrics: TemplateMetrics,
    /// The template that exports its metrics, where it does not do so itself.
    pub exporter: Option<String>,
}

/// What is known of a template's metrics.
#[derive(Debug, Default)]
pub struct TemplateMetrics {
    /// Their names; a histogram or summary goes by the name that its series begin with.
    pub exports: Vec<String>,
    /// What to be warned of: arguments for the parameter `alerts` of whatever scrapes it.
    pub alerts: Option<Node>,
    /// What to look at: an item for the parameter `dashboards` of whatever shows it.
    pub dashboard: Option<Node>,
}

/// A port that a template listens on.
#[derive(Debug)]
pub struct TemplateEndpoint {
    /// The port, perhaps an expression.
    pub port: Node,
    /// The scheme of its URL.
    pub scheme: String,
    /// Whether `listen` may move it.
    pub adjustable: bool,
}

/// A secret of a template.
#[derive(Clone, Debug)]
pub struct TemplateSecret {
    /// The parameter, a list or map, that there is one of it for each item of: `<service>_<item>_<name>`.
    pub each: Option<String>,
    /// What it is for.
    pub description: String,
    /// Its harmless value in development.
    pub development: String,
    /// Whether a value may be made up for it; not for one that somebody else hands out.
    pub generate: bool,
    /// What a value that is made up begins with, for an image that asks for certain characters.
    pub prefix: String,
    /// The user that reads its file, where that is not the template's.
    pub reader: Option<u32>,
}

/// How what a template's service stores is saved and loaded again, by its own tools.
#[derive(Debug)]
pub struct TemplateBackup {
    /// The ending of a backup's name.
    pub ending: String,
    /// The command in its container that writes a backup to standard output.
    pub save: Node,
    /// The command that reads one from standard input.
    pub load: Node,
    /// Whether `load` runs in a container of its own while the service is stopped.
    pub stopped: bool,
}

/// A config file of a template.
#[derive(Debug)]
pub struct TemplateFile {
    /// Its name below `config/<service>/`, perhaps an expression.
    pub name: String,
    /// Where the name is written.
    pub span: Span,
    /// A parameter or value, a list or map, that there is one of it for each item of; its expressions see that as `item`.
    pub each: Option<String>,
    /// An expression that is true where it is needed.
    pub when: Option<Node>,
    /// Whether it is read on the first start only, so that a change of it is no reason to make the container anew.
    pub once: bool,
    /// The parameter that names a file of one's own in its place.
    pub own: Option<String>,
    /// Where it is mounted.
    pub target: Node,
    /// Its content.
    pub content: Node,
}

impl Template {
    /// Whether its facts hold for a version: one of its own, perhaps with more behind it, and a flavour that it has (`16`,
    /// `16.4`, `16-bookworm`).
    pub fn knows_version(&self, written: &str) -> bool {
        let (version, flavour) = self.parts(written);
        let known = |known: &String| match known.strip_suffix('*') {
            Some(begin) => version.strip_prefix(begin).is_some_and(|rest| !rest.is_empty()),
            None => version
                .strip_prefix(known.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-'])),
        };
        self.versions.iter().any(known) && (flavour.is_some() || version.len() == written.len())
    }

    /// A version as written behind `@`, and its flavour, where the template has any.
    pub(super) fn parts<'w>(&'w self, written: &'w str) -> (&'w str, Option<&'w str>) {
        match written.split_once('-') {
            Some((version, words)) if !self.flavours.is_empty() => {
                (version, words.split('-').find_map(|word| self.flavour_of(word)))
            }
            _ => (written, None),
        }
    }

    /// The flavour that a word of a tag stands for.
    pub(super) fn flavour_of(&self, word: &str) -> Option<&str> {
        self.flavours.iter().find(|flavour| word.starts_with(flavour.as_str())).map(String::as_str)
    }

    /// Whether what it says besides the image depends on the version.
    pub fn depends_on_version(&self) -> bool {
        let image = self.service.as_ref().and_then(|service| service.get("image"));
        let sides = [&self.service, &self.development, &self.production];
        let values = self.values.iter().map(|(_, value)| value);
        let files = self.files.iter().flat_map(|file| file.when.iter().chain([&file.target, &file.content]));
        let mut all = sides.into_iter().flatten().chain(values).chain(files);
        all.any(|node| asks(node, image))
    }

    /// Whether its parameter `memory` is its memory limit, so that a key of Compose that says the limit gives it.
    pub fn is_limited_by_memory(&self) -> bool {
        let sides = [&self.service, &self.development, &self.production];
        let limits = sides
            .into_iter()
            .flatten()
            .filter_map(|side| side.get("deploy")?.get("resources")?.get("limits"));
        let mut limits = limits.filter_map(|limits| limits.get("memory")?.as_text());
        self.parameters.contains_key(MEMORY) && limits.any(|limit| limit.contains(MEMORY))
    }

    /// The parameters that nothing but one of its files sees.
    pub fn only_seen_by<'t>(&'t self, file: &'t TemplateFile) -> impl Iterator<Item = &'t str> {
        let sides = [&self.service, &self.development, &self.production, &self.prober];
        let values = self.values.iter().map(|(_, value)| value).chain(self.references.values());
        let ports = self.endpoints.values().map(|endpoint| &endpoint.port);
        let secrets = self.secrets.values().filter_map(|secret| secret.each.as_deref());
        let others = self.files.iter().filter(|other| other.span != file.span);
        let lists: Vec<&str> =
            secrets.chain(others.clone().filter_map(|other| other.each.as_deref())).collect();
        let others = others.flat_map(|other| other.when.iter().chain([&other.target, &other.content]));
        let rest: Vec<&Node> = sides
            .into_iter()
            .flatten()
            .chain(values)
            .chain(ports)
            .chain([&file.target])
            .chain(others)
            .collect();
        let is_only_there = move |name: &&str| {
            file.own.as_deref() != Some(*name)
                && sees(&file.content, name)
                && !lists.contains(name)
                && !rest.iter().any(|node| sees(node, name))
        };
        // One that names a service joins its network.
        let parameters = self.parameters.iter().filter(|(_, it)| !matches!(it.kind, Type::Service));
        parameters.map(|(name, _)| name.as_str()).filter(is_only_there)
    }

    /// Whether it names an image, so that a service needs neither `image` nor `build`.
    pub fn has_image(&self) -> bool {
        self.service.as_ref().is_some_and(|service| service.get("image").is_some())
    }
}

/// Whether a text in a node that holds expressions holds a name.
fn sees(node: &Node, name: &str) -> bool {
    let is_part = |next: char| next.is_ascii_alphanumeric() || next == '_';
    match &node.kind {
        Kind::Scalar(scalar) => {
            scalar.text.contains('{') && scalar.text.split(|next| !is_part(next)).any(|word| word == name)
        }
        Kind::Sequence(items) => items.iter().any(|item| sees(item, name)),
        Kind::Mapping(mapping) => {
            mapping.iter().any(|(key, entry)| key.contains(name) || sees(&entry.value, name))
        }
    }
}

/// Whether an expression in a node, but for those in `except`, sees the version.
fn asks(node: &Node, except: Option<&Node>) -> bool {
    match &node.kind {
        _ if except.is_some_and(|except| except.span == node.span) => false,
        Kind::Scalar(scalar) => {
            scalar.text.contains("{{") && ["major", "version"].iter().any(|name| scalar.text.contains(name))
        }
        Kind::Sequence(items) => items.iter().any(|item| asks(item, except)),
        Kind::Mapping(mapping) => mapping.values().any(|entry| asks(&entry.value, except)),
    }
}
