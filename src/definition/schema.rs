//! The JSON Schema of `stack.yaml`, for completion and hover in editors.
//!
//! The types here describe the short forms that a value may take; [`read`](super::read) turns them into the typed values.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value, json};

use super::compose_keys::{KEYS, Shape};
use super::{Spanned, Stack, Wait};

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

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// One value, or a list of them.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

/// A port from 1 to 65535.
pub(super) struct Port;

impl JsonSchema for Port {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "port".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": 65535 })
    }
}

/// One port, or `8000-8099`.
pub(super) struct PortRange;

impl JsonSchema for PortRange {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "portRange".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": 65535 },
            { "type": "string", "pattern": "^[0-9]+(-[0-9]+)?$" },
        ] })
    }
}

/// A version of Docker Engine.
pub(super) struct Version;

impl JsonSchema for Version {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number"], "default": "25", "examples": ["25", "20.10"] })
    }
}

/// `5002`, or `{ http: 5002, metrics: 9102 }`, or `{ api: { port: 8080, scheme: http } }`.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) enum Listen {
    /// The port of the endpoint `http`.
    Port(Port),
    /// Endpoints by name.
    Endpoints(BTreeMap<String, ListenEndpoint>),
}

/// A port, or a port with the scheme of its URL.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) enum ListenEndpoint {
    Port(Port),
    Long {
        /// The port inside the container.
        port: Port,
        /// The scheme of its URL.
        scheme: Option<String>,
    },
}

/// `8080`, `"0.0.0.0:8080"`, `none`, or a mapping of those by environment or endpoint.
pub(super) struct Publish;

impl JsonSchema for Publish {
    fn schema_name() -> Cow<'static, str> {
        "publish".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A host port, with an IP address before it to bind elsewhere; by environment or endpoint.",
            "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": 65535 },
                { "type": "string", "pattern": "^(none|auto|(.*:)?[0-9]+)$" },
                { "type": "object", "required": ["pool"], "properties": { "pool": { "type": "string" } } },
                { "type": "object", "additionalProperties": { "$ref": "#/$defs/publish" } },
            ],
            "examples": [8080, { "dev-fast": 8080, "production": 80 }],
        })
    }
}

/// `/health`, `none`, or the long form.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) enum Health {
    /// A path for HTTP, or `none`.
    Short(String),
    /// One of `http`, `tcp` and `command`, with timings.
    Long(HealthDetails),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) struct HealthDetails {
    /// The path to ask for.
    http: Option<String>,
    /// The endpoint to connect to.
    tcp: Option<String>,
    /// The command to run inside the container.
    command: Option<OneOrMany<String>>,
    /// The endpoint to ask; the first unless given.
    endpoint: Option<String>,
    /// The status that is right; any from 200 to 399 unless given.
    status: Option<u16>,
    /// How often it is asked.
    interval: Option<String>,
    /// How long an answer may take.
    timeout: Option<String>,
    /// How many failures in a row make it unhealthy.
    retries: Option<u32>,
    /// How long failures do not count after the start.
    start_period: Option<String>,
    /// How often it is asked during that time.
    start_interval: Option<String>,
}

/// `[topics]`, or `{ topics: completed, auth: none }`.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) enum Needs {
    /// Names of services.
    Names(Vec<String>),
    /// What is waited for, by service; nothing given means what the service is decides.
    Waits(BTreeMap<String, Option<Wait>>),
}

/// `jwt_key`, or `{ source: jwt_key, variable: JWT_SECRET }`.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) enum SecretUse {
    /// The secret's name.
    Name(String),
    /// For a program that reads the value from a variable only.
    Long {
        /// The secret's name.
        source: String,
        /// The variable that holds its value.
        variable: Option<String>,
    },
}

/// Adds the keys of the compose specification to a layer.
pub(super) fn with_compose_keys(schema: &mut Schema) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for key in KEYS {
        let mut property = shape(key.shape);
        property.insert("description".to_owned(), json!(key.description));
        properties.insert(key.name.to_owned(), Value::Object(property));
    }
    schema.insert("patternProperties".to_owned(), json!({ "^x-": true }));
}

fn shape(shape: Shape) -> Map<String, Value> {
    let types = match shape {
        Shape::Text => json!("string"),
        Shape::Boolean => json!(["boolean", "string"]),
        Shape::Number => json!(["number", "string"]),
        Shape::List => json!("array"),
        Shape::Mapping => json!("object"),
        Shape::Pairs | Shape::ListOrMapping => json!(["object", "array"]),
        Shape::TextOrList => json!(["string", "array"]),
        Shape::TextOrMapping => json!(["string", "object"]),
    };
    let mut property = Map::new();
    property.insert("type".to_owned(), types);
    property
}
