//! References to images.

use std::fmt;
use std::ops::Range;

use super::sketch::{Part, Sketch};
use crate::source::range;

/// A reference to an image: `[REGISTRY/]PATH[:TAG][@DIGEST]`.
///
/// ```
/// use compose_reader::values::{ImageReference, Sketch};
///
/// let sketch = Sketch::from("docker.io/library/postgres:18@sha256:00");
/// let image = ImageReference::of(&sketch);
/// assert_eq!(image.familiar_name(), "postgres");
/// assert_eq!(image.tag().and_then(|tag| tag.known()), Some("18"));
/// assert_eq!(image.to_string(), "docker.io/library/postgres:18@sha256:00");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ImageReference<'s> {
    sketch: &'s Sketch,
    /// Where the name ends: registry and path.
    name: usize,
    /// Where the path begins.
    path: usize,
    /// Where the tag ends.
    tag: usize,
}

impl<'s> ImageReference<'s> {
    /// Reads a reference; whatever it is, it has a name.
    ///
    /// Source: distribution/reference, `ParseNormalizedNamed` and `splitDockerDomain`.
    pub fn of(sketch: &'s Sketch) -> Self {
        let tag = sketch.find('@').unwrap_or(sketch.len());
        let tagged = sketch.get(..tag).unwrap_or_default();
        let last = tagged.rfind('/').map_or(0, range::behind);
        let name = tagged
            .get(last..)
            .and_then(|last| last.find(':'))
            .map_or(tag, |colon| range::offset(last, colon));
        let path = match tagged.split_once('/') {
            Some((first, _)) if is_registry(first) => range::after(0, [first, "/"]),
            _ => 0,
        };
        Self { sketch, name, path, tag }
    }

    fn part(self, range: Range<usize>) -> Part<'s> {
        self.sketch.part(range)
    }

    /// The registry that it is pulled from, where it names one.
    pub fn registry(self) -> Option<Part<'s>> {
        let end = self.path.checked_sub(1)?;
        Some(self.part(0..end))
    }

    /// Its name in the registry, the publisher's included.
    pub fn path(self) -> Part<'s> {
        self.part(self.path..self.name)
    }

    /// Registry and path, as they are written.
    pub fn name(self) -> Part<'s> {
        self.part(0..self.name)
    }

    /// The tag, where it names one.
    pub fn tag(self) -> Option<Part<'s>> {
        self.tag_range().map(|range| self.part(range))
    }

    /// The bytes of the tag in the text, where it names one.
    pub fn tag_range(self) -> Option<Range<usize>> {
        (self.name < self.tag).then_some(range::behind(self.name)..self.tag)
    }

    /// The digest, where it names one.
    pub fn digest(self) -> Option<Part<'s>> {
        (self.tag < self.sketch.len()).then(|| self.part(range::behind(self.tag)..self.sketch.len()))
    }

    /// The name as Docker shows it, holes included: `postgres` for `docker.io/library/postgres`. A mirror of Docker Hub keeps the
    /// folder of the official images, which are taken for what they are: `public.ecr.aws/docker/library/postgres`.
    pub fn familiar_name(self) -> &'s str {
        let path = self.path().shown();
        if let Some((folder, last)) = path.rsplit_once('/')
            && (folder == "library" || folder.ends_with("/library"))
        {
            return last;
        }
        let is_hub = self.registry().is_some_and(|registry| is_docker_hub(registry.shown()));
        if is_hub { path } else { self.name().shown() }
    }

    /// The last part of its name: `postgres` for `bitnami/postgres`.
    pub fn last_name(self) -> Part<'s> {
        let before = self.sketch.get(..self.name).and_then(|name| name.rfind('/'));
        self.part(before.map_or(0, range::behind)..self.name)
    }
}

/// Whether what stands before the first slash is a registry, and not a publisher at Docker Hub.
fn is_registry(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || first.chars().any(char::is_uppercase)
}

fn is_docker_hub(registry: &str) -> bool {
    matches!(registry, "docker.io" | "index.docker.io")
}

/// As it is written.
impl fmt::Display for ImageReference<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.sketch, formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ImageReference, Sketch};

    /// What `docker image pull` makes of each.
    #[test]
    fn every_part_is_found() {
        for (text, registry, path, tag, digest) in [
            ("postgres", None, "postgres", None, None),
            ("postgres:18", None, "postgres", Some("18"), None),
            ("bitnami/redis:7", None, "bitnami/redis", Some("7"), None),
            ("localhost/a", Some("localhost"), "a", None, None),
            ("localhost:5000/a", Some("localhost:5000"), "a", None, None),
            ("registry:5000/a/b:1", Some("registry:5000"), "a/b", Some("1"), None),
            ("ghcr.io/a/b@sha256:00", Some("ghcr.io"), "a/b", None, Some("sha256:00")),
            ("a:1@sha256:00", None, "a", Some("1"), Some("sha256:00")),
            ("[::1]:5000/a:1", Some("[::1]:5000"), "a", Some("1"), None),
            ("Registry/a", Some("Registry"), "a", None, None),
            ("", None, "", None, None),
        ] {
            let sketch = Sketch::from(text);
            let image = ImageReference::of(&sketch);
            let shown = |part: Option<super::Part<'_>>| part.and_then(|part| part.known().map(str::to_owned));
            assert_eq!(shown(image.registry()).as_deref(), registry, "{text}");
            assert_eq!(image.path().known(), Some(path), "{text}");
            assert_eq!(shown(image.tag()).as_deref(), tag, "{text}");
            assert_eq!(shown(image.digest()).as_deref(), digest, "{text}");
        }
    }

    /// `mylibrary/postgres` passed for the official image once.
    #[test]
    fn official_images_have_short_names() {
        for (text, name) in [
            ("postgres", "postgres"),
            ("library/postgres", "postgres"),
            ("docker.io/postgres:18", "postgres"),
            ("docker.io/library/postgres:18@sha256:0", "postgres"),
            ("index.docker.io/library/postgres", "postgres"),
            ("docker.io/bitnami/redis", "bitnami/redis"),
            ("public.ecr.aws/docker/library/redis:8", "redis"),
            ("mirror.gcr.io/library/redis", "redis"),
            ("mylibrary/postgres", "mylibrary/postgres"),
            ("registry.example.com/mylibrary/postgres", "registry.example.com/mylibrary/postgres"),
            ("library/team/postgres", "library/team/postgres"),
            ("localhost:5000/redis", "localhost:5000/redis"),
            ("quay.io/minio/minio:$TAG", "quay.io/minio/minio"),
            ("$REGISTRY/redis:8", "…/redis"),
        ] {
            assert_eq!(ImageReference::of(&Sketch::of(text)).familiar_name(), name, "{text}");
        }
    }

    #[test]
    fn a_part_with_a_variable_is_not_known() {
        let sketch = Sketch::of("$REGISTRY/a:${VERSION:-1}-$FLAVOUR");
        let image = ImageReference::of(&sketch);
        assert_eq!(image.name().known(), None);
        assert_eq!(image.tag().map(|tag| (tag.shown(), tag.known())), Some(("1-…", None)));
        let sketch = Sketch::of("a:${VERSION:-1}");
        assert_eq!(ImageReference::of(&sketch).tag().and_then(|tag| tag.known()), Some("1"));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(text in "[a-zA-Z0-9:/@.$é…-]{0,24}") {
            let sketch = Sketch::from(&*text);
            let image = ImageReference::of(&sketch);
            prop_assert_eq!(image.to_string(), &*text);
            let registry = image.registry().map(|part| format!("{part}/")).unwrap_or_default();
            let tag = image.tag().map(|part| format!(":{part}")).unwrap_or_default();
            let digest = image.digest().map(|part| format!("@{part}")).unwrap_or_default();
            prop_assert_eq!(format!("{registry}{}{tag}{digest}", image.path()), text);
        }
    }
}
