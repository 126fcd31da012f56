//! A password, a token or a key that is written into the file.
//!
//! Whoever reads the repository has it, and so does everyone who can ask Docker about the container. It outlives every
//! change in the history of git. A default counts as well: `${PASSWORD:-root}` is what most installations run with. Left
//! alone are variables, names that end in `_FILE`, switches and numbers, words that stand for a secret such as `changeme`
//! or `<your key>`, and, outside of defaults, what is no secret at all: `postgres`, `password`, the name of the user.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     environment:
//!       POSTGRES_PASSWORD: correct-horse
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     environment:
//!       POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Manage secrets securely in Docker Compose" and "Set, use, and manage variables in a Compose file";
//! OWASP, "Secrets Management Cheat Sheet".

use crate::lint::{Findings, Rule, Set, words};
use compose_reader::compose::{Project, Service, Text};
use compose_reader::diagnostic::{Applicability, Edit, Fix, Severity};
use compose_reader::source::{Span, range};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG710",
    name: "inline-secret",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Words that, in the name of a variable, say that it holds a secret.
#[rustfmt::skip]
const SECRET: &[&str] = &[
    "password", "passwd", "passphrase", "secret", "secrets", "token", "apikey", "credential", "credentials",
    "rootpassword", "userpassword",
];
/// Words that say so at the end of the name.
const SECRET_AT_END: [&str; 4] = ["pass", "pwd", "salt", "pw"];
/// Words that say so together with `key`.
const KEYS: [&str; 7] = ["api", "private", "secret", "encryption", "signing", "master", "jwt"];
/// Last words of a name that is about a secret, and does not hold one.
#[rustfmt::skip]
const ABOUT: &[&str] = &[
    "file", "path", "dir", "url", "uri", "host", "name", "user", "username", "id", "ttl", "expiry", "expires", "expiration",
    "expire", "lifetime", "length", "min", "max", "enabled", "enable", "disabled", "disable", "algorithm", "alg", "type", "header",
    "policy", "endpoint", "issuer", "prefix", "method", "mode", "provider", "manager", "rotation", "timeout", "count", "size",
    "field", "required", "validation", "strategy", "version", "public", "claim", "claims", "format", "encryption", "days", "hours",
    "minutes", "seconds", "age", "duration", "validity", "reset", "server", "service", "bucket", "region", "arn", "namespace",
    "secure", "interval", "limit", "limits", "usage", "tokens", "store", "backend", "source", "class", "login",
];
/// Parts of a value that stands for a secret.
#[rustfmt::skip]
const PLACEHOLDERS: &[&str] = &[
    "change", "example", "your", "xxx", "placeholder", "replace", "todo", "dummy", "fake", "sample", "***", "insert", "notset",
    "not-set", "invalid", "disabled", "undefined", "<", "…", "redacted", "set-me", "setme", "fill", "generate", "random", "development", "notused", "unused", "ignored",
];

/// Passwords that everybody knows.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    "password", "passwd", "pass", "secret", "root", "admin", "administrator", "guest", "user", "test", "testing", "toor", "postgres",
    "postgresql", "mysql", "mariadb", "mongo", "mongodb", "redis", "valkey", "rabbitmq", "elastic", "clickhouse", "grafana", "keycloak",
    "minio", "minioadmin", "minio123", "123456", "12345678", "neo4j", "temporal", "app", "api", "db", "demo", "default",
];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let labels = service.labels.iter().map(|(name, value)| (name.as_str(), value));
        let environment = service.environment.iter().map(|(name, value)| (name.as_str(), value));
        for (name, value) in environment.chain(labels) {
            if is_filled(project, value) {
                continue;
            }
            if holds_secret(name) {
                report(project, service, name, value, findings);
            } else {
                in_url(service, value, findings);
            }
        }
        let mut option = "";
        for argument in &service.arguments {
            let raw = argument.raw();
            if is_filled(project, argument) {
                option = "";
                continue;
            }
            if option.starts_with("--") && holds_secret(option) && !raw.starts_with('-') {
                report(project, service, option, argument, findings);
            } else {
                in_url(service, argument, findings);
            }
            option = if raw.contains(['=', ' ']) { "" } else { raw };
        }
    }
}

/// Whether a value holds what `.env` or the shell gives a variable: that is no text of the file.
fn is_filled(project: &Project<'_>, value: &Text) -> bool {
    value.is_literal() && project.sources.slice(value.span).contains("${")
}

/// Whether a variable, a label or an option of this name holds a secret.
pub(in crate::lint) fn holds_secret(name: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last() else { return false };
    let is_one = |word: &String| SECRET.contains(&&**word);
    // `ORDERS_DATASOURCEPASSWORD`
    let is_glued = ["password", "passwd"].iter().any(|word| last.ends_with(word));
    let is_key = last == "key" && words.iter().any(|word| KEYS.contains(&&**word));
    (is_glued || words.iter().any(is_one) || SECRET_AT_END.contains(&&**last) || is_key)
        && !ABOUT.contains(&&**last)
        && !words
            .iter()
            .any(|word| ["file", "allow", "public", "keystore", "truststore", "ssl"].contains(&&**word))
}

fn report(project: &Project<'_>, service: &Service, name: &str, value: &Text, findings: &mut Findings) {
    let Some(is_default) = literal(value) else { return };
    if !is_default && is_known(service, value.raw()) {
        return;
    }
    let message = match is_default {
        true => format!("the default of `{name}` in `{}` is a secret that everybody can read", service.name),
        false => format!("`{name}` of `{}` is a secret that everybody can read", service.name),
    };
    let variable = match value.as_variable() {
        Some((variable, _)) => variable.to_owned(),
        None => variable_for(project, service, name, value),
    };
    let asks = format!("${{{variable}:?}}");
    let finding = RULE.on(&[&name, &service.name], value.span, message).help(format!(
        "write `{asks}` and put the value into `.env`, which git ignores; or give it as a file, with `secrets`"
    ));
    // A secret that stands elsewhere too would be another one there.
    findings.push(match place(project, value).filter(|_| stands_once(project, value)) {
        None => finding,
        Some(span) => finding.fix(Fix {
            title: format!("write `{asks}`"),
            applicability: Applicability::Unsafe,
            edits: vec![Edit { span, content: asks }],
        }),
    });
}

/// The variable for a secret: named like the one that holds it, and for its service where others of that name hold
/// something else.
fn variable_for(project: &Project<'_>, service: &Service, name: &str, value: &Text) -> String {
    let plain = words(name).join("_").to_uppercase();
    let is_taken = |(other, text): &(String, Text)| words(other) == words(name) && text.raw() != value.raw();
    let is_shared = project.services.values().flat_map(|other| &other.environment).any(is_taken);
    if is_shared { format!("{}_{plain}", words(&service.name).join("_").to_uppercase()) } else { plain }
}

/// Whether a secret stands in one place only.
fn stands_once(project: &Project<'_>, value: &Text) -> bool {
    let secret = value.as_variable().and_then(|(_, default)| default).unwrap_or(value.raw());
    project.sources.iter().map(|(_, source)| source.text().matches(secret).count()).sum::<usize>() < 2
}

/// Whether a password is none: everybody knows it, or it is a name that stands beside it.
fn is_known(service: &Service, password: &str) -> bool {
    let lower = password.to_lowercase();
    let is_name = |(name, value): &(String, Text)| {
        let names = ["user", "username", "db", "database", "name", "login"];
        value.raw() == password && words(name).last().is_some_and(|last| names.contains(&&**last))
    };
    KNOWN.contains(&&*lower) || *service.name == *password || service.environment.iter().any(is_name)
}

/// Where a value can be replaced by a variable: braces need quotes where the value stands between brackets.
fn place(project: &Project<'_>, value: &Text) -> Option<Span> {
    let span = value.part(0..value.raw().len()).filter(|span| !span.is_empty())?;
    let (text, start) = (project.sources.get(span.source).text(), value.span.start as usize);
    let line = text.get(range::line_start(text, start)..start)?;
    let is_quoted = project.sources.slice(value.span).starts_with(['"', '\'']);
    (is_quoted || !line.contains(['{', '['])).then_some(span)
}

/// Whether a value is a literal secret (`false`) or a variable with one as its default (`true`).
fn literal(value: &Text) -> Option<bool> {
    if value.is_literal() {
        return is_secret(value.raw()).then_some(false);
    }
    let (_, default) = value.as_variable()?;
    default.is_some_and(is_secret).then_some(true)
}

/// Whether a text can be a secret: not a switch, a number, a path or a word that stands for one.
fn is_secret(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let is_switch = [
        "true", "false", "yes", "no", "on", "off", "none", "null", "enabled", "disabled", "required",
        "optional",
    ]
    .contains(&&*lower);
    let is_number = lower.bytes().all(|byte| byte.is_ascii_digit()) && lower.len() < 5;
    let is_path = lower.starts_with(['/', '.', '~', '$', '{', '[']) || lower.contains("://");
    let is_filler = lower.chars().all(|next| lower.starts_with(next));
    !is_filler
        && !is_switch
        && !is_number
        && !is_path
        && !PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

/// A password in a URL, `scheme://user:password@host`, or in a connection string, `Server=db;Password=…`.
fn in_url(service: &Service, text: &Text, findings: &mut Findings) {
    let raw = text.raw();
    let lower = raw.to_ascii_lowercase();
    for key in ["password=", "pwd="] {
        for (at, _) in lower.match_indices(key) {
            let start = range::after(at, [key]);
            let (Some(before), Some(behind)) = (raw.get(..at), raw.get(start..)) else { continue };
            // A single `NAME=value` is no connection string.
            let is_one = before.trim_end().ends_with(';') && before.contains('=')
                || behind.contains(';') && behind.contains('=');
            let password = behind.split([';', '"', '\'', ' ', '&']).next().unwrap_or_default();
            let is_literal =
                is_one && !password.contains('$') && !is_known(service, password) && is_secret(password);
            if is_literal && !password.is_empty() {
                let place = text.part(range::of(start, password)).unwrap_or(text.span);
                let message = format!(
                    "a connection string of `{}` holds a password that everybody can read",
                    service.name
                );
                findings.push(RULE.at(place, message).help(
                    "write `${PASSWORD:?}` in its place, and put the value into `.env`, which git ignores",
                ));
            }
        }
    }
    for (_, behind) in range::around(raw, "://") {
        let authority = behind.split(['/', ' ', '"', '\'', '?', ',']).next().unwrap_or_default();
        let Some((login, _)) = authority.rsplit_once('@') else { continue };
        let Some((user, password)) = login.split_once(':') else { continue };
        let is_known = is_known(service, password) || password == user;
        if password.contains('$') || is_known || !is_secret(password) {
            continue;
        }
        let start = range::after(range::start_of(raw, behind), [user, ":"]);
        let place = text.part(range::of(start, password)).unwrap_or(text.span);
        findings.push(
            RULE.on(
                &[&service.name],
                place,
                format!("a URL of `{}` holds a password that everybody can read", service.name),
            )
            .help("write `${PASSWORD:?}` in its place, and put the value into `.env`, which git ignores"),
        );
    }
}
