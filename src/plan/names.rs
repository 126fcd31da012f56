//! Names that lead nowhere, whatever the environment: of environments, tiers, templates and their versions.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::environment::{EnvironmentSettings, Placement};
use super::layers::memory_limit;
use crate::catalog::{Catalog, MEMORY, withdrawn_image, withdrawn_template};
use crate::definition::Stack;
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, Severity, did_you_mean, enumerate, nearest};
use compose_reader::source::Span;

/// What is wrong with names, whatever the environment.
pub(super) fn check(
    stack: &Stack,
    catalog: &Catalog,
    settings: &IndexMap<String, EnvironmentSettings>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (name, source) in stack.secrets.values().flat_map(|secret| &secret.sources) {
        if !settings.contains_key(name) {
            let message = format!("there is no environment `{name}`");
            let help = did_you_mean(name, settings.keys().map(String::as_str));
            diagnostics.push(Fault::UnknownEnvironment.at(source.span, message).help(help));
        }
    }
    let mut owners: HashMap<String, (&str, Span)> = HashMap::new();
    for (name, service) in &stack.services {
        let used = stack.layers_of(service).filter_map(|layer| layer.template.as_ref());
        let mut templates = used.filter_map(|used| catalog.get(&used.name));
        if templates.any(|template| !template.secrets.is_empty())
            && let Some((other, first)) = owners.insert(name.replace(['-', '.'], "_"), (name, service.span))
        {
            let message = format!("the secrets of `{other}` and `{name}` would have the same names");
            let help =
                "secrets are named after their service, with `_` for `-`; give one of the two another name";
            diagnostics.push(
                Fault::DefinedTwice.at(service.span, message).related(first, format!("`{other}`")).help(help),
            );
        }
        if !service.tier.is_empty() && !stack.tiers.contains_key(&service.tier.value) {
            let message = format!("there is no tier `{}`", service.tier.value);
            let help = match nearest(&service.tier, stack.tiers.keys().map(String::as_str)) {
                Some(name) => format!("did you mean `{name}`?"),
                None => {
                    format!("add it to `tiers`, `{}: {{}}`, or take one that is there", service.tier.value)
                }
            };
            diagnostics.push(Fault::UnknownTier.at(service.tier.span, message).help(help));
        }
        for (environment, over) in &service.overrides {
            if !settings.contains_key(environment) {
                let message = format!("there is no environment `{environment}`");
                let help = did_you_mean(environment, settings.keys().map(String::as_str));
                diagnostics.push(Fault::UnknownEnvironment.at(over.span, message).help(help));
            }
        }
        for (other, over) in &service.beside {
            if !stack.services.contains_key(other) && !stack.unreadable.contains(other) {
                let message = format!("there is no service `{other}`");
                let help = did_you_mean(other, stack.services.keys().map(String::as_str));
                diagnostics.push(Fault::UnknownService.at(over.span, message).help(help));
            }
        }
        for (environment, external) in &service.external {
            if !settings.contains_key(environment) {
                let message = format!("there is no environment `{environment}`");
                let help = did_you_mean(environment, settings.keys().map(String::as_str));
                diagnostics.push(Fault::UnknownEnvironment.at(external.span, message).help(help));
            }
        }
        for layer in stack.layers_of(service) {
            let Some(used) = &layer.template else { continue };
            let Some(template) = catalog.get(&used.name) else {
                if !catalog.contains(&used.name) {
                    let message = format!("there is no template `{}`", used.name.value);
                    let gone = withdrawn_template(&used.name);
                    let help = match (nearest(&used.name, catalog.names()), gone) {
                        (_, Some(gone)) => format!("{} is {}; use {}", gone.image, gone.what, gone.instead),
                        (Some(name), None) => format!("did you mean `{name}`?"),
                        (None, None) => "`stackgen templates` lists them; one of your own is a file \
                                 `templates/NAME.yaml` beside the stack"
                            .to_owned(),
                    };
                    diagnostics.push(Fault::UnknownTemplate.at(used.name.span, message).help(help));
                }
                continue;
            };
            if let Some(version) = &used.version
                && !template.knows_version(version)
            {
                let message = format!("nothing is known of {} {}", used.name.value, version.value);
                let help = match &template.versions[..] {
                    [] => format!("`{}` has no versions; leave out the `@`", used.name.value),
                    versions => {
                        let words = |words: &[String]| {
                            enumerate(&words.iter().map(String::as_str).collect::<Vec<_>>())
                        };
                        let flavours = match &template.flavours[..] {
                            [] => String::new(),
                            flavours => format!(", with {} behind it", words(flavours)),
                        };
                        let name = &used.name.value;
                        format!(
                            "there is {}{flavours}; or keep `use: {name}` and write `image:`",
                            words(versions)
                        )
                    }
                };
                diagnostics.push(Fault::UnknownVersion.at(version.span, message).help(help));
            }
        }
        for layer in stack.layers_of(service) {
            let used = layer.template.as_ref().or(service.layer.template.as_ref());
            let template = used.and_then(|used| catalog.get(&used.name));
            let memory = layer.with.as_ref().and_then(|with| with.entry(MEMORY));
            if let (Some(_), Some(memory), Some(limit)) =
                (template.filter(|template| template.is_limited_by_memory()), memory, memory_limit(layer))
            {
                let message = "the parameter `memory` and this key both say how much memory it may take";
                let clash =
                    Fault::RivalKeys.at(limit.key.span, message).related(memory.key.span, "the parameter");
                diagnostics.push(clash.help("keep one of the two"));
            }
        }
        let composes = || stack.layers_of(service).filter_map(|layer| layer.compose.as_ref());
        let has_image = |key: &str| composes().any(|compose| compose.get(key).is_some());
        let mut used = stack.layers_of(service).filter_map(|layer| layer.template.as_ref());
        let from_template =
            used.any(|used| catalog.get(&used.name).is_none_or(|template| template.has_image()));
        // One that somebody else runs wherever it is runs nothing here.
        let is_managed = !service.external.is_empty()
            && settings.values().all(|environment| {
                !matches!(environment.placement(service), Placement::Container | Placement::Hosted)
            });
        if !is_managed
            && !from_template
            && !["image", "build", "provider", "extends"].into_iter().any(has_image)
        {
            let message = format!("nothing says what `{name}` runs");
            let help =
                "write `build: ./folder`, `image: name:tag`, or `use:` with a template that has an image";
            diagnostics.push(Fault::MissingImage.at(service.span, message).help(help));
        }
    }
}

/// The images that services run although they are gone, have moved, or get no fixes any more: warnings.
pub fn withdrawn(stack: &Stack) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    let layers = stack.services.values().flat_map(|service| stack.layers_of(service));
    for image in layers.filter_map(|layer| layer.compose.as_ref()?.get("image")) {
        if let Some(gone) = image.as_text().and_then(withdrawn_image) {
            let message = format!("the image {} is {}", gone.image, gone.what);
            let help = format!("use {}", gone.instead);
            warnings
                .push(Fault::WithdrawnImage.at(image.span, message).severity(Severity::Warning).help(help));
        }
    }
    // A layer of defaults is one of many services.
    warnings.sort_by_key(|warning| warning.span);
    warnings.dedup_by_key(|warning| warning.span);
    warnings
}
