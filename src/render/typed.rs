//! The type of what is rendered: a service as docker-compose-types knows it, and what that crate lacks.

use docker_compose_types::Service;
use serde::Deserialize;
use serde_yaml::{Mapping, Number, Value};

use compose_reader::yaml::{Kind, Node, Resolved};

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

/// A service as docker-compose-types says it again, with the keys beside it that do not fit or would come out changed. Nothing is
/// lost, and the keys stand in no order that matters.
pub(super) fn service(compose: &Node) -> Mapping {
    let Value::Mapping(mapping) = value(compose) else { return Mapping::new() };
    let (mut beside, inside): (Mapping, Mapping) =
        mapping.into_iter().partition(|(key, _)| key.as_str().is_some_and(|key| BESIDE.contains(&key)));
    let inside = Value::Mapping(inside);
    let mut service = match (cast(&inside), inside) {
        (Some(service), _) => service,
        (None, Value::Mapping(inside)) => {
            let fits = |key: &Value, value: &Value| {
                cast(&Value::Mapping(Mapping::from_iter([(key.clone(), value.clone())]))).is_some()
            };
            let (fitting, other): (Mapping, Mapping) =
                inside.into_iter().partition(|(key, value)| fits(key, value));
            beside.extend(other);
            cast(&Value::Mapping(fitting)).unwrap_or_default()
        }
        (None, _) => Mapping::new(),
    };
    service.extend(beside);
    service
}

/// What docker-compose-types says of a mapping, if that is exactly what went in.
fn cast(given: &Value) -> Option<Mapping> {
    let service = Service::deserialize(given).ok()?;
    match serde_yaml::to_value(&service).ok()? {
        Value::Mapping(again) if given.as_mapping() == Some(&again) => Some(again),
        _ => None,
    }
}

/// A node as a value, typed as Compose types it; a date stays the text that it was written as.
pub(super) fn value(node: &Node) -> Value {
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
        Kind::Mapping(mapping) => mapping
            .iter()
            .map(|(key, entry)| (Value::String(key.to_string()), value(&entry.value)))
            .collect::<Mapping>()
            .into(),
    }
}
