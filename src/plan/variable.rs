//! The variables that compose files ask for: what has to stand in `.env`.

use std::collections::HashSet;
use std::ops::Range;

use indexmap::{IndexMap, IndexSet};

use super::planned::{HostPorts, Plan, SecretSource};
use super::secret::UNSET;
use compose_reader::interpolation::{Variable, expand, split, variables};
use compose_reader::source::Span;
use compose_reader::spec::{self, Print, Short, Type};
use compose_reader::values::MountParts;
use compose_reader::yaml::{Entry, Kind, Node};

/// What is known of a variable from the places that ask for it.
#[derive(Clone, Debug, Default)]
pub struct UsedVariable {
    /// Whether Compose refuses a file when it has no value.
    pub required: bool,
    /// The value that it has unless it is set.
    pub default: Option<String>,
    /// A value of the kind that its place takes, for one that has no default: `./change-me` for a path.
    pub sample: Option<String>,
    /// The services that ask for it.
    pub services: IndexSet<String>,
    /// The environments that ask for it.
    pub environments: IndexSet<String>,
    /// Whether it stands before the `@` of a URL, as a name or a password.
    pub in_userinfo: bool,
    /// Whether it stands anywhere else.
    pub elsewhere: bool,
    /// Whether containers only get it where it is set: `NAME:` without a value, below `environment`.
    pub handed_on: bool,
    /// What it is for, as far as that is known.
    pub description: Option<String>,
    /// The first place that asks for it, where that is one of the stack or a template.
    pub span: Option<Span>,
}

/// A value that has to be replaced, and lets the files be looked at before that.
pub const PLACEHOLDER: &str = "change-me";

/// The same for a path; a name alone would be one of a volume.
pub const PATH_PLACEHOLDER: &str = "./change-me";

/// Every variable that the compose files of some plans ask for, by name; what has to be set comes first.
pub fn used_variables<'p>(
    plans: impl IntoIterator<Item = &'p Plan> + Clone,
) -> IndexMap<String, UsedVariable> {
    let mut all: IndexMap<String, UsedVariable> = IndexMap::new();
    for plan in plans.clone() {
        let mut found = Uses { all: &mut all, environment: &plan.environment, service: None };
        for service in plan.tiers.iter().flat_map(|tier| &tier.services) {
            found.service = Some(&service.name);
            found.value(&service.compose, Some(spec::SERVICE), None);
        }
        for port in &plan.ports {
            found.service = Some(&port.service);
            if let HostPorts::Variable { written, .. } = &port.ports {
                let sample = found.free_port(port.target);
                found.text(written, Some(port.span), sample.as_deref().map(|sample| (0, sample)));
            }
        }
        found.service = None;
        for network in plan.networks.values().filter_map(|network| network.external.as_ref()) {
            found.text(network, None, None);
        }
        for (takes, node) in plan.resources() {
            found.value(node, takes, None);
        }
        for secret in plan.secrets.values().filter(|secret| !secret.readers.is_empty()) {
            if let SecretSource::File(path) = &secret.source {
                found.text(path, Some(secret.span), Some((0, PATH_PLACEHOLDER)));
            }
            let SecretSource::Environment(variable) = &secret.source else { continue };
            let used = found.variable(variable, Some(secret.span));
            used.handed_on = false;
            used.required = true;
            used.services.extend(secret.readers.iter().map(|reader| reader.service.clone()));
        }
    }
    for (name, used) in &mut all {
        let known = plans.clone().into_iter().find_map(|plan| plan.variables.get(name));
        if let Some(known) = known {
            used.description = Some(known.clone());
        }
    }
    all.sort_by(|left, one, right, other| other.required.cmp(&one.required).then(left.cmp(right)));
    all
}

/// Collects what asks for variables in an environment.
struct Uses<'u> {
    all: &'u mut IndexMap<String, UsedVariable>,
    environment: &'u str,
    service: Option<&'u str>,
}

impl Uses<'_> {
    /// Notes what a value asks for that takes a type, and stands below a key.
    fn value(&mut self, node: &Node, takes: Option<&'static Type>, below: Option<&'static spec::Key>) {
        match &node.kind {
            Kind::Scalar(scalar) => {
                let sample = takes.and_then(|takes| sample(&scalar.text, takes, below));
                self.text(&scalar.text, Some(node.span), sample);
            }
            Kind::Sequence(items) => {
                let item = takes.and_then(Type::item);
                items.iter().for_each(|node| self.value(node, item, below));
            }
            Kind::Mapping(mapping) => {
                let fields = takes.and_then(Type::fields);
                let takes_from_outside = takes.is_some_and(|takes| takes.print == Print::Variables);
                for (name, Entry { key, value }) in mapping.iter() {
                    let row = fields.and_then(|fields| fields.key(name));
                    // `NAME:` without a value hands on what the machine or `.env` has.
                    if takes_from_outside && value.is_null() {
                        let is_new = !self.all.contains_key(&**name);
                        self.variable(name, Some(key.span)).handed_on |= is_new;
                    }
                    self.value(value, row.map(|row| row.takes), row);
                }
            }
        }
    }

    /// Notes what a text asks for; the variable that begins at a byte may have a sample.
    fn text(&mut self, text: &str, span: Option<Span>, sample: Option<(usize, &str)>) {
        let in_userinfo = in_userinfo(text);
        for variable in variables(text).unwrap_or_default() {
            let used = self.variable(variable.name, span);
            used.handed_on = false;
            let is_in_userinfo = in_userinfo.contains(&variable.range);
            used.in_userinfo |= is_in_userinfo;
            used.elsewhere |= !is_in_userinfo;
            used.required |= variable.is_required();
            if used.default.is_none() && !variable.is_required() && !variable.word.is_empty() {
                used.default = expand(variable.word, &|_| None);
            }
            if used.description.is_none() {
                used.description = message(&variable);
            }
            if let Some((at, sample)) = sample.filter(|_| used.sample.is_none())
                && variable.range.start == at
            {
                used.sample = Some(sample.to_owned());
            }
        }
    }

    /// A port for a sample, from that of the container on; two samples of one port would be in each other's way.
    fn free_port(&self, target: u16) -> Option<String> {
        let taken: HashSet<&str> = self.all.values().filter_map(|used| used.sample.as_deref()).collect();
        (target..=u16::MAX).map(|port| port.to_string()).find(|port| !taken.contains(port.as_str()))
    }

    fn variable(&mut self, name: &str, span: Option<Span>) -> &mut UsedVariable {
        let used = self.all.entry(name.to_owned()).or_default();
        used.span = used.span.or(span);
        used.services.extend(self.service.map(str::to_owned));
        used.environments.insert(self.environment.to_owned());
        used
    }
}

/// The variables of a text that stand before the `@` of a URL, by their bytes. Source: RFC 3986, section 3.2.
fn in_userinfo(text: &str) -> Vec<Range<usize>> {
    // What stands in a variable, such as a message, is no part of the URL.
    let (mut shown, mut places) = (String::new(), Vec::new());
    for (before, variable) in split(text).unwrap_or_default() {
        shown.push_str(before);
        if let Some(variable) = variable {
            places.push((shown.len(), variable.range));
            shown.push('x');
        }
    }
    let ends = |next: char| matches!(next, '/' | '?' | '#' | '"' | '\'' | ',') || next.is_whitespace();
    let is_inside = |(place, range): (usize, Range<usize>)| {
        let (before, behind) = shown.split_at_checked(place)?;
        let (before, behind) = (before.rsplit_once("://")?.1, behind.split_once('@')?.0);
        (!before.contains(ends) && !behind.contains(ends)).then_some(range)
    };
    places.into_iter().filter_map(is_inside).collect()
}

/// What the file says about a variable that has to be set, where a person has written it.
fn message(variable: &Variable) -> Option<String> {
    let message = variable.word.trim();
    if !variable.is_required() || message == UNSET || message.contains('$') {
        return None;
    }
    let mut rest = message.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect())
}

/// The byte of a text at which a variable is a value by itself, and a value of the kind that is taken there.
fn sample(
    text: &str,
    takes: &'static Type,
    below: Option<&'static spec::Key>,
) -> Option<(usize, &'static str)> {
    if takes.short == Some(Short::Mount) {
        let source = MountParts::of(text).source?;
        return Some((source.start, PATH_PLACEHOLDER));
    }
    let key = match takes.short {
        Some(Short::Key(key)) => takes.fields().and_then(|fields| fields.key(key)),
        _ => below,
    };
    if key.is_some_and(|key| key.path.is_some()) {
        return Some((0, PATH_PLACEHOLDER));
    }
    match takes.print {
        Print::Boolean { .. } => Some((0, "true")),
        Print::Count { .. } | Print::Share => Some((0, "1")),
        Print::Bytes => Some((0, "512m")),
        Print::Duration { .. } => Some((0, "10s")),
        _ => None,
    }
}
