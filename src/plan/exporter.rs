//! Exporters that a stack gets by itself: one for each service whose template knows one.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::environment::{EnvironmentSettings, Placement, environments};
use crate::catalog::{Catalog, Template, Type};
use crate::definition::{Exporters, Layer, Override, Service, Spanned, Stack, Use};
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::{Sources, Span};
use compose_reader::yaml::Node;

/// Loads the templates of a stack, and adds the exporters that it asks for, with theirs.
pub fn prepare(stack: &mut Stack, catalog: &mut Catalog, sources: &mut Sources) -> Vec<Diagnostic> {
    let mut diagnostics = load(stack, catalog, sources);
    let asked = stack.observability.as_ref().and_then(|observability| observability.exporters.as_ref());
    let Some(span) = asked.filter(|asked| asked.value == Exporters::Auto).map(|asked| asked.span) else {
        return diagnostics;
    };
    let wanted: Vec<(String, String)> = stack
        .services
        .iter()
        .filter_map(|(name, service)| {
            Some((name.clone(), template(stack, catalog, service)?.exporter.clone()?))
        })
        .collect();
    for (_, exporter) in &wanted {
        diagnostics.extend(catalog.load(exporter, sources));
    }
    let scraper = |service: &&Service| template(stack, catalog, service).is_some_and(|it| it.scrapes);
    let Some(tier) = stack.services.values().find(scraper).map(|service| service.tier.value.clone()) else {
        let message = "nothing scrapes the exporters that are to be added".to_owned();
        let help = "add Prometheus: `prometheus: { tier: observability, use: prometheus }`";
        diagnostics.push(Fault::MissingScraper.at(span, message).help(help));
        return diagnostics;
    };
    let settings = environments(stack, &mut Vec::new());
    let exported = exported(stack);
    for (target, used) in wanted {
        let Some(parameter) = catalog.get(&used).and_then(parameter) else { continue };
        if exported.contains(&(used.clone(), parameter.to_owned(), target.clone())) {
            continue;
        }
        let name = format!("{target}-exporter");
        if let Some(other) = stack.services.get(&name) {
            let message =
                format!("the exporter of `{target}` would be called `{name}`, and that is another service");
            diagnostics.push(
                Fault::DefinedTwice
                    .at(span, message)
                    .related(other.span, "this one")
                    .help("give that service another name, or write the exporter down under one of its own"),
            );
            continue;
        }
        let exporter = Exporter { span, tier: &tier, used: &used, parameter, target: &target };
        let observed = &stack.services[&target];
        let service = exporter.service(observed, exporter.overrides(observed, &settings));
        stack.services.insert(name, service);
    }
    diagnostics
}

fn load(stack: &Stack, catalog: &mut Catalog, sources: &mut Sources) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for service in stack.services.values() {
        for used in stack.layers_of(service).filter_map(|layer| layer.template.as_ref()) {
            diagnostics.extend(catalog.load(&used.name, sources));
        }
    }
    diagnostics
}

/// The template of a service that no environment changes.
fn template<'c>(stack: &Stack, catalog: &'c Catalog, service: &Service) -> Option<&'c Template> {
    let used = stack.layers_of(service).filter_map(|layer| layer.template.as_ref()).last()?;
    catalog.get(&used.name)
}

/// The parameter of an exporter that names the service.
fn parameter(exporter: &Template) -> Option<&str> {
    let mut parameters = exporter.parameters.iter();
    parameters.find(|(_, parameter)| matches!(parameter.kind, Type::Service)).map(|(name, _)| name.as_str())
}

/// What templates are told in the stack already: template, parameter and text.
fn exported(stack: &Stack) -> HashSet<(String, String, String)> {
    let mut told = HashSet::new();
    for layer in stack.services.values().map(|service| &service.layer) {
        let (Some(used), Some(with)) = (&layer.template, &layer.with) else { continue };
        for (parameter, entry) in with.as_mapping().into_iter().flatten() {
            let text = entry.value.as_text();
            told.extend(text.map(|text| (used.name.value.clone(), parameter.to_string(), text.to_owned())));
        }
    }
    told
}

/// An exporter that is added.
struct Exporter<'e> {
    /// What asks for it.
    span: Span,
    tier: &'e str,
    used: &'e str,
    parameter: &'e str,
    target: &'e str,
}

impl Exporter<'_> {
    /// It is switched on by the profiles that switch on the service.
    fn service(&self, target: &Service, overrides: IndexMap<String, Override>) -> Service {
        let span = self.span;
        let named = Node::from_pairs(span, [(self.parameter, Node::text(span, self.target))]);
        let used = Use { name: Spanned::new(self.used.to_owned(), span), version: None };
        let profiles = target.layer.compose.as_ref().and_then(|compose| compose.get("profiles"));
        let compose = profiles.map(|profiles| Node::from_pairs(span, [("profiles", profiles.clone())]));
        let layer = Layer { template: Some(used), with: Some(named), compose, ..Layer::default() };
        Service { overrides, ..Service::new(span, self.tier, layer) }
    }

    /// It is left out where the service neither has a container that it could reach nor is managed.
    fn overrides(
        &self,
        target: &Service,
        settings: &IndexMap<String, EnvironmentSettings>,
    ) -> IndexMap<String, Override> {
        let runs = |environment: &EnvironmentSettings| {
            matches!(environment.placement(target), Placement::Container | Placement::External)
        };
        let reached = |environment: &EnvironmentSettings| {
            let attached = environment.attach.as_ref().and_then(|attached| settings.get(attached));
            runs(environment) || attached.is_some_and(runs)
        };
        let left_out = Layer { enabled: Some(Spanned::new(false, self.span)), ..Layer::default() };
        settings
            .values()
            .filter(|environment| !reached(environment))
            .map(|environment| {
                (environment.name.clone(), Override { span: self.span, layer: left_out.clone() })
            })
            .collect()
    }
}
