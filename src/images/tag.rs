//! The tag of an image, and which tags a fact is about.

use compose_reader::values::ImageReference;

/// A version as its numbers; what is left out stands for the newest.
type Version = Vec<u32>;

/// Words that a tag without a version may begin with: it is the newest one.
const NEWEST: [&str; 14] = [
    "latest",
    "lts",
    "stable",
    "mainline",
    "alpine",
    "slim",
    "trixie",
    "bookworm",
    "bullseye",
    "management",
    "apache",
    "fpm",
    "cli",
    "unprivileged",
];

/// What stands behind the colon of a reference.
#[derive(Clone, Debug)]
pub struct Tag<'r> {
    /// Its words; `None` where a variable hides them.
    words: Option<Vec<&'r str>>,
    /// Its version; `None` where it names none that could be compared.
    version: Option<Version>,
}

impl<'r> Tag<'r> {
    /// The tag of a reference: `latest` where it has none, unless a digest says which version it is.
    pub fn of(reference: ImageReference<'r>) -> Self {
        let tag = match (reference.tag(), reference.digest()) {
            (Some(tag), _) => tag.known(),
            (None, Some(_)) => None,
            (None, None) => reference.last_name().known().map(|_| "latest"),
        };
        let Some(tag) = tag else { return Self { words: None, version: None } };
        if let Some(date) = tag.strip_prefix("RELEASE.") {
            // `RELEASE.2023-11-01T18-37-25Z`
            let day = date.split('T').next().unwrap_or(date);
            return Self { words: Some(vec![tag]), version: version(&day.replace('-', ".")) };
        }
        let words: Vec<&str> = tag.split('-').collect();
        let first = words.first().copied().unwrap_or_default();
        let is_newest = NEWEST.iter().any(|newest| first.starts_with(newest));
        let version = if is_newest { Some(Version::new()) } else { version(first) };
        Self { words: Some(words), version }
    }
}

impl Tag<'_> {
    /// Whether it is of a version or a later one; `None` where it names none.
    pub fn is_from(&self, bound: &str) -> Option<bool> {
        Some(is_at_least(self.version.as_ref()?, &version(bound)?))
    }

    /// Whether it says a version, and not only that it is the newest one.
    pub fn names_version(&self) -> bool {
        self.version.as_ref().is_some_and(|version| !version.is_empty())
    }
}

/// `18`, `3.6.5`, `v2.53.0`; nothing where other characters stand between.
fn version(text: &str) -> Option<Version> {
    let numbers = text.strip_prefix('v').unwrap_or(text);
    let version: Option<Version> = numbers.split('.').map(|number| number.parse().ok()).collect();
    version.filter(|version| !version.is_empty())
}

/// Which tags something holds for; all of them where nothing is given.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    /// What a word of the tag begins with.
    pub(super) tag: Option<String>,
    /// The first version.
    pub(super) from: Option<Version>,
    /// The first version that it no longer holds for.
    pub(super) below: Option<Version>,
}

impl Bounds {
    /// A bound as it is written.
    pub(super) fn version(text: &str) -> Option<Version> {
        version(text)
    }

    /// Whether it holds for a tag; `None` where that cannot be known.
    pub(super) fn hold(&self, tag: &Tag<'_>) -> Option<bool> {
        let has_word = match (&self.tag, &tag.words) {
            (None, _) => Some(true),
            (Some(wanted), Some(words)) => Some(words.iter().any(|word| word.starts_with(&**wanted))),
            (Some(_), None) => None,
        };
        let compare = |bound: &Version| tag.version.as_ref().map(|version| is_at_least(version, bound));
        let from = self.from.as_ref().map_or(Some(true), compare);
        let below = self.below.as_ref().map_or(Some(true), |bound| compare(bound).map(|reached| !reached));
        let all = [has_word, from, below];
        if all.contains(&Some(false)) { Some(false) } else { all.iter().all(Option::is_some).then_some(true) }
    }
}

fn is_at_least(version: &Version, bound: &Version) -> bool {
    let newest = std::iter::repeat(&u32::MAX);
    version.iter().chain(newest).zip(bound).map(|(left, right)| left.cmp(right)).find(|order| order.is_ne())
        != Some(std::cmp::Ordering::Less)
}

#[cfg(test)]
mod tests {
    use compose_reader::values::{ImageReference, Sketch};

    use super::{Bounds, Tag, version};

    fn hold(bounds: &Bounds, reference: &str) -> Option<bool> {
        bounds.hold(&Tag::of(ImageReference::of(&Sketch::of(reference))))
    }

    #[test]
    fn bounds_know_what_a_tag_stands_for() {
        let bounds = |from: &str, below: &str| Bounds {
            tag: None,
            from: version(from).filter(|_| !from.is_empty()),
            below: version(below).filter(|_| !below.is_empty()),
        };
        for (reference, from, below, expected) in [
            ("a:18", "18", "", Some(true)),
            ("a:17.6-alpine", "18", "", Some(false)),
            ("a", "18", "", Some(true)),
            ("a:alpine3.22", "18", "", Some(true)),
            ("a:3.6", "3.6.5", "", Some(true)),
            ("a:3.6.4", "3.6.5", "", Some(false)),
            ("a:v3.7.1", "3.6.5", "", Some(true)),
            ("a:8.4", "8.4", "9", Some(true)),
            ("a:9", "8.4", "9", Some(false)),
            ("a:main", "1", "", None),
            ("a:RELEASE.2025-09-07T16-13-09Z", "2024.2", "", Some(true)),
            ("a:RELEASE.2023-11-01T18-37-25Z", "2023.11", "2024.2", Some(true)),
            ("a:$TAG", "1", "", None),
            ("a:$TAG", "", "", Some(true)),
            ("localhost:5000/a", "1", "", Some(true)),
            ("a@sha256:00", "1", "", None),
            ("a$TAG", "1", "", None),
            ("a:17@sha256:00", "18", "", Some(false)),
        ] {
            assert_eq!(hold(&bounds(from, below), reference), expected, "{reference} {from} {below}");
        }
    }

    #[test]
    fn words_are_compared_by_how_they_begin() {
        let alpine = Bounds { tag: Some("alpine".to_owned()), ..Bounds::default() };
        for (reference, expected) in [
            ("a:3-alpine3.22", Some(true)),
            ("a:3-slim", Some(false)),
            ("a", Some(false)),
            ("a:3-$TAG", None),
        ] {
            assert_eq!(hold(&alpine, reference), expected, "{reference}");
        }
    }
}
