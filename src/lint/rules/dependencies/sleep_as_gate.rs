//! A command that sleeps, or asks a port, before it starts the program.
//!
//! `sleep 10` is too long on one machine and too short on another. A script such as `wait-for-it.sh` sees a port that
//! is open, which a database may have long before it answers. A health check with `depends_on` waits as long as needed,
//! and says what it waits for. A loop that asks for another service in front of the program is the same, written by hand.
//! Sleeping in another loop, or for minutes, is something else and is left alone.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     command: sh -c "sleep 10 && npm start"
//!   db:
//!     image: postgres:18
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     command: npm start
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
//! Docker's manual, "Control startup and shutdown order".

use crate::lint::{Findings, Rule, Set, with_rest};
use compose_reader::compose::{Project, Service, Text};
use compose_reader::diagnostic::Severity;
use compose_reader::source::{Span, range};
use compose_reader::values::Address;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG311",
    name: "sleep-as-gate",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Scripts that wait for a port and then start a program.
const SCRIPTS: [&str; 6] =
    ["wait-for-it.sh", "wait-for-it", "wait-for.sh", "wait-for", "dockerize", "docker-compose-wait"];

/// Who sleeps longer than this many seconds does not wait for others.
const LONG: u32 = 120;

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let is_alone = project.services.len() < 2;
        if let Some((span, written)) = service.arguments.iter().find_map(sleep).filter(|_| !is_alone) {
            let message = format!("`{}` waits with `{written}` before it starts", service.name);
            findings.push(RULE.on(&[&service.name, &written], span, message).help(
                "wait for what it needs with `depends_on` and `condition: service_healthy`, and start the program at once",
            ));
        }
        if let Some((span, asked)) = service.arguments.iter().find_map(waiting_loop) {
            let message = format!("`{}` waits in a loop, with `{asked}`, before it starts", service.name);
            findings.push(RULE.at(span, message).help(
                "let Compose wait, with `depends_on` and `condition: service_healthy`, and start the program at once",
            ));
        }
        if let Some((text, script, target)) = script(project, service) {
            let message = format!("`{}` waits for a port of `{}` with `{script}`", service.name, target.name);
            findings.push(RULE.on(&[&service.name, &target.name, &script], text.span, message).related(target.span, "what it waits for").help(format!(
                "let Compose wait, and start the program at once:\n\ndepends_on:\n  {}:\n    condition: service_healthy",
                target.name
            )));
        }
    }
}

/// A loop that asks for another service and sleeps, in front of something else: `until nc -z db 5432; do sleep 1; done; start`.
fn waiting_loop(text: &Text) -> Option<(Span, String)> {
    const ASKS: [&str; 9] =
        ["nc", "getent", "curl", "wget", "ping", "pg_isready", "mysqladmin", "redis-cli", "mongosh"];
    let raw = text.raw();
    ["until ", "while ! "].into_iter().find_map(|word| {
        let (before, body) = range::around(raw, word).next()?;
        let asked = body.split([';', '\n']).next()?.trim();
        let program = asked.split_whitespace().next()?.rsplit('/').next()?;
        let (inside, behind) = body.split_once("done")?;
        let goes_on = behind
            .trim_start_matches([';', '&', ' ', '\n'])
            .starts_with(|next: char| next.is_alphanumeric() || matches!(next, '/' | '.' | '"' | '$'));
        let is_gate = ASKS.contains(&program) && inside.contains("sleep") && goes_on;
        let range = before.len()..range::after(before.len(), [word, asked]);
        is_gate.then(|| (text.part(range).unwrap_or(text.span), format!("{word}{asked}")))
    })
}

/// A sleep in front of something else, with its place.
fn sleep(text: &Text) -> Option<(Span, String)> {
    let raw = text.raw();
    let is_word = |next: char| next.is_alphanumeric() || matches!(next, '_' | '-' | '/' | '.');
    range::around(raw, "sleep ").find_map(|(before, after)| {
        let number = &after[..after.find(|next: char| !next.is_ascii_digit()).unwrap_or(after.len())];
        let rest =
            after[number.len()..].strip_prefix('s').unwrap_or(&after[number.len()..]).trim_start_matches(' ');
        let next = rest.strip_prefix("&&").or_else(|| rest.strip_prefix([';', '\n']))?.trim_start();
        let ends = ["", "done", "exit", "fi", "}", "'", "\"", ")"];
        let first = next.split(|next: char| next.is_whitespace() || next == ';').next().unwrap_or_default();
        let seconds: u32 = number.parse().ok()?;
        let is_gate =
            !before.ends_with(is_word) && !is_looping(before) && !ends.contains(&first) && seconds <= LONG;
        let range = before.len()..range::after(before.len(), ["sleep ", number]);
        is_gate.then(|| (text.part(range.clone()).unwrap_or(text.span), raw[range].to_owned()))
    })
}

/// Whether a script stands inside a loop, or has put something into the background, or is about failure.
fn is_looping(before: &str) -> bool {
    let words: Vec<&str> = before.split(|next: char| next.is_whitespace() || next == ';').collect();
    let count = |wanted: &[&str]| words.iter().filter(|word| wanted.contains(word)).count();
    let has_background = range::around(before, "&")
        .any(|(before, behind)| !behind.starts_with(['&', '1', '2', '>']) && !before.ends_with(['&', '>']));
    count(&["while", "until", "for"]) > count(&["done"])
        || has_background
        || before.trim_end().ends_with("||")
}

/// A script that waits for a port of a sibling, with its place.
fn script<'p>(
    project: &'p Project<'_>,
    service: &'p Service,
) -> Option<(&'p Text, &'static str, &'p Service)> {
    let words = service.arguments.iter().flat_map(|text| {
        text.raw().split_whitespace().map(move |word| (text, word.trim_matches(['"', '\''])))
    });
    let words: Vec<(&Text, &str)> = words.collect();
    with_rest(&words).find_map(|((text, word), rest)| {
        let name = word.rsplit('/').next().unwrap_or(word);
        let script = SCRIPTS.iter().find(|script| **script == name)?;
        let target = rest.iter().take_while(|(_, word)| *word != "--").find_map(|(_, word)| {
            let address = Address::of(word);
            let (host, port) = (address.host(word), word.get(address.port.clone()?)?);
            port.starts_with(|first: char| first.is_ascii_digit() || first == '$').then_some(())?;
            project.services.get(host.trim_start_matches("--host="))
        })?;
        (target.name != service.name).then_some((*text, *script, target))
    })
}
