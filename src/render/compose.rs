//! A plan as the text of a compose file, the way a careful engineer writes one by hand.

use serde_yaml::{Mapping, Value};

use super::header;
use super::typed;
use crate::plan::{ATTACH_PROJECT, Mode, Plan, PlannedNetwork, PlannedTier, SecretSource, TierKind};
use compose_reader::yaml::Writer;

/// The order of a service's keys; the rest follow by name.
const SERVICE_KEYS: [&str; 19] = [
    "image",
    "build",
    "depends_on",
    "volumes",
    "configs",
    "secrets",
    "environment",
    "env_file",
    "ports",
    "networks",
    "extra_hosts",
    "command",
    "entrypoint",
    "working_dir",
    "restart",
    "healthcheck",
    "logging",
    "labels",
    "user",
];
/// The order of keys inside a service's keys; the rest follow as written.
const INSIDE: [(&str, &[&str]); 3] = [
    ("build", &["context", "dockerfile", "target", "args"]),
    ("healthcheck", &["test", "interval", "timeout", "retries", "start_period", "start_interval"]),
    ("deploy", &["replicas", "resources"]),
];
/// Lists that are written in brackets where they fit on a line.
const FLOW_KEYS: &[&str] = &[
    "cap_add",
    "cap_drop",
    "command",
    "dns",
    "entrypoint",
    "group_add",
    "networks",
    "profiles",
    "security_opt",
    "test",
    "tmpfs",
];
/// Columns of a section's line.
const SECTION_WIDTH: usize = 76;

/// The whole file, under its header.
pub(super) fn text(plan: &Plan) -> String {
    let mut writer = Writer::new(FLOW_KEYS);
    let name = Value::from(format!("{}-{}", plan.stack, plan.place()));
    writer.entry(0, "name", &name);
    writer.blank();
    writer.open(0, "services");
    for (index, tier) in plan.tiers.iter().enumerate() {
        if index > 0 {
            writer.blank();
        }
        section(&mut writer, tier);
        for service in &tier.services {
            writer.blank();
            if let Some(note) = &service.note {
                writer.comment(1, note);
            }
            writer.entry(1, &service.name, &Value::Mapping(service_value(&service.compose)));
        }
    }
    resources(&mut writer, plan);
    let path = super::compose_path(plan);
    let mode = match plan.mode {
        Mode::Development => "development",
        Mode::Production => "production",
    };
    let mut title = vec![
        format!("{path}: {}, environment {} ({mode})", plan.stack, plan.environment),
        String::new(),
        format!("  docker compose -f {path} up -d --wait"),
        String::new(),
    ];
    if let Some(attach) = &plan.attach {
        title.push(format!(
            "It joins the networks of {attach}, which has to run first; {ATTACH_PROJECT} names another."
        ));
    }
    header::with_checksum(&path, &title, &writer.finish())
}

fn section(writer: &mut Writer, tier: &PlannedTier) {
    let kind = match tier.kind {
        TierKind::Application => String::new(),
        kind if kind.name() == tier.name => String::new(),
        kind => format!(" ({})", kind.name()),
    };
    let mut line = format!("---- {}{kind} ", tier.name);
    while line.chars().count() < SECTION_WIDTH {
        line.push('-');
    }
    writer.comment(1, &line);
}

/// A service's keys in their order, each in its shortest form.
fn service_value(compose: &compose_reader::yaml::Node) -> Mapping {
    let mut mapping = typed::service(compose);
    for (key, value) in &mut mapping {
        match key.as_str() {
            Some("build") => shorten_build(value),
            Some("networks") => shorten_networks(value),
            _ => {}
        }
    }
    let mut ordered = ordered(mapping, &SERVICE_KEYS, true);
    for (key, order) in INSIDE {
        if let Some(Value::Mapping(inside)) = ordered.get_mut(key) {
            *inside = self::ordered(std::mem::take(inside), order, false);
        }
    }
    ordered
}

fn ordered(mut mapping: Mapping, order: &[&str], rest_by_name: bool) -> Mapping {
    let mut ordered = Mapping::with_capacity(mapping.len());
    for key in order {
        if let Some(value) = mapping.shift_remove(*key) {
            ordered.insert(Value::from(*key), value);
        }
    }
    let mut rest: Vec<(Value, Value)> = mapping.into_iter().collect();
    if rest_by_name {
        rest.sort_by(|(left, _), (right, _)| left.as_str().cmp(&right.as_str()));
    }
    ordered.extend(rest);
    ordered
}

/// `build: {context: ./x}` as `build: ./x`.
fn shorten_build(value: &mut Value) {
    let context = value.as_mapping().filter(|build| build.len() == 1).and_then(|build| build.get("context"));
    if let Some(context) = context.cloned() {
        *value = context;
    }
}

/// `networks: {a: , b: }` as `networks: [a, b]`.
fn shorten_networks(value: &mut Value) {
    let Some(networks) = value.as_mapping() else { return };
    if networks.values().all(Value::is_null) {
        *value = Value::Sequence(networks.keys().cloned().collect());
    }
}

/// Networks, volumes, configs and secrets at the top level.
fn resources(writer: &mut Writer, plan: &Plan) {
    let networks = plan.networks.iter().map(|(name, network)| (name.as_str(), network_value(network)));
    top_level(writer, "networks", networks);
    let volumes = plan
        .volumes
        .iter()
        .map(|(name, options)| (name.as_str(), options.as_ref().map_or(Value::Null, typed::value)));
    top_level(writer, "volumes", volumes);
    let own = plan.files.iter().map(|(name, file)| (name.as_str(), pair("file", format!("./{}", file.path))));
    let further = plan.configs.iter().filter_map(|configs| configs.as_mapping()).flatten();
    let further = further.map(|(name, entry)| (&**name, typed::value(&entry.value)));
    top_level(writer, "configs", own.chain(further));
    let mounted = plan.secrets.iter().filter(|(_, secret)| !secret.readers.is_empty());
    let secrets = mounted.map(|(name, secret)| {
        let value = match &secret.source {
            SecretSource::File(path) => pair("file", path.clone()),
            SecretSource::Environment(variable) => pair("environment", variable.clone()),
            SecretSource::External => Value::Mapping(Mapping::from_iter([("external".into(), true.into())])),
        };
        (name.as_str(), value)
    });
    top_level(writer, "secrets", secrets);
}

fn top_level<'n>(writer: &mut Writer, name: &str, entries: impl Iterator<Item = (&'n str, Value)>) {
    let mut entries = entries.peekable();
    if entries.peek().is_none() {
        return;
    }
    writer.blank();
    writer.open(0, name);
    for (name, value) in entries {
        writer.entry(1, name, &value);
    }
}

fn network_value(network: &PlannedNetwork) -> Value {
    match (&network.external, &network.options) {
        (Some(name), _) => Value::Mapping(Mapping::from_iter([
            ("name".into(), name.as_str().into()),
            ("external".into(), true.into()),
        ])),
        (None, Some(options)) => typed::value(options),
        (None, None) => Value::Null,
    }
}

fn pair(key: &str, value: String) -> Value {
    Value::Mapping(Mapping::from_iter([(key.into(), value.into())]))
}
