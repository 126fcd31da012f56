//! The layer that hands a service the secrets that its definition names.

use std::rc::Rc;

use super::facts::{Facts, Member};
use super::secret::Secret;
use crate::catalog::TemplateSecret;
use crate::definition::Mode;
use compose_reader::source::Span;
use compose_reader::yaml::Node;

/// A secret that a service's definition names.
pub(super) struct NamedSecret {
    span: Span,
    /// The variable that is to hold its value in every environment.
    variable: Option<String>,
    pub(super) secret: Rc<Secret>,
}

pub(super) fn named_secrets(facts: &Facts, member: &Member) -> Vec<NamedSecret> {
    let uses = member.layer.secrets.iter();
    uses.map(|used| {
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
