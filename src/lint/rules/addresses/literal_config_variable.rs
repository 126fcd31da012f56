//! A variable in a mounted configuration whose program expands none.
//!
//! Compose replaces variables in the compose file, not in the files that it mounts, and Prometheus and Alertmanager read
//! theirs as it stands: `${SLACK_URL}` is the address that they ask, `${PASSWORD}` the password that they send. Left alone is
//! what has a meaning of its own: `$1` and named groups where labels are replaced, templates between `{{` and `}}`, and
//! `external_labels`, which Prometheus does expand.
//!
//! The configuration is read where the project mounts it, with `volumes` or `configs`. In one that stands in the compose file,
//! as `content`, Compose does replace `${SLACK_URL}`; it leaves `$${SLACK_URL}`.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   alertmanager:
//!     image: prom/alertmanager:v0.34.0
//!     configs:
//!       - { source: alertmanager, target: /etc/alertmanager/alertmanager.yml }
//! configs:
//!   alertmanager:
//!     content: |
//!       receivers: [{ name: team, slack_configs: [{ api_url: "$${SLACK_URL}" }] }]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   alertmanager:
//!     image: prom/alertmanager:v0.34.0
//!     configs:
//!       - { source: alertmanager, target: /etc/alertmanager/alertmanager.yml }
//!     secrets: [slack_url]
//! configs:
//!   alertmanager:
//!     content: |
//!       receivers: [{ name: team, slack_configs: [{ api_url_file: /run/secrets/slack_url }] }]
//! secrets:
//!   slack_url:
//!     file: ./secrets/slack_url
//! ```
//!
//! ## Source
//!
//! The compose specification, "Interpolation"; prometheus/prometheus, `config/config.go`, and prometheus/alertmanager,
//! `config/config.go`, which `catalog/images.yaml` names.

use std::ops::Range;

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{Config, Project, Service};
use compose_reader::diagnostic::Severity;
use compose_reader::source::{Span, range};
use compose_reader::values::ImageReference;
use compose_reader::yaml::{Kind, Node, parse};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG506",
    name: "literal-config-variable",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Keys below which a `$` has a meaning: groups of a regular expression, and variables that Prometheus does expand.
const WITH_MEANING: [&str; 3] = ["external_labels", "replacement", "target_label"];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        // An entrypoint of its own may fill the file in.
        let is_prepared = service.keys.iter().any(|(key, _)| &**key == "entrypoint");
        let Some(config) = service.config.as_ref().filter(|_| !is_prepared) else { continue };
        let text = config.content.as_deref().unwrap_or_else(|| project.sources.slice(config.span));
        let Ok(parsed) = parse(config.span.source, text) else { continue };
        for document in &parsed.documents {
            walk(document, &mut |node, text, variable| {
                let place = match &config.content {
                    None => node.part(variable.clone()),
                    Some(_) => in_content(project, config, &text[variable.clone()]),
                };
                report(service, &text[variable], place, findings);
            });
        }
    }
}

fn report(service: &Service, variable: &str, place: Span, findings: &mut Findings) {
    let image = images::reference(service);
    let program = image.as_ref().map_or("", |image| ImageReference::of(image).last_name().shown()).to_owned();
    let message = format!("`{variable}` stays as it is: {program} expands no variables in its configuration");
    findings.push(
        RULE.on(&[&variable], place, message)
            .related(service.span, format!("`{}` reads it", service.name))
            .help("write the value; or, for a secret, name a file that holds it: `password_file: /run/secrets/password`"),
    );
}

/// Where the value of `content` has a variable.
fn in_content(project: &Project<'_>, config: &Config, variable: &str) -> Span {
    let at = project.sources.slice(config.span).find(variable);
    at.map_or(config.span, |at| config.span.part(at, range::after(at, [variable])))
}

/// Calls `found` for each variable in the texts of a configuration.
fn walk(node: &Node, found: &mut dyn FnMut(&Node, &str, Range<usize>)) {
    match &node.kind {
        Kind::Mapping(mapping) => {
            let entries = mapping.iter().filter(|(key, _)| !WITH_MEANING.contains(&&***key));
            entries.for_each(|(_, entry)| walk(&entry.value, found));
        }
        Kind::Sequence(items) => items.iter().for_each(|item| walk(item, found)),
        Kind::Scalar(scalar) => {
            for variable in variables(&scalar.text) {
                found(node, &scalar.text, variable);
            }
        }
    }
}

/// The variables of a text: `${NAME}`, with a default or not, and a text that is `$NAME` as a whole.
fn variables(text: &str) -> Vec<Range<usize>> {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if text.strip_prefix('$').is_some_and(|name| is_name(name) && *name == name.to_uppercase()) {
        return std::iter::once(0..text.len()).collect();
    }
    let braced = range::around(text, "${").filter_map(|(before, behind)| {
        let (inside, _) = behind.split_once('}')?;
        let name = inside.split([':', '-', '?', '+']).next().unwrap_or_default();
        let is_template = before.matches("{{").count() > before.matches("}}").count();
        let range = before.len()..range::after(before.len(), ["${", inside, "}"]);
        (is_name(name) && !is_template && !before.ends_with('$')).then_some(range)
    });
    braced.collect()
}
