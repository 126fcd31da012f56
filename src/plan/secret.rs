//! What a secret is in an environment: a harmless value in development, a file or a variable in production.

use minijinja::Value;

use super::environment::EnvironmentSettings;
use super::planned::{PlannedSecret, SecretReader, SecretSource};
use crate::catalog::TemplateSecret;
use crate::definition::{self, Encoding, Mode, SECRET_LENGTH, Stack};
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::interpolation::{escape, variables};
use compose_reader::source::Span;

/// What Compose says where the value of a secret is missing.
pub(super) const UNSET: &str = "set it in .env, see .env.example";

/// A secret as one environment sees it.
#[derive(Clone, Debug)]
pub(super) struct Secret {
    /// Its name: that of the compose secret and of the file.
    pub(super) name: String,
    /// Its value in Compose's syntax: text in development, `${NAME:?…}` in production.
    pub(super) value: String,
    /// The variable that holds its value in a container in development.
    pub(super) variable: String,
    /// Where its value comes from; `None` where the stack names sources and none of them is for this environment.
    source: Option<SecretSource>,
    /// The user that reads its file, where that is not the one of the template that mounts it.
    pub(super) reader: Option<u32>,
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
        let encoding = declared.and_then(|secret| secret.encoding.as_ref()).map(|encoding| encoding.value);
        let length = declared.and_then(|secret| secret.length.as_ref()).map(|length| length.value);
        let length = length.unwrap_or(SECRET_LENGTH);
        let development = declared.and_then(|secret| secret.development.as_ref());
        let development = match (development, encoding) {
            (Some(development), _) => development.value.clone(),
            (None, None | Some(Encoding::Alphanumeric)) => known.development.clone(),
            // A program that takes a key of a certain form takes nothing else.
            (None, Some(encoding)) => encoding.written(&vec![0; usize::from(length)]),
        };
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
            _ => format!("${{{interpolated}:?{UNSET}}}"),
        };
        let planned = PlannedSecret {
            source: SecretSource::External,
            variable: interpolated,
            description,
            development,
            generate,
            prefix: known.prefix.clone(),
            encoding: encoding.unwrap_or_default(),
            length,
            readers: Vec::new(),
            span,
        };
        Self { name, value, variable, source, reader: known.reader, planned }
    }

    /// The secret of a service that somebody else runs: nobody here makes its value up, and development has no harmless one.
    /// It is what the stack says, or what the variable of its name holds.
    pub(super) fn managed(mut self, given: Option<&str>) -> Self {
        let whole = given.and_then(|text| Some((text, whole_variable(text)?)));
        if let Some((_, variable)) = &whole {
            self.planned.variable.clone_from(variable);
        }
        self.value = match given {
            Some(text) => text.to_owned(),
            None => format!("${{{}:?set it in .env, see .env.example}}", self.planned.variable),
        };
        self.planned.generate = false;
        self
    }

    /// The path of the file inside a container.
    pub(super) fn path(&self) -> String {
        format!("/run/secrets/{}", self.name)
    }

    /// Whether Docker mounts a file of this machine, with the owner and mode that it has here.
    pub(super) fn has_file(&self) -> bool {
        matches!(self.source, Some(SecretSource::File(_)))
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
            let message = format!("the secret `{name}` has no source");
            let help = format!("name one below `sources` of the secret: `{file}`");
            let missing = Fault::MissingSource.at(self.planned.span, message).about(&[name]);
            return Err(missing.in_environment(place).help(help));
        };
        let read_only = readers.iter().find(|reader| reader.read_only);
        if let (SecretSource::Environment(variable), Some(reader)) = (source, read_only) {
            let message = format!(
                "`{name}` comes from the variable {variable}, and `{}` has a read-only file system",
                reader.service
            );
            let help = format!(
                "Docker writes such a secret into the container, which it cannot then; give it a file, `sources: {{ {file} }}`, or \
                 write `read_only: false` at the service"
            );
            let refused =
                Fault::ReadOnlySecret.at(self.planned.span, message).about(&[&reader.service, name]);
            return Err(refused.in_environment(place).help(help));
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

/// The variable of a text that is one and nothing else.
fn whole_variable(text: &str) -> Option<String> {
    let found = variables(text).ok()?;
    let [one] = &found[..] else { return None };
    (text.starts_with('$') && one.range == (0..text.len())).then(|| one.name.to_owned())
}

/// `jwt-key` as `JWT_KEY`.
fn variable_name(name: &str) -> String {
    name.chars()
        .map(|next| if next.is_ascii_alphanumeric() { next.to_ascii_uppercase() } else { '_' })
        .collect()
}
