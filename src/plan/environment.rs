//! The environments of a stack: the four that every stack has, as changed, and its own.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use indexmap::IndexMap;

use super::planned::place;
use crate::definition::{ENVIRONMENTS, Mode, Run, Service, Spanned, Stack, TierKind};
use crate::fault::Fault;
use compose_reader::compose::project_name;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};

/// An environment with everything decided that the stack leaves open.
#[derive(Clone, Debug)]
pub struct EnvironmentSettings {
    /// Its name.
    pub name: String,
    /// Which side of the templates it uses.
    pub mode: Mode,
    /// The names of the tiers that it holds.
    pub tiers: Vec<String>,
    /// The names of the tiers whose services run on the machine itself.
    pub on_host: Vec<String>,
    /// The address that ports without one are bound to; without it, only ports that name the environment are published.
    pub bind: Option<IpAddr>,
    /// The host name that browsers reach its published ports by.
    pub public_host: Option<String>,
    /// The environment whose networks it joins.
    pub attach: Option<String>,
    /// The name of its compose project, where the stack gives it one.
    project: Option<Spanned<String>>,
    /// The name of its compose file, where the stack gives it one.
    file: Option<Spanned<String>>,
}

/// What becomes of a service in an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placement {
    /// It has a container.
    Container,
    /// It is a process on the machine itself.
    Hosted,
    /// Somebody else runs it.
    External,
    /// It is switched off.
    Disabled,
    /// Its tier is not part of the environment.
    LeftOut,
}

impl Placement {
    /// Whether it can be reached there.
    pub(super) fn is_here(self) -> bool {
        matches!(self, Self::Container | Self::Hosted | Self::External)
    }
}

impl EnvironmentSettings {
    /// The name of the compose project of one of its instances.
    pub(super) fn project(&self, stack: &str, instance: u16) -> String {
        match &self.project {
            Some(project) => place(project, instance),
            None => project_name(&format!("{stack}-{}", place(&self.name, instance))),
        }
    }

    /// The name of the compose file of one of its instances.
    pub(super) fn file(&self, instance: u16) -> String {
        match self.file.as_ref().and_then(|file| file.rsplit_once('.')) {
            Some((stem, ending)) => format!("{}.{ending}", place(stem, instance)),
            None => format!("docker-compose.{}.yml", place(&self.name, instance)),
        }
    }

    /// What becomes of a service here.
    pub(super) fn placement(&self, service: &Service) -> Placement {
        let over = service.overrides.get(&self.name).map(|over| &over.layer);
        let enabled = over.and_then(|layer| layer.enabled.as_ref()).or(service.layer.enabled.as_ref());
        let run = over.and_then(|layer| layer.run.as_ref()).or(service.layer.run.as_ref());
        if enabled.is_some_and(|enabled| !enabled.value) {
            Placement::Disabled
        } else if service.external.contains_key(&self.name) {
            Placement::External
        } else if run.map_or(self.on_host.contains(&service.tier.value), |run| run.value == Run::Host) {
            Placement::Hosted
        } else if self.tiers.contains(&service.tier.value) {
            Placement::Container
        } else {
            Placement::LeftOut
        }
    }
}

/// The environments of a stack, by name, those that are switched off left out.
pub fn environments(
    stack: &Stack,
    diagnostics: &mut Vec<Diagnostic>,
) -> IndexMap<String, EnvironmentSettings> {
    let is_default = |name: &str| ENVIRONMENTS.iter().any(|default| default.name == name);
    let own = stack.environments.keys().map(String::as_str).filter(|name| !is_default(name));
    let mut names: Vec<&str> = ENVIRONMENTS.iter().map(|default| default.name).chain(own).collect();
    names.retain(|name| {
        let enabled = stack.environments.get(*name).and_then(|environment| environment.enabled.as_ref());
        enabled.is_none_or(|enabled| enabled.value)
    });
    let settings: IndexMap<String, EnvironmentSettings> =
        names.iter().map(|name| ((*name).to_owned(), settings(stack, name, diagnostics))).collect();
    for (name, environment) in &stack.environments {
        if let Some(attach) = &environment.attach
            && (attach.value == *name || !settings.contains_key(&attach.value))
        {
            let message = format!("there is no other environment `{}`", attach.value);
            let help = did_you_mean(attach, names.iter().copied().filter(|other| other != name));
            diagnostics.push(Fault::UnknownEnvironment.at(attach.span, message).help(help));
        }
    }
    check_distinct(stack, &settings, diagnostics);
    settings
}

/// Two environments in one file or project would replace each other.
fn check_distinct(
    stack: &Stack,
    settings: &IndexMap<String, EnvironmentSettings>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut files: HashMap<String, &EnvironmentSettings> = HashMap::new();
    let mut projects: HashMap<String, &EnvironmentSettings> = HashMap::new();
    for own in settings.values() {
        let file = (files.insert(own.file(1), own), own.file(1), &own.file, "file");
        let name = own.project(&stack.name, 1);
        let project = (projects.insert(name.clone(), own), name, &own.project, "project");
        for (other, name, written, key) in [file, project] {
            let Some(other) = other else { continue };
            let theirs = if key == "file" { &other.file } else { &other.project };
            // One of the two is written: by default no two are alike.
            let Some(place) = written.as_ref().or(theirs.as_ref()) else { continue };
            let message = format!("`{}` and `{}` have one {key}, `{name}`", other.name, own.name);
            let help = match key {
                "file" => "the one would overwrite the other; give each a file of its own",
                _ => {
                    "starting the one would replace the containers of the other; give each a project of its own"
                }
            };
            let mut diagnostic = Fault::EnvironmentCollision.at(place.span, message).help(help);
            if let (Some(_), Some(theirs)) = (written, theirs) {
                diagnostic = diagnostic.related(theirs.span, format!("that of `{}`", other.name));
            }
            diagnostics.push(diagnostic);
        }
    }
}

fn settings(stack: &Stack, name: &str, diagnostics: &mut Vec<Diagnostic>) -> EnvironmentSettings {
    let written = stack.environments.get(name);
    let default = ENVIRONMENTS.iter().find(|default| default.name == name);
    let mode = match (written.and_then(|environment| environment.mode.as_ref()), default) {
        (Some(mode), _) => mode.value,
        (None, Some(default)) => default.mode,
        (None, None) => {
            if let Some(environment) = written {
                let message = format!("the environment `{name}` has no mode");
                let help = "write `mode: development` or `mode: production`";
                diagnostics.push(Fault::MissingKey.at(environment.span, message).help(help));
            }
            Mode::Development
        }
    };
    let kinds: &[TierKind] = match (written.and_then(|environment| environment.kinds.as_ref()), default, mode)
    {
        (Some(kinds), _, _) => &kinds.value,
        (None, Some(default), _) => default.kinds,
        (None, None, Mode::Development) => ENVIRONMENTS[0].kinds,
        (None, None, Mode::Production) => ENVIRONMENTS[3].kinds,
    };
    let further = written.map(|environment| &environment.tiers[..]).unwrap_or_default();
    let on_host = written.map(|environment| &environment.on_host[..]).unwrap_or_default();
    for tier in further.iter().chain(on_host) {
        if !stack.tiers.contains_key(&tier.value) {
            let message = format!("there is no tier `{}`", tier.value);
            let help = did_you_mean(tier, stack.tiers.keys().map(String::as_str));
            diagnostics.push(Fault::UnknownTier.at(tier.span, message).help(help));
        }
    }
    let held = stack.tiers.iter().filter(|(name, tier)| {
        let kind = tier.kind.as_ref().map_or(TierKind::Application, |kind| kind.value);
        kinds.contains(&kind) || further.iter().any(|further| further.value == **name)
    });
    // A tier that is not there counts as one of applications, so that what else is wrong with its services is said.
    let named = stack.services.values().map(|service| &service.tier.value);
    let unknown =
        named.filter(|tier| !stack.tiers.contains_key(*tier) && kinds.contains(&TierKind::Application));
    let local = default.map_or(mode == Mode::Development, |default| default.local);
    EnvironmentSettings {
        name: name.to_owned(),
        mode,
        tiers: held.map(|(name, _)| name).chain(unknown).cloned().collect(),
        on_host: on_host.iter().map(|tier| tier.value.clone()).collect(),
        bind: written
            .and_then(|environment| environment.bind.as_ref())
            .map(|bind| bind.value)
            .or(local.then_some(IpAddr::V4(Ipv4Addr::LOCALHOST))),
        public_host: written
            .and_then(|environment| environment.public_host.as_ref())
            .map(|host| host.value.clone()),
        attach: written
            .and_then(|environment| environment.attach.as_ref())
            .map(|attach| attach.value.clone())
            .or_else(|| default.and_then(|default| default.attach.map(str::to_owned))),
        project: written.and_then(|environment| environment.project.clone()),
        file: written.and_then(|environment| environment.file.clone()),
    }
}
