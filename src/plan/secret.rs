//! What a secret is in an environment: a harmless value in development, a file or a variable in production.

use minijinja::Value;

use super::scope::{Member, Scope};
use super::{PlannedSecret, SecretSource};
use crate::definition::{Mode, Stack};
use crate::interpolation::escape;
use crate::source::Span;
use crate::yaml::Node;

/// A secret as one environment sees it.
#[derive(Clone, Debug)]
pub(super) struct Secret {
    /// Its name: that of the compose secret and of the file.
    pub(super) name: String,
    /// Its value in Compose's syntax: text in development, `${NAME:?…}` in production.
    pub(super) value: String,
    /// The variable that holds its value in `.env`, and in a container in development.
    pub(super) variable: String,
    /// What it is for.
    pub(super) description: String,
    /// How it is mounted.
    pub(super) planned: PlannedSecret,
}

impl Secret {
    /// A secret of the stack; `description` and `development` are what is known of it if the stack says nothing.
    pub(super) fn new(stack: &Stack, mode: Mode, name: String, description: &str, development: &str) -> Self {
        let declared = stack.secrets.get(&name);
        let variable = variable_name(&name);
        let development = declared
            .and_then(|secret| secret.development.as_ref())
            .map_or_else(|| development.to_owned(), |development| development.value.clone());
        let description = declared
            .and_then(|secret| secret.description.as_ref())
            .map_or_else(|| description.to_owned(), |description| description.value.clone());
        let value = match mode {
            Mode::Development => escape(&development),
            Mode::Production => format!("${{{variable}:?set it in .env, see .env.example}}"),
        };
        let source = match declared {
            Some(secret) if secret.external.as_ref().is_some_and(|external| external.value) => {
                SecretSource::External
            }
            Some(secret) => match (&secret.environment, &secret.file) {
                (Some(variable), _) => SecretSource::Environment(variable.value.clone()),
                (None, Some(file)) => SecretSource::File(file.value.clone()),
                (None, None) => SecretSource::File(format!("./secrets/{name}")),
            },
            None => SecretSource::File(format!("./secrets/{name}")),
        };
        Self { name, value, variable, description, planned: PlannedSecret { source } }
    }

    /// The path of the file inside a container.
    pub(super) fn path(&self) -> String {
        format!("/run/secrets/{}", self.name)
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
        let secret = known(name).cloned().unwrap_or_else(|| {
            let description = format!("The secret `{name}` (`{}`)", member.name);
            let development = format!("development-{name}");
            Secret::new(scope.stack, scope.environment.mode, name.clone(), &description, &development)
        });
        let variable = used.variable.as_ref().map(|variable| variable.value.clone());
        NamedSecret { span: used.name.span, variable, secret }
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

/// The secrets that the finished service mounts.
pub(super) fn mounted_secrets(scope: &Scope, named: &[NamedSecret], compose: &Node) -> Vec<Secret> {
    let everyone = || scope.members.values().chain(scope.attached.values());
    let known = || named.iter().map(|it| &it.secret).chain(everyone().flat_map(|it| it.secrets.values()));
    let mounts = compose.get("secrets").and_then(Node::as_sequence).unwrap_or_default();
    mounts
        .iter()
        .filter_map(|mount| mount.as_text().or_else(|| mount.get("source")?.as_text()))
        .filter_map(|name| known().find(|secret| secret.name == name).cloned())
        .collect()
}
