//! Texts in the place of rendered files, as they may be shown: somebody may have written a secret into one.

use crate::lint;
use crate::report;
use compose_reader::compose::{NoFiles, Project, Request};
use compose_reader::source::{SourceId, Sources};

/// A text, its secrets left out.
pub(super) fn shown(name: &str, text: &str) -> String {
    let mut sources = Sources::new();
    let id = add(&mut sources, name, text);
    report::shown(sources.get(id)).into_owned()
}

/// Adds a text whose secrets nobody is to be shown.
pub(super) fn add(sources: &mut Sources, name: &str, text: &str) -> SourceId {
    let id = sources.add(name, text);
    let request = Request::of_texts(sources, &[id]);
    let mut secrets = lint::secrets(&Project::read(sources, &NoFiles, &request));
    secrets.retain(|secret| secret.source == id);
    secrets.into_iter().for_each(|secret| sources.keep_secret(secret));
    id
}
