//! Two databases on one data directory.
//!
//! A server of a database has its files to itself. A second one on the same volume either does not start, because of the lock
//! of the first, or starts and destroys what both write. What reads the files, or ends by itself, is not meant.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   orders-db:
//!     image: postgres:18
//!     volumes: ["data:/var/lib/postgresql"]
//!   users-db:
//!     image: postgres:18
//!     volumes: ["data:/var/lib/postgresql"]
//! volumes:
//!   data:
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   orders-db:
//!     image: postgres:18
//!     volumes: ["orders:/var/lib/postgresql"]
//!   users-db:
//!     image: postgres:18
//!     volumes: ["users:/var/lib/postgresql"]
//! volumes:
//!   orders:
//!   users:
//! ```
//!
//! ## Source
//!
//! PostgreSQL's manual, "Creating a Database Cluster" (`postmaster.pid`); MySQL's, "Running Multiple MySQL Instances on One
//! Machine"; the Dockerfile of each image.

use std::collections::HashMap;

use crate::lint::{Findings, Rule, Set, images, jobs};
use compose_reader::compose::{Mount, MountKind, Project, Service};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG110",
    name: "shared-data-volume",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    let mut owners: HashMap<&str, Vec<(&Service, &Mount)>> = HashMap::new();
    for service in project.services.values().filter(|service| is_server(service)) {
        let Some(known) = images::of(service) else { continue };
        let is_data = |mount: &&Mount| {
            let target = mount.target.trim_end_matches('/');
            known.image.data.iter().any(|folder| folder == target)
        };
        for mount in service.mounts.iter().filter(is_data) {
            let Some(source) = shareable(project, mount) else { continue };
            let others = owners.entry(source).or_default();
            if let Some((other, first)) = others.iter().find(|(other, _)| service.runs_with(other)) {
                let message =
                    format!("`{}` and `{}` both keep their data in `{source}`", other.name, service.name);
                findings.push(
                    RULE.on(&[&other.name, &service.name, &source], mount.source_span, message)
                        .label("again here")
                        .related(first.source_span, "first here")
                        .help(format!("give `{}` a volume of its own", service.name)),
                );
            }
            others.push((service, mount));
        }
    }
}

/// What is mounted, if it is a whole volume or folder that can be written.
fn shareable<'p>(project: &Project<'_>, mount: &'p Mount) -> Option<&'p str> {
    let is_lasting = matches!(mount.kind, MountKind::Bind | MountKind::Volume) && !mount.is_read_only;
    let is_part = project.sources.slice(mount.span).contains("subpath");
    let source = mount.source.as_ref()?.known()?;
    (is_lasting && !is_part).then(|| source.trim_end_matches('/'))
}

/// Whether a service runs the server of its image: not a job, nor another program of the image.
fn is_server(service: &Service) -> bool {
    const SERVERS: [&str; 6] = ["postgres", "mysqld", "mariadbd", "mongod", "redis-server", "valkey-server"];
    let first = service.arguments.first().map(|argument| argument.sketch());
    let runs_server = first.as_deref().is_none_or(|first| {
        let program = first.split_whitespace().next().unwrap_or_default();
        program.starts_with('-') || SERVERS.contains(&program)
    });
    runs_server && !jobs::may_end(service)
}
