//! The typed mould of what is rendered: a service as docker-compose-types knows it, and what that crate lacks.

use docker_compose_types::Service;
use serde_yaml::{Mapping, Number, Value};

use crate::yaml::{Kind, Node, Resolved};

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

/// A service cast into the mould, with the keys beside it that do not fit or would come out changed.
pub(super) struct Cast {
    service: Service,
    beside: Mapping,
}

impl Cast {
    /// Casts a service. Nothing is lost: what the mould cannot hold stands beside it.
    pub(super) fn new(compose: &Node) -> Self {
        let Value::Mapping(mapping) = value(compose) else {
            return Self { service: Service::default(), beside: Mapping::new() };
        };
        let (mut beside, mut inside): (Mapping, Mapping) =
            mapping.into_iter().partition(|(key, _)| key.as_str().is_some_and(|key| BESIDE.contains(&key)));
        if let Some(service) = cast(&inside) {
            return Self { service, beside };
        }
        let (fitting, other): (Mapping, Mapping) = std::mem::take(&mut inside)
            .into_iter()
            .partition(|(key, value)| cast(&Mapping::from_iter([(key.clone(), value.clone())])).is_some());
        beside.extend(other);
        Self { service: cast(&fitting).unwrap_or_default(), beside }
    }

    /// All keys, in no order that matters.
    pub(super) fn into_mapping(self) -> Mapping {
        let mut mapping = match serde_yaml::to_value(&self.service) {
            Ok(Value::Mapping(mapping)) => mapping,
            _ => Mapping::new(),
        };
        mapping.extend(self.beside);
        mapping
    }
}

/// The service, if it says again exactly what went in.
fn cast(mapping: &Mapping) -> Option<Service> {
    let service: Service = serde_yaml::from_value(Value::Mapping(mapping.clone())).ok()?;
    let again = serde_yaml::to_value(&service).ok()?;
    (again.as_mapping() == Some(mapping)).then_some(service)
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
