//! A health check that is written for another way of being run.
//!
//! `CMD` runs a program without a shell: `||`, `|` and `$$VAR` are handed to it as they are, and a whole command line
//! in one string is the name of a program that does not exist. `CMD-SHELL` takes one string: of a list of words it runs
//! the first, without its arguments. `/dev/tcp` is known to bash only, and `sh` is seldom bash. A list that begins with
//! neither is refused by Docker Compose.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     healthcheck:
//!       test: ["CMD", "curl", "-f", "http://127.0.0.1:8000/", "||", "exit", "1"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     healthcheck:
//!       test: ["CMD", "curl", "-f", "http://127.0.0.1:8000/"]
//! ```
//!
//! ## Source
//!
//! The compose specification, "healthcheck"; moby, `daemon/health.go`: `CMD-SHELL` puts the words behind `sh -c`; the
//! manual of bash, "Redirections".

use crate::lint::script::{Shell, script_of};
use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{Probe, Project, Service, Text};
use compose_reader::diagnostic::{Applicability, Diagnostic, Edit, Fix, Severity};
use compose_reader::source::{Span, range};
use compose_reader::values::TestForm;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG405",
    name: "shell-mismatch",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let Some(probe) = &service.probe else { continue };
        let name = &service.name;
        match (probe.form, script_of(probe)) {
            (TestForm::Invalid, _) => findings.extend(headless(name, probe)),
            (TestForm::Shell, _) if probe.words.len() > 1 => findings.extend(several_words(name, probe)),
            (TestForm::Program, None) => findings.extend(without_shell(project, name, probe)),
            (_, Some((script, Shell::Sh))) => findings.extend(device(service, probe, script)),
            _ => {}
        }
    }
}

fn replaced(finding: Diagnostic, span: Span, content: &str) -> Diagnostic {
    finding.fix(Fix {
        title: format!("write `{content}`"),
        applicability: Applicability::Unsafe,
        edits: vec![Edit { span, content: content.to_owned() }],
    })
}

/// A list that begins with neither `CMD` nor `CMD-SHELL`.
fn headless(name: &str, probe: &Probe) -> Option<Diagnostic> {
    let head = probe.head.as_ref()?;
    let message = format!("the test of `{name}` begins with `{}`, which says not how to run it", head.raw());
    let way = if probe.words.is_empty() && head.raw().contains(' ') { "CMD-SHELL" } else { "CMD" };
    let finding =
        RULE.on(&[&name, &head.raw()], head.span, message).help(format!("begin the list with `\"{way}\"`"));
    let is_misspelled = head.raw().replace('_', "-").to_uppercase();
    if ["CMD", "CMD-SHELL", "NONE"].contains(&&*is_misspelled) {
        return Some(replaced(finding.help(format!("write `{is_misspelled}`")), head.span, &is_misspelled));
    }
    Some(finding)
}

/// `CMD-SHELL` with a list of words.
fn several_words(name: &str, probe: &Probe) -> Option<Diagnostic> {
    let (head, first) = (probe.head.as_ref()?, probe.words.first()?);
    let message =
        format!("`CMD-SHELL` runs `{}` alone in `{name}`, without what stands behind it", first.raw());
    let scripted = probe.words.iter().any(|word| ["||", "|", "&&", ";"].contains(&word.raw()));
    if scripted {
        return Some(
            RULE.on(&[&first.raw(), &name], first.span, message)
                .help("write the whole command line as one string"),
        );
    }
    let finding = RULE
        .on(&[&first.raw(), &name], first.span, message)
        .help("write `CMD`, or the whole command line as one string");
    Some(replaced(finding, head.span, "\"CMD\""))
}

/// `CMD` with what only a shell understands.
fn without_shell(project: &Project<'_>, name: &str, probe: &Probe) -> Option<Diagnostic> {
    let (head, first) = (probe.head.as_ref()?, probe.words.first()?);
    if probe.words.len() == 1 && first.raw().contains(' ') {
        let message = format!("`CMD` looks for a program called `{}` in `{name}`", first.raw());
        let finding = RULE
            .on(&[&first.raw(), &name], first.span, message)
            .help("write `CMD-SHELL`, or each word as a string of its own");
        return Some(replaced(finding, head.span, "\"CMD-SHELL\""));
    }
    if let Some(operator) =
        probe.words.iter().find(|word| ["||", "|", "&&", ";", ">", "2>&1"].contains(&word.raw()))
    {
        let program = first.raw();
        let message =
            format!("`CMD` knows no shell: `{program}` gets `{}` as an argument in `{name}`", operator.raw());
        let gives_up =
            probe.words.iter().rev().take(3).any(|word| word.raw() == "||" || word.raw() == "|| exit 1");
        let help = if gives_up {
            "leave it and what stands behind it out; the test fails by itself"
        } else {
            "write the whole command line as one string behind `CMD-SHELL`"
        };
        return Some(RULE.on(&[&program, &operator.raw(), &name], operator.span, message).help(help));
    }
    let variable = probe.words.iter().find(|word| is_variable(word))?;
    let written = project.sources.slice(variable.span);
    let message = format!("`CMD` knows no shell: `{}` in `{name}` gets {written} as it is", first.raw());
    let help = "write the whole command line as one string behind `CMD-SHELL`";
    Some(RULE.on(&[&first.raw(), &name], variable.span, message).severity(Severity::Warning).help(help))
}

/// Whether a word is, or begins with, a variable of the container: `$$USER`, `-p$$PASSWORD`.
fn is_variable(word: &Text) -> bool {
    let Some((before, after)) = word.raw().split_once("$$") else { return false };
    let name = after.trim_start_matches('{');
    before.len() < 20
        && !before.contains([' ', '\'', '/'])
        && name.starts_with(|first: char| first.is_ascii_uppercase() || first == '_')
}

/// `/dev/tcp` in a shell that does not know it.
fn device(service: &Service, probe: &Probe, script: &Text) -> Option<Diagnostic> {
    let sketch = script.sketch();
    let at = sketch.find("/dev/tcp/").or_else(|| sketch.find("/dev/udp/"))?;
    // A script that calls bash with another script.
    if ["bash ", "perl ", "test -e"].iter().any(|other| sketch[..at].contains(other)) {
        return None;
    }
    let severity = match images::inside(service).and_then(|inside| inside.sh_is_bash()) {
        Some(true) => return None,
        Some(false) => Severity::Error,
        None => Severity::Warning,
    };
    let place = sketch.place(range::of(at, "/dev/tcp")).and_then(|origin| script.part(origin.range));
    let message = match severity {
        Severity::Error => {
            format!("`sh` in the image of `{}` does not know `/dev/tcp`; bash does", service.name)
        }
        _ => format!("`sh` in the image of `{}` knows `/dev/tcp` only if it is bash", service.name),
    };
    let finding = RULE.on(&[&service.name], place.unwrap_or(script.span), message).severity(severity);
    let finding = finding.help("let bash run it: `test: [\"CMD\", \"bash\", \"-c\", \"…\"]`");
    let head = probe.head.as_ref().filter(|head| probe.form == TestForm::Shell && head.raw() == "CMD-SHELL");
    Some(match head {
        None => finding,
        Some(head) => replaced(finding, head.span, "\"CMD\", \"bash\", \"-c\""),
    })
}
