//! One service: its layers, its template filled in, and what it offers to others.

use std::net::IpAddr;

use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::merge_maps;

use super::environment::EnvironmentSettings;
use super::lock::Allocator;
use super::port::Surroundings;
use super::scope::{Base, Dependency, Draft, Member, Scope, with_key};
use super::secret::Secret;
use super::{PlannedFile, View, mode, port, reference};
use crate::catalog::{Engine, Failure, Template, node_to_value};
use crate::definition::{
    COMPOSE_KEYS, ENVIRONMENTS, Endpoint, Health, Layer, Mode, Probe, Service, Spanned, Stack, Wait,
};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::merge;
use crate::source::Span;
use crate::yaml::{Kind, Mapping, Node, Style};

/// The name by which a container reaches the machine it runs on.
const HOST_GATEWAY: &str = "host.docker.internal";

/// Engines below this refuse `start_interval`.
const START_INTERVAL_SINCE: u32 = 25;

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
    let mut context = context(environment, name, &layer, template);
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
            let secret = Secret::new(stack, environment.mode, full, &description, &declared.development);
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
            diagnostics
                .push(Diagnostic::stack("wrong-parameter", span, message).help("write the value itself"));
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

/// `host`, `port`, `address` and `endpoints` as they are seen from a container or from the host.
fn addresses(
    member: &Member,
    environment: &EnvironmentSettings,
    view: View,
    hosted: bool,
) -> Vec<(String, Value)> {
    let local = |address: IpAddr| match address {
        address if address.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V6(address) => format!("[{address}]"),
        IpAddr::V4(address) => address.to_string(),
    };
    let mut endpoints: IndexMap<String, Value> = IndexMap::new();
    for (key, endpoint) in &member.endpoints {
        let published = member.published.iter().find(|published| published.endpoint == *key);
        let place = match (hosted, view, published) {
            (false, View::Container, _) => Some((member.name.to_owned(), endpoint.port.value)),
            (true, View::Container, Some(published)) => Some((HOST_GATEWAY.to_owned(), published.first())),
            (true, View::Host, Some(published)) => Some(("127.0.0.1".to_owned(), published.first())),
            (false, View::Host, Some(published)) => Some((local(published.address), published.first())),
            (_, _, None) => None,
        };
        let public = published
            .filter(|published| environment.public_host.is_some() || !published.address.is_unspecified());
        let public = public.map(|published| {
            let host = environment.public_host.clone().unwrap_or_else(|| local(published.address));
            (host, published.first())
        });
        let mut fields: Vec<(&str, Value)> = Vec::new();
        if let Some((host, port)) = place {
            let address = format!("{host}:{port}");
            let url = format!("{}://{address}", endpoint.scheme);
            fields.extend([
                ("host", Value::from(host)),
                ("port", Value::from(port)),
                ("address", Value::from(address)),
                ("url", Value::from(url)),
            ]);
        }
        if let Some((host, port)) = public {
            let address = format!("{host}:{port}");
            let url = format!("{}://{address}", endpoint.scheme);
            fields.extend([("public_address", Value::from(address)), ("public_url", Value::from(url))]);
        }
        fields.push(("scheme", Value::from(endpoint.scheme.as_str())));
        endpoints.insert(key.clone(), Value::from_pairs(fields));
    }
    let usual = member.template.and_then(|template| template.publish.as_ref());
    let from_inside = !hosted && view == View::Container;
    let main = match usual.and_then(|usual| endpoints.get(usual)).filter(|_| !from_inside) {
        Some(usual) => Some(usual),
        None => endpoints.values().next(),
    };
    let public = usual.and_then(|usual| endpoints.get(usual)).or(main);
    let field = |endpoint: Option<&Value>, name: &str| {
        endpoint.and_then(|endpoint| endpoint.get_attr(name).ok()).filter(|value| !value.is_undefined())
    };
    let host = field(main, "host").or_else(|| from_inside.then(|| Value::from(member.name)));
    let mut all = vec![("name".to_owned(), Some(Value::from(member.name))), ("host".to_owned(), host)];
    all.extend(["port", "address", "url"].map(|name| (name.to_owned(), field(main, name))));
    all.extend(["public_address", "public_url"].map(|name| (name.to_owned(), field(public, name))));
    let mut all: Vec<(String, Value)> =
        all.into_iter().map(|(name, value)| (name, value.unwrap_or(Value::from(())))).collect();
    all.push(("endpoints".to_owned(), Value::from_pairs(endpoints)));
    all
}

/// What references to a service may name, as it is seen from a container or from the host. What cannot be reached from
/// there is missing.
fn offers(
    member: &Member,
    engine: &Engine,
    environment: &EnvironmentSettings,
    view: View,
) -> Result<Value, Failure> {
    let addresses = addresses(member, environment, view, member.hosted);
    let mut context = member.context.clone();
    context.extend(addresses.clone());
    let mut offers: IndexMap<String, Value> = IndexMap::new();
    for (key, value) in addresses {
        if key == "endpoints" {
            let names = value.try_iter().into_iter().flatten();
            offers.extend(names.filter_map(|name| Some((name.to_string(), value.get_item(&name).ok()?))));
        } else if !value.is_none() {
            offers.insert(key, value);
        }
    }
    let Some(template) = member.template else { return Ok(Value::from_pairs(offers)) };
    let _ = values(template, engine, &mut context);
    let reachable = context.get("address").is_some_and(|address| !address.is_none());
    let seen = Value::from_pairs(context);
    for (key, node) in &template.references {
        // Without an address only what needs none can be offered.
        match offer(engine, node, &seen) {
            Ok(Some(value)) if reachable || !names_the_address(node) => {
                offers.insert(key.clone(), value);
            }
            Ok(_) => {}
            Err(diagnostic) if reachable => return Err(diagnostic),
            Err(_) => {}
        }
    }
    Ok(Value::from_pairs(offers))
}

/// Whether a reference of a template is made from the service's address.
fn names_the_address(node: &Node) -> bool {
    let named = |text: &str| ["address", "host", "port", "endpoints"].iter().any(|name| text.contains(name));
    match &node.kind {
        Kind::Scalar(scalar) => named(&scalar.text),
        Kind::Sequence(items) => items.iter().any(names_the_address),
        Kind::Mapping(mapping) => mapping.values().any(|entry| names_the_address(&entry.value)),
    }
}

/// What a template offers under one name. `{ for: databases, url: … }` offers a mapping with an entry for each item of
/// the parameter, which its expressions see as `item`.
fn offer(engine: &Engine, node: &Node, context: &Value) -> Result<Option<Value>, Failure> {
    let Some((mapping, list)) = node.as_mapping().zip(node.get("for").and_then(Node::as_text)) else {
        return Ok(engine.fragment(node, context)?.map(|node| node_to_value(&node)));
    };
    let items = context.get_attr(list).ok().and_then(|items| items.try_iter().ok()).into_iter().flatten();
    let mut offered: IndexMap<String, Value> = IndexMap::new();
    for item in items {
        let seen = extended(context, [("item".to_owned(), item.clone())]);
        let mut fields: IndexMap<String, Value> = IndexMap::new();
        for (key, entry) in mapping.iter().filter(|(key, _)| &***key != "for") {
            if let Some(node) = engine.fragment(&entry.value, &seen)? {
                fields.insert(key.to_string(), node_to_value(&node));
            }
        }
        offered.insert(item.to_string(), Value::from_pairs(fields));
    }
    Ok(Some(Value::from_pairs(offered)))
}

/// A context with more in it, which wins.
fn extended(context: &Value, more: impl IntoIterator<Item = (String, Value)>) -> Value {
    merge_maps([Value::from_pairs(more), context.clone()])
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
        needs,
        secrets: base.secrets.iter().chain(&over.secrets).cloned().collect(),
        enabled: over.enabled.clone().or_else(|| base.enabled.clone()),
        run: over.run.clone().or_else(|| base.run.clone()),
        compose: Some(merged(&base.compose, &over.compose)),
    }
}

/// What every expression of a template sees.
fn context(
    environment: &EnvironmentSettings,
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

/// Adds a template's shared values; returns why some of them have none.
fn values(template: &Template, engine: &Engine, context: &mut IndexMap<String, Value>) -> Vec<Failure> {
    let mut failures = Vec::new();
    // What was there before is not copied for each value.
    let before = Value::from_pairs(context.clone());
    let mut added: IndexMap<String, Value> = IndexMap::new();
    for (key, node) in &template.values {
        match engine.fragment(node, &extended(&before, added.clone())) {
            Ok(value) => {
                added.insert(key.clone(), value.as_ref().map_or(Value::from(()), node_to_value));
            }
            Err(failure) => failures.push(failure),
        }
    }
    context.extend(added);
    failures
}

/// Whether any text in a node is such a one.
fn any_text(node: &Node, is_such: &dyn Fn(&Node) -> bool) -> bool {
    match &node.kind {
        Kind::Scalar(_) => is_such(node),
        Kind::Sequence(items) => items.iter().any(|item| any_text(item, is_such)),
        Kind::Mapping(mapping) => mapping.values().any(|entry| any_text(&entry.value, is_such)),
    }
}

/// Whether any text in a node holds a certain one.
fn holds(node: &Node, part: &str) -> bool {
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
            let diagnostic = Diagnostic::stack("invalid-template", declared.port.span, message)
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
                        Diagnostic::stack("fixed-port", listened.port.span, message)
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

/// A template's failure with the place that uses it: a fault of the template shows both, what it refuses only what asks for
/// it.
fn used_by(failure: Failure, layer: &Layer) -> Diagnostic {
    let used = layer.template.as_ref().map(|used| used.name.span);
    match failure {
        Failure::Template(diagnostic) => match used {
            Some(span) => diagnostic.related(span, "used here"),
            None => *diagnostic,
        },
        Failure::Refusal { message, help, path, span } => {
            let mut place = used.unwrap_or(span);
            let mut node = layer.with.as_ref();
            for key in &path {
                node = node.and_then(|node| node.get(key));
                place = node.map_or(place, |node| node.span);
            }
            let diagnostic = Diagnostic::stack("refused-by-template", place, message);
            let page = layer.template.as_ref().map(|used| {
                format!("`stackgen templates {}` explains what it takes and takes care of", used.name.value)
            });
            match help.or(page) {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            }
        }
    }
}

/// A service with all its layers merged, apart from what depends on the others' drafts.
pub(super) fn draft(scope: &mut Scope, name: &str, diagnostics: &mut Vec<Diagnostic>) -> Draft {
    let Some(member) = scope.find(name) else {
        let span = scope.stack.name.span;
        return Draft {
            compose: Node::mapping(span, Mapping::default()),
            dependencies: IndexMap::new(),
            prober: None,
            unprobed: true,
            unresolved: Vec::new(),
        };
    };
    let layer = &member.layer;
    let span = member.definition.span;
    let mut named: Vec<Dependency> = Vec::new();
    let mut unresolved: Vec<Span> = Vec::new();
    let mut resolve = |node: &Node, named: &mut Vec<Dependency>, diagnostics: &mut Vec<Diagnostic>| {
        reference::resolve(scope, name, node, named, &mut unresolved, diagnostics)
    };
    let empty = Node::mapping(span, Mapping::default());
    let written = resolve(layer.compose.as_ref().unwrap_or(&empty), &mut named, diagnostics);
    let arguments = layer.with.as_ref().map(|with| resolve(with, &mut named, diagnostics));
    let health = layer.health.clone().map(|mut health| {
        if let Probe::Command(command) = &mut health.probe {
            *command = resolve(command, &mut named, diagnostics);
        }
        health
    });
    let context = arguments_context(scope, member, arguments.as_ref(), &unresolved, &mut named, diagnostics);
    // Without its arguments a template is not filled in: what is wrong with them is said.
    let filled = member.template.filter(|_| context.is_some());
    let is_filled = context.is_some() && !member.broken;
    let context = context.unwrap_or_default();

    let mut compose = mode::layer(scope.environment.mode, member.is_job(), span);
    let mut files = Vec::new();
    let mut prober = None;
    if let Some(template) = filled {
        if let Some(fragment) = &template.prober {
            let base = mode::layer(scope.environment.mode, false, span);
            match scope.engine.fragment(fragment, &context) {
                Ok(fragment) => prober = fragment.map(|fragment| merge::service(&base, &fragment)),
                Err(failure) => diagnostics.push(used_by(failure, layer)),
            }
        }
        let side = match scope.environment.mode {
            Mode::Development => &template.development,
            Mode::Production => &template.production,
        };
        for fragment in [&template.service, side].into_iter().flatten() {
            match scope.engine.fragment(fragment, &context) {
                Ok(Some(fragment)) => {
                    known_keys(template, &fragment, diagnostics);
                    compose = merge::service(&compose, &fragment);
                }
                Ok(None) => {}
                Err(failure) => diagnostics.push(used_by(failure, layer)),
            }
        }
        match template_files(scope.engine, template, name, &context) {
            Ok((configs, rendered)) => {
                if let Some(configs) = configs {
                    compose = merge::service(&compose, &configs);
                }
                files = rendered;
            }
            Err(failure) => diagnostics.push(used_by(failure, layer)),
        }
        if template.scrapes {
            let metrics = scope.metrics().into_iter().filter(|(target, _)| *target != name);
            named.extend(metrics.map(|(target, _)| Dependency {
                target: target.to_owned(),
                span,
                wait: Some(Wait::None),
            }));
        }
        if written.get("build").is_some() && written.get("image").is_none() {
            compose = with_key(&compose, "image", None);
        }
    }
    let mut unprobed = !is_filled;
    if let (Some(health), true) = (&health, is_filled) {
        match probe(scope, member, health, &context, diagnostics) {
            Some(healthcheck) => compose = merge::service(&compose, &healthcheck),
            None => unprobed = true,
        }
    }
    let secrets = named_secrets(scope, member);
    compose = merge::service(&compose, &secrets_layer(scope.environment.mode, &secrets, span));
    compose = merge::service(&compose, &written);
    if !member.published.is_empty() {
        let ports = member.published.iter().map(|port| Node::text(port.span, port.short())).collect();
        compose = with_key(&compose, "ports", Some(Node::sequence(member.published[0].span, ports)));
        replicas_share_a_port(member, &compose, diagnostics);
    }
    if named.iter().any(|dependency| scope.hosted.contains_key(dependency.target.as_str())) {
        let gateway = Node::from_pairs(span, [(HOST_GATEWAY, Node::text(span, "host-gateway"))]);
        compose = merge::service(&compose, &Node::from_pairs(span, [("extra_hosts", gateway)]));
    }
    if scope.stack.engine.as_ref().is_some_and(|engine| engine.value < START_INTERVAL_SINCE)
        && let Some(healthcheck) = compose.get("healthcheck")
    {
        let healthcheck = with_key(healthcheck, "start_interval", None);
        compose = with_key(&compose, "healthcheck", Some(healthcheck));
    }

    let dependencies = dependencies(scope, member, named, diagnostics);
    let mounted = mounted_secrets(scope, &secrets, &compose);
    for named in secrets {
        scope.explain(&named.secret);
    }
    for secret in mounted {
        scope.secrets.insert(secret.name.clone(), secret);
    }
    scope.files.extend(files);
    Draft { compose, dependencies, prober, unprobed, unresolved }
}

/// The context of a template with its parameters filled in; the services that they name are dependencies. Nothing if one of
/// them is wrong.
fn arguments_context(
    scope: &Scope,
    member: &Member,
    arguments: Option<&Node>,
    unresolved: &[Span],
    named: &mut Vec<Dependency>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let mut context = member.context.clone();
    let mut is_complete = true;
    let Some(template) = member.template else {
        if let (Some(with), None) = (&member.layer.with, &member.layer.template) {
            let message = "`with` are the parameters of a template, and there is none".to_owned();
            let help = "write `use:` with the template's name";
            diagnostics.push(Diagnostic::stack("missing-template", with.span, message).help(help));
        }
        return Some(Value::from_pairs(context));
    };
    if let Some(arguments) = arguments.and_then(Node::as_mapping) {
        for (key, entry) in arguments {
            if !template.parameters.contains_key(&**key) {
                let message = format!("the template `{}` has no parameter `{key}`", template.name);
                let help = did_you_mean(key, template.parameters.keys().map(String::as_str));
                diagnostics.push(Diagnostic::stack("unknown-parameter", entry.key.span, message).help(help));
            }
        }
    }
    let mut resolve = |node: &Node| {
        let target = scope.named(node.as_text().unwrap_or_default(), node.span, member.name)?;
        named.push(Dependency { target: target.name.to_owned(), span: node.span, wait: None });
        Ok(target.offers.clone())
    };
    let place = member.layer.template.as_ref().map_or(member.definition.span, |used| used.name.span);
    for (key, parameter) in &template.parameters {
        let argument = arguments.and_then(|arguments| arguments.get(key));
        match parameter.value(key, argument, place, &mut resolve) {
            // Without a reference in it, it is not what it is going to be.
            _ if argument.is_some_and(|node| any_text(node, &|text| unresolved.contains(&text.span))) => {
                is_complete = false;
            }
            Ok(value) => {
                context.insert(key.clone(), value);
            }
            Err(more) => {
                is_complete = false;
                diagnostics.extend(more);
            }
        }
    }
    if template.scrapes {
        let metrics = scope.metrics().into_iter().filter(|(target, _)| *target != member.name);
        context.insert("metrics".to_owned(), metrics.map(|(_, value)| value).collect());
    }
    if !is_complete {
        return None;
    }
    let failures = values(template, scope.engine, &mut context);
    is_complete = failures.is_empty();
    diagnostics.extend(failures.into_iter().map(|failure| used_by(failure, &member.layer)));
    is_complete.then(|| Value::from_pairs(context))
}

/// A template's fragment may say what the compose specification knows.
fn known_keys(template: &Template, fragment: &Node, diagnostics: &mut Vec<Diagnostic>) {
    for (key, entry) in fragment.as_mapping().into_iter().flatten() {
        let known = || COMPOSE_KEYS.iter().map(|key| key.name).chain(["secrets"]);
        if !known().any(|known| known == &**key) && !key.starts_with("x-") {
            let message = format!("the template `{}` writes an unknown key `{key}`", template.name);
            let help = did_you_mean(key, known());
            diagnostics.push(Diagnostic::stack("invalid-template", entry.key.span, message).help(help));
        }
    }
}

/// The files of a template, by the names of their configs.
type Files = Vec<(String, PlannedFile)>;

/// The config files of a template with the layer that mounts them.
fn template_files(
    engine: &Engine,
    template: &Template,
    service: &str,
    context: &Value,
) -> Result<(Option<Node>, Files), Failure> {
    let mut mounts = Vec::new();
    let mut files = Vec::new();
    for file in &template.files {
        if let Some(when) = &file.when
            && engine.fragment(when, context)?.is_none_or(|when| when.as_bool() != Some(true))
        {
            continue;
        }
        let text = |node: &Node| {
            let node = engine.fragment(node, context)?;
            Ok::<_, Failure>(node.and_then(|node| node.as_text().map(str::to_owned)).unwrap_or_default())
        };
        let span = file.target.span;
        let name = format!("{service}_{}", file.name.replace(['.', '/', '-'], "_"));
        let pairs =
            [("source", Node::text(span, name.as_str())), ("target", Node::text(span, text(&file.target)?))];
        mounts.push(Node::from_pairs(span, pairs));
        let path = format!("config/{service}/{}", file.name);
        let content = text(&file.content)?;
        files.push((name, PlannedFile { service: service.to_owned(), path, content }));
    }
    let layer = mounts.first().map(|first| {
        let span = first.span;
        Node::from_pairs(span, [("configs", Node::sequence(span, mounts.clone()))])
    });
    Ok((layer, files))
}

/// The layer with the health check that `health` asks for.
fn probe(
    scope: &Scope,
    member: &Member,
    health: &Health,
    context: &Value,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let span = health.span;
    let layer = |healthcheck: Node| Some(Node::from_pairs(span, [("healthcheck", healthcheck)]));
    let (kind, endpoint, more) = match &health.probe {
        Probe::None => {
            return layer(Node::from_pairs(span, [("disable", Node::scalar(span, "true", Style::Plain))]));
        }
        Probe::Command(command) => {
            let test = match command.as_sequence() {
                Some(words)
                    if !matches!(words.first().and_then(Node::as_text), Some("CMD" | "CMD-SHELL")) =>
                {
                    let first = Node::text(command.span, "CMD");
                    Node::sequence(
                        command.span,
                        std::iter::once(first).chain(words.iter().cloned()).collect(),
                    )
                }
                Some(_) => command.clone(),
                None => {
                    Node::sequence(command.span, vec![Node::text(command.span, "CMD-SHELL"), command.clone()])
                }
            };
            let healthcheck = Node::from_pairs(span, [("test", test)]);
            return layer(with_timings(healthcheck, member, health));
        }
        Probe::Http { path, endpoint, status } => {
            let status = status.map_or(Value::from(()), Value::from);
            let more = vec![("path", Value::from(path.value.as_str())), ("status", status)];
            ("HTTP", endpoint.as_ref(), more)
        }
        Probe::Tcp { endpoint } => ("TCP", Some(endpoint), Vec::new()),
    };
    let known = member.endpoints.keys().map(String::as_str);
    let found = match endpoint {
        Some(endpoint) => member.endpoints.get(&endpoint.value),
        None => member.endpoints.values().next(),
    };
    let Some(found) = found else {
        let diagnostic = match endpoint {
            Some(endpoint) => {
                let message = format!("`{}` has no endpoint `{}`", member.name, endpoint.value);
                Diagnostic::stack("unknown-endpoint", endpoint.span, message)
                    .help(did_you_mean(endpoint, known))
            }
            None => {
                let message = format!("there is nothing to probe: `{}` listens nowhere", member.name);
                Diagnostic::stack("missing-endpoint", span, message)
                    .help("say what it listens on: `listen: 8080`")
            }
        };
        diagnostics.push(diagnostic);
        return None;
    };
    let test = member.template.and_then(|template| match kind {
        "HTTP" => template.http_probe.as_ref(),
        _ => template.tcp_probe.as_ref(),
    });
    let more = more.into_iter().chain([("port", Value::from(found.port.value))]);
    let seen = extended(context, more.map(|(key, value)| (key.to_owned(), value)));
    match test.map_or(Ok(None), |test| scope.engine.fragment(test, &seen)) {
        Ok(Some(test)) => layer(with_timings(Node::from_pairs(span, [("test", test)]), member, health)),
        Ok(None) => {
            let message =
                format!("nothing is known of how to probe {kind} inside the image of `{}`", member.name);
            let help = "use a runtime template (`use: python`; `stackgen templates` lists them), or say the \
                        command: `health: { command: [...] }`";
            diagnostics.push(Diagnostic::stack("unknown-probe", span, message).help(help));
            None
        }
        Err(failure) => {
            diagnostics.push(used_by(failure, &member.layer));
            None
        }
    }
}

/// A health check with the template's timings, and those that `health` gives over them.
fn with_timings(healthcheck: Node, member: &Member, health: &Health) -> Node {
    let template = member.template.and_then(|template| template.timings.clone());
    let timings = template.unwrap_or_else(|| mode::timings(health.span));
    let wrap = |node: Node| Node::from_pairs(node.span, [("healthcheck", node)]);
    let mut merged = merge::service(&wrap(healthcheck), &wrap(timings));
    if let Some(own) = &health.timings {
        merged = merge::service(&merged, &wrap(own.clone()));
    }
    merged.get("healthcheck").cloned().unwrap_or(merged)
}

/// A secret that a service's definition names.
struct NamedSecret {
    span: Span,
    /// The variable that is to hold its value in every environment.
    variable: Option<String>,
    secret: Secret,
}

fn named_secrets(scope: &Scope, member: &Member) -> Vec<NamedSecret> {
    let everyone = || scope.members.values().chain(scope.attached.values());
    let known = |name: &str| everyone().flat_map(|it| it.secrets.values()).find(|secret| secret.name == name);
    let uses = member.layer.secrets.iter();
    uses.map(|used| {
        let name = &used.name.value;
        let secret = known(name).cloned().unwrap_or_else(|| {
            let description = format!("The secret `{name}` (`{}`)", member.name);
            let development = format!("development-{name}");
            Secret::new(scope.stack, scope.environment.mode, name.clone(), &description, &development)
        });
        let variable = used.variable.as_ref().map(|variable| variable.value.clone());
        NamedSecret { span: used.name.span, variable, secret }
    })
    .collect()
}

/// The layer that hands secrets to a service: values in development, files in production.
fn secrets_layer(mode: Mode, secrets: &[NamedSecret], span: Span) -> Node {
    let mut environment = Vec::new();
    let mut mounted = Vec::new();
    for NamedSecret { span, variable, secret } in secrets {
        let (variable, value) = match (variable, mode) {
            (Some(variable), _) => (variable.clone(), secret.value.clone()),
            (None, Mode::Development) => (secret.variable.clone(), secret.value.clone()),
            (None, Mode::Production) => {
                mounted.push(Node::text(*span, secret.name.as_str()));
                (format!("{}_FILE", secret.variable), secret.path())
            }
        };
        environment.push((variable, Node::text(*span, value)));
    }
    let mut pairs = Vec::new();
    if !environment.is_empty() {
        pairs.push(("environment", Node::from_pairs(span, environment)));
    }
    if !mounted.is_empty() {
        pairs.push(("secrets", Node::sequence(span, mounted)));
    }
    Node::from_pairs(span, pairs)
}

/// The secrets that the finished service mounts.
fn mounted_secrets(scope: &Scope, named: &[NamedSecret], compose: &Node) -> Vec<Secret> {
    let everyone = || scope.members.values().chain(scope.attached.values());
    let known = || named.iter().map(|it| &it.secret).chain(everyone().flat_map(|it| it.secrets.values()));
    let mounts = compose.get("secrets").and_then(Node::as_sequence).unwrap_or_default();
    mounts
        .iter()
        .filter_map(|mount| mount.as_text().or_else(|| mount.get("source")?.as_text()))
        .filter_map(|name| known().find(|secret| secret.name == name).cloned())
        .collect()
}

/// What a service depends on: what it names, as `needs` weakens it, and what `needs` adds.
fn dependencies(
    scope: &Scope,
    member: &Member,
    named: Vec<Dependency>,
    diagnostics: &mut Vec<Diagnostic>,
) -> IndexMap<String, Dependency> {
    let mut dependencies: IndexMap<String, Dependency> = IndexMap::new();
    for (name, need) in &member.layer.needs {
        if name == member.name {
            let message = format!("`{name}` needs itself");
            diagnostics.push(Diagnostic::stack("dependency-cycle", need.span, message).help("remove it"));
            continue;
        }
        match scope.named(name, need.span, member.name) {
            Ok(_) => {
                let dependency = Dependency { target: name.clone(), span: need.span, wait: need.wait };
                dependencies.insert(name.clone(), dependency);
            }
            Err(diagnostic) => diagnostics.extend(diagnostic),
        }
    }
    for dependency in named {
        match dependencies.get_mut(&dependency.target) {
            // A template that only reaches a service does not weaken the wait of one that names it.
            Some(known)
                if known.wait == Some(Wait::None) && !member.layer.needs.contains_key(&known.target) =>
            {
                *known = dependency;
            }
            Some(_) => {}
            None => {
                dependencies.insert(dependency.target.clone(), dependency);
            }
        }
    }
    dependencies
}

/// One host port cannot serve several containers, and neither can a pool that is smaller.
fn replicas_share_a_port(member: &Member, compose: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let replicas = compose.get("deploy").and_then(|deploy| deploy.get("replicas"));
    let Some((replicas, count)) = replicas.and_then(|node| Some((node, node.as_integer()?))) else { return };
    for published in &member.published {
        let ports = published.range;
        let room = i64::from(ports.last - ports.first) + 1;
        if count <= room {
            continue;
        }
        let (name, message, help) = if room == 1 {
            let message = format!("{count} replicas of `{}` cannot share host port {ports}", member.name);
            let last = u32::from(ports.first) + u32::try_from(count).unwrap_or(1) - 1;
            let help = format!(
                "publish a pool, `publish: {{ pool: {}-{last} }}`, or a gateway in front of them",
                ports.first
            );
            ("replicas-with-fixed-port", message, help)
        } else {
            let message =
                format!("the pool {ports} has {room} ports, and `{}` has {count} replicas", member.name);
            ("pool-too-small", message, "widen the pool, or take fewer replicas".to_owned())
        };
        diagnostics.push(
            Diagnostic::stack(name, published.span, message)
                .related(replicas.span, format!("{count} replicas"))
                .help(help),
        );
    }
}
