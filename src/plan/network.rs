//! Networks: each service has its tier's, and those of what it reaches.

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};

use super::draft::Draft;
use super::facts::{Facts, Member};
use super::literal::named;
use super::planned::{ATTACH_PROJECT, PlannedNetwork};
use super::resolve::Resolved;
use super::resource::Resource;
use compose_reader::merge;
use compose_reader::source::Span;
use compose_reader::yaml::Node;

/// The network that Compose makes by itself.
const DEFAULT: &str = "default";

/// The networks of each service, by its name, and all that are used.
pub(super) fn networks<'a>(
    facts: &Facts<'a>,
    resolved: &IndexMap<&'a str, Resolved>,
    drafts: &IndexMap<&'a str, Draft>,
    instance: u16,
) -> (HashMap<&'a str, Node>, IndexMap<String, PlannedNetwork>) {
    let mut of_services = HashMap::new();
    let mut used: IndexSet<&str> = IndexSet::new();
    let mut further: IndexMap<String, Span> = IndexMap::new();
    let order = |tier: &str| facts.stack.tiers.get_index_of(tier);
    for (name, draft) in drafts {
        if draft.compose.get("network_mode").is_some() {
            continue;
        }
        let own = &facts.members[name].definition.tier;
        if facts.stack.flat {
            let span = own.span;
            let written = draft.compose.get("networks").and_then(Node::as_mapping);
            let Some(written) = written.filter(|names| !names.is_empty()) else { continue };
            further.extend(written.iter().map(|(name, entry)| (name.to_string(), entry.key.span)));
            let listed = Node::from_pairs(span, [(DEFAULT, Node::null(span))]);
            let mut all = listed.as_mapping().cloned().unwrap_or_default();
            all.extend(written.clone());
            of_services.insert(*name, Node::mapping(span, all));
            continue;
        }
        let mut tiers: IndexSet<&str> = IndexSet::from([own.value.as_str()]);
        let reached = resolved[name].dependencies.values().filter(|dependency| dependency.reached);
        let reached = reached.filter_map(|dependency| facts.find(&dependency.target));
        // An address that is written out is meant to be reached as well.
        let reached = reached.chain(named(facts, &draft.compose)).filter(|target| target.has_container());
        tiers.extend(reached.map(|target| &*target.definition.tier.value));
        // Those that run already and name it find it in their own networks.
        let callers = facts.attached.values().filter(|caller| caller.waits_not_for(name));
        if !facts.attached.contains_key(name) {
            tiers.extend(callers.map(|caller| &*caller.definition.tier.value));
        }
        tiers.retain(|tier| order(tier).is_some());
        tiers.sort_by_key(|tier| order(tier));
        used.extend(tiers.iter().copied());
        let span = own.span;
        let written = draft.compose.get("networks").filter(|written| written.as_mapping().is_some());
        let written = written.filter(|written| written.as_mapping().is_some_and(|names| !names.is_empty()));
        for (name, entry) in written.and_then(Node::as_mapping).into_iter().flatten() {
            if order(name).is_none() {
                further.entry(name.to_string()).or_insert(entry.key.span);
            }
        }
        let is_written = |tier: &str| written.is_some_and(|written| written.get(tier).is_some());
        let listed = tiers.into_iter().filter(|tier| !is_written(tier));
        let networks = match written {
            Some(written) => {
                let listed = Node::from_pairs(span, listed.map(|tier| (tier, Node::null(span))));
                let merged = merge::service(
                    &Node::from_pairs(span, [("networks", listed)]),
                    &Node::from_pairs(span, [("networks", written.clone())]),
                );
                merged.get("networks").cloned()
            }
            None => Some(Node::sequence(span, listed.map(|tier| Node::text(span, tier)).collect())),
        };
        of_services.extend(networks.map(|networks| (*name, networks)));
    }
    let tier_of = |member: &Member<'a>| member.definition.tier.value.as_str();
    let lives_here: HashSet<&str> = facts.members.values().map(tier_of).collect();
    let lives_there: HashSet<&str> = facts.attached.values().map(tier_of).collect();
    let tiers = facts.stack.tiers.iter().filter(|(name, _)| used.contains(name.as_str()));
    let options = |environment: &str, name: &str| Resource::Network.options(facts, environment, name);
    let is_default =
        facts.stack.flat && (!lives_there.is_empty() || options(&facts.environment.name, DEFAULT).is_some());
    let default = is_default.then(|| (DEFAULT.to_owned(), facts.stack.name.span));
    let named = tiers.map(|(name, tier)| (name.clone(), tier.span)).chain(further).chain(default);
    let planned = named.map(|(name, span)| {
        let is_there = |name: &str| match facts.stack.flat {
            true => name == DEFAULT && !lives_there.is_empty(),
            false => lives_there.contains(name) && !lives_here.contains(name),
        };
        let attached = facts.attached_to.filter(|_| is_there(&name));
        let external = attached.map(|attached| match options(&attached.name, &name) {
            Some(options) if options.get("name").is_some() || options.get("external").is_some() => {
                options.get("name").and_then(Node::as_text).unwrap_or(&name).to_owned()
            }
            _ => {
                let project = attached.project(&facts.stack.name, instance);
                format!("${{{ATTACH_PROJECT}:-{project}}}_{name}")
            }
        });
        let options = options(&facts.environment.name, &name).filter(|_| external.is_none());
        (name, PlannedNetwork { span, external, options })
    });
    (of_services, planned.collect())
}
