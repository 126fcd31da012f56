//! The keys of a service, in the order in which Docker Compose 2.40 prints them, and of what shares them since 5.3.

use super::container::*;
use super::deploy::DEPLOY;
use super::types::*;
use super::{
    Fields, Form, Holder, JOBS, Key, Merge, PRE_START_CONTAINERS, PathOf, Print, SHARED, Same, Texts, Type,
    WHOLE_PULL_POLICY, key, order_of, version,
};

const SERVICE_ONLY: &[Holder] = &[Holder::Service];
const JOB_ONLY: &[Holder] = &[Holder::Job];
const PRE_START_ONLY: &[Holder] = &[Holder::PreStart];
/// What runs by itself.
const WORKLOAD: &[Holder] = &[Holder::Service, Holder::Job];

/// A service.
pub const SERVICE: &Type = &Type::new(&[Form::Mapping(&SERVICE_FIELDS)], Print::Fields);
pub(super) const JOB: &Type = &Type::new(&[Form::Mapping(&JOB_FIELDS)], Print::Fields);

const SERVICE_FIELDS: Fields = Fields::closed(KEYS).of(Holder::Service, &ORDER);
const JOB_FIELDS: Fields = Fields::closed(KEYS).of(Holder::Job, &ORDER).requires(&["triggers"]);
const PRE_START_FIELDS: Fields = Fields::closed(KEYS).of(Holder::PreStart, &ORDER);

static ORDER: [u8; KEYS.len()] = order_of(KEYS);

pub(super) const fn fields_of(holder: Holder) -> &'static Fields {
    match holder {
        Holder::Service => &SERVICE_FIELDS,
        Holder::Job => &JOB_FIELDS,
        Holder::PreStart => &PRE_START_FIELDS,
    }
}

const NAME_PATTERN: Texts = Texts::Like("[a-zA-Z0-9][a-zA-Z0-9_.-]+", |text| {
    let is_inner = |next: u8| next.is_ascii_alphanumeric() || b"_.-".contains(&next);
    text.as_bytes().array_windows().any(|[first, next]| first.is_ascii_alphanumeric() && is_inner(*next))
});
const POLICIES: [&str; 8] =
    ["always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"];
const POLICY_PATTERN: &str =
    "always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+";
const POLICY_INSIDE: Texts = Texts::Like(POLICY_PATTERN, |text| {
    POLICIES.iter().any(|policy| text.contains(policy))
        || text.match_indices("every_").any(|(at, every)| times(&text[at + every.len()..]).is_some())
});
const POLICY: Texts = Texts::Like(
    "^(always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+)$",
    |text| POLICIES.contains(&text) || text.strip_prefix("every_").and_then(times) == Some(""),
);

/// What stands behind `1w2d`, of which there is one part at least.
fn times(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        let unit = rest.trim_start_matches(|next: char| next.is_ascii_digit());
        let behind = unit.strip_prefix(['w', 'd', 'h', 'm', 's']).filter(|_| unit.len() < rest.len());
        match behind {
            Some(behind) => rest = behind,
            None => return Some(rest).filter(|rest| rest.len() < text.len()),
        }
    }
}

const KEYS: &[Key; 97] = &[
    key("profiles", TEXT_SET, "Profiles that it belongs to.").same(Same::Name).of(WORKLOAD).place(0),
    key("annotations", PAIRS, "Annotations of the container.").merge(Merge::Pairs).same(Same::Name).loses(),
    key("attach", OPTIONAL_BOOLEAN, "`false` keeps its log out of `docker compose up`.")
        .of(SERVICE_ONLY)
        .place(6),
    key("build", BUILD, "How to build the image: a folder, or its details.")
        .rank(2)
        .merge(Merge::Long)
        .of(WORKLOAD)
        .place(SHARED + 1),
    key("develop", DEVELOP, "What `docker compose watch` does when a file changes.")
        .of(SERVICE_ONLY)
        .place(3),
    key("blkio_config", BLOCK_IO, "Limits of block devices."),
    key("cap_add", TEXT_SET, "Capabilities that the container gets.").same(Same::Name),
    key("cap_drop", TEXT_SET, "Capabilities that the container loses.").same(Same::Name),
    key("cgroup_parent", TEXT, "The parent cgroup."),
    key(
        "cgroup",
        &Type::new(&[one_of(&["host", "private"])], Print::Text),
        "The cgroup namespace: `host` or `private`.",
    ),
    key("cpu_count", CPUS, "Number of usable CPUs.").cast(),
    key("cpu_percent", PERCENT, "Percentage of usable CPUs.").cast(),
    key("cpu_period", NUMBER, "Period of the CPU quota, in microseconds.").cast(),
    key("cpu_quota", NUMBER, "CPU quota, in microseconds a period.").cast(),
    key("cpu_rt_period", NUMBER, "Period of the real-time scheduler.").cast(),
    key("cpu_rt_runtime", NUMBER, "Runtime of the real-time scheduler.").cast(),
    key("cpus", SHARE, "Number of CPUs that may be used.").cast(),
    key("cpuset", TEXT, "CPUs that may be used: `0-3`, `0,1`."),
    key("cpu_shares", NUMBER, "Relative weight of the CPU.").cast(),
    key("command", COMMAND, "The command, in place of the image's.").rank(12).merge(Merge::Replace),
    key("configs", FILE_GRANTS, "Configs that are mounted.").rank(5).same(Same::TargetIn("/")).loses(),
    key(
        "container_name",
        &Type::new(&[Form::Text(NAME_PATTERN)], Print::Text),
        "The name of the container, in place of one that Compose makes.",
    )
    .of(SERVICE_ONLY)
    .place(7),
    key("credential_spec", CREDENTIALS, "Credentials of a managed Windows account."),
    key("depends_on", DEPENDENCIES, "Services that have to be there first.")
        .rank(3)
        .merge(Merge::Names)
        .of(WORKLOAD)
        .place(SHARED + 1),
    key("deploy", DEPLOY, "Replicas, resources, restart policy and placement.").of(SERVICE_ONLY).place(2),
    key("device_cgroup_rules", TEXT_SET, "Rules of the devices' cgroup."),
    key("devices", DEVICES, "Devices of the host.").same(Same::Target),
    key("dns", DNS, "DNS servers.").merge(Merge::OneOrMany).same(Same::Name),
    key("dns_opt", TEXT_SET, "Options of the resolver.").merge(Merge::OneOrMany).same(Same::Name),
    key("dns_search", ONE_OR_MANY, "Search domains.").merge(Merge::OneOrMany).same(Same::Name),
    key("domainname", TEXT, "The container's domain."),
    key("entrypoint", COMMAND, "The entrypoint, in place of the image's.").rank(13).merge(Merge::Replace),
    key("provider", PROVIDER, "A program outside Docker that provides the service.")
        .of(SERVICE_ONLY)
        .place(10),
    key("environment", VARIABLES, "Variables of the container.")
        .rank(7)
        .merge(Merge::Pairs)
        .same(Same::Name)
        .loses(),
    key("env_file", ENV_FILES, "Files with variables.").rank(8).merge(Merge::OneOrMany).same(Same::Path),
    key("expose", WORDS, "Ports that it listens on, for other containers.")
        .same(Same::Text)
        .of(WORKLOAD)
        .place(SHARED + 1),
    key("extends", EXTENDS, "A service whose keys it takes over.").of(SERVICE_ONLY).place(11),
    key("external_links", TEXT_SET, "Links to containers of other projects.").of(SERVICE_ONLY).place(8),
    key("extra_hosts", HOSTS, "Further host names with their addresses.").rank(11).merge(Merge::Hosts),
    key("group_add", WORDS, "Further groups of the user."),
    key("gpus", GPUS, "GPUs that may be used."),
    key("hostname", TEXT, "The container's own host name."),
    key("healthcheck", HEALTH, "The command that tells whether it is healthy, and when it runs.")
        .rank(16)
        .of(WORKLOAD)
        .place(SHARED + 1),
    key("image", TEXT, "The image to run.").rank(1),
    key("init", OPTIONAL_BOOLEAN, "Runs an init process that reaps children and forwards signals.").cast(),
    key("ipc", TEXT, "The IPC namespace."),
    key("isolation", TEXT, "The isolation technology, on Windows."),
    key("labels", PAIRS, "Labels of the container.").rank(18).merge(Merge::Pairs).same(Same::Name).loses(),
    key("label_file", LABEL_FILES, "Files with labels.").merge(Merge::OneOrMany).path(PathOf::File),
    key("links", TEXT_SET, "Services that it reaches, by further names.")
        .same(Same::Name)
        .of(SERVICE_ONLY)
        .place(9),
    key("logging", LOGGING, "The logging driver and its options.").rank(17).merge(Merge::SameDriver),
    key("mem_limit", BYTES, "Memory that may be used: `512m`."),
    key("mem_reservation", WHOLE_BYTES, "Memory that is reserved."),
    key("memswap_limit", BYTES, "Memory and swap together."),
    key("mem_swappiness", WHOLE_BYTES, "How readily memory is swapped, 0 to 100."),
    key("mac_address", TEXT, "The MAC address."),
    key("models", MODEL_USES, "AI models that it uses."),
    key("network_mode", TEXT, "`host`, `none` or `service:NAME`, in place of networks."),
    key("networks", NETWORK_USES, "Networks that it is on.").rank(10).merge(Merge::Names),
    key("oom_kill_disable", BOOLEAN, "Keeps the kernel from killing it when memory is short.").cast(),
    key("oom_score_adj", OOM_SCORE, "How readily the kernel kills it when memory is short.").cast(),
    key("pid", TEXT_OR_NULL, "The PID namespace."),
    key("pids_limit", NUMBER, "How many processes it may have; -1 for any.").cast(),
    key("platform", TEXT, "The platform: `linux/arm64`."),
    key("ports", PORTS, "Ports that are published on the host.")
        .rank(9)
        .same(Same::Port)
        .of(WORKLOAD)
        .place(SHARED + 1),
    key("privileged", BOOLEAN, "Gives the container nearly all rights of the host.").cast(),
    key("pull_policy", &Type::new(&[Form::Text(POLICY_INSIDE)], Print::Text), POLICY_HOVER)
        .until(&WHOLE_PULL_POLICY),
    key("pull_policy", &Type::new(&[Form::Text(POLICY)], Print::Text), POLICY_HOVER)
        .since(&WHOLE_PULL_POLICY),
    key("pull_refresh_after", UNPRINTED_TEXT, "How old a pulled image may get."),
    key("read_only", BOOLEAN, "Makes the root file system read-only.").cast(),
    key("restart", TEXT, "When it is restarted: `\"no\"`, `always`, `on-failure`, `unless-stopped`.")
        .rank(15)
        .of(SERVICE_ONLY)
        .place(4),
    key("runtime", TEXT, "The OCI runtime."),
    key("scale", OPTIONAL_WHOLE, "How many containers run.").cast().of(SERVICE_ONLY).place(5),
    key("secrets", SECRET_GRANTS, "Secrets that are mounted.")
        .rank(6)
        .same(Same::TargetIn("/run/secrets/"))
        .loses(),
    key("security_opt", TEXT_SET, "Security options: `no-new-privileges:true`."),
    key("shm_size", BYTES, "Size of `/dev/shm`."),
    key("stdin_open", BOOLEAN, "Keeps standard input open.").cast().of(WORKLOAD).place(SHARED + 1),
    key("stop_grace_period", OPTIONAL_DURATION, "How long a stop may take before it is killed."),
    key("stop_signal", TEXT, "The signal that stops it."),
    key("storage_opt", ANY_OPTIONS, "Options of the storage driver."),
    key("sysctls", PAIRS, "Kernel parameters of the container.").merge(Merge::Pairs).same(Same::Name).loses(),
    key("tmpfs", ONE_OR_MANY, "Folders in memory.").merge(Merge::OneOrMany).same(Same::Name),
    key("tty", BOOLEAN, "Gives it a terminal.").cast().of(WORKLOAD).place(SHARED + 1),
    key("ulimits", ULIMITS, "Limits of files, processes and so on."),
    key("use_api_socket", STRICT_BOOLEAN, "Gives it access to the Docker API."),
    key("user", TEXT, "The user that its process runs as.").rank(19),
    key("userns_mode", TEXT, "The user namespace."),
    key("uts", TEXT, "The UTS namespace."),
    key("volumes", MOUNTS, "Mounts: named volumes and folders.").rank(4).same(Same::Target).loses(),
    key("volumes_from", TEXT_SET, "Mounts of another service."),
    key("working_dir", TEXT, "The working directory.").rank(14),
    key("pre_start", PRE_START_COMMANDS, PRE_START_HOVER)
        .since(&version::PRE_START)
        .until(&PRE_START_CONTAINERS)
        .of(SERVICE_ONLY)
        .place(20),
    key("pre_start", PRE_START, PRE_START_HOVER).since(&PRE_START_CONTAINERS).of(SERVICE_ONLY).place(20),
    key("post_start", HOOKS, "Commands that run after its start.").of(SERVICE_ONLY).place(21),
    key("pre_stop", HOOKS, "Commands that run before its stop.").of(SERVICE_ONLY).place(22),
    key("triggers", JOB_TRIGGERS, "What starts it.").since(&JOBS).of(JOB_ONLY).place(1),
    key("per_replica", BOOLEAN, "Runs it before each replica, in place of once.")
        .since(&PRE_START_CONTAINERS)
        .of(PRE_START_ONLY)
        .place(SHARED + 2),
];
const POLICY_HOVER: &str =
    "When the image is pulled: `always`, `missing`, `never`, `build`, `daily`, `weekly`.";
const PRE_START_HOVER: &str = "Containers that run, one after the other, before it starts.";

const SCHEDULE_KEYS: &[Key] = &[
    key("cron", TEXT, "When it runs, as a line of crontab: `0 * * * *`."),
    key("timezone", TEXT, "The time zone of those hours: `Europe/Paris`."),
    key(
        "concurrency",
        &Type::new(&[one_of(&["forbid", "queue"])], Print::Text),
        "What happens while the run before still goes on: none begins, or one waits.",
    ),
    key(
        "missed_fires",
        &Type::new(&[one_of(&["one", "skip"])], Print::Text),
        "Whether one run makes up for those that were missed.",
    ),
];
const SCHEDULE: &Type =
    &Type::new(&[ANY_TEXT, Form::Mapping(&Fields::closed(SCHEDULE_KEYS).requires(&["cron"]))], Print::Fields);
const JOB_TRIGGER_KEYS: &[Key] = &[
    key("manual", BOOLEAN, "`false`: `docker compose run` does not start it."),
    key("schedule", &Type::new(&[list(SCHEDULE)], Print::List), "The times at which it runs."),
];
/// One of the two has to be there, which no row says.
const JOB_TRIGGERS: &Type = &Type::new(&[Form::Mapping(&Fields::closed(JOB_TRIGGER_KEYS))], Print::Fields);
