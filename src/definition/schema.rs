//! The JSON Schema of `stack.yaml`, for completion and hover in editors.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::stack::Stack;

/// The JSON Schema (draft 2020-12) of `stack.yaml`.
pub fn schema() -> Value {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Stack>();
    let mut schema = schema.to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), json!("stack.yaml"));
        root.insert("patternProperties".to_owned(), json!({ "^x-": true }));
    }
    join_lines(&mut schema);
    schema
}

/// Descriptions without the line breaks of the source.
fn join_lines(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(text)) = object.get_mut("description") {
                let paragraphs: Vec<String> = text.split("\n\n").map(|it| it.replace('\n', " ")).collect();
                *text = paragraphs.join("\n\n");
            }
            object.values_mut().for_each(join_lines);
        }
        Value::Array(items) => items.iter_mut().for_each(join_lines),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::compose_keys::compose_keys;
    use super::super::keys;

    fn properties(schema: &Value, place: &str) -> BTreeSet<String> {
        let properties = schema.pointer(place).and_then(Value::as_object);
        properties.expect(place).keys().cloned().collect()
    }

    fn all(lists: &[&[&str]]) -> BTreeSet<String> {
        lists.concat().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn the_schema_and_the_reader_know_the_same_keys() {
        let schema = super::schema();
        let compose: Vec<&str> = compose_keys().iter().map(|key| key.name).collect();
        let layer = [&keys::LAYER_KEYS[..], &compose].concat();
        let health = "/$defs/Override/properties/health/anyOf/1/properties";
        let metrics = "/$defs/Override/properties/metrics/anyOf/1/properties";
        let smoke = "/$defs/Override/properties/smoke/additionalProperties/anyOf/1/properties";
        let places: [(&str, BTreeSet<String>); 14] = [
            ("/properties", all(&[&keys::STACK_KEYS])),
            ("/$defs/Observability/properties", all(&[&keys::OBSERVABILITY_KEYS])),
            ("/$defs/Images/properties", all(&[&keys::IMAGES_KEYS])),
            ("/$defs/Backups/properties", all(&[&keys::BACKUPS_KEYS])),
            ("/$defs/Tier/properties", all(&[&keys::TIER_KEYS])),
            ("/$defs/Service/properties", all(&[&keys::SERVICE_KEYS, &layer])),
            ("/$defs/Override/properties", all(&[&layer])),
            ("/$defs/External/properties", all(&[&keys::EXTERNAL_KEYS])),
            ("/$defs/Environment/properties", all(&[&keys::ENVIRONMENT_KEYS])),
            ("/$defs/Secret/properties", all(&[&keys::SECRET_KEYS])),
            ("/$defs/SecretSource/properties", all(&[&keys::SECRET_SOURCE_KEYS])),
            (health, all(&[&keys::HEALTH_KEYS, &keys::TIMING_KEYS])),
            (metrics, all(&[&keys::METRICS_KEYS])),
            (smoke, all(&[&keys::SMOKE_KEYS])),
        ];
        for (place, expected) in places {
            assert_eq!(properties(&schema, place), expected, "{place}");
        }
    }
}
