//! A setting that an image does not take, or a place where it does not keep its data.
//!
//! Each image has its own: PostgreSQL 18 refuses the mount that PostgreSQL 17 needed, RabbitMQ keeps its data under a host
//! name that changes with each container, Kafka writes to `/tmp` unless it is told otherwise, and many images have no
//! `*_FILE` form of the variable with the password. What keeps the container from starting is an error; what loses data or
//! is ignored is a warning.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     volumes:
//!       - data:/var/lib/postgresql/data
//! volumes:
//!   data:
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     volumes:
//!       - data:/var/lib/postgresql
//! volumes:
//!   data:
//! ```
//!
//! ## Source
//!
//! The images' own entrypoints and documentation, each named in `catalog/images.yaml`.

use crate::images::{Pitfall, Tag};
use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{MountKind, Project, Service, Text};
use compose_reader::diagnostic::Severity;
use compose_reader::source::Span;
use compose_reader::values::ImageReference;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG604",
    name: "image-pitfall",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !service.is_partial) {
        let Some(known) = images::of(service).filter(|known| known.is_exact) else { continue };
        let Some(reference) = images::reference(service) else { continue };
        let Some(image) = place(service) else { continue };
        let tag = Tag::of(ImageReference::of(&reference));
        for pitfall in known.image.pitfalls.iter().filter(|pitfall| pitfall.is_about(&tag)) {
            let Some(trap) = trap(service, image, pitfall) else { continue };
            let stem = trap.variable.trim_end_matches("FILE").trim_end_matches('_');
            let fill = |text: &str| {
                text.replace("{variable}", trap.variable)
                    .replace("{stem}", stem)
                    .replace("{service}", &service.name)
            };
            // What is called newest may be an older one on some machines.
            let is_certain = pitfall.is_fatal && (tag.names_version() || !pitfall.is_versioned());
            let severity = if is_certain { Severity::Error } else { Severity::Warning };
            let mut finding = RULE
                .on(&[&service.name, &trap.variable], trap.span, fill(&pitfall.says))
                .severity(severity)
                .help(fill(&pitfall.help));
            if trap.span != image {
                finding = finding.related(image, "the image");
            }
            findings.push(finding);
        }
    }
}

/// Where the image of a service is named.
fn place(service: &Service) -> Option<Span> {
    let from = service.dockerfile.as_ref().map(|dockerfile| dockerfile.from);
    from.or_else(|| service.image.as_ref().map(|image| image.span))
}

/// Where a service has fallen into a pitfall.
struct Trap<'s> {
    span: Span,
    /// The variable that is set; empty where none is meant.
    variable: &'s str,
}

/// The place of what a pitfall is about, if all its conditions hold.
fn trap<'s>(service: &'s Service, image: Span, pitfall: &Pitfall) -> Option<Trap<'s>> {
    let mut trap = Trap { span: image, variable: "" };
    if let Some(option) = &pitfall.argument {
        trap.span = service.arguments.iter().find(|argument| argument.raw().contains(&**option))?.span;
    }
    if let (Some(_), Some(first)) = (&pitfall.argument_missing, service.arguments.first()) {
        trap.span = first.span;
    }
    if !pitfall.probes.is_empty() {
        let probe = service.probe.as_ref()?;
        let text = probe.words.iter().map(Text::raw).collect::<Vec<_>>().join(" ");
        if !pitfall.probes.iter().all(|part| text.contains(&**part)) {
            return None;
        }
        trap.span = probe.span;
    }
    if let Some(folder) = &pitfall.mounts {
        trap.span = mounted(service, folder)?;
    }
    if pitfall.sets.is_some() {
        let (name, value) = service.variables().find(|(name, value)| is_set(pitfall, name, value))?;
        trap = Trap { span: value.span, variable: name };
    }
    let in_image = service.dockerfile.iter().flat_map(|dockerfile| &dockerfile.variables);
    let set: Vec<&String> = service.variables().map(|(name, _)| name).chain(in_image).collect();
    let is_named = |names: &[String]| set.iter().any(|name| names.contains(name));
    let is_missing = |option: &String| {
        let mut arguments = service.arguments.iter().map(Text::raw).peekable();
        // Where an option of it is there, the command is one of this program.
        (pitfall.argument.is_some() || arguments.peek().is_some_and(|first| first.starts_with('-')))
            && !arguments.any(|argument| argument.contains(&**option))
    };
    let has_command = pitfall.unread && !service.arguments.is_empty();
    let may_be_set = !pitfall.lacks.is_empty() && !service.env_files.is_empty();
    if has_command || may_be_set || is_named(&pitfall.lacks) || is_named(&pitfall.unless) {
        return None;
    }
    let is_kept = pitfall.lacks_mount.as_ref().is_some_and(|folder| mounted(service, folder).is_some());
    let is_called = pitfall.lacks_hostname && service.hostname.is_some();
    let is_told = pitfall.argument_missing.as_ref().is_some_and(|option| !is_missing(option));
    let is_bound = pitfall.lacks_bind.as_ref().is_some_and(|folder| is_bound(service, folder));
    let gives = |option: &String| service.arguments.iter().any(|argument| argument.raw().contains(&**option));
    let is_given = pitfall.lacks_argument.as_ref().is_some_and(gives);
    (!is_kept && !is_called && !is_told && !is_bound && !is_given).then_some(trap)
}

fn is_set(pitfall: &Pitfall, name: &str, value: &Text) -> bool {
    let fits = |pattern: &Option<String>| pattern.as_ref().is_some_and(|pattern| matches(pattern, name));
    let value = value.sketch();
    fits(&pitfall.sets)
        && !fits(&pitfall.except)
        && !value.is_empty()
        && pitfall.value.as_ref().is_none_or(|wanted| value == **wanted)
        && pitfall.value_has.as_ref().is_none_or(|wanted| value.contains(&**wanted))
}

/// Whether a name fits a pattern, in which one `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, end)) => name.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
    }
}

/// Whether a service is given something of the host in a folder of its container.
fn is_bound(service: &Service, folder: &str) -> bool {
    let is_inside = |target: &str| target.trim_end_matches('/').starts_with(folder);
    let is_file = |mount: &&compose_reader::compose::Mount| {
        mount.kind == MountKind::Bind || mount.kind == MountKind::Other
    };
    service.mounts.iter().filter(is_file).any(|mount| is_inside(&mount.target))
        || service.grants.iter().any(|grant| is_inside(&grant.target))
}

/// Where a service keeps a folder of its container.
fn mounted(service: &Service, folder: &str) -> Option<Span> {
    let kept = service.mounts.iter().filter(|mount| mount.kind != MountKind::Tmpfs);
    let mut kept = kept.filter(|mount| mount.target.trim_end_matches('/') == folder);
    kept.next().map(|mount| mount.span)
}
