//! Which secrets an environment uses, and which services read their files.

use std::collections::HashSet;
use std::rc::Rc;

use indexmap::{IndexMap, IndexSet};
use minijinja::Value;

use super::draft::Draft;
use super::facts::{Facts, Member};
use super::nodes::each_text;
use super::planned::{PlannedSecret, SecretReader};
use super::secret::Secret;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::interpolation::variables;
use compose_reader::yaml::Node;

/// The secrets that services mount, and those whose value is a part of other texts.
pub(super) fn secrets(
    facts: &Facts,
    drafts: &IndexMap<&str, Draft>,
    diagnostics: &mut Vec<Diagnostic>,
) -> IndexMap<String, PlannedSecret> {
    let mut known: IndexMap<&str, &Rc<Secret>> = IndexMap::new();
    let named = drafts.values().flat_map(|draft| &draft.secrets);
    let named: IndexMap<&str, &Rc<Secret>> = named.map(|secret| (&*secret.name, secret)).collect();
    for secret in facts.secrets.values().chain(named.into_values()) {
        known.entry(&secret.name).or_insert(secret);
    }
    let mut asked: HashSet<String> = HashSet::new();
    let mut readers: IndexMap<&str, IndexSet<&str>> = IndexMap::new();
    for (service, draft) in drafts {
        for secret in mounted(&draft.compose) {
            readers.entry(secret).or_default().insert(service);
        }
        each_text(&draft.compose, &mut |text| {
            let found = variables(text.as_text().unwrap_or_default()).unwrap_or_default();
            asked.extend(found.iter().map(|variable| variable.name.to_owned()));
        });
    }
    let part_of_texts = known.values().filter(|secret| asked.contains(secret.interpolated()));
    let used: IndexSet<&str> =
        readers.keys().copied().chain(part_of_texts.map(|secret| &*secret.name)).collect();
    let mut planned = IndexMap::new();
    for secret in used.into_iter().filter_map(|name| known.get(name)) {
        let mounting = readers.get(&*secret.name).into_iter().flatten();
        let readers =
            mounting.map(|name| reader(facts, &facts.members[name], secret, &drafts[name].compose)).collect();
        match secret.planned(facts.environment, readers) {
            Ok(secret_planned) => {
                planned.insert(secret.name.clone(), secret_planned);
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    planned
}

/// The names of the secrets that a service mounts.
fn mounted(compose: &Node) -> impl Iterator<Item = &str> {
    let mounts = compose.get("secrets").and_then(Node::as_sequence).unwrap_or_default();
    mounts.iter().filter_map(|mount| mount.as_text().or_else(|| mount.get("source")?.as_text()))
}

/// A service as the reader of a secret that it mounts.
fn reader(facts: &Facts, member: &Member, secret: &Secret, compose: &Node) -> SecretReader {
    let is_true = |key: &str| compose.get(key).and_then(Node::as_bool) == Some(true);
    let has = |key: &str, names: &[&str]| {
        let items = compose.get(key).and_then(Node::as_sequence).unwrap_or_default();
        items.iter().filter_map(Node::as_text).any(|item| names.contains(&item))
    };
    let written = compose.get("user").and_then(|user| user.as_scalar()).map(|user| user.text.clone());
    let named = member.layer.secrets.iter().find(|used| used.name.value == secret.name);
    let said = named.and_then(|used| used.uid.as_ref()).map(|uid| uid.value);
    let user = match written.as_deref().map(|user| user.split(':').next().unwrap_or_default()) {
        _ if said.is_some() => said,
        Some("root") => Some(0),
        Some(user) => user.parse().ok(),
        // What an image of one's own runs as is not known.
        None if compose.get("build").is_some() => None,
        None => {
            let own = member.secrets.get(&secret.name).and_then(|secret| secret.reader);
            own.or_else(|| template_reader(facts, member))
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

/// The user that a template's image reads secrets as.
fn template_reader(facts: &Facts, member: &Member) -> Option<u32> {
    let reader = member.template?.reader.as_ref()?;
    let context = Value::from_pairs(member.context.clone());
    let reader = facts.engine.fragment(reader, &context).ok().flatten()?;
    reader.as_integer().and_then(|user| u32::try_from(user).ok())
}
