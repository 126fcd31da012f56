//! The named volumes that services mount.

use indexmap::IndexMap;

use super::draft::Draft;
use super::facts::Facts;
use super::mount::{default_volume, volume_name};
use super::resource::Resource;
use crate::catalog::Template;
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::Span;
use compose_reader::yaml::Node;

/// The named volumes with their options, sorted.
pub(super) fn volumes(facts: &Facts, drafts: &IndexMap<&str, Draft>) -> IndexMap<String, Option<Node>> {
    let mut volumes = IndexMap::new();
    for draft in drafts.values() {
        let mounts = draft.compose.get("volumes").and_then(Node::as_sequence).unwrap_or_default();
        let name = |mount: &Node| volume_name(mount).map(str::to_owned).or_else(|| default_volume(mount));
        for name in mounts.iter().filter_map(name) {
            let options = Resource::Volume.options(facts, &facts.environment.name, &name);
            volumes.insert(name, options);
        }
    }
    volumes.sort_keys();
    volumes
}

/// Two servers on one data volume would ruin each other's files. Programs on images of one's own may share one.
pub(super) fn check(facts: &Facts, drafts: &IndexMap<&str, Draft>, diagnostics: &mut Vec<Diagnostic>) {
    let mut owners: IndexMap<&str, (&str, Span)> = IndexMap::new();
    for (name, draft) in drafts {
        if !facts.members[name].template.is_some_and(Template::has_image) {
            continue;
        }
        let mounts = draft.compose.get("volumes").and_then(Node::as_sequence).unwrap_or_default();
        for mount in mounts {
            let Some(volume) = volume_name(mount) else { continue };
            let span = facts.members[name].definition.span;
            match owners.get(volume) {
                Some((owner, first)) => {
                    let message = format!("`{owner}` and `{name}` keep their data on one volume, `{volume}`");
                    diagnostics.push(
                        Fault::SharedDataVolume
                            .at(span, message)
                            .related(*first, format!("`{owner}` has it"))
                            .help(format!("give each its own: `volumes: [\"{name}_data:/path\"]`")),
                    );
                }
                None => {
                    owners.insert(volume, (name, span));
                }
            }
        }
    }
}
