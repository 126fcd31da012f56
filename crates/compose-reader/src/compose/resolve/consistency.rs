//! What no schema says: keys that exclude each other, names that are used and not declared, services in a circle.
//!
//! Source: the compose specification, and what Docker Compose 2.40.3 refuses after it has read a project.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Resolver;
use super::limits::{limits, replicas};
use crate::compose::problem::{Fault, Problem};
use crate::diagnostic::did_you_mean;
use crate::graph::Graph;
use crate::source::Span;
use crate::values::{HealthTest, MountParts, TestForm};
use crate::yaml::{Mapping, Node};

/// Checks the resources and triggers of a model that is canonical.
pub(super) fn validate(resolver: &mut Resolver<'_>, model: &Node) {
    let entries = |section: &str| model.get(section).and_then(Node::as_mapping).into_iter().flatten();
    for (name, entry) in entries("volumes") {
        external_alone(resolver, "volumes", name, &entry.value);
    }
    for (section, sources) in
        [("configs", &["file", "environment", "content"][..]), ("secrets", &["file", "environment"])]
    {
        for (name, entry) in entries(section) {
            one_source(resolver, section, name, &entry.value, sources);
        }
    }
    for (name, entry) in entries("services") {
        let service = &entry.value;
        for (key, what) in [("volumes", "a mount"), ("devices", "a device")] {
            for item in service.get(key).and_then(Node::as_sequence).unwrap_or_default() {
                let is_long = item.get("source").or_else(|| item.get("type")).is_some();
                if is_long && item.get("target").is_none() {
                    let message = format!("{what} needs a `target`");
                    let problem = Problem::new(Fault::InvalidValue, item.place(), message);
                    resolver.report(problem.help("write `target: /PATH`, the path in the container"));
                }
            }
        }
        for mount in service.get("volumes").and_then(Node::as_sequence).unwrap_or_default() {
            if mount.get("type").and_then(Node::as_text) == Some("bind") && mount.get("source").is_none() {
                let problem =
                    Problem::new(Fault::InvalidValue, mount.place(), "a bind mount needs a `source`");
                resolver.report(problem.help("write `source: PATH`, the file or folder of this machine"));
            }
        }
        let develop = service.get("develop").and_then(|develop| develop.get("watch"));
        for trigger in develop.and_then(Node::as_sequence).unwrap_or_default() {
            if let Some(path) = trigger.get("path").filter(|path| path.as_text() == Some("")) {
                let problem = Problem::new(Fault::InvalidValue, path.place(), "the path to watch is empty");
                resolver.report_on(path, problem.help("write the path of a file or folder"));
            }
        }
        let reserved = ["deploy", "resources", "reservations", "devices"];
        let reserved = reserved.iter().try_fold(service, |node, key| node.get(key));
        for request in
            [reserved, service.get("gpus")].into_iter().flatten().filter_map(Node::as_sequence).flatten()
        {
            if let (Some(count), Some(ids)) = (request.entry("count"), request.entry("device_ids")) {
                let problem =
                    exclusive(&format!("`services.{name}`: `count` and `device_ids`"), ids.key.span);
                resolver.report(problem.related(count.key.span, "the other one"));
            }
        }
    }
}

fn exclusive(what: &str, span: crate::source::Span) -> Problem {
    Problem::new(Fault::ExclusiveKeys, span, format!("{what} exclude each other")).help("remove one of them")
}

/// An external resource is made elsewhere: nothing but its name is said of it.
fn external_alone(resolver: &mut Resolver<'_>, section: &str, name: &str, resource: &Node) {
    let Some(external) = resource.entry("external").filter(|entry| entry.value.as_bool() == Some(true))
    else {
        return;
    };
    for (key, entry) in resource.as_mapping().into_iter().flatten() {
        if !matches!(&**key, "name" | "external") && !key.starts_with("x-") {
            let what = format!("`{section}.{name}`: `external` and `{key}`");
            resolver.report(exclusive(&what, entry.key.span).related(external.key.span, "made elsewhere"));
        }
    }
}

fn one_source(resolver: &mut Resolver<'_>, section: &str, name: &str, resource: &Node, sources: &[&str]) {
    let Some(mapping) = resource.as_mapping() else { return };
    let found: Vec<_> =
        sources.iter().filter_map(|key| mapping.get(*key).map(|entry| (*key, entry.key.span))).collect();
    if let [(first, first_span), (second, second_span), ..] = &found[..] {
        let what = format!("`{section}.{name}`: `{first}` and `{second}`");
        resolver.report(exclusive(&what, *second_span).related(*first_span, "the other one"));
    }
    if found.is_empty() && !mapping.contains_key("driver") && !mapping.contains_key("external") {
        let choices = sources.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        let problem = Problem::new(
            Fault::InvalidValue,
            resource.place(),
            format!("`{section}.{name}` does not say where its content comes from"),
        )
        .about(&[&section, &name]);
        resolver.report(problem.help(format!("write one of {choices}, or `external: true`")));
    }
}

/// Checks a whole project: every service that is on against the others.
pub(super) fn check(resolver: &mut Resolver<'_>, model: &mut Node, inactive: &HashSet<Arc<str>>) {
    let Some(services) = model.get("services").and_then(Node::as_mapping).cloned() else { return };
    let project = Whole { model: model.clone(), services, inactive };
    for (name, entry) in project.active() {
        if entry.as_mapping().is_some() {
            service(resolver, &project, name, entry);
        }
    }
    for (name, secret) in model.get("secrets").and_then(Node::as_mapping).into_iter().flatten() {
        let secret = &secret.value;
        let has = |key: &str| secret.get(key).is_some_and(|node| node.as_text() != Some(""));
        if secret.get("external").and_then(Node::as_bool) != Some(true)
            && has("driver")
            && !has("file")
            && !has("environment")
        {
            let problem = Problem::new(
                Fault::InvalidValue,
                secret.place(),
                format!("`secrets.{name}` does not say where its content comes from"),
            )
            .about(&[&name]);
            resolver.report(problem.help("write `file` or `environment`, or `external: true`"));
        }
    }
    cycles(resolver, &project);
    container_names(resolver, &project);
    for (name, entry) in model.get_mut("services").and_then(Node::as_mapping_mut).into_iter().flatten() {
        if !inactive.contains(name) {
            same_scale(&mut entry.value);
        }
    }
}

/// `scale` is the number of replicas, whichever of the two is written.
fn same_scale(service: &mut Node) {
    if let Some(scale) = service.get("scale").cloned()
        && let Some(deploy) = service.get_mut("deploy").filter(|deploy| deploy.as_mapping().is_some())
    {
        deploy.set("replicas", scale);
    }
}

struct Whole<'i> {
    model: Node,
    services: Mapping,
    inactive: &'i HashSet<Arc<str>>,
}

impl Whole<'_> {
    fn active(&self) -> impl Iterator<Item = (&Arc<str>, &Node)> {
        let on = self.services.iter().filter(|(name, _)| !self.inactive.contains(*name));
        on.map(|(name, entry)| (name, &entry.value))
    }

    fn is_active(&self, name: &str) -> bool {
        self.services.contains_key(name) && !self.inactive.contains(name)
    }

    fn has(&self, section: &str, name: &str) -> bool {
        self.model.get(section).is_some_and(|section| section.get(name).is_some())
    }

    fn names(&self, section: &str) -> impl Iterator<Item = &str> {
        let entries = self.model.get(section).and_then(Node::as_mapping).into_iter().flatten();
        entries.map(|(name, _)| &**name)
    }
}

fn service(resolver: &mut Resolver<'_>, project: &Whole<'_>, name: &str, service: &Node) {
    let filled = |key: &str| service.get(key).filter(|node| !node.is_null() && node.as_text() != Some(""));
    let is_section = ["volumes", "networks", "secrets", "configs"].contains(&name);
    if is_section && ["build", "image", "provider", "extends"].iter().all(|key| filled(key).is_none()) {
        let Some(entry) = project.services.get(name) else { return };
        let place = entry.key.span;
        let end =
            if entry.value.place().source == place.source { entry.value.place().end } else { place.end };
        let extent = Span::new(place.source, place.start as usize, end.max(place.end) as usize);
        let message = format!("`{name}` stands below `services`, and so is a service without an image");
        let problem = Problem::new(Fault::UnknownKey, place, message).help(format!(
            "if the section `{name}` is meant, move it to the left, beside `services`: nothing is indented above a section"
        ));
        return resolver.report_misplaced(extent, problem);
    }
    if filled("build").is_none() && filled("image").is_none() && filled("provider").is_none() {
        let span = project.services.get(name).map_or(service.span, |entry| entry.key.span);
        let problem = Problem::new(
            Fault::MissingImage,
            span,
            format!("the service `{name}` has neither image nor build"),
        )
        .about(&[&name]);
        match service.get("image") {
            Some(image) => resolver.report_on(image, problem.help("write the image's name")),
            None => resolver.report(problem.help("write `image: NAME:TAG`, or `build: FOLDER`")),
        }
    }
    if let Some(build) = service.get("build") {
        self::build(resolver, project, name, service, build);
    }
    let networks = service.get("networks").and_then(Node::as_mapping);
    if let (Some(mode), Some(networks)) = (service.entry("network_mode"), service.entry("networks"))
        && networks.value.as_mapping().is_some_and(|networks| !networks.is_empty())
        && mode.value.as_text() != Some("")
    {
        let problem =
            exclusive(&format!("`services.{name}`: `network_mode` and `networks`"), networks.key.span);
        resolver.report(problem.related(mode.key.span, "the other one"));
    }
    for (network, entry) in networks.into_iter().flatten() {
        declared(resolver, project, name, "networks", network, &entry.key);
    }
    for key in ["secrets", "configs"] {
        for used in service.get(key).and_then(Node::as_sequence).unwrap_or_default() {
            if let Some(source) = used.get("source") {
                declared(resolver, project, name, key, source.as_text().unwrap_or_default(), source);
            }
        }
    }
    for mount in service.get("volumes").and_then(Node::as_sequence).unwrap_or_default() {
        // Of a mount with a variable that has no value here, nobody knows whether it is one of a volume.
        let is_known = !(resolver.is_lenient && super::has_unset(mount));
        let is_volume = is_known && mount.get("type").and_then(Node::as_text) == Some("volume");
        if let Some(source) = mount.get("source").filter(|source| is_volume && source.as_text() != Some("")) {
            declared(resolver, project, name, "volumes", source.as_text().unwrap_or_default(), source);
        }
    }
    for (model, entry) in service.get("models").and_then(Node::as_mapping).into_iter().flatten() {
        declared(resolver, project, name, "models", model, &entry.key);
    }
    mounts(resolver, name, service);
    dependencies(resolver, project, name, service);
    probe(resolver, service);
    limits(resolver, name, service);
    replicas(resolver, name, service);
    for trigger in service
        .get("develop")
        .and_then(|develop| develop.get("watch"))
        .and_then(Node::as_sequence)
        .unwrap_or_default()
    {
        let action = trigger.get("action").and_then(Node::as_text).unwrap_or_default();
        if trigger.get("target").is_none() && !matches!(action, "rebuild" | "restart") {
            let problem = Problem::new(
                Fault::InvalidValue,
                trigger.place(),
                format!("a trigger that does `{action}` needs a `target`"),
            )
            .about(&[&action]);
            resolver.report(problem.help("write `target: PATH`, where the files go in the container"));
        }
    }
}

fn declared(
    resolver: &mut Resolver<'_>,
    project: &Whole<'_>,
    service: &str,
    section: &str,
    name: &str,
    used: &Node,
) {
    // Compose takes a network whose name begins with `x-` for an extension.
    if project.has(section, name) && !(section == "networks" && name.starts_with("x-")) {
        return;
    }
    let kind = section.trim_end_matches('s');
    if section == "volumes" && name.contains(['/', '\\']) {
        let message = format!("`{name}` is the name of a volume here, and a name has no `/`");
        let path = format!("./{}", name.replace('\\', "/").trim_start_matches('/'));
        let problem = Problem::new(Fault::UndefinedReference, used.place(), message);
        return resolver.report_on(
            used,
            problem
                .help(format!("if a folder of the project is meant, write `{path}`: paths begin with `./`")),
        );
    }
    // What `extends` brings in stands in the file of the other service, and so does its declaration.
    let own = project.services.get(service).map(|entry| entry.key.span);
    let own = own.filter(|own| used.is_extended() && own.source != used.place().source);
    if let Some(own) = own {
        let message =
            format!("the service `{service}` takes over the {kind} `{name}`, which is not declared here");
        let problem = Problem::new(Fault::UndefinedReference, own, message)
            .related(used.place(), "it is used here, and declared for that file only")
            .help(format!("declare it in this file too: `{section}: {{{name}: }}`"));
        return resolver.report_on(used, problem);
    }
    let problem = Problem::new(
        Fault::UndefinedReference,
        used.place(),
        format!("the service `{service}` uses the {kind} `{name}`, which is not declared"),
    )
    .about(&[&service, &name]);
    let names = project.names(section).filter(|name| *name != "default");
    let declare = format!("declare it: `{section}: {{{name}: …}}`");
    let help = match crate::diagnostic::nearest(name, names) {
        Some(meant) => format!("did you mean `{meant}`? Otherwise {declare}"),
        None => declare,
    };
    resolver.report_on(used, problem.help(help));
}

fn build(resolver: &mut Resolver<'_>, project: &Whole<'_>, name: &str, service: &Node, build: &Node) {
    let filled = |key: &str| {
        build.entry(key).filter(|entry| entry.value.as_text().is_some_and(|text| !text.is_empty()))
    };
    if let (Some(file), Some(inline)) = (filled("dockerfile"), filled("dockerfile_inline")) {
        let problem = exclusive(
            &format!("`services.{name}.build`: `dockerfile` and `dockerfile_inline`"),
            inline.key.span,
        );
        resolver.report(problem.related(file.key.span, "the other one"));
    }
    for (_, entry) in build.get("additional_contexts").and_then(Node::as_mapping).into_iter().flatten() {
        let Some(target) = entry.value.as_text().and_then(|text| text.strip_prefix("service:")) else {
            continue;
        };
        let found = project.services.get(target).filter(|_| project.is_active(target));
        if found.is_none_or(|found| found.value.get("build").is_none()) {
            let problem = Problem::new(
                Fault::UndefinedReference,
                entry.value.place(),
                format!("there is no service `{target}` that is built"),
            )
            .about(&[&target]);
            let built = project.active().filter(|(_, service)| service.get("build").is_some());
            resolver.report(problem.help(did_you_mean(target, built.map(|(name, _)| &**name))));
        }
    }
    let platform = service.get("platform").and_then(Node::as_text).filter(|platform| !platform.is_empty());
    let platforms =
        build.get("platforms").and_then(Node::as_sequence).filter(|platforms| !platforms.is_empty());
    if let (Some(platform), Some(platforms)) = (platform, platforms)
        && !platforms.iter().any(|known| known.as_text() == Some(platform))
    {
        let span = service.get("platform").map_or(build.place(), Node::place);
        let problem = Problem::new(
            Fault::InvalidValue,
            span,
            format!("`{name}` runs on `{platform}`, and is not built for it"),
        )
        .about(&[&name, &platform]);
        resolver.report(problem.help(format!("add `{platform}` to `build.platforms`")));
    }
    for secret in build.get("secrets").and_then(Node::as_sequence).unwrap_or_default() {
        if let Some(source) = secret.get("source") {
            declared(resolver, project, name, "secrets", source.as_text().unwrap_or_default(), source);
        }
    }
}

/// Two mounts on one path; of two in one list that are written alike, the later one has already won.
fn mounts(resolver: &mut Resolver<'_>, name: &str, service: &Node) {
    let items = |key: &str| service.get(key).and_then(Node::as_sequence).unwrap_or_default();
    let memory = items("tmpfs").iter().filter_map(|mount| {
        let text = mount.as_text()?;
        Some((text.get(MountParts::of_tmpfs(text).target)?, mount))
    });
    let volumes = items("volumes").iter().filter_map(|mount| Some((mount.get("target")?.as_text()?, mount)));
    let mut seen: HashMap<&str, &Node> = HashMap::new();
    for (target, mount) in memory.chain(volumes) {
        if let Some(first) = seen.insert(target, mount) {
            let message = format!("`{name}` has two mounts on `{target}`");
            let problem = Problem::new(Fault::MountCollision, mount.place(), message)
                .about(&[&name, &target])
                .related(first.place(), "the other one")
                .help("remove one of the two, or give it another path in the container");
            resolver.report_on(mount, problem);
        }
    }
}

fn dependencies(resolver: &mut Resolver<'_>, project: &Whole<'_>, name: &str, service: &Node) {
    for (needed, entry) in service.get("depends_on").and_then(Node::as_mapping).into_iter().flatten() {
        let is_required = entry.value.get("required").and_then(Node::as_bool) != Some(false);
        let is_off = project.services.contains_key(needed);
        if project.is_active(needed) || is_off && !is_required {
            continue;
        }
        let problem = if is_off {
            let message = format!("`{name}` needs `{needed}`, which no profile that is on switches on");
            Problem::new(Fault::UnknownDependency, entry.key.span, message)
                .about(&[&name, &needed])
                .help("give both the same profiles, or write `required: false`")
        } else {
            let message = format!("`{name}` needs `{needed}`, which is not defined");
            let names = project.services.keys().filter(|known| &***known != name);
            Problem::new(Fault::UnknownDependency, entry.key.span, message)
                .about(&[&name, &needed])
                .help(did_you_mean(needed, names.map(|name| &**name)))
        };
        resolver.report_on(&entry.value, problem);
    }
}

fn probe(resolver: &mut Resolver<'_>, service: &Node) {
    let test = service.get("healthcheck").and_then(|check| check.get("test"));
    let Some(test) = test.and_then(HealthTest::of) else { return };
    if let (TestForm::Invalid, Some(first)) = (test.form, test.head) {
        let problem = Problem::new(
            Fault::InvalidValue,
            first.place(),
            "a test that is a list begins with `CMD`, `CMD-SHELL` or `NONE`",
        );
        resolver.report_on(first, problem.help("write `[CMD, PROGRAM, ARGUMENT]`, or one text for a shell"));
    }
}

fn cycles(resolver: &mut Resolver<'_>, project: &Whole<'_>) {
    let mut graph = Graph::new(project.active().map(|(name, _)| &**name));
    let needs = |name: &str| {
        project.services.get(name).and_then(|entry| entry.value.get("depends_on")).and_then(Node::as_mapping)
    };
    for (name, _) in project.active() {
        for needed in needs(name).into_iter().flatten().map(|(needed, _)| needed) {
            if project.is_active(needed) {
                graph.edge(name, needed);
            }
        }
    }
    for circle in graph.cycles() {
        let next = circle.iter().cycle().skip(1);
        let edges = circle.iter().zip(next);
        let mut places =
            edges.filter_map(|(from, to)| needs(from)?.get(*to).map(|entry| (from, to, entry.key.span)));
        let (Some((_, _, span)), Some(first)) = (places.next(), circle.first()) else { continue };
        let message = format!("services wait for each other in a circle: {} → {first}", circle.join(" → "));
        let mut problem =
            Problem::new(Fault::DependencyCycle, span, message).help("remove one of these dependencies");
        for (from, to, span) in places {
            problem = problem.related(span, format!("`{from}` waits for `{to}`"));
        }
        resolver.report(problem);
    }
}

fn container_names(resolver: &mut Resolver<'_>, project: &Whole<'_>) {
    let mut seen: HashMap<&str, &Node> = HashMap::new();
    for (name, service) in project.active() {
        let Some(node) = service.get("container_name") else { continue };
        let Some(text) = node.as_text().filter(|text| !text.is_empty()) else { continue };
        if let Some(first) = seen.get(text) {
            let message = format!("the containers of two services are named `{text}`");
            let problem = Problem::new(Fault::ContainerNameCollision, node.place(), message)
                .about(&[&text])
                .related(first.place(), "first here")
                .help(format!("remove `container_name` from `{name}`"));
            resolver.report_on(node, problem);
        }
        seen.entry(text).or_insert(node);
    }
}
