//! Nodes to a [`Stack`], with everything that is wrong said at once.

mod environment;
mod external;
mod health;
mod include;
mod port;
mod secret;
mod service;
mod smoke;
mod stack;
mod upkeep;
mod value;

use crate::definition::{Spanned, Stack, Tier};
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::Span;
use compose_reader::yaml::{CommentsAbove, Node, Parsed};

pub use smoke::smoke_checks;

/// The files that a stack includes, as they are written.
pub fn includes(parsed: &Parsed) -> Vec<Spanned<String>> {
    let written = parsed.documents.first().and_then(|root| root.get("include"));
    let items =
        written.map(|node| node.as_sequence().unwrap_or(std::slice::from_ref(node))).unwrap_or_default();
    items.iter().filter_map(|item| Some(Spanned::new(item.as_text()?.to_owned(), item.span))).collect()
}

/// Reads a stack: its own text and those that it includes, each with a span that stands for the whole of it. What can be
/// read is there even when something else is wrong, so that later steps may find more.
pub fn read(own: (&Parsed, Span), included: &[(Parsed, Span)]) -> (Option<Stack>, Vec<Diagnostic>) {
    let mut reader = Reader::default();
    let mut stack = reader.document(own.0, own.1).and_then(|root| reader.stack(root));
    for (parsed, whole) in included {
        if let (Some(root), Some(stack)) = (reader.document(parsed, *whole), &mut stack) {
            reader.included(root, stack);
        }
    }
    if let Some(stack) = stack.as_mut().filter(|stack| stack.tiers.is_empty()) {
        // That there are no tiers is said; it is not said again of every service.
        for service in stack.services.values() {
            let tier = Tier { span: service.tier.span, kind: None, host_ports: Vec::new(), defaults: None };
            stack.tiers.entry(service.tier.value.clone()).or_insert(tier);
        }
    }
    (stack, reader.diagnostics)
}

#[derive(Default)]
struct Reader {
    diagnostics: Vec<Diagnostic>,
    /// The comments of the text that is read.
    comments: CommentsAbove,
}

impl Reader {
    /// The one document of a text, as far as there is one.
    fn document<'p>(&mut self, parsed: &'p Parsed, whole: Span) -> Option<&'p Node> {
        self.comments = parsed.comments_above();
        for duplicate in &parsed.duplicates {
            self.push(
                Fault::DuplicateKey
                    .at(duplicate.second, format!("`{}` is given twice", duplicate.key))
                    .related(duplicate.first, "first here")
                    .help("keep one of the two"),
            );
        }
        if let Some(second) = parsed.documents.get(1) {
            self.push(
                Fault::SeveralDocuments
                    .at(second.span, "a stack is one YAML document")
                    .help("remove the `---` above"),
            );
        }
        if parsed.documents.is_empty() {
            self.push(
                Fault::EmptyStack
                    .at(whole, "there is nothing in this file")
                    .help("a stack has a `name`, `tiers` and `services`; `stackgen schema` describes them"),
            );
        }
        parsed.documents.first()
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}
