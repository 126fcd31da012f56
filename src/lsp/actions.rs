//! What can be done about a finding: its fix, a comment that says it is known, its page.

use std::collections::HashMap;

use gen_lsp_types::{CodeAction, CodeActionKind, Command, Range, TextEdit, WorkspaceEdit};
use serde_json::json;

use super::diagnostics::Places;
use super::document::Document;
use super::host::Checked;
use super::uri;
use crate::fix::{self, apply, edits_of};
use crate::lint;
use crate::render::{FileState, state_of};
use compose_reader::diagnostic::{Applicability, Diagnostic, Edit};
use compose_reader::source::{SourceId, Sources, Span};
use compose_reader::yaml::parse;

/// The command that shows the page of a rule or fault.
pub(super) const EXPLAIN: &str = "stackgen.explain";
/// The kind of the action that applies all safe fixes.
const FIX_ALL: &str = "source.fixAll";

/// Rules whose finding is not of this text alone, or whose fix needs more than the text.
const ELSEWHERE: [&str; 1] = ["inline-secret"];

/// What can be done about the findings in a range; only actions of some kinds, where any are named.
pub(super) fn actions(
    document: &Document<'_>,
    checked: &Checked,
    range: Range,
    only: Option<&[String]>,
) -> Vec<CodeAction> {
    let name = |id: SourceId| checked.sources.get(id).name();
    let is_own = |finding: &&Diagnostic| document.folder.place(name(finding.span.source)) == document.path;
    let own: Vec<&Diagnostic> = checked.findings.iter().filter(is_own).collect();
    let Some(id) = own.first().map(|finding| finding.span.source) else { return Vec::new() };
    // What was found in an older text would be mended in wrong places.
    if checked.sources.get(id).text() != document.lines.text() {
        return Vec::new();
    }
    let wants = |kind: &str| {
        let begins = |only: &String| {
            kind == only || kind.strip_prefix(&**only).is_some_and(|rest| rest.starts_with('.'))
        };
        only.is_none_or(|only| only.iter().any(begins))
    };
    let is_rendered = state_of(name(id), document.lines.text(), None) != FileState::Foreign;
    let mut places = Places::of(checked, &document.folder, document.lines.encoding());
    let bytes = document.lines.bytes(range);
    let meets = |span: Span| span.start as usize <= bytes.end && bytes.start <= span.end as usize;
    let mut actions = Vec::new();
    let edit = |edits: Vec<Edit>| WorkspaceEdit {
        changes: Some(HashMap::from([(uri::of(&document.path), text_edits(document, edits))])),
        ..WorkspaceEdit::default()
    };
    for finding in own.iter().filter(|finding| meets(finding.span)) {
        let diagnostics = Some(vec![places.diagnostic(finding)]);
        let action = |title: String| CodeAction {
            kind: Some(CodeActionKind::QuickFix),
            diagnostics: diagnostics.clone(),
            ..of(title)
        };
        let fixes = || finding.fix.as_ref().filter(|_| !is_rendered && !ELSEWHERE.contains(&finding.name));
        if let Some(fix) = fixes().filter(|_| wants("quickfix")) {
            let alone = |trusted| edits_of(&only_of(checked, finding, finding.span.source), trusted);
            let (is_safe, edits) = match alone(Applicability::Safe) {
                edits if edits.is_empty() => (false, alone(Applicability::Unsafe)),
                edits => (true, edits),
            };
            if !edits.is_empty() {
                let more = if is_safe { "" } else { " (look at what it changes)" };
                actions.push(CodeAction {
                    is_preferred: is_safe.then_some(true),
                    edit: Some(edit(edits)),
                    ..action(format!("{}{more}", capitalised(&fix.title)))
                });
            }
        }
        if wants("quickfix")
            && !is_rendered
            && let Some(known) = suppression(&checked.sources, finding)
        {
            let title = format!("Ignore {} here, and say why", finding.name);
            actions.push(CodeAction { edit: Some(edit(vec![known])), ..action(title) });
        }
        if wants("quickfix") {
            let title = format!("Explain {} {}", finding.code, finding.name);
            let arguments = Some(vec![json!(finding.code)]);
            let command = Command {
                title: title.clone(),
                command: EXPLAIN.to_owned(),
                arguments,
                ..Command::default()
            };
            actions.push(CodeAction { command: Some(command), ..action(title) });
        }
    }
    if wants(FIX_ALL) && !is_rendered {
        let all = fix::Checked {
            sources: checked.sources.clone(),
            files: vec![id],
            findings: own.into_iter().filter(|finding| !ELSEWHERE.contains(&finding.name)).cloned().collect(),
            is_broken: false,
        };
        let edits = edits_of(&all, Applicability::Safe);
        if !edits.is_empty() {
            actions.push(CodeAction {
                kind: Some(CodeActionKind::from(FIX_ALL.to_owned())),
                edit: Some(edit(edits)),
                ..of("Fix everything that can be fixed safely".to_owned())
            });
        }
    }
    actions
}

fn of(title: String) -> CodeAction {
    CodeAction {
        title,
        kind: None,
        diagnostics: None,
        is_preferred: None,
        disabled: None,
        edit: None,
        command: None,
        data: None,
        tags: None,
    }
}

fn only_of(checked: &Checked, finding: &Diagnostic, file: SourceId) -> fix::Checked {
    fix::Checked {
        sources: checked.sources.clone(),
        files: vec![file],
        findings: vec![finding.clone()],
        is_broken: false,
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn text_edits(document: &Document<'_>, edits: Vec<Edit>) -> Vec<TextEdit> {
    let has_returns = document.lines.text().contains("\r\n");
    let edit = |edit: Edit| {
        let range = document.lines.range(edit.span.start as usize..edit.span.end as usize);
        let content = edit.content.replace("\r\n", "\n");
        TextEdit::new(range, if has_returns { content.replace('\n', "\r\n") } else { content })
    };
    edits.into_iter().map(edit).collect()
}

/// A comment that says that a finding is known: above its line, at the end of it, or for the whole file, wherever it is a
/// comment.
fn suppression(sources: &Sources, finding: &Diagnostic) -> Option<Edit> {
    lint::find(finding.name)?;
    let id = finding.span.source;
    let text = sources.get(id).text();
    let before = parse(id, text).ok()?;
    let at = (finding.span.start as usize).min(text.len());
    let start = text.get(..at)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].split(['\n', '\r']).next().unwrap_or_default();
    let indent = &line[..line.len() - line.trim_start_matches(' ').len()];
    let known = |verb: &str| format!("# stackgen: {verb}[{}] say why", finding.name);
    let ignore = known("ignore");
    let insert = |at: usize, content: String| Edit { span: Span::new(id, at, at), content };
    let end = start + line.trim_end().len();
    let tries = [
        insert(start, format!("{indent}{ignore}\n")),
        insert(end, format!("  {ignore}")),
        insert(0, format!("{}\n", known("ignore-file"))),
    ];
    tries.into_iter().find(|edit| {
        let after = parse(id, &apply(text, [edit])).ok();
        after.is_some_and(|after| {
            after.documents == before.documents && after.comments.len() == before.comments.len() + 1
        })
    })
}
