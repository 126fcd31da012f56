//! `--fix` and `--diff`: which files may be changed, what they become, and how that is told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use similar::TextDiff;

use super::project::Linted;
use super::secrets::Secrets;
use crate::cli::disk::{Change, Disk, Transaction};
use crate::cli::error::CliError;
use crate::cli::{complain, display};
use crate::fix::{Checked, fix};
use crate::render::{FileState, state_of};
use crate::report::shown;
use compose_reader::diagnostic::Applicability;

/// What fixing has come to.
#[derive(Default)]
pub(super) struct Fixing {
    /// The files that have changed.
    changed: BTreeMap<PathBuf, Changed>,
    /// Findings that are gone.
    done: usize,
    /// Rules whose fixes would have made a file worse, with the file.
    refused: BTreeSet<(PathBuf, &'static str)>,
    /// Secrets that are taken out of files.
    secrets: Secrets,
    /// Files that have fixes and are not to be changed.
    rendered: BTreeSet<PathBuf>,
}

/// A file that has changed.
struct Changed {
    before: String,
    after: String,
    /// Both as they may be shown.
    shown: [String; 2],
}

impl Fixing {
    /// Fixes one project; what its files become is taken in their place from now on.
    pub(super) fn project(
        &mut self,
        paths: &[PathBuf],
        trusted: Applicability,
        disk: &mut Disk,
        lint: impl Fn(&Disk) -> Linted,
    ) {
        let mut checked = lint(disk).checked;
        let Some(first) = paths.first() else { return };
        if trusted == Applicability::Unsafe {
            self.secrets.guard(first, disk, &mut checked.findings, &checked.sources);
        }
        let is_fixable = |id| {
            let fixes = checked.findings.iter().filter_map(|finding| finding.fix.as_ref());
            fixes.flat_map(|fix| &fix.edits).any(|edit| edit.span.source == id)
        };
        let mut editable = Vec::new();
        for (path, id) in paths.iter().zip(&checked.files).filter(|(_, id)| is_fixable(**id)) {
            let text = checked.sources.get(*id).text();
            if state_of(&display(path), text, None) == FileState::Foreign {
                let shown = shown(checked.sources.get(*id)).into_owned();
                editable.push((path, *id, text.to_owned(), shown));
            } else {
                self.rendered.insert(path.clone());
            }
        }
        if editable.is_empty() {
            return;
        }
        let ids: Vec<_> = editable.iter().map(|(_, id, ..)| *id).collect();
        checked.files.clone_from(&ids);
        let fixed = fix(checked, trusted, |edited| {
            for ((path, ..), text) in editable.iter().zip(edited) {
                disk.put(path, text.clone());
            }
            self.secrets.show(first, disk);
            let mut checked = Checked { files: ids.clone(), ..lint(disk).checked };
            if trusted == Applicability::Unsafe {
                self.secrets.guard(first, disk, &mut checked.findings, &checked.sources);
            }
            checked
        });
        self.done += fixed.done;
        for (path, id, before, shown_before) in editable {
            let source = fixed.checked.sources.get(id);
            let after = source.text();
            disk.put(path, after.to_owned());
            self.refused.extend(fixed.refused.iter().map(|name| (path.clone(), *name)));
            if after != before {
                self.secrets.keep(first, &before, after);
                // Another project may have changed it already.
                let changed = self.changed.entry(path.clone()).or_insert_with(|| Changed {
                    before,
                    after: String::new(),
                    shown: [shown_before, String::new()],
                });
                after.clone_into(&mut changed.after);
                changed.shown[1] = shown(source).into_owned();
            }
        }
    }

    /// Whether any file has changed.
    pub(super) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// The changes, as a diff that shows no secret.
    pub(super) fn diff(&self) -> String {
        let one = |(path, Changed { shown: [before, after], .. }): (&PathBuf, &Changed)| {
            let name = display(path);
            TextDiff::from_lines(before, after).unified_diff().header(&name, &name).to_string()
        };
        self.changed.iter().map(one).collect()
    }

    /// Writes what has changed, unless somebody has changed it otherwise meanwhile: all files of a repository, or none.
    pub(super) fn write(&self, disk: &Disk) -> Result<(), CliError> {
        let mut by_root: BTreeMap<PathBuf, Vec<Change>> = BTreeMap::new();
        for (path, Changed { before, after, .. }) in &self.changed {
            let change = Change::write(path, after.as_str()).over(Some(before.as_bytes()));
            by_root.entry(disk.root_of_file(path)).or_default().push(change);
        }
        for (path, _, change) in self.secrets.changes() {
            by_root.entry(disk.root_of_file(path)).or_default().push(change);
        }
        for (root, changes) in &by_root {
            Transaction::begin(disk, root)?.commit(disk, changes)?;
        }
        Ok(())
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
        for (path, names, _) in self.secrets.changes() {
            complain(&format!(
                "note: `{}` has the secret now: {}\n  help: keep it out of git, and change what was in git already\n",
                display(path),
                names.join(", ")
            ));
        }
        let findings = if self.done == 1 { "finding" } else { "findings" };
        let files = if self.changed.len() == 1 { "file" } else { "files" };
        complain(&format!("{verb} {} {findings} in {} {files}\n", self.done, self.changed.len()));
    }
}
