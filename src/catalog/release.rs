//! Which version and flavour of a template's image a service runs: of the image that is written beside the template, if one is.

use super::template::Template;
use crate::images::Tag;
use compose_reader::values::{ImageReference, Sketch};

/// The release of an image, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Its version without the flavour: `16.4` of `16.4-bookworm`.
    pub version: Option<String>,
    /// What the image is built on, in the words of its tags: `bookworm`; none for the tag without one.
    pub flavour: Option<String>,
    /// The tag of the template's image.
    pub tag: Option<String>,
}

impl Release {
    /// The release of a service that uses a template as `written` behind its `@`, and runs `image` where it names one.
    pub fn of(template: &Template, written: Option<&str>, image: Option<&str>) -> Self {
        let Some(text) = written.or(template.versions.first().map(String::as_str)) else {
            return Self::default();
        };
        let (version, flavour) = template.parts(text);
        let (tag, flavour) = match (flavour, &template.flavour) {
            (None, Some(usual)) => (format!("{text}-{usual}"), Some(usual.clone())),
            (flavour, _) => (text.to_owned(), flavour.map(str::to_owned)),
        };
        let own = Self { version: Some(version.to_owned()), flavour, tag: Some(tag) };
        let Some(image) = image else { return own };
        let sketch = Sketch::of(image);
        let reference = ImageReference::of(&sketch);
        let tag = reference.tag().and_then(|tag| tag.known());
        let words = || tag.into_iter().flat_map(|tag| tag.split(['-', '_']));
        let named = || words().find_map(|word| word.strip_prefix(template.abbreviation.as_deref()?));
        let version =
            named().filter(|word| is_version(word)).or_else(|| words().find(|word| is_version(word)));
        let is_newest = Tag::of(reference).is_from("0") == Some(true);
        Self {
            version: match version {
                Some(version) => Some(version.to_owned()),
                None if written.is_some() || is_newest => own.version,
                None => None,
            },
            flavour: words().find_map(|word| template.flavour_of(word)).map(str::to_owned),
            tag: own.tag,
        }
    }

    /// The first number of its version.
    pub fn major(&self) -> Option<i64> {
        let version = self.version.as_deref()?;
        let digits = version.split(|next: char| !next.is_ascii_digit()).find(|digits| !digits.is_empty())?;
        digits.parse().ok()
    }
}

/// `16`, `v3.5`: numbers with dots between them.
fn is_version(word: &str) -> bool {
    let numbers = word.strip_prefix('v').unwrap_or(word);
    numbers.split('.').all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::Release;
    use crate::catalog::Catalog;
    use compose_reader::source::Sources;

    fn release(
        template: &str,
        written: Option<&str>,
        image: Option<&str>,
    ) -> (Option<String>, Option<String>) {
        let mut catalog = Catalog::new([]);
        catalog.load(template, &mut Sources::new());
        let release = Release::of(catalog.get(template).expect("a template"), written, image);
        (release.version, release.flavour)
    }

    #[test]
    fn the_image_that_runs_says_version_and_flavour() {
        for (image, version, flavour) in [
            ("postgres:16", Some("16"), None),
            ("postgres:14.2-alpine3.22", Some("14.2"), Some("alpine")),
            ("ghcr.io/immich-app/postgres:14-vectorchord0.4.3-pgvectors0.2.0", Some("14"), None),
            ("timescale/timescaledb:2.17.2-pg16", Some("16"), None),
            ("postgres:${PG:-15}-bookworm", Some("15"), Some("bookworm")),
            ("postgres", Some("18"), None),
            ("postgres:latest", Some("18"), None),
            ("postgres:$TAG", None, None),
            ("postgres@sha256:00", None, None),
        ] {
            let expected = (version.map(str::to_owned), flavour.map(str::to_owned));
            assert_eq!(release("postgres", None, Some(image)), expected, "{image}");
        }
    }

    #[test]
    fn a_template_says_the_rest() {
        let own = |text: &str| (Some(text.to_owned()), Some("alpine".to_owned()));
        assert_eq!(release("postgres", None, None), own("18"));
        assert_eq!(release("postgres", Some("16.4-alpine3.22"), None), own("16.4"));
        assert_eq!(release("postgres", Some("16"), Some("postgres:$TAG")), (Some("16".to_owned()), None));
        assert_eq!(release("loki", None, Some("grafana/loki:3.5.8")).0.as_deref(), Some("3.5.8"));
    }
}
