//! What a JSON Schema says of a place: which keys there are, what they are for, and which words a value may be.

use serde_json::Value;

/// The schemas that hold at a path.
pub(super) fn at<'s>(root: &'s Value, path: &[String]) -> Vec<&'s Value> {
    let mut here = open(root, root);
    for step in path {
        let mut inside: Vec<&Value> = Vec::new();
        for schema in here {
            let named = schema.get("properties").and_then(|properties| properties.get(step));
            let any = || {
                let patterns = schema.get("patternProperties").and_then(Value::as_object);
                patterns
                    .into_iter()
                    .flat_map(|it| it.values())
                    .chain(schema.get("additionalProperties"))
                    .collect()
            };
            let is_position = step.bytes().all(|next| next.is_ascii_digit());
            let items = schema.get("items").filter(|_| is_position);
            let found: Vec<&Value> = named.or(items).map_or_else(any, |found| vec![found]);
            inside.extend(found.into_iter().filter(|found| found.is_object()));
        }
        here = inside.into_iter().flat_map(|schema| open(root, schema)).collect();
    }
    here
}

/// A schema and all that it refers to or chooses from.
fn open<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s Value> {
    let mut found = vec![schema];
    let mut at = 0;
    // Schemas are written so that none refers to itself without a step between.
    while let Some(schema) = found.get(at).copied() {
        at += 1;
        let target = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|it| root.pointer(it.trim_start_matches('#')));
        let choices = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
        for next in target.into_iter().chain(choices.flatten()) {
            if !found.iter().any(|known| std::ptr::eq(*known, next)) {
                found.push(next);
            }
        }
    }
    found
}

/// The keys at a path, each with what it is for.
pub(super) fn keys(root: &Value, path: &[String]) -> Vec<(String, String)> {
    let mut keys: Vec<(String, String)> = Vec::new();
    for schema in at(root, path) {
        let properties = schema.get("properties").and_then(Value::as_object);
        for (key, inside) in properties.into_iter().flatten() {
            if !keys.iter().any(|(known, _)| known == key) {
                keys.push((key.clone(), description(&open(root, inside)).unwrap_or_default()));
            }
        }
    }
    keys
}

/// What the value at a path is for.
pub(super) fn description(schemas: &[&Value]) -> Option<String> {
    schemas.iter().find_map(|schema| schema.get("description")?.as_str()).map(str::to_owned)
}

/// The words that the value at a path may be.
pub(super) fn words(schemas: &[&Value]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for schema in schemas {
        let listed =
            schema.get("enum").and_then(Value::as_array).into_iter().flatten().chain(schema.get("const"));
        let types =
            schema.get("type").map(|kind| kind.as_array().cloned().unwrap_or_else(|| vec![kind.clone()]));
        let is_boolean = types.into_iter().flatten().any(|kind| kind == "boolean");
        let booleans = [Value::Bool(true), Value::Bool(false)];
        for value in listed.chain(booleans.iter().filter(|_| is_boolean)) {
            let word = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if !value.is_null() && !words.contains(&word) {
                words.push(word);
            }
        }
    }
    words
}
