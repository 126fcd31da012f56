//! What is known of the key or value under the cursor of a stack.

use std::fmt::Write;

use gen_lsp_types::Hover;

use super::document::Document;
use super::host::OpenStack;
use super::nodes::{entry, find};
use super::schema;
use crate::catalog::Template;
use crate::definition;
use compose_reader::source::Span;
use compose_reader::spec;
use compose_reader::yaml::{Node, parse, path_at};

/// What is known of the place at an offset.
pub(super) fn hover(document: &Document<'_>, stack: &OpenStack, offset: usize) -> Option<Hover> {
    let parsed = parse(stack.file, document.lines.text()).ok()?;
    let at = u32::try_from(offset).ok()?;
    let root = parsed.documents.first()?;
    let path = path_at(root, at);
    let (key, value) = entry(root, &path)?;
    let is_on = |span: Span| span.start <= at && at <= span.end;
    let is_on_key = key.is_some_and(|key| is_on(key.span));
    if !is_on_key && !is_on(value.place()) {
        return None;
    }
    let mut text = String::new();
    let steps: Vec<&str> = path.iter().map(String::as_str).collect();
    let about = schema::description(&schema::at(&definition::schema(), &path)).or_else(|| {
        let inside = steps.get(2..).filter(|_| steps.first() == Some(&"services"))?;
        let inside = inside.iter().filter(|step| **step != "overrides").copied();
        spec::at(["services", "*"].into_iter().chain(inside)).map(|key| key.hover.to_owned())
    });
    if let (Some(about), Some(last)) = (about, steps.last()) {
        let _ = write!(text, "**{last}**: {about}\n\n");
    }
    match steps[..] {
        ["services", .., "use"] => {
            text.push_str(&template_of(stack, value.as_text()?).map(explained).unwrap_or_default())
        }
        ["services", name, .., "with", parameter] => {
            text.push_str(&argument(stack, name, parameter).unwrap_or_default());
        }
        ["services", name] => text.push_str(&service(stack, name)),
        _ => {}
    }
    if value.as_text().is_some_and(|text| text.contains("${{")) {
        text.push_str(&becomes(stack, value.span));
    }
    let span = match (is_on_key, key) {
        (true, Some(key)) => key.span,
        _ => value.place(),
    };
    document.hover(span, &text)
}

fn template_of<'s>(stack: &'s OpenStack, used: &str) -> Option<&'s Template> {
    stack.catalog.get(used.split('@').next()?)
}

/// A template: what it is, its parameters, what it offers, what it takes care of.
fn explained(template: &Template) -> String {
    let mut text = format!("`{}`: {}\n\n", template.name, template.summary);
    if !template.versions.is_empty() {
        let _ = write!(text, "Versions: {}\n\n", template.versions.join(", "));
    }
    for (name, parameter) in &template.parameters {
        let _ = writeln!(text, "- `{name}` ({}): {}", parameter.kind.name(), parameter.description);
    }
    let offered: Vec<String> =
        template.endpoints.keys().chain(template.references.keys()).map(|name| format!("`{name}`")).collect();
    if !offered.is_empty() {
        let _ = write!(text, "\nReferences: {}\n", offered.join(", "));
    }
    for pitfall in &template.pitfalls {
        let _ = write!(text, "\n- {pitfall}");
    }
    text
}

fn argument(stack: &OpenStack, service: &str, parameter: &str) -> Option<String> {
    let used = stack.stack.as_ref()?.services.get(service)?.layer.template.as_ref()?;
    let known = stack.catalog.get(&used.name.value)?.parameters.get(parameter)?;
    Some(format!("**{parameter}** ({}): {}\n\n", known.kind.name(), known.description))
}

/// What a service becomes in each environment: its image, its ports.
fn service(stack: &OpenStack, name: &str) -> String {
    let mut text = String::new();
    for plan in stack.planned.iter().flat_map(|planned| &planned.plans) {
        let Some(planned) = plan.tiers.iter().flat_map(|tier| &tier.services).find(|it| it.name == name)
        else {
            continue;
        };
        let image = planned.compose.get("image").and_then(Node::as_text).unwrap_or("built");
        let ports = plan.ports.iter().filter(|port| port.service == name);
        let ports: Vec<String> = ports.filter_map(|port| port.url()).collect();
        let at = if ports.is_empty() { String::new() } else { format!(", at {}", ports.join(" and ")) };
        let _ = writeln!(text, "- {}: `{image}`{at}", plan.environment);
    }
    text
}

/// What the text that is written at a place becomes in each environment.
pub(super) fn becomes(stack: &OpenStack, span: Span) -> String {
    let mut text = String::new();
    for (environment, value) in values(stack, span) {
        let _ = writeln!(text, "- {environment}: `{}`", value.replace('`', "'"));
    }
    text
}

/// The environments in which what is written at a place is used, each with what it becomes.
pub(super) fn values(stack: &OpenStack, span: Span) -> Vec<(&str, &str)> {
    let plans = stack.planned.iter().flat_map(|planned| &planned.plans);
    plans
        .filter_map(|plan| {
            let mut services = plan.tiers.iter().flat_map(|tier| &tier.services);
            let text = services.find_map(|service| find(&service.compose, span)?.as_text())?;
            Some((plan.environment.as_str(), text))
        })
        .collect()
}
