//! A network, volume, secret or config that is declared and that no service uses.
//!
//! Docker Compose makes nothing of it, and says nothing. Often the service that needed it is gone, or uses another one by a
//! mistake: its data then are not where they are looked for.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     volumes: ["data:/var/lib/postgresql"]
//! volumes:
//!   data:
//!   cache:
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     volumes: ["data:/var/lib/postgresql"]
//! volumes:
//!   data:
//! ```
//!
//! ## Source
//!
//! compose-go, `types/project.go`: what no service uses is taken out of the project, and `docker compose config` does not
//! print it.

use crate::lint::{Findings, Rule, Set, edits};
use compose_reader::compose::{Project, Service, Unused};
use compose_reader::diagnostic::{Applicability, Fix, Severity};
use compose_reader::source::Span;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG104",
    name: "unused-resource",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    if !project.is_complete() || project.services.is_empty() {
        return;
    }
    for unused in &project.unused {
        let Unused { section, name, span, extent, whole_section } = unused;
        if project.services.values().any(|service| may_use(project, service, section)) {
            continue;
        }
        let kind = section.trim_end_matches('s');
        let message = format!("no service uses the {kind} `{name}`");
        let finding = RULE
            .on(&[&name], *span, message)
            .help(format!("remove it, or give it to the service that needs it: `{section}`"));
        let edit = whole_section
            .and_then(|section| edits::remove_entry(project.sources, section))
            .or_else(|| edits::remove_entry(project.sources, *extent).filter(|_| whole_section.is_none()));
        findings.push(match edit {
            None => finding,
            Some(edit) => finding.fix(Fix {
                title: format!("remove the {kind} `{name}`"),
                applicability: Applicability::Safe,
                edits: vec![edit],
            }),
        });
    }
}

/// Whether a service may use something of a section that is not to be seen: a variable stands for its name, or it is
/// handed to something else than the service's containers.
fn may_use(project: &Project<'_>, service: &Service, section: &str) -> bool {
    let is_variable = |span: &Span| project.sources.slice(*span).contains('$');
    let grants =
        |kind: &str| service.grants.iter().any(|grant| grant.kind == kind && is_variable(&grant.span));
    match section {
        "networks" => service.networks.iter().any(|attachment| is_variable(&attachment.span)),
        "volumes" => service.mounts.iter().any(|mount| {
            // The source may be the default of a variable: that begins before it.
            let (whole, source) = (mount.span, mount.source_span);
            let start =
                if whole.source == source.source { whole.start.min(source.start) } else { source.start };
            is_variable(&Span::new(source.source, start as usize, source.end as usize))
        }),
        "secrets" => grants("secret"),
        _ => grants("config") || service.keys.iter().any(|(key, _)| &**key == "credential_spec"),
    }
}
