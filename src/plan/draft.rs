//! A service's compose keys, layer over layer: mode, template, probe, secrets, and what is written in the stack.

use indexmap::IndexMap;
use minijinja::Value;

use super::address::HOST_GATEWAY;
use super::endpoint::endpoints;
use super::member::any_text;
use super::probe::probe;
use super::scope::{Dependency, Draft, Member, Scope, with_key};
use super::secret::{named_secrets, secrets_layer};
use super::template::{extended, used_by, values};
use super::{PlannedFile, metrics, mode, reference};
use crate::catalog::{Engine, Failure, Template, TemplateFile};
use crate::checksum::checksum;
use crate::definition::{COMPOSE_KEYS, Mode, Probe, Spanned, Wait};
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::merge;
use compose_reader::source::Span;
use compose_reader::yaml::{Mapping, Node};

/// Engines below this refuse `start_interval`.
const START_INTERVAL_SINCE: u32 = 25;

/// A service with all its layers merged, apart from what depends on the others' drafts.
pub(super) fn draft(scope: &mut Scope, name: &str, diagnostics: &mut Vec<Diagnostic>) -> Draft {
    let Some(member) = scope.find(name) else {
        let span = scope.stack.name.span;
        return Draft {
            compose: Node::mapping(span, Mapping::default()),
            dependencies: IndexMap::new(),
            endpoints: Vec::new(),
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
            named.extend(metrics::scraped(scope).filter(|target| *target != name).map(|target| Dependency {
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
    let endpoints = endpoints(scope, member, &context, &compose, prober.as_ref());
    for named in secrets {
        scope.explain(&named.secret);
        scope.secrets.insert(named.secret.name.clone(), named.secret);
    }
    let required = required_files(filled, arguments.as_ref());
    scope.files.extend(files);
    scope.required.extend(required);
    Draft { compose, dependencies, endpoints, prober, unprobed, unresolved }
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
            diagnostics.push(Fault::MissingTemplate.at(with.span, message).help(help));
        }
        return Some(Value::from_pairs(context));
    };
    if let Some(arguments) = arguments.and_then(Node::as_mapping) {
        for (key, entry) in arguments {
            if !template.parameters.contains_key(&**key) {
                let message = format!("the template `{}` has no parameter `{key}`", template.name);
                let help = did_you_mean(key, template.parameters.keys().map(String::as_str));
                diagnostics.push(Fault::UnknownParameter.at(entry.key.span, message).help(help));
            }
        }
    }
    let mut resolve = |node: &Node| {
        let target = scope.named(node.as_text().unwrap_or_default(), node.span, member.name)?;
        named.push(Dependency { target: target.name.to_owned(), span: node.span, wait: None });
        match reference::without_address(scope, member.name, target, node.span) {
            Some(diagnostic) => Err(Some(diagnostic)),
            None => Ok(target.offers.clone()),
        }
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
    if template.scrapes || template.shows {
        context.extend(metrics::watched(scope, template, diagnostics));
    }
    if !is_complete {
        return None;
    }
    let failures = values(template, scope.engine, &mut context);
    is_complete = failures.is_empty();
    diagnostics.extend(failures.into_iter().map(|failure| used_by(failure, &member.layer)));
    is_complete.then(|| Value::from_pairs(context))
}

/// The files that a template is told of, but for those whose place only the machine that runs it knows.
fn required_files(template: Option<&Template>, arguments: Option<&Node>) -> Vec<Spanned<String>> {
    let parameters = template.into_iter().flat_map(|template| &template.parameters);
    let given = parameters.filter_map(|(key, parameter)| Some((parameter, arguments?.get(key)?)));
    let named = given.flat_map(|(parameter, argument)| parameter.kind.files(argument));
    let paths = named.filter_map(|node| Some(Spanned::new(node.as_text()?.to_owned(), node.span)));
    paths.filter(|path| !path.value.starts_with(['/', '~']) && !path.value.contains('$')).collect()
}

/// A template's fragment may say what the compose specification knows.
fn known_keys(template: &Template, fragment: &Node, diagnostics: &mut Vec<Diagnostic>) {
    for (key, entry) in fragment.as_mapping().into_iter().flatten() {
        let known = || COMPOSE_KEYS.iter().map(|key| key.name).chain(["secrets"]);
        if !known().any(|known| known == &**key) && !key.starts_with("x-") {
            let message = format!("the template `{}` writes an unknown key `{key}`", template.name);
            let help = did_you_mean(key, known());
            diagnostics.push(Fault::InvalidTemplate.at(entry.key.span, message).help(help));
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
    let mut watched = String::new();
    for (file, context) in each_file(template, context) {
        if let Some(when) = &file.when
            && engine.fragment(when, &context)?.is_none_or(|when| when.as_bool() != Some(true))
        {
            continue;
        }
        let text = |node: &Node| {
            let node = engine.fragment(node, &context)?;
            Ok::<_, Failure>(node.and_then(|node| node.as_text().map(str::to_owned)).unwrap_or_default())
        };
        let span = file.target.span;
        let file_name = text(&Node::text(file.span, file.name.as_str()))?;
        check_file_name(&file_name, file.span)?;
        let name = format!("{service}_{}", file_name.replace(['.', '/', '-'], "_"));
        let pairs =
            [("source", Node::text(span, name.as_str())), ("target", Node::text(span, text(&file.target)?))];
        mounts.push(Node::from_pairs(span, pairs));
        let path = format!("config/{service}/{file_name}");
        let content = text(&file.content)?;
        if !file.once {
            watched.push_str(&content);
        }
        files.push((name, PlannedFile { service: service.to_owned(), path, content }));
    }
    let Some(span) = mounts.first().map(|first| first.span) else { return Ok((None, files)) };
    let mut pairs = vec![("configs", Node::sequence(span, mounts))];
    if !watched.is_empty() {
        // Compose makes a container anew when its definition changes, not when a mounted file does, and the container goes
        // on seeing the file that was there when it was made.
        let label = [("stackgen.config-checksum", Node::text(span, checksum(&watched)))];
        pairs.push(("labels", Node::from_pairs(span, label)));
    }
    Ok((Some(Node::from_pairs(span, pairs)), files))
}

/// The files of a template, each with what its expressions see: one that stands for several sees its `item`.
fn each_file<'t>(template: &'t Template, context: &Value) -> Vec<(&'t TemplateFile, Value)> {
    let mut all = Vec::new();
    for file in &template.files {
        let Some(list) = &file.each else {
            all.push((file, context.clone()));
            continue;
        };
        let items = context.get_attr(list).ok().and_then(|items| items.try_iter().ok());
        let seen = |item: Value| (file, extended(context, [("item".to_owned(), item)]));
        all.extend(items.into_iter().flatten().map(seen));
    }
    all
}

/// The name of a file may come from a parameter.
fn check_file_name(name: &str, span: Span) -> Result<(), Failure> {
    let is_usual = |next: char| next.is_ascii_alphanumeric() || "-_./".contains(next);
    if name.chars().all(is_usual) && !name.contains("..") {
        return Ok(());
    }
    let message = format!("`{name}` cannot be the name of a file");
    let help = Some("write letters, digits, `-` and `_`".to_owned());
    Err(Failure::Refusal { message, help, path: Vec::new(), span })
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
            diagnostics.push(Fault::DependencyCycle.at(need.span, message).help("remove it"));
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
                "write a pool in its place, `{{ pool: {}-{last} }}`, or publish a gateway in front of them",
                ports.first
            );
            (Fault::ReplicasWithFixedPort, message, help)
        } else {
            let message =
                format!("the pool {ports} has {room} ports, and `{}` has {count} replicas", member.name);
            (Fault::PoolTooSmall, message, "widen the pool, or take fewer replicas".to_owned())
        };
        diagnostics.push(
            name.at(published.span, message).related(replicas.span, format!("{count} replicas")).help(help),
        );
    }
}
