//! A server that listens on the loopback interface of its container, where nobody else reaches it.
//!
//! Development servers listen on 127.0.0.1 unless they are told otherwise. In a container that is the container alone: neither a
//! published port nor another service reaches it, and "connection refused" is all that is seen.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: python:3.13
//!     command: python manage.py runserver 8000
//!     ports: ["127.0.0.1:8000:8000"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: python:3.13
//!     command: python manage.py runserver 0.0.0.0:8000
//!     ports: ["127.0.0.1:8000:8000"]
//! ```
//!
//! ## Source
//!
//! The documentation of each program: Vite `server.host`, Django `runserver`, Flask `run --host`, Uvicorn `--host`, Rails `server -b`, Hugo
//! `server --bind`, PHP's built-in web server.

use crate::lint::addresses::{holds_address, hosts};
use crate::lint::{Findings, Rule, Set, with_rest, words};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::Severity;
use compose_reader::source::Span;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG215",
    name: "loopback-listener",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// A program that listens on the loopback interface by itself.
struct Program {
    /// The words of its command, in order.
    words: &'static [&'static str],
    /// Options that say where it listens.
    options: &'static [&'static str],
    /// Variables that say so, too.
    variables: &'static [&'static str],
    /// What to add.
    advice: &'static str,
}

const fn program(
    words: &'static [&'static str],
    options: &'static [&'static str],
    variables: &'static [&'static str],
    advice: &'static str,
) -> Program {
    Program { words, options, variables, advice }
}

#[rustfmt::skip]
const PROGRAMS: &[Program] = &[
    program(&["vite"], &["--host"], &[], "--host 0.0.0.0"),
    program(&["flask", "run"], &["--host", "-h"], &["FLASK_RUN_HOST"], "--host 0.0.0.0"),
    program(&["uvicorn"], &["--host", "--uds", "--fd"], &["UVICORN_HOST"], "--host 0.0.0.0"),
    program(&["hypercorn"], &["--bind", "-b", "--config", "-c"], &[], "--bind 0.0.0.0:8000"),
    program(&["fastapi", "dev"], &["--host"], &[], "--host 0.0.0.0"),
    program(&["daphne"], &["-b", "--bind", "-e", "-u", "--fd"], &[], "-b 0.0.0.0"),
    program(&["rails", "server"], &["-b", "--binding"], &["BINDING", "HOST", "RAILS_ENV", "RACK_ENV"], "-b 0.0.0.0"),
    program(&["rails", "s"], &["-b", "--binding"], &["BINDING", "HOST", "RAILS_ENV", "RACK_ENV"], "-b 0.0.0.0"),
    program(&["artisan", "serve"], &["--host"], &["SERVER_HOST"], "--host=0.0.0.0"),
    program(&["hugo", "server"], &["--bind"], &[], "--bind 0.0.0.0"),
    program(&["hugo", "serve"], &["--bind"], &[], "--bind 0.0.0.0"),
    program(&["jekyll", "serve"], &["--host", "-H"], &[], "--host 0.0.0.0"),
    program(&["mkdocs", "serve"], &["-a", "--dev-addr"], &[], "--dev-addr 0.0.0.0:8000"),
    program(&["ng", "serve"], &["--host"], &[], "--host 0.0.0.0"),
    program(&["astro", "dev"], &["--host"], &[], "--host 0.0.0.0"),
    program(&["nuxi", "dev"], &["--host", "-h"], &["HOST", "NUXT_HOST"], "--host 0.0.0.0"),
    program(&["wrangler", "dev"], &["--ip"], &[], "--ip 0.0.0.0"),
];

/// Servers that listen where they are told, with the options that tell them.
const TOLD: [(&str, &[&str]); 9] = [
    ("gunicorn", &["-b", "--bind"]),
    ("uvicorn", &["--host"]),
    ("flask", &["--host", "-h"]),
    ("vite", &["--host"]),
    ("redis-server", &["--bind"]),
    ("valkey-server", &["--bind"]),
    ("mongod", &["--bind_ip"]),
    ("mysqld", &["--bind-address"]),
    ("mariadbd", &["--bind-address"]),
];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| service.network_mode.is_none()) {
        let Some((command, place)) = command(service) else { continue };
        let Some((program, advice)) = on_loopback(service, &command) else { continue };
        let Some(asked) = asked(project, service) else { continue };
        let message = format!(
            "`{program}` in `{}` listens on 127.0.0.1, where only its container reaches it",
            service.name
        );
        findings.push(
            RULE.at(place, message)
                .related(asked, "it is asked from outside")
                .help(format!("let it listen on every address of the container: `{advice}`")),
        );
    }
}

/// The words that a service runs, of the last of several commands, and where they stand.
fn command(service: &Service) -> Option<(Vec<String>, Span)> {
    let own: Vec<String> = service.arguments.iter().map(|text| text.sketch().to_string()).collect();
    let (text, place) = match (own.is_empty(), &service.dockerfile) {
        (false, _) => (own.join(" "), service.arguments.last()?.span),
        (true, Some(dockerfile)) => dockerfile.command.clone()?,
        (true, None) => return None,
    };
    let text = text.replace("&&", ";").replace("||", ";");
    let last = text.trim_end_matches([';', '"', '\'', ' ', '\n']).rsplit(';').next()?;
    let words = last.split_whitespace().map(|word| word.trim_matches(['"', '\'', '[', ']', ',']).to_owned());
    Some((words.filter(|word| !word.is_empty()).collect(), place))
}

/// The program that listens on the loopback interface only, and what to write instead.
fn on_loopback(service: &Service, command: &[String]) -> Option<(String, String)> {
    let name = |word: &String| word.rsplit('/').next().unwrap_or_default().to_owned();
    let names: Vec<String> = command.iter().map(name).collect();
    let value = |(word, rest): (&String, &[String])| match word.split_once('=') {
        Some((_, value)) => Some(value.to_owned()),
        None => rest.first().cloned(),
    };
    let is_option = |word: &String, option: &str| {
        word == option || word.strip_prefix(option).is_some_and(|rest| rest.starts_with('='))
    };
    for (program, options) in TOLD {
        let Some(start) = names.iter().position(|name| name == program) else { continue };
        let told = with_rest(command)
            .skip(start)
            .find(|(word, _)| options.iter().any(|option| is_option(word, option)));
        if let Some(address) = told.and_then(value).filter(|address| is_loopback(address)) {
            let port = address.rsplit_once(':').map(|(_, port)| format!(":{port}")).unwrap_or_default();
            return Some((program.to_owned(), format!("0.0.0.0{port}")));
        }
    }
    if let Some(at) = names.iter().position(|name| name == "runserver") {
        let address = command.iter().skip(at).nth(1).filter(|word| !word.starts_with('-'));
        let port = address.map_or("8000", |address| address.rsplit(':').next().unwrap_or(address));
        let is_local = address
            .is_none_or(|address| address.bytes().all(|byte| byte.is_ascii_digit()) || is_loopback(address));
        let is_django =
            names.iter().take(at).any(|name| name.ends_with("manage.py") || name == "django-admin");
        return (is_local && is_django)
            .then(|| ("runserver".to_owned(), format!("runserver 0.0.0.0:{port}")));
    }
    if let Some(at) = names
        .iter()
        .position(|name| name == "php")
        .filter(|at| names.iter().skip(*at).nth(1).is_some_and(|it| it == "-S"))
    {
        let address = command.iter().skip(at).nth(2).filter(|address| is_loopback(address))?;
        let port = address.rsplit(':').next().unwrap_or("8080");
        return Some(("php -S".to_owned(), format!("php -S 0.0.0.0:{port}")));
    }
    PROGRAMS.iter().find_map(|program| {
        let start = names
            .windows(program.words.len())
            .position(|window| window.iter().zip(program.words).all(|(name, word)| name == word));
        // Options may stand between: `flask --app shop run`.
        let start = start.or_else(|| {
            let [first, second] = program.words else { return None };
            let at = names.iter().position(|name| name == first)?;
            names.iter().skip(at).any(|name| name == second).then_some(at)
        })?;
        let rest = command.get(start..)?;
        let builds = ["build", "preview", "--version", "test", "new"]
            .iter()
            .any(|word| rest.get(1).is_some_and(|it| it == word));
        let is_told = rest.iter().any(|word| program.options.iter().any(|option| is_option(word, option)));
        let is_set = service.variables().any(|(name, _)| program.variables.contains(&&**name))
            || service.dockerfile.as_ref().is_some_and(|dockerfile| {
                dockerfile.variables.iter().any(|name| program.variables.contains(&&**name))
            });
        (!builds && !is_told && !is_set && service.env_files.is_empty())
            .then(|| (program.words.join(" "), program.advice.to_owned()))
    })
}

fn is_loopback(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    ["127.0.0.1", "localhost", "[::1]", "::1"].contains(&host)
}

/// Who asks a service from outside: a published port, or a variable of another service.
fn asked(project: &Project<'_>, service: &Service) -> Option<Span> {
    if let Some(port) = service.ports.first() {
        return Some(port.span);
    }
    let others = project.services.values().filter(|other| other.name != service.name);
    others.flat_map(|other| &other.environment).find_map(|(name, value)| {
        let sketch = value.sketch();
        let found = hosts(&sketch, holds_address(&words(name)));
        found.into_iter().any(|host| sketch[host.host] == *service.name).then_some(value.span)
    })
}
