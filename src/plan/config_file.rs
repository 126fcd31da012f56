//! The config files of a template: what is rendered, and the layer that mounts it.

use minijinja::Value;

use super::planned::PlannedFile;
use super::template::extended;
use crate::catalog::{Engine, Failure, Template, TemplateFile};
use crate::checksum::checksum;
use compose_reader::source::Span;
use compose_reader::yaml::{Node, Style};

/// A config file of a template.
#[derive(Debug)]
pub(super) struct ConfigFile {
    /// The name of its config.
    pub(super) config: String,
    pub(super) file: PlannedFile,
    /// Whether it is read on the first start only.
    once: bool,
}

/// The label that holds the checksum of a service's config files. Compose makes a container anew when its definition changes,
/// not when a mounted file does, and the container goes on seeing the file that was there when it was made.
const LABEL: &str = "stackgen.config-checksum";

/// The config files of a template with the layer that mounts them.
pub(super) fn config_files(
    engine: &Engine,
    template: &Template,
    service: &str,
    arguments: Option<&Node>,
    context: &Value,
) -> Result<(Option<Node>, Vec<ConfigFile>), Failure> {
    let mut mounts = Vec::new();
    let mut files = Vec::new();
    let mut own = Vec::new();
    for (file, context) in each_file(template, context) {
        let named = file.own.as_ref().and_then(|own| context.get_attr(own).ok());
        if let (Some(parameter), Some(path)) = (&file.own, named.as_ref().and_then(Value::as_str)) {
            without_effect(template, file, parameter, arguments)?;
            let target = engine.fragment(&file.target, &context)?;
            own.extend(target.as_ref().and_then(Node::as_text).map(|target| bind(file.span, path, target)));
            continue;
        }
        if let Some(when) = &file.when
            && engine.fragment(when, &context)?.is_none_or(|when| when.as_bool() != Some(true))
        {
            continue;
        }
        let text = |node: &Node| {
            let node = engine.fragment(node, &context)?;
            Ok::<_, Failure>(node.and_then(|node| node.as_text().map(str::to_owned)).unwrap_or_default())
        };
        let span = file.target.span;
        let file_name = text(&Node::text(file.span, file.name.as_str()))?;
        check_file_name(&file_name, file.span)?;
        let name = format!("{service}_{}", file_name.replace(['.', '/', '-'], "_"));
        let pairs =
            [("source", Node::text(span, name.as_str())), ("target", Node::text(span, text(&file.target)?))];
        mounts.push(Node::from_pairs(span, pairs));
        let path = format!("config/{service}/{file_name}");
        let content = text(&file.content)?;
        let planned = PlannedFile { service: service.to_owned(), path, content };
        files.push(ConfigFile { config: name, file: planned, once: file.once });
    }
    let Some(span) = mounts.iter().chain(&own).map(|first| first.span).next() else {
        return Ok((None, files));
    };
    let lists = [("configs", mounts), ("volumes", own)].into_iter().filter(|(_, items)| !items.is_empty());
    let mut pairs: Vec<(&str, Node)> = lists.map(|(key, items)| (key, Node::sequence(span, items))).collect();
    if let Some(checksum) = watched(&files) {
        pairs.push(("labels", Node::from_pairs(span, [(LABEL, Node::text(span, checksum))])));
    }
    Ok((Some(Node::from_pairs(span, pairs)), files))
}

/// The checksum of the files whose change makes the container anew, if there are any.
fn watched(files: &[ConfigFile]) -> Option<String> {
    let contents = files.iter().filter(|file| !file.once).map(|file| file.file.content.as_str());
    let contents: String = contents.collect();
    (!contents.is_empty()).then(|| checksum(&contents))
}

/// Drops the files that a service does not mount, as its own keys put something else in their place.
pub(super) fn drop_unmounted(files: &mut Vec<ConfigFile>, compose: &mut Node) {
    let mounts = compose.get("configs").and_then(Node::as_sequence).unwrap_or_default();
    let is_mounted = |name: &str| {
        let sources =
            mounts.iter().filter_map(|mount| mount.as_text().or_else(|| mount.get("source")?.as_text()));
        sources.into_iter().any(|source| source == name)
    };
    let before = files.len();
    files.retain(|file| is_mounted(&file.config));
    if files.len() == before {
        return;
    }
    let Some(labels) = compose.get_mut("labels").filter(|labels| labels.get(LABEL).is_some()) else { return };
    match (watched(files), labels.get(LABEL).map(|label| label.span)) {
        (Some(checksum), Some(span)) => labels.set(LABEL, Node::text(span, checksum)),
        _ => drop(labels.remove(LABEL)),
    }
    if labels.as_mapping().is_some_and(|labels| labels.is_empty()) {
        compose.remove("labels");
    }
}

/// Arguments that only a rendered file would see are given in vain where one's own takes its place.
fn without_effect(
    template: &Template,
    file: &TemplateFile,
    own: &str,
    arguments: Option<&Node>,
) -> Result<(), Failure> {
    let Some(arguments) = arguments else { return Ok(()) };
    let Some(vain) = template.only_seen_by(file).find(|name| arguments.get(name).is_some()) else {
        return Ok(());
    };
    let message = format!("`{vain}` has no effect beside `{own}`, which takes the place of {}", file.name);
    let help = Some("take out one of the two; what the file says is yours".to_owned());
    Err(Failure::Refusal { message, help, path: vec![vain.to_owned()], span: file.span })
}

/// A mount of a file of the machine, without which Compose refuses to start.
fn bind(span: Span, source: &str, target: &str) -> Node {
    let yes_no = |yes: bool| Node::scalar(span, if yes { "true" } else { "false" }, Style::Plain);
    let text = |text: &str| Node::text(span, text);
    let pairs = [
        ("type", text("bind")),
        ("source", text(source)),
        ("target", text(target)),
        ("read_only", yes_no(true)),
        ("bind", Node::from_pairs(span, [("create_host_path", yes_no(false))])),
    ];
    Node::from_pairs(span, pairs)
}

/// The files of a template, each with what its expressions see: one that stands for several sees its `item`.
fn each_file<'t>(template: &'t Template, context: &Value) -> Vec<(&'t TemplateFile, Value)> {
    let mut all = Vec::new();
    for file in &template.files {
        let Some(list) = &file.each else {
            all.push((file, context.clone()));
            continue;
        };
        let items = context.get_attr(list).ok().and_then(|items| items.try_iter().ok());
        let seen = |item: Value| (file, extended(context, [("item".to_owned(), item)]));
        all.extend(items.into_iter().flatten().map(seen));
    }
    all
}

/// The name of a file may come from a parameter.
fn check_file_name(name: &str, span: Span) -> Result<(), Failure> {
    let is_usual = |next: char| next.is_ascii_alphanumeric() || "-_./".contains(next);
    if name.chars().all(is_usual) && !name.contains("..") {
        return Ok(());
    }
    let message = format!("`{name}` cannot be the name of a file");
    let help = Some("write letters, digits, `-` and `_`".to_owned());
    Err(Failure::Refusal { message, help, path: Vec::new(), span })
}
