//! A mount whose changes inside the container appear on the host.
//!
//! With `shared` or `rshared`, what a container mounts below that folder is mounted on the host as well, and stays when the
//! container is gone. `rslave` lets a container see what the host mounts, without the way back.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   backup:
//!     image: example/backup:1.4
//!     volumes: ["/srv:/srv:rshared"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   backup:
//!     image: example/backup:1.4
//!     volumes: ["/srv:/srv:rslave"]
//! ```
//!
//! ## Source
//!
//! Docker Engine, "Bind mounts", configure bind propagation.

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::Project;
use compose_reader::diagnostic::{Applicability, Edit, Fix, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG708",
    name: "shared-propagation",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !images::asks_for(service, "privileged")) {
        for mount in &service.mounts {
            let mut options = mount.options.iter();
            let Some((word, span)) = options.find(|(word, _)| word == "shared" || word == "rshared") else {
                continue;
            };
            let slave = word.replace("shared", "slave");
            let message = format!(
                "what `{}` mounts below `{}` is mounted on its machine as well",
                service.name, mount.target
            );
            let finding = RULE
                .on(&[&service.name, &mount.target], *span, message)
                .help(format!("write `{slave}`, or remove `{word}`"));
            // A place that is the whole entry cannot be replaced by the word.
            findings.push(match project.sources.slice(*span) == &**word {
                false => finding,
                true => finding.fix(Fix {
                    title: format!("write `{slave}`"),
                    applicability: Applicability::Unsafe,
                    edits: vec![Edit { span: *span, content: slave }],
                }),
            });
        }
    }
}
