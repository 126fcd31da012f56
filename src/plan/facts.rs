//! What is known of an environment before anything is decided from it: its services, and those that it may reach.

use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::Value;

use super::environment::EnvironmentSettings;
use super::planned::UsedTemplate;
use super::publish::PublishedPort;
use super::secret::Secret;
use crate::catalog::{Engine, MEMORY, Template};
use crate::definition::{Endpoint, External, Layer, Service, Stack, Wait};
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::source::Span;
use compose_reader::yaml::Node;

/// From where an address has to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// From a container on the stack's networks.
    Container,
    /// From a process on the machine itself.
    Host,
}

/// A service of an environment, as others see it.
#[derive(Debug)]
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    pub(super) definition: &'a Service,
    /// All its layers, folded.
    pub(super) layer: Rc<Layer>,
    /// The argument of its template's parameter `memory`, where a key of Compose says the limit.
    pub(super) memory: Option<Node>,
    pub(super) template: Option<&'a Template>,
    /// Whether its template or a parameter is wrong, which is said elsewhere: what follows from that is no further
    /// mistake.
    pub(super) broken: bool,
    pub(super) endpoints: IndexMap<String, Endpoint>,
    pub(super) published: Vec<PublishedPort>,
    /// Ports in Compose's own syntax, which nothing is planned of.
    pub(super) written_ports: Option<Node>,
    pub(super) secrets: IndexMap<String, Rc<Secret>>,
    /// What the template's expressions see, apart from parameters that name services.
    pub(super) context: IndexMap<String, Value>,
    /// Whether that is all that they see: no parameter names a service, and the template's values are there.
    pub(super) is_filled: bool,
    /// What references to it may name.
    pub(super) offers: Value,
    /// Whether it is a process on the machine itself.
    pub(super) hosted: bool,
    /// Where it is found, if somebody else runs it.
    pub(super) external: Option<&'a External>,
}

impl Member<'_> {
    /// Whether it says of another service that it does not wait for it.
    pub(super) fn waits_not_for(&self, name: &str) -> bool {
        self.layer.needs.get(name).is_some_and(|need| need.wait == Some(Wait::None))
    }

    /// What its template's parameter is given: by `with`, or for the memory limit by a key of Compose.
    pub(super) fn argument<'n>(&'n self, key: &str, with: Option<&'n Node>) -> Option<&'n Node> {
        let limit = || self.memory.as_ref().filter(|_| key == MEMORY);
        with.and_then(|with| with.get(key)).or_else(limit)
    }

    /// Whether it has a container.
    pub(super) fn has_container(&self) -> bool {
        !self.hosted && self.external.is_none()
    }

    pub(super) fn is_job(&self) -> bool {
        self.template.is_some_and(|template| template.job)
    }

    /// Whether it may end without being started again, as a job does.
    pub(super) fn may_end(&self) -> bool {
        let restart = || self.layer.compose.as_ref()?.get("restart")?.as_text();
        self.is_job() || restart().is_some_and(|restart| restart == "no" || restart.starts_with("on-failure"))
    }

    /// The template that it uses, and where it says so.
    pub(super) fn used_template(&self) -> Option<Arc<UsedTemplate>> {
        let used = self.layer.template.as_ref()?;
        let name = match &used.version {
            Some(version) => format!("{}@{}", used.name.value, version.value),
            None => used.name.value.clone(),
        };
        Some(Arc::new(UsedTemplate { name, span: used.name.span, source: self.template?.span.source }))
    }

    /// The name of the service that probes it from outside.
    pub(super) fn prober_name(&self) -> String {
        format!("{}-probe", self.name)
    }
}

/// Services by name.
pub(super) type Members<'a> = IndexMap<&'a str, Member<'a>>;

/// Everything that is known of one environment.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) stack: &'a Stack,
    pub(super) engine: &'a Engine,
    pub(super) environment: &'a EnvironmentSettings,
    /// The environment that this one is attached to.
    pub(super) attached_to: Option<&'a EnvironmentSettings>,
    /// From where its addresses have to work.
    pub(super) view: View,
    /// The services that have a container here.
    pub(super) members: Rc<Members<'a>>,
    /// The services that are processes on the machine itself.
    pub(super) hosted: Rc<Members<'a>>,
    /// The services of the environment that this one is attached to.
    pub(super) attached: Rc<Members<'a>>,
    /// The services that somebody else runs, here and where this environment is attached.
    pub(super) managed: Rc<Members<'a>>,
    pub(super) attached_managed: Rc<Members<'a>>,
    /// The services that are not here, of those that somebody names without waiting for them.
    pub(super) absent: Rc<Members<'a>>,
    /// The secrets of all of them, by name.
    pub(super) secrets: IndexMap<String, Rc<Secret>>,
}

impl<'a> Facts<'a> {
    /// The services of this environment, those on the machine itself last.
    pub(super) fn own(&self) -> impl Iterator<Item = &Member<'a>> {
        self.members.values().chain(self.hosted.values())
    }

    /// A service that others may name here: one of this environment, or of the one it is attached to.
    pub(super) fn find(&self, name: &str) -> Option<&Member<'a>> {
        let groups = [&self.members, &self.hosted, &self.managed, &self.attached, &self.attached_managed];
        groups.into_iter().find_map(|group| group.get(name))
    }

    /// A service by the name that `owner` calls it at `span`. One that is not here has an address all the same for those that
    /// do not wait for it.
    ///
    /// # Errors
    ///
    /// Why it is not there: unknown, switched off, or left out of this environment. Nothing where that is said elsewhere,
    /// as with a tier that does not exist.
    pub(super) fn named(
        &self,
        name: &str,
        span: Span,
        owner: &Member,
    ) -> Result<&Member<'a>, Option<Diagnostic>> {
        let found = self.find(name).or_else(|| self.absent.get(name).filter(|_| owner.waits_not_for(name)));
        if let Some(member) = found {
            return Ok(member);
        }
        let owner = owner.name;
        let Some(service) = self.stack.services.get(name) else {
            if self.stack.unreadable.iter().any(|unreadable| unreadable == name) {
                return Err(None);
            }
            let message = format!("there is no service `{name}`");
            let help = did_you_mean(name, self.stack.services.keys().map(String::as_str));
            return Err(Some(Fault::UnknownService.at(span, message).help(help)));
        };
        if !self.stack.tiers.contains_key(&service.tier.value) {
            return Err(None);
        }
        let environment = &self.environment.name;
        let held = self.environment.tiers.contains(&service.tier.value);
        let disabled = service
            .overrides
            .get(environment)
            .and_then(|over| over.layer.enabled.as_ref())
            .or(service.layer.enabled.as_ref());
        if let (Some(disabled), true) = (disabled, held) {
            let message = format!("`{owner}` needs `{name}`, which is switched off");
            return Err(Some(
                Fault::DisabledService
                    .at(span, message)
                    .related(disabled.span, "switched off here")
                    .help(format!(
                        "remove `enabled: false` from `{name}`, or what needs it from `{owner}`; or keep the address and \
                         do not wait: `needs: {{ {name}: none }}`"
                    )),
            ));
        }
        let tier = &service.tier.value;
        let message = format!("`{owner}` needs `{name}`, which is left out");
        Err(Some(
            Fault::LeftOutService.at(span, message)
                .about(&[&owner, &name])
                .in_environment(environment)
                .related(service.tier.span, format!("the tier `{tier}` is not part of it"))
                .help(format!(
                    "add the tier, `environments: {{ {environment}: {{ tiers: [{tier}] }} }}`; or leave `{owner}` out \
                     as well, `overrides: {{ {environment}: {{ enabled: false }} }}`; or keep the address of one that \
                     may not be there: `needs: {{ {name}: none }}`"
                )),
        ))
    }
}
