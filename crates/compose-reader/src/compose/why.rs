//! Where a value of a project comes from, step by step.

use super::resolve::Resolution;
use crate::interpolation::variables;
use crate::source::{Sources, Span};
use crate::yaml::{Node, Step};

/// Each step of a value, in words, from what is used back to what is written.
pub fn steps(resolution: &Resolution, sources: &Sources, node: &Node) -> Vec<String> {
    let at = |span: Span| sources.place(span);
    let mut lines = Vec::new();
    let mut is_default = false;
    for step in node.steps() {
        match step {
            Step::Expanded { raw, .. } => {
                let names = variables(raw).unwrap_or_default();
                let names: Vec<&str> = if names.is_empty() {
                    vec![raw]
                } else {
                    names.iter().map(|variable| variable.name).collect()
                };
                lines.push(format!("from `{raw}`"));
                for name in names {
                    lines.push(match resolution.environment.setting(name) {
                        Some(setting) => match setting.place {
                            Some(place) => format!("  `{name}` is `{}`, set at {}", setting.value, at(place)),
                            None => format!("  `{name}` is `{}`, set in the environment", setting.value),
                        },
                        None => format!("  `{name}` is not set"),
                    });
                }
            }
            Step::Over(span) => {
                lines.push(format!("over `{}` at {}", first_line(sources.slice(*span)), at(*span)))
            }
            Step::Extended(span) => lines.push(format!("through `extends` at {}", at(*span))),
            Step::Included(span) => lines.push(format!("through `include` at {}", at(*span))),
            Step::FromFile(span) => lines.push(format!("through the file named at {}", at(*span))),
            Step::Default => is_default = true,
        }
    }
    if let Some(alias) = node.alias {
        lines.insert(0, format!("through `{}` at {}", sources.slice(alias), at(alias)));
    }
    lines.push(match is_default {
        true => format!("by default: nothing is written, below {}", at(node.span)),
        false => format!("written at {}", at(node.span)),
    });
    lines
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
