//! Diagnostics as SARIF 2.1.0, which code scanning services and editors read.

use serde_json::{Value, json};

use super::escape::uri;
use super::fingerprint::fingerprints;
use super::showable::fix_to_show;
use crate::lint::Rule;
use compose_reader::diagnostic::{Diagnostic, Fix, Severity};
use compose_reader::source::{Sources, Span};

/// The report; `rules` are those that the program has, each with its page.
pub fn sarif(diagnostics: &[Diagnostic], sources: &Sources, rules: &[Rule]) -> String {
    let fingerprints = fingerprints(diagnostics, sources);
    let results = diagnostics.iter().zip(&fingerprints);
    let results: Vec<Value> =
        results.map(|(diagnostic, fingerprint)| result(diagnostic, fingerprint, sources, rules)).collect();
    let report = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "stackgen",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(rule_object).collect::<Vec<Value>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{report:#}\n")
}

fn rule_object(rule: &Rule) -> Value {
    let page = rule.page();
    json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": { "text": rule.summary() },
        "fullDescription": { "text": rule.reason() },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn result(diagnostic: &Diagnostic, fingerprint: &str, sources: &Sources, rules: &[Rule]) -> Value {
    let text = match &diagnostic.help {
        Some(help) => format!("{}\n\n{help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let mut result = json!({
        "ruleId": diagnostic.code,
        "level": level(diagnostic.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": place(sources, diagnostic.span) }],
        "partialFingerprints": { "stackgen/v2": fingerprint },
    });
    if let Some(index) = rules.iter().position(|rule| rule.code == diagnostic.code) {
        result["ruleIndex"] = json!(index);
    }
    if !diagnostic.related.is_empty() {
        let related = diagnostic.related.iter().enumerate().map(|(id, label)| {
            let message = json!({ "text": label.message });
            json!({ "id": id, "physicalLocation": place(sources, label.span), "message": message })
        });
        result["relatedLocations"] = related.collect();
    }
    if let Some(fix) = fix_to_show(diagnostic, sources) {
        result["fixes"] = json!([fix_object(fix, sources)]);
    }
    result
}

/// A fix, its edits gathered by file.
fn fix_object(fix: &Fix, sources: &Sources) -> Value {
    let mut changes: Vec<(Span, Vec<Value>)> = Vec::new();
    for edit in &fix.edits {
        let replacement = json!({
            "deletedRegion": region(sources, edit.span),
            "insertedContent": { "text": edit.content },
        });
        match changes.iter_mut().find(|(place, _)| place.source == edit.span.source) {
            Some((_, replacements)) => replacements.push(replacement),
            None => changes.push((edit.span, vec![replacement])),
        }
    }
    let change = |(place, replacements): (Span, Vec<Value>)| json!({ "artifactLocation": artifact(sources, place), "replacements": replacements });
    json!({
        "description": { "text": fix.title },
        "artifactChanges": changes.into_iter().map(change).collect::<Vec<Value>>(),
    })
}

fn place(sources: &Sources, span: Span) -> Value {
    json!({ "artifactLocation": artifact(sources, span), "region": region(sources, span) })
}

fn artifact(sources: &Sources, span: Span) -> Value {
    json!({ "uri": uri(sources.get(span.source).name()) })
}

fn region(sources: &Sources, span: Span) -> Value {
    let source = sources.get(span.source);
    let (start, end) = (source.position(span.start as usize), source.position(span.end as usize));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}
