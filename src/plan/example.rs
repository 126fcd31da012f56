//! A service that uses a template and says as little as possible, to show what comes of it.

use std::rc::Rc;

use indexmap::IndexMap;
use minijinja::value::ValueKind;

use super::draft::draft;
use super::environment::environments;
use super::facts::{Facts, Members, View};
use super::lock::Allocator;
use super::member::{self, Inputs, Shared};
use super::resolve::resolved;
use crate::catalog::{Catalog, Engine, Template, Type};
use crate::definition::{Endpoint, Layer, Lock, Service, Spanned, Stack, Tier, Use};
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
}

/// The service `NAME` that uses a template; required parameters are filled in with their names in capitals.
pub fn example(catalog: &Catalog, engine: &Engine, template: &Template) -> Example {
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
            _ => continue,
        };
        let entry = compose_reader::yaml::Entry { key: Node::text(span, name.as_str()), value };
        arguments.insert(name.as_str().into(), entry);
    }
    let used = Use { name: Spanned::new(template.name.clone(), span), version: None };
    let layer =
        Layer { template: Some(used), with: Some(Node::mapping(span, arguments)), ..Layer::default() };
    services.insert("NAME".to_owned(), service(span, layer));
    let stack = Stack {
        name: Spanned::new("example".to_owned(), span),
        tiers: IndexMap::from([(
            "all".to_owned(),
            Tier { span, kind: None, host_ports: Vec::new(), defaults: None },
        )]),
        services,
        ..Stack::empty(span)
    };
    let settings = environments(&stack, &mut Vec::new());
    let Some(environment) = settings.get("dev-fast") else { return Example::default() };
    let inputs = Inputs { stack: &stack, catalog, engine, settings: &settings, view: View::Container };
    let lock = Lock::default();
    let mut shared = Shared::new(&stack, catalog, Allocator::new(&stack, &lock, 0));
    let known = member::services(inputs, environment, &mut shared);
    let facts = Facts {
        stack: &stack,
        engine,
        environment,
        attached_to: None,
        view: View::Container,
        members: known.members,
        hosted: known.hosted,
        attached: Rc::new(Members::new()),
        managed: known.managed,
        attached_managed: Rc::new(Members::new()),
        absent: known.absent,
        secrets: IndexMap::new(),
    };
    let Some(member) = facts.find("NAME") else { return Example::default() };
    let keys = member.offers.try_iter().into_iter().flatten();
    let offers = keys.filter_map(|key| {
        let value = member.offers.get_item(&key).ok()?;
        let is_text = matches!(value.kind(), ValueKind::String | ValueKind::Number);
        is_text.then(|| (key.to_string(), value.to_string()))
    });
    let offers = offers.collect();
    let ports = member.endpoints.iter().map(|(name, endpoint)| (name.clone(), endpoint.port.value));
    let endpoints = ports.collect();
    let resolved = resolved(&facts, member, &mut Vec::new());
    let compose = draft(&facts, member, &resolved, &mut Vec::new()).compose;
    let test = compose.get("healthcheck").and_then(|healthcheck| healthcheck.get("test")).cloned();
    Example { offers, endpoints, test }
}

fn service(span: Span, layer: Layer) -> Service {
    let tier = Spanned::new("all".to_owned(), span);
    Service {
        span,
        comment: None,
        tier,
        layer,
        beside: IndexMap::new(),
        external: IndexMap::new(),
        overrides: IndexMap::new(),
    }
}

/// A service that listens on port 80.
fn partner(span: Span) -> Service {
    let endpoint = Endpoint { span, port: Spanned::new(80, span), scheme: "http".to_owned() };
    let listen = IndexMap::from([("http".to_owned(), endpoint)]);
    service(span, Layer { listen, ..Layer::default() })
}
