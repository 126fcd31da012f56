//! The images of compose files, where each is written.

use std::path::PathBuf;

use super::Found;
use crate::cli::disk::{Disk, STDIN};
use crate::cli::error::CliError;
use crate::cli::project::{self, ProjectArgs};
use crate::render::{FileState, state_of};
use compose_reader::yaml::{Node, parse};

/// Finds the images of some compose files, or of those that `docker compose` finds here.
pub(super) fn find(files: &[PathBuf], disk: &Disk) -> Result<Found, CliError> {
    if files.iter().any(|path| path.as_os_str() == STDIN) {
        return Err(CliError::new("standard input cannot be changed").help("name a file"));
    }
    let args = ProjectArgs { files: files.to_vec(), ..ProjectArgs::default() };
    let (sources, _, request) = project::open(&args, disk)?;
    let mut found = Found::default();
    for (id, _) in &request.files {
        let (name, text) = (sources.get(*id).name(), sources.get(*id).text());
        if state_of(name, text, None) != FileState::Foreign {
            found.left.insert(format!(
                "`{name}` is rendered from a stack, and not changed; `stackgen pin --stack DIR` is"
            ));
            continue;
        }
        let parsed = parse(*id, text)
            .map_err(|error| CliError::new(error.message).help(error.help).at(error.span, &sources))?;
        for document in &parsed.documents {
            let services = document.get("services").and_then(Node::as_mapping).into_iter().flatten();
            for (_, service) in services {
                found.add_written(&service.value);
            }
        }
    }
    found.sources = sources;
    Ok(found)
}

impl Found {
    /// Notes the image of a service, unless that is a name for what is built.
    fn add_written(&mut self, service: &Node) {
        let Some(node) = service.get("image").filter(|_| service.get("build").is_none()) else { return };
        let Some(image) = node.as_text() else { return };
        let end = node.part(image.len()..image.len());
        if !self.takes(image) {
            return;
        }
        if end.is_empty() {
            self.add(image, end, String::new());
        } else {
            self.left.insert(format!("`{image}` is left as it is: it is not written as it is read"));
        }
    }
}
