//! What lies beside a stack, held against the stack: the sources of its services, where they are there. What cannot work
//! is a warning at the service, as the sources may be what is going to change.

mod dockerfile;
mod python;
mod tree;

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::catalog::ships_probe;
use crate::cli::disk::ProjectFiles;
use crate::definition::Mode;
use crate::fault::Fault;
use crate::plan::{Plan, Planned, PlannedService};
use compose_reader::budget::Budget;
use compose_reader::diagnostic::{Diagnostic, Severity};
use compose_reader::dockerfile::{Dockerfile, Health, Order, Outline, Place};
use compose_reader::values::{MountSpec, Pair};
use compose_reader::yaml::Node;
use tree::Tree;

/// What is known of a service whose sources are beside the stack.
struct Built<'a> {
    /// The service as an environment has it.
    service: &'a PlannedService,
    /// The environment's side of every template.
    mode: Mode,
    /// The folder that the image is built from, as the stack writes it.
    context: &'a str,
    /// The files below that folder.
    tree: Tree,
    /// The Dockerfile, as the stack writes it.
    path: String,
    /// What it says.
    dockerfile: Outline,
    /// Whether what it makes has a `HEALTHCHECK`; `None` where nobody can say.
    has_healthcheck: Option<bool>,
}

impl Built<'_> {
    /// A warning at the service, about it and one more thing.
    fn warning(&self, fault: Fault, about: &str, message: String) -> Diagnostic {
        warning(fault, self.service, about, message)
    }

    fn key(&self, key: &str) -> Option<&Node> {
        self.service.compose.get(key)
    }
}

/// What cannot work with the sources that lie in a stack's folder.
pub(super) fn warnings(folder: &Path, files: &ProjectFiles, planned: &Planned) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut has_sources = false;
    for plan in &planned.plans {
        for built in services(plan).filter_map(|service| built(folder, files, plan, service)) {
            has_sources = true;
            dockerfile::check(&built, &mut found);
            python::check(&built, &mut found);
            browser_variables(&built, &mut found);
            missing_healthcheck(plan, &built, &mut found);
        }
    }
    // Where no sources are, the files that are mounted are elsewhere too.
    let mounting = planned.plans.iter().filter(|_| has_sources).flat_map(services);
    mounting.for_each(|service| mounts(folder, files, service, &mut found));
    let mut told = BTreeSet::new();
    found.retain(|diagnostic| told.insert((diagnostic.span, diagnostic.message.clone())));
    found.sort_by_key(|diagnostic| diagnostic.span);
    found
}

fn warning(fault: Fault, service: &PlannedService, about: &str, message: String) -> Diagnostic {
    fault.at(service.definition, message).about(&[&service.name, &about]).severity(Severity::Warning)
}

fn services(plan: &Plan) -> impl Iterator<Item = &PlannedService> {
    plan.tiers.iter().flat_map(|tier| &tier.services)
}

/// A service that is built from a Dockerfile that is there.
fn built<'a>(
    folder: &Path,
    files: &ProjectFiles,
    plan: &Plan,
    service: &'a PlannedService,
) -> Option<Built<'a>> {
    let build = service.compose.get("build")?;
    let context = build.as_text().or_else(|| build.get("context")?.as_text())?;
    let is_elsewhere =
        context.contains("://") || context.contains('$') || build.get("dockerfile_inline").is_some();
    if is_elsewhere {
        return None;
    }
    let name = build.get("dockerfile").and_then(Node::as_text).unwrap_or("Dockerfile");
    let root = folder.join(context);
    let text = files.text(&root.join(name)).ok()?;
    let path = Path::new(context).join(name);
    let path = path.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>();
    Some(Built {
        service,
        mode: plan.mode,
        context,
        tree: Tree::of(files, &root),
        path: path.to_string_lossy().into_owned(),
        dockerfile: Outline::of(&text).unwrap_or_default(),
        has_healthcheck: has_healthcheck(&text, service),
    })
}

/// Whether what the last stage of a Dockerfile makes has a `HEALTHCHECK`.
fn has_healthcheck(text: &str, service: &PlannedService) -> Option<bool> {
    let order = Order { target: None, arguments: Vec::new() };
    let place = Place::File(service.definition.source);
    let dockerfile = Dockerfile::read(text, place, &order, &mut Budget::default())?;
    match dockerfile.health {
        Health::Check(_) => Some(true),
        Health::Disabled(_) => Some(false),
        Health::Unstated => ships_probe(&dockerfile.base),
    }
}

/// An image that others wait for by its `HEALTHCHECK`, and whose Dockerfile has none.
fn missing_healthcheck(plan: &Plan, built: &Built, found: &mut Vec<Diagnostic>) {
    let is_asked = built.key("healthcheck").is_some_and(|healthcheck| healthcheck.get("test").is_some());
    let has_target = built.key("build").is_some_and(|build| build.get("target").is_some());
    if is_asked || has_target || built.has_healthcheck != Some(false) {
        return;
    }
    let waits = |other: &&PlannedService| {
        let wait = other.compose.get("depends_on").and_then(|waits| waits.get(&built.service.name));
        wait.and_then(|wait| wait.get("condition")).and_then(Node::as_text) == Some("service_healthy")
    };
    let Some(other) = services(plan).find(waits) else { return };
    let message = format!(
        "{} of `{}` has no `HEALTHCHECK`, and `{}` waits for it",
        built.path, built.service.name, other.name
    );
    let help = "write one into it, or what to ask: `health: /path` or `health: { command: [...] }`";
    found.push(built.warning(Fault::MissingProbe, &other.name, message).help(help));
}

/// A variable that Next.js writes into the pages when it builds them, and that only the container is given.
fn browser_variables(built: &Built, found: &mut Vec<Diagnostic>) {
    let arguments = built.key("build").and_then(|build| build.get("args"));
    let names = |node: Option<&Node>| -> Vec<String> {
        node.into_iter().flat_map(Pair::each).map(|(pair, _)| pair.key.to_owned()).collect()
    };
    let given = names(arguments);
    for variable in names(built.key("environment")) {
        if built.mode == Mode::Production
            && variable.starts_with("NEXT_PUBLIC_")
            && !given.contains(&variable)
        {
            let message = format!(
                "`{variable}` of `{}` comes too late: Next.js writes it into the pages when the image is built",
                built.service.name
            );
            let help = format!(
                "give it to the build: `build: {{ context: {}, args: {{ {variable}: … }} }}`, and `ARG {variable}` in {}",
                built.context, built.path
            );
            found.push(built.warning(Fault::LateVariable, &variable, message).help(help));
        }
    }
}

/// Files that are mounted and are not there, in whose place Docker makes empty folders.
fn mounts(folder: &Path, files: &ProjectFiles, service: &PlannedService, found: &mut Vec<Diagnostic>) {
    let volumes = service.compose.get("volumes").and_then(Node::as_sequence).unwrap_or_default();
    for volume in volumes {
        let short = volume.as_text().and_then(|text| text.parse::<MountSpec>().ok());
        let text = |key: &str| volume.get(key).and_then(Node::as_text);
        let (source, target, is_read_only) = match &short {
            Some(mount) => (&*mount.source, &*mount.target, mount.is_read_only),
            None => match (text("type"), text("source"), text("target")) {
                (Some("bind"), Some(source), Some(target)) => {
                    (source, target, volume.get("read_only").and_then(Node::as_bool) == Some(true))
                }
                _ => continue,
            },
        };
        if !source.starts_with('.') || source.contains('$') {
            continue;
        }
        let has_ending = |path: &str| Path::new(path).extension().is_some();
        let is_file = has_ending(source) && has_ending(target);
        let place = folder.join(source);
        let message = match () {
            () if is_file && files.is_folder(&place) => {
                format!("`{}` mounts the file `{source}`, which is a folder", service.name)
            }
            () if is_file && files.is_missing(&place) => format!(
                "`{}` mounts the file `{source}`, which is not there; Docker makes a folder in its place",
                service.name
            ),
            () if is_read_only && files.is_missing(&place) => format!(
                "`{}` reads the folder `{source}`, which is not there; Docker makes an empty one",
                service.name
            ),
            () => continue,
        };
        let help = "put it there, or write the path that it has from the stack's folder";
        found.push(warning(Fault::MissingMount, service, source, message).help(help));
    }
}
