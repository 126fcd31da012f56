//! The layer that hands a service the secrets that its definition names.

use std::rc::Rc;

use super::facts::{Facts, Member};
use super::secret::Secret;
use crate::catalog::TemplateSecret;
use crate::definition::{Mode, SecretUse, Spanned};
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::Span;
use compose_reader::yaml::{Node, Style};

/// A secret that a service's definition names.
pub(super) struct NamedSecret {
    span: Span,
    used: SecretUse,
    pub(super) secret: Rc<Secret>,
}

impl NamedSecret {
    /// The path of the file inside the container.
    fn path(&self) -> String {
        match self.used.target.as_ref().map(|target| target.value.as_str()) {
            Some(target) if target.starts_with('/') => target.to_owned(),
            Some(target) => format!("/run/secrets/{target}"),
            None => self.secret.path(),
        }
    }

    /// The mount, in the short syntax where that says all.
    fn mount(&self) -> Node {
        let name = Node::text(self.span, self.secret.name.as_str());
        let SecretUse { target, uid, gid, mode, .. } = &self.used;
        let mut pairs = vec![("source", name.clone())];
        pairs
            .extend(target.as_ref().map(|target| ("target", Node::text(target.span, target.value.as_str()))));
        // A file of this machine keeps the owner and mode that it has; `secrets init` gives it to the user.
        if !self.secret.has_file() {
            let owners = [("uid", uid), ("gid", gid)].into_iter();
            let owner = |(key, id): (&'static str, &Option<Spanned<u32>>)| {
                Some((key, id.as_ref().map(|id| Node::text(id.span, id.value.to_string()))?))
            };
            pairs.extend(owners.filter_map(owner));
            pairs.extend(
                mode.as_ref().map(|mode| ("mode", Node::scalar(mode.span, mode.as_str(), Style::Plain))),
            );
        }
        if pairs.len() == 1 { name } else { Node::from_pairs(self.span, pairs) }
    }

    /// What Docker passes over, as it mounts the file of this machine.
    fn check(&self, facts: &Facts, diagnostics: &mut Vec<Diagnostic>) {
        if facts.environment.mode == Mode::Development || !self.secret.has_file() {
            return;
        }
        let gid = self.used.gid.as_ref().map(|gid| ("gid", gid.span));
        for (key, span) in gid.into_iter().chain(self.used.mode.as_ref().map(|mode| ("mode", mode.span))) {
            let message = format!(
                "a file keeps its owner and mode when Docker mounts it as a secret, so `{key}` has no effect"
            );
            let help = format!(
                "remove `{key}`: `uid` says whose file `stackgen secrets init` makes; or let Docker write it, `sources: {{ {}: \
                 {{ environment: {} }} }}` of the secret",
                facts.environment.name,
                self.secret.interpolated()
            );
            let found = Fault::IneffectiveMode.at(span, message).about(&[&self.secret.name, &key]);
            diagnostics.push(found.in_environment(&facts.environment.name).help(help));
        }
    }
}

pub(super) fn named_secrets(
    facts: &Facts,
    member: &Member,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<NamedSecret> {
    let uses = member.layer.secrets.iter();
    let named = uses.map(|used| {
        let name = &used.name.value;
        let span = used.name.span;
        let secret = facts.secrets.get(name).cloned().unwrap_or_else(|| {
            let known = TemplateSecret {
                each: None,
                description: format!("The secret `{name}` (`{}`)", member.name),
                development: format!("development-{name}"),
                generate: true,
                prefix: String::new(),
                reader: None,
            };
            Rc::new(Secret::new(facts.stack, facts.environment, name.clone(), &known, span))
        });
        NamedSecret { span, used: used.clone(), secret }
    });
    let named: Vec<NamedSecret> = named.collect();
    named.iter().for_each(|named| named.check(facts, diagnostics));
    named
}

/// The layer that hands secrets to a service: values in development, files in production.
pub(super) fn secrets_layer(mode: Mode, secrets: &[NamedSecret], span: Span) -> Node {
    let mut environment = Vec::new();
    let mut mounted = Vec::new();
    for named in secrets {
        let NamedSecret { span, used, secret } = named;
        let (variable, value) = match (&used.variable, mode) {
            (Some(variable), _) => (variable.value.clone(), secret.value.clone()),
            (None, Mode::Development) => (secret.variable.clone(), secret.value.clone()),
            (None, Mode::Production) => {
                mounted.push(named.mount());
                (format!("{}_FILE", secret.variable), named.path())
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
