//! What is known of a service before others are looked at: its layers, endpoints, ports, secrets, and what it offers.

use indexmap::IndexMap;
use minijinja::Value;

use super::View;
use super::address::{addresses, offers};
use super::environment::EnvironmentSettings;
use super::lock::Allocator;
use super::metrics;
use super::port::{self, Surroundings};
use super::scope::{Base, Member};
use super::secret::Secret;
use super::template::{used_by, values};
use crate::catalog::{Engine, Failure, Template, TemplateSecret};
use crate::definition::{ENVIRONMENTS, Endpoint, Layer, Mode, OFFERED, Service, Spanned, Stack};
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::merge;
use compose_reader::source::Span;
use compose_reader::yaml::{Kind, Mapping, Node};

/// What is known of a service before others are looked at.
pub(super) fn member<'a>(
    base: Base<'a>,
    view: View,
    hosted: bool,
    name: &'a str,
    definition: &'a Service,
    allocator: &mut Allocator<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Member<'a> {
    let Base { stack, catalog, engine, environment, .. } = base;
    let layer = layers(stack, environment, definition);
    let template = layer.template.as_ref().and_then(|used| catalog.get(&used.name));
    let mut context = context(base, name, &layer, template);
    let mut broken = layer.template.is_some() && template.is_none();
    let mut open = Vec::new();
    if let Some(template) = template {
        // Parameters that name services are filled in later; here they are simply not there.
        let mut nobody = |_: &Node| Ok(Value::UNDEFINED);
        for (key, parameter) in &template.parameters {
            let argument = layer.with.as_ref().and_then(|with| with.get(key));
            match parameter.value(key, argument, definition.span, &mut nobody) {
                _ if argument.is_some_and(|node| holds(node, "${{")) => {
                    open.extend(argument.map(|node| (key, node.span)))
                }
                Ok(value) => {
                    context.insert(key.clone(), value);
                }
                Err(_) => broken = true,
            }
        }
    }
    // What a wrong parameter leads to is not said as well.
    let mut consequences = Vec::new();
    let heard = if broken { &mut consequences } else { &mut *diagnostics };
    let mut failed = Vec::new();
    let endpoints = endpoints(name, &layer, template, engine, &context, &mut failed);
    // Other services are not known yet; what they would decide is not either.
    let mut decisive = !open.is_empty() && !failed.is_empty();
    if !decisive {
        heard.extend(failed);
    }
    let mut names: Vec<&str> = ENVIRONMENTS.iter().map(|default| default.name).collect();
    let own = stack.environments.keys().map(String::as_str);
    names.extend(own.filter(|name| ENVIRONMENTS.iter().all(|default| default.name != *name)));
    metrics::check(name, &layer, &endpoints, heard);
    let surroundings = Surroundings {
        environment,
        environments: &names,
        service: name,
        tier: &definition.tier.value,
        template,
        endpoints: &endpoints,
    };
    let published = port::published(&surroundings, &layer, allocator, heard);
    let mut secrets: IndexMap<String, Secret> = IndexMap::new();
    let mut secret_values: IndexMap<String, Value> = IndexMap::new();
    for (key, declared) in template.into_iter().flat_map(|template| &template.secrets) {
        let mut make = |owner: &str| {
            let full = format!("{owner}_{key}").replace(['-', '.'], "_");
            let description = format!("{} (`{owner}`)", declared.description);
            let known = TemplateSecret { description, ..declared.clone() };
            let span = layer.template.as_ref().map_or(definition.span, |used| used.name.span);
            let secret = Secret::new(stack, environment, full, &known, span);
            let value = secret.context();
            secrets.insert(secret.name.clone(), secret);
            value
        };
        let value = match &declared.each {
            None => make(name),
            Some(list) => {
                let items = context.get(list).and_then(|items| items.try_iter().ok()).into_iter().flatten();
                let names = items.map(|item| item.to_string());
                Value::from_pairs(names.map(|item| (item.clone(), make(&format!("{name}_{item}")))))
            }
        };
        secret_values.insert(key.clone(), value);
    }
    let published_value = |key: &String| match published.iter().find(|published| published.endpoint == *key) {
        Some(published) => Value::from_pairs([
            ("address", Value::from(published.address.to_string())),
            ("port", Value::from(published.first())),
        ]),
        None => Value::from(()),
    };
    let published_values = endpoints.keys().map(|key| (key.clone(), published_value(key)));
    context.insert("published".to_owned(), Value::from_pairs(published_values));
    context.insert("secrets".to_owned(), Value::from_pairs(secret_values));
    let mut member = Member {
        name,
        definition,
        layer,
        template,
        broken,
        endpoints,
        published,
        secrets,
        context,
        offers: Value::UNDEFINED,
        hosted,
    };
    match offers(&member, engine, environment, view) {
        Ok(offers) => member.offers = offers,
        Err(_) if !open.is_empty() => decisive = true,
        Err(failure) => heard.push(used_by(failure, &member.layer)),
    }
    if decisive && !broken {
        let public = |template: &Template, key: &str| {
            let ports = template.endpoints.values().any(|endpoint| holds(&endpoint.port, key));
            let values = template.values.iter().any(|(_, value)| holds(value, key));
            ports || values || template.references.values().any(|value| holds(value, key))
        };
        for (key, span) in open.into_iter().filter(|(key, _)| template.is_some_and(|it| public(it, key))) {
            let message = format!("`{key}` decides what others see of `{name}`, so it cannot be a reference");
            diagnostics.push(Fault::WrongParameter.at(span, message).help("write the value itself"));
        }
        member.broken = true;
    }
    // Its own expressions see it from inside its network; a process on the host listens where it is published.
    let own = addresses(&member, environment, View::Container, false);
    member.context.extend(own);
    if hosted {
        let on_host = addresses(&member, environment, View::Host, true);
        member.context.extend(on_host.into_iter().filter(|(_, value)| !value.is_none()));
    }
    if let Some(template) = template {
        // Without the services that parameters name, some are not there yet; that is no mistake.
        let _ = values(template, engine, &mut member.context);
    }
    member
}

/// All layers of a service that are written in the stack, weakest first: the defaults of the stack, of its tier and of the
/// environment, its own, and its override.
fn layers(stack: &Stack, environment: &EnvironmentSettings, definition: &Service) -> Layer {
    let tier = stack.tiers.get(&definition.tier.value).and_then(|tier| tier.defaults.as_ref());
    let of_environment =
        stack.environments.get(&environment.name).and_then(|environment| environment.defaults.as_ref());
    let over = definition.overrides.get(&environment.name).map(|over| &over.layer);
    let defaults = [stack.defaults.as_ref(), tier, of_environment].into_iter().flatten();
    let all = defaults.chain([&definition.layer]).chain(over);
    all.fold(Layer::default(), |base, over| fold(&base, over, definition.span))
}

/// A layer with another over it.
fn fold(base: &Layer, over: &Layer, span: Span) -> Layer {
    let nothing = || Node::mapping(span, Mapping::default());
    let merged = |base: &Option<Node>, over: &Option<Node>| {
        let base = merge::service(&nothing(), base.as_ref().unwrap_or(&nothing()));
        match over {
            Some(over) => merge::service(&base, over),
            None => base,
        }
    };
    let mut listen = base.listen.clone();
    listen.extend(over.listen.clone());
    let mut needs = base.needs.clone();
    needs.extend(over.needs.clone());
    Layer {
        template: over.template.clone().or_else(|| base.template.clone()),
        with: match (&base.with, &over.with) {
            (Some(base), Some(over)) => {
                let mut arguments = base.as_mapping().cloned().unwrap_or_default();
                arguments.extend(over.as_mapping().cloned().unwrap_or_default());
                Some(Node::mapping(over.span, arguments))
            }
            (base, over) => over.clone().or_else(|| base.clone()),
        },
        listen,
        publish: over.publish.clone().or_else(|| base.publish.clone()),
        health: over.health.clone().or_else(|| base.health.clone()),
        metrics: metrics::fold(base.metrics.as_ref(), over.metrics.as_ref()),
        needs,
        secrets: base.secrets.iter().chain(&over.secrets).cloned().collect(),
        enabled: over.enabled.clone().or_else(|| base.enabled.clone()),
        run: over.run.clone().or_else(|| base.run.clone()),
        compose: Some(merged(&base.compose, &over.compose)),
    }
}

/// The services of each tier that has any.
fn tiers(stack: &Stack) -> Value {
    let services = |tier: &str| {
        let of_tier = stack.services.iter().filter(|(_, service)| service.tier.value == tier);
        of_tier.map(|(name, _)| Value::from(name.as_str())).collect::<Vec<Value>>()
    };
    let tiers = stack.tiers.keys().map(|tier| (tier.clone(), services(tier)));
    Value::from_pairs(tiers.filter(|(_, services)| !services.is_empty()))
}

/// What every expression of a template sees.
fn context(
    Base { stack, environment, .. }: Base,
    name: &str,
    layer: &Layer,
    template: Option<&Template>,
) -> IndexMap<String, Value> {
    let version = layer
        .template
        .as_ref()
        .and_then(|used| used.version.as_ref())
        .map(|version| version.value.clone())
        .or_else(|| template.and_then(|template| template.versions.first().cloned()));
    let major = version.as_deref().and_then(|version| {
        let digits = version.split(|next: char| !next.is_ascii_digit()).find(|digits| !digits.is_empty())?;
        digits.parse::<i64>().ok()
    });
    let mode = environment.mode;
    [
        ("stack", Value::from(stack.name.value.as_str())),
        ("tiers", tiers(stack)),
        ("service", Value::from(name)),
        ("host", Value::from(name)),
        ("version", version.map_or(Value::from(()), Value::from)),
        ("major", major.map_or(Value::from(()), Value::from)),
        ("environment", Value::from(environment.name.as_str())),
        ("mode", Value::from(mode.name())),
        ("production", Value::from(mode == Mode::Production)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}

/// Whether any text in a node is such a one.
pub(super) fn any_text(node: &Node, is_such: &dyn Fn(&Node) -> bool) -> bool {
    match &node.kind {
        Kind::Scalar(_) => is_such(node),
        Kind::Sequence(items) => items.iter().any(|item| any_text(item, is_such)),
        Kind::Mapping(mapping) => mapping.values().any(|entry| any_text(&entry.value, is_such)),
    }
}

/// Whether any text in a node holds a certain one.
pub(super) fn holds(node: &Node, part: &str) -> bool {
    any_text(node, &|node| node.as_scalar().is_some_and(|scalar| scalar.text.contains(part)))
}

/// The template's endpoints, moved and joined by those of `listen`.
fn endpoints(
    name: &str,
    layer: &Layer,
    template: Option<&Template>,
    engine: &Engine,
    context: &IndexMap<String, Value>,
    diagnostics: &mut Vec<Diagnostic>,
) -> IndexMap<String, Endpoint> {
    let mut endpoints = IndexMap::new();
    let seen = Value::from_pairs(context.clone());
    for (key, declared) in template.into_iter().flat_map(|template| &template.endpoints) {
        if OFFERED.contains(&key.as_str()) {
            let message =
                format!("an endpoint cannot be called `{key}`, as every service offers that itself");
            let help = "give it a name of its own, such as `http` or `admin`";
            diagnostics.push(Fault::InvalidTemplate.at(declared.port.span, message).help(help));
        }
        let port = match engine.fragment(&declared.port, &seen) {
            Ok(Some(node)) => node.as_integer().and_then(|port| u16::try_from(port).ok()),
            Ok(None) => continue,
            Err(failure) => {
                diagnostics.push(used_by(failure, layer));
                continue;
            }
        };
        let Some(port) = port else {
            let message = format!("the port of `{key}` is no number from 1 to 65535");
            let diagnostic = Fault::InvalidTemplate
                .at(declared.port.span, message)
                .help("write a number, or an expression that gives one or `none`");
            diagnostics.push(used_by(Failure::Template(Box::new(diagnostic)), layer));
            continue;
        };
        let span = declared.port.span;
        let endpoint = Endpoint { span, port: Spanned::new(port, span), scheme: declared.scheme.clone() };
        endpoints.insert(key.clone(), endpoint);
    }
    for (key, listened) in &layer.listen {
        let declared = template.and_then(|template| template.endpoints.get(key));
        match (declared, endpoints.get_mut(key)) {
            (Some(declared), Some(endpoint)) => {
                if !declared.adjustable && endpoint.port.value != listened.port.value {
                    let message =
                        format!("`{name}` listens on {} for `{key}`, and that is fixed", endpoint.port.value);
                    diagnostics.push(
                        Fault::FixedPort.at(listened.port.span, message)
                            .related(declared.port.span, "the template's port")
                            .help("leave it out; other services use the reference, the host gets its port by `publish`"),
                    );
                }
                endpoint.port = listened.port.clone();
            }
            _ => {
                endpoints.insert(key.clone(), listened.clone());
            }
        }
    }
    endpoints
}
