//! What people do with services that run: starting those of the machine itself, saving and loading what databases store.

use indexmap::{IndexMap, IndexSet};
use minijinja::Value;

use super::draft::Draft;
use super::facts::{Facts, Member};
use super::mount::{target, volume_name};
use super::planned::{Plan, PlannedBackup, PlannedProcess, SavedVolume};
use super::template::used_by;
use crate::catalog::Failure;
use crate::definition::Stack;
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::yaml::Node;

/// What starts a service on the machine itself; `None` where that is not known.
pub(super) fn process(facts: &Facts, member: &Member) -> Option<PlannedProcess> {
    let compose = member.layer.compose.as_ref()?;
    let build = compose.get("build").filter(|build| !build.is_null())?;
    let folder = build.as_text().or_else(|| build.get("context")?.as_text())?;
    let written = compose.get("command").map(|command| words(Some(command)));
    let template = || {
        let template = member.template?;
        let inside = template.development.as_ref().and_then(|side| side.get("command"));
        let command = template.process.as_ref().or(inside)?;
        let context = Value::from_pairs(member.context.clone());
        // What is wrong with it is said where it has a container.
        facts.engine.fragment(command, &context).ok().map(|command| words(command.as_ref()))
    };
    let command = written.or_else(template).filter(|command| !command.is_empty())?;
    Some(PlannedProcess {
        tier: member.definition.tier.value.clone(),
        service: member.name.to_owned(),
        folder: folder.to_owned(),
        command,
    })
}

/// How a service's data are saved and loaded, if its template knows.
pub(super) fn backup(
    facts: &Facts,
    member: &Member,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<PlannedBackup> {
    let is_kept = member.layer.persistent.as_ref().is_none_or(|persistent| persistent.value);
    let backup = member.template?.backup.as_ref().filter(|_| !member.broken && is_kept)?;
    let context = Value::from_pairs(member.context.clone());
    let mut command = |node: &Node| match facts.engine.fragment(node, &context) {
        Ok(command) => words(command.as_ref()),
        Err(failure) => {
            // A refusal is one of `service` too, where it is said.
            if matches!(failure, Failure::Template(_)) {
                diagnostics.push(used_by(failure, &member.layer));
            }
            Vec::new()
        }
    };
    Some(PlannedBackup {
        service: member.name.to_owned(),
        ending: backup.ending.clone(),
        save: command(&backup.save),
        load: command(&backup.load),
        stopped: backup.stopped,
    })
}

/// The volumes of an environment that the stack wants to have saved, each by the first service that mounts it.
pub(super) fn saved_volumes(facts: &Facts, drafts: &IndexMap<&str, Draft>) -> Vec<SavedVolume> {
    let wanted = facts.stack.backups.iter().flat_map(|backups| &backups.volumes);
    let found = wanted.filter_map(|wanted| {
        drafts.iter().find_map(|(service, draft)| {
            let mounts = draft.compose.get("volumes").and_then(Node::as_sequence).unwrap_or_default();
            let mount = mounts.iter().find(|mount| volume_name(mount) == Some(&wanted.value))?;
            let (volume, service) = (wanted.value.clone(), (*service).to_owned());
            Some(SavedVolume { volume, service, target: target(mount)?.to_owned() })
        })
    });
    found.collect()
}

/// Volumes that are to be saved, and that no environment has.
pub(super) fn check(stack: &Stack, plans: &[Plan], diagnostics: &mut Vec<Diagnostic>) {
    for wanted in stack.backups.iter().flat_map(|backups| &backups.volumes) {
        let names = plans.iter().flat_map(|plan| plan.volumes.keys());
        let known: IndexSet<&str> = names.map(String::as_str).collect();
        if !known.contains(wanted.value.as_str()) {
            let message = format!("no service mounts a volume `{}`", wanted.value);
            let help = did_you_mean(wanted, known);
            diagnostics.push(Fault::UnknownResource.at(wanted.span, message).help(help));
        }
    }
}

/// The words of a command; a text is one for the shell.
fn words(command: Option<&Node>) -> Vec<String> {
    let Some(command) = command else { return Vec::new() };
    match command.as_sequence() {
        Some(items) => items.iter().filter_map(Node::as_text).map(str::to_owned).collect(),
        None => command.as_text().map(|text| vec!["sh".into(), "-c".into(), text.into()]).unwrap_or_default(),
    }
}
