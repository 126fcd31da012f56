//! A container that ends as soon as it has started.
//!
//! A container lives as long as its first program. Images of languages and systems start a shell, which ends without a terminal; `service
//! x start`, `pm2 start` and `nginx` without `daemon off` put the server into the background and end, and the container with them.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   shell:
//!     image: ubuntu:24.04
//!     volumes: ["./src:/src"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   shell:
//!     image: ubuntu:24.04
//!     command: sleep infinity
//!   console:
//!     image: python:3.13
//!     tty: true
//! ```
//!
//! ## Source
//!
//! Docker's manual, `docker run`: "a container's main running process is the ENTRYPOINT and/or CMD"; the Dockerfiles of the images.

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{Condition, Project, Service};
use compose_reader::diagnostic::Severity;
use compose_reader::source::Span;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG608",
    name: "ended-container",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Images that start a shell or the prompt of a language.
#[rustfmt::skip]
const SHELLS: &[&str] = &[
    "alpine", "debian", "ubuntu", "busybox", "centos", "fedora", "rockylinux", "almalinux", "amazonlinux", "archlinux", "buildpack-deps",
    "python", "node", "ruby", "golang", "rust", "openjdk", "eclipse-temurin", "perl", "elixir", "erlang", "julia", "swift", "gcc", "bash",
];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| !service.is_partial) {
        let has = |keys: &[&str]| service.keys.iter().any(|(key, _)| keys.contains(&&**key));
        let awaited =
            project.dependents(&service.name).any(|(_, entry)| entry.condition == Some(Condition::Completed));
        // Whoever starts it by hand, or waits for its end, knows.
        if has(&["tty", "stdin_open", "profiles"]) || awaited {
            continue;
        }
        if let Some((span, what)) = shell(project, service, has(&["command", "entrypoint"])) {
            let message = format!("`{}` ends as soon as it starts: {what}", service.name);
            findings.push(RULE.at(span, message).help(
                "write the `command` that it is there for; `tty: true` keeps a shell open, `sleep infinity` the container",
            ));
        } else if let Some((span, program, help)) = background(service) {
            let message =
                format!("`{}` ends as soon as it starts: `{program}` goes into the background", service.name);
            findings.push(RULE.at(span, message).help(format!("run it in the foreground: `{help}`")));
        }
    }
}

/// Why a service runs nothing but a shell without a terminal.
fn shell(project: &Project<'_>, service: &Service, has_command: bool) -> Option<(Span, String)> {
    let file = project.sources.get(service.span.source).name();
    if has_command || file.contains(".devcontainer") {
        return None;
    }
    if let Some(dockerfile) = &service.dockerfile {
        let (command, span) = dockerfile.command.as_ref().filter(|_| !dockerfile.has_entrypoint)?;
        let is_shell = ["/bin/bash", "/bin/sh", "bash", "sh"].contains(&command.trim());
        return is_shell.then(|| {
            (*span, format!("its Dockerfile starts `{}`, which ends without a terminal", command.trim()))
        });
    }
    let image = service.image.as_ref().filter(|_| !service.is_built)?;
    let repository = images::name_of(&image.sketch()).to_owned();
    SHELLS
        .contains(&&*repository)
        .then(|| (image.span, format!("`{repository}` starts a prompt, which ends without a terminal")))
}

/// A server that is started in the background by the last command.
fn background(service: &Service) -> Option<(Span, String, String)> {
    let text = service.arguments.iter().map(|text| text.sketch().to_string()).collect::<Vec<_>>().join(" ");
    let place = service.arguments.last()?.span;
    let text = text.replace("&&", ";");
    let last = text.trim_end_matches([';', '"', '\'', ' ', '\n']).rsplit(';').next()?;
    let words: Vec<&str> = last.split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
    // A program with its arguments, and how many words stand before it.
    let call = |program: &str| {
        let start = words.iter().position(|own| own.rsplit('/').next() == Some(program))?;
        Some((start, words.get(start..)?))
    };
    if let Some((..4, [_, server, verb @ ("start" | "restart")])) = call("service") {
        let help = match *server {
            "apache2" => "exec apache2-foreground".to_owned(),
            "nginx" => "exec nginx -g 'daemon off;'".to_owned(),
            other => format!("exec {other}, with its option for the foreground"),
        };
        return Some((place, format!("service {server} {verb}"), help));
    }
    if let Some((_, [_, "start", options @ ..])) = call("pm2")
        && !options.contains(&"--no-daemon")
    {
        return Some((
            place,
            "pm2 start".to_owned(),
            last.trim().replacen("pm2 start", "pm2-runtime start", 1),
        ));
    }
    if let Some((_, [program, verb @ "start"])) = call("apachectl") {
        return Some((place, format!("{program} {verb}"), "apachectl -D FOREGROUND".to_owned()));
    }
    let is_alone = |program: &str| matches!(call(program), Some((..4, [_])));
    let is_nginx_image = service.image.as_ref().is_some_and(|image| image.raw().contains("nginx"));
    if is_alone("nginx") && !is_nginx_image && !words.contains(&"install") {
        return Some((place, "nginx".to_owned(), "nginx -g 'daemon off;'".to_owned()));
    }
    None
}
