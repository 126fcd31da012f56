//! The type of what is rendered: a service as docker-compose-types knows it, and what that crate lacks.

use std::sync::Arc;

use docker_compose_types::Service;
use serde::Deserialize;
use serde_yaml::{Number, Value};

use compose_reader::spec::{Fields, SERVICE, Type};
use compose_reader::yaml::{Entry, Kind, Mapping, Node, Resolved};

/// Keys of the compose specification that docker-compose-types 0.24 has no field for.
const BESIDE: [&str; 36] = [
    "annotations",
    "attach",
    "blkio_config",
    "cgroup",
    "configs",
    "cpu_count",
    "cpu_percent",
    "cpu_period",
    "cpu_quota",
    "cpu_rt_period",
    "cpu_rt_runtime",
    "cpu_shares",
    "cpus",
    "cpuset",
    "credential_spec",
    "develop",
    "device_cgroup_rules",
    "dns_search",
    "gpus",
    "isolation",
    "label_file",
    "mac_address",
    "memswap_limit",
    "models",
    "oom_kill_disable",
    "oom_score_adj",
    "pids_limit",
    "platform",
    "post_start",
    "pre_stop",
    "provider",
    "pull_refresh_after",
    "storage_opt",
    "use_api_socket",
    "uts",
    "volumes_from",
];

/// A service with the keys inside its values in the order in which docker-compose-types says them again, where they fit. Nothing is
/// lost, and every value keeps its place; its own keys are in no order.
pub(super) fn service(compose: &Node) -> Mapping {
    let Kind::Mapping(mapping) = &compose.kind else { return Mapping::default() };
    let fields = SERVICE.fields();
    let is_cast = |key: &str, entry: &Entry| {
        !BESIDE.contains(&key)
            && has_order(fields.and_then(|fields| fields.key(key)).map(|key| key.takes), &entry.value)
    };
    let (inside, mut service): (Mapping, Mapping) = mapping
        .iter()
        .map(|(key, entry)| (Arc::clone(key), entry.clone()))
        .partition(|(key, entry)| is_cast(key, entry));
    if let Some(cast) = cast(&inside) {
        service.extend(cast);
        return service;
    }
    for (key, entry) in inside {
        let alone = Mapping::from_iter([(key, entry)]);
        service.extend(cast(&alone).unwrap_or(alone));
    }
    service
}

/// Whether a value holds a mapping of several keys, and not ones that people choose.
fn has_order(of: Option<&Type>, node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(_) => false,
        Kind::Sequence(items) => items.iter().any(|item| has_order(of.and_then(Type::item), item)),
        Kind::Mapping(mapping) => {
            let fields = of.and_then(Type::fields);
            let inside = |key: &str| fields.and_then(|fields| fields.key(key)).map(|key| key.takes);
            mapping.len() > 1 && fields.and_then(Fields::any).is_none()
                || mapping.iter().any(|(key, entry)| has_order(inside(key), &entry.value))
        }
    }
}

/// A mapping as docker-compose-types says it again, if it says exactly what went in.
fn cast(given: &Mapping) -> Option<Mapping> {
    let service = Service::deserialize(&mapping_value(given)).ok()?;
    in_order(given, serde_yaml::to_value(&service).ok()?.as_mapping()?)
}

/// The entries of a mapping in the order of another one, if both say the same.
fn in_order(given: &Mapping, order: &serde_yaml::Mapping) -> Option<Mapping> {
    let entries = order.iter().map(|(key, value)| {
        let (key, entry) = given.get_key_value(key.as_str()?)?;
        let value = node_in_order(&entry.value, value)?;
        Some((Arc::clone(key), Entry { key: entry.key.clone(), value }))
    });
    (given.len() == order.len()).then(|| entries.collect())?
}

fn node_in_order(node: &Node, value: &Value) -> Option<Node> {
    let kind = match (&node.kind, value) {
        (Kind::Mapping(given), Value::Mapping(order)) => Kind::Mapping(Arc::new(in_order(given, order)?)),
        (Kind::Sequence(given), Value::Sequence(order)) if given.len() == order.len() => {
            let items = given.iter().zip(order).map(|(node, value)| node_in_order(node, value));
            Kind::Sequence(Arc::new(items.collect::<Option<_>>()?))
        }
        (Kind::Scalar(_), value) if is_same(node, value) => return Some(node.clone()),
        _ => return None,
    };
    Some(Node { kind, ..node.clone() })
}

/// Whether a scalar is read as a value.
fn is_same(node: &Node, value: &Value) -> bool {
    match (node.resolved(), value) {
        (Some(Resolved::Null), Value::Null) => true,
        (Some(Resolved::Bool(node)), Value::Bool(value)) => node == *value,
        (Some(Resolved::Integer(node)), Value::Number(value)) => value.as_i64() == Some(node),
        (Some(Resolved::Unsigned(node)), Value::Number(value)) => value.as_u64() == Some(node),
        (Some(Resolved::Float(node)), Value::Number(value)) => *value == Number::from(node),
        (Some(Resolved::Text | Resolved::Timestamp), Value::String(value)) => {
            node.as_text() == Some(value.as_str())
        }
        _ => false,
    }
}

/// A node as a value, typed as Compose types it; a date stays the text that it was written as.
fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Scalar(scalar) => match node.resolved() {
            Some(Resolved::Null) => Value::Null,
            Some(Resolved::Bool(value)) => Value::Bool(value),
            Some(Resolved::Integer(value)) => Value::Number(value.into()),
            Some(Resolved::Unsigned(value)) => Value::Number(value.into()),
            Some(Resolved::Float(value)) => Value::Number(Number::from(value)),
            _ => Value::String(scalar.text.to_string()),
        },
        Kind::Sequence(items) => Value::Sequence(items.iter().map(value).collect()),
        Kind::Mapping(mapping) => mapping_value(mapping),
    }
}

fn mapping_value(mapping: &Mapping) -> Value {
    let entries = mapping.iter();
    let entries = entries.map(|(key, entry)| (Value::String(key.to_string()), value(&entry.value)));
    Value::Mapping(entries.collect())
}
