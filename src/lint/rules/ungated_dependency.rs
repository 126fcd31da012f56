//! A dependency that waits for a process to start, although the service has a health check to wait for.
//!
//! `depends_on: [db]` is over as soon as the container of `db` runs, seconds before the database answers. The service
//! then fails its first connections, and whether it survives them is luck. The health check is there; a condition
//! makes Compose wait for it.
//!
//! Where `condition: service_started` is written out, somebody decided so, and the finding is a hint only.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     depends_on: [db]
//!   db:
//!     image: postgres:18
//!     healthcheck:
//!       test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U postgres"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     depends_on:
//!       db:
//!         condition: service_healthy
//!   db:
//!     image: postgres:18
//!     healthcheck:
//!       test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U postgres"]
//! ```
//!
//! ## Source
//!
//! The compose specification, "depends_on", long syntax; Docker's manual, "Control startup and shutdown order".

use super::super::{Findings, Rule, Set};
use crate::compose::{Condition, Dependency, Health, KeyedList, Project, Service};
use crate::diagnostic::{Applicability, Edit, Fix, Severity};
use crate::source::Span;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG303",
    name: "ungated-dependency",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        for dependency in &service.depends_on {
            let Some(probe) = probe_of(project, dependency) else { continue };
            if dependency.condition != Some(Condition::Started) {
                continue;
            }
            let name = &dependency.name;
            let message =
                format!("`{}` starts as soon as `{name}` runs, not when it is healthy", service.name);
            let finding = RULE
                .at(dependency.condition_span.unwrap_or(dependency.span), message)
                .related(probe, format!("`{name}` has a health check"))
                .help(format!("wait for it:\n\ndepends_on:\n  {name}:\n    condition: service_healthy"))
                .severity(if dependency.condition_span.is_some() { Severity::Hint } else { RULE.severity });
            findings.push(match fix(project, service, dependency) {
                None => finding,
                Some(edits) => finding.fix(Fix {
                    title: format!("wait until `{name}` is healthy"),
                    applicability: Applicability::Safe,
                    edits,
                }),
            });
        }
    }
}

fn probe_of(project: &Project<'_>, dependency: &Dependency) -> Option<Span> {
    match project.services.get(&dependency.name)?.health {
        Health::Probe(span) => Some(span),
        _ => None,
    }
}

/// The condition replaced, or the whole short list turned into the long form; comments stay where they are.
fn fix(project: &Project<'_>, service: &Service, dependency: &Dependency) -> Option<Vec<Edit>> {
    let sources = project.sources;
    if let Some(span) = dependency.condition_span {
        let edit = Edit { span, content: "service_healthy".to_owned() };
        return (sources.slice(span) == "service_started").then(|| vec![edit]);
    }
    let KeyedList { key, list } = service.depends_on_list?;
    let entries = &service.depends_on;
    let is_twice = |name: &str| entries.iter().filter(|entry| &*entry.name == name).count() > 1;
    if entries.iter().any(|entry| is_twice(&entry.name)) {
        return None;
    }
    let text = sources.get(list.source).text();
    let is_flow = sources.slice(list).starts_with('[');
    let replace = |start: usize, end: usize, content: String| Edit {
        span: Span::new(list.source, start, end),
        content,
    };
    let mut edits = Vec::new();
    for entry in entries {
        let (start, end) = (entry.span.start as usize, entry.span.end as usize);
        if entry.span.source != list.source || start < list.start as usize || end > list.end as usize {
            return None;
        }
        let written = sources.slice(entry.span);
        // An alias, or a variable, cannot be a key.
        if written.starts_with('*') || written.contains(['\n', '$']) {
            return None;
        }
        let condition = if entry.name == dependency.name { "service_healthy" } else { "service_started" };
        if is_flow {
            edits.push(replace(start, end, format!("{written}: {{condition: {condition}}}")));
            continue;
        }
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let dash = line_start + text[line_start..start].find('-')?;
        if !text[line_start..dash].bytes().all(|byte| byte == b' ')
            || !text[dash + 1..start].trim().is_empty()
        {
            return None;
        }
        let line_end = end + text[end..].find(['\r', '\n']).unwrap_or(text.len() - end);
        let newline = if text[line_end..].starts_with('\r') { "\r\n" } else { "\n" };
        // A list may stand in the column of its key; a mapping may not.
        let key_column = text[..key.start as usize]
            .rfind('\n')
            .map_or(key.start as usize, |newline| key.start as usize - newline - 1);
        let shift = if dash - line_start == key_column { "  " } else { "" };
        let indent = format!("{}{shift}", &text[line_start..dash]);
        edits.push(replace(dash, end, format!("{shift}{written}:")));
        edits.push(replace(line_end, line_end, format!("{newline}{indent}  condition: {condition}")));
    }
    if is_flow {
        let (start, end) = (list.start as usize, list.end as usize);
        edits.insert(0, replace(start, start + 1, "{".to_owned()));
        edits.push(replace(end - 1, end, "}".to_owned()));
    }
    Some(edits)
}
