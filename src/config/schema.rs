//! The JSON Schema of `stackgen.toml`, for completion and hover in editors.

use serde_json::{Map, Value, json};

use super::{GATES, LEVELS};
use crate::lint::{RULES, Rule};
use compose_reader::spec::Version;

/// The JSON Schema (draft 2020-12) of `stackgen.toml`.
pub fn schema() -> Value {
    let reason = json!({ "type": "string", "description": "Why, for whoever reads it next." });
    let patterns = |description: &str| json!({ "type": "array", "items": { "type": "string" }, "description": description });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "stackgen.toml",
        "description": "Which rules `stackgen lint` has on, how much they matter, and where.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "strict": {
                "type": "boolean",
                "default": false,
                "description": "Also what a production file should have: limits, restart, least privilege.",
            },
            "pedantic": { "type": "boolean", "default": false, "description": "Also style." },
            "fail-on": {
                "enum": GATES.map(|(word, _)| word),
                "default": "warning",
                "description": "The findings that fail a run: these and worse.",
            },
            "compose": {
                "type": "string",
                "examples": Version::ALL.map(|version| version.to_string()),
                "default": Version::NEWEST.to_string(),
                "description": "The version of Docker Compose that files are read as.",
            },
            "allow-outside": {
                "type": "array",
                "items": { "type": "string", "pattern": "^\\.\\./" },
                "description": "Files and folders outside of the repository that may be read, from the folder of stackgen.toml: `../shared`. They are never quoted.",
            },
            "rules": { "$ref": "#/$defs/rules", "description": "Levels of single rules." },
            "overrides": {
                "type": "array",
                "description": "Other levels in some files, for some services; the last that fits holds.",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["rules"],
                    "anyOf": [{ "required": ["paths"] }, { "required": ["services"] }],
                    "properties": {
                        "paths": patterns("Files, as patterns from the folder of stackgen.toml: `legacy/**`."),
                        "services": patterns("Services, as patterns of their names: `worker-*`."),
                        "rules": { "$ref": "#/$defs/rules" },
                        "reason": reason,
                    },
                },
            },
            "projects": {
                "type": "array",
                "description": "Files that are read together, where neither a command nor their names say so.",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["files"],
                    "properties": {
                        "files": patterns("The files, in the order in which they are merged, seen from the folder of stackgen.toml."),
                        "project-directory": {
                            "type": "string",
                            "description": "The folder that relative paths are seen from, where it is not that of the first file.",
                        },
                        "env-files": patterns("Files with variables, in place of `.env`; of several, the later one holds."),
                        "profiles": patterns("The profiles that are on; where none is named, all count."),
                    },
                },
            },
        },
        "$defs": {
            "level": {
                "enum": LEVELS.map(|(word, _)| word),
                "description": "`on`: each finding matters as much as the rule says.",
            },
            "rule": {
                "anyOf": [
                    { "$ref": "#/$defs/level" },
                    {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["level"],
                        "properties": { "level": { "$ref": "#/$defs/level" }, "reason": reason },
                    },
                ],
            },
            "rules": {
                "type": "object",
                "additionalProperties": false,
                "properties": RULES.iter().flat_map(names).collect::<Map<String, Value>>(),
            },
        },
    })
}

/// A rule under its name and under its code.
fn names(rule: &Rule) -> [(String, Value); 2] {
    let value = json!({ "$ref": "#/$defs/rule", "description": rule.summary() });
    [(rule.name.to_owned(), value.clone()), (rule.code.to_owned(), value)]
}
