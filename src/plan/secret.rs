//! What a secret is in an environment: a harmless value in development, a file or a variable in production.

use minijinja::Value;

use super::environment::EnvironmentSettings;
use super::scope::{Member, Scope};
use super::{PlannedSecret, SecretReader, SecretSource};
use crate::catalog::TemplateSecret;
use crate::definition::{self, Mode, Stack};
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::interpolation::escape;
use compose_reader::source::Span;
use compose_reader::yaml::Node;

/// A secret as one environment sees it.
#[derive(Clone, Debug)]
pub(super) struct Secret {
    /// Its name: that of the compose secret and of the file.
    pub(super) name: String,
    /// Its value in Compose's syntax: text in development, `${NAME:?…}` in production.
    pub(super) value: String,
    /// The variable that holds its value in a container in development.
    variable: String,
    /// Where its value comes from; `None` where the stack names sources and none of them is for this environment.
    source: Option<SecretSource>,
    /// The user that reads its file, where that is not the one of the template that mounts it.
    reader: Option<u32>,
    /// What is planned of it before it is known who uses it.
    planned: PlannedSecret,
}

impl Secret {
    /// A secret of the stack, which the service at `span` uses; `known` is what is known of it if the stack says nothing.
    pub(super) fn new(
        stack: &Stack,
        environment: &EnvironmentSettings,
        name: String,
        known: &TemplateSecret,
        span: Span,
    ) -> Self {
        let declared = stack.secrets.get(&name);
        let own = declared.and_then(|secret| secret.sources.get(&environment.name));
        let variable = variable_name(&name);
        let development = declared
            .and_then(|secret| secret.development.as_ref())
            .map_or_else(|| known.development.clone(), |development| development.value.clone());
        let description = declared
            .and_then(|secret| secret.description.as_ref())
            .map_or_else(|| known.description.clone(), |description| description.value.clone());
        let generate = declared
            .and_then(|secret| secret.generate.as_ref())
            .map_or(known.generate, |generate| generate.value);
        let source = match (own, declared) {
            (Some(own), _) => Some(source(own, &name)),
            (None, Some(secret)) if secret.sources.is_empty() || is_given(&secret.source) => {
                Some(source(&secret.source, &name))
            }
            (None, Some(_)) => None,
            (None, None) => Some(default_source(&name)),
        };
        let interpolated = match &source {
            Some(SecretSource::Environment(variable)) => variable.clone(),
            _ => variable.clone(),
        };
        let value = match environment.mode {
            Mode::Development if own.is_none() => escape(&development),
            _ => format!("${{{interpolated}:?set it in .env, see .env.example}}"),
        };
        let planned = PlannedSecret {
            source: SecretSource::External,
            variable: interpolated,
            description,
            development,
            generate,
            prefix: known.prefix.clone(),
            readers: Vec::new(),
            span,
        };
        Self { name, value, variable, source, reader: known.reader, planned }
    }

    /// The path of the file inside a container.
    fn path(&self) -> String {
        format!("/run/secrets/{}", self.name)
    }

    /// What it is for.
    pub(super) fn description(&self) -> &str {
        &self.planned.description
    }

    /// The variable that holds its value in `.env`.
    pub(super) fn interpolated(&self) -> &str {
        &self.planned.variable
    }

    /// The secret as a template sees it.
    pub(super) fn context(&self) -> Value {
        Value::from_pairs([
            ("name", self.name.clone()),
            ("value", self.value.clone()),
            ("path", self.path()),
            ("variable", self.variable.clone()),
        ])
    }

    /// The secret once it is known which services mount it.
    ///
    /// # Errors
    ///
    /// That it has no source in this environment, or one that a service cannot mount.
    pub(super) fn planned(
        &self,
        environment: &EnvironmentSettings,
        readers: Vec<SecretReader>,
    ) -> Result<PlannedSecret, Diagnostic> {
        let (name, place) = (&self.name, &environment.name);
        let file = format!("{place}: {{ file: ./secrets/{name} }}");
        let Some(source) = &self.source else {
            let message = format!("the secret `{name}` has no source in `{place}`");
            let help = format!("name one below `sources` of the secret: `{file}`");
            return Err(Fault::MissingSource.at(self.planned.span, message).help(help));
        };
        let read_only = readers.iter().find(|reader| reader.read_only);
        if let (SecretSource::Environment(variable), Some(reader)) = (source, read_only) {
            let message = format!(
                "`{}` has a read-only file system in `{place}`, and `{name}` comes from the variable {variable}",
                reader.service
            );
            let help = format!(
                "Docker writes such a secret into the container, which it cannot then; give it a file: `sources: {{ {file} }}`"
            );
            return Err(Fault::ReadOnlySecret.at(self.planned.span, message).help(help));
        }
        Ok(PlannedSecret { source: source.clone(), readers, ..self.planned.clone() })
    }
}

fn is_given(source: &definition::SecretSource) -> bool {
    source.file.is_some() || source.environment.is_some() || source.external.is_some()
}

fn source(written: &definition::SecretSource, name: &str) -> SecretSource {
    if written.external.as_ref().is_some_and(|external| external.value) {
        return SecretSource::External;
    }
    match (&written.environment, &written.file) {
        (Some(variable), _) => SecretSource::Environment(variable.value.clone()),
        (None, Some(file)) => SecretSource::File(file.value.clone()),
        (None, None) => default_source(name),
    }
}

fn default_source(name: &str) -> SecretSource {
    SecretSource::File(format!("./secrets/{name}"))
}

/// `jwt-key` as `JWT_KEY`.
fn variable_name(name: &str) -> String {
    name.chars()
        .map(|next| if next.is_ascii_alphanumeric() { next.to_ascii_uppercase() } else { '_' })
        .collect()
}

/// A secret that a service's definition names.
pub(super) struct NamedSecret {
    span: Span,
    /// The variable that is to hold its value in every environment.
    variable: Option<String>,
    pub(super) secret: Secret,
}

pub(super) fn named_secrets(scope: &Scope, member: &Member) -> Vec<NamedSecret> {
    let everyone = || scope.members.values().chain(scope.attached.values());
    let known = |name: &str| everyone().flat_map(|it| it.secrets.values()).find(|secret| secret.name == name);
    let uses = member.layer.secrets.iter();
    uses.map(|used| {
        let name = &used.name.value;
        let span = used.name.span;
        let secret = known(name).cloned().unwrap_or_else(|| {
            let known = TemplateSecret {
                each: None,
                description: format!("The secret `{name}` (`{}`)", member.name),
                development: format!("development-{name}"),
                generate: true,
                prefix: String::new(),
                reader: None,
            };
            Secret::new(scope.stack, scope.environment, name.clone(), &known, span)
        });
        let variable = used.variable.as_ref().map(|variable| variable.value.clone());
        NamedSecret { span, variable, secret }
    })
    .collect()
}

/// The layer that hands secrets to a service: values in development, files in production.
pub(super) fn secrets_layer(mode: Mode, secrets: &[NamedSecret], span: Span) -> Node {
    let mut environment = Vec::new();
    let mut mounted = Vec::new();
    for NamedSecret { span, variable, secret } in secrets {
        let (variable, value) = match (variable, mode) {
            (Some(variable), _) => (variable.clone(), secret.value.clone()),
            (None, Mode::Development) => (secret.variable.clone(), secret.value.clone()),
            (None, Mode::Production) => {
                mounted.push(Node::text(*span, secret.name.as_str()));
                (format!("{}_FILE", secret.variable), secret.path())
            }
        };
        environment.push((variable, Node::text(*span, value)));
    }
    let mut pairs = Vec::new();
    if !environment.is_empty() {
        pairs.push(("environment", Node::from_pairs(span, environment)));
    }
    if !mounted.is_empty() {
        pairs.push(("secrets", Node::sequence(span, mounted)));
    }
    Node::from_pairs(span, pairs)
}

/// The names of the secrets that a service mounts.
pub(super) fn mounted(compose: &Node) -> impl Iterator<Item = &str> {
    let mounts = compose.get("secrets").and_then(Node::as_sequence).unwrap_or_default();
    mounts.iter().filter_map(|mount| mount.as_text().or_else(|| mount.get("source")?.as_text()))
}

/// A service as the reader of a secret that it mounts.
pub(super) fn reader(member: &Member, secret: &Secret, compose: &Node) -> SecretReader {
    let is_true = |key: &str| compose.get(key).and_then(Node::as_bool) == Some(true);
    let has = |key: &str, names: &[&str]| {
        let items = compose.get(key).and_then(Node::as_sequence).unwrap_or_default();
        items.iter().filter_map(Node::as_text).any(|item| names.contains(&item))
    };
    let written = compose.get("user").and_then(|user| user.as_scalar()).map(|user| user.text.clone());
    let user = match written.as_deref().map(|user| user.split(':').next().unwrap_or_default()) {
        Some("root") => Some(0),
        Some(user) => user.parse().ok(),
        // What an image of one's own runs as is not known.
        None if compose.get("build").is_some() => None,
        None => {
            let own = member.secrets.get(&secret.name).and_then(|secret| secret.reader);
            own.or_else(|| member.template.and_then(|template| template.reader))
        }
    };
    let bound = has("cap_drop", &["ALL", "DAC_OVERRIDE"]) && !has("cap_add", &["ALL", "DAC_OVERRIDE"]);
    SecretReader {
        service: member.name.to_owned(),
        user,
        reads_all: user == Some(0) && !bound,
        read_only: is_true("read_only"),
    }
}
