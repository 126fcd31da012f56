//! A service of compose files, in the words of a stack.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::leaves::{Layers, Leaves, add, same};
use super::original::{Original, is_external};
use super::ports::{Endpoints, ports};
use crate::definition::Mode;
use compose_reader::source::Span;
use compose_reader::values::Pair;
use compose_reader::yaml::{Kind, Node, Style};

/// A service, and what each environment says of it.
pub(super) struct Service {
    pub(super) name: String,
    pub(super) comment: Option<String>,
    endpoints: Endpoints,
    /// By environment.
    bodies: Vec<Option<Body>>,
    relies_on_image: bool,
}

/// What one environment says.
struct Body {
    span: Span,
    leaves: Leaves,
    needs: IndexMap<Arc<str>, Node>,
    /// Host ports by endpoint.
    published: IndexMap<String, String>,
    /// Its ports as they are written.
    ports: Option<Node>,
    /// Whether they cannot be said one by one.
    are_odd: bool,
    image: Option<String>,
    is_built: bool,
    is_probed: bool,
}

/// Pairs that a list may hold as well.
const PAIRS: [&str; 4] = ["environment", "labels", "annotations", "sysctls"];
/// Mappings that Compose merges key by key.
const DEEP: [&str; 3] = ["deploy", "healthcheck", "build"];

/// The networks that a service names.
pub(super) fn networks_of(body: &Node) -> Vec<Arc<str>> {
    let networks = body.get("networks");
    let listed = networks.and_then(Node::as_sequence).into_iter().flatten();
    let listed = listed.filter_map(|name| Some(Arc::from(name.as_text()?)));
    listed
        .chain(networks.and_then(Node::as_mapping).into_iter().flat_map(|all| all.keys().cloned()))
        .collect()
}

impl Service {
    pub(super) fn new(name: &str, environments: usize) -> Self {
        Self {
            name: name.to_owned(),
            comment: None,
            endpoints: Endpoints::default(),
            bodies: (0..environments).map(|_| None).collect(),
            relies_on_image: false,
        }
    }

    /// Adds what an environment says.
    pub(super) fn add(
        &mut self,
        at: usize,
        original: &Original,
        written: &Node,
        flat: bool,
        notes: &mut IndexSet<String>,
    ) {
        if self.comment.is_none() {
            self.comment = original.comments.get(&self.name).cloned();
        }
        let mut body = Body {
            span: written.span,
            leaves: Leaves::new(),
            needs: IndexMap::new(),
            published: IndexMap::new(),
            ports: None,
            are_odd: false,
            image: written.get("image").and_then(Node::as_text).map(str::to_owned),
            is_built: written.get("build").is_some(),
            is_probed: is_probed(written),
        };
        for (key, entry) in written.as_mapping().into_iter().flatten() {
            let value = relative(&entry.value, &original.folder);
            match &**key {
                _ if value.is_null() && &**key != "command" && &**key != "entrypoint" => {}
                key if key.starts_with("x-") => {
                    notes.insert(format!(
                        "`{key}` of `{}` is left out: a stack has no extensions of services",
                        self.name
                    ));
                }
                "depends_on" => body.depend(&value),
                "links" => self.link(&value, &mut body, notes),
                "ports" => self.publish(&value, &mut body),
                "expose" => self.expose(&value),
                "scale" => add(&mut body.leaves, vec!["deploy".into(), "replicas".into()], value, true),
                "networks" => self.attach(&value, original, flat, &mut body, notes),
                // A variable in the name of a pair is replaced in a list only.
                name if PAIRS.contains(&name)
                    && Pair::each(&value).all(|(pair, _)| !pair.key.contains('$')) =>
                {
                    for (pair, node) in Pair::each(&value) {
                        let value = match (&value.kind, pair.value) {
                            (Kind::Mapping(_), _) => node.clone(),
                            (_, Some(text)) => Node::text(node.span, text),
                            (_, None) => Node::null(node.span),
                        };
                        body.leaves.insert(vec![Arc::clone(key), Arc::from(pair.key)], value);
                    }
                }
                name => add(&mut body.leaves, vec![Arc::clone(key)], value, DEEP.contains(&name)),
            }
        }
        if let Some(slot) = self.bodies.get_mut(at) {
            *slot = Some(body);
        }
    }

    /// Whether it is part of an environment.
    pub(super) fn is_in(&self, environment: usize) -> bool {
        self.bodies.get(environment).is_some_and(Option::is_some)
    }

    /// The images that it runs.
    pub(super) fn images(&self) -> impl Iterator<Item = &str> {
        self.bodies.iter().flatten().filter(|body| !body.is_built).filter_map(|body| body.image.as_deref())
    }

    /// Whether an environment probes it.
    pub(super) fn is_probed(&self, environment: usize) -> bool {
        self.bodies.get(environment).and_then(Option::as_ref).is_some_and(|body| body.is_probed)
    }

    /// The services whose health it waits for although no file probes them: their images do.
    pub(super) fn asked_of_image<'s>(
        &'s self,
        probed: &'s [BTreeSet<String>],
    ) -> impl Iterator<Item = String> {
        let bodies =
            self.bodies.iter().zip(probed).filter_map(|(body, probed)| Some((body.as_ref()?, probed)));
        bodies.flat_map(|(body, probed)| {
            let healthy = body.needs.iter().filter(|(_, wait)| waits(wait) == Some("healthy"));
            healthy.map(|(name, _)| name.to_string()).filter(|name| !probed.contains(name))
        })
    }

    pub(super) fn rely_on_image(&mut self) {
        self.relies_on_image = true;
    }

    /// The services whose end it waits for.
    pub(super) fn awaited_jobs(&self) -> impl Iterator<Item = String> {
        let needs = self.bodies.iter().flatten().flat_map(|body| &body.needs);
        needs.filter(|(_, wait)| waits(wait) == Some("completed")).map(|(name, _)| name.to_string())
    }

    /// Says that it is not started again once it has ended, which nobody has to say to Docker.
    pub(super) fn end(&mut self) {
        for body in self.bodies.iter_mut().flatten() {
            let restart = vec![Arc::from("restart")];
            body.leaves.entry(restart).or_insert_with(|| Node::scalar(body.span, "no", Style::DoubleQuoted));
        }
    }

    /// Leaves out how each wait ends where that is what a stack takes for granted: with the health of what is probed.
    pub(super) fn shorten_needs(&mut self, probed: &[BTreeSet<String>]) {
        for (body, probed) in self.bodies.iter_mut().zip(probed) {
            let needs = body.iter_mut().flat_map(|body| &mut body.needs);
            for (name, wait) in needs {
                if wait.as_text() == Some("healthy") && probed.contains(&**name) {
                    *wait = Node::null(wait.span);
                }
            }
        }
    }

    /// What is said of it: for all environments, and for each.
    pub(super) fn layers(&mut self, originals: &[Original], holds: impl Fn(usize) -> bool) -> Layers {
        let bodies = self.bodies.iter().map(|body| {
            body.as_ref().map(|body| {
                let mut leaves = body.leaves.clone();
                for (name, wait) in &body.needs {
                    leaves.insert(vec!["needs".into(), Arc::clone(name)], wait.clone());
                }
                if self.relies_on_image && !body.is_probed {
                    leaves.insert(vec!["health".into()], Node::text(body.span, "image"));
                }
                leaves
            })
        });
        let mut layers = Layers::split(bodies.collect());
        let Some(span) = self.bodies.iter().flatten().map(|body| body.span).next() else { return layers };
        if !self.endpoints.is_empty() {
            layers.base.insert(vec!["listen".into()], self.endpoints.listen(span));
        }
        if let Some(publish) = self.published(originals, span) {
            layers.base.insert(vec!["publish".into()], publish);
        }
        let disabled = || Node::scalar(span, "false", Style::Plain);
        let absent: Vec<usize> =
            (0..self.bodies.len()).filter(|at| self.bodies[*at].is_none() && holds(*at)).collect();
        let present = self.bodies.iter().flatten().count();
        if absent.len() > present {
            layers.base.insert(vec!["enabled".into()], disabled());
            for leaves in layers.overrides.iter_mut().flatten() {
                leaves.insert(vec!["enabled".into()], Node::scalar(span, "true", Style::Plain));
            }
        } else {
            for at in absent {
                let only = Leaves::from_iter([(vec!["enabled".into()], disabled())]);
                layers.overrides[at] = Some(only);
            }
        }
        layers
    }

    /// What `publish` says: one port where every environment of development has it and no other publishes, or by environment.
    fn published(&self, originals: &[Original], span: Span) -> Option<Node> {
        let of = |body: &Body| {
            let text = |host: &str| {
                let is_number = host.bytes().all(|byte| byte.is_ascii_digit());
                Node::scalar(span, host, if is_number { Style::Plain } else { Style::DoubleQuoted })
            };
            if body.are_odd {
                return body.ports.clone();
            }
            match (body.published.first(), self.endpoints.is_one()) {
                (None, _) => None,
                (Some((_, host)), true) => Some(text(host)),
                _ => Some(Node::from_pairs(
                    span,
                    body.published.iter().map(|(endpoint, host)| (Arc::from(&**endpoint), text(host))),
                )),
            }
        };
        let by: BTreeMap<usize, Node> = self
            .bodies
            .iter()
            .enumerate()
            .filter_map(|(at, body)| Some((at, body.as_ref().and_then(of)?)))
            .collect();
        let first = by.values().next()?;
        let is_development = |at: usize| originals[at].mode == Mode::Development;
        let everywhere = (0..originals.len()).all(|at| match by.get(&at) {
            Some(own) => is_development(at) && same(own, first),
            None => !is_development(at) || !self.is_in(at),
        });
        if everywhere {
            return Some(first.clone());
        }
        let named = by.iter().map(|(at, node)| (Arc::from(&*originals[*at].name), node.clone()));
        Some(Node::from_pairs(span, named))
    }

    fn publish(&mut self, list: &Node, body: &mut Body) {
        body.ports = Some(list.clone());
        let Some(ports) = ports(list) else {
            body.are_odd = true;
            return;
        };
        for port in ports {
            self.endpoints.add(&port.target);
            let Some(endpoint) = self.endpoints.name(&port.target).map(str::to_owned) else { continue };
            body.published.insert(endpoint, port.host.unwrap_or_else(|| "0".to_owned()));
        }
    }

    /// The ports on the host that it has in an environment, as far as they are said one by one.
    pub(super) fn host_ports(&self, environment: usize) -> impl Iterator<Item = &str> {
        let body = self.bodies.get(environment).and_then(Option::as_ref);
        let said = body.into_iter().flat_map(|body| body.published.values());
        said.map(|host| host.rsplit(':').next().unwrap_or(host))
    }

    /// Keeps its ports in an environment as they are written.
    pub(super) fn keep_ports(&mut self, environment: usize) {
        if let Some(Some(body)) = self.bodies.get_mut(environment) {
            body.are_odd = body.ports.is_some();
        }
    }

    fn expose(&mut self, list: &Node) {
        for item in list.as_sequence().unwrap_or_default() {
            let text = item.as_text().unwrap_or_default();
            if text.trim_end_matches("/tcp").bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
                self.endpoints.add(text.trim_end_matches("/tcp"));
            }
        }
    }

    fn link(&self, list: &Node, body: &mut Body, notes: &mut IndexSet<String>) {
        for item in list.as_sequence().unwrap_or_default() {
            let text = item.as_text().unwrap_or_default();
            let (name, alias) = text.split_once(':').unwrap_or((text, text));
            if alias != name {
                notes.insert(format!(
                    "`{}` finds `{name}` by that name, not by `{alias}` any more",
                    self.name
                ));
            }
            // Source: compose-go, `inferImplicitDependencies`: a link is a wait that restarts with its target.
            let wait = Node::text(item.span, "started");
            let restart = Node::scalar(item.span, "true", Style::Plain);
            let wait = Node::from_pairs(item.span, [("wait", wait), ("restart", restart)]);
            body.needs.entry(Arc::from(name)).or_insert(wait);
        }
    }

    /// Networks are made of tiers, or there is one; what is said of a service's place in one is kept.
    fn attach(
        &self,
        value: &Node,
        original: &Original,
        flat: bool,
        body: &mut Body,
        notes: &mut IndexSet<String>,
    ) {
        let mut kept: Vec<(Arc<str>, Node)> = Vec::new();
        for name in networks_of(&Node::from_pairs(value.span, [("networks", value.clone())])) {
            let options = value.get(&name).filter(|options| !options.is_null());
            if is_external(&original.written, &name) {
                kept.push((name, options.cloned().unwrap_or_else(|| Node::null(value.span))));
            } else if let Some(options) = options {
                if flat {
                    kept.push(("default".into(), options.clone()));
                } else {
                    notes.insert(format!(
                        "`{}` has options for the network `{name}`, which is one of a tier now",
                        self.name
                    ));
                }
            }
        }
        if kept.is_empty() {
            return;
        }
        let value = if kept.iter().all(|(_, options)| options.is_null()) {
            Node::sequence(
                value.span,
                kept.into_iter().map(|(name, _)| Node::text(value.span, name)).collect(),
            )
        } else {
            Node::from_pairs(value.span, kept)
        };
        body.leaves.insert(vec!["networks".into()], value);
    }
}

impl Body {
    fn depend(&mut self, value: &Node) {
        let wait = |condition: &str| match condition {
            "service_healthy" => "healthy",
            "service_completed_successfully" => "completed",
            _ => "started",
        };
        for item in value.as_sequence().unwrap_or_default() {
            self.needs
                .insert(Arc::from(item.as_text().unwrap_or_default()), Node::text(item.span, "started"));
        }
        for (name, entry) in value.as_mapping().into_iter().flatten() {
            let condition = entry.value.get("condition").and_then(Node::as_text).unwrap_or_default();
            let span = entry.value.span;
            let mut need = Node::text(span, wait(condition));
            let restart = entry.value.get("restart").filter(|it| it.as_bool() == Some(true));
            let optional = entry.value.get("required").filter(|it| it.as_bool() == Some(false));
            if restart.is_some() || optional.is_some() {
                let more = [("restart", restart), ("required", optional)];
                let more = more.into_iter().filter_map(|(key, value)| Some((key, value?.clone())));
                need = Node::from_pairs(span, [("wait", need)].into_iter().chain(more));
            }
            self.needs.insert(Arc::clone(name), need);
        }
    }
}

/// What a wait is for.
fn waits(wait: &Node) -> Option<&str> {
    wait.get("wait").unwrap_or(wait).as_text()
}

/// Whether a service has a probe of its own.
fn is_probed(body: &Node) -> bool {
    let test =
        body.get("healthcheck").filter(|check| check.get("disable").and_then(Node::as_bool) != Some(true));
    let test = test.and_then(|check| check.get("test"));
    test.is_some_and(|test| {
        let first = test.as_sequence().and_then(|items| items.first()?.as_text());
        first.or(test.as_text()) != Some("NONE")
    })
}

/// A value whose absolute paths lie in the folder again.
fn relative(node: &Node, folder: &str) -> Node {
    let mut node = node.clone();
    match &mut node.kind {
        Kind::Scalar(scalar) => {
            let rest = scalar.text.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
            if let Some(rest) = rest.filter(|_| !folder.is_empty()) {
                scalar.text = format!("./{rest}").into();
            }
        }
        Kind::Sequence(items) => {
            *items = Arc::new(items.iter().map(|item| relative(item, folder)).collect());
        }
        Kind::Mapping(mapping) => {
            let mapping = Arc::make_mut(mapping);
            mapping.values_mut().for_each(|entry| entry.value = relative(&entry.value, folder));
        }
    }
    node
}
