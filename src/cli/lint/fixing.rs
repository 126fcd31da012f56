//! `--fix` and `--diff`: which files may be changed, what they become, and how that is told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use similar::TextDiff;

use super::project::Linted;
use super::text::Texts;
use crate::cli::write::write_whole;
use crate::cli::{complain, display};
use crate::fix::{Checked, fix};
use crate::render::{FileState, state_of};
use compose_reader::diagnostic::Applicability;

/// What fixing has come to.
#[derive(Default)]
pub(super) struct Fixing {
    /// The files that have changed, with their texts before and after.
    changed: BTreeMap<PathBuf, (String, String)>,
    /// Findings that are gone.
    done: usize,
    /// Rules whose fixes would have made a file worse, with the file.
    refused: BTreeSet<(PathBuf, &'static str)>,
    /// Files that have fixes and are not to be changed.
    rendered: BTreeSet<PathBuf>,
}

impl Fixing {
    /// Fixes one project; what its files become is taken in their place from now on.
    pub(super) fn project(
        &mut self,
        paths: &[PathBuf],
        trusted: Applicability,
        texts: &mut Texts,
        lint: impl Fn(&Texts) -> Linted,
    ) {
        let mut checked = lint(texts).checked;
        let is_fixable = |id| {
            let fixes = checked.findings.iter().filter_map(|finding| finding.fix.as_ref());
            fixes.flat_map(|fix| &fix.edits).any(|edit| edit.span.source == id)
        };
        let mut editable = Vec::new();
        for (path, id) in paths.iter().zip(&checked.files).filter(|(_, id)| is_fixable(**id)) {
            let text = checked.sources.get(*id).text();
            if state_of(&display(path), text, None) == FileState::Foreign {
                editable.push((path, *id, text.to_owned()));
            } else {
                self.rendered.insert(path.clone());
            }
        }
        if editable.is_empty() {
            return;
        }
        let ids: Vec<_> = editable.iter().map(|(_, id, _)| *id).collect();
        checked.files.clone_from(&ids);
        let fixed = fix(checked, trusted, |edited| {
            for ((path, _, _), text) in editable.iter().zip(edited) {
                texts.put((*path).clone(), text.clone());
            }
            Checked { files: ids.clone(), ..lint(texts).checked }
        });
        self.done += fixed.done;
        for (path, id, before) in &editable {
            let after = fixed.checked.sources.get(*id).text();
            texts.put((*path).clone(), after.to_owned());
            if after != before {
                let first = self.changed.remove(*path).map_or_else(|| before.clone(), |(first, _)| first);
                self.changed.insert((*path).clone(), (first, after.to_owned()));
            }
            self.refused.extend(fixed.refused.iter().map(|name| ((*path).clone(), *name)));
        }
    }

    /// Whether any file has changed.
    pub(super) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// The changes, as a diff.
    pub(super) fn diff(&self) -> String {
        let one = |(path, (before, after)): (&PathBuf, &(String, String))| {
            let name = display(path);
            TextDiff::from_lines(before.as_str(), after).unified_diff().header(&name, &name).to_string()
        };
        self.changed.iter().map(one).collect()
    }

    /// Writes what has changed; false where that fails.
    pub(super) fn write(&self) -> bool {
        let mut is_written = true;
        for (path, (_, after)) in &self.changed {
            if let Err(message) = write_whole(path, after) {
                complain(&message);
                is_written = false;
            }
        }
        is_written
    }

    /// Says what has been done, or would be, and what not.
    pub(super) fn tell(&self, verb: &str) {
        for (path, rule) in &self.refused {
            complain(&format!(
                "note: `{}` would be worse with the fix of {rule}, and is left as it was there\n",
                display(path)
            ));
        }
        for path in &self.rendered {
            complain(&format!(
                "note: `{}` is rendered from a stack, and not changed\n  help: change stack.yaml; `stackgen lint --stack DIR` \
                 points to its lines\n",
                display(path)
            ));
        }
        let findings = if self.done == 1 { "finding" } else { "findings" };
        let files = if self.changed.len() == 1 { "file" } else { "files" };
        complain(&format!("{verb} {} {findings} in {} {files}\n", self.done, self.changed.len()));
    }
}
