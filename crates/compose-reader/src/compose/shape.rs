//! The types of a project's values, and the text that Docker Compose prints for each.
//!
//! Source: `docker compose config --format json` and `--format yaml` of 2.40.3: the order of keys, what is left out when it
//! is empty, what is printed all the same, and how durations, sizes and numbers are written.

use super::problem::{Fault, Problem};
use crate::values::{Boolean, ByteSize, Duration};
use crate::yaml::{Kind, Node, Resolved};

/// The type of a value.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Text,
    /// A truth that is left out when it is not set, or when it is false as well.
    Truth {
        keeps_false: bool,
    },
    /// A whole number that is left out when it is not set, or when it is 0 as well.
    Count {
        keeps_zero: bool,
    },
    Share,
    Bytes,
    Duration {
        keeps_zero: bool,
    },
    Command,
    Test,
    Texts,
    /// Texts or numbers.
    Words,
    /// `NAME: VALUE`, or a list of `NAME=VALUE`; a value that is none is empty.
    Pairs,
    /// The same, where a value may be none.
    Variables,
    /// Options that may be repeated.
    ManyOptions,
    Hosts,
    Limit,
    Mode,
    Devices,
    Keys,
    List(&'static Shape),
    Named(&'static Shape),
    Fields(&'static [Field]),
    /// A mapping that is printed in JSON even where it is empty.
    Always(&'static [Field]),
    /// A device of the disk, whose keys begin with a capital in JSON and are all printed.
    Disk(&'static str, &'static Shape),
}

/// A key with the type of its value.
#[derive(Clone, Copy, Debug)]
struct Field(&'static str, Shape);

const TRUTH: Shape = Shape::Truth { keeps_false: false };
const TRUTH_OR_UNSET: Shape = Shape::Truth { keeps_false: true };
const COUNT: Shape = Shape::Count { keeps_zero: false };
const COUNT_OR_UNSET: Shape = Shape::Count { keeps_zero: true };
const DURATION: Shape = Shape::Duration { keeps_zero: false };
const DURATION_OR_UNSET: Shape = Shape::Duration { keeps_zero: true };

use Shape::{
    Always, Bytes, Command, Devices, Fields, Hosts, Keys, Limit, List, ManyOptions, Mode, Named, Pairs,
    Share, Test, Text, Texts, Variables, Words,
};

const SERVICE: &[Field] = &[
    Field("profiles", Texts),
    Field("annotations", Pairs),
    Field("attach", TRUTH_OR_UNSET),
    Field("build", Fields(BUILD)),
    Field("develop", Fields(&[Field("watch", List(&Fields(TRIGGER)))])),
    Field("blkio_config", Fields(BLOCK_IO)),
    Field("cap_add", Texts),
    Field("cap_drop", Texts),
    Field("cgroup_parent", Text),
    Field("cgroup", Text),
    Field("cpu_count", COUNT),
    Field("cpu_percent", Share),
    Field("cpu_period", COUNT),
    Field("cpu_quota", COUNT),
    Field("cpu_rt_period", COUNT),
    Field("cpu_rt_runtime", COUNT),
    Field("cpus", Share),
    Field("cpuset", Text),
    Field("cpu_shares", COUNT),
    Field("command", Command),
    Field("configs", List(&Fields(FILE_USE))),
    Field("container_name", Text),
    Field("credential_spec", Fields(&[Field("config", Text), Field("file", Text), Field("registry", Text)])),
    Field("depends_on", Named(&Fields(DEPENDENCY))),
    Field("deploy", Fields(DEPLOY)),
    Field("device_cgroup_rules", Texts),
    Field(
        "devices",
        List(&Fields(&[Field("source", Text), Field("target", Text), Field("permissions", Text)])),
    ),
    Field("dns", Texts),
    Field("dns_opt", Texts),
    Field("dns_search", Texts),
    Field("dockerfile", Text),
    Field("domainname", Text),
    Field("entrypoint", Command),
    Field("provider", Fields(&[Field("type", Text), Field("options", ManyOptions)])),
    Field("environment", Variables),
    Field(
        "env_file",
        List(&Fields(&[Field("path", Text), Field("required", TRUTH_OR_UNSET), Field("format", Text)])),
    ),
    Field("expose", Words),
    Field("extends", Fields(&[Field("file", Text), Field("service", Text)])),
    Field("external_links", Texts),
    Field("extra_hosts", Hosts),
    Field("group_add", Words),
    Field("gpus", List(&Fields(DEVICE_REQUEST))),
    Field("hostname", Text),
    Field("healthcheck", Fields(HEALTH)),
    Field("image", Text),
    Field("init", TRUTH_OR_UNSET),
    Field("ipc", Text),
    Field("isolation", Text),
    Field("labels", Pairs),
    Field("label_file", Texts),
    Field("links", Texts),
    Field("logging", Fields(&[Field("driver", Text), Field("options", Pairs)])),
    Field("log_driver", Text),
    Field("log_opt", Pairs),
    Field("mem_limit", Bytes),
    Field("mem_reservation", Bytes),
    Field("memswap_limit", Bytes),
    Field("mem_swappiness", Bytes),
    Field("mac_address", Text),
    Field("models", Named(&Fields(&[Field("endpoint_var", Text), Field("model_var", Text)]))),
    Field("net", Text),
    Field("network_mode", Text),
    Field("networks", Named(&Fields(NETWORK_USE))),
    Field("oom_kill_disable", TRUTH),
    Field("oom_score_adj", COUNT),
    Field("pid", Text),
    Field("pids_limit", COUNT),
    Field("platform", Text),
    Field("ports", List(&Fields(PORT))),
    Field("privileged", TRUTH),
    Field("pull_policy", Text),
    Field("read_only", TRUTH),
    Field("restart", Text),
    Field("runtime", Text),
    Field("scale", COUNT_OR_UNSET),
    Field("secrets", List(&Fields(FILE_USE))),
    Field("security_opt", Texts),
    Field("shm_size", Bytes),
    Field("stdin_open", TRUTH),
    Field("stop_grace_period", DURATION_OR_UNSET),
    Field("stop_signal", Text),
    Field("storage_opt", Pairs),
    Field("sysctls", Pairs),
    Field("tmpfs", Texts),
    Field("tty", TRUTH),
    Field("ulimits", Named(&Limit)),
    Field("use_api_socket", TRUTH),
    Field("user", Text),
    Field("userns_mode", Text),
    Field("uts", Text),
    Field("volume_driver", Text),
    Field("volumes", List(&Fields(MOUNT))),
    Field("volumes_from", Texts),
    Field("working_dir", Text),
    Field("post_start", List(&Fields(HOOK))),
    Field("pre_stop", List(&Fields(HOOK))),
];

const BUILD: &[Field] = &[
    Field("context", Text),
    Field("dockerfile", Text),
    Field("dockerfile_inline", Text),
    Field("entitlements", Texts),
    Field("args", Variables),
    Field("provenance", Text),
    Field("sbom", Text),
    Field("ssh", Keys),
    Field("labels", Pairs),
    Field("cache_from", Texts),
    Field("cache_to", Texts),
    Field("no_cache", TRUTH),
    Field("additional_contexts", Pairs),
    Field("pull", TRUTH),
    Field("extra_hosts", Hosts),
    Field("isolation", Text),
    Field("network", Text),
    Field("target", Text),
    Field("secrets", List(&Fields(FILE_USE))),
    Field("shm_size", Bytes),
    Field("tags", Texts),
    Field("ulimits", Named(&Limit)),
    Field("platforms", Texts),
    Field("privileged", TRUTH),
];

const HOOK: &[Field] = &[
    Field("command", Command),
    Field("user", Text),
    Field("privileged", TRUTH),
    Field("working_dir", Text),
    Field("environment", Variables),
];

const TRIGGER: &[Field] = &[
    Field("path", Text),
    Field("action", Text),
    Field("target", Text),
    Field("exec", Always(HOOK)),
    Field("include", Texts),
    Field("ignore", Texts),
    Field("initial_sync", TRUTH),
];

const BLOCK_IO: &[Field] = &[
    Field("weight", COUNT),
    Field("weight_device", List(&Shape::Disk("weight", &COUNT_OR_UNSET))),
    Field("device_read_bps", List(&Shape::Disk("rate", &Bytes))),
    Field("device_read_iops", List(&Shape::Disk("rate", &Bytes))),
    Field("device_write_bps", List(&Shape::Disk("rate", &Bytes))),
    Field("device_write_iops", List(&Shape::Disk("rate", &Bytes))),
];

const DEPENDENCY: &[Field] =
    &[Field("condition", Text), Field("restart", TRUTH), Field("required", TRUTH_OR_UNSET)];

const FILE_USE: &[Field] = &[
    Field("source", Text),
    Field("target", Text),
    Field("uid", Text),
    Field("gid", Text),
    Field("mode", Mode),
];

const DEPLOY: &[Field] = &[
    Field("mode", Text),
    Field("replicas", COUNT_OR_UNSET),
    Field("labels", Pairs),
    Field("update_config", Fields(UPDATE)),
    Field("rollback_config", Fields(UPDATE)),
    Field("resources", Always(&[Field("limits", Fields(RESOURCE)), Field("reservations", Fields(RESOURCE))])),
    Field(
        "restart_policy",
        Fields(&[
            Field("condition", Text),
            Field("delay", DURATION_OR_UNSET),
            Field("max_attempts", COUNT_OR_UNSET),
            Field("window", DURATION_OR_UNSET),
        ]),
    ),
    Field(
        "placement",
        Always(&[
            Field("constraints", Texts),
            Field("preferences", List(&Fields(&[Field("spread", Text)]))),
            Field("max_replicas_per_node", COUNT),
        ]),
    ),
    Field("endpoint_mode", Text),
];

const UPDATE: &[Field] = &[
    Field("parallelism", COUNT_OR_UNSET),
    Field("delay", DURATION),
    Field("failure_action", Text),
    Field("monitor", DURATION),
    Field("max_failure_ratio", Share),
    Field("order", Text),
];

const RESOURCE: &[Field] = &[
    Field("cpus", Share),
    Field("memory", Bytes),
    Field("pids", COUNT),
    Field("devices", List(&Fields(DEVICE_REQUEST))),
    Field(
        "generic_resources",
        List(&Fields(&[Field(
            "discrete_resource_spec",
            Fields(&[Field("kind", Text), Field("value", COUNT_OR_UNSET)]),
        )])),
    ),
];

const DEVICE_REQUEST: &[Field] = &[
    Field("capabilities", Texts),
    Field("driver", Text),
    Field("count", Devices),
    Field("device_ids", Texts),
    Field("options", Pairs),
];

const HEALTH: &[Field] = &[
    Field("test", Test),
    Field("timeout", DURATION_OR_UNSET),
    Field("interval", DURATION_OR_UNSET),
    Field("retries", COUNT_OR_UNSET),
    Field("start_period", DURATION_OR_UNSET),
    Field("start_interval", DURATION_OR_UNSET),
    Field("disable", TRUTH),
];

const NETWORK_USE: &[Field] = &[
    Field("aliases", Texts),
    Field("driver_opts", Pairs),
    Field("gw_priority", COUNT),
    Field("interface_name", Text),
    Field("ipv4_address", Text),
    Field("ipv6_address", Text),
    Field("link_local_ips", Texts),
    Field("mac_address", Text),
    Field("priority", COUNT),
];

const PORT: &[Field] = &[
    Field("name", Text),
    Field("mode", Text),
    Field("host_ip", Text),
    Field("target", COUNT),
    Field("published", Text),
    Field("protocol", Text),
    Field("app_protocol", Text),
];

const MOUNT: &[Field] = &[
    Field("type", Text),
    Field("source", Text),
    Field("target", Text),
    Field("read_only", TRUTH),
    Field("consistency", Text),
    Field(
        "bind",
        Fields(&[
            Field("selinux", Text),
            Field("propagation", Text),
            Field("create_host_path", TRUTH),
            Field("recursive", Text),
        ]),
    ),
    Field("volume", Fields(&[Field("labels", Pairs), Field("nocopy", TRUTH), Field("subpath", Text)])),
    Field("tmpfs", Fields(&[Field("size", Bytes), Field("mode", COUNT)])),
    Field("image", Fields(&[Field("subpath", Text)])),
];

const NETWORK: &[Field] = &[
    Field("name", Text),
    Field("driver", Text),
    Field("driver_opts", Pairs),
    Field("ipam", Always(&[Field("driver", Text), Field("config", List(&Fields(POOL)))])),
    Field("external", TRUTH),
    Field("internal", TRUTH),
    Field("attachable", TRUTH),
    Field("labels", Pairs),
    Field("enable_ipv4", TRUTH_OR_UNSET),
    Field("enable_ipv6", TRUTH_OR_UNSET),
];

const POOL: &[Field] =
    &[Field("subnet", Text), Field("gateway", Text), Field("ip_range", Text), Field("aux_addresses", Pairs)];

const VOLUME: &[Field] = &[
    Field("name", Text),
    Field("driver", Text),
    Field("driver_opts", Pairs),
    Field("external", TRUTH),
    Field("labels", Pairs),
];

const FILE: &[Field] = &[
    Field("name", Text),
    Field("file", Text),
    Field("environment", Text),
    Field("content", Text),
    Field("external", TRUTH),
    Field("labels", Pairs),
    Field("driver", Text),
    Field("driver_opts", Pairs),
    Field("template_driver", Text),
];

const MODEL: &[Field] =
    &[Field("name", Text), Field("model", Text), Field("context_size", COUNT), Field("runtime_flags", Texts)];

/// The sections of a project, in the order in which YAML prints them.
const SECTIONS: [(&str, &Shape); 7] = [
    ("services", &Named(&Fields(SERVICE))),
    ("networks", &Named(&Fields(NETWORK))),
    ("volumes", &Named(&Fields(VOLUME))),
    ("secrets", &Named(&Fields(FILE))),
    ("configs", &Named(&Fields(FILE))),
    ("models", &Named(&Fields(MODEL))),
    ("include", &List(&Fields(&[]))),
];

/// A value as it is printed.
#[derive(Clone, Debug, PartialEq)]
pub enum Printed {
    /// Nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Printed>),
    /// Keys and values in the order in which they are printed.
    Mapping(Vec<PrintedEntry>),
}

/// A key, its value, and the formats that print it.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintedEntry {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Printed,
    /// The format that it is printed in; `None` for both.
    pub only_in: Option<Format>,
}

/// A format of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Says what is wrong with a value.
type Complain<'c> = &'c mut dyn FnMut(&Node, Problem);

/// Reports every value that its key does not take.
pub(super) fn check(model: &Node, complain: Complain<'_>) {
    print(model, "", complain);
}

/// A project that is canonical, as it is printed, under a name.
pub fn printed_project(model: &Node, name: &str) -> Printed {
    print(model, name, &mut |_, _| {})
}

/// A project whose variables stand as they are, as it is printed: every key as it is written.
pub fn as_model(model: &Node, name: &str) -> Printed {
    let mut named = model.clone();
    named.set("name", Node::text(model.span, name));
    as_written(&named)
}

fn print(model: &Node, name: &str, complain: Complain<'_>) -> Printed {
    let mut entries = vec![both("name", Printed::Text(name.to_owned()))];
    for (section, shape) in SECTIONS {
        let value = model.get(section).filter(|node| !node.is_null());
        let value = value.and_then(|node| shape.print(node, complain));
        match value {
            Some(value) if section == "models" => {
                entries.push(PrintedEntry { key: section.to_owned(), value, only_in: Some(Format::Yaml) });
            }
            Some(value) => entries.push(both(section, value)),
            None if section == "services" => entries.push(both(section, Printed::Mapping(Vec::new()))),
            None => {}
        }
    }
    entries.extend(extensions(model, None));
    Printed::Mapping(entries)
}

fn both(key: &str, value: Printed) -> PrintedEntry {
    PrintedEntry { key: key.to_owned(), value, only_in: None }
}

/// The keys that begin with `x-`, by name.
fn extensions(node: &Node, only_in: Option<Format>) -> Vec<PrintedEntry> {
    let entries = node.as_mapping().into_iter().flatten().filter(|(key, _)| key.starts_with("x-"));
    let mut found: Vec<PrintedEntry> = entries
        .map(|(key, entry)| PrintedEntry { key: key.to_string(), value: as_written(&entry.value), only_in })
        .collect();
    found.sort_by(|left, right| left.key.cmp(&right.key));
    found
}

/// A value that nothing is known of.
pub(super) fn as_written(node: &Node) -> Printed {
    match &node.kind {
        Kind::Sequence(items) => Printed::List(items.iter().map(as_written).collect()),
        Kind::Mapping(mapping) => {
            let mut entries: Vec<PrintedEntry> =
                mapping.iter().map(|(key, entry)| both(key, as_written(&entry.value))).collect();
            entries.sort_by(|left, right| left.key.cmp(&right.key));
            Printed::Mapping(entries)
        }
        Kind::Scalar(scalar) => match node.resolved() {
            Some(Resolved::Null) => Printed::Null,
            Some(Resolved::Bool(value)) => Printed::Bool(value),
            Some(Resolved::Integer(value)) => Printed::Integer(value),
            Some(Resolved::Unsigned(value)) => Printed::Float(value as f64),
            Some(Resolved::Float(value)) => Printed::Float(value),
            _ => Printed::Text(scalar.text.to_string()),
        },
    }
}

/// A scalar as Go's `fmt.Sprint` prints it: what a container gets for `PORT: 0700`, `VERSION: 3.10`.
pub(super) fn printed(node: &Node) -> String {
    let text = node.as_text().unwrap_or_default();
    match node.resolved() {
        Some(Resolved::Null) => String::new(),
        Some(Resolved::Bool(value)) => value.to_string(),
        Some(Resolved::Integer(value)) => value.to_string(),
        Some(Resolved::Unsigned(value)) => value.to_string(),
        Some(Resolved::Float(value)) => float_text(value),
        Some(Resolved::Timestamp) => timestamp_text(text),
        _ => text.to_owned(),
    }
}

/// A number as Go prints it: with an exponent below 1e-4 and from 1e6.
pub(super) fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e6).contains(&magnitude) {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(("+", exponent), |digits| ("-", digits));
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    format!("{value}")
}

/// A date as Go prints it: `2001-12-14 00:00:00 +0000 UTC`.
fn timestamp_text(text: &str) -> String {
    let (date, time) = text.split_once(['T', 't', ' ']).unwrap_or((text, "00:00:00"));
    let mut parts = date.splitn(3, '-');
    let mut part = || parts.next().unwrap_or_default();
    let (year, month, day) = (part(), part(), part());
    let (clock, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, "Z"),
    };
    let zone = match zone {
        "Z" => "+0000 UTC".to_owned(),
        zone => format!("{0} {0}", zone.replace(':', "")),
    };
    format!("{year}-{month:0>2}-{day:0>2} {clock} {zone}")
}

impl Shape {
    /// The value as it is printed; `None` where it is left out.
    fn print(&self, node: &Node, complain: Complain<'_>) -> Option<Printed> {
        let text = || node.as_text().map(str::to_owned);
        match self {
            Self::Text => Some(Printed::Text(match node.resolved()? {
                Resolved::Null => return None,
                Resolved::Text => text()?,
                _ => printed(node),
            }))
            .filter(|value| *value != Printed::Text(String::new())),
            Self::Truth { keeps_false } => {
                let value = Boolean::of(node);
                if value.is_none() && !node.is_null() {
                    complain(node, invalid(node, "`true` or `false`"));
                }
                value.filter(|value| *value || *keeps_false).map(Printed::Bool)
            }
            Self::Count { keeps_zero } => {
                let value = whole(node);
                if value.is_none() && !node.is_null() {
                    complain(node, invalid(node, "a whole number"));
                }
                value.filter(|value| *value != 0 || *keeps_zero).map(Printed::Integer)
            }
            Self::Share => {
                let value = match node.resolved()? {
                    Resolved::Null => return None,
                    Resolved::Integer(value) => Some(value as f32),
                    Resolved::Unsigned(value) => Some(value as f32),
                    Resolved::Float(value) => Some(value as f32),
                    _ => text()?.parse::<f32>().ok(),
                };
                if value.is_none() {
                    complain(node, invalid(node, "a number"));
                }
                // Through its text, 0.1 stays 0.1.
                let value = value?.to_string().parse::<f64>().ok()?;
                (value != 0.0).then_some(Printed::Float(value))
            }
            Self::Bytes => {
                let value = match node.resolved()? {
                    // A fraction counts as nothing.
                    Resolved::Null | Resolved::Float(_) | Resolved::Unsigned(_) => return None,
                    Resolved::Integer(value) => Some(ByteSize(value)),
                    _ => text()?.parse().ok(),
                };
                if value.is_none() {
                    complain(node, invalid(node, "a size: `512m`, `1g`, or a number of bytes"));
                }
                value.filter(|value| value.0 != 0).map(|value| Printed::Text(value.to_string()))
            }
            Self::Duration { keeps_zero } => {
                if node.is_null() {
                    return None;
                }
                let value: Option<Duration> = printed(node).parse().ok();
                if value.is_none() {
                    complain(node, invalid(node, "a duration: `500ms`, `10s`, `1m30s`"));
                }
                let value = value.filter(|value| value.0 != 0 || *keeps_zero)?;
                Some(Printed::Text(value.to_string()))
            }
            Self::Command => self.print_command(node, complain),
            Self::Test => match &node.kind {
                Kind::Scalar(_) if node.is_null() => None,
                Kind::Scalar(_) => Some(texts(["CMD-SHELL".to_owned(), text()?])),
                _ => some_texts(node),
            },
            Self::Texts | Self::Words => match &node.kind {
                Kind::Scalar(_) if node.is_null() => None,
                Kind::Scalar(_) => Some(texts([text()?])),
                _ => some_texts(node),
            },
            Self::Pairs => pairs(node, false),
            Self::Variables => pairs(node, true),
            Self::ManyOptions => {
                let entries = node.as_mapping()?.iter().map(|(key, entry)| {
                    let values = some_texts(&entry.value).unwrap_or_else(|| texts([printed(&entry.value)]));
                    both(key, values)
                });
                sorted(entries.collect())
            }
            Self::Hosts => hosts(node, complain),
            Self::Limit => match &node.kind {
                Kind::Mapping(_) => {
                    let fields = &[Field("soft", COUNT), Field("hard", COUNT)];
                    Some(fields_of(fields, node, complain))
                }
                _ => Some(Printed::Integer(whole(node)?)),
            },
            Self::Mode => {
                let value = node.as_integer().or_else(|| i64::from_str_radix(&text()?, 8).ok());
                if value.is_none() && !node.is_null() {
                    complain(node, invalid(node, "a mode in octal digits: `0440`"));
                }
                value.map(|value| Printed::Text(format!("0{value:o}")))
            }
            Self::Devices => {
                let value = node.as_integer().or_else(|| match &*text()? {
                    all if all.eq_ignore_ascii_case("all") => Some(-1),
                    number => number.parse().ok(),
                });
                if value.is_none() && !node.is_null() {
                    complain(node, invalid(node, "`all` or a number"));
                }
                value.filter(|value| *value != 0).map(Printed::Integer)
            }
            Self::Keys => {
                let entries = node.as_mapping().filter(|entries| !entries.is_empty())?.iter();
                let shown = entries.map(|(id, entry)| match entry.value.as_text().unwrap_or_default() {
                    "" => Printed::Text(id.to_string()),
                    path => Printed::Text(format!("{id}={path}")),
                });
                Some(Printed::List(shown.collect()))
            }
            Self::Disk(amount, shape) => {
                let path = node.get("path").and_then(Node::as_text).unwrap_or_default().to_owned();
                let none =
                    if matches!(shape, Bytes) { Printed::Text("0".to_owned()) } else { Printed::Integer(0) };
                let value = node.get(amount).and_then(|value| shape.print(value, complain)).unwrap_or(none);
                let entries =
                    [("path", Printed::Text(path)), (*amount, value)].into_iter().flat_map(|(key, value)| {
                        let capital = key[..1].to_uppercase() + &key[1..];
                        [(capital, Format::Json), (key.to_owned(), Format::Yaml)].map(|(key, format)| {
                            PrintedEntry { key, value: value.clone(), only_in: Some(format) }
                        })
                    });
                Some(Printed::Mapping(entries.collect()))
            }
            Self::List(shape) => {
                let items = node.as_sequence().filter(|items| !items.is_empty())?;
                let shown = items.iter().map(|item| shape.print(item, complain).unwrap_or(Printed::Null));
                Some(Printed::List(shown.collect()))
            }
            Self::Named(shape) => {
                let entries = node.as_mapping()?.iter().map(|(key, entry)| {
                    both(key, shape.print(&entry.value, complain).unwrap_or(Printed::Null))
                });
                sorted(entries.collect())
            }
            Self::Fields(fields) | Self::Always(fields) => {
                node.as_mapping()?;
                Some(fields_of(fields, node, complain))
            }
        }
    }

    /// Words of a shell, or a list; an empty one stays, since it clears the image's own.
    fn print_command(&self, node: &Node, complain: Complain<'_>) -> Option<Printed> {
        if node.is_null() {
            return None;
        }
        if let Some(items) = node.as_sequence() {
            return Some(texts(items.iter().map(printed)));
        }
        let words = super::words::split(node.as_text()?);
        if words.is_none() {
            let problem =
                Problem::new(Fault::InvalidValue, node.place(), "a quote of this command is never closed");
            complain(
                node,
                problem.help("close the quote, or write the command as a list: `[PROGRAM, ARGUMENT]`"),
            );
        }
        Some(texts(words.unwrap_or_default()))
    }
}

fn fields_of(fields: &[Field], node: &Node, complain: Complain<'_>) -> Printed {
    let mut entries = Vec::new();
    for Field(key, shape) in fields {
        let value = node.get(key).and_then(|value| shape.print(value, complain));
        let (value, only_in) = match (value, shape) {
            // Go leaves an empty structure out of YAML, and an unset command.
            (Some(value), Always(_)) if is_empty(&value) => (value, Some(Format::Json)),
            (Some(value), _) => (value, None),
            (None, Always(fields)) => {
                let nothing = Node::mapping(node.span, crate::yaml::Mapping::default());
                (fields_of(fields, &nothing, &mut |_, _| {}), Some(Format::Json))
            }
            (None, Command) => (Printed::Null, Some(Format::Json)),
            (None, _) => continue,
        };
        entries.push(PrintedEntry { key: (*key).to_owned(), value, only_in });
    }
    entries.extend(extensions(node, Some(Format::Yaml)));
    Printed::Mapping(entries)
}

fn is_empty(value: &Printed) -> bool {
    matches!(value, Printed::Mapping(entries) if entries.iter().all(|entry| entry.only_in == Some(Format::Json)))
}

fn invalid(node: &Node, expected: &str) -> Problem {
    let written = node.as_text().unwrap_or_default();
    Problem::new(Fault::InvalidValue, node.place(), format!("`{written}` is not {expected}"))
        .help(format!("write {expected}"))
}

fn whole(node: &Node) -> Option<i64> {
    match node.resolved()? {
        Resolved::Integer(value) => Some(value),
        Resolved::Unsigned(value) => i64::try_from(value).ok(),
        Resolved::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(value as i64),
        Resolved::Text => node.as_text()?.parse().ok(),
        _ => None,
    }
}

fn texts(items: impl IntoIterator<Item = String>) -> Printed {
    Printed::List(items.into_iter().map(Printed::Text).collect())
}

fn some_texts(node: &Node) -> Option<Printed> {
    let items = node.as_sequence().filter(|items| !items.is_empty())?;
    Some(texts(items.iter().map(printed)))
}

fn sorted(mut entries: Vec<PrintedEntry>) -> Option<Printed> {
    entries.sort_by(|left, right| left.key.cmp(&right.key));
    (!entries.is_empty()).then_some(Printed::Mapping(entries))
}

fn pairs(node: &Node, keeps_null: bool) -> Option<Printed> {
    let none = || if keeps_null { Printed::Null } else { Printed::Text(String::new()) };
    let mut entries: Vec<PrintedEntry> = Vec::new();
    match &node.kind {
        Kind::Mapping(mapping) => {
            // Compose takes a name that begins with `x-` for an extension, and prints all of them as one.
            let (extensions, own): (Vec<_>, Vec<_>) =
                mapping.iter().partition(|(key, _)| key.starts_with("x-"));
            for (key, entry) in own {
                let value = &entry.value;
                entries.push(both(key, if value.is_null() { none() } else { Printed::Text(printed(value)) }));
            }
            let mut extensions: Vec<String> = extensions
                .into_iter()
                .map(|(key, entry)| format!("{key}:{}", printed(&entry.value)))
                .collect();
            extensions.sort();
            if !extensions.is_empty() {
                entries.push(both("#extensions", Printed::Text(format!("map[{}]", extensions.join(" ")))));
            }
        }
        Kind::Sequence(items) => {
            for item in items.iter() {
                let text = printed(item);
                let (key, value) = match text.split_once('=') {
                    Some((key, value)) => (key, Printed::Text(value.to_owned())),
                    None => (&*text, none()),
                };
                entries.retain(|known| known.key != key);
                entries.push(both(key, value));
            }
        }
        Kind::Scalar(_) => {}
    }
    sorted(entries)
}

fn hosts(node: &Node, complain: Complain<'_>) -> Option<Printed> {
    let mut lines: Vec<String> = Vec::new();
    let mut add = |at: &Node, host: &str, addresses: &str, complain: Complain<'_>| {
        if host.is_empty() || host.contains([':', '=']) {
            let problem =
                Problem::new(Fault::InvalidValue, at.place(), format!("`{host}` is no host's name"));
            complain(at, problem.help("write `HOST=ADDRESS`"));
        }
        for address in addresses.split(',') {
            let bare = address
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
                .filter(|bare| !bare.is_empty());
            lines.push(format!("{host}={}", bare.unwrap_or(address)));
        }
    };
    match &node.kind {
        Kind::Mapping(mapping) => {
            for (host, entry) in mapping.iter() {
                match entry.value.as_sequence() {
                    Some(addresses) => {
                        for address in addresses {
                            add(address, host, &printed(address), complain);
                        }
                    }
                    None => add(&entry.value, host, &printed(&entry.value), complain),
                }
            }
        }
        Kind::Sequence(items) => {
            for item in items.iter() {
                let text = printed(item);
                match text.split_once('=').or_else(|| text.split_once(':')) {
                    Some((host, addresses)) => add(item, host, addresses, complain),
                    None => {
                        let problem = Problem::new(
                            Fault::InvalidValue,
                            item.place(),
                            format!("`{text}` has no address"),
                        );
                        complain(item, problem.help("write `HOST=ADDRESS`"));
                    }
                }
            }
        }
        Kind::Scalar(_) => {}
    }
    lines.sort();
    (!lines.is_empty()).then(|| texts(lines))
}
