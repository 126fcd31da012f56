//! The layers of a service that are written in the stack, folded into one. Every value keeps the place where it is written.

use std::collections::HashMap;
use std::rc::Rc;

use super::environment::EnvironmentSettings;
use crate::catalog::{Catalog, MEMORY};
use crate::definition::{Layer, Metrics, OwnKey, Service, Stack};
use compose_reader::merge;
use compose_reader::yaml::{Entry, Mapping, Node};

/// The layers of the services of a stack, folded once for all environments that say nothing of their own.
#[derive(Debug)]
pub(super) struct Layers<'a> {
    stack: &'a Stack,
    catalog: &'a Catalog,
    common: HashMap<&'a str, Rc<Layer>>,
}

impl<'a> Layers<'a> {
    pub(super) fn new(stack: &'a Stack, catalog: &'a Catalog) -> Self {
        Self { stack, catalog, common: HashMap::new() }
    }

    /// All layers of a service in an environment, weakest first: the defaults of the stack, of its tier and of the
    /// environment, its own, those that hold beside services that are present, and its override.
    pub(super) fn folded(
        &mut self,
        environment: &EnvironmentSettings,
        is_present: &dyn Fn(&str) -> bool,
        name: &'a str,
        definition: &'a Service,
    ) -> Rc<Layer> {
        let of_environment = self
            .stack
            .environments
            .get(&environment.name)
            .and_then(|environment| environment.defaults.as_ref());
        let over = definition.overrides.get(&environment.name).map(|over| &over.layer);
        let beside = definition.beside.iter().filter(|(other, _)| is_present(other));
        let more: Vec<&Layer> = beside.map(|(_, over)| &over.layer).chain(over).collect();
        if of_environment.is_some() || !more.is_empty() {
            return Rc::new(self.fold(name, of_environment, definition, &more));
        }
        if let Some(known) = self.common.get(name) {
            return Rc::clone(known);
        }
        let folded = Rc::new(self.fold(name, None, definition, &[]));
        self.common.insert(name, Rc::clone(&folded));
        folded
    }

    fn fold(
        &self,
        name: &str,
        of_environment: Option<&Layer>,
        definition: &Service,
        more: &[&Layer],
    ) -> Layer {
        let tier = self.stack.tiers.get(&definition.tier.value).and_then(|tier| tier.defaults.as_ref());
        let defaults = [self.stack.defaults.as_ref(), tier, of_environment].into_iter().flatten();
        let nothing = Node::mapping(definition.span, Mapping::default());
        let start = Layer { compose: Some(nothing), ..Layer::default() };
        let laid_over = |base, over| laid_over(self.catalog, base, over);
        let mut defaults = defaults.fold(start, laid_over);
        // What all need does not need itself.
        defaults.needs.shift_remove(name);
        [&definition.layer].into_iter().chain(more.iter().copied()).fold(defaults, laid_over)
    }
}

/// A layer with another over it.
fn laid_over(catalog: &Catalog, mut base: Layer, over: &Layer) -> Layer {
    for key in &over.taken_back {
        match key {
            OwnKey::Listen => base.listen.clear(),
            OwnKey::Publish => base.publish = None,
            OwnKey::Health => base.health = None,
            OwnKey::Metrics => base.metrics = None,
            OwnKey::Needs => base.needs.clear(),
            OwnKey::Secrets => base.secrets.clear(),
            OwnKey::Smoke => base.smoke.clear(),
        }
    }
    if over.health.is_some()
        && let Some(healthcheck) = base.compose.as_mut().and_then(|compose| compose.get_mut("healthcheck"))
    {
        // It says the same in stackgen's way.
        ["test", "disable"].into_iter().for_each(|key| drop(healthcheck.remove(key)));
    }
    let template = over.template.as_ref().or(base.template.as_ref()).and_then(|used| catalog.get(&used.name));
    let memory = over.with.as_ref().and_then(|with| with.get(MEMORY));
    if let (Some(_), Some(memory), Some(compose)) =
        (template.filter(|template| template.is_limited_by_memory()), memory, &base.compose)
    {
        // The parameter says what the keys of Compose say.
        let limit = Node::from_pairs(memory.span, [("mem_limit", memory.clone())]);
        let mut compose = merge::layer(compose, &limit);
        compose.remove("mem_limit");
        base.compose = Some(compose);
    }
    base.taken_back.extend(&over.taken_back);
    base.listen.extend(over.listen.clone());
    base.needs.extend(over.needs.clone());
    base.secrets.extend(over.secrets.iter().cloned());
    base.smoke.extend(over.smoke.clone());
    Layer {
        template: over.template.clone().or(base.template),
        with: match (base.with, &over.with) {
            (Some(base), Some(over)) => {
                let mut arguments = base.as_mapping().cloned().unwrap_or_default();
                arguments.extend(over.as_mapping().cloned().unwrap_or_default());
                Some(Node::mapping(over.span, arguments))
            }
            (base, over) => over.clone().or(base),
        },
        listen: base.listen,
        publish: over.publish.clone().or(base.publish),
        health: over.health.clone().or(base.health),
        metrics: metrics_laid_over(base.metrics, over.metrics.as_ref()),
        needs: base.needs,
        secrets: base.secrets,
        smoke: base.smoke,
        enabled: over.enabled.clone().or(base.enabled),
        run: over.run.clone().or(base.run),
        public_url: over.public_url.clone().or(base.public_url),
        persistent: over.persistent.clone().or(base.persistent),
        compose: match (base.compose, &over.compose) {
            (Some(base), Some(over)) => Some(merge::layer(&base, over)),
            (base, over) => over.clone().or(base),
        },
        taken_back: base.taken_back,
    }
}

/// The key of Compose that says how much memory a service may take.
pub(super) fn memory_limit(layer: &Layer) -> Option<&Entry> {
    let compose = layer.compose.as_ref()?;
    let limits = || compose.get("deploy")?.get("resources")?.get("limits");
    compose.entry("mem_limit").or_else(|| limits()?.entry("memory")).filter(|entry| !entry.value.is_null())
}

/// What one layer says of metrics with what another says over it. Names of metrics add up.
fn metrics_laid_over(base: Option<Metrics>, over: Option<&Metrics>) -> Option<Metrics> {
    let (Some(base), Some(over)) = (&base, over) else { return over.cloned().or(base) };
    Some(Metrics {
        span: over.span,
        scraped: over.scraped,
        endpoint: over.endpoint.clone().or_else(|| base.endpoint.clone()),
        path: over.path.clone().or_else(|| base.path.clone()),
        interval: over.interval.clone().or_else(|| base.interval.clone()),
        exports: base.exports.iter().chain(&over.exports).cloned().collect(),
    })
}
