//! The short forms that a value of `stack.yaml` may take, for the JSON Schema; [`read`](super::read()) turns them into the
//! typed values.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::compose_keys::{Shape, compose_keys};
use super::need::Wait;

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

/// `false`, or `section`.
pub(super) struct EnvExample;

impl JsonSchema for EnvExample {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "env-example".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": [true, false, "section"] })
    }
}

/// `53/udp`.
pub(super) struct UdpPort;

impl JsonSchema for UdpPort {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "udp-port".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+/[uU][dD][pP]$" })
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

/// A duration as Compose takes it.
pub(super) struct Duration;

impl JsonSchema for Duration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = r"^([0-9.]+(us|ms|s|m|h))+$|\$\{";
        json_schema!({ "type": "string", "pattern": pattern, "examples": ["10s", "1m30s"] })
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
    /// The port of the endpoint `udp`: `53/udp`.
    Udp(UdpPort),
    /// Endpoints by name.
    Endpoints(BTreeMap<String, ListenEndpoint>),
}

/// A port, or a port with the scheme of its URL.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) enum ListenEndpoint {
    /// The port inside the container.
    Port(Port),
    /// The port inside the container with its protocol: `53/udp`.
    Udp(UdpPort),
    /// The port and its scheme.
    Long(EndpointDetails),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, inline, transform = without_null)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) struct EndpointDetails {
    /// The port inside the container.
    port: Port,
    /// The scheme of its URL.
    scheme: Option<String>,
}

/// `5432`, `"${DB_PORT:-5432}"`, or a mapping of those by endpoint.
pub(super) struct ExternalPort;

impl JsonSchema for ExternalPort {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "externalPort".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = json!([
            { "type": "integer", "minimum": 1, "maximum": 65535 },
            { "type": "string", "pattern": r"^[0-9]+$|\$\{" },
        ]);
        let by_endpoint = json!({ "type": "object", "additionalProperties": { "anyOf": one } });
        json_schema!({ "anyOf": [one[0], one[1], by_endpoint] })
    }
}

/// `8080`, `"0.0.0.0:8080", `none`, or a mapping of those by environment or endpoint.
pub(super) struct Publish;

impl JsonSchema for Publish {
    fn schema_name() -> Cow<'static, str> {
        "publish".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A host port, with an IP address before it to bind elsewhere; by environment or endpoint. 0 lets \
                            Docker pick one whenever the container starts, a variable is read from `.env`.",
            "anyOf": [
                { "type": "integer", "minimum": 0, "maximum": 65535 },
                { "type": "string", "pattern": "^(none|auto|(.*:)?([0-9]+|\\$.*))$" },
                {
                    "type": "object",
                    "required": ["pool"],
                    "additionalProperties": false,
                    "properties": { "pool": {
                        "type": "string",
                        "pattern": "^[0-9]+-[0-9]+$",
                        "description": "A range that Docker picks from, a port for each replica: `6000-6002`.",
                    } },
                },
                {
                    "type": "array",
                    "items": { "type": ["integer", "string", "object"] },
                    "description": "Ports in Compose's own syntax, as they are written: a range, an address in a variable.",
                },
                { "type": "object", "additionalProperties": { "$ref": "#/$defs/publish" } },
            ],
            "examples": [8080, { "dev-fast": 8080, "production": 80 }],
        })
    }
}

/// `/health`, `image`, `none`, or the long form.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) enum Health {
    /// A path for HTTP, `image` or `none`.
    Short(
        #[schemars(extend("pattern" = "^(/.*|image|none)$", "examples" = ["/health", "image", "none"]))]
        String,
    ),
    /// One of `http`, `tcp` and `command`, with timings.
    Long(HealthDetails),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, inline, transform = without_null, transform = one_question)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) struct HealthDetails {
    /// The path to ask for.
    #[schemars(extend("pattern" = "^/"))]
    http: Option<String>,
    /// The endpoint to connect to.
    tcp: Option<String>,
    /// The command to run inside the container.
    command: Option<OneOrMany<String>>,
    /// The endpoint to ask; the first unless given.
    endpoint: Option<String>,
    /// The status that is right; any from 200 to 399 unless given.
    #[schemars(range(min = 100, max = 599))]
    status: Option<u16>,
    /// How often it is asked.
    interval: Option<Duration>,
    /// How long an answer may take.
    timeout: Option<Duration>,
    /// How many failures in a row make it unhealthy.
    retries: Option<u32>,
    /// How long failures do not count after the start.
    start_period: Option<Duration>,
    /// How often it is asked during that time.
    start_interval: Option<Duration>,
}

/// `/metrics`, `none`, or the details.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) enum Metrics {
    /// A path, or `none` for what is not to be scraped.
    Short(#[schemars(extend("pattern" = "^(/.*|none)$", "examples" = ["/metrics", "none"]))] String),
    /// What there is besides the path.
    Long(MetricsDetails),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, inline, transform = without_null)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) struct MetricsDetails {
    /// The endpoint; the one named `metrics` or else the first, unless given.
    endpoint: Option<String>,
    /// The path, `/metrics` unless given.
    #[schemars(extend("pattern" = "^/"))]
    path: Option<String>,
    /// How often it is scraped; as often as all others unless given.
    #[schemars(extend("pattern" = "^[0-9]+(ms|s|m|h)$", "examples" = ["15s"]))]
    interval: Option<String>,
    /// The names of its metrics, besides those that its template knows of; alerts and dashboards may use no others.
    exports: Option<OneOrMany<String>>,
}

/// A path, `none`, or the details.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) enum SmokeCheck {
    /// A path for HTTP, or `none` for a check that is taken back.
    Short(#[schemars(extend("pattern" = "^(/.*|none)$", "examples" = ["/api/orders/", "none"]))] String),
    /// A request or a command, and what the answer has to be.
    Long(SmokeDetails),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, inline, transform = without_null, transform = request_or_command)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) struct SmokeDetails {
    /// The path to ask for at the port that the endpoint has on the host; where it has none, nothing is asked.
    #[schemars(extend("pattern" = "^/[^ ]*$"))]
    http: Option<String>,
    /// The command to run inside the container. It is run again until it succeeds.
    command: Option<OneOrMany<String>>,
    /// The endpoint to ask; the first unless given.
    endpoint: Option<String>,
    /// The status that is right; any from 200 to 399 unless given.
    #[schemars(range(min = 100, max = 599))]
    status: Option<u16>,
    /// A text that the answer, or what the command prints, has to hold.
    contains: Option<String>,
    /// How long it is asked again until it passes, `30s` unless given.
    deadline: Option<Duration>,
}

/// `[topics]`, or `{ topics: completed, auth: none }`.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) enum Needs {
    /// Names of services.
    Names(OneOrMany<String>),
    /// What is waited for, by service; nothing given means what the service is decides.
    Waits(BTreeMap<String, Option<WaitForm>>),
}

/// `healthy`, or `{ wait: healthy, restart: true }`.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) enum WaitForm {
    /// What is waited for.
    Short(Wait),
    /// What there is besides it.
    Long(WaitDetails),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, inline, transform = without_null)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) struct WaitDetails {
    /// What is waited for; what the service is decides, unless given.
    wait: Option<Wait>,
    /// Whether the service is restarted when `docker compose` restarts or replaces the other one.
    restart: Option<bool>,
    /// `false` where it may be that the other one is not started, by its profiles.
    required: Option<bool>,
}

/// `jwt_key`, or `{ source: jwt_key, variable: JWT_SECRET }`.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) enum SecretUse {
    /// The secret's name.
    Name(String),
    /// For a program that reads the value from a variable only.
    Long(SecretDetails),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, inline, transform = without_null)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) struct SecretDetails {
    /// The secret's name.
    source: String,
    /// The variable that holds its value.
    variable: Option<String>,
    /// The file's name below `/run/secrets`, or its path in the container.
    target: Option<String>,
    /// The number of the user whose the file is.
    uid: Option<SecretOwner>,
    /// The number of its group, where Docker writes the file.
    gid: Option<SecretOwner>,
    /// Its mode in octal digits, where Docker writes the file: `0440`.
    mode: Option<SecretOwner>,
}

/// A number, or its digits as text.
pub(super) struct SecretOwner;

impl JsonSchema for SecretOwner {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "secret-owner".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]+$" })
    }
}

/// From 12 on, as less can be guessed.
pub(super) struct SecretLength;

impl JsonSchema for SecretLength {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "secret-length".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 12, "maximum": 1024 })
    }
}

/// `flat`, or options by network.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes syntax")]
pub(super) enum Networks {
    /// One network for all services.
    Flat(#[schemars(extend("const" = "flat"))] String),
    /// Options, by network.
    Options(Map<String, Value>),
}

/// Takes back the `null` that `Option` offers: what is optional may be left out, and is something where it stands.
pub(super) fn without_null(schema: &mut Schema) {
    let null = json!("null");
    for property in
        schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
    {
        let Some(property) = property.as_object_mut() else { continue };
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|kind| *kind != null);
            if let [only] = &types[..] {
                let only = only.clone();
                property.insert("type".to_owned(), only);
            }
        }
        let Some(Value::Array(choices)) = property.get_mut("anyOf") else { continue };
        choices.retain(|choice| choice.get("type") != Some(&null));
        if let [Value::Object(only)] = &choices[..] {
            let only = only.clone();
            property.remove("anyOf");
            // What the property says of itself wins over what its type says.
            for (key, value) in only {
                property.entry(key).or_insert(value);
            }
        }
    }
}

/// A check asks one thing.
fn request_or_command(schema: &mut Schema) {
    let questions = ["http", "command"].map(|question| json!({ "required": [question] }));
    schema.insert("oneOf".to_owned(), json!(questions));
}

/// `health` asks one thing.
fn one_question(schema: &mut Schema) {
    let questions = ["http", "tcp", "command"].map(|question| json!({ "required": [question] }));
    schema.insert("oneOf".to_owned(), json!(questions));
}

/// Adds the keys of the compose specification to a layer.
pub(super) fn with_compose_keys(schema: &mut Schema) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for key in compose_keys() {
        let mut property = shape(key.shape);
        if let Some(inside) = key.inside() {
            let names = json!({ "anyOf": [{ "enum": inside }, { "pattern": "^x-" }] });
            property.insert("propertyNames".to_owned(), names);
        }
        property.insert("description".to_owned(), json!(key.description));
        properties.insert(key.name.to_owned(), Value::Object(property));
    }
    schema.insert("patternProperties".to_owned(), json!({ "^x-": true }));
}

/// The types of a shape. A key with nothing behind it is as if it were not there, and `!reset` stands before nothing.
fn shape(shape: Shape) -> Map<String, Value> {
    let types: &[&str] = match shape {
        Shape::Text => &["string"],
        Shape::Boolean => &["boolean", "string"],
        Shape::Number => &["number", "string"],
        Shape::List => &["array"],
        Shape::Mapping => &["object"],
        Shape::Pairs | Shape::ListOrMapping => &["object", "array"],
        Shape::TextOrList => &["string", "array"],
        Shape::TextOrMapping => &["string", "object"],
    };
    let types: Vec<&str> = types.iter().copied().chain(["null"]).collect();
    let mut property = Map::new();
    property.insert("type".to_owned(), json!(types));
    property
}
