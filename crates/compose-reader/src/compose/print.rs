//! A project as text: the JSON that `docker compose config --format json` prints, and YAML.

use serde_yaml::{Mapping, Number, Value};

use super::typed::{Format, Printed};
use crate::yaml::Writer;

/// The project as JSON, byte for byte as Docker Compose prints it; each `$` is doubled where `escapes`.
pub fn json(project: &Printed, escapes: bool) -> String {
    let mut out = String::new();
    let project = match project {
        // Compose sorts the sections of a project, and nothing below them.
        Printed::Mapping(entries) => {
            let mut entries = entries.clone();
            entries.sort_by(|left, right| left.key.cmp(&right.key));
            Printed::Mapping(entries)
        }
        other => other.clone(),
    };
    write_json(&mut out, &project, 0);
    if escapes { out.replace('$', "$$") } else { out }
}

/// The project as YAML that Docker Compose reads; each `$` is doubled where `escapes`.
pub fn yaml(project: &Printed, escapes: bool) -> String {
    let mut writer = Writer::new(&[]);
    if let Value::Mapping(mapping) = yaml_value(project, escapes) {
        writer.entries(0, &mapping);
    }
    writer.finish()
}

fn write_json(out: &mut String, value: &Printed, level: usize) {
    let indent = |out: &mut String, level: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(level));
    };
    match value {
        Printed::Null => out.push_str("null"),
        Printed::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Printed::Integer(value) => out.push_str(&value.to_string()),
        Printed::Float(value) => out.push_str(&json_float(*value)),
        Printed::Text(text) => json_text(out, text),
        Printed::List(items) if items.is_empty() => out.push_str("[]"),
        Printed::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                indent(out, level.saturating_add(1));
                write_json(out, item, level.saturating_add(1));
            }
            indent(out, level);
            out.push(']');
        }
        Printed::Mapping(entries) => {
            let mut shown = entries.iter().filter(|entry| entry.only_in != Some(Format::Yaml)).peekable();
            if shown.peek().is_none() {
                return out.push_str("{}");
            }
            out.push('{');
            while let Some(entry) = shown.next() {
                indent(out, level.saturating_add(1));
                json_text(out, &entry.key);
                out.push_str(": ");
                write_json(out, &entry.value, level.saturating_add(1));
                if shown.peek().is_some() {
                    out.push(',');
                }
            }
            indent(out, level);
            out.push('}');
        }
    }
}

/// Text as Go's `encoding/json` writes it, fit to stand in a web page.
fn json_text(out: &mut String, text: &str) {
    out.push('"');
    for next in text.chars() {
        match next {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(next)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// A number as Go's `encoding/json` writes it: with an exponent below 1e-6 and from 1e21.
fn json_float(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        return match text.split_once('e') {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent}"),
            _ => text,
        };
    }
    format!("{value}")
}

fn yaml_value(value: &Printed, escapes: bool) -> Value {
    let text = |text: &str| if escapes { text.replace('$', "$$") } else { text.to_owned() };
    match value {
        Printed::Null => Value::Null,
        Printed::Bool(value) => Value::Bool(*value),
        Printed::Integer(value) => Value::Number((*value).into()),
        Printed::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => {
            Value::Number((*value as i64).into())
        }
        Printed::Float(value) => Value::Number(Number::from(*value)),
        Printed::Text(value) => Value::String(text(value)),
        Printed::List(items) => Value::Sequence(items.iter().map(|item| yaml_value(item, escapes)).collect()),
        Printed::Mapping(entries) => {
            let mut mapping = Mapping::new();
            for entry in entries.iter().filter(|entry| entry.only_in != Some(Format::Json)) {
                mapping.insert(Value::String(text(&entry.key)), yaml_value(&entry.value, escapes));
            }
            Value::Mapping(mapping)
        }
    }
}
