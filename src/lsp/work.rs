//! The thread that looks at folders while the other one answers.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use gen_lsp_types::{Diagnostic, PublishDiagnosticsParams};
use serde_json::json;

use super::diagnostics::by_file;
use super::documents::{Named, Texts};
use super::host::{Checked, Checker, Folder, Host, Options};
use super::position::Encoding;
use super::transport::Client;
use super::uri;

/// What there is to look at.
pub(super) struct Task {
    /// The number of the change that led to it.
    pub(super) generation: u64,
    pub(super) folders: Vec<Folder>,
    pub(super) texts: Texts,
    pub(super) names: BTreeMap<PathBuf, Named>,
    pub(super) options: Options,
    /// The texts that have changed, if nothing else has.
    pub(super) changed: Option<BTreeSet<PathBuf>>,
    /// Whether to say that it is going on.
    pub(super) shows_progress: bool,
}

/// What both threads know.
#[derive(Default)]
pub(super) struct Shared {
    /// The number of the newest change.
    pub(super) generation: AtomicU64,
    /// What was last said about each folder.
    pub(super) checked: Mutex<BTreeMap<Folder, Arc<Checked>>>,
}

impl Shared {
    /// What was last said about a folder.
    pub(super) fn checked(&self, folder: &Folder) -> Option<Arc<Checked>> {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner).get(folder).map(Arc::clone)
    }
}

/// The name of the progress that is shown.
const PROGRESS: &str = "stackgen/check";

/// Looks at folders until there is nobody left who wants it.
pub(super) struct Worker {
    pub(super) host: Arc<dyn Host>,
    pub(super) client: Client,
    pub(super) encoding: Encoding,
    pub(super) shared: Arc<Shared>,
    pub(super) checkers: BTreeMap<Folder, Box<dyn Checker>>,
    /// What the client was last told of each file.
    pub(super) told: BTreeMap<PathBuf, Vec<Diagnostic>>,
}

impl Worker {
    /// Does what comes in.
    pub(super) fn run(mut self, tasks: &Receiver<Task>) {
        while let Ok(mut task) = tasks.recv() {
            // Of several changes only the last state is looked at.
            while let Ok(newer) = tasks.try_recv() {
                let changed = match (task.changed, newer.changed) {
                    (Some(older), Some(newer)) => Some(&older | &newer),
                    _ => None,
                };
                task = Task { changed, shows_progress: task.shows_progress || newer.shows_progress, ..newer };
            }
            self.check(&task);
        }
    }

    fn check(&mut self, task: &Task) {
        self.checkers.retain(|folder, _| task.folders.contains(folder));
        if task.shows_progress {
            self.client.ask(PROGRESS, "window/workDoneProgress/create", json!({ "token": PROGRESS }));
            self.progress(
                json!({ "kind": "begin", "title": "stackgen", "message": "reading compose files" }),
            );
        }
        let mut found = BTreeMap::new();
        for folder in &task.folders {
            let is_known = self.checkers.contains_key(folder);
            let checker = self.checkers.entry(folder.clone()).or_insert_with(|| self.host.checker(folder));
            let changed = task.changed.as_ref().filter(|_| is_known);
            let checked =
                catch_unwind(AssertUnwindSafe(|| checker.check(&task.texts, &task.options, changed)));
            // A mistake of this program in one folder is none of the others'.
            let checked = checked.unwrap_or_else(|_| {
                self.checkers.remove(folder);
                let complaint = format!("a check of `{}` failed; please report it", folder.path.display());
                Checked { complaints: vec![complaint], ..Checked::default() }
            });
            found.insert(folder.clone(), Arc::new(checked));
        }
        if task.shows_progress {
            self.progress(json!({ "kind": "end" }));
        }
        // What is about older texts would stand in wrong places.
        if task.generation == self.shared.generation.load(Ordering::Acquire) {
            *self.shared.checked.lock().unwrap_or_else(PoisonError::into_inner) = found.clone();
            self.tell(task, &found);
        }
    }

    fn progress(&self, value: serde_json::Value) {
        self.client.notify("$/progress", json!({ "token": PROGRESS, "value": value }));
    }

    /// Tells what is new about each file.
    fn tell(&mut self, task: &Task, found: &BTreeMap<Folder, Arc<Checked>>) {
        let mut files: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
        for (folder, checked) in found {
            checked.complaints.iter().for_each(|complaint| self.client.log(complaint));
            for (path, diagnostics) in by_file(checked, folder, self.encoding) {
                // Folders may lie in each other.
                files.entry(path).or_insert(diagnostics);
            }
        }
        let gone: Vec<PathBuf> =
            self.told.keys().filter(|path| !files.contains_key(*path)).cloned().collect();
        files.extend(gone.into_iter().map(|path| (path, Vec::new())));
        for path in task.names.keys() {
            files.entry(path.clone()).or_default();
        }
        for (path, diagnostics) in files {
            let named = task.names.get(&path);
            let is_changed = task.changed.as_ref().is_none_or(|changed| changed.contains(&path));
            if self.told.get(&path) == Some(&diagnostics) && !(named.is_some() && is_changed) {
                continue;
            }
            let uri = named.map_or_else(|| uri::of(&path), |named| named.uri.clone());
            let version = named.map(|named| named.version);
            self.client.notify(
                "textDocument/publishDiagnostics",
                PublishDiagnosticsParams::new(uri, version, diagnostics.clone()),
            );
            if diagnostics.is_empty() {
                self.told.remove(&path);
            } else {
                self.told.insert(path, diagnostics);
            }
        }
    }
}
