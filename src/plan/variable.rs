//! The variables that compose files ask for: what has to stand in `.env`.

use indexmap::{IndexMap, IndexSet};

use super::nodes::each_text;
use super::planned::{Plan, SecretSource};
use compose_reader::interpolation::{expand, variables};
use compose_reader::source::Span;

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
            each_text(&service.compose, &mut |text| {
                let written = text.as_text().unwrap_or_default();
                use_of(&mut used, written, plan, Some((Some(&service.name), text.span)));
            });
        }
        for network in plan.networks.values().filter_map(|network| network.external.as_ref()) {
            use_of(&mut used, network, plan, None);
        }
        for node in plan.resources() {
            each_text(node, &mut |text| {
                let written = text.as_text().unwrap_or_default();
                use_of(&mut used, written, plan, Some((None, text.span)));
            });
        }
        for secret in plan.secrets.values().filter(|secret| !secret.readers.is_empty()) {
            if let SecretSource::File(path) = &secret.source {
                use_of(&mut used, path, plan, Some((None, secret.span)));
            }
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

/// Notes what a text asks for; `written` is where it stands and in which service, as far as it is one of the stack.
fn use_of(
    all: &mut IndexMap<String, UsedVariable>,
    text: &str,
    plan: &Plan,
    written: Option<(Option<&str>, Span)>,
) {
    for variable in variables(text).unwrap_or_default() {
        let used = all.entry(variable.name.to_owned()).or_default();
        used.required |= variable.is_required();
        if used.default.is_none() && !variable.is_required() && !variable.word.is_empty() {
            used.default = expand(variable.word, &|_| None);
        }
        used.services.extend(written.and_then(|(service, _)| service).map(str::to_owned));
        used.span = used.span.or(written.map(|(_, span)| span));
        used.environments.insert(plan.environment.clone());
    }
}
