//! The variables that compose files ask for: what has to stand in `.env`.

use indexmap::{IndexMap, IndexSet};

use super::{Plan, SecretSource};
use compose_reader::interpolation::{expand, variables};
use compose_reader::source::Span;
use compose_reader::yaml::{Kind, Node};

/// What is known of a variable from the places that ask for it.
#[derive(Clone, Debug, Default)]
pub struct UsedVariable {
    /// Whether Compose refuses a file when it has no value.
    pub required: bool,
    /// The value that it has unless it is set.
    pub default: Option<String>,
    /// The services that ask for it.
    pub services: IndexSet<String>,
    /// The environments that ask for it.
    pub environments: IndexSet<String>,
    /// What it is for, as far as that is known.
    pub description: Option<String>,
    /// The first place that asks for it, where that is one of the stack or a template.
    pub span: Option<Span>,
}

/// Every variable that the compose files of some plans ask for, by name; what has to be set comes first.
pub fn used_variables<'p>(
    plans: impl IntoIterator<Item = &'p Plan> + Clone,
) -> IndexMap<String, UsedVariable> {
    let mut used: IndexMap<String, UsedVariable> = IndexMap::new();
    for plan in plans.clone() {
        for service in plan.tiers.iter().flat_map(|tier| &tier.services) {
            let mut note = |text: &str, span| use_of(&mut used, text, plan, Some((&service.name, span)));
            visit(&service.compose, &mut note);
        }
        for network in plan.networks.values().filter_map(|network| network.external.as_ref()) {
            use_of(&mut used, network, plan, None);
        }
        for secret in plan.secrets.values().filter(|secret| !secret.readers.is_empty()) {
            let SecretSource::Environment(variable) = &secret.source else { continue };
            let used = used.entry(variable.clone()).or_default();
            used.required = true;
            used.span = used.span.or(Some(secret.span));
            used.services.extend(secret.readers.iter().map(|reader| reader.service.clone()));
            used.environments.insert(plan.environment.clone());
        }
    }
    for (name, used) in &mut used {
        let known = plans.clone().into_iter().find_map(|plan| plan.variables.get(name));
        used.description = known.cloned();
    }
    used.sort_by(|left, one, right, other| other.required.cmp(&one.required).then(left.cmp(right)));
    used
}

fn use_of(all: &mut IndexMap<String, UsedVariable>, text: &str, plan: &Plan, service: Option<(&str, Span)>) {
    for variable in variables(text).unwrap_or_default() {
        let used = all.entry(variable.name.to_owned()).or_default();
        used.required |= variable.is_required();
        if used.default.is_none() && !variable.is_required() && !variable.word.is_empty() {
            used.default = expand(variable.word, &|_| None);
        }
        used.services.extend(service.map(|(name, _)| name.to_owned()));
        used.span = used.span.or(service.map(|(_, span)| span));
        used.environments.insert(plan.environment.clone());
    }
}

fn visit(node: &Node, text: &mut dyn FnMut(&str, Span)) {
    match &node.kind {
        Kind::Scalar(scalar) => text(&scalar.text, node.span),
        Kind::Sequence(items) => items.iter().for_each(|item| visit(item, text)),
        Kind::Mapping(mapping) => mapping.values().for_each(|entry| visit(&entry.value, text)),
    }
}
