//! How a text is built: its symbols, what can be folded, what is selected next, which files it names.

use gen_lsp_types::{
    DocumentLink, DocumentSymbol, FoldingRange, FoldingRangeKind, Position, Range, SelectionRange, SymbolKind,
};

use std::path::Path;

use super::document::{Document, Kind as FileKind, View};
use super::uri;
use compose_reader::compose::FileEntry;
use compose_reader::source::{SourceId, Sources, Span};
use compose_reader::yaml::{Kind, Node, Parsed, parse};

/// How deep symbols are listed.
const DEEPEST: usize = 4;

/// A text that is read by itself.
fn parsed(document: &Document<'_>) -> Option<(SourceId, Parsed)> {
    let id = Sources::new().add("", "");
    parse(id, document.lines.text()).ok().map(|parsed| (id, parsed))
}

fn range(document: &Document<'_>, span: Span) -> Range {
    document.lines.range(span.start as usize..span.end as usize)
}

/// The keys of a text, those of services and other things that have a name first of all.
pub(super) fn symbols(document: &Document<'_>) -> Vec<DocumentSymbol> {
    let Some((_, parsed)) = parsed(document) else { return Vec::new() };
    parsed.documents.iter().flat_map(|root| symbols_of(document, root, &[])).collect()
}

fn symbols_of(document: &Document<'_>, node: &Node, path: &[&str]) -> Vec<DocumentSymbol> {
    if path.len() >= DEEPEST || node.alias.is_some() {
        return Vec::new();
    }
    let entries = node.as_mapping().into_iter().flatten();
    // What came in through `<<` is written elsewhere.
    let own = entries
        .filter(|(_, entry)| node.span.start <= entry.key.span.start && entry.key.span.end <= node.span.end);
    let symbol = |(key, entry): (&std::sync::Arc<str>, &compose_reader::yaml::Entry)| {
        let mut inner = path.to_vec();
        inner.push(key);
        let kind = match path {
            [] => SymbolKind::Namespace,
            ["services"] => SymbolKind::Class,
            ["networks"] => SymbolKind::Interface,
            ["volumes" | "secrets" | "configs"] => SymbolKind::File,
            ["tiers" | "environments"] => SymbolKind::Module,
            [.., "environment"] => SymbolKind::Variable,
            _ => SymbolKind::Property,
        };
        let detail = match path {
            ["services"] => {
                entry.value.get("image").or_else(|| entry.value.get("use")).and_then(Node::as_text)
            }
            _ => entry.value.as_text().filter(|text| text.len() < 60 && !text.contains('\n')),
        };
        let end = entry.value.place().end.max(entry.key.span.end);
        let children = symbols_of(document, &entry.value, &inner);
        #[expect(deprecated, reason = "the field has to be given")]
        DocumentSymbol {
            name: key.to_string(),
            detail: detail.map(str::to_owned),
            kind,
            tags: None,
            deprecated: None,
            range: range(document, Span { end, ..entry.key.span }),
            selection_range: range(document, entry.key.span),
            children: (!children.is_empty()).then_some(children),
        }
    };
    own.map(symbol).collect()
}

/// What can be folded: values over several lines, and comments of several lines.
pub(super) fn folding(document: &Document<'_>) -> Vec<FoldingRange> {
    let Some((_, parsed)) = parsed(document) else { return Vec::new() };
    let mut found = Vec::new();
    parsed.documents.iter().for_each(|root| folds(document, root, &mut found));
    let line_of = |at: u32| document.lines.line_of(at as usize);
    let alone: Vec<usize> =
        parsed.comments.iter().filter(|it| it.above.is_some()).map(|it| line_of(it.span.start)).collect();
    let mut at = 0;
    while let Some(start) = alone.get(at).copied() {
        let length = alone[at..].iter().zip(start..).take_while(|(line, wanted)| *line == wanted).count();
        if length > 1 {
            found.push(fold(start, start + length - 1, Some(FoldingRangeKind::Comment)));
        }
        at += length;
    }
    found
}

fn fold(start: usize, end: usize, kind: Option<FoldingRangeKind>) -> FoldingRange {
    let narrow = |line: usize| u32::try_from(line).unwrap_or(u32::MAX);
    FoldingRange {
        start_line: narrow(start),
        start_character: None,
        end_line: narrow(end),
        end_character: None,
        kind,
        collapsed_text: None,
    }
}

fn folds(document: &Document<'_>, node: &Node, found: &mut Vec<FoldingRange>) {
    let text = document.lines.text();
    let mut add = |start: u32, end: u32| {
        let end = text.get(..end as usize).map_or(0, |before| before.trim_end().len());
        let (first, last) = (document.lines.line_of(start as usize), document.lines.line_of(end));
        if first < last {
            found.push(fold(first, last, None));
        }
    };
    if node.alias.is_some() {
        return;
    }
    match &node.kind {
        Kind::Mapping(entries) => {
            for entry in entries.values() {
                add(entry.key.span.start, entry.value.place().end);
            }
            for entry in entries.values() {
                folds(document, &entry.value, found);
            }
        }
        Kind::Sequence(items) => {
            items.iter().for_each(|item| add(item.span.start, item.place().end));
            items.iter().for_each(|item| folds(document, item, found));
        }
        Kind::Scalar(_) => {}
    }
}

/// What is selected around a position, from the inside out.
pub(super) fn selection(document: &Document<'_>, position: Position) -> SelectionRange {
    let offset = document.lines.offset(position);
    let whole = document.lines.range(0..document.lines.text().len());
    let mut ranges = vec![whole];
    if let Some((_, parsed)) = parsed(document) {
        let mut node = parsed.documents.iter().find(|root| holds(root.span, offset));
        while let Some(inner) = node {
            ranges.push(range(document, inner.place()));
            node = match &inner.kind {
                Kind::Mapping(entries) => entries.values().find_map(|entry| {
                    let end = entry.value.place().end;
                    let span = Span { end: end.max(entry.key.span.end), ..entry.key.span };
                    if !holds(span, offset) {
                        return None;
                    }
                    ranges.push(range(document, span));
                    Some(if holds(entry.key.span, offset) { &entry.key } else { &entry.value })
                }),
                Kind::Sequence(items) => items.iter().find(|item| holds(item.place(), offset)),
                Kind::Scalar(_) => None,
            };
            if node.is_some_and(|node| node.alias.is_some()) {
                break;
            }
        }
    }
    ranges.push(Range::new(position, position));
    let is_inside = |inner: &Range, outer: &Range| outer.start <= inner.start && inner.end <= outer.end;
    let mut selection = SelectionRange::new(whole, None);
    for next in ranges.into_iter().skip(1) {
        if next != selection.range && is_inside(&next, &selection.range) {
            selection = SelectionRange::new(next, Some(Box::new(selection)));
        }
    }
    selection
}

fn holds(span: Span, offset: usize) -> bool {
    span.start as usize <= offset && offset <= span.end as usize
}

/// The files that a text names and that are there.
pub(super) fn links(document: &Document<'_>, view: &View) -> Vec<DocumentLink> {
    let Some((_, parsed)) = parsed(document) else { return Vec::new() };
    let mut named: Vec<&Node> = Vec::new();
    for root in &parsed.documents {
        each_path(root, &mut Vec::new(), document.kind, &mut named);
    }
    let folder = document.path.parent().unwrap_or(&document.path);
    let link = |node: &Node| {
        let text = node.as_text()?;
        let end = if text.contains(':') { text.find(':')? } else { text.len() };
        let path = &text[..end];
        if path.is_empty() || path.contains(['$', '\n']) || path.contains("://") {
            return None;
        }
        let place = uri::clean(&folder.join(path));
        let entry = |path: &Path| match view {
            View::Project(project) => project.files.entry(&path.to_string_lossy()),
            // What a stack includes has been read.
            View::Stack(stack) => {
                let mut names = stack.sources.iter().map(|(_, source)| document.folder.place(source.name()));
                names.any(|name| name == path).then_some(FileEntry::File)
            }
            View::Nothing => None,
        };
        let target = match entry(&place)? {
            FileEntry::File => place.clone(),
            FileEntry::Folder => {
                Some(place.join("Dockerfile")).filter(|file| entry(file) == Some(FileEntry::File))?
            }
            _ => return None,
        };
        let range = range(document, node.part(0..end));
        Some(DocumentLink { range, target: Some(uri::of(&target)), ..DocumentLink::default() })
    };
    named.into_iter().filter_map(link).collect()
}

/// The values that are paths of files.
fn each_path<'n>(node: &'n Node, path: &mut Vec<String>, kind: FileKind, found: &mut Vec<&'n Node>) {
    if node.alias.is_some() {
        return;
    }
    match &node.kind {
        Kind::Mapping(entries) => {
            for (key, entry) in entries.iter() {
                path.push(key.to_string());
                each_path(&entry.value, path, kind, found);
                path.pop();
            }
        }
        Kind::Sequence(items) => {
            for item in items.iter() {
                path.push("0".to_owned());
                each_path(item, path, kind, found);
                path.pop();
            }
        }
        Kind::Scalar(_) => {
            let steps: Vec<&str> = path.iter().map(String::as_str).collect();
            let is_path = match steps[..] {
                ["include"] | ["include", "0"] | ["include", "0", "path" | "env_file", ..] => true,
                ["services", _, "env_file" | "label_file", ..] => {
                    !matches!(steps.last(), Some(&"required" | &"format"))
                }
                ["services", _, "extends", "file"] | ["secrets" | "configs", _, "file"] => true,
                ["services", _, "build"] | ["services", _, "build", "context"] => true,
                ["services", _, "volumes", "0"] => node.as_text().is_some_and(|text| text.starts_with('.')),
                ["services", _, "volumes", "0", "source"] => {
                    node.as_text().is_some_and(|text| text.starts_with('.'))
                }
                _ => false,
            };
            if is_path && (kind == FileKind::Compose || steps.first() == Some(&"include")) {
                found.push(node);
            }
        }
    }
}
