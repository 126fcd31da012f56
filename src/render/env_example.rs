//! `.env.example`: every variable that any of the compose files asks for, with what it is for.

use indexmap::{IndexMap, IndexSet};

use super::{OutputFile, seal};
use crate::interpolation::{expand, variables};
use crate::plan::Plan;
use crate::yaml::{Kind, Node};

/// The path of the file.
pub const ENV_EXAMPLE: &str = ".env.example";

/// A value that has to be replaced, and lets the files be looked at before that.
const PLACEHOLDER: &str = "change-me";

/// What is known of a variable from the places that ask for it.
#[derive(Default)]
struct Asked {
    required: bool,
    default: Option<String>,
    services: IndexSet<String>,
    environments: IndexSet<String>,
}

/// The file, if any variable is asked for.
pub(super) fn file(plans: &[Plan]) -> Option<OutputFile> {
    let mut asked: IndexMap<String, Asked> = IndexMap::new();
    for plan in plans {
        for service in plan.tiers.iter().flat_map(|tier| &tier.services) {
            visit(&service.compose, &mut |text| ask(&mut asked, text, plan, Some(&service.name)));
        }
        for network in plan.networks.values().filter_map(|network| network.external.as_ref()) {
            ask(&mut asked, network, plan, None);
        }
    }
    if asked.is_empty() {
        return None;
    }
    // What has to be filled in comes first.
    asked.sort_by(|left, one, right, other| other.required.cmp(&one.required).then(left.cmp(right)));
    let mut entries = Vec::new();
    for (name, asked) in &asked {
        let known = plans.iter().find_map(|plan| plan.variables.get(name));
        let mut lines = Vec::new();
        lines.extend(known.map(|variable| format!("{}.", variable.description)));
        let services: Vec<&str> = asked.services.iter().map(String::as_str).collect();
        let environments: Vec<&str> = asked.environments.iter().map(String::as_str).collect();
        let users = if services.is_empty() { String::new() } else { format!(" by {}", services.join(", ")) };
        let need = if asked.required { "Needed" } else { "Used" };
        lines.push(format!("{need} in {}{users}.", environments.join(", ")));
        let value = match (&asked.default, asked.required) {
            (Some(default), _) => quoted(default),
            (None, true) => PLACEHOLDER.to_owned(),
            (None, false) => String::new(),
        };
        let comment: String = lines.iter().map(|line| format!("# {line}\n")).collect();
        entries.push(format!("{comment}{name}={value}\n"));
    }
    let title = [
        ".env.example: what the compose files of this stack ask for. Copy it to .env, fill it in, and keep that file".to_owned(),
        "out of git. stackgen never writes .env.".to_owned(),
        String::new(),
    ];
    let path = ENV_EXAMPLE.to_owned();
    let content = seal::sealed(&path, &title, &entries.join("\n"));
    Some(OutputFile {
        path,
        environments: plans.iter().map(|plan| plan.environment.clone()).collect(),
        content,
    })
}

fn ask(all: &mut IndexMap<String, Asked>, text: &str, plan: &Plan, service: Option<&str>) {
    for variable in variables(text).unwrap_or_default() {
        let asked = all.entry(variable.name.to_owned()).or_default();
        asked.required |= variable.is_required();
        if asked.default.is_none() && !variable.is_required() && !variable.word.is_empty() {
            asked.default = expand(variable.word, &|_| None);
        }
        asked.services.extend(service.map(str::to_owned));
        asked.environments.insert(plan.environment.clone());
    }
}

fn visit(node: &Node, text: &mut dyn FnMut(&str)) {
    match &node.kind {
        Kind::Scalar(scalar) => text(&scalar.text),
        Kind::Sequence(items) => items.iter().for_each(|item| visit(item, text)),
        Kind::Mapping(mapping) => mapping.values().for_each(|entry| visit(&entry.value, text)),
    }
}

/// A value as the dotenv dialect of Compose reads it: single quotes keep everything as it is.
fn quoted(value: &str) -> String {
    let harmless = |character: char| character.is_ascii_alphanumeric() || "-_./:,@%+=".contains(character);
    if value.chars().all(harmless) { value.to_owned() } else { format!("'{}'", value.replace('\'', "\\'")) }
}
