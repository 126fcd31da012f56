//! The config files of a template: what is rendered, and the layer that mounts it.

use minijinja::Value;

use super::planned::PlannedFile;
use super::template::extended;
use crate::catalog::{Engine, Failure, Template, TemplateFile};
use crate::checksum::checksum;
use compose_reader::source::Span;
use compose_reader::yaml::Node;

/// The files of a template, by the names of their configs.
pub(super) type Files = Vec<(String, PlannedFile)>;

/// The config files of a template with the layer that mounts them.
pub(super) fn config_files(
    engine: &Engine,
    template: &Template,
    service: &str,
    context: &Value,
) -> Result<(Option<Node>, Files), Failure> {
    let mut mounts = Vec::new();
    let mut files = Vec::new();
    let mut watched = String::new();
    for (file, context) in each_file(template, context) {
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
        if !file.once {
            watched.push_str(&content);
        }
        files.push((name, PlannedFile { service: service.to_owned(), path, content }));
    }
    let Some(span) = mounts.first().map(|first| first.span) else { return Ok((None, files)) };
    let mut pairs = vec![("configs", Node::sequence(span, mounts))];
    if !watched.is_empty() {
        // Compose makes a container anew when its definition changes, not when a mounted file does, and the container goes
        // on seeing the file that was there when it was made.
        let label = [("stackgen.config-checksum", Node::text(span, checksum(&watched)))];
        pairs.push(("labels", Node::from_pairs(span, label)));
    }
    Ok((Some(Node::from_pairs(span, pairs)), files))
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
