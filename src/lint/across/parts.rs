//! Files that are no project of their own: they are laid over, or included by, the project of their folder or of one above.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Footprint;
use compose_reader::compose::{MountKind, Project, Service};

/// Sections with names in them.
type Names = BTreeSet<(&'static str, Arc<str>)>;

/// Rules about what a project lacks or has in vain: the other files of a part may say otherwise.
const OF_PARTS: [&str; 4] = ["SG101", "SG102", "SG104", "SG302"];
/// Those of them about what is there in vain, in a project that has parts.
const OF_WHOLES: [&str; 1] = ["SG104"];

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

/// For each project, the codes of the rules that have nothing to say about it, since it is a part of another one of
/// these, or another one a part of it: a file that uses what the file of Compose's own name declares, beside it or in a
/// folder above.
pub fn excused(footprints: &[Option<&Footprint>]) -> Vec<BTreeSet<&'static str>> {
    let mut excused = vec![BTreeSet::new(); footprints.len()];
    let known = || footprints.iter().enumerate().filter_map(|(at, footprint)| Some((at, (*footprint)?)));
    let wholes = known().filter(|(_, whole)| whole.is_default);
    let wholes: HashMap<&str, (usize, &Footprint)> =
        wholes.map(|(at, whole)| (&*whole.folder, (at, whole))).collect();
    for (at, part) in known().filter(|(_, part)| !part.missing.is_empty()) {
        let folders = std::iter::successors(Some(&*part.folder), |folder| Some(folder.rsplit_once('/')?.0));
        for (over, whole) in folders.filter_map(|folder| wholes.get(folder)) {
            if *over != at && !whole.declared.is_disjoint(&part.missing) {
                excused[at].extend(OF_PARTS);
                excused[*over].extend(OF_WHOLES);
            }
        }
    }
    excused
}
