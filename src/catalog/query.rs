//! PromQL in templates: whether what a query names is exported.

use std::collections::BTreeSet;

use minijinja::value::Rest;
use minijinja::{Environment, Error, Value};

use super::refusal::refuse;
use crate::promql;
use compose_reader::diagnostic::nearest;

/// What a histogram or summary has behind its name.
const SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];

/// Adds `query is exported_by(exported)` and `promql(query, exported, "alerts", name, "expr")`.
pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_test("exported_by", |query: String, exported: Value| {
        let exported = names(&exported);
        is_exported_by(&query, |name| exported.contains(name))
    });
    environment.add_function("promql", checked);
}

/// Whether every metric that a query names is exported.
pub fn is_exported_by(query: &str, is_exported: impl Fn(&str) -> bool) -> bool {
    promql::metrics(query).is_ok_and(|found| found.into_iter().all(|range| has(&query[range], &is_exported)))
}

/// The query itself. It is refused, at these keys of `with`, where it cannot be read, or names a metric that is not one of
/// `exported`.
fn checked(query: String, exported: Value, path: Rest<String>) -> Result<Value, Error> {
    let at = |text: &str| Rest(path.iter().cloned().chain([text.to_owned()]).collect());
    let found = match promql::metrics(&query) {
        Ok(found) => found,
        Err(wrong) => {
            let message = format!("this is no PromQL: {}\nmend the expression", wrong.message);
            return refuse(message, at(&query[wrong.range]));
        }
    };
    let exported = names(&exported);
    for name in found.into_iter().map(|range| &query[range]) {
        if has(name, &|name| exported.contains(name)) {
            continue;
        }
        let (stem, suffix) = stem(name);
        let known = nearest(stem, exported.iter().map(String::as_str));
        let known = known.map(|known| format!("did you mean `{known}{suffix}`? ")).unwrap_or_default();
        let message = format!(
            "nothing that is scraped here exports `{name}`\n{known}add the exporter that has it, or say which service \
             does: `metrics: {{ exports: [{stem}] }}`"
        );
        return refuse(message, at(name));
    }
    Ok(Value::from(query))
}

fn names(exported: &Value) -> BTreeSet<String> {
    exported.try_iter().into_iter().flatten().map(|name| name.to_string()).collect()
}

/// Whether a metric is exported, by its own name or as a series of a histogram or summary.
fn has(name: &str, is_exported: &dyn Fn(&str) -> bool) -> bool {
    is_exported(name) || is_exported(stem(name).0)
}

/// The name of a histogram or summary, and what its series has behind it.
fn stem(name: &str) -> (&str, &str) {
    let suffix = SUFFIXES.into_iter().find(|suffix| name.ends_with(suffix)).unwrap_or_default();
    name.split_at(name.len() - suffix.len())
}
