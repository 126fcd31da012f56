//! A folder, a Dockerfile, a stage or an argument of a build that is not there.
//!
//! `docker compose config` does not look at them; `up` and `build` fail. The path of `dockerfile` is seen from the build context, not
//! from the compose file. An argument that no `ARG` takes is dropped with a word of warning that scrolls by.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     build: {context: ./api, dockerfile: api/Dockerfile}
//! ```
//!
//! ```dockerfile api/Dockerfile
//! FROM alpine:3.22
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     build: {context: ".", dockerfile_inline: "FROM alpine:3.22"}
//! ```
//!
//! ## Source
//!
//! The compose build specification, "context", "dockerfile", "target" and "args".

use std::collections::HashMap;

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{FileEntry, Named, Project, Role, Service};
use compose_reader::diagnostic::{Diagnostic, Severity, did_you_mean, nearest};
use compose_reader::dockerfile::Outline;
use compose_reader::source::{Span, range};
use compose_reader::values::Pair;
use compose_reader::yaml::{Kind, Node};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG113",
    name: "missing-build-file",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Arguments that every build takes.
const ALWAYS: [&str; 8] = [
    "DOCKER_BUILDKIT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "FTP_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "SOURCE_DATE_EPOCH",
    "TARGETPLATFORM",
];

fn check(project: &Project<'_>, findings: &mut Findings) {
    // Where most of them are missing, the tree is elsewhere.
    let is_whole = |role: &Role| {
        let all = project.on_disk.iter().filter(|named| named.role == *role);
        let (there, gone): (Vec<&Named>, Vec<&Named>) = all.partition(|named| named.entry.is_some());
        gone.len() < there.len()
    };
    let (has_contexts, has_dockerfiles) = (is_whole(&Role::Context), is_whole(&Role::Dockerfile));
    let mut outlines: HashMap<&str, Option<Outline>> = HashMap::new();
    let mut of_services: HashMap<&str, Vec<&Named>> = HashMap::new();
    for named in &project.on_disk {
        of_services.entry(&named.service).or_default().push(named);
    }
    for service in project.services.values().filter(|service| !service.is_partial) {
        let named =
            |role: &Role| of_services.get(&*service.name)?.iter().find(|named| named.role == *role).copied();
        let Some(context) = named(&Role::Context) else { continue };
        match (context.entry, named(&Role::Dockerfile)) {
            (None, _) => findings.extend(no_context(service, context, has_contexts)),
            (Some(_), Some(dockerfile))
                if dockerfile.entry.is_none() && !dockerfile.is_ignored && !context.beside.is_empty() =>
            {
                findings.extend(no_dockerfile(service, context, dockerfile, has_dockerfiles));
            }
            (Some(FileEntry::Folder), Some(dockerfile)) => {
                let outline = outlines.entry(dockerfile.path.as_str()).or_insert_with(|| {
                    let source = project.sources.iter().find(|(_, source)| source.name() == dockerfile.path);
                    source.and_then(|(_, source)| Outline::of(source.text()))
                });
                if let Some(outline) = outline {
                    inside(service, &dockerfile.path, outline, findings);
                }
            }
            _ => {}
        }
    }
}

fn no_context(service: &Service, context: &Named, is_whole: bool) -> Option<Diagnostic> {
    let name = last(&context.path);
    let meant = nearest(name, context.beside.iter().map(String::as_str));
    let help = match meant {
        Some(meant) => {
            format!("did you mean `{}{meant}`?", range::before(&context.path, name))
        }
        None => "correct the path: it is seen from the project's folder".to_owned(),
    };
    let message = format!("`{}`, in which `{}` is built, is not there", context.path, service.name);
    (!context.is_ignored && (is_whole || meant.is_some())).then(|| RULE.at(context.span, message).help(help))
}

fn no_dockerfile(
    service: &Service,
    context: &Named,
    dockerfile: &Named,
    is_whole: bool,
) -> Option<Diagnostic> {
    let message = format!("there is no `{}`, from which `{}` is built", dockerfile.path, service.name);
    // `context: ./api` with `dockerfile: api/Dockerfile`.
    let inside = dockerfile.path.strip_prefix(&format!("{}/", context.path)).unwrap_or(&dockerfile.path);
    let repeated = inside.strip_prefix(&format!("{}/", last(&context.path)));
    let name = last(&dockerfile.path);
    let meant = nearest(name, dockerfile.beside.iter().map(String::as_str));
    let is_told = is_whole || repeated.is_some() || meant.is_some();
    let help = match (repeated, meant) {
        (Some(rest), _) => format!("the path is seen from the build context: write `{rest}`"),
        (None, Some(meant)) => format!("did you mean `{meant}`?"),
        (None, None) => "write its path as it is seen from the build context".to_owned(),
    };
    is_told.then(|| RULE.at(dockerfile.span, message).help(help))
}

/// What a Dockerfile that is there lacks.
fn inside(service: &Service, path: &str, outline: &Outline, findings: &mut Findings) {
    let Some(build) = &service.build else { return };
    let names: Vec<&str> = outline.stages.iter().filter_map(|stage| stage.name.as_deref()).collect();
    let text = |node: &Node| {
        node.as_text().filter(|text| !text.contains('$') && !text.is_empty()).map(str::to_owned)
    };
    if let Some((node, target)) = build.get("target").and_then(|node| Some((node, text(node)?)))
        && !names.iter().any(|name| name.eq_ignore_ascii_case(&target))
        && target.parse::<usize>().is_err()
    {
        let message = format!("`{target}` is no stage of `{path}`");
        let help = did_you_mean(&target, names.iter().copied());
        findings.push(RULE.at(node.place(), message).help(help));
    }
    for (name, span) in given(build) {
        let is_known = outline.arguments.contains(&name)
            || ALWAYS.iter().any(|known| known.eq_ignore_ascii_case(&name))
            || name.starts_with("BUILDKIT_")
            || name.contains('$');
        if !is_known {
            let message = format!("no `ARG` of `{path}` takes `{name}`: the value is dropped");
            let help = match nearest(&name, outline.arguments.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("write `ARG {name}` in the stage that uses it, or remove it here"),
            };
            findings.push(RULE.at(span, message).severity(Severity::Hint).help(help));
        }
    }
}

/// The arguments of a build, each with its place.
fn given(build: &Node) -> Vec<(String, Span)> {
    match build.get("args").map(|arguments| &arguments.kind) {
        Some(Kind::Mapping(entries)) => {
            entries.iter().map(|(name, entry)| (name.to_string(), entry.key.span)).collect()
        }
        Some(Kind::Sequence(items)) => items
            .iter()
            .filter_map(|item| Some((Pair::of(item.as_text()?).key.to_owned(), item.place())))
            .collect(),
        _ => Vec::new(),
    }
}

fn last(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}
