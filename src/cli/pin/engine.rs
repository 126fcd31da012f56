//! The digest of an image that the Docker Engine here has pulled.

use std::time::Duration;

use crate::cli::program::{self, Said};
use crate::cli::registry::is_digest;
use compose_reader::values::{ImageReference, Sketch};

/// How long the Docker Engine may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The digest under which an image was pulled by its tag, if the engine has it; `None` outside where there is no engine.
pub(super) fn digest(image: &str) -> Option<Option<String>> {
    if image.starts_with('-') {
        return Some(None);
    }
    let words = ["docker", "image", "inspect", "--format", "{{json .RepoDigests}}", image];
    let ended = program::run(&words, Said::Kept, PATIENCE).ok()?;
    let code = ended.status.and_then(|status| status.code())?;
    // That it has no such image, and that there is no engine, both end with 1.
    if code != 0 {
        let said = String::from_utf8_lossy(&ended.stderr).to_lowercase();
        return said.contains("no such image").then_some(None);
    }
    let digests: Vec<String> = serde_json::from_slice(&ended.stdout).unwrap_or_default();
    let sketch = Sketch::from(image);
    let name = ImageReference::of(&sketch).familiar_name();
    // An image that was pulled from several places has one for each.
    let own = digests.iter().filter_map(|digest| digest.split_once('@'));
    let own = own.filter(|(of, _)| ImageReference::of(&Sketch::from(*of)).familiar_name() == name);
    Some(own.map(|(_, digest)| digest.to_owned()).find(|digest| is_digest(digest)))
}
