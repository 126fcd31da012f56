//! What is known of each service before others are looked at: its layers, endpoints, ports, secrets, and what it offers.

use std::collections::HashSet;
use std::rc::Rc;

use indexmap::IndexMap;
use minijinja::Value;

use super::address::{addresses, number, offers};
use super::environment::{EnvironmentSettings, Placement};
use super::facts::{Member, Members, View};
use super::layers::{Layers, memory_limit};
use super::lock::Allocator;
use super::managed;
use super::metrics;
use super::nodes::holds;
use super::publish::{self, Surroundings};
use super::secret::Secret;
use super::template::{used_by, values};
use crate::catalog::{Catalog, Engine, Failure, MEMORY, Release, Template, TemplateSecret};
use crate::definition::{ENVIRONMENTS, Endpoint, Layer, Mode, OFFERED, Service, Spanned, Stack, Wait};
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::interpolation::expand;
use compose_reader::values::{ByteSize, Pair};
use compose_reader::yaml::Node;

/// What a stack is planned from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inputs<'a> {
    pub(super) stack: &'a Stack,
    pub(super) catalog: &'a Catalog,
    pub(super) engine: &'a Engine,
    pub(super) settings: &'a IndexMap<String, EnvironmentSettings>,
    /// From where addresses have to work.
    pub(super) view: View,
}

/// What is made once for all services of a run.
#[derive(Debug)]
pub(super) struct Shared<'a> {
    layers: Layers<'a>,
    allocator: Allocator<'a>,
    /// The services of each tier that has any, as expressions see them.
    tiers: Value,
    /// The names of all environments, also of those that are switched off.
    environments: Vec<&'a str>,
    /// The services that somebody names and does not wait for.
    unwaited: HashSet<&'a str>,
}

impl<'a> Shared<'a> {
    pub(super) fn new(stack: &'a Stack, catalog: &'a Catalog, allocator: Allocator<'a>) -> Self {
        let mut environments: Vec<&str> = ENVIRONMENTS.iter().map(|default| default.name).collect();
        let own = stack.environments.keys().map(String::as_str);
        environments.extend(own.filter(|name| ENVIRONMENTS.iter().all(|default| default.name != *name)));
        let layers = stack.services.values().flat_map(|service| stack.layers_of(service));
        let needs = layers.flat_map(|layer| &layer.needs);
        let unwaited = needs.filter(|(_, need)| need.wait == Some(Wait::None));
        let unwaited = unwaited.map(|(name, _)| name.as_str()).collect();
        Self { layers: Layers::new(stack, catalog), allocator, tiers: tiers(stack), environments, unwaited }
    }

    /// The host ports that were given out.
    pub(super) fn into_given(self) -> IndexMap<(String, String), u16> {
        self.allocator.into_given()
    }
}

/// The services of one environment, and what is wrong with them.
#[derive(Debug)]
pub(super) struct Services<'a> {
    /// Those that have a container.
    pub(super) members: Rc<Members<'a>>,
    /// Those that are processes on the machine itself.
    pub(super) hosted: Rc<Members<'a>>,
    /// Those that somebody else runs.
    pub(super) managed: Rc<Members<'a>>,
    /// Those that are not here, as far as somebody names them without waiting for them.
    pub(super) absent: Rc<Members<'a>>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// The services of an environment as it looks from containers or from the host. From the host, every service that has no
/// container in the environment counts as a process beside it.
pub(super) fn services<'a>(
    inputs: Inputs<'a>,
    environment: &'a EnvironmentSettings,
    shared: &mut Shared<'a>,
) -> Services<'a> {
    let (mut members, mut hosted) = (Members::new(), Members::new());
    let (mut managed, mut absent) = (Members::new(), Members::new());
    let mut diagnostics = Vec::new();
    for (name, definition) in &inputs.stack.services {
        let placement = match (environment.placement(definition), inputs.view) {
            (Placement::LeftOut, View::Host) => Placement::Hosted,
            (placement, _) => placement,
        };
        // What is wrong with a service is said where it is.
        let mut unsaid = Vec::new();
        let (group, said) = match placement {
            Placement::Container => (&mut members, &mut diagnostics),
            Placement::Hosted => (&mut hosted, &mut diagnostics),
            Placement::External => (&mut managed, &mut diagnostics),
            _ if shared.unwaited.contains(name.as_str()) => (&mut absent, &mut unsaid),
            _ => continue,
        };
        group.insert(name, member(inputs, environment, placement, (name, definition), shared, said));
    }
    let [members, hosted, managed, absent] = [members, hosted, managed, absent].map(Rc::new);
    Services { members, hosted, managed, absent, diagnostics }
}

/// What is known of a service before others are looked at.
fn member<'a>(
    inputs: Inputs<'a>,
    environment: &'a EnvironmentSettings,
    placement: Placement,
    (name, definition): (&'a str, &'a Service),
    shared: &mut Shared<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Member<'a> {
    let Inputs { stack, catalog, engine, settings, view } = inputs;
    let hosted = placement == Placement::Hosted;
    let attached = environment.attach.as_ref().and_then(|attached| settings.get(attached));
    let is_present = |name: &str| {
        let there = |settings: &EnvironmentSettings| {
            stack.services.get(name).is_some_and(|service| settings.placement(service).is_here())
        };
        there(environment) || attached.is_some_and(there)
    };
    let external = definition.external.get(&environment.name).filter(|_| placement == Placement::External);
    let layer = shared.layers.folded(environment, &is_present, name, definition);
    let template = layer.template.as_ref().and_then(|used| catalog.get(&used.name));
    let memory =
        template.filter(|template| template.is_limited_by_memory()).and_then(|_| known_limit(&layer));
    let release = template.map(|template| release(template, &layer, diagnostics)).unwrap_or_default();
    let mut context = context(stack, environment, shared.tiers.clone(), name, &layer, &release);
    context.extend(managed::context(external));
    let mut broken = layer.template.is_some() && template.is_none();
    let mut open = Vec::new();
    let mut names_services = false;
    if let Some(template) = template {
        // Parameters that name services are filled in later; here they are simply not there.
        let mut nobody = |_: &Node| {
            names_services = true;
            Ok(Value::UNDEFINED)
        };
        for (key, parameter) in &template.parameters {
            let limit = memory.as_ref().filter(|_| key == MEMORY);
            let argument = layer.with.as_ref().and_then(|with| with.get(key)).or(limit);
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
    if let Some(external) = external {
        managed::sign_in(external, template, &mut context);
        managed::check(name, external, environment, template, diagnostics);
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
    metrics::check(name, &layer, &endpoints, heard);
    let surroundings = Surroundings {
        environment,
        environments: &shared.environments,
        service: name,
        tier: &definition.tier.value,
        template,
        endpoints: &endpoints,
    };
    let (published, written_ports) = match placement {
        Placement::Container | Placement::Hosted => {
            publish::published(&surroundings, &layer, &mut shared.allocator, heard)
        }
        _ => (Vec::new(), None),
    };
    if let Some(external) = external {
        managed::check_ports(name, external, &endpoints, heard);
    }
    let mut secrets: IndexMap<String, Rc<Secret>> = IndexMap::new();
    let mut secret_values: IndexMap<String, Value> = IndexMap::new();
    for (key, declared) in template.into_iter().flat_map(|template| &template.secrets) {
        let mut make = |owner: &str| {
            let full = format!("{owner}_{key}").replace(['-', '.'], "_");
            let description = format!("{} (`{owner}`)", declared.description);
            let known = TemplateSecret { description, ..declared.clone() };
            let span = layer.template.as_ref().map_or(definition.span, |used| used.name.span);
            let mut secret = Secret::new(stack, environment, full, &known, span);
            if let Some(external) = external {
                let password = external.password.as_ref();
                let password = password.filter(|_| managed::password_secret(template) == Some(key));
                secret = secret.managed(password.map(|password| &*password.value));
            }
            let value = secret.context();
            secrets.insert(secret.name.clone(), Rc::new(secret));
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
            ("port", number(published).unwrap_or(Value::from(()))),
        ]),
        None => Value::from(()),
    };
    let published_values = endpoints.keys().map(|key| (key.clone(), published_value(key)));
    context.insert("published".to_owned(), Value::from_pairs(published_values));
    context.insert("secrets".to_owned(), Value::from_pairs(secret_values));
    let is_filled = !broken && !names_services && open.is_empty();
    let mut member = Member {
        name,
        definition,
        layer,
        memory,
        template,
        broken,
        endpoints,
        published,
        written_ports,
        secrets,
        context,
        is_filled,
        offers: Value::UNDEFINED,
        hosted,
        external,
    };
    let others_see = addresses(&member, environment, view, hosted);
    // Its own expressions see it from inside its network, and so do others' that have a container.
    let offered = if hosted || view == View::Host {
        let mut context = member.context.clone();
        context.extend(others_see.clone());
        let _ = values(template, engine, &mut context);
        let offered = offers(&member, engine, others_see, context);
        member.context.extend(addresses(&member, environment, View::Container, false));
        if hosted {
            // A process on the host listens where it is published.
            let on_host = addresses(&member, environment, View::Host, true);
            member.context.extend(on_host.into_iter().filter(|(_, value)| !value.is_none()));
        }
        member.is_filled &= values(template, engine, &mut member.context).is_empty();
        offered
    } else {
        member.context.extend(others_see.clone());
        member.is_filled &= values(template, engine, &mut member.context).is_empty();
        offers(&member, engine, others_see, member.context.clone())
    };
    match offered {
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
    member
}

/// The memory limit that a service's compose keys say, as far as it is known: what a variable defaults to.
fn known_limit(layer: &Layer) -> Option<Node> {
    let limit = &memory_limit(layer)?.value;
    let text = limit.as_text().filter(|text| !text.contains("${{"))?;
    let text = expand(text, &|_| None).filter(|text| text.parse::<ByteSize>().is_ok())?;
    Some(Node::text(limit.span, text))
}

/// The services of each tier that has any.
fn tiers(stack: &Stack) -> Value {
    let mut tiers: IndexMap<&str, Vec<Value>> =
        stack.tiers.keys().map(|tier| (tier.as_str(), Vec::new())).collect();
    for (name, service) in &stack.services {
        if let Some(tier) = tiers.get_mut(service.tier.value.as_str()) {
            tier.push(Value::from(name.as_str()));
        }
    }
    Value::from_pairs(tiers.into_iter().filter(|(_, services)| !services.is_empty()))
}

/// The release of its template's image that a service runs; the newest, where that decides and is not said, which is wrong.
fn release(template: &Template, layer: &Layer, diagnostics: &mut Vec<Diagnostic>) -> Release {
    let used = layer.template.as_ref();
    let written = used.and_then(|used| used.version.as_ref()).map(|version| version.value.as_str());
    let image = layer.compose.as_ref().and_then(|compose| compose.get("image"));
    let image = image.filter(|image| !image.is_null());
    let named = image.and_then(Node::as_text).filter(|image| !image.contains("${{"));
    let release = Release::of(template, written, named);
    let (Some(image), Some(used)) = (image, used) else { return release };
    if release.version.is_some() || template.versions.is_empty() {
        return release;
    }
    if template.depends_on_version() {
        let name = &used.name.value;
        let message = format!("the image does not say which version of {name} it is");
        let newest = template.versions.first().map(String::as_str).unwrap_or_default();
        let help = format!(
            "write it behind the template, `use: {name}@{newest}`: what else is written depends on it"
        );
        diagnostics.push(Fault::UnknownVersion.at(image.span, message).help(help));
    }
    Release::of(template, None, None)
}

/// The variables that the stack sets in a service, as far as their values are not references.
fn variables(layer: &Layer) -> Value {
    let written = layer.compose.as_ref().and_then(|compose| compose.get("environment"));
    let pairs = written.into_iter().flat_map(Pair::each);
    let known =
        pairs.filter_map(|(pair, _)| Some((pair.key, pair.value.filter(|text| !text.contains("${{"))?)));
    Value::from_pairs(known)
}

/// What every expression of a template sees.
fn context(
    stack: &Stack,
    environment: &EnvironmentSettings,
    tiers: Value,
    name: &str,
    layer: &Layer,
    release: &Release,
) -> IndexMap<String, Value> {
    let mode = environment.mode;
    [
        ("stack", Value::from(stack.name.value.as_str())),
        ("tiers", tiers),
        ("service", Value::from(name)),
        ("host", Value::from(name)),
        ("version", release.version.as_deref().map_or(Value::from(()), Value::from)),
        ("major", release.major().map_or(Value::from(()), Value::from)),
        ("flavour", release.flavour.as_deref().map_or(Value::from(()), Value::from)),
        ("tag", release.tag.as_deref().map_or(Value::from(()), Value::from)),
        ("variables", variables(layer)),
        ("persistent", layer.persistent.as_ref().map_or(Value::from(()), |it| Value::from(it.value))),
        ("environment", Value::from(environment.name.as_str())),
        ("mode", Value::from(mode.name())),
        ("production", Value::from(mode == Mode::Production)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
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
