//! A service's compose keys, layer over layer: mode, template, probe, secrets, and what is written in the stack.

use std::rc::Rc;

use super::address::HOST_GATEWAY;
use super::config_file::{ConfigFile, config_files, drop_unmounted};
use super::container_name;
use super::endpoint::endpoints;
use super::facts::{Facts, Member};
use super::managed;
use super::mode;
use super::mount::in_memory;
use super::nodes::holds;
use super::planned::{HostPorts, PlannedEndpoint};
use super::precedence::{gather_limits, give_way};
use super::probe::{Unprobed, is_probed, probe};
use super::resolve::Resolved;
use super::secret::Secret;
use super::secret_layer::{named_secrets, secrets_layer};
use super::template::used_by;
use crate::catalog::Template;
use crate::definition::{Mode, OwnKey, PortRange, Probe, compose_key, compose_keys};
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::merge;
use compose_reader::yaml::Node;

/// Engines below this refuse `start_interval`.
const START_INTERVAL_SINCE: u32 = 25;

/// A service whose compose keys are decided, apart from what depends on the others.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) compose: Node,
    pub(super) endpoints: Vec<PlannedEndpoint>,
    /// The service that probes this one from outside.
    pub(super) prober: Option<Node>,
    /// Whether a health check says when it is ready, its own or that of its image.
    pub(super) probed: bool,
    /// Whether its probe could not be worked out, which is said elsewhere.
    pub(super) unprobed: bool,
    /// The secrets that it names itself.
    pub(super) secrets: Vec<Rc<Secret>>,
    /// The config files of its template that it mounts.
    pub(super) files: Vec<ConfigFile>,
}

/// A service with all its layers merged.
pub(super) fn draft(
    facts: &Facts,
    member: &Member,
    resolved: &Resolved,
    diagnostics: &mut Vec<Diagnostic>,
) -> Draft {
    let Resolved { written, .. } = resolved;
    let layer = &member.layer;
    let span = member.definition.span;
    let filled = member.template.filter(|_| resolved.context.is_some());
    let is_filled = resolved.context.is_some() && !member.broken;
    let context = resolved.context.clone().unwrap_or_default();
    let mode = facts.environment.mode;

    let mut compose = mode::layer(mode, member.is_job(), span);
    let mut files = Vec::new();
    let mut prober = None;
    if let Some(template) = filled {
        if let Some(fragment) = &template.prober {
            let base = mode::layer(mode, false, span);
            match facts.engine.fragment(fragment, &context) {
                Ok(fragment) => prober = fragment.map(|fragment| merge::service(&base, &fragment)),
                Err(failure) => diagnostics.push(used_by(failure, layer)),
            }
        }
        let side = match mode {
            Mode::Development => &template.development,
            Mode::Production => &template.production,
        };
        let names_image = written.get("image").is_some_and(|image| !image.is_null());
        for fragment in [&template.service, side].into_iter().flatten() {
            let mut fragment = fragment.clone();
            if names_image {
                // What is not run is not judged.
                fragment.remove("image");
            }
            match facts.engine.fragment(&fragment, &context) {
                Ok(Some(fragment)) => {
                    known_keys(template, &fragment, diagnostics);
                    compose = merge::service(&compose, &fragment);
                }
                Ok(None) => {}
                Err(failure) => diagnostics.push(used_by(failure, layer)),
            }
        }
        if layer.persistent.as_ref().is_some_and(|persistent| !persistent.value) {
            in_memory(&mut compose);
        }
        match config_files(facts.engine, template, member.name, layer.with.as_ref(), &context) {
            Ok((configs, rendered)) => {
                if let Some(configs) = configs {
                    compose = merge::service(&compose, &configs);
                }
                files = rendered;
            }
            Err(failure) => diagnostics.push(used_by(failure, layer)),
        }
    }
    let said = |key: &str| written.get(key).filter(|value| !value.is_null());
    let image = said("image").or_else(|| compose.get("image")).and_then(Node::as_text);
    let image = image.filter(|_| said("build").is_none()).map(str::to_owned);
    let mut unprobed = !is_filled;
    if let (Some(health), true) = (&resolved.health, is_filled) {
        // What is asked now takes the place of what the template asks.
        if matches!(health.probe, Probe::None | Probe::Image) {
            compose.remove("healthcheck");
            prober = None;
        }
        match probe(facts, member, health, image.as_deref(), &context, diagnostics) {
            Ok(Some(healthcheck)) => compose = merge::service(&compose, &healthcheck),
            Ok(None) => {}
            Err(Unprobed) => unprobed = true,
        }
    }
    let secrets = named_secrets(facts, member, diagnostics);
    if layer.taken_back.contains(&OwnKey::Secrets) {
        compose.remove("secrets");
    }
    compose = merge::service(&compose, &secrets_layer(mode, &secrets, span));
    paired_in_one_layer(&compose, written, diagnostics);
    let below = compose.clone();
    give_way(&mut compose, written);
    compose = merge::service(&compose, written);
    name_image(facts, member, &mut compose);
    gather_limits(&mut compose);
    drop_unmounted(&mut files, &mut compose);
    managed::check_files(facts, member.name, &files, diagnostics);
    drop_unread_secrets(member, &mut compose, &below);
    if let Some(ports) = &member.written_ports {
        compose.set("ports", ports.clone());
    } else if !member.published.is_empty() {
        // What is published is planned as values; nothing else is written beside it.
        compose.remove("ports");
        replicas_share_a_port(member, &compose, diagnostics);
    }
    container_name::check(facts, member, &compose, diagnostics);
    if resolved.reaches_host {
        let gateway = Node::from_pairs(span, [(HOST_GATEWAY, Node::text(span, "host-gateway"))]);
        compose = merge::service(&compose, &Node::from_pairs(span, [("extra_hosts", gateway)]));
    }
    if facts.stack.engine.as_ref().is_some_and(|engine| engine.value < START_INTERVAL_SINCE)
        && let Some(healthcheck) = compose.get_mut("healthcheck")
    {
        healthcheck.remove("start_interval");
    }
    let probed = is_probed(resolved.health.as_ref(), image.as_deref(), &compose);
    let endpoints = endpoints(facts, member, &context, &compose, prober.as_ref());
    let secrets = secrets.into_iter().map(|named| named.secret).collect();
    Draft { compose, endpoints, prober, probed, unprobed, secrets, files }
}

/// What is built for production gets the name under which it lies in the stack's registry.
fn name_image(facts: &Facts, member: &Member, compose: &mut Node) {
    let Some(images) = facts.stack.images.as_ref().filter(|_| facts.environment.mode == Mode::Production)
    else {
        return;
    };
    let says = |key: &str| compose.get(key).is_some_and(|value| !value.is_null());
    if says("build") && !says("image") {
        let name = member.name.to_lowercase();
        let image = format!("{}/{name}:{}", images.registry.value, images.tag.value);
        compose.set("image", Node::text(images.span, image));
    }
}

/// A template's fragment may say what the compose specification knows.
fn known_keys(template: &Template, fragment: &Node, diagnostics: &mut Vec<Diagnostic>) {
    for (key, entry) in fragment.as_mapping().into_iter().flatten() {
        if compose_key(key).is_none() && &**key != "secrets" && !key.starts_with("x-") {
            let known = compose_keys();
            let message = format!("the template `{}` writes an unknown key `{key}`", template.name);
            let help = did_you_mean(key, known.iter().map(|key| key.name).chain(["secrets"]));
            diagnostics.push(Fault::InvalidTemplate.at(entry.key.span, message).help(help));
        }
    }
}

/// A variable and the one with the path of a file in its place, both written in one layer: images that know both refuse that.
fn paired_in_one_layer(below: &Node, written: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let is_known =
        |name: &str| below.get("environment").is_some_and(|variables| variables.get(name).is_some());
    for (value, file, first, second) in merge::paired_variables(written) {
        if is_known(&value) || is_known(&file) {
            let message =
                format!("`{value}` and `{file}` both set one variable, and the image takes one of them");
            let (first, second) = (first.min(second), first.max(second));
            let clash = Fault::RivalKeys.at(second, message).related(first, "also said here");
            diagnostics.push(clash.help("keep one of the two"));
        }
    }
}

/// Drops the template's secrets that nothing reads any more, as a variable that is written takes their place.
fn drop_unread_secrets(member: &Member, compose: &mut Node, below: &Node) {
    let read = |secret: &Secret, compose: &Node| {
        let path = secret.path();
        compose
            .as_mapping()
            .into_iter()
            .flatten()
            .any(|(key, entry)| &**key != "secrets" && holds(&entry.value, &path))
    };
    let is_named = |secret: &Secret| member.layer.secrets.iter().any(|used| used.name.value == secret.name);
    for secret in member.secrets.values() {
        if !is_named(secret)
            && let Some(mounts) = compose.get("secrets").and_then(Node::as_sequence)
            && let Some(at) = mounts.iter().position(|mount| mount.as_text() == Some(&secret.name))
            && read(secret, below)
            && !read(secret, compose)
        {
            if let Some(mounts) = compose.get_mut("secrets").and_then(Node::as_sequence_mut) {
                mounts.remove(at);
            }
            if compose.get("secrets").and_then(Node::as_sequence).is_some_and(|mounts| mounts.is_empty()) {
                compose.remove("secrets");
            }
        }
    }
}

/// One host port cannot serve several containers, and neither can a pool that is smaller.
fn replicas_share_a_port(member: &Member, compose: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let replicas = compose.get("deploy").and_then(|deploy| deploy.get("replicas"));
    let Some((replicas, count)) = replicas.and_then(|node| Some((node, node.as_integer()?))) else { return };
    for published in &member.published {
        let ports = match published.planned_ports {
            HostPorts::Range(range) => range,
            // As many containers as there are share the variable's one port.
            HostPorts::Variable { default, .. } => {
                let port = default.unwrap_or(published.target);
                PortRange { first: port, last: port }
            }
            HostPorts::Any => continue,
        };
        let room = i64::from(ports.last - ports.first) + 1;
        if count <= room {
            continue;
        }
        let (name, message, help) = if room == 1 {
            let message = format!(
                "{count} replicas of `{}` cannot share host port {}",
                member.name, published.planned_ports
            );
            let last = i64::from(ports.first).saturating_add(count - 1);
            let help = match u16::try_from(last) {
                Ok(last) => format!(
                    "write a pool in its place, `{{ pool: {}-{last} }}`, or publish a gateway in front of them",
                    ports.first
                ),
                Err(_) => "publish a gateway in front of them".to_owned(),
            };
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
