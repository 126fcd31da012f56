//! The keys of `deploy`.

use super::types::*;
use super::{Fields, Form, Key, Merge, Print, Same, Type, key};

const ORDERS: &Type = &Type::new(&[one_of(&["start-first", "stop-first"])], Print::Text);
const UPDATE_KEYS: &[Key] = &[
    key("parallelism", OPTIONAL_WHOLE, "How many containers are updated at once; 0 for all.").cast(),
    key("delay", DURATION, "How long to wait between two groups of containers."),
    key("failure_action", TEXT, "What a failed update leads to: `continue`, `pause` or `rollback`."),
    key("monitor", DURATION, "How long a new container is watched for failure."),
    key("max_failure_ratio", SHARE, "Which share of containers may fail.").cast(),
    key("order", ORDERS, "Whether the new container starts before the old one stops."),
];
const UPDATE: &Type = &Type::new(&[Form::Mapping(&Fields::closed(UPDATE_KEYS))], Print::Fields);

const DISCRETE_KEYS: &[Key] = &[
    key("kind", TEXT, "The kind of resource, as the nodes name it."),
    key("value", OPTIONAL_NUMBER, "How many of them."),
];
const GENERIC_KEYS: &[Key] = &[key(
    "discrete_resource_spec",
    &Type::new(&[Form::Mapping(&Fields::closed(DISCRETE_KEYS))], Print::Fields),
    "A resource that is counted.",
)];
const GENERIC: &Type = &Type::new(
    &[list(&Type::new(&[Form::Mapping(&Fields::closed(GENERIC_KEYS))], Print::Fields))],
    Print::List,
);
const LIMIT_KEYS: &[Key] = &[
    key("cpus", SHARE, "Number of CPUs that may be used."),
    key("memory", TEXT_BYTES, "Memory that may be used: `512m`."),
    key("pids", WHOLE, "How many processes it may have."),
];
const RESERVATION_KEYS: &[Key] = &[
    key("cpus", SHARE, "Number of CPUs that are reserved."),
    key("memory", TEXT_BYTES, "Memory that is reserved: `256m`."),
    key("devices", DEVICE_REQUESTS, "Devices that are reserved, such as GPUs."),
    key("generic_resources", GENERIC, "Resources of the nodes that are reserved."),
];
const RESOURCE_KEYS: &[Key] = &[
    key(
        "limits",
        &Type::new(&[Form::Mapping(&Fields::closed(LIMIT_KEYS))], Print::Fields),
        "What a container may use.",
    ),
    key(
        "reservations",
        &Type::new(&[Form::Mapping(&Fields::closed(RESERVATION_KEYS))], Print::Fields),
        "What a container is sure to have.",
    ),
];
const RESTART_KEYS: &[Key] = &[
    key("condition", TEXT, "When it is restarted: `none`, `on-failure` or `any`."),
    key("delay", OPTIONAL_DURATION, "How long to wait before a restart."),
    key("max_attempts", OPTIONAL_WHOLE, "How often it is restarted before that is given up.").cast(),
    key("window", OPTIONAL_DURATION, "How long a restart is watched before it counts as done."),
];
const PREFERENCE_KEYS: &[Key] =
    &[key("spread", TEXT, "The label of nodes whose values share the containers.")];
const PLACEMENT_KEYS: &[Key] = &[
    key("constraints", TEXTS, "What a node must be: `node.role==manager`."),
    key(
        "preferences",
        &Type::new(
            &[list(&Type::new(&[Form::Mapping(&Fields::closed(PREFERENCE_KEYS))], Print::Fields))],
            Print::List,
        ),
        "How containers are spread over nodes.",
    ),
    key("max_replicas_per_node", WHOLE, "How many containers one node may run.").cast(),
];
const DEPLOY_KEYS: &[Key] = &[
    key("mode", TEXT, "`replicated`, or `global` for one container on each node."),
    key("replicas", OPTIONAL_WHOLE, "How many containers run.").rank(1).cast(),
    key("labels", PAIRS, "Labels of the service, not of its containers.")
        .merge(Merge::Pairs)
        .same(Same::Name)
        .loses(),
    key("update_config", UPDATE, "How a new version takes the place of the old one."),
    key("rollback_config", UPDATE, "How the old version comes back after a failed update."),
    key(
        "resources",
        &Type::new(&[Form::Mapping(&Fields::closed(RESOURCE_KEYS))], Print::AlwaysFields),
        "Memory, CPUs, processes and devices.",
    )
    .rank(2),
    key(
        "restart_policy",
        &Type::new(&[Form::Mapping(&Fields::closed(RESTART_KEYS))], Print::Fields),
        "When a container that has ended is restarted.",
    ),
    key(
        "placement",
        &Type::new(&[Form::Mapping(&Fields::closed(PLACEMENT_KEYS))], Print::AlwaysFields),
        "Which nodes run it.",
    ),
    key("endpoint_mode", TEXT, "How it is found: `vip` behind one address, `dnsrr` by all addresses."),
];
pub(super) const DEPLOY: &Type =
    &Type::new(&[Form::Mapping(&Fields::closed(DEPLOY_KEYS)), Form::Null], Print::Fields);
