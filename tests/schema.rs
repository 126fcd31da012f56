//! The JSON Schema of stack.yaml: committed as printed, accepting what is right, refusing what is wrong, and good to hover.

use std::fs;
use std::path::Path;

use compose_reader::yaml::{Kind, Node, Resolved, parse};
use jsonschema::Validator;
use serde_json::Value;
use stackgen::definition;

use crate::common::{children, render};

const COMMITTED: &str = "schema/stack.schema.json";

/// Everything that the language has, in one stack.
const EVERYTHING: &str = include_str!("fixtures/everything.yaml");

fn validator() -> Validator {
    jsonschema::options().build(&definition::schema()).expect("the schema is valid")
}

/// YAML as an editor sees it: aliases resolved, tags dropped.
fn json(node: &Node) -> Value {
    match &node.kind {
        Kind::Scalar(scalar) => match node.resolved() {
            Some(Resolved::Null) => Value::Null,
            Some(Resolved::Bool(value)) => value.into(),
            Some(Resolved::Integer(value)) => value.into(),
            Some(Resolved::Float(value)) => value.into(),
            _ => Value::from(&*scalar.text),
        },
        Kind::Sequence(items) => items.iter().map(json).collect(),
        Kind::Mapping(mapping) => {
            Value::Object(mapping.iter().map(|(key, entry)| (key.to_string(), json(&entry.value))).collect())
        }
    }
}

/// What the schema has against a text.
fn complaints(text: &str) -> Vec<String> {
    let mut sources = compose_reader::source::Sources::new();
    let id = sources.add("stack.yaml", text);
    let document = parse(id, text).expect("YAML").documents.remove(0);
    let document = json(&document);
    validator().iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn what_is_committed_is_what_is_printed() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_stackgen")).arg("schema").output();
    let printed = String::from_utf8(output.expect("runs").stdout).expect("UTF-8");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(COMMITTED, &printed).expect("written");
    }
    let committed = fs::read_to_string(COMMITTED).expect("text");
    assert!(committed == printed, "{COMMITTED} is stale: run `UPDATE=1 cargo test --test tests schema`");
}

#[test]
fn it_is_a_json_schema() {
    if let Err(error) = jsonschema::meta::validate(&definition::schema()) {
        panic!("{}: {error}", error.instance_path());
    }
}

#[test]
fn every_stack_is_accepted() {
    for folder in children(Path::new("stacks")).into_iter().filter(|path| path.is_dir()) {
        let text = fs::read_to_string(folder.join("stack.yaml")).expect("text");
        assert_eq!(complaints(&text), Vec::<String>::new(), "{}", folder.display());
    }
}

#[test]
fn everything_that_the_language_has_is_accepted() {
    if let Err(message) = render(EVERYTHING, None) {
        panic!("tests/fixtures/everything.yaml is no stack:\n{message}");
    }
    assert_eq!(complaints(EVERYTHING), Vec::<String>::new());
}

/// A slip in [`EVERYTHING`]: what is written, and what is typed in its place.
const SLIPS: &[(&str, &str)] = &[
    // Keys that nothing has.
    ("engine:", "engines:"),
    ("host_ports: 8000-8099", "host_port: 8000-8099"),
    ("    tier: edge", "    teir: edge"),
    ("    listen: { http: 5002", "    listn: { http: 5002"),
    ("      dev-fast: { volumes:", "      dev-fast: { volums:"),
    ("      production: { deploy:", "      production: { tier: edge, deploy:"),
    ("mode: development", "mod: development"),
    ("development: not-a-secret", "developement: not-a-secret"),
    ("file: ./keys/stripe", "path: ./keys/stripe"),
    ("{ http: /health, endpoint: http", "{ http: /health, endpont: http"),
    ("{ source: jwt_key, variable:", "{ source: jwt_key, varable:"),
    ("{ port: 9000, scheme: http }", "{ port: 9000, schema: http }"),
    ("{ context: ./services/orders", "{ contxt: ./services/orders"),
    ("{ deploy: { replicas: 3 } }", "{ deploy: { replica: 3 } }"),
    ("environments:", "enviroments:"),
    ("path: /prometheus, interval", "path: /prometheus, intervall"),
    ("{ exporters: none", "{ exporter: none"),
    ("public_url: https://", "public_uri: https://"),
    (
        "kafka: { environment: { EVENTS",
        "kafka: { environment: { EVENTS: on }, enabled: true, labels: { EVENTS",
    ),
    ("user: shop, password", "username: shop, password"),
    // Values of another type.
    ("name: shop", "name: [shop]"),
    ("name: shop", "name: Shop Two"),
    ("with: { databases: [orders] }", "with: orders"),
    ("image: example/legacy:1", "image: [example/legacy]"),
    ("enabled: false", "enabled: sometimes"),
    ("needs: [topics]", "needs: { topics: { until: started } }"),
    ("volumes: [\"./services/orders:/app\"]", "volumes: ./services/orders"),
    ("retries: 4", "retries: many"),
    ("public_url: https://shop", "public_url: shop"),
    ("health: image", "health: images"),
    ("postgres: \"${DB_PORT:-5432}\"", "postgres: somewhere"),
    ("tls: true }", "tls: required }"),
    ("interval: 5s", "interval: 5"),
    ("interval: 5s", "interval: soon"),
    ("status: 204", "status: 42"),
    ("tcp: kafka", "tcp: kafka, http: /health"),
    ("external: true", "external: very"),
    ("generate: false", "generate: later"),
    ("makefile: false", "makefile: none"),
    ("sources: { demo:", "sources: [production], x-demo: { a:"),
    ("  legacy:\n", "  legacy: nothing\n  elder:\n"),
    // Words that are none of the few.
    ("kind: infrastructure", "kind: infrastucture"),
    ("mode: development", "mode: dev"),
    ("kinds: [application, tools]", "kinds: [applications]"),
    ("legacy: started", "legacy: ready"),
    ("health: none", "health: nothing"),
    ("health: /ready", "health: ready"),
    ("exporters: none", "exporters: all"),
    ("    metrics: none", "    metrics: nothing"),
    ("path: /prometheus", "path: prometheus"),
    ("interval: 30s", "interval: 30"),
    // Ports that are none.
    ("publish: { dev-fast: 8000", "publish: { dev-fast: 70000"),
    ("listen: { http: 5002", "listen: { http: 0"),
    ("metrics: 9102", "metrics: 70000"),
    ("{ port: 9000, scheme: http }", "{ port: 0, scheme: http }"),
    ("host_ports: [8100-8199, 8300]", "host_ports: [8100-8199, 0]"),
];

#[test]
fn every_slip_is_refused_by_the_schema_and_by_the_reader() {
    let mut accepted = Vec::new();
    for (written, typed) in SLIPS {
        assert!(EVERYTHING.contains(written), "the fixture has no `{written}`");
        let text = EVERYTHING.replacen(written, typed, 1);
        if complaints(&text).is_empty() {
            accepted.push(format!("the schema accepts `{typed}` for `{written}`"));
        }
        if render(&text, None).is_ok() {
            accepted.push(format!("the reader accepts `{typed}` for `{written}`"));
        }
    }
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
}

/// Every property below a schema, with its path.
fn properties<'s>(schema: &'s Value, path: &str, found: &mut Vec<(String, &'s Value)>) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object {
                let here = format!("{path}/{key}");
                if let ("properties", Value::Object(declared)) = (&**key, value) {
                    for (name, property) in declared {
                        found.push((format!("{here}/{name}"), property));
                    }
                }
                properties(value, &here, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                properties(item, &format!("{path}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_property_says_what_it_is_for() {
    let schema = definition::schema();
    let mut found = Vec::new();
    properties(&schema, "", &mut found);
    assert!(found.len() > 200, "{} properties", found.len());
    for (path, property) in found {
        let description = property["description"].as_str().unwrap_or_default();
        assert!(description.ends_with('.'), "{path} has no description that is a sentence: {description:?}");
        assert!(!description.contains('\n') || description.contains("\n\n"), "{path}: {description:?}");
    }
}

#[test]
fn optional_is_not_null() {
    let schema = definition::schema();
    let mut found = Vec::new();
    properties(&schema, "", &mut found);
    let compose: Vec<&str> = definition::compose_keys().iter().map(|key| key.name).collect();
    for (path, property) in found {
        let name = path.rsplit('/').next().unwrap_or_default();
        // A compose key with nothing behind it is how `!reset` is written.
        if path.matches("/properties/").count() == 1 && compose.contains(&name) && path.starts_with("/$defs")
        {
            continue;
        }
        let offers = |value: &Value| match &value["type"] {
            Value::Array(types) => types.contains(&"null".into()),
            one => one == "null",
        };
        let choices = property["anyOf"].as_array().into_iter().flatten();
        assert!(!offers(property) && !choices.clone().any(offers), "{path} offers null");
    }
}

#[test]
fn defaults_are_given_and_words_are_listed() {
    let schema = definition::schema();
    let at = |path: &str| schema.pointer(path).unwrap_or_else(|| panic!("no {path}"));
    assert_eq!(at("/properties/engine/default"), "25");
    assert_eq!(at("/$defs/Tier/properties/kind/default"), "application");
    for layer in ["Service", "Override", "Environment"] {
        assert_eq!(at(&format!("/$defs/{layer}/properties/enabled/default")), true);
    }
    for (words, expected) in [("TierKind", 4), ("Mode", 2), ("Wait", 4)] {
        let listed = at(&format!("/$defs/{words}/oneOf")).as_array().expect("a list");
        assert_eq!(listed.len(), expected, "{words}");
        for word in listed {
            assert!(word["const"].is_string() && word["description"].is_string(), "{words}: {word}");
        }
    }
}
