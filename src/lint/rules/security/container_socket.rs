//! The socket of Docker in a container whose purpose is something else.
//!
//! Whoever can write to the socket can start a container that mounts the whole disk of the host: the socket is root. With
//! `:ro` the socket file cannot be replaced, but what goes through it is not limited at all. A socket proxy lets through
//! only what is needed. Images that are there to work with Docker are left alone.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     environment: { DOCKER_HOST: "tcp://docker:2375" }
//!     depends_on: [docker]
//!   docker:
//!     image: tecnativa/docker-socket-proxy:0.4
//!     environment: { CONTAINERS: 1 }
//!     volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Protect the Docker daemon socket" and "Docker Engine security", attack surface of the daemon.

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{MountKind, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG703",
    name: "container-socket",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Names of sockets that steer a container engine.
const SOCKETS: [&str; 4] = ["docker.sock", "containerd.sock", "crio.sock", "podman.sock"];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !images::asks_for(service, "socket")) {
        for mount in &service.mounts {
            let is_socket = |path: &str| SOCKETS.iter().any(|socket| path.ends_with(socket));
            let source =
                mount.source.as_deref().filter(|_| matches!(mount.kind, MountKind::Bind | MountKind::Other));
            // Who builds a proxy of their own on docker-gen puts the socket there, as its documentation says.
            if service.is_built && mount.target == "/tmp/docker.sock" {
                continue;
            }
            if source.is_none_or(|path| !is_socket(path) && !is_socket(&mount.target)) {
                continue;
            }
            let message = format!(
                "`{}` can steer the container engine, and is root on its machine by that",
                service.name
            );
            findings.push(RULE.on(&[&service.name], mount.source_span, message).help(
                "let it talk to a socket proxy, such as `tecnativa/docker-socket-proxy`, that passes on only what it needs",
            ));
        }
    }
}
