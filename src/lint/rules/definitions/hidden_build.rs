//! A mount that hides what the build has installed.
//!
//! The image has `node_modules` or `vendor` in its working folder. A folder of the host that is mounted there shows what is on the
//! host instead: where nobody has installed anything there, the program ends with "Cannot find module". A volume of its own for
//! that folder keeps what the image has.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     build:
//!       dockerfile_inline: |
//!         FROM node:22-slim
//!         WORKDIR /app
//!         COPY package.json .
//!         RUN npm ci
//!         CMD ["node", "server.js"]
//!     volumes: ["./app:/app"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     build:
//!       dockerfile_inline: |
//!         FROM node:22-slim
//!         WORKDIR /app
//!         COPY package.json .
//!         RUN npm ci
//!         CMD ["node", "server.js"]
//!     volumes: ["./app:/app", "/app/node_modules"]
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Bind mounts": a mount over a folder that is not empty hides what is in it.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{MountKind, Project};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG116",
    name: "hidden-build",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// What installs, and the folder below the working folder that it installs into.
const INSTALLERS: [(&str, &str); 8] = [
    ("npm ci", "node_modules"),
    ("npm install", "node_modules"),
    ("npm i ", "node_modules"),
    ("yarn install", "node_modules"),
    ("pnpm install", "node_modules"),
    ("yarn --frozen-lockfile", "node_modules"),
    ("composer install", "vendor"),
    ("composer update", "vendor"),
];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let Some(dockerfile) = &service.dockerfile else { continue };
        let Some(folder) = dockerfile.workdir.as_deref().map(|folder| folder.trim_end_matches('/')) else {
            continue;
        };
        let installed = INSTALLERS.iter().find(|(command, _)| dockerfile.runs(command));
        let Some((command, below)) = installed.filter(|_| !folder.is_empty()) else { continue };
        let inside = format!("{folder}/{below}");
        let target = |mount: &compose_reader::compose::Mount| mount.target.trim_end_matches('/').to_owned();
        let is_kept = service.mounts.iter().any(|mount| target(mount) == inside);
        // Whoever installs when it starts needs nothing of the image.
        let installs = service
            .arguments
            .iter()
            .any(|text| ["install", "npm ci", "yarn"].iter().any(|word| text.raw().contains(word)));
        let over =
            service.mounts.iter().find(|mount| mount.kind == MountKind::Bind && target(mount) == folder);
        let Some(mount) = over.filter(|_| !is_kept && !installs) else { continue };
        let message =
            format!("this hides `{inside}`, which `{command}` has put into the image of `{}`", service.name);
        findings.push(
            RULE.at(mount.span, message)
                .related(dockerfile.from, "the image that it hides")
                .help(format!("keep it with a volume of its own, below this one: `- {inside}`")),
        );
    }
}
