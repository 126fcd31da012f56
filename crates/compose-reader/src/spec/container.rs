//! The keys inside the keys of a service: its build, devices, dependencies, hooks, mounts, ports and networks.

use super::types::*;
use super::{
    CREATE_HOST_PATH, DEPENDENCY_VARIABLES, Fields, Form, Key, Merge, NO_CACHE_FILTER, Names, PathOf, Print,
    Same, Short, Type, any, key,
};

const CONTEXTS: &[Key] = &[any(
    &Type::new(&[Form::Null, Form::Boolean, Form::Number, ANY_TEXT], Print::Text),
    "A folder, an address, an image or `service:NAME`.",
)
.path(PathOf::Context)];
const BUILD_KEYS: &[Key] = &[
    key("context", TEXT, "The folder that is sent to the builder, or the address of a repository.")
        .rank(1)
        .path(PathOf::Context)
        .default("."),
    key("dockerfile", TEXT, "The Dockerfile, seen from the context.")
        .rank(2)
        .default_unless("Dockerfile", "dockerfile_inline"),
    key("dockerfile_inline", TEXT, "The Dockerfile itself, in place of a file."),
    key("entitlements", TEXTS, "Rights that the build gets: `network.host`, `security.insecure`."),
    key("args", VARIABLES, "Values of the Dockerfile's `ARG`s.")
        .rank(4)
        .merge(Merge::Pairs)
        .same(Same::Name)
        .loses(),
    key("provenance", TEXT_OR_BOOLEAN, "Adds an attestation of how the image was built."),
    key("sbom", TEXT_OR_BOOLEAN, "Adds an attestation of what is in the image."),
    key("ssh", KEYS, "SSH keys or agents that the build may use: `default`, or `ID=PATH`."),
    key("labels", PAIRS, "Labels of the image.").merge(Merge::Pairs).same(Same::Name).loses(),
    key("cache_from", TEXTS, "Where the builder looks for cached layers."),
    key("cache_to", TEXTS, "Where the builder stores cached layers."),
    key("no_cache", BOOLEAN, "Builds without the cache."),
    key("no_cache_filter", ONE_OR_MANY, "The stages that are built without the cache.")
        .since(&NO_CACHE_FILTER),
    key(
        "additional_contexts",
        &Type::new(&[Form::Mapping(&Fields::closed(CONTEXTS).named(Names::Any)), set(TEXT)], Print::Pairs)
            .short(Short::Pairs),
        "Further contexts by the name that the Dockerfile uses.",
    )
    .merge(Merge::Pairs)
    .same(Same::Name),
    key("pull", BOOLEAN, "Pulls the base images anew."),
    key("extra_hosts", HOSTS, "Further host names with their addresses, while it is built.")
        .merge(Merge::Hosts)
        .same(Same::Name),
    key("isolation", TEXT, "The isolation technology of the build, on Windows."),
    key("network", TEXT, "The network of `RUN` instructions: `host`, `none` or a name."),
    key("target", TEXT, "The stage of the Dockerfile that is built.").rank(3),
    key("secrets", FILE_GRANTS, "Secrets that the build may read."),
    key("shm_size", WHOLE_BYTES, "Size of `/dev/shm` while it is built."),
    key("tags", TEXTS, "Further names of the image.").same(Same::Name),
    key("ulimits", BUILD_ULIMITS, "Limits of files, processes and so on, while it is built."),
    key("platforms", TEXTS, "The platforms that the image is built for: `linux/arm64`."),
    key("privileged", BOOLEAN, "Gives the build nearly all rights of the host."),
];
pub(super) const BUILD: &Type =
    &Type::new(&[ANY_TEXT, Form::Mapping(&Fields::closed(BUILD_KEYS))], Print::Fields)
        .short(Short::Key("context"));

const SOFT: Key = key("soft", WHOLE, "The limit that holds.");
const HARD: Key = key("hard", WHOLE, "How far it may be raised.");
const LIMIT_KEYS: &[Key] = &[SOFT, HARD];
const CAST_LIMIT_KEYS: &[Key] = &[SOFT.cast(), HARD.cast()];
const fn limit(keys: &'static Fields) -> [Form; 3] {
    [ANY_WHOLE, ANY_TEXT, Form::Mapping(keys)]
}
const LIMIT_HOVER: &str = "One limit, or `soft` and `hard`.";
const BUILD_ULIMIT_KEYS: &[Key] = &[any(
    &Type::new(&limit(&Fields::closed(LIMIT_KEYS).requires(&["soft", "hard"])), Print::Limit),
    LIMIT_HOVER,
)];
const BUILD_ULIMITS: &Type =
    &Type::new(&[Form::Mapping(&Fields::closed(BUILD_ULIMIT_KEYS).named(Names::Small).open())], Print::Named);
const ULIMIT_KEYS: &[Key] = &[any(
    &Type::new(&limit(&Fields::closed(CAST_LIMIT_KEYS).requires(&["soft", "hard"])), Print::Limit),
    LIMIT_HOVER,
)
.cast()
.merge(Merge::Replace)];
pub(super) const ULIMITS: &Type =
    &Type::new(&[Form::Mapping(&Fields::closed(ULIMIT_KEYS).named(Names::Small).open())], Print::Named);

const fn disk(keys: &'static Fields) -> [Form; 1] {
    [Form::Mapping(keys)]
}
const DISK_RATE_KEYS: &[Key] = &[
    key("path", TEXT, "The device: `/dev/sda`."),
    key("rate", WHOLE_BYTES, "Bytes or operations a second."),
];
const DISK_WEIGHT_KEYS: &[Key] = &[
    key("path", TEXT, "The device: `/dev/sda`."),
    key("weight", OPTIONAL_WHOLE, "Its share of time beside other containers, from 10 to 1000."),
];
const DISK_RATES: &Type = &Type::new(
    &[list(&Type::new(&disk(&Fields::closed(DISK_RATE_KEYS).without_extensions()), Print::Disk))],
    Print::List,
);
const DISK_WEIGHTS: &Type = &Type::new(
    &[list(&Type::new(&disk(&Fields::closed(DISK_WEIGHT_KEYS).without_extensions()), Print::Disk))],
    Print::List,
);
const BLOCK_IO_KEYS: &[Key] = &[
    key("weight", WHOLE, "Share of time of all devices beside other containers, from 10 to 1000."),
    key("weight_device", DISK_WEIGHTS, "The share of time of single devices."),
    key("device_read_bps", DISK_RATES, "Bytes a second that may be read from a device."),
    key("device_read_iops", DISK_RATES, "Reads a second from a device."),
    key("device_write_bps", DISK_RATES, "Bytes a second that may be written to a device."),
    key("device_write_iops", DISK_RATES, "Writes a second to a device."),
];
pub(super) const BLOCK_IO: &Type =
    &Type::new(&[Form::Mapping(&Fields::closed(BLOCK_IO_KEYS).without_extensions())], Print::Fields);

const CREDENTIAL_KEYS: &[Key] = &[
    key("config", TEXT, "The config that holds the credential spec."),
    key("file", TEXT, "The file that holds the credential spec."),
    key("registry", TEXT, "The value in the Windows registry that holds the credential spec."),
];
pub(super) const CREDENTIALS: &Type =
    &Type::new(&[Form::Mapping(&Fields::closed(CREDENTIAL_KEYS))], Print::Fields);

const DEPENDENCY_KEYS: &[Key] = &[
    key(
        "condition",
        &Type::new(
            &[one_of(&["service_started", "service_healthy", "service_completed_successfully"])],
            Print::Text,
        ),
        "What is waited for: that it has started, is healthy, or has ended well.",
    )
    .default_in_long_form("service_started"),
    key("restart", BOOLEAN, "Restarts this service when Compose restarts that one.")
        .until(&DEPENDENCY_VARIABLES),
    key("restart", BOOLEAN, "Restarts this service when Compose restarts that one.")
        .cast()
        .since(&DEPENDENCY_VARIABLES),
    key("required", STRICT_OPTIONAL_BOOLEAN, "`false`: a dependency that is not there is only warned of.")
        .default_in_long_form("true")
        .until(&DEPENDENCY_VARIABLES),
    key("required", STRICT_OPTIONAL_BOOLEAN, "`false`: a dependency that is not there is only warned of.")
        .default_in_long_form("true")
        .cast()
        .since(&DEPENDENCY_VARIABLES),
];
const DEPENDENCY: &[Key] = &[any(
    &Type::new(&[Form::Mapping(&Fields::closed(DEPENDENCY_KEYS).requires(&["condition"]))], Print::Fields),
    "A service that has to be there first.",
)];
pub(super) const DEPENDENCIES: &Type =
    &Type::new(&[set(TEXT), Form::Mapping(&Fields::closed(DEPENDENCY).named(Names::Word))], Print::Named)
        .short(Short::Names);

const DEVICE_KEYS: &[Key] = &[
    key("source", TEXT, "The device on the host, or its name of the Container Device Interface."),
    key("target", TEXT, "The device in the container."),
    key("permissions", TEXT, "What the container may do: `r`, `w`, `m`."),
];
const DEVICE: &Type =
    &Type::new(&[ANY_TEXT, Form::Mapping(&Fields::closed(DEVICE_KEYS).requires(&["source"]))], Print::Fields)
        .short(Short::Device);
pub(super) const DEVICES: &Type = &Type::new(&[list(DEVICE)], Print::List);

const ENV_FILE_KEYS: &[Key] = &[
    key("path", TEXT, "The file.").path(PathOf::File),
    key("required", OPTIONAL_BOOLEAN, "`false`: the file need not be there.").default_in_long_form("true"),
    key("format", TEXT, "How it is read: `raw` takes values as they stand."),
];
const ENV_FILE: &Type = &Type::new(
    &[ANY_TEXT, Form::Mapping(&Fields::closed(ENV_FILE_KEYS).without_extensions().requires(&["path"]))],
    Print::Fields,
)
.short(Short::Key("path"));
pub(super) const ENV_FILES: &Type = &Type::new(&[ANY_TEXT, list(ENV_FILE)], Print::List).short(Short::List);

const EXTENDS_KEYS: &[Key] = &[
    key("file", TEXT, "The file of that service, if it is another one.").path(PathOf::File),
    key("service", TEXT, "The service whose keys are taken over."),
];
pub(super) const EXTENDS: &Type = &Type::new(
    &[ANY_TEXT, Form::Mapping(&Fields::closed(EXTENDS_KEYS).without_extensions().requires(&["service"]))],
    Print::Fields,
)
.short(Short::Key("service"));

const PROVIDER_KEYS: &[Key] = &[
    key("type", TEXT, "The program that provides the service."),
    key("options", PROVIDER_OPTIONS, "Options of that program."),
];
pub(super) const PROVIDER: &Type =
    &Type::new(&[Form::Mapping(&Fields::closed(PROVIDER_KEYS).requires(&["type"]))], Print::Fields);

const HEALTH_KEYS: &[Key] = &[
    key("test", TEST, "The command that tells whether it is healthy.").rank(1).merge(Merge::Replace),
    key("timeout", OPTIONAL_DURATION, "How long a test may take.").rank(3),
    key("interval", OPTIONAL_DURATION, "How long to wait between two tests.").rank(2),
    key("retries", OPTIONAL_NUMBER, "How many failed tests in a row make it unhealthy.").rank(4).cast(),
    key("start_period", OPTIONAL_DURATION, "How long failed tests do not count, after its start.").rank(5),
    key("start_interval", OPTIONAL_DURATION, "How long to wait between two tests within `start_period`.")
        .rank(6),
    key("disable", BOOLEAN, "Switches off the health check of the image.").cast(),
];
pub(super) const HEALTH: &Type = &Type::new(&[Form::Mapping(&Fields::closed(HEALTH_KEYS))], Print::Fields);

const LOGGING_KEYS: &[Key] = &[
    key("driver", TEXT, "The logging driver: `json-file`, `local`, `journald`."),
    key("options", LOG_OPTIONS, "Options of the driver: `max-size`, `max-file`."),
];
pub(super) const LOGGING: &Type = &Type::new(&[Form::Mapping(&Fields::closed(LOGGING_KEYS))], Print::Fields);

const MODEL_USE_KEYS: &[Key] = &[
    key("endpoint_var", TEXT, "The variable that holds the address of the model."),
    key("model_var", TEXT, "The variable that holds the name of the model."),
];
const MODEL_USE: &[Key] = &[any(
    &Type::new(&[Form::Mapping(&Fields::closed(MODEL_USE_KEYS)), Form::Null], Print::Fields),
    "A model that the service uses.",
)];
pub(super) const MODEL_USES: &Type = &Type::new(
    &[set(TEXT), Form::Mapping(&Fields::closed(MODEL_USE).named(Names::Word).open())],
    Print::Named,
)
.short(Short::Names);

const NETWORK_USE_KEYS: &[Key] = &[
    key("aliases", TEXT_SET, "Further names of the service on this network."),
    key("driver_opts", OPTIONS, "Options of the network's driver."),
    key("gw_priority", STRICT_NUMBER, "The network with the highest one has the default gateway."),
    key("interface_name", TEXT, "The name of the network interface in the container."),
    key("ipv4_address", TEXT, "A fixed IPv4 address, from a subnet in `ipam`."),
    key("ipv6_address", TEXT, "A fixed IPv6 address, from a subnet in `ipam`."),
    key("link_local_ips", TEXT_SET, "Link-local addresses."),
    key("mac_address", TEXT, "The MAC address on this network."),
    key("priority", STRICT_NUMBER, "The network with the highest one is connected first."),
];
const NETWORK_USE: &[Key] = &[any(
    &Type::new(&[Form::Mapping(&Fields::closed(NETWORK_USE_KEYS)), Form::Null], Print::Fields),
    "A network that the service is on.",
)];
pub(super) const NETWORK_USES: &Type =
    &Type::new(&[set(TEXT), Form::Mapping(&Fields::closed(NETWORK_USE).named(Names::Word))], Print::Named)
        .short(Short::Names);

const PORT_KEYS: &[Key] = &[
    key("name", TEXT, "A name for people."),
    key("mode", TEXT, "In a swarm: `ingress`, or `host` for the port of each node.").default("ingress"),
    key("host_ip", TEXT, "The address of the host that it is published on; all of them without one."),
    key("target", WHOLE, "The port in the container.").cast(),
    key("published", TEXT_OR_WHOLE, "The port of the host, or a range of which one is taken."),
    key("protocol", TEXT, "`tcp` or `udp`.").default("tcp"),
    key("app_protocol", TEXT, "The protocol of the application: `http`."),
];
const PORT: &Type =
    &Type::new(&[Form::Number, ANY_TEXT, Form::Mapping(&Fields::closed(PORT_KEYS))], Print::Fields);
pub(super) const PORTS: &Type = &Type::new(&[set(PORT)], Print::Ports).short(Short::Ports);

const CREATE_HOST_PATH_HOVER: &str = "Creates the folder on the host if it is not there.";
const BIND_KEYS: &[Key] = &[
    key(
        "selinux",
        &Type::new(&[one_of(&["z", "Z"])], Print::Text),
        "The SELinux label: `z` shared, `Z` private.",
    ),
    key("propagation", TEXT, "How mounts inside it are propagated: `rprivate`, `rshared`, `rslave`."),
    key("create_host_path", BOOLEAN, CREATE_HOST_PATH_HOVER).until(&CREATE_HOST_PATH),
    key("create_host_path", TRUE_UNLESS_SAID, CREATE_HOST_PATH_HOVER).since(&CREATE_HOST_PATH),
    key(
        "recursive",
        &Type::new(&[one_of(&["enabled", "disabled", "writable", "readonly"])], Print::Text),
        "Whether mounts inside it come along.",
    ),
];
const VOLUME_MOUNT_KEYS: &[Key] = &[
    key("labels", PAIRS, "Labels of the volume."),
    key("nocopy", BOOLEAN, "Leaves a new volume empty, in place of copying what the image has there.").cast(),
    key("subpath", TEXT, "The folder in the volume that is mounted."),
];
const TMPFS_KEYS: &[Key] = &[
    key("size", TMPFS_BYTES, "How large it may grow."),
    key("mode", NUMBER, "The permissions of the folder, in octal digits."),
];
const IMAGE_MOUNT_KEYS: &[Key] = &[key("subpath", TEXT, "The folder in the image that is mounted.")];
const MOUNT_TYPES: &[&str] = &["bind", "volume", "tmpfs", "cluster", "npipe", "image"];
const MOUNT_KEYS: &[Key] = &[
    key("type", &Type::new(&[one_of(MOUNT_TYPES)], Print::Text), "What is mounted."),
    key("source", TEXT, "The volume, the path on the host, or the image.").path(PathOf::BindSource),
    key("target", TEXT, "The path in the container."),
    key("read_only", BOOLEAN, "Keeps the container from writing to it.").cast(),
    key("consistency", TEXT, "How soon changes are seen, on some platforms."),
    key(
        "bind",
        &Type::new(&[Form::Mapping(&Fields::closed(BIND_KEYS))], Print::Fields),
        "Options of a bind mount.",
    ),
    key(
        "volume",
        &Type::new(&[Form::Mapping(&Fields::closed(VOLUME_MOUNT_KEYS))], Print::Fields),
        "Options of a volume.",
    ),
    key(
        "tmpfs",
        &Type::new(&[Form::Mapping(&Fields::closed(TMPFS_KEYS))], Print::Fields),
        "Options of a folder in memory.",
    ),
    key(
        "image",
        &Type::new(&[Form::Mapping(&Fields::closed(IMAGE_MOUNT_KEYS))], Print::Fields),
        "Options of an image that is mounted.",
    ),
];
const MOUNT: &Type =
    &Type::new(&[ANY_TEXT, Form::Mapping(&Fields::closed(MOUNT_KEYS).requires(&["type"]))], Print::Fields)
        .short(Short::Mount);
pub(super) const MOUNTS: &Type = &Type::new(&[set(MOUNT)], Print::List);

const HOOK_COMMAND: Key = key("command", COMMAND, "The command that runs.");
const HOOK_USER: Key = key("user", TEXT, "The user that it runs as.");
const HOOK_PRIVILEGED: Key = key("privileged", BOOLEAN, "Gives it nearly all rights of the host.");
const HOOK_WORKING_DIR: Key = key("working_dir", TEXT, "The folder that it runs in.");
const HOOK_ENVIRONMENT: Key = key("environment", VARIABLES, "Variables of the command.");
const HOOK_KEYS: &[Key] = &[HOOK_COMMAND, HOOK_USER, HOOK_PRIVILEGED, HOOK_WORKING_DIR, HOOK_ENVIRONMENT];
const HOOK_FORMS: &[Form] = &[Form::Mapping(&Fields::closed(HOOK_KEYS).requires(&["command"]))];
pub(super) const HOOKS: &Type = &Type::new(&[list(&Type::new(HOOK_FORMS, Print::Fields))], Print::List);
const EXEC: &Type = &Type::new(HOOK_FORMS, Print::AlwaysFields);

const PRE_START_KEYS: &[Key] = &[
    HOOK_COMMAND,
    key("image", TEXT, "The image to run, if it is not that of the service."),
    HOOK_USER,
    HOOK_PRIVILEGED,
    HOOK_WORKING_DIR,
    HOOK_ENVIRONMENT,
    key("per_replica", BOOLEAN, "Runs it before each replica, in place of once."),
];
/// As they were before 5.6, which takes whole containers.
pub(super) const PRE_START_COMMANDS: &Type = &Type::new(
    &[list(&Type::new(&[Form::Mapping(&Fields::closed(PRE_START_KEYS))], Print::Fields))],
    Print::List,
);
pub(super) const PRE_START: &Type =
    &Type::new(&[list(&Type::new(&[Form::Container(super::Holder::PreStart)], Print::Fields))], Print::List);

const TRIGGER_KEYS: &[Key] = &[
    key("path", TEXT, "The file or folder that is watched.").path(PathOf::Watched),
    key(
        "action",
        &Type::new(&[one_of(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"])], Print::Text),
        "What happens when a file changes.",
    ),
    key("target", TEXT, "Where changed files go in the container."),
    key("exec", EXEC, "The command that runs after files were copied, with `sync+exec`."),
    key("include", ONE_OR_MANY, "Patterns of the files that count."),
    key("ignore", ONE_OR_MANY, "Patterns of files that do not count."),
    key("initial_sync", STRICT_BOOLEAN, "Copies all files once before watching."),
];
const TRIGGERS: &Type = &Type::new(
    &[list(&Type::new(
        &[Form::Mapping(&Fields::closed(TRIGGER_KEYS).requires(&["path", "action"]))],
        Print::Fields,
    ))],
    Print::List,
)
.short(Short::Triggers);
const DEVELOP_KEYS: &[Key] =
    &[key("watch", TRIGGERS, "What `docker compose watch` watches, and what it does.")];
pub(super) const DEVELOP: &Type =
    &Type::new(&[Form::Mapping(&Fields::closed(DEVELOP_KEYS)), Form::Null], Print::Fields);
