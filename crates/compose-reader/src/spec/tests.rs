//! The table held against the JSON Schemas of two versions of Docker Compose: the same paths, and the same values at each.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Form, Key, Names, PROJECT, Print, SERVICE, Texts, Type, Version, at};

const OLD: &str = include_str!("../../schema/compose-spec.json");
const NEW: &str = include_str!("../../schema/compose-spec-5.6.1.json");

/// What a place takes: a line for each form, in no order.
type Places = BTreeMap<String, Vec<String>>;

/// A JSON Schema, or the places of the table, written in one way.
struct Schema {
    root: Value,
    places: Places,
}

impl Schema {
    fn places(text: &str) -> Places {
        let root: Value = serde_json::from_str(text).expect("JSON");
        let mut schema = Self { root: root.clone(), places: Places::new() };
        schema.add(&root, "");
        schema.places
    }

    /// A schema with what it refers to, and all parts of it, in one.
    fn whole(&self, schema: &Value) -> Value {
        let mut whole = schema.as_object().expect("a schema").clone();
        if let Some(name) = whole.remove("$ref") {
            let pointer = name.as_str().and_then(|name| name.strip_prefix('#')).expect("a pointer");
            let target = self.whole(self.root.pointer(pointer).expect("a definition"));
            for (key, value) in target.as_object().expect("a schema") {
                whole.entry(key).or_insert_with(|| value.clone());
            }
        }
        for part in whole.remove("allOf").as_ref().and_then(Value::as_array).into_iter().flatten() {
            for (key, value) in self.whole(part).as_object().expect("a schema") {
                match (whole.get_mut(key), value) {
                    (Some(Value::Object(known)), Value::Object(more)) => known.extend(more.clone()),
                    (Some(_), _) => {}
                    (None, _) => drop(whole.insert(key.clone(), value.clone())),
                }
            }
        }
        Value::Object(whole)
    }

    fn add(&mut self, schema: &Value, path: &str) {
        // What a container takes inside one of its hooks is the same again.
        if path.matches("pre_start").count() > 1 {
            return;
        }
        let schema = self.whole(schema);
        let forms = match schema.get("oneOf").and_then(Value::as_array) {
            Some(forms) => forms.iter().map(|form| self.whole(form)).collect(),
            None => vec![schema],
        };
        let mut lines = Vec::new();
        for form in &forms {
            let types = match form.get("type") {
                Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
                Some(Value::String(name)) => vec![name.as_str()],
                _ if form.get("properties").is_some() => vec!["object"],
                _ => Vec::new(),
            };
            lines.extend(types.into_iter().map(|name| Self::line(name, form)));
            for (key, value) in form.get("properties").and_then(Value::as_object).into_iter().flatten() {
                self.add(value, &format!("{path}.{key}"));
            }
            let patterns = form.get("patternProperties").and_then(Value::as_object);
            for (_, value) in patterns.into_iter().flatten().filter(|(pattern, _)| *pattern != "^x-") {
                self.add(value, &format!("{path}.*"));
            }
            if let Some(item) = form.get("items") {
                self.add(item, &format!("{path}[]"));
            }
        }
        lines.sort();
        self.places.insert(path.to_owned(), lines);
    }

    fn line(name: &str, form: &Value) -> String {
        let truth = |key: &str| form.get(key) == Some(&Value::Bool(true));
        let is_closed = |key: &str| form.get(key) == Some(&Value::Bool(false));
        let texts = |key: &str| -> Vec<&str> {
            let items = form.get(key).and_then(Value::as_array).into_iter().flatten();
            items.filter_map(Value::as_str).collect()
        };
        match name {
            "integer" => {
                let bound = |key: &str| form.get(key).and_then(Value::as_i64);
                whole(bound("minimum"), bound("maximum"))
            }
            "string" => match form.get("pattern").and_then(Value::as_str) {
                Some(pattern) => format!("string like {pattern}"),
                None if form.get("enum").is_some() => format!("string of {:?}", texts("enum")),
                None => "string".to_owned(),
            },
            "array" => list(truth("uniqueItems")),
            "object" => {
                let patterns = form.get("patternProperties").and_then(Value::as_object);
                let patterns =
                    patterns.map(|patterns| patterns.keys().map(String::as_str).collect::<Vec<_>>());
                let patterns = patterns.unwrap_or_default();
                let names =
                    patterns.iter().copied().find(|pattern| *pattern != "^x-").map(|pattern| match pattern {
                        "^[a-zA-Z0-9._-]+$" => Names::Word,
                        "^[a-z]+$" => Names::Small,
                        ".+" | "^.+$" => Names::Any,
                        other => panic!("a pattern of keys that is not known: {other}"),
                    });
                let is_open = !is_closed("additionalProperties") && !is_closed("unevaluatedProperties");
                let takes_extensions = patterns.contains(&"^x-") && !is_open;
                mapping(is_open, takes_extensions, names, &texts("required"))
            }
            other => other.to_owned(),
        }
    }
}

fn whole(least: Option<i64>, most: Option<i64>) -> String {
    format!("integer {least:?} {most:?}")
}

fn list(is_set: bool) -> String {
    format!("array, unique: {is_set}")
}

fn mapping(is_open: bool, takes_extensions: bool, names: Option<Names>, required: &[&str]) -> String {
    format!(
        "object, open: {is_open}, extensions: {takes_extensions}, names: {names:?}, required: {required:?}"
    )
}

/// The places of the table in a version.
fn add(of: &Type, path: &str, version: Version, places: &mut Places) {
    if path.matches("pre_start").count() > 1 {
        return;
    }
    let mut lines = Vec::new();
    for form in of.forms {
        lines.push(match form {
            Form::Null => "null".to_owned(),
            Form::Boolean => "boolean".to_owned(),
            Form::Whole(least, most) => whole(*least, *most),
            Form::Number => "number".to_owned(),
            Form::Text(Texts::Any) => "string".to_owned(),
            Form::Text(Texts::OneOf(options)) => format!("string of {options:?}"),
            Form::Text(Texts::Like(pattern, _)) => format!("string like {pattern}"),
            Form::List(items) => {
                add(items.item, &format!("{path}[]"), version, places);
                list(items.is_set)
            }
            Form::Mapping(_) | Form::Container(_) => {
                let fields = form.fields().expect("keys");
                for key in fields.rows_in(version) {
                    let inside = format!("{path}.{}", key.name);
                    let before = places.contains_key(&inside);
                    assert!(!before, "{inside} has two rows in one version");
                    add(key.takes, &inside, version, places);
                }
                let names = fields.any_in(version).map(|_| fields.names);
                mapping(fields.is_open, fields.takes_extensions && !fields.is_open, names, fields.required)
            }
        });
    }
    lines.sort();
    places.insert(path.to_owned(), lines);
}

#[track_caller]
fn holds_against(schema: &str, version: Version) {
    let mut ours = Places::new();
    add(PROJECT, "", version, &mut ours);
    let theirs = Schema::places(schema);
    let mut wrong = Vec::new();
    for path in ours.keys().chain(theirs.keys().filter(|path| !ours.contains_key(*path))) {
        if ours.get(path) != theirs.get(path) {
            wrong.push(format!("{path}\n  table:  {:?}\n  schema: {:?}", ours.get(path), theirs.get(path)));
        }
    }
    assert!(theirs.len() > 400);
    assert!(wrong.is_empty(), "{} places differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_table_is_the_schema_of_compose_2_40() {
    holds_against(OLD, Version::OLDEST);
}

#[test]
fn the_table_is_the_schema_of_compose_5_6() {
    holds_against(NEW, Version(5, 6));
}

/// Every row of the table, once for each way that leads to it.
fn each(of: &'static Type, visit: &mut dyn FnMut(&'static Key)) {
    for form in of.forms {
        match form {
            Form::List(list) => each(list.item, visit),
            Form::Mapping(fields) => {
                for key in fields.keys {
                    visit(key);
                    each(key.takes, visit);
                }
            }
            _ => {}
        }
    }
}

#[test]
fn every_key_has_a_sentence() {
    each(PROJECT, &mut |key| {
        assert!(key.hover.ends_with('.'), "{}: {}", key.name, key.hover);
        assert!(key.hover.len() <= 90, "{}: {}", key.name, key.hover);
    });
}

#[test]
fn what_is_cast_is_a_number_or_a_boolean() {
    each(PROJECT, &mut |key| {
        let is_castable = matches!(
            key.takes.print,
            Print::Boolean { .. }
                | Print::False
                | Print::Count { .. }
                | Print::Share
                | Print::Bytes
                | Print::Limit
        );
        assert!(!key.is_cast || is_castable, "{}", key.name);
    });
}

#[test]
fn a_path_leads_to_its_row() {
    for (path, hover) in [
        ("services", "The services of the project."),
        ("services.web.build.args", "Values of the Dockerfile's `ARG`s."),
        ("services.web.volumes.1.bind.selinux", "The SELinux label: `z` shared, `Z` private."),
        ("networks.a.ipam.config.0.subnet", "The addresses of the network: `172.28.0.0/16`."),
    ] {
        assert_eq!(at(path.split('.')).map(|key| key.hover), Some(hover), "{path}");
    }
    for path in ["services.web.triggers", "services.web.x-own", "services.web.ports.first"] {
        assert!(at(path.split('.')).is_none(), "{path}");
    }
    let in_5 = |name: &str| SERVICE.fields().and_then(|fields| fields.key_in(name, Version(5, 6)));
    assert!(in_5("pre_start").is_some() && in_5("triggers").is_none());
}

#[test]
fn patterns_are_those_of_the_schema() {
    let like = |name: &str, version: Version, text: &str| {
        let key = SERVICE.fields().and_then(|fields| fields.key_in(name, version)).expect("a row");
        match key.takes.forms {
            [Form::Text(Texts::Like(_, is_like))] => is_like(text),
            _ => panic!("{name} has no pattern"),
        }
    };
    let new = Version(5, 6);
    for (text, old_too) in
        [("always", true), ("every_1w2d", true), ("sometimes_missing", false), ("every_5d!", false)]
    {
        assert!(like("pull_policy", Version::OLDEST, text), "{text}");
        assert_eq!(like("pull_policy", new, text), old_too, "{text}");
    }
    for text in ["", "no", "every_", "every_d", "every_12"] {
        assert!(!like("pull_policy", Version::OLDEST, text) && !like("pull_policy", new, text), "{text}");
    }
    assert!(
        like("container_name", Version::OLDEST, "web.1") && like("container_name", Version::OLDEST, "-web")
    );
    assert!(!like("container_name", Version::OLDEST, "w") && !like("container_name", Version::OLDEST, "w!b"));
}
