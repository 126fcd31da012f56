//! What many services say becomes a default: of the stack, of a tier, of an environment.

use std::sync::Arc;

use compose_reader::yaml::{Kind, Node};

use super::leaves::{Layers, Leaves, Path, reset, same};

/// Whose default it becomes.
#[derive(Clone, Copy)]
pub(super) enum Scope<'m> {
    /// Every service's.
    All,
    /// Those services'.
    Members(&'m [usize]),
    /// Every service's in an environment.
    Environment(usize),
}

/// Keys that are about one service.
const OWN: [&str; 16] = [
    "build",
    "command",
    "container_name",
    "entrypoint",
    "external",
    "health",
    "hostname",
    "image",
    "listen",
    "needs",
    "ports",
    "publish",
    "secrets",
    "volumes",
    "enabled",
    "network_mode",
];

/// Fewer services than this share nothing worth a default.
const FEWEST: usize = 3;

/// Whether a service has something at a path, or below it, by default.
pub(super) type Inherits<'i> = &'i dyn Fn(usize, &[Arc<str>]) -> bool;

/// Moves what the services of a scope share out of them.
/// `inherits` says whether a service has a value at a path from defaults that are there already.
pub(super) fn defaults(services: &mut [Layers], scope: Scope<'_>, inherits: Inherits<'_>) -> Leaves {
    let members: Vec<usize> = match scope {
        Scope::All => (0..services.len()).collect(),
        Scope::Members(members) => members.to_vec(),
        Scope::Environment(at) => {
            let is_in = |index: &usize| services[*index].overrides.get(at).is_some_and(Option::is_some);
            (0..services.len()).filter(is_in).collect()
        }
    };
    let mut defaults = Leaves::new();
    for key in keys(services, &members, scope) {
        let found = candidates(services, &members, scope, &key, inherits);
        if found.is_empty() {
            continue;
        }
        let lacking: Vec<usize> = members
            .iter()
            .copied()
            .filter(|member| !has_key(*member, &services[*member], &key, inherits))
            .collect();
        let saved =
            |it: &Candidate| ((it.equal.len() - 1) * lines(&it.value)).saturating_sub(it.lacking.len());
        let saved: usize = found.iter().map(saved).sum();
        let most = found.iter().map(|candidate| candidate.equal.len()).max().unwrap_or_default();
        if saved < lacking.len() + 2 || lacking.len() * 2 > most {
            continue;
        }
        let span = |candidate: &Candidate| candidate.value.span;
        for candidate in &found {
            for member in &candidate.equal {
                layer(&mut services[*member], scope).map(|leaves| leaves.shift_remove(&candidate.path));
            }
            for member in &candidate.lacking {
                if let Some(leaves) = layer(&mut services[*member], scope) {
                    leaves.insert(candidate.path.clone(), reset(span(candidate)));
                }
            }
            defaults.insert(candidate.path.clone(), candidate.value.clone());
        }
        if let Some(candidate) = found.first() {
            for member in lacking {
                if let Some(leaves) = layer(&mut services[member], scope) {
                    leaves.insert(vec![Arc::clone(&key)], reset(span(candidate)));
                }
            }
        }
    }
    defaults
}

/// A value that several services have at one path.
struct Candidate {
    path: Path,
    value: Node,
    equal: Vec<usize>,
    /// Those that have the key, and nothing at the path.
    lacking: Vec<usize>,
}

fn layer<'l>(service: &'l mut Layers, scope: Scope<'_>) -> Option<&'l mut Leaves> {
    match scope {
        Scope::Environment(at) => service.overrides.get_mut(at)?.as_mut(),
        Scope::All | Scope::Members(_) => Some(&mut service.base),
    }
}

fn read<'l>(service: &'l Layers, scope: Scope<'_>) -> Option<&'l Leaves> {
    match scope {
        Scope::Environment(at) => service.overrides.get(at)?.as_ref(),
        Scope::All | Scope::Members(_) => Some(&service.base),
    }
}

fn keys(services: &[Layers], members: &[usize], scope: Scope<'_>) -> Vec<Arc<str>> {
    let mut keys: Vec<Arc<str>> = Vec::new();
    let all = members.iter().filter_map(|member| read(&services[*member], scope)).flat_map(Leaves::keys);
    for key in all.filter_map(|path| path.first()) {
        if !OWN.contains(&&**key) && !keys.contains(key) {
            keys.push(Arc::clone(key));
        }
    }
    keys
}

fn candidates(
    services: &[Layers],
    members: &[usize],
    scope: Scope<'_>,
    key: &str,
    inherits: Inherits<'_>,
) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut seen: Vec<Path> = Vec::new();
    for member in members {
        let Some(leaves) = read(&services[*member], scope) else { continue };
        for (path, _) in leaves.iter().filter(|(path, _)| path.first().is_some_and(|it| &**it == key)) {
            if !seen.contains(path) {
                seen.push(path.clone());
                found.extend(candidate(services, members, scope, path, inherits));
            }
        }
    }
    found
}

fn candidate(
    services: &[Layers],
    members: &[usize],
    scope: Scope<'_>,
    path: &Path,
    inherits: Inherits<'_>,
) -> Option<Candidate> {
    let mut groups: Vec<(&Node, Vec<usize>)> = Vec::new();
    let mut lacking = Vec::new();
    let mut is_scattered = false;
    for member in members {
        let service = &services[*member];
        let own = read(service, scope).and_then(|leaves| leaves.get(path));
        let over = || service.overrides.iter().flatten();
        let said = over().filter(|leaves| leaves.contains_key(path)).count();
        match own {
            // It wins over what its environment has by default.
            None if matches!(scope, Scope::Environment(_)) && service.base.contains_key(path) => {}
            Some(own) if matches!(scope, Scope::Environment(_)) && service.base.contains_key(path) => {
                is_scattered |= !matches!(own.kind, Kind::Scalar(_));
            }
            None if !matches!(scope, Scope::Environment(_)) && said == over().count() && said > 0 => {}
            None if said > 0 && !matches!(scope, Scope::Environment(_)) => lacking.push(*member),
            Some(value) if value.tag.is_some() => is_scattered = true,
            Some(_) if inherits(*member, path) && !matches!(scope, Scope::Environment(_)) => {
                is_scattered = true
            }
            Some(value) => match groups.iter_mut().find(|(other, _)| same(other, value)) {
                Some((_, members)) => members.push(*member),
                None => groups.push((value, vec![*member])),
            },
            None if inherits(*member, path) => is_scattered = true,
            None if path.first().is_some_and(|key| has_key(*member, service, key, inherits)) => {
                lacking.push(*member);
            }
            None => {}
        }
    }
    let (value, equal) = groups.iter().max_by_key(|(_, members)| members.len())?;
    // A list is appended to, and so are pairs: the value of each service has to be this one.
    let fits = matches!(value.kind, Kind::Scalar(_)) || groups.len() == 1;
    let saved = (equal.len() - 1) * lines(value);
    if !fits || is_scattered || equal.len() < FEWEST || saved < 2 * lacking.len() + 1 {
        return None;
    }
    Some(Candidate { path: path.clone(), value: (*value).clone(), equal: equal.clone(), lacking })
}

/// How many lines a value takes.
fn lines(value: &Node) -> usize {
    1 + value.as_text().map_or(0, |text| text.matches('\n').count())
}

/// Whether a service says anything below a key, or has it by default.
fn has_key(member: usize, service: &Layers, key: &Arc<str>, inherits: Inherits<'_>) -> bool {
    service.has_key(key) || inherits(member, &[Arc::clone(key)])
}
