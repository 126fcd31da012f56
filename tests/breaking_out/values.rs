//! Values for every type of parameter, and whether one of them has broken out of its place in a rendered file.

use compose_reader::dotenv;
use compose_reader::source::Sources;
use compose_reader::yaml::{Kind, Node, parse};
use serde_json::{Value, json};
use stackgen::catalog::{Parameter, Template, Type};

/// What a value tries to become a line, a key or a command of.
pub(crate) const WORD: &str = "PWNED";
/// A value of a type that is harmless.
pub(crate) fn harmless(kind: &Type) -> Value {
    match kind {
        Type::Integer => json!(1),
        Type::Boolean => json!(true),
        Type::Service => json!("other"),
        Type::OrVariable(kind) => harmless(kind),
        Type::Choice(words) => json!(words.first()),
        Type::List(items) => json!([harmless(items)]),
        Type::Map { items, .. } => json!({ "x": harmless(items) }),
        Type::Routes(_) => json!({ "/x": "other" }),
        Type::Form(form) => json!(match form.name {
            "path" => "/x",
            "duration" => "1m",
            "rate" => "1r/s",
            "size" => "1m",
            "file" => "./x",
            "email" => "x@example.org",
            _ => "x",
        }),
        Type::Record { fields, .. } => {
            let needed = fields.iter().filter(|(_, field)| field.default.is_none());
            needed.map(|(name, field)| (name.clone(), harmless(&field.kind))).collect()
        }
        Type::Text => json!("x"),
    }
}

/// Values of a type with a text in each of the places that take one.
pub(crate) fn with(kind: &Type, text: &str) -> Vec<Value> {
    match kind {
        Type::Text | Type::Form(_) | Type::Choice(_) | Type::Service => vec![json!(text)],
        Type::Integer | Type::Boolean => Vec::new(),
        Type::OrVariable(kind) => with(kind, text),
        Type::List(items) => with(items, text).into_iter().map(|item| json!([item])).collect(),
        Type::Map { items, .. } => {
            let values = with(items, text).into_iter().map(|item| json!({ "x": item }));
            values.chain([json!({ text: harmless(items) })]).collect()
        }
        Type::Routes(_) => vec![json!({ text: "other" }), json!({ format!("/{text}"): "other" })],
        Type::Record { fields, .. } => {
            let of = |(name, field): (&String, &Parameter)| {
                let whole = |value: Value| {
                    let mut whole = harmless(kind);
                    whole[name] = value;
                    whole
                };
                with(&field.kind, text).into_iter().map(whole).collect::<Vec<Value>>()
            };
            fields.iter().flat_map(of).collect()
        }
    }
}

/// A stack with a service of a template, whose parameter has a value.
pub(crate) fn stack(template: &Template, name: &str, value: Value) -> String {
    let needed = template.parameters.iter().filter(|(_, parameter)| parameter.default.is_none());
    let mut with: serde_json::Map<String, Value> =
        needed.map(|(name, parameter)| (name.clone(), harmless(&parameter.kind))).collect();
    with.insert(name.to_owned(), value);
    let with = Value::Object(with);
    format!(
        "name: shop\ntiers: {{ all: {{}} }}\nservices:\n  other: {{ tier: all, image: 'x:1', listen: 80, health: none }}\n  \
         it: {{ tier: all, use: {}, image: 'x:1', with: {with} }}\n",
        template.name
    )
}

/// Whether a tree has a key with the word in it.
fn has_key(node: &Node) -> bool {
    match &node.kind {
        Kind::Mapping(entries) => {
            entries.iter().any(|(key, entry)| key.trim() == WORD || has_key(&entry.value))
        }
        Kind::Sequence(items) => items.iter().any(has_key),
        Kind::Scalar(_) => false,
    }
}

/// What is wrong with a rendered file.
pub(crate) fn broken(path: &str, text: &str) -> Option<&'static str> {
    if text.contains('\u{1b}') || text.contains('\u{7}') {
        return Some("a control character");
    }
    if path.ends_with(".yml") || path.ends_with(".yaml") {
        let id = Sources::new().add(path, text);
        let Ok(parsed) = parse(id, text) else { return Some("no YAML") };
        return parsed.documents.iter().any(has_key).then_some("a key");
    }
    if path.starts_with(".env") {
        let Ok(found) = dotenv::parse(text, &|_| None) else { return Some("no env file") };
        return found.iter().any(|one| one.name == WORD).then_some("a variable");
    }
    if path.ends_with(".json") {
        return serde_json::from_str::<Value>(text).is_err().then_some("no JSON");
    }
    text.lines().any(|line| line.trim_start().starts_with(WORD)).then_some("a line")
}
