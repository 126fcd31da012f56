//! What an override takes, for the JSON Schema.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::json;

use super::keys;
use super::layer::Layer;

/// What an override takes: what a service takes in all environments, apart from its place in the stack.
pub(super) struct Override;

impl JsonSchema for Override {
    fn schema_name() -> Cow<'static, str> {
        "Override".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Layer::json_schema(generator);
        schema.insert("additionalProperties".to_owned(), json!(false));
        schema
    }
}

/// What holds beside another service: what an override takes, but for where the service runs and whether it does.
pub(super) struct Beside;

impl JsonSchema for Beside {
    fn schema_name() -> Cow<'static, str> {
        "Beside".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = generator.subschema_for::<Override>();
        let placed = keys::PLACE_KEYS.map(|key| json!({ "required": [key] }));
        schema.insert("not".to_owned(), json!({ "anyOf": placed }));
        schema
    }
}
