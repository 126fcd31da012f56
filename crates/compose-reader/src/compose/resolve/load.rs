//! From files to documents: each file is opened and parsed once, within the budget of the project.

use super::Resolver;
use super::env_files::env_file_problem;
use crate::budget::Spent;
use crate::compose::environment::Environment;
use crate::compose::files::Entry;
use crate::compose::problem::{Fault, Problem};
use crate::dotenv;
use crate::source::{SourceId, Span};
use crate::spec::{DOCUMENT_VALUES, NO_INFINITY};
use crate::yaml::{Kind, Node, Resolved, Style, parse_within};

/// Values that a document may hold, an alias counted as one.
const DOCUMENT_SIZE: usize = 100_000;

impl Resolver<'_> {
    /// Says once that the budget is spent.
    pub(super) fn spent(&mut self, spent: Spent, span: Span) {
        self.is_part = true;
        if !std::mem::replace(&mut self.is_spent, true) {
            self.report(Problem::new(Fault::Oversized, span, spent.message()).help(spent.help()));
        }
    }

    /// The text of a file that `named` names, read once.
    pub(super) fn open(&mut self, path: &str, named: &Node) -> Option<SourceId> {
        if let Some(id) = self.opened.get(path) {
            return Some(*id);
        }
        let missing = |why: String, help: &str| {
            Problem::new(Fault::MissingFile, named.place(), why).help(help.to_owned())
        };
        let written = self.display_name(path);
        let entry = self.files.entry(path);
        if entry == Some(Entry::Outside) && self.is_lenient {
            self.is_part = true;
            return None;
        }
        let refused = match entry {
            None => Some(missing(
                format!("there is no file `{written}`"),
                "check the spelling; the path is relative to the project's folder",
            )),
            Some(Entry::Folder) => Some(missing(format!("`{written}` is a folder"), "name a file in it")),
            Some(Entry::Special) => Some(missing(format!("`{written}` is no ordinary file"), "name a file")),
            Some(Entry::Outside) => Some(missing(
                format!("`{written}` lies outside of the project, and is not read"),
                "if you trust what leads there, allow it: `--allow-outside`",
            )),
            Some(Entry::File) => None,
        };
        let text = match refused {
            Some(problem) => Err(problem),
            None => self.files.read(path).map_err(|why| {
                let help = match why.contains("UTF-8") {
                    true => "save it as UTF-8, the one encoding that Docker Compose reads",
                    false => "allow the current user to read it",
                };
                missing(format!("`{written}` cannot be read: {why}"), help)
            }),
        };
        let counted = text.as_ref().map_or(Ok(()), |text| self.budget.file(text.len()));
        if let Err(spent) = counted {
            self.spent(spent, named.place());
            return None;
        }
        match text {
            Ok(text) => {
                let id = self.sources.add(self.display_name(path), text);
                self.opened.insert(path.to_owned(), id);
                Some(id)
            }
            Err(problem) => {
                self.is_part = true;
                self.report_on(named, problem);
                None
            }
        }
    }

    /// The name that a file is shown under.
    pub(super) fn display_name(&self, path: &str) -> String {
        self.files.display_name(path)
    }

    pub(super) fn add_env_file(&mut self, environment: &mut Environment, path: &str, named: &Node) {
        let Some(id) = self.open(path, named) else { return };
        let text = self.sources.get(id).text();
        let outer = environment.clone();
        let words = self.words();
        match dotenv::parse_within(text, &|name| outer.get(name), words, &mut self.budget) {
            Ok(assignments) => environment.add_file(id, &assignments),
            Err(error) => self.report(env_file_problem(id, error)),
        }
    }

    /// The documents of one file that are mappings, read once.
    pub(super) fn documents(&mut self, id: SourceId) -> Vec<Node> {
        if let Some(documents) = self.parsed.get(&id) {
            return documents.clone();
        }
        let documents = self.read_documents(id);
        self.parsed.insert(id, documents.clone());
        documents
    }

    fn read_documents(&mut self, id: SourceId) -> Vec<Node> {
        let parsed = match parse_within(id, self.sources.get(id).text(), &mut self.budget) {
            Ok(parsed) => parsed,
            Err(error) => {
                self.is_part = true;
                let fault = if error.is_spent { Fault::Oversized } else { Fault::InvalidYaml };
                self.report(Problem::new(fault, error.span, error.message).help(error.help));
                return Vec::new();
            }
        };
        self.duplicates.extend(parsed.duplicates);
        let is_too_large = |size: &&usize| **size > DOCUMENT_SIZE && self.version().has(&DOCUMENT_VALUES);
        if let Some(size) = parsed.sizes.iter().find(is_too_large) {
            let message = format!("the document holds {size} values, and may hold {DOCUMENT_SIZE}");
            let problem = Problem::new(Fault::Oversized, Span::new(id, 0, 0), message);
            self.report(problem.help("cut it into several files"));
        }
        let mut documents = Vec::new();
        for document in parsed.documents {
            if document.as_mapping().is_some() {
                self.check_keys(&document);
                documents.push(document);
            } else {
                self.not_mapping("a compose file", &document);
            }
        }
        documents
    }

    fn not_mapping(&mut self, what: &str, node: &Node) {
        self.is_part = true;
        let problem = Problem::new(
            Fault::InvalidYaml,
            node.place(),
            format!("{what} has to be a mapping, and is {}", node.describe()),
        );
        self.report(problem.help("write keys with values: `services:`, and below it `NAME:`"));
    }

    /// Keys that YAML reads as numbers, booleans or dates are refused.
    fn check_keys(&mut self, node: &Node) {
        match &node.kind {
            Kind::Mapping(mapping) => {
                for entry in mapping.values() {
                    let key = &entry.key;
                    if key.resolved().is_some_and(|kind| kind != Resolved::Text) {
                        let written = key.as_text().unwrap_or_default();
                        let problem = Problem::new(
                            Fault::WrongType,
                            key.span,
                            format!("the key `{written}` is {}, and has to be text", key.describe()),
                        );
                        self.report(problem.help(format!("put it in quotes: `\"{written}\"`")));
                    }
                    self.check_keys(&entry.value);
                }
            }
            Kind::Sequence(items) => items.iter().for_each(|item| self.check_keys(item)),
            Kind::Scalar(scalar) => {
                let may_be = scalar.style == Style::Plain && scalar.text.starts_with(['.', '+', '-']);
                if may_be
                    && self.version().has(&NO_INFINITY)
                    && matches!(node.resolved(), Some(Resolved::Float(value)) if !value.is_finite())
                {
                    let message = format!("`{}` is a number that JSON does not have", scalar.text);
                    let problem = Problem::new(Fault::InvalidValue, node.place(), message);
                    self.report(
                        problem.help(format!("put it in quotes if it is text: `\"{}\"`", scalar.text)),
                    );
                }
            }
        }
    }
}
