//! A model held against the JSON Schema of the compose specification.
//!
//! Source: `schema/compose-spec.json`, the schema that Docker Compose 2.40.3 has in it.

use std::sync::{Arc, LazyLock};

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::{Map, Number, Value};

use super::Resolver;
use crate::compose::problem::{Fault, Problem};
use crate::diagnostic::{did_you_mean, enumerate, nearest};
use crate::yaml::{Kind, Node, Resolved};

static TEXT: &str = include_str!("../../../schema/compose-spec.json");

/// For what a finding says of the keys that are known.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(TEXT).unwrap_or_default());

/// The schema as code that is generated when this program is built: nothing is left to do at start-up.
#[jsonschema::validator(path = "schema/compose-spec.json", methods = { validate = false })]
struct Specification;

/// Reports every value that the schema refuses.
pub(super) fn check(resolver: &mut Resolver<'_>, model: &Node) {
    let instance = to_json(model);
    if Specification::is_valid(&instance) {
        return;
    }
    for error in Specification::iter_errors(&instance) {
        report(resolver, model, &error);
    }
}

/// A finding for an error, or for those inside the form that the value comes closest to.
fn report(resolver: &mut Resolver<'_>, model: &Node, error: &ValidationError<'_>) {
    let forms = match error.kind() {
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => context,
        _ => return report_one(resolver, model, error),
    };
    let path = error.instance_path().as_str().to_owned();
    let is_about_form = |inner: &ValidationError<'_>| {
        matches!(inner.kind(), ValidationErrorKind::Type { .. }) && inner.instance_path().as_str() == path
    };
    let meant: Vec<_> = forms.iter().filter(|errors| !errors.iter().any(is_about_form)).collect();
    match &meant[..] {
        [] => {
            let types = forms.iter().flatten().filter_map(|inner| match inner.kind() {
                ValidationErrorKind::Type { kind } => Some(type_names(kind)),
                _ => None,
            });
            let mut names: Vec<&'static str> = Vec::new();
            for name in types.flatten() {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            wrong_type(resolver, model, &path, &names);
        }
        forms => {
            let closest = forms.iter().max_by_key(|errors| errors.iter().map(specificity).max());
            for inner in closest.into_iter().flat_map(|errors| errors.iter()) {
                report(resolver, model, inner);
            }
        }
    }
}

fn specificity(error: &ValidationError<'_>) -> usize {
    let is_key = matches!(error.kind(), ValidationErrorKind::AdditionalProperties { .. });
    error.instance_path().as_str().matches('/').count() + usize::from(is_key)
}

fn report_one(resolver: &mut Resolver<'_>, model: &Node, error: &ValidationError<'_>) {
    let path = error.instance_path().as_str();
    let Some(node) = node_at(model, path) else { return };
    let name = name_of(path);
    let problem = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = known_keys(error.schema_path().as_str());
            for key in unexpected {
                let span = node.entry(key).map_or(node.place(), |entry| entry.key.span);
                let place = if path.is_empty() { "a compose file".to_owned() } else { name.clone() };
                let message = format!("{place} has no key `{key}`");
                resolver.report(Problem::new(Fault::UnknownKey, span, message).help(key_help(key, &known)));
            }
            return;
        }
        ValidationErrorKind::Type { kind } => {
            return wrong_type(resolver, model, path, &type_names(kind));
        }
        ValidationErrorKind::Required { property } => {
            let missing = property.as_str().unwrap_or_default();
            Problem::new(Fault::InvalidValue, node.place(), format!("{name} lacks `{missing}`"))
                .help(format!("add `{missing}:`"))
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<&str> =
                options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let written = node.as_text().unwrap_or_default();
            Problem::new(Fault::InvalidValue, node.place(), format!("{name} cannot be `{written}`"))
                .help(did_you_mean(written, options))
        }
        ValidationErrorKind::UniqueItems => {
            let twice = repeated(node);
            let written = twice.and_then(Node::as_text).unwrap_or("an item");
            let span = twice.map_or(node.place(), Node::place);
            Problem::new(Fault::InvalidValue, span, format!("`{written}` stands twice in {name}"))
                .help("write it once")
        }
        ValidationErrorKind::Minimum { limit } => {
            Problem::new(Fault::InvalidValue, node.place(), format!("{name} is at least {limit}"))
        }
        ValidationErrorKind::Maximum { limit } => {
            Problem::new(Fault::InvalidValue, node.place(), format!("{name} is at most {limit}"))
        }
        ValidationErrorKind::Pattern { pattern } => {
            let written = node.as_text().unwrap_or_default();
            Problem::new(Fault::InvalidValue, node.place(), format!("{name} cannot be `{written}`"))
                .help(format!("it has to match `{pattern}`"))
        }
        _ => Problem::new(
            Fault::InvalidValue,
            node.place(),
            format!("{name} is not what Docker Compose takes"),
        ),
    };
    resolver.report_on(&node.clone(), problem);
}

fn wrong_type(resolver: &mut Resolver<'_>, model: &Node, path: &str, expected: &[&'static str]) {
    let Some(node) = node_at(model, path).cloned() else { return };
    let names = match expected {
        [] => "something else".to_owned(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    };
    let message = format!("{} is {}, and has to be {names}", name_of(path), node.describe());
    let service = path.strip_prefix("/services/").filter(|name| !name.contains('/'));
    let quoted = node.as_text().filter(|text| !text.is_empty() && expected.contains(&"text"));
    let help = match quoted {
        _ if service.is_some() => {
            format!("write what `{}` runs below it: `image:` or `build:`", service.unwrap_or_default())
        }
        Some(text) => format!("put it in quotes: `\"{text}\"`"),
        None if node.is_null() => "write its value, or remove the key".to_owned(),
        None => format!("write {names}"),
    };
    let span = if node.is_null() { key_span(model, path).unwrap_or(node.place()) } else { node.place() };
    resolver.report_on(&node, Problem::new(Fault::WrongType, span, message).help(help));
}

/// The item of a list that stands there a second time.
fn repeated(node: &Node) -> Option<&Node> {
    let items = node.as_sequence()?;
    items.iter().enumerate().find(|(at, item)| items[..*at].contains(item)).map(|(_, item)| item)
}

fn key_help(key: &str, known: &[&str]) -> String {
    let extension = "a key of your own begins with `x-`";
    match nearest(key, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`? {extension}"),
        None if known.len() > 12 || known.is_empty() => format!("remove it; {extension}"),
        None => format!("there is {}; {extension}", enumerate(known)),
    }
}

/// The keys that the schema knows where it refuses one.
fn known_keys(schema_path: &str) -> Vec<&'static str> {
    let Some(object) = schema_path.strip_suffix("/additionalProperties") else { return Vec::new() };
    let object = SCHEMA.pointer(object);
    let properties = object.and_then(|object| object.get("properties")).and_then(Value::as_object);
    properties.into_iter().flat_map(Map::keys).map(String::as_str).collect()
}

/// The value at a JSON pointer.
fn node_at<'n>(model: &'n Node, pointer: &str) -> Option<&'n Node> {
    keys(pointer).try_fold(model, |node, key| match &node.kind {
        Kind::Mapping(_) => node.get(&key),
        Kind::Sequence(items) => items.get(key.parse::<usize>().ok()?),
        Kind::Scalar(_) => None,
    })
}

fn key_span(model: &Node, pointer: &str) -> Option<crate::source::Span> {
    let (above, _) = pointer.rsplit_once('/')?;
    let last = keys(pointer).last()?;
    node_at(model, above)?.entry(&last).map(|entry| entry.key.span)
}

fn keys(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~"))
}

/// A place in words: `services.web.ports`.
fn name_of(pointer: &str) -> String {
    let keys: Vec<String> = keys(pointer).collect();
    if keys.is_empty() { "the file".to_owned() } else { format!("`{}`", keys.join(".")) }
}

fn type_names(kind: &TypeKind) -> Vec<&'static str> {
    let name = |kind: JsonType| match kind {
        JsonType::Array => "a list",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "a whole number",
        JsonType::Null => "nothing",
        JsonType::Number => "a number",
        JsonType::Object => "a mapping",
        JsonType::String => "text",
    };
    match kind {
        TypeKind::Single(kind) => vec![name(*kind)],
        TypeKind::Multiple(kinds) => kinds.iter().map(name).collect(),
    }
}

/// The values that the schema is held against.
pub(super) fn to_json(node: &Node) -> Value {
    match &node.kind {
        Kind::Mapping(mapping) => Value::Object(
            mapping.iter().map(|(key, entry)| (key.to_string(), to_json(&entry.value))).collect(),
        ),
        Kind::Sequence(items) => Value::Array(items.iter().map(to_json).collect()),
        Kind::Scalar(scalar) => match node.resolved() {
            Some(Resolved::Null) => Value::Null,
            Some(Resolved::Bool(value)) => Value::Bool(value),
            Some(Resolved::Integer(value)) => Value::Number(value.into()),
            Some(Resolved::Unsigned(value)) => Value::Number(value.into()),
            // Numbers that JSON lacks are numbers all the same.
            Some(Resolved::Float(value)) => {
                Value::Number(Number::from_f64(value).unwrap_or_else(|| 0.into()))
            }
            // A date is of no type that the schema knows; no key takes both a list and a text.
            Some(Resolved::Timestamp) => Value::Array(Vec::new()),
            _ => Value::String(Arc::clone(&scalar.text).to_string()),
        },
    }
}
