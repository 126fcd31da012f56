//! A service that uses a template and says as little as possible, to show what comes of it.

use std::rc::Rc;

use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::ValueKind;

use super::draft::draft;
use super::environment::{EnvironmentSettings, environments};
use super::facts::{Facts, Member, Members, View};
use super::lock::Allocator;
use super::member::{self, Inputs, Shared};
use super::mode;
use super::resolve::resolved;
use super::template::extended;
use crate::catalog::{Catalog, Engine, Template, Type};
use crate::definition::{Endpoint, Layer, Lock, Mode, Service, Spanned, Stack, Tier, Use};
use compose_reader::merge;
use compose_reader::source::Span;
use compose_reader::yaml::{Mapping, Node};

/// What a service offers and how it is probed, in development.
#[derive(Debug, Default)]
pub struct Example {
    /// What references to it become, by their names.
    pub offers: IndexMap<String, String>,
    /// The ports of its endpoints.
    pub endpoints: IndexMap<String, u16>,
    /// The `test` of its health check.
    pub test: Option<Node>,
    /// The `test` that asks `/health` on port 8080, for a template that takes `health: /health`.
    pub http: Option<Node>,
    /// The `test` that connects to port 8080, for a template that takes `health: { tcp: ... }`.
    pub tcp: Option<Node>,
    /// What it has in development besides.
    pub development: Option<Node>,
    /// What it has in production besides.
    pub production: Option<Node>,
}

/// A version of a template, as it is written behind the `@`, with an image that is pulled for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredImage {
    /// The version, with its flavour.
    pub version: String,
    /// The reference of the image.
    pub image: String,
}

/// The images of every version that a template declares as a tag, in each flavour, and that of its prober.
pub fn images(catalog: &Catalog, engine: &Engine, template: &Template) -> Vec<DeclaredImage> {
    let tags = template.versions.iter().filter(|version| !version.ends_with('*'));
    let flavoured = tags.flat_map(|version| {
        let flavours = template.flavours.iter().map(move |flavour| format!("{version}-{flavour}"));
        std::iter::once(version.clone()).chain(flavours)
    });
    let mut images: Vec<DeclaredImage> = Vec::new();
    let mut add = |version: &str, image: Option<&str>| {
        if let Some(image) = image.filter(|image| !images.iter().any(|known| known.image == *image)) {
            images.push(DeclaredImage { version: version.to_owned(), image: image.to_owned() });
        }
    };
    for version in flavoured {
        let stack = stack_of(template, Some(&version));
        let settings = environments(&stack, &mut Vec::new());
        let inputs = Inputs { stack: &stack, catalog, engine, settings: &settings, view: View::Container };
        let lock = Lock::default();
        let Some(environment) = settings.first().map(|(_, environment)| environment) else { continue };
        let facts = facts(inputs, environment, &lock);
        let Some(member) = facts.find("NAME") else { continue };
        let resolved = resolved(&facts, member, &mut Vec::new());
        let context = resolved.context.unwrap_or_else(|| Value::from_pairs(member.context.clone()));
        // Other keys may be refused for what the service beside it is not.
        let image = template.service.as_ref().and_then(|service| service.get("image"));
        let image = image.and_then(|image| engine.fragment(image, &context).ok().flatten());
        add(&version, image.as_ref().and_then(Node::as_text));
    }
    let prober = template.prober.as_ref().and_then(|prober| prober.get("image"));
    add("its prober", prober.and_then(Node::as_text));
    images
}

/// A stack with the service `NAME` that uses a template; required parameters are filled in with their names in capitals.
fn stack_of(template: &Template, version: Option<&str>) -> Stack {
    let span = template.span;
    let mut services = IndexMap::new();
    let mut arguments = Mapping::default();
    for (name, parameter) in template.parameters.iter().filter(|(_, parameter)| parameter.default.is_none()) {
        let filler = name.to_uppercase().replace('_', "-");
        let value = match &parameter.kind {
            Type::Service => {
                services.insert(filler.clone(), partner(span));
                Node::text(span, filler)
            }
            Type::Text => Node::text(span, filler),
            Type::Map { .. } => Node::mapping(span, Mapping::default()),
            Type::List(_) => Node::sequence(span, Vec::new()),
            _ => continue,
        };
        let entry = compose_reader::yaml::Entry { key: Node::text(span, name.as_str()), value };
        arguments.insert(name.as_str().into(), entry);
    }
    let version = version.map(|version| Spanned::new(version.to_owned(), span));
    let used = Use { name: Spanned::new(template.name.clone(), span), version };
    let layer =
        Layer { template: Some(used), with: Some(Node::mapping(span, arguments)), ..Layer::default() };
    services.insert("NAME".to_owned(), Service::new(span, "all", layer));
    Stack {
        name: Spanned::new("example".to_owned(), span),
        tiers: IndexMap::from([(
            "all".to_owned(),
            Tier { span, kind: None, host_ports: Vec::new(), defaults: None },
        )]),
        services,
        ..Stack::empty(span)
    }
}

/// What a service that uses a template offers, and how it is probed.
pub fn example(catalog: &Catalog, engine: &Engine, template: &Template) -> Example {
    let stack = stack_of(template, None);
    let settings = environments(&stack, &mut Vec::new());
    let inputs = Inputs { stack: &stack, catalog, engine, settings: &settings, view: View::Container };
    let lock = Lock::default();
    let mut example = Example::default();
    for name in ["dev-fast", "production"] {
        let Some(environment) = settings.get(name) else { continue };
        let facts = facts(inputs, environment, &lock);
        let Some(member) = facts.find("NAME") else { continue };
        let resolved = resolved(&facts, member, &mut Vec::new());
        let context = resolved.context.clone().unwrap_or_else(|| Value::from_pairs(member.context.clone()));
        let side = side(&facts, member, template, &context);
        if environment.mode == Mode::Production {
            example.production = side;
            continue;
        }
        example.development = side;
        let keys = member.offers.try_iter().into_iter().flatten();
        let offers = keys.filter_map(|key| {
            let value = member.offers.get_item(&key).ok()?;
            let is_text = matches!(value.kind(), ValueKind::String | ValueKind::Number);
            is_text.then(|| (key.to_string(), value.to_string()))
        });
        example.offers = offers.collect();
        let ports = member.endpoints.iter().map(|(name, endpoint)| (name.clone(), endpoint.port.value));
        example.endpoints = ports.collect();
        let compose = draft(&facts, member, &resolved, &mut Vec::new()).compose;
        example.test = compose.get("healthcheck").and_then(|healthcheck| healthcheck.get("test")).cloned();
        let asked =
            [("port", Value::from(8080)), ("path", Value::from("/health")), ("status", Value::from(()))];
        let seen = extended(&context, asked.map(|(key, value)| (key.to_owned(), value)));
        let asking = |test: &Option<Node>| engine.fragment(test.as_ref()?, &seen).ok().flatten();
        (example.http, example.tcp) = (asking(&template.http_probe), asking(&template.tcp_probe));
    }
    example
}

/// What is known of the services of an environment that is attached to none.
fn facts<'a>(inputs: Inputs<'a>, environment: &'a EnvironmentSettings, lock: &'a Lock) -> Facts<'a> {
    let Inputs { stack, catalog, engine, view, .. } = inputs;
    let mut shared = Shared::new(stack, catalog, Allocator::new(stack, lock, 0));
    let known = member::services(inputs, environment, &mut shared);
    Facts {
        stack,
        engine,
        environment,
        attached_to: None,
        view,
        members: known.members,
        hosted: known.hosted,
        attached: Rc::new(Members::new()),
        managed: known.managed,
        attached_managed: Rc::new(Members::new()),
        absent: known.absent,
        secrets: IndexMap::new(),
    }
}

/// What a mode adds: what it gives every service, and the template's side for it.
fn side(facts: &Facts, member: &Member, template: &Template, context: &Value) -> Option<Node> {
    let mode = facts.environment.mode;
    let side = match mode {
        Mode::Development => template.development.as_ref(),
        Mode::Production => template.production.as_ref(),
    };
    let side = side.and_then(|side| facts.engine.fragment(side, context).ok().flatten());
    let every = mode::layer(mode, member.is_job(), template.span);
    let added = side.map_or(every.clone(), |side| merge::service(&every, &side));
    added.as_mapping().is_some_and(|keys| !keys.is_empty()).then_some(added)
}

/// A service that listens on port 80.
fn partner(span: Span) -> Service {
    let endpoint = Endpoint { span, port: Spanned::new(80, span), scheme: "http".to_owned() };
    let listen = IndexMap::from([("http".to_owned(), endpoint)]);
    Service::new(span, "all", Layer { listen, ..Layer::default() })
}
