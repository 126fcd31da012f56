//! Opening a stack: its folder in, its plans or everything that is wrong with it out.

use std::path::{Path, PathBuf};

use super::{complain, look, shown};
use crate::catalog::{Catalog, Engine};
use crate::definition::{self, Stack};
use crate::diagnostic::Diagnostic;
use crate::plan::{Plan, plans};
use crate::report;
use crate::source::{Sources, Span};
use crate::yaml::parse;

/// The file that makes a folder a stack.
const STACK_FILE: &str = "stack.yaml";
/// The folder beside it with the user's own templates.
const TEMPLATES: &str = "templates";

/// A stack that is planned, or what is wrong with it.
pub(super) struct Opened {
    /// The folder that it lies in.
    pub(super) folder: PathBuf,
    /// Every text that was read.
    pub(super) sources: Sources,
    /// The plans of all environments, or all diagnostics.
    pub(super) plans: Result<Vec<Plan>, Vec<Diagnostic>>,
}

/// Reads and plans the stack of a folder.
///
/// # Errors
///
/// A message for the user where the folder cannot be read or holds no stack.
pub(super) fn open(folder: &Path) -> Result<Opened, String> {
    let (folder, path) = locate(folder)?;
    let text = read(&path)?;
    let mut sources = Sources::new();
    let id = sources.add(shown(&path), text.clone());
    let mut catalog = Catalog::new(own_templates(&folder)?);
    let parsed = match parse(id, &text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let help = if is_bare_reference(&text, error.span) {
                "YAML takes the braces of a reference inside `{ }` for its own; quote it: `\"${{ postgres.url }}\"`"
                    .to_owned()
            } else {
                error.help
            };
            let diagnostic = Diagnostic::stack("invalid-yaml", error.span, error.message).help(help);
            return Ok(Opened { folder, sources, plans: Err(vec![diagnostic]) });
        }
    };
    let (stack, mut diagnostics) = definition::read(&parsed, Span::new(id, 0, 0));
    let plans = stack.map(|stack| {
        diagnostics.extend(load_templates(&stack, &mut catalog, &mut sources));
        plans(&stack, &catalog, &Engine::new())
    });
    let plans = match plans {
        Some(Ok(plans)) if diagnostics.is_empty() => Ok(plans),
        other => {
            diagnostics.extend(other.and_then(Result::err).unwrap_or_default());
            diagnostics.sort_by_key(|diagnostic| diagnostic.span);
            Err(diagnostics)
        }
    };
    Ok(Opened { folder, sources, plans })
}

/// Whether reading stopped at the braces of a reference.
fn is_bare_reference(text: &str, span: Span) -> bool {
    let at = span.start as usize;
    text.get(..at).is_some_and(|before| before.ends_with('$')) && text[at..].starts_with("{{")
}

/// The folder of a stack and its file; the file itself may be named as well.
fn locate(given: &Path) -> Result<(PathBuf, PathBuf), String> {
    if given.is_file() {
        let folder = given.parent().map(Path::to_path_buf).unwrap_or_default();
        return Ok((folder, given.to_path_buf()));
    }
    let path = if given == Path::new(".") { PathBuf::from(STACK_FILE) } else { given.join(STACK_FILE) };
    if path.is_file() {
        return Ok((given.to_path_buf(), path));
    }
    Err(format!(
        "error: there is no {STACK_FILE} in `{}`\n  help: run this in the folder that holds it, or name that folder: \
         `--stack stacks/shop`\n",
        shown(given)
    ))
}

fn load_templates(stack: &Stack, catalog: &mut Catalog, sources: &mut Sources) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for service in stack.services.values() {
        let layers =
            std::iter::once(&service.layer).chain(service.overrides.values().map(|over| &over.layer));
        for used in layers.filter_map(|layer| layer.template.as_ref()) {
            diagnostics.extend(catalog.load(&used.name, sources));
        }
    }
    diagnostics
}

/// The user's own templates: name, path and text.
pub(super) fn own_templates(folder: &Path) -> Result<Vec<(String, String, String)>, String> {
    let folder = folder.join(TEMPLATES);
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Ok((name, shown(&path), read(&path)?))
    };
    paths.into_iter().map(read).collect()
}

fn read(path: &Path) -> Result<String, String> {
    super::lint::read(path)
}

/// Shows what is wrong with a stack.
pub(super) fn complain_about(diagnostics: &[Diagnostic], sources: &Sources) {
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    complain(&report::human(diagnostics, sources, look(is_terminal)));
    complain(&format!("{}\n", report::summary(diagnostics, 1)));
}
