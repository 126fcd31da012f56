//! The keys of a service in the compose specification that pass through to the rendered file: those of the reader's table, but
//! for the keys in whose place stackgen has its own, see [`instead_of`].

use compose_reader::spec::{Fields, Form, Key, Print, SERVICE, Type};

/// Which values a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A number, or text that holds one with a unit.
    Number,
    /// A list.
    List,
    /// A mapping.
    Mapping,
    /// `KEY: value` pairs, or a list of `KEY=value`.
    Pairs,
    /// One text, or a list.
    TextOrList,
    /// One text, or a mapping.
    TextOrMapping,
    /// A list of names, or a mapping by name.
    ListOrMapping,
}

impl Shape {
    /// The shape of a type.
    fn of(of: &Type) -> Self {
        let has = |is: fn(&Form) -> bool| of.forms.iter().any(is);
        let is_list = has(|form| matches!(form, Form::List(_)));
        let is_mapping = has(|form| form.fields().is_some());
        let is_text = of.takes_text();
        let are_pairs = matches!(of.print, Print::Pairs | Print::Variables | Print::Hosts);
        match (is_list, is_mapping) {
            (true, true) if are_pairs => Self::Pairs,
            (true, true) => Self::ListOrMapping,
            (true, false) if is_text => Self::TextOrList,
            (true, false) => Self::List,
            (false, true) if is_text => Self::TextOrMapping,
            (false, true) => Self::Mapping,
            (false, false) if has(|form| matches!(form, Form::Boolean)) => Self::Boolean,
            (false, false) if has(|form| matches!(form, Form::Number | Form::Whole(..))) => Self::Number,
            (false, false) => Self::Text,
        }
    }

    /// The shape in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Boolean => "`true` or `false`",
            Self::Number => "a number",
            Self::List => "a list",
            Self::Mapping => "a mapping",
            Self::Pairs => "a mapping, or a list of `KEY=value`",
            Self::TextOrList => "text or a list",
            Self::TextOrMapping => "text or a mapping",
            Self::ListOrMapping => "a list or a mapping",
        }
    }

    /// What to write for a key of this shape.
    pub(super) fn example(self, key: &str) -> String {
        match self {
            Self::Text => format!("write one text: `{key}: \"...\"`"),
            Self::Boolean => format!("write `{key}: true` or `{key}: false`"),
            Self::Number => format!("write `{key}: 1`"),
            Self::List | Self::TextOrList | Self::ListOrMapping => {
                format!("write a list: `{key}: [one, two]`")
            }
            Self::Pairs => format!("write pairs: `{key}: {{ KEY: value }}`"),
            Self::Mapping | Self::TextOrMapping => {
                format!("write `{key}:` and its details below it, as in a compose file")
            }
        }
    }
}

/// A key of the compose specification.
#[derive(Clone, Copy, Debug)]
pub struct ComposeKey {
    /// The key.
    pub name: &'static str,
    /// The values that it takes.
    pub shape: Shape,
    /// What it is for, in one sentence.
    pub description: &'static str,
    takes: &'static Type,
}

impl ComposeKey {
    fn of(key: &'static Key) -> Self {
        // What there is in a stack besides them.
        let description = match key.name {
            "healthcheck" => "The probe in Compose's own words; `health` is shorter.",
            "networks" => "Networks besides those of the tiers.",
            "container_name" => {
                "The container's name: one for the whole machine, so that there can be one container of the service, in one \
                 environment and instance at a time. Services reach each other by service name without it."
            }
            _ => key.hover,
        };
        Self { name: key.name, shape: Shape::of(key.takes), description, takes: key.takes }
    }

    /// The keys inside it, by name, where the specification allows no others.
    pub(super) fn inside(&self) -> Option<Vec<&'static str>> {
        let fields = self.takes.fields().filter(|fields| fields.any().is_none() && !fields.is_open)?;
        let mut names: Vec<&str> = fields.keys().map(|key| key.name).collect();
        names.sort_unstable();
        Some(names)
    }

    /// Whether a key inside it takes nothing but text.
    pub(super) fn takes_text_only(&self, inside: &str) -> bool {
        let key = self.takes.fields().and_then(|fields| fields.key(inside));
        key.is_some_and(|key| matches!(key.takes.forms, [Form::Text(_)]))
    }
}

fn passes_through(key: &Key) -> bool {
    key.name != "secrets" && instead_of(key.name).is_none()
}

/// Every key that passes through, by name.
pub fn compose_keys() -> Vec<ComposeKey> {
    let keys = SERVICE.fields().into_iter().flat_map(Fields::keys).filter(|key| passes_through(key));
    let mut keys: Vec<ComposeKey> = keys.map(ComposeKey::of).collect();
    keys.sort_unstable_by_key(|key| key.name);
    keys
}

/// A key that passes through.
pub fn compose_key(name: &str) -> Option<ComposeKey> {
    SERVICE.fields()?.key(name).filter(|key| passes_through(key)).map(ComposeKey::of)
}

/// What a stack says in place of a key of Compose that would undo one of its promises.
pub(super) fn instead_of(key: &str) -> Option<&'static str> {
    Some(match key {
        "ports" => {
            "write the port on the host, `publish: 8080`, and `listen` for the one in the container, so that collisions are seen"
        }
        "expose" => "write `listen: 8080`, so that references know the port",
        "depends_on" => "write `needs: [name]`; a reference such as `${{ postgres.url }}` waits by itself",
        "links" => "write a reference such as `${{ postgres.host }}`",
        "scale" => "write `deploy: { replicas: 3 }`",
        _ => return None,
    })
}
