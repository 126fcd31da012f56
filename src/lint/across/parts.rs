//! Files that are no project of their own: they are laid over, or included by, the project of their folder or of one above.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Footprint;
use compose_reader::compose::{MountKind, Project, Service};

/// Sections with names in them.
type Names = BTreeSet<(&'static str, Arc<str>)>;

/// Rules about what a project lacks or has in vain: the other files of a part may say otherwise.
const OF_PARTS: [&str; 21] = [
    "SG007", "SG008", "SG101", "SG102", "SG104", "SG210", "SG302", "SG303", "SG304", "SG305", "SG307",
    "SG309", "SG310", "SG401", "SG502", "SG503", "SG504", "SG508", "SG510", "SG511", "SG605",
];
/// Those of them about what is there in vain, in a project that has parts.
const OF_WHOLES: [&str; 1] = ["SG104"];
/// Rules about what `docker stack deploy` does in its own way: it asks for `version`, publishes through a mesh, starts in
/// no order, and names containers itself.
const OF_COMPOSE: [&str; 7] = ["SG013", "SG203", "SG204", "SG303", "SG306", "SG307", "SG310"];

/// Whether a rule is about what a project lacks or has in vain, which further files may answer.
pub fn is_about_lack(code: &str) -> bool {
    OF_PARTS.contains(&code)
}

/// Whether a rule is about what a swarm does in another way than Compose.
pub fn is_otherwise_in_swarm(code: &str) -> bool {
    OF_COMPOSE.contains(&code)
}

/// What a project declares, and what it uses and does not declare.
pub(super) fn names(project: &Project<'_>) -> (Names, Names) {
    let mut declared = Names::new();
    declared.extend(project.networks.keys().map(|name| ("networks", Arc::clone(name))));
    declared.extend(project.volumes.keys().map(|name| ("volumes", Arc::clone(name))));
    declared.extend(project.secrets.keys().map(|name| ("secrets", Arc::clone(name))));
    declared.extend(project.configs.keys().map(|name| ("configs", Arc::clone(name))));
    let (whole, bare): (Vec<&Service>, Vec<&Service>) =
        project.services.values().partition(|service| is_whole(service));
    declared.extend(whole.into_iter().map(|service| ("services", Arc::clone(&service.name))));
    let mut used: Names = bare.into_iter().map(|service| ("services", Arc::clone(&service.name))).collect();
    for service in project.services.values() {
        used.extend(service.references.iter().map(|reference| ("services", Arc::clone(&reference.name))));
        used.extend(service.networks.iter().map(|entry| ("networks", Arc::clone(&entry.network))));
        used.extend(service.grants.iter().map(|grant| match grant.kind {
            "secret" => ("secrets", Arc::clone(&grant.name)),
            _ => ("configs", Arc::clone(&grant.name)),
        }));
        let volumes = service.mounts.iter().filter(|mount| mount.kind == MountKind::Volume);
        used.extend(volumes.filter_map(|mount| Some(("volumes", Arc::from(mount.source.as_deref()?)))));
    }
    used.remove(&("networks", Arc::from("default")));
    let missing = used.difference(&declared).cloned().collect();
    (declared, missing)
}

/// Whether a service says what it runs.
fn is_whole(service: &Service) -> bool {
    service.keys.iter().any(|(key, _)| matches!(&**key, "image" | "build" | "provider" | "extends"))
}

/// A project that may be a part of another one.
#[derive(Clone, Copy, Debug)]
pub struct Part<'f> {
    /// What it declares and lacks.
    pub footprint: &'f Footprint,
    /// Whether something puts it together with files that are not known.
    pub is_assembled: bool,
}

/// For each project, the codes of the rules that have nothing to say about it, since it is a part of another one of
/// these, or another one a part of it: a file that uses what the file of Compose's own name declares, beside it or in a
/// folder above, or that lacks names, several of them or one that others lack, too, all of which one other file declares.
/// What lacks names and is put together with files that are not known is a part, too.
pub fn excused(parts: &[Option<Part<'_>>]) -> Vec<BTreeSet<&'static str>> {
    let mut excused = vec![BTreeSet::new(); parts.len()];
    let mut excuse = |at: usize, codes: &[&'static str]| {
        if let Some(excused) = excused.get_mut(at) {
            excused.extend(codes);
        }
    };
    let known = || parts.iter().enumerate().filter_map(|(at, part)| Some((at, (*part)?)));
    let footprints = || known().map(|(at, part)| (at, part.footprint));
    for (at, Part { footprint: part, is_assembled }) in known() {
        if part.missing.is_empty() {
            continue;
        }
        if is_assembled && !part.is_default {
            excuse(at, &OF_PARTS);
        }
        let is_above = |whole: &Footprint| {
            let rest = part.folder.strip_prefix(&*whole.folder);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        for (over, whole) in footprints().filter(|(over, _)| *over != at) {
            // What others of them lack as well is no slip of one.
            let is_common = || {
                let mut others = footprints().filter(|(other, _)| *other != at && *other != over);
                others.any(|(_, other)| !other.missing.is_disjoint(&part.missing))
            };
            let has_all = part.missing.is_subset(&whole.declared) && (part.missing.len() > 1 || is_common());
            if has_all || whole.is_default && is_above(whole) && !whole.declared.is_disjoint(&part.missing) {
                excuse(at, &OF_PARTS);
                excuse(over, &OF_WHOLES);
            }
        }
    }
    excused
}
