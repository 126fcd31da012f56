//! Filling a template in: what its expressions see, and what is said when one fails.

use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::merge_maps;

use crate::catalog::{Engine, Failure, Template, node_to_value};
use crate::definition::Layer;
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;

/// Adds a template's shared values; returns why some of them have none.
pub(super) fn values(
    template: Option<&Template>,
    engine: &Engine,
    context: &mut IndexMap<String, Value>,
) -> Vec<Failure> {
    let Some(template) = template.filter(|template| !template.values.is_empty()) else { return Vec::new() };
    let mut failures = Vec::new();
    // What was there before is not copied for each value.
    let before = Value::from_pairs(context.clone());
    let mut added: IndexMap<String, Value> = IndexMap::new();
    for (key, node) in &template.values {
        match engine.fragment(node, &extended(&before, added.clone())) {
            Ok(value) => {
                added.insert(key.clone(), value.as_ref().map_or(Value::from(()), node_to_value));
            }
            Err(failure) => failures.push(failure),
        }
    }
    context.extend(added);
    failures
}

/// A context with more in it, which wins.
pub(super) fn extended(context: &Value, more: impl IntoIterator<Item = (String, Value)>) -> Value {
    // The last one wins.
    merge_maps([context.clone(), Value::from_pairs(more)])
}

/// A template's failure with the place that uses it: a fault of the template shows both, what it refuses only what asks for
/// it.
pub(super) fn used_by(failure: Failure, layer: &Layer) -> Diagnostic {
    let used = layer.template.as_ref().map(|used| used.name.span);
    match failure {
        Failure::Template(diagnostic) => match used {
            Some(span) => diagnostic.related(span, "used here"),
            None => *diagnostic,
        },
        Failure::Refusal { message, help, path, span } => {
            let mut place = used.unwrap_or(span);
            let mut node = layer.with.as_ref();
            for key in &path {
                let Some(outer) = node else { break };
                let items = outer.as_sequence().zip(key.parse::<usize>().ok());
                node = outer.get(key).or_else(|| items.and_then(|(items, index)| items.get(index)));
                // Behind the last key may stand a part of the text that is there.
                let part = outer.as_text().and_then(|text| text.find(key.as_str()));
                let part = part.map(|at| outer.part(at..at + key.len()));
                place = node.map(|node| node.span).or(part).unwrap_or(place);
            }
            let diagnostic = Fault::RefusedByTemplate.at(place, message);
            let page = layer.template.as_ref().map(|used| {
                format!("`stackgen templates {}` explains what it takes and takes care of", used.name.value)
            });
            match help.or(page) {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use minijinja::Value;

    use super::extended;

    #[test]
    fn what_is_added_to_a_context_wins() {
        let context = Value::from_pairs([("port", 8000), ("other", 1)]);
        let seen = extended(&context, [("port".to_owned(), Value::from(9100))]);
        assert_eq!(seen.get_attr("port").ok(), Some(Value::from(9100)));
        assert_eq!(seen.get_attr("other").ok(), Some(Value::from(1)));
    }
}
