//! A service once the services that it names are known: its references resolved, its template's parameters filled in, and
//! whom it depends on.

use indexmap::IndexMap;
use minijinja::Value;

use super::facts::{Facts, Member};
use super::metrics;
use super::nodes::any_text;
use super::planned::RequiredFile;
use super::reference::{self, Dependency};
use super::template::{used_by, values};
use crate::catalog::Template;
use crate::definition::{Health, Probe, Spanned, Wait};
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::source::Span;
use compose_reader::yaml::{Mapping, Node};

/// A service with its references resolved.
#[derive(Debug)]
pub(super) struct Resolved {
    /// The compose keys that are written in the stack.
    pub(super) written: Node,
    /// What `health` asks for.
    pub(super) health: Option<Health>,
    /// What its template's expressions see; nothing where a parameter is wrong, which is said.
    pub(super) context: Option<Value>,
    /// Whom it depends on, by name.
    pub(super) dependencies: IndexMap<String, Dependency>,
    /// Whether it names a service that is a process on the machine itself.
    pub(super) reaches_host: bool,
    /// The files that its template is told of.
    pub(super) required: Vec<RequiredFile>,
    /// The places of texts with a reference that could not be resolved, which is said elsewhere.
    pub(super) unresolved: Vec<Span>,
}

/// Resolves what a service says of others.
pub(super) fn resolved(facts: &Facts, member: &Member, diagnostics: &mut Vec<Diagnostic>) -> Resolved {
    let layer = &member.layer;
    let mut named: Vec<Dependency> = Vec::new();
    let mut unresolved: Vec<Span> = Vec::new();
    let mut resolve = |node: &Node, named: &mut Vec<Dependency>, diagnostics: &mut Vec<Diagnostic>| {
        reference::resolve(facts, member, node, named, &mut unresolved, diagnostics)
    };
    let empty = Node::mapping(member.definition.span, Mapping::default());
    let written = resolve(layer.compose.as_ref().unwrap_or(&empty), &mut named, diagnostics);
    let arguments = layer.with.as_ref().map(|with| resolve(with, &mut named, diagnostics));
    let health = layer.health.clone().map(|mut health| {
        if let Probe::Command(command) = &mut health.probe {
            *command = resolve(command, &mut named, diagnostics);
        }
        health
    });
    let context = arguments_context(facts, member, arguments.as_ref(), &unresolved, &mut named, diagnostics);
    // Without its arguments a template is not filled in: what is wrong with them is said.
    let filled = member.template.filter(|_| context.is_some());
    if filled.is_some_and(|template| template.scrapes) {
        named.extend(metrics::scraped(facts).filter(|target| *target != member.name).map(|target| {
            let span = member.definition.span;
            Dependency {
                target: target.to_owned(),
                span,
                wait: Some(Wait::None),
                restart: false,
                optional: false,
                reached: true,
            }
        }));
    }
    let reaches_host = named.iter().any(|dependency| facts.hosted.contains_key(dependency.target.as_str()));
    let dependencies = dependencies(facts, member, named, diagnostics);
    let required = required_files(filled, arguments.as_ref());
    Resolved { written, health, context, dependencies, reaches_host, required, unresolved }
}

/// The context of a template with its parameters filled in; the services that they name are dependencies. Nothing if one of
/// them is wrong.
fn arguments_context(
    facts: &Facts,
    member: &Member,
    arguments: Option<&Node>,
    unresolved: &[Span],
    named: &mut Vec<Dependency>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let mut is_complete = true;
    let Some(template) = member.template else {
        if let (Some(with), None) = (&member.layer.with, &member.layer.template) {
            let message = "`with` are the parameters of a template, and there is none".to_owned();
            let help = "write `use:` with the template's name";
            diagnostics.push(Fault::MissingTemplate.at(with.span, message).help(help));
        }
        return Some(Value::from_pairs(member.context.clone()));
    };
    if let Some(arguments) = arguments.and_then(Node::as_mapping) {
        for (key, entry) in arguments {
            if !template.parameters.contains_key(&**key) {
                let message = format!("the template `{}` has no parameter `{key}`", template.name);
                let help = match &**key {
                    "persistent" => format!("`{key}` stands in the service itself, beside `with`"),
                    _ => did_you_mean(key, template.parameters.keys().map(String::as_str)),
                };
                diagnostics.push(Fault::UnknownParameter.at(entry.key.span, message).help(help));
            }
        }
    }
    if member.is_filled && !template.scrapes && !template.shows {
        return Some(Value::from_pairs(member.context.clone()));
    }
    let mut context = member.context.clone();
    let mut resolve = |node: &Node| {
        let target = facts.named(node.as_text().unwrap_or_default(), node.span, member)?;
        let name = target.name.to_owned();
        named.push(Dependency {
            target: name,
            span: node.span,
            wait: None,
            restart: false,
            optional: false,
            reached: true,
        });
        match reference::without_address(facts, member.name, target, node.span) {
            Some(diagnostic) => Err(Some(diagnostic)),
            None => Ok(target.offers.clone()),
        }
    };
    let place = member.layer.template.as_ref().map_or(member.definition.span, |used| used.name.span);
    for (key, parameter) in &template.parameters {
        let argument = member.argument(key, arguments);
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
        context.extend(metrics::watched(facts, template, diagnostics));
    }
    if !is_complete {
        return None;
    }
    let failures = values(Some(template), facts.engine, &mut context);
    is_complete = failures.is_empty();
    diagnostics.extend(failures.into_iter().map(|failure| used_by(failure, &member.layer)));
    is_complete.then(|| Value::from_pairs(context))
}

/// The files that a template is told of, but for those whose place only the machine that runs it knows.
fn required_files(template: Option<&Template>, arguments: Option<&Node>) -> Vec<RequiredFile> {
    let parameters = template.into_iter().flat_map(|template| &template.parameters);
    let given = parameters.filter_map(|(key, parameter)| Some((parameter, arguments?.get(key)?)));
    let named = given.flat_map(|(parameter, argument)| parameter.kind.files(argument));
    let files = named.filter_map(|(node, is_folder)| {
        Some(RequiredFile { path: Spanned::new(node.as_text()?.to_owned(), node.span), is_folder })
    });
    files.filter(|file| !file.path.starts_with(['/', '~']) && !file.path.contains('$')).collect()
}

/// What a service depends on: what it names, as `needs` weakens it, and what `needs` adds.
fn dependencies(
    facts: &Facts,
    member: &Member,
    named: Vec<Dependency>,
    diagnostics: &mut Vec<Diagnostic>,
) -> IndexMap<String, Dependency> {
    let mut dependencies: IndexMap<String, Dependency> = IndexMap::new();
    for (name, need) in &member.layer.needs {
        if name == member.name {
            if need.wait == Some(Wait::None) {
                continue;
            }
            let message = format!("`{name}` needs itself");
            diagnostics.push(Fault::DependencyCycle.at(need.span, message).help("remove it"));
            continue;
        }
        match facts.named(name, need.span, member) {
            Ok(target) => {
                // The end of a job is waited for; nobody talks to it.
                let (target, reached) = (name.clone(), !target.is_job());
                let (span, wait, restart) = (need.span, need.wait, need.restart);
                let optional = need.optional;
                let dependency = Dependency { target, span, wait, restart, optional, reached };
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
            Some(known) => known.reached |= dependency.reached,
            None => {
                dependencies.insert(dependency.target.clone(), dependency);
            }
        }
    }
    dependencies
}
