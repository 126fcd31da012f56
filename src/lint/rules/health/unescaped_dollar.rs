//! A variable in a script that Compose replaces before the container sees it.
//!
//! `$VAR` and `${VAR}` are Compose's: it puts in the value from its own environment and `.env`, or nothing, while it reads
//! the file. A variable that the script sets, or that only the container has, is written `$$VAR`. Flagged are scripts
//! that assign the variable themselves, and those whose service sets it to something of its own. `${VAR:-default}` and
//! `${VAR:?message}` are meant for Compose.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     environment:
//!       POSTGRES_USER: shop
//!     healthcheck:
//!       test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U $POSTGRES_USER"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     environment:
//!       POSTGRES_USER: shop
//!     healthcheck:
//!       test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U $$POSTGRES_USER"]
//! ```
//!
//! ## Source
//!
//! The compose specification, "Interpolation": `$$` stands for a dollar sign.

use crate::lint::script::script_of;
use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Project, Service, Text};
use compose_reader::diagnostic::{Applicability, Edit, Fix, Severity};
use compose_reader::source::range;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG406",
    name: "unescaped-dollar",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let probe = service.probe.as_ref().and_then(script_of).map(|(script, _)| script);
        for script in probe.into_iter().chain(scripts(service)) {
            inspect(service, script, findings);
        }
    }
}

/// What `entrypoint` and `command` have a shell run.
fn scripts(service: &Service) -> impl Iterator<Item = &Text> {
    let mut before = "";
    service.arguments.iter().filter(move |argument| {
        let first = argument.raw().split_whitespace().next().unwrap_or_default();
        let is_shell = ["sh", "bash", "ash"].contains(&first.rsplit('/').next().unwrap_or_default());
        let is_script = ["-c", "-ec", "-lc", "-xc", "-exc"].contains(&before)
            || is_shell
                && argument.raw().split_whitespace().any(|word| {
                    word.starts_with('-') && !word.starts_with("--") && word.ends_with('c') && word.len() <= 5
                });
        before = argument.raw();
        is_script
    })
}

fn inspect(service: &Service, script: &Text, findings: &mut Findings) {
    for (name, range) in script.bare_variables() {
        let own = service.environment.iter().find(|(set, _)| set == name);
        // A value that Compose takes from the same variable is the same on both sides.
        let own = own.map(|(_, value)| value).filter(|value| !is_same(value, name));
        let (reason, place) = match own {
            _ if assigns(script.raw(), name) => ("not what the script sets it to", None),
            Some(value) => ("not what the container has", Some(value.span)),
            None if name == "HOSTNAME" => ("not the container's", None),
            None => continue,
        };
        let mut finding = RULE
            .on(
                &[&name],
                script.part(range.clone()).unwrap_or(script.span),
                format!("Compose puts its own `{name}` here, {reason}"),
            )
            .help(format!("write `$${name}`, which reaches the container as `${name}`"));
        if let Some(place) = place {
            finding = finding.related(place, format!("`{}` sets it here", service.name));
        }
        findings.push(match script.part(range.start..range.start) {
            None => finding,
            Some(span) => finding.fix(Fix {
                title: format!("leave `{name}` to the container"),
                applicability: Applicability::Unsafe,
                edits: vec![Edit { span, content: "$".to_owned() }],
            }),
        });
    }
}

/// Whether a value is what Compose puts in for a variable, with and without a value for that.
fn is_same(value: &Text, name: &str) -> bool {
    let has_default = value.as_variable().is_some_and(|(own, default)| own == name && default.is_some());
    mentions(value.raw(), name) && !has_default
}

/// Whether a text asks for a variable.
fn mentions(text: &str, name: &str) -> bool {
    range::around(text, "$").any(|(_, rest)| {
        let rest = rest.trim_start_matches('{');
        rest.strip_prefix(name).is_some_and(|behind| !behind.starts_with(is_name))
    })
}

/// Whether a script sets a variable: `NAME=…`, `for NAME in`, `read NAME`.
fn assigns(script: &str, name: &str) -> bool {
    range::around(script, name).any(|(before, after)| {
        let stands_apart =
            !before.ends_with(|last: char| is_name(last) || matches!(last, '$' | '{' | '-' | '.'));
        let is_assigned = after.starts_with('=') && !after.starts_with("==") && !before.ends_with("[ ");
        let is_loop = before.ends_with("for ") && after.starts_with(" in");
        stands_apart
            && (is_assigned && !is_option(before)
                || is_loop
                || before.ends_with("read ")
                || before.ends_with("read -r "))
    })
}

/// Whether what comes next belongs to another program: `env`, `docker run -e`, `--set`.
fn is_option(before: &str) -> bool {
    let word = before.split_whitespace().next_back().unwrap_or_default();
    before.ends_with(' ') && (word.starts_with('-') || word == "env")
}

fn is_name(next: char) -> bool {
    next.is_ascii_alphanumeric() || next == '_'
}
