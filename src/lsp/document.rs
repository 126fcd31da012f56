//! A text that is asked about, and what it is a part of.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use gen_lsp_types::{Contents, Hover, MarkupContent, MarkupKind, Range};

use super::host::{Folder, OpenStack, Project};
use super::names::{self, Name};
use super::position::Lines;
use super::virtual_text;
use crate::projects::{holds_compose, is_compose_name};
use compose_reader::source::{SourceId, Sources, Span};

/// What a text is, by its name and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A compose file, or a part of one.
    Compose,
    /// A `stackgen.toml`.
    Config,
    /// Perhaps a part of a stack.
    Stack,
    /// Something else.
    Other,
}

/// A text that is asked about.
pub(super) struct Document<'d> {
    pub(super) path: PathBuf,
    pub(super) lines: Lines<'d>,
    pub(super) kind: Kind,
    pub(super) folder: Folder,
}

impl Document<'_> {
    /// What is shown under the cursor, in Markdown, for a place in the text; nothing where there is nothing to say.
    pub(super) fn hover(&self, span: Span, text: &str) -> Option<Hover> {
        let text = Some(text.trim_end()).filter(|text| !text.is_empty())?;
        Some(Hover {
            contents: Contents::MarkupContent(MarkupContent::new(MarkupKind::Markdown, text.to_owned())),
            range: Some(self.lines.range(span.start as usize..span.end as usize)),
        })
    }
}

/// What a text is a part of, read.
#[derive(Clone)]
pub(super) enum View {
    /// A compose project.
    Project(Rc<Project>),
    /// A stack.
    Stack(Rc<OpenStack>),
    /// Nothing that could be read.
    Nothing,
}

impl View {
    /// The text itself among those that were read.
    pub(super) fn file(&self) -> Option<SourceId> {
        match self {
            Self::Project(project) => Some(project.file),
            Self::Stack(stack) => Some(stack.file),
            Self::Nothing => None,
        }
    }

    /// Every text that was read.
    pub(super) fn sources(&self) -> Option<&Sources> {
        match self {
            Self::Project(project) => Some(&project.sources),
            Self::Stack(stack) => Some(&stack.sources),
            Self::Nothing => None,
        }
    }

    /// The names in its files.
    pub(super) fn names(&self) -> Vec<Name> {
        match self {
            Self::Project(project) => names::of_project(project),
            Self::Stack(stack) => names::of_stack(stack),
            Self::Nothing => Vec::new(),
        }
    }

    /// The file and range of a place; `None` for what is built in.
    pub(super) fn place(&self, document: &Document<'_>, span: Span) -> Option<(PathBuf, Range)> {
        let source = self.sources()?.get(span.source);
        if virtual_text::is_built_in(source.name()) {
            return None;
        }
        let bytes = span.start as usize..span.end as usize;
        let range = match self.file() == Some(span.source) {
            true => document.lines.range(bytes),
            false => Lines::of(source.text(), document.lines.encoding()).range(bytes),
        };
        Some((document.folder.place(source.name()), range))
    }
}

/// What a text is.
pub(super) fn kind(path: &Path, text: &str) -> Kind {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    match &*name {
        "stackgen.toml" => Kind::Config,
        "stack.yaml" => Kind::Stack,
        _ if is_yaml && (is_compose_name(&name) || holds_compose(text)) => Kind::Compose,
        _ if is_yaml => Kind::Stack,
        _ => Kind::Other,
    }
}
