//! A plan as the text of a compose file, the way a careful engineer writes one by hand.

use std::collections::HashMap;
use std::sync::Arc;

use serde_yaml::Value;

use super::header;
use super::origin::{Cause, Origin};
use super::typed;
use crate::plan::{
    ATTACH_PROJECT, HostPorts, Mode, Plan, PlannedPort, PlannedService, PlannedTier, SecretSource, TierKind,
};
use compose_reader::source::Span;
use compose_reader::spec::{Fields, SERVICE};
use compose_reader::values::{PortMapping, PortRange, in_url};
use compose_reader::yaml::{Entry, Node, Style, Writer};

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

/// The whole file, under its header, and where its parts come from.
pub(super) fn text(plan: &Plan) -> (String, Vec<Origin>) {
    let mut writer = Writer::new(FLOW_KEYS);
    writer.entry(0, "name", &Value::from(plan.project.as_str()));
    writer.blank();
    writer.open(0, "services");
    let mut ports: HashMap<&str, Vec<&PlannedPort>> = HashMap::new();
    for port in plan.ports.iter().filter(|port| !port.hosted) {
        ports.entry(&port.service).or_default().push(port);
    }
    let mut services = Vec::new();
    for (index, tier) in plan.tiers.iter().enumerate() {
        if index > 0 {
            writer.blank();
        }
        section(&mut writer, tier);
        for service in &tier.services {
            writer.blank();
            for above in service.comment.iter().chain(&service.note) {
                writer.comment(1, above);
            }
            let ports = ports.get(&*service.name).map(Vec::as_slice).unwrap_or_default();
            services.push((writer.position(), service));
            writer.pair(1, &service.name, Some(service.definition), &service_node(&service.compose, ports));
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
    let (body, places) = writer.finish_with_origins();
    let text = header::with_checksum(&path, &title, &body);
    let origins = origins(&services, places, text.len() - body.len());
    (text, origins)
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
fn service_node(compose: &Node, ports: &[&PlannedPort]) -> Node {
    let mut mapping = typed::service(compose);
    if let Some(first) = ports.first() {
        let published = ports.iter().map(|port| Node::text(port.span, short(port))).collect();
        let value = Node::sequence(first.span, published);
        mapping.insert("ports".into(), Entry { key: Node::text(first.span, "ports"), value });
    }
    for (key, entry) in &mut mapping {
        match &**key {
            "build" => shorten_build(&mut entry.value),
            "networks" => shorten_networks(&mut entry.value),
            _ => {}
        }
    }
    let fields = SERVICE.fields();
    mapping.sort_by_cached_key(|key, _| (rank(fields, key), Arc::clone(key)));
    for (key, entry) in &mut mapping {
        let inside = fields.and_then(|fields| fields.key(key)?.takes.fields());
        // What has no rank inside stays as it is written.
        let is_ranked = |(key, _): (&Arc<str>, &Entry)| rank(inside, key) < u8::MAX;
        if entry.value.as_mapping().is_some_and(|mapping| mapping.iter().any(is_ranked))
            && let Some(mapping) = entry.value.as_mapping_mut()
        {
            mapping.sort_by_cached_key(|key, _| rank(inside, key));
        }
    }
    Node::mapping(compose.span, mapping)
}

/// The place of a key among those of a mapping.
fn rank(fields: Option<&Fields>, key: &str) -> u8 {
    fields.and_then(|fields| fields.key(key)).map_or(u8::MAX, |key| key.rank)
}

/// A published port in Compose's short syntax.
fn short(port: &PlannedPort) -> String {
    let is_every_address = port.address.is_unspecified() && port.address.is_ipv4();
    let mapping = PortMapping {
        address: if is_every_address { String::new() } else { port.address.to_string() },
        published: match &port.ports {
            HostPorts::Range(range) => Some(*range),
            HostPorts::Variable { .. } | HostPorts::Any => None,
        },
        target: PortRange { first: port.target, last: port.target },
        protocol: port.protocol().parse().unwrap_or_default(),
    };
    match &port.ports {
        HostPorts::Variable { written, .. } => {
            let inside = PortMapping { address: String::new(), ..mapping };
            let address = if is_every_address { String::new() } else { format!("{}:", in_url(port.address)) };
            format!("{address}{written}:{inside}")
        }
        HostPorts::Range(_) | HostPorts::Any => mapping.to_string(),
    }
}

/// `build: {context: ./x}` as `build: ./x`.
fn shorten_build(build: &mut Node) {
    let only = build.as_mapping().filter(|build| build.len() == 1);
    if let Some(context) = only.and_then(|build| build.get("context")).map(|entry| entry.value.clone()) {
        *build = context;
    }
}

/// `networks: {a: , b: }` as `networks: [a, b]`.
fn shorten_networks(networks: &mut Node) {
    let Some(named) = networks.as_mapping() else { return };
    if named.values().all(|entry| entry.value.is_null()) {
        let names = named.iter().map(|(name, entry)| Node::text(entry.key.span, Arc::clone(name))).collect();
        *networks = Node::sequence(networks.span, names);
    }
}

/// Networks, volumes, configs and secrets at the top level.
fn resources(writer: &mut Writer, plan: &Plan) {
    if !plan.networks.is_empty() {
        top_level(writer, "networks");
    }
    for (name, network) in &plan.networks {
        let span = network.span;
        let yes = || Node::scalar(span, "true", Style::Plain);
        let value = match (&network.external, &network.options) {
            (Some(name), _) => {
                Node::from_pairs(span, [("name", Node::text(span, &**name)), ("external", yes())])
            }
            (None, Some(options)) => options.clone(),
            (None, None) => Node::null(span),
        };
        writer.entry(1, name, &value);
    }
    if !plan.volumes.is_empty() {
        top_level(writer, "volumes");
    }
    for (name, options) in &plan.volumes {
        match options {
            Some(options) => writer.entry(1, name, options),
            None => writer.entry(1, name, &Value::Null),
        }
    }
    let further = plan.configs.iter().filter_map(Node::as_mapping).flatten();
    if !plan.files.is_empty() || further.clone().next().is_some() {
        top_level(writer, "configs");
    }
    for (name, file) in &plan.files {
        let path = Value::from(format!("./{}", file.path));
        writer.entry(1, name, &Value::Mapping([(Value::from("file"), path)].into_iter().collect()));
    }
    for (name, entry) in further {
        writer.pair(1, name, Some(entry.key.span), &entry.value);
    }
    let mut mounted = plan.secrets.iter().filter(|(_, secret)| !secret.readers.is_empty()).peekable();
    if mounted.peek().is_some() {
        top_level(writer, "secrets");
    }
    for (name, secret) in mounted {
        let span = secret.span;
        let (key, value) = match &secret.source {
            SecretSource::File(path) => ("file", Node::text(span, &**path)),
            SecretSource::Environment(variable) => ("environment", Node::text(span, &**variable)),
            SecretSource::External => ("external", Node::scalar(span, "true", Style::Plain)),
        };
        writer.entry(1, name, &Node::from_pairs(span, [(key, value)]));
    }
}

fn top_level(writer: &mut Writer, name: &str) {
    writer.blank();
    writer.open(0, name);
}

/// Where the parts of a file come from whose body begins at `offset`; `services` are by the byte that they begin at.
fn origins(
    services: &[(usize, &PlannedService)],
    places: Vec<(usize, Option<Span>)>,
    offset: usize,
) -> Vec<Origin> {
    let mut services = services.iter().peekable();
    let mut current: Option<&PlannedService> = None;
    let mut origins = Vec::with_capacity(places.len());
    for (at, span) in places {
        let mut is_name = false;
        while let Some((_, service)) = services.next_if(|(start, _)| *start <= at) {
            (current, is_name) = (Some(*service), true);
        }
        let cause = span.map(|span| match current {
            Some(PlannedService { template: Some(used), .. }) if used.source == span.source => {
                Cause::Template(Arc::clone(used))
            }
            Some(service) if service.definition == span && !(is_name && service.note.is_none()) => {
                Cause::Made(span)
            }
            _ => Cause::Written(span),
        });
        origins.push(Origin { start: offset + at, cause });
    }
    origins
}
