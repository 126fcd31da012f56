//! From a name to where it is defined and used, and to another name for all of it.

use std::collections::HashMap;

use gen_lsp_types::{
    DocumentHighlight, DocumentHighlightKind, Location, Range, TextEdit, Uri, WorkspaceEdit,
};
use lsp_server::ErrorCode;
use serde_json::{Value, json};

use super::document::{Document, View};
use super::names::{Name, Thing};
use super::transport::Refusal;
use super::uri;
use compose_reader::source::Span;

/// The names of a project or stack, around one that is under the cursor.
pub(super) struct Found<'v> {
    view: &'v View,
    document: &'v Document<'v>,
    names: Vec<Name>,
    at: usize,
}

impl<'v> Found<'v> {
    /// The name at an offset.
    pub(super) fn at(document: &'v Document<'v>, view: &'v View, offset: usize) -> Option<Self> {
        let (file, names) = (view.file()?, view.names());
        let is_here = |name: &Name| {
            name.span.source == file && name.span.start as usize <= offset && offset <= name.span.end as usize
        };
        let at = names.iter().position(is_here)?;
        Some(Self { view, document, names, at })
    }

    fn name(&self) -> &Name {
        &self.names[self.at]
    }

    /// Every place of the thing that is named.
    fn same(&self) -> impl Iterator<Item = &Name> {
        let own = self.name();
        self.names.iter().filter(move |name| (name.thing, &name.name) == (own.thing, &own.name))
    }

    fn location(&self, span: Span) -> Option<Location> {
        let (path, range) = self.view.place(self.document, span)?;
        Some(Location::new(uri::of(&path), range))
    }

    /// Where the thing is defined.
    pub(super) fn definition(&self) -> Vec<Location> {
        self.same().filter(|name| name.is_definition).filter_map(|name| self.location(name.span)).collect()
    }

    /// Where it is used, and if wanted, defined.
    pub(super) fn references(&self, with_definition: bool) -> Vec<Location> {
        let wanted = self.same().filter(|name| with_definition || !name.is_definition);
        wanted.filter_map(|name| self.location(name.span)).collect()
    }

    /// Where it stands in this text.
    pub(super) fn highlights(&self) -> Vec<DocumentHighlight> {
        let here = self.same().filter(|name| name.span.source == self.name().span.source);
        let highlight = |name: &Name| {
            let kind =
                if name.is_definition { DocumentHighlightKind::Write } else { DocumentHighlightKind::Read };
            DocumentHighlight::new(self.range(name.span), Some(kind))
        };
        here.map(highlight).collect()
    }

    fn range(&self, span: Span) -> Range {
        self.document.lines.range(span.start as usize..span.end as usize)
    }

    /// What would be renamed.
    pub(super) fn renamed(&self) -> Result<Value, Refusal> {
        self.check_known()?;
        Ok(json!({ "range": self.range(self.name().span), "placeholder": self.name().name }))
    }

    fn check_known(&self) -> Result<(), Refusal> {
        let name = self.name();
        if self.same().any(|name| name.is_definition) {
            return Ok(());
        }
        let why = format!("the {} `{}` is not defined in these files", name.thing.noun(), name.name);
        Err(Refusal(ErrorCode::RequestFailed, why))
    }

    /// The edits that give it another name, in all files.
    pub(super) fn rename(&self, new: &str) -> Result<WorkspaceEdit, Refusal> {
        self.check_known()?;
        let own = self.name();
        let noun = own.thing.noun();
        let is_known = |name: &&Name| name.thing == own.thing && name.is_definition && name.name == new;
        if new != own.name && self.names.iter().any(|name| is_known(&name)) {
            return Err(Refusal(ErrorCode::RequestFailed, format!("there is a {noun} `{new}` already")));
        }
        let is_part = |next: char| next.is_ascii_alphanumeric() || "._-".contains(next);
        let is_host = |next: char| next.is_ascii_lowercase() || next.is_ascii_digit() || next == '-';
        // The services of a stack are names of hosts, and its tiers and environments parts of names.
        let is_strict = matches!(self.view, View::Stack(_)) || own.thing == Thing::Environment;
        let is_fine = |next: char| if is_strict { is_host(next) || next == '_' } else { is_part(next) };
        if !new.starts_with(|first: char| first.is_ascii_alphanumeric()) || !new.chars().all(is_fine) {
            let why = format!(
                "`{new}` is no name of a {noun}: letters, digits, `-` and `_`, beginning with a letter"
            );
            return Err(Refusal(ErrorCode::InvalidParams, why));
        }
        let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
        for name in self.same() {
            let Some(Location { uri, range }) = self.location(name.span) else { continue };
            changes.entry(uri).or_default().push(TextEdit::new(range, new.to_owned()));
        }
        Ok(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
    }
}
