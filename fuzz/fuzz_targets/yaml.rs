//! Any text is YAML whose nodes lie in it, or an error with a place in it.
#![no_main]

use compose_reader::source::{Sources, Span};
use compose_reader::yaml::{Kind, Node, parse};
use libfuzzer_sys::fuzz_target;

fn check(text: &str, node: &Node) {
    lies_in(text, node.span);
    match &node.kind {
        Kind::Mapping(mapping) => mapping.values().for_each(|entry| {
            lies_in(text, entry.key.span);
            check(text, &entry.value);
        }),
        Kind::Sequence(items) => items.iter().for_each(|item| check(text, item)),
        Kind::Scalar(_) => {}
    }
}

fn lies_in(text: &str, span: Span) {
    assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
}

fuzz_target!(|text: &str| {
    let mut sources = Sources::new();
    let id = sources.add("compose.yaml", text);
    match parse(id, text) {
        // Aliases that stand for more than the text has would be walked many times.
        Ok(parsed) if parsed.aliases.is_empty() => {
            parsed.documents.iter().for_each(|document| check(text, document));
        }
        Ok(_) => {}
        Err(error) => lies_in(text, error.span),
    }
});
