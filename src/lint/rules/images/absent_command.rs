//! A command whose program is not in the image, or whose script cannot be run there.
//!
//! The container ends at once: "executable file not found in $PATH". Images on Alpine have no `bash`, and most have no `curl`. A script with
//! the line breaks of Windows asks for a program whose name ends in a carriage return.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   jobs:
//!     image: redis:8-alpine
//!     command: bash -c "redis-server --save 60 1"
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   jobs:
//!     image: redis:8-alpine
//!     command: sh -c "redis-server --save 60 1"
//! ```
//!
//! ## Source
//!
//! The facts about images in `catalog/images.yaml`, each with its source; execve(2), "Interpreter scripts".

use crate::lint::images::{self, Inside};
use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Project, Service, Text};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG607",
    name: "absent-command",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Programs that are known to be missing from images, with what does instead.
const PROGRAMS: [(&str, &str); 4] = [
    ("bash", "write `sh`, or install bash in a Dockerfile"),
    ("curl", "use `wget`, or install curl in a Dockerfile"),
    ("wget", "use `curl`, or install wget in a Dockerfile"),
    ("python", "write `python3`, or install it in a Dockerfile"),
];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let inside = images::inside(service);
        if let Some((text, program)) = inside.as_ref().and_then(|inside| absent(service, inside)) {
            let image = images::reference(service).map(|it| it.to_string()).unwrap_or_default();
            let help = PROGRAMS.iter().find(|(name, _)| *name == program).map_or("", |(_, help)| help);
            let message = format!("`{}` starts `{program}`, which is not in its image", service.name);
            findings.push(RULE.at(text.span, message).label(format!("not in `{image}`")).help(help));
        }
        scripts(project, service, inside.as_ref(), findings);
    }
}

/// The first program of a command, where the image is known to lack it.
fn absent<'s>(service: &'s Service, inside: &Inside<'_>) -> Option<(&'s Text, &'static str)> {
    let is_own_command =
        service.keys.iter().any(|(key, _)| &**key == "entrypoint") || !has_entrypoint(service);
    service.arguments.iter().take(if is_own_command { 1 } else { 0 }).find_map(|text| {
        let raw = text.raw();
        let first = raw.split_whitespace().next()?;
        let (folder, name) = first.rsplit_once('/').unwrap_or(("", first));
        let (program, _) = PROGRAMS.iter().find(|(program, _)| *program == name)?;
        let is_searched = ["", "/bin", "/usr/bin"].contains(&folder);
        (is_searched && inside.has(program) == Some(false)).then_some((text, *program))
    })
}

/// Whether the entrypoint of a Dockerfile is given the command.
fn has_entrypoint(service: &Service) -> bool {
    service.dockerfile.as_ref().is_some_and(|dockerfile| dockerfile.has_entrypoint)
}

/// What the scripts that are mounted and run ask for.
fn scripts(project: &Project<'_>, service: &Service, inside: Option<&Inside<'_>>, findings: &mut Findings) {
    for file in service.mounted.iter().filter(|file| file.target.ends_with(".sh")) {
        let is_run = service.arguments.iter().any(|text| text.raw().contains(&*file.target));
        let text = project.sources.slice(file.span);
        let Some(first) = text.lines().next().filter(|first| is_run && first.starts_with("#!")) else {
            continue;
        };
        let line = file.span.part(0, first.len());
        let name = project.sources.get(file.span.source).name();
        if text.contains("\r\n") {
            findings.push(
                RULE.at(
                    line,
                    format!("`{name}` has line breaks of Windows (CRLF), and `{}` runs it", service.name),
                )
                .related(service.span, "it is run here")
                .help("save it with LF, and let git keep it so: `*.sh text eol=lf` in .gitattributes"),
            );
        }
        let asks_bash = first.trim_end().ends_with("/bash") || first.trim_end().ends_with("env bash");
        let explicit = service
            .arguments
            .iter()
            .any(|text| text.raw().split_whitespace().any(|word| word.ends_with("sh")));
        if asks_bash && !explicit && inside.is_some_and(|inside| inside.has("bash") == Some(false)) {
            findings.push(
                RULE.at(
                    line,
                    format!("`{name}` asks for bash, which is not in the image of `{}`", service.name),
                )
                .related(service.span, "it is run here")
                .help("write `#!/bin/sh` if it needs no more, or install bash in a Dockerfile"),
            );
        }
    }
}
