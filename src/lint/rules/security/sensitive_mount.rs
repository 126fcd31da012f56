//! A folder of the host that holds the system, its secrets, or the keys of a user.
//!
//! With a writable `/`, `/etc`, `/root`, `/boot` or `/var/lib/docker` whoever breaks into the container owns the host; read
//! only, `/etc/shadow`, keys and tokens can still be read. The same is true of `~/.ssh`, `~/.aws`, `~/.kube` and the like.
//! Single files such as `/etc/localtime` are left alone, and so are images whose purpose is to look at the machine.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   backup:
//!     image: example/backup:1.4
//!     volumes: ["/:/host"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   backup:
//!     image: example/backup:1.4
//!     volumes: ["/srv/data:/data:ro", "/etc/localtime:/etc/localtime:ro"]
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Docker Engine security", attack surface of the daemon; CIS Docker Benchmark 5.6, "Ensure sensitive host
//! system directories are not mounted on containers".

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{MountKind, Project, Service};
use compose_reader::diagnostic::Severity;
use compose_reader::values::Sketch;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG704",
    name: "sensitive-mount",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Folders of the system, of which each has the whole machine in it, or the keys to it.
const SYSTEM: [&str; 17] = [
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/etc/ssh",
    "/etc/docker",
    "/lib",
    "/lib64",
    "/proc",
    "/root",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/run",
];

/// Folders in a user's home that hold keys.
const KEYS: [&str; 6] = [".ssh", ".aws", ".kube", ".docker", ".gnupg", ".config/gcloud"];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !asks_for_mounts(service)) {
        for mount in service.mounts.iter().filter(|mount| mount.kind == MountKind::Bind) {
            let Some(source) = &mount.source else { continue };
            let Some(what) = sensitive(source) else { continue };
            let does = if mount.is_read_only { "can read" } else { "can read and change" };
            findings.push(
                RULE.on(&[&service.name], mount.source_span, format!("`{}` {does} {what}", service.name))
                    .help("mount only the file or folder that it needs, with `:ro` if it only reads"),
            );
        }
    }
}

fn asks_for_mounts(service: &Service) -> bool {
    ["mounts", "privileged"].iter().any(|privilege| images::asks_for(service, privilege))
}

/// What a path of the host leads to, if that is more than a service should have.
fn sensitive(source: &Sketch) -> Option<String> {
    let path = if *source == "/" { source } else { source.trim_end_matches('/') };
    if SYSTEM.contains(&path) {
        return Some(match path {
            "/" => "the whole disk of its machine".to_owned(),
            _ => format!("`{path}` of its machine"),
        });
    }
    let below_variable = || source.behind_unknown().and_then(|rest| rest.strip_prefix('/'));
    let home = path.strip_prefix("~/").or_else(below_variable).map(|rest| rest.trim_end_matches('/'));
    let is_key = |rest: &str| KEYS.contains(&rest);
    (path == "~" || home.is_some_and(is_key)).then(|| format!("`{path}` of the user who starts it"))
}
