//! The keys of a service in the compose specification that pass through to the rendered file.
//!
//! Source: `schema/compose-spec.json` of the compose specification, as docker-compose 2.40.3 embeds it. Left out are the
//! keys in whose place stackgen has its own: see [`instead_of`].

/// Which values a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A number, or text that holds one with a unit.
    Number,
    /// A list.
    List,
    /// A mapping.
    Mapping,
    /// `KEY: value` pairs, or a list of `KEY=value`.
    Pairs,
    /// One text, or a list.
    TextOrList,
    /// One text, or a mapping.
    TextOrMapping,
    /// A list of names, or a mapping by name.
    ListOrMapping,
}

impl Shape {
    /// The shape in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Boolean => "`true` or `false`",
            Self::Number => "a number",
            Self::List => "a list",
            Self::Mapping => "a mapping",
            Self::Pairs => "a mapping, or a list of `KEY=value`",
            Self::TextOrList => "text or a list",
            Self::TextOrMapping => "text or a mapping",
            Self::ListOrMapping => "a list or a mapping",
        }
    }

    /// What to write for a key of this shape.
    pub(super) fn example(self, key: &str) -> String {
        match self {
            Self::Text => format!("write one text: `{key}: \"...\"`"),
            Self::Boolean => format!("write `{key}: true` or `{key}: false`"),
            Self::Number => format!("write `{key}: 1`"),
            Self::List | Self::TextOrList | Self::ListOrMapping => {
                format!("write a list: `{key}: [one, two]`")
            }
            Self::Pairs => format!("write pairs: `{key}: {{ KEY: value }}`"),
            Self::Mapping | Self::TextOrMapping => {
                format!("write `{key}:` and its details below it, as in a compose file")
            }
        }
    }
}

/// A key of the compose specification.
#[derive(Clone, Copy, Debug)]
pub struct ComposeKey {
    /// The key.
    pub name: &'static str,
    /// The values that it takes.
    pub shape: Shape,
    /// What it is for, in one sentence.
    pub description: &'static str,
}

/// Every key that passes through, by name.
pub const KEYS: &[ComposeKey] = &[
    key("annotations", Shape::Pairs, "Annotations of the container."),
    key("attach", Shape::Boolean, "`false` keeps its log out of `docker compose up`."),
    key("blkio_config", Shape::Mapping, "Limits of block devices."),
    key("build", Shape::TextOrMapping, "How to build the image: a folder, or its details."),
    key("cap_add", Shape::List, "Capabilities that the container gets."),
    key("cap_drop", Shape::List, "Capabilities that the container loses."),
    key("cgroup", Shape::Text, "The cgroup namespace: `host` or `private`."),
    key("cgroup_parent", Shape::Text, "The parent cgroup."),
    key("command", Shape::TextOrList, "The command, in place of the image's."),
    key("configs", Shape::List, "Configs that are mounted."),
    key("cpu_count", Shape::Number, "Number of usable CPUs."),
    key("cpu_percent", Shape::Number, "Percentage of usable CPUs."),
    key("cpu_period", Shape::Number, "Period of the CPU quota, in microseconds."),
    key("cpu_quota", Shape::Number, "CPU quota, in microseconds a period."),
    key("cpu_rt_period", Shape::Number, "Period of the real-time scheduler."),
    key("cpu_rt_runtime", Shape::Number, "Runtime of the real-time scheduler."),
    key("cpu_shares", Shape::Number, "Relative weight of the CPU."),
    key("cpus", Shape::Number, "Number of CPUs that may be used."),
    key("cpuset", Shape::Text, "CPUs that may be used: `0-3`, `0,1`."),
    key("credential_spec", Shape::Mapping, "Credentials of a managed Windows account."),
    key("deploy", Shape::Mapping, "Replicas, resources, restart policy and placement."),
    key("develop", Shape::Mapping, "What `docker compose watch` does when a file changes."),
    key("device_cgroup_rules", Shape::List, "Rules of the devices' cgroup."),
    key("devices", Shape::List, "Devices of the host."),
    key("dns", Shape::TextOrList, "DNS servers."),
    key("dns_opt", Shape::List, "Options of the resolver."),
    key("dns_search", Shape::TextOrList, "Search domains."),
    key("domainname", Shape::Text, "The container's domain."),
    key("entrypoint", Shape::TextOrList, "The entrypoint, in place of the image's."),
    key("env_file", Shape::TextOrList, "Files with variables."),
    key("environment", Shape::Pairs, "Variables of the container."),
    key("external_links", Shape::List, "Links to containers of other projects."),
    key("extra_hosts", Shape::Pairs, "Further host names with their addresses."),
    key("gpus", Shape::TextOrList, "GPUs that may be used."),
    key("group_add", Shape::List, "Further groups of the user."),
    key("healthcheck", Shape::Mapping, "The probe in Compose's own words; `health` is shorter."),
    key("hostname", Shape::Text, "The container's own host name."),
    key("image", Shape::Text, "The image to run."),
    key("init", Shape::Boolean, "Runs an init process that reaps children and forwards signals."),
    key("ipc", Shape::Text, "The IPC namespace."),
    key("isolation", Shape::Text, "The isolation technology, on Windows."),
    key("label_file", Shape::TextOrList, "Files with labels."),
    key("labels", Shape::Pairs, "Labels of the container."),
    key("logging", Shape::Mapping, "The logging driver and its options."),
    key("mac_address", Shape::Text, "The MAC address."),
    key("mem_limit", Shape::Number, "Memory that may be used: `512m`."),
    key("mem_reservation", Shape::Number, "Memory that is reserved."),
    key("mem_swappiness", Shape::Number, "How readily memory is swapped, 0 to 100."),
    key("memswap_limit", Shape::Number, "Memory and swap together."),
    key("models", Shape::ListOrMapping, "AI models that it uses."),
    key("network_mode", Shape::Text, "`host`, `none` or `service:NAME`, in place of networks."),
    key("networks", Shape::ListOrMapping, "Networks besides those of the tiers."),
    key("oom_kill_disable", Shape::Boolean, "Keeps the kernel from killing it when memory is short."),
    key("oom_score_adj", Shape::Number, "How readily the kernel kills it when memory is short."),
    key("pid", Shape::Text, "The PID namespace."),
    key("pids_limit", Shape::Number, "How many processes it may have; -1 for any."),
    key("platform", Shape::Text, "The platform: `linux/arm64`."),
    key("post_start", Shape::List, "Commands that run after its start."),
    key("pre_stop", Shape::List, "Commands that run before its stop."),
    key("privileged", Shape::Boolean, "Gives the container nearly all rights of the host."),
    key("profiles", Shape::List, "Profiles that it belongs to."),
    key("provider", Shape::Mapping, "A program outside Docker that provides the service."),
    key(
        "pull_policy",
        Shape::Text,
        "When the image is pulled: `always`, `missing`, `never`, `build`, `daily`, `weekly`.",
    ),
    key("pull_refresh_after", Shape::Text, "How old a pulled image may get."),
    key("read_only", Shape::Boolean, "Makes the root file system read-only."),
    key("restart", Shape::Text, "When it is restarted: `\"no\"`, `always`, `on-failure`, `unless-stopped`."),
    key("runtime", Shape::Text, "The OCI runtime."),
    key("security_opt", Shape::List, "Security options: `no-new-privileges:true`."),
    key("shm_size", Shape::Number, "Size of `/dev/shm`."),
    key("stdin_open", Shape::Boolean, "Keeps standard input open."),
    key("stop_grace_period", Shape::Text, "How long a stop may take before it is killed."),
    key("stop_signal", Shape::Text, "The signal that stops it."),
    key("storage_opt", Shape::Mapping, "Options of the storage driver."),
    key("sysctls", Shape::Pairs, "Kernel parameters of the container."),
    key("tmpfs", Shape::TextOrList, "Folders in memory."),
    key("tty", Shape::Boolean, "Gives it a terminal."),
    key("ulimits", Shape::Mapping, "Limits of files, processes and so on."),
    key("use_api_socket", Shape::Boolean, "Gives it access to the Docker API."),
    key("user", Shape::Text, "The user that its process runs as."),
    key("userns_mode", Shape::Text, "The user namespace."),
    key("uts", Shape::Text, "The UTS namespace."),
    key("volumes", Shape::List, "Mounts: named volumes and folders."),
    key("volumes_from", Shape::List, "Mounts of another service."),
    key("working_dir", Shape::Text, "The working directory."),
];

const fn key(name: &'static str, shape: Shape, description: &'static str) -> ComposeKey {
    ComposeKey { name, shape, description }
}

/// Keys inside a key, where the specification allows no others.
pub(super) const INSIDE: [(&str, &[&str]); 3] = [
    (
        "build",
        &[
            "additional_contexts",
            "args",
            "cache_from",
            "cache_to",
            "context",
            "dockerfile",
            "dockerfile_inline",
            "entitlements",
            "extra_hosts",
            "isolation",
            "labels",
            "network",
            "no_cache",
            "platforms",
            "privileged",
            "provenance",
            "pull",
            "sbom",
            "secrets",
            "shm_size",
            "ssh",
            "tags",
            "target",
            "ulimits",
        ],
    ),
    (
        "deploy",
        &[
            "endpoint_mode",
            "labels",
            "mode",
            "placement",
            "replicas",
            "resources",
            "restart_policy",
            "rollback_config",
            "update_config",
        ],
    ),
    ("healthcheck", &["disable", "interval", "retries", "start_interval", "start_period", "test", "timeout"]),
];

/// Keys of `build` that take nothing but text.
pub(super) const TEXT_IN_BUILD: [&str; 5] =
    ["context", "dockerfile", "dockerfile_inline", "network", "target"];

/// What a stack says in place of a key of Compose that would undo one of its promises.
pub(super) fn instead_of(key: &str) -> Option<&'static str> {
    Some(match key {
        "ports" => "write `publish: 8080`, so that collisions between services are seen",
        "expose" => "write `listen: 8080`, so that references know the port",
        "depends_on" => "write `needs: [name]`; a reference such as `${{ postgres.url }}` waits by itself",
        "links" => "write a reference such as `${{ postgres.host }}`",
        "container_name" => {
            "leave it out: it is one name for the whole machine, and services reach each other by service name"
        }
        "extends" => "write what is common in a template of your own, in `templates/` beside the stack",
        "scale" => "write `deploy: { replicas: 3 }`",
        _ => return None,
    })
}
