//! The keys of `stack.yaml`, by what they belong to. The reader knows them, and the schema is held to them.

pub(super) const STACK_KEYS: [&str; 18] = [
    "name",
    "engine",
    "makefile",
    "env_example",
    "include",
    "defaults",
    "reserved_ports",
    "instances",
    "observability",
    "images",
    "backups",
    "tiers",
    "services",
    "environments",
    "secrets",
    "volumes",
    "networks",
    "configs",
];
/// What an included file may add.
pub(super) const INCLUDED_KEYS: [&str; 6] =
    ["tiers", "services", "secrets", "volumes", "networks", "configs"];
pub(super) const IMAGES_KEYS: [&str; 2] = ["registry", "tag"];
pub(super) const BACKUPS_KEYS: [&str; 2] = ["keep", "volumes"];
pub(super) const OBSERVABILITY_KEYS: [&str; 1] = ["exporters"];
pub(super) const TIER_KEYS: [&str; 3] = ["kind", "host_ports", "defaults"];
#[rustfmt::skip]
pub(super) const LAYER_KEYS: [&str; 13] = [
    "use", "with", "listen", "publish", "public_url", "health", "metrics", "needs", "secrets", "enabled", "run",
    "persistent", "smoke",
];
pub(super) const SERVICE_KEYS: [&str; 4] = ["tier", "where", "external", "overrides"];
pub(super) const EXTERNAL_KEYS: [&str; 6] = ["host", "port", "user", "password", "tls", "url"];
/// What decides where a service runs, and whether it does.
pub(super) const PLACE_KEYS: [&str; 2] = ["enabled", "run"];
pub(super) const HEALTH_KEYS: [&str; 5] = ["http", "tcp", "command", "endpoint", "status"];
pub(super) const SMOKE_KEYS: [&str; 6] = ["http", "command", "endpoint", "status", "contains", "deadline"];
pub(super) const NEED_KEYS: [&str; 3] = ["wait", "restart", "required"];
pub(super) const METRICS_KEYS: [&str; 4] = ["endpoint", "path", "interval", "exports"];
pub(super) const TIMING_KEYS: [&str; 5] =
    ["interval", "timeout", "retries", "start_period", "start_interval"];
pub(super) const SECRET_KEYS: [&str; 9] = [
    "description",
    "development",
    "generate",
    "encoding",
    "length",
    "file",
    "environment",
    "external",
    "sources",
];
pub(super) const SECRET_SOURCE_KEYS: [&str; 3] = ["file", "environment", "external"];
pub(super) const ENVIRONMENT_KEYS: [&str; 13] = [
    "mode",
    "kinds",
    "tiers",
    "on_host",
    "bind",
    "public_host",
    "project",
    "file",
    "volumes",
    "networks",
    "defaults",
    "attach",
    "enabled",
];
pub(super) const SECRET_USE_KEYS: [&str; 6] = ["source", "variable", "target", "uid", "gid", "mode"];
