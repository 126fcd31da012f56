//! What a secret is in an environment: a harmless value in development, a file or a variable in production.

use minijinja::Value;

use super::{PlannedSecret, SecretSource};
use crate::definition::{Mode, Stack};
use crate::interpolation::escape;

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
