//! A dependency on a service that a profile switches off while the one that needs it runs.
//!
//! A service without profiles always runs, and one with profiles only when one of them is active. If the first needs
//! the second, Docker Compose refuses the project unless the profile is given, and calls the dependency undefined. Where
//! both have profiles, it is refused with those of the one that the other lacks.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     depends_on: [cache]
//!   cache:
//!     image: redis:8
//!     profiles: [full]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     depends_on:
//!       cache:
//!         condition: service_started
//!         required: false
//!   cache:
//!     image: redis:8
//!     profiles: [full]
//! ```
//!
//! ## Source
//!
//! The compose specification, "profiles"; `docker compose config` says "depends on undefined service".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Project, Reference, Service};
use compose_reader::diagnostic::{Severity, enumerate};
use compose_reader::values::Sketch;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG305",
    name: "inactive-dependency",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !service.is_partial) {
        for reference in &service.references {
            let target = project.services.get(&reference.name).filter(|target| !target.is_partial);
            let Some(target) = target.filter(|target| !target.profiles.is_empty()) else { continue };
            if !is_required(service, reference) {
                continue;
            }
            let lacking = |profile: &&Sketch| !target.profiles.contains(*profile);
            let lacking: Vec<&str> =
                service.profiles.iter().filter(lacking).map(|profile| &**profile).collect();
            let (name, needed) = (&service.name, &target.name);
            let profiles: Vec<&str> = target.profiles.iter().map(|profile| &**profile).collect();
            let (severity, message) = match lacking[..] {
                [] if service.profiles.is_empty() => (
                    Severity::Error,
                    format!(
                        "`{name}` always runs and needs `{needed}`, which only {} switches on",
                        named(&profiles)
                    ),
                ),
                [] => continue,
                _ => (
                    Severity::Warning,
                    format!("with {}, `{name}` needs `{needed}`, which is off", named(&lacking)),
                ),
            };
            let give = match lacking[..] {
                [] => format!("give `{name}` the same profiles"),
                _ => format!("add {} to the profiles of `{needed}`", enumerate(&lacking)),
            };
            let optional = match reference.key {
                "depends_on" => ", or write `required: false` if it can do without",
                _ => "",
            };
            findings.push(
                RULE.on(&[&name, &needed], reference.span, message)
                    .severity(severity)
                    .related(target.span, format!("`{needed}` has {}", named(&profiles)))
                    .help(format!("{give}{optional}")),
            );
        }
    }
}

fn named(profiles: &[&str]) -> String {
    let word = if profiles.len() == 1 { "profile" } else { "profiles" };
    format!("{word} {}", enumerate(profiles))
}

fn is_required(service: &Service, reference: &Reference) -> bool {
    let mut entries = service.depends_on.iter().filter(|entry| entry.name == reference.name);
    reference.key != "depends_on" || entries.all(|entry| entry.is_required)
}
