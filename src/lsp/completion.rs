//! What could be typed here.

use gen_lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemTextEdit, Documentation, MarkupContent, MarkupKind,
    TextEdit,
};

use super::context::{Context, context};
use super::document::{Document, View};
use super::host::{OpenStack, Project};
use super::names::{Name, Thing};
use super::schema;
use crate::config;
use crate::definition::{self, OFFERED};
use crate::images;
use compose_reader::compose::FileEntry;
use compose_reader::spec::{self, Fields, Form, Texts, Type};
use compose_reader::values::{ImageReference, Sketch};
use compose_reader::yaml::Node;

/// Something that could stand there.
#[derive(Clone, Debug, Default)]
struct Offer {
    label: String,
    /// What is written, where that is not the label.
    text: Option<String>,
    kind: Option<CompletionItemKind>,
    detail: Option<String>,
    documentation: Option<String>,
}

impl Offer {
    fn of(label: impl Into<String>, kind: CompletionItemKind) -> Self {
        Self { label: label.into(), kind: Some(kind), ..Self::default() }
    }

    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    fn documentation(mut self, text: impl Into<String>) -> Self {
        self.documentation = Some(text.into()).filter(|text: &String| !text.is_empty());
        self
    }

    fn writing(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }
}

/// What could be typed at an offset; names are those of `view`, the last state that could be read.
pub(super) fn completion(document: &Document<'_>, view: &View, offset: usize) -> Vec<CompletionItem> {
    let text = document.lines.text();
    let mut here = context(text, offset);
    let typed = text.get(here.start..offset).unwrap_or_default();
    // What is quoted, and what stands before the last part of it, stays.
    if typed.starts_with(['"', '\'']) {
        here.start += 1;
    }
    let typed = text.get(here.start..offset).unwrap_or_default();
    let (from, offers) = match view {
        _ if typed.trim_start().starts_with('#') => return Vec::new(),
        View::Project(project) => in_project(project, &view.names(), text, &here, typed),
        View::Stack(stack) => in_stack(stack, &view.names(), &here, typed),
        View::Nothing => return Vec::new(),
    };
    let start = here.start + from;
    let behind = text.get(offset..).unwrap_or_default();
    let has_colon = behind.split(['\n', '\r']).next().unwrap_or_default().trim_start().starts_with(':');
    let range = document.lines.range(start..offset);
    let item = |offer: Offer| {
        let written = offer.text.unwrap_or_else(|| offer.label.clone());
        let written = if has_colon { written.trim_end_matches([':', ' ']).to_owned() } else { written };
        CompletionItem {
            label: offer.label,
            kind: offer.kind,
            detail: offer.detail,
            documentation: offer
                .documentation
                .map(|text| Documentation::MarkupContent(MarkupContent::new(MarkupKind::Markdown, text))),
            text_edit: Some(CompletionItemTextEdit::TextEdit(TextEdit::new(range, written))),
            ..CompletionItem::default()
        }
    };
    offers.into_iter().map(item).collect()
}

/// What could be typed in a `stackgen.toml`: the names of rules, and keys.
pub(super) fn in_config(document: &Document<'_>, offset: usize) -> Vec<CompletionItem> {
    let text = document.lines.text();
    let before = text.get(..offset).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let section = before.lines().rev().find_map(|line| line.trim().strip_prefix('[')?.strip_suffix(']'));
    let path: Vec<String> =
        section.unwrap_or_default().split('.').filter(|it| !it.is_empty()).map(str::to_owned).collect();
    let schema = config::schema();
    let is_value = line.contains('=');
    let typed = line.rsplit([' ', '=', '[', ',', '"']).next().unwrap_or_default();
    let range = document.lines.range(offset - typed.len()..offset);
    let offers: Vec<(String, String)> = if is_value {
        let key = line.split('=').next().unwrap_or_default().trim().to_owned();
        let path: Vec<String> = path.into_iter().chain([key]).collect();
        schema::words(&schema::at(&schema, &path)).into_iter().map(|word| (word, String::new())).collect()
    } else {
        schema::keys(&schema, &path)
    };
    let item = |(label, documentation): (String, String)| CompletionItem {
        text_edit: Some(CompletionItemTextEdit::TextEdit(TextEdit::new(range, label.clone()))),
        label,
        kind: Some(CompletionItemKind::Property),
        documentation: Some(Documentation::String(documentation)),
        ..CompletionItem::default()
    };
    offers.into_iter().map(item).collect()
}

/// The type of the value at a path of a compose file.
fn type_at(path: &[&str]) -> Option<&'static Type> {
    path.iter().try_fold(spec::PROJECT, |of, step| {
        let key = of.fields().and_then(|fields| fields.key(step));
        let is_position = step.bytes().all(|next| next.is_ascii_digit());
        key.map(|key| key.takes).or_else(|| of.item().filter(|_| is_position))
    })
}

/// The keys of a mapping, each with its sentence, but for those that people choose.
fn keys_of(fields: &Fields) -> Vec<Offer> {
    let key = |key: &'static spec::Key| {
        let is_scalar = key.takes.fields().is_none() && key.takes.item().is_none();
        let written = if is_scalar { format!("{}: ", key.name) } else { format!("{}:", key.name) };
        Offer::of(key.name, CompletionItemKind::Property).documentation(key.hover).writing(written)
    };
    fields.keys().map(key).collect()
}

/// The words that a value of a type may be.
fn words_of(of: &Type) -> Vec<Offer> {
    let words = of.forms.iter().flat_map(|form| match form {
        Form::Text(Texts::OneOf(words)) => words.to_vec(),
        Form::Boolean => vec!["true", "false"],
        _ => Vec::new(),
    });
    words.map(|word| Offer::of(word, CompletionItemKind::EnumMember)).collect()
}

/// The names of what is defined.
fn named(names: &[Name], thing: Thing, except: &str) -> Vec<Offer> {
    let defined =
        names.iter().filter(|name| name.is_definition && name.thing == thing && name.name != except);
    let mut found: Vec<&str> = defined.map(|name| name.name.as_str()).collect();
    found.sort_unstable();
    found.dedup();
    found
        .into_iter()
        .map(|name| Offer::of(name, CompletionItemKind::Reference).detail(thing.noun()))
        .collect()
}

/// Where in what is typed the name of a variable begins, if one does.
fn variable_start(typed: &str) -> Option<usize> {
    let start = typed.rfind("${")? + 2;
    let is_name = |next: char| next.is_ascii_alphanumeric() || next == '_';
    (!typed[..start - 2].ends_with('$') && typed[start..].chars().all(is_name)).then_some(start)
}

/// What could be typed in a compose file, and how much of what is typed stays.
fn in_project(
    project: &Project,
    names: &[Name],
    text: &str,
    here: &Context,
    typed: &str,
) -> (usize, Vec<Offer>) {
    let path: Vec<&str> = here.path.iter().map(String::as_str).collect();
    if let Some(start) = variable_start(typed) {
        return (start, variables(project));
    }
    let mut offers = Vec::new();
    let of = type_at(&path);
    if here.is_key {
        offers.extend(of.and_then(Type::fields).into_iter().flat_map(keys_of));
        if let ["services", _] = path[..] {
            offers.extend(beside(text, here.start, "image").and_then(whole_probe));
        }
    }
    if here.is_value {
        offers.extend(of.into_iter().flat_map(words_of));
    }
    let mut from = 0;
    let service = path.get(1).copied().unwrap_or_default();
    match path[..] {
        ["services", _, "depends_on" | "links" | "volumes_from"] if here.is_key => {
            offers.extend(named(names, Thing::Service, service));
        }
        ["services", _, "depends_on" | "links" | "volumes_from", "0"]
        | ["services", _, "extends"]
        | ["services", _, "extends", "service"] => offers.extend(named(names, Thing::Service, service)),
        ["services", _, "networks"] | ["services", _, "networks", "0"] => {
            offers.extend(named(names, Thing::Network, ""));
        }
        ["services", _, "secrets", "0"]
        | ["services", _, "secrets", "0", "source"]
        | ["services", _, "build", "secrets", "0"] => {
            offers.extend(named(names, Thing::Secret, ""));
        }
        ["services", _, "configs", "0"] | ["services", _, "configs", "0", "source"] => {
            offers.extend(named(names, Thing::Config, ""));
        }
        ["services", _, "volumes", "0"] if !typed.contains(['.', '/', ':']) => {
            offers.extend(named(names, Thing::Volume, ""));
        }
        ["services", _, "volumes", "0", "source"] => offers.extend(named(names, Thing::Volume, "")),
        ["services", _, "network_mode" | "ipc" | "pid"] => {
            let services = named(names, Thing::Service, service).into_iter();
            offers.extend(["host", "none"].map(|word| Offer::of(word, CompletionItemKind::EnumMember)));
            offers.extend(
                services.map(|offer| {
                    Offer::of(format!("service:{}", offer.label), CompletionItemKind::Reference)
                }),
            );
        }
        ["services", _, "profiles", "0"] => offers.extend(profiles(project)),
        ["services", _, "build", "target"] => offers.extend(stages(project, service)),
        ["services", _, "image"] => {
            offers.extend(image_names());
        }
        _ => {}
    }
    let is_path = matches!(path[..], ["services", _, "volumes", "0"]) && typed.starts_with('.')
        || spec::at(path.iter().copied()).is_some_and(|key| key.path.is_some())
        || matches!(path[..], ["services", _, "env_file" | "build", ..] | ["include", ..] | [_, _, "file"]);
    if is_path && here.is_value && !typed.contains(':') {
        let (start, found) = paths(project, typed);
        if start > 0 {
            from = start;
            offers = found;
        } else {
            offers.extend(found);
        }
    }
    (from, offers)
}

/// The variables that env files set.
fn variables(project: &Project) -> Vec<Offer> {
    let environment = &project.resolution.environment;
    environment.names().map(|name| Offer::of(name, CompletionItemKind::Variable)).collect()
}

fn profiles(project: &Project) -> Vec<Offer> {
    let services = project.resolution.model.get("services").and_then(Node::as_mapping);
    let lists =
        services.into_iter().flatten().filter_map(|(_, entry)| entry.value.get("profiles")?.as_sequence());
    let mut names: Vec<&str> = lists.flatten().filter_map(Node::as_text).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| Offer::of(name, CompletionItemKind::Value).detail("profile")).collect()
}

/// The stages of the Dockerfile of a service.
fn stages(project: &Project, service: &str) -> Vec<Offer> {
    let build = project.resolution.model.get("services").and_then(|all| all.get(service)?.get("build"));
    let part = |key: &str| build.and_then(|build| build.get(key)?.as_text());
    let Some(context) = part("context") else { return Vec::new() };
    let file = part("dockerfile").unwrap_or("Dockerfile");
    let path = if file.starts_with('/') { file.to_owned() } else { format!("{context}/{file}") };
    let Ok(text) = project.files.read(&path) else { return Vec::new() };
    let stage = |line: &str| {
        let mut words = line.split_whitespace();
        let is_from = words.next()?.eq_ignore_ascii_case("from");
        let mut behind = words.skip_while(|word| !word.eq_ignore_ascii_case("as")).skip(1);
        behind
            .next()
            .filter(|_| is_from)
            .map(|name| Offer::of(name, CompletionItemKind::Value).detail("stage"))
    };
    text.lines().filter_map(stage).collect()
}

/// The images of which facts are known.
fn image_names() -> impl Iterator<Item = Offer> {
    images::names().map(|name| Offer::of(name, CompletionItemKind::Value).detail("image"))
}

/// The value of a key beside the line of an offset: of the same mapping, which may be half-typed.
fn beside<'t>(text: &'t str, offset: usize, key: &str) -> Option<&'t str> {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let own = offset - start;
    let value = |line: &'t str| {
        let value = line.trim_start().strip_prefix(key)?.strip_prefix(':')?.split(" #").next()?;
        (indent(line) == own).then(|| value.trim().trim_matches(['"', '\'']))
    };
    let is_inside = |line: &&str| line.trim().is_empty() || indent(line) >= own;
    let above = text[..start].lines().rev().take_while(is_inside).find_map(value);
    above.or_else(|| text[start..].lines().skip(1).take_while(is_inside).find_map(value))
}

/// The whole health check for an image of which one is known.
fn whole_probe(image: &str) -> Option<Offer> {
    let sketch = Sketch::of(image);
    let test = images::find(ImageReference::of(&sketch))?.probe()?;
    let text = format!(
        "healthcheck:\n  test: {test}\n  interval: 10s\n  timeout: 5s\n  retries: 5\n  start_period: 30s"
    );
    Some(
        Offer::of(format!("healthcheck for {image}"), CompletionItemKind::Snippet)
            .documentation(format!("```yaml\n{text}\n```"))
            .writing(text),
    )
}

/// The files and folders that what is typed may become, and where its last part begins.
fn paths(project: &Project, typed: &str) -> (usize, Vec<Offer>) {
    let start = typed.rfind('/').map_or(0, |at| at + 1);
    let inside = typed[..start].trim_start_matches("./").trim_end_matches('/');
    let root = project.folder.trim_end_matches('/');
    let folder = match inside {
        "" => root.to_owned(),
        inside if inside.starts_with('/') => inside.to_owned(),
        inside => format!("{root}/{inside}"),
    };
    let offer = |name: String| {
        let is_folder = project.files.entry(&format!("{folder}/{name}")) == Some(FileEntry::Folder);
        let kind = if is_folder { CompletionItemKind::Folder } else { CompletionItemKind::File };
        let label = if start == 0 { format!("./{name}") } else { name };
        Offer::of(label, kind)
    };
    let names = project.files.names(&folder).into_iter().filter(|name| name != ".git");
    (start, names.map(offer).collect())
}

/// What could be typed in a stack, and how much of what is typed stays.
fn in_stack(stack: &OpenStack, names: &[Name], here: &Context, typed: &str) -> (usize, Vec<Offer>) {
    if let Some((start, offers)) = reference(stack, names, typed) {
        return (start, offers);
    }
    let path: Vec<&str> = here.path.iter().map(String::as_str).collect();
    let schema = definition::schema();
    let mut offers: Vec<Offer> = Vec::new();
    if here.is_key {
        let keys = schema::keys(&schema, &here.path).into_iter();
        offers.extend(keys.map(|(key, about)| {
            let written = format!("{key}: ");
            Offer::of(key, CompletionItemKind::Property).documentation(about).writing(written)
        }));
        // What is inside a key of Compose, the schema leaves open.
        if let ["services", _, _, ..] | ["volumes" | "networks" | "configs", _, ..] = path[..]
            && offers.is_empty()
        {
            offers.extend(type_at(&path).and_then(Type::fields).into_iter().flat_map(keys_of));
        }
    }
    if here.is_value {
        let words = schema::words(&schema::at(&schema, &here.path)).into_iter();
        offers.extend(words.map(|word| Offer::of(word, CompletionItemKind::EnumMember)));
    }
    let service = path.get(1).copied().unwrap_or_default();
    match path[..] {
        ["services", _, .., "use"] => {
            offers.extend(stack.catalog.names().map(|name| {
                let template = stack.catalog.get(name);
                let version =
                    template.and_then(|it| it.versions.first()).map(|version| format!("@{version}"));
                let offer =
                    Offer::of(format!("{name}{}", version.unwrap_or_default()), CompletionItemKind::Class);
                offer.documentation(template.map(|it| it.summary.clone()).unwrap_or_default())
            }));
        }
        ["services", _, .., "with"] => {
            let of =
                stack.stack.as_ref().and_then(|stack| stack.services.get(service)?.layer.template.as_ref());
            let template = of.and_then(|used| stack.catalog.get(&used.name.value));
            offers.extend(template.into_iter().flat_map(|it| &it.parameters).map(|(name, parameter)| {
                Offer::of(name, CompletionItemKind::Property)
                    .detail(parameter.kind.name())
                    .documentation(parameter.description.clone())
                    .writing(format!("{name}: "))
            }));
        }
        ["services", _, "tier"] | ["environments", _, "tiers", "0"] => {
            offers.extend(named(names, Thing::Tier, ""))
        }
        ["services", _, .., "needs"] | ["services", _, .., "needs", "0"] | ["services", _, "where"] => {
            offers.extend(named(names, Thing::Service, service));
        }
        ["services", _, "overrides" | "external" | "publish"] | ["environments"] if here.is_key => {
            let own = stack.stack.iter().flat_map(|stack| stack.environments.keys().map(String::as_str));
            let mut all: Vec<&str> = definition::ENVIRONMENTS.iter().map(|it| it.name).chain(own).collect();
            all.dedup();
            offers.extend(all.into_iter().map(|name| {
                Offer::of(name, CompletionItemKind::Reference)
                    .detail("environment")
                    .writing(format!("{name}:"))
            }));
        }
        _ => {}
    }
    (0, offers)
}

/// What a reference that is being typed may become.
fn reference(stack: &OpenStack, names: &[Name], typed: &str) -> Option<(usize, Vec<Offer>)> {
    let start = typed.rfind("${{")? + 3;
    let inside = typed.get(start..).filter(|inside| !inside.contains("}}"))?;
    let is_part = |next: char| next.is_ascii_alphanumeric() || matches!(next, '_' | '-' | '.');
    let word = inside.rfind(|next| !is_part(next)).map_or(0, |at| at + 1);
    let from = start + word;
    let Some((service, rest)) = inside[word..].split_once('.') else {
        return Some((from, named(names, Thing::Service, "")));
    };
    let last = rest.rfind('.').map_or(0, |at| at + 1);
    let at = from + service.len() + 1 + last;
    let known = stack.stack.as_ref().and_then(|stack| stack.services.get(service));
    let template = known.and_then(|it| stack.catalog.get(&it.layer.template.as_ref()?.name.value));
    let mut words: Vec<String> = OFFERED.iter().map(|word| (*word).to_owned()).collect();
    if last == 0 {
        words.extend(known.into_iter().flat_map(|service| service.layer.listen.keys().cloned()));
        words.extend(
            template.into_iter().flat_map(|it| it.endpoints.keys().chain(it.references.keys()).cloned()),
        );
        words.sort();
        words.dedup();
    }
    Some((at, words.into_iter().map(|word| Offer::of(word, CompletionItemKind::Field)).collect()))
}
