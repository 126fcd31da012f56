//! Mounts.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::source::range;

/// The parts of a mount in the short syntax, `[SOURCE:]TARGET[:OPTION,…]`, as bytes of the text.
///
/// ```
/// use compose_reader::values::MountParts;
///
/// let text = "./data:/data:ro,z";
/// let parts = MountParts::of(text);
/// assert_eq!(parts.source.and_then(|range| text.get(range)), Some("./data"));
/// assert_eq!(text.get(parts.target), Some("/data"));
/// assert_eq!(parts.options.and_then(|range| text.get(range)), Some("ro,z"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountParts {
    /// The path on the host, or the name of the volume.
    pub source: Option<Range<usize>>,
    /// The path in the container.
    pub target: Range<usize>,
    /// What else is asked, with commas between.
    pub options: Option<Range<usize>>,
    /// What is behind a third colon: nothing belongs there.
    pub rest: Option<Range<usize>>,
}

impl MountParts {
    /// Takes an entry apart.
    ///
    /// Source: compose-go, `format.ParseVolume`: a colon behind a single letter belongs to a drive of Windows, one inside
    /// `${…}` to a variable.
    pub fn of(text: &str) -> Self {
        let mut sections: Vec<Range<usize>> = Vec::with_capacity(3);
        let mut start = 0;
        let mut depth = 0_usize;
        let mut before = '\0';
        for (at, next) in text.char_indices() {
            match next {
                '{' if before == '$' => depth = depth.saturating_add(1),
                '}' => depth = depth.saturating_sub(1),
                ':' if depth == 0 && !text.get(start..at).is_some_and(is_letter) => {
                    sections.push(start..at);
                    start = range::behind(at);
                }
                _ => {}
            }
            before = next;
        }
        sections.push(start..text.len());
        let mut sections = sections.into_iter();
        let (first, second) = (sections.next().unwrap_or_default(), sections.next());
        let (options, rest) = (sections.next(), sections.next());
        match second {
            Some(target) => Self { source: Some(first), target, options, rest },
            None => Self { source: None, target: first, options, rest },
        }
    }

    /// The same for an entry of `tmpfs`: `TARGET[:OPTION,…]`.
    ///
    /// Source: the compose specification, "tmpfs".
    pub fn of_tmpfs(text: &str) -> Self {
        let end = text.find(':').unwrap_or(text.len());
        let options = (end < text.len()).then(|| range::behind(end)..text.len());
        Self { source: None, target: 0..end, options, rest: None }
    }
}

fn is_letter(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
}

/// Whether Compose takes a source for a path of the host, and not for the name of a volume.
///
/// Source: compose-go, `format.isFilePath`.
pub fn is_host_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~'])
        || source.starts_with("\\\\")
        || source.split_once(':').is_some_and(|(drive, _)| is_letter(drive))
}

/// How mounts of the host spread between it and the container.
const PROPAGATIONS: [&str; 6] = ["rprivate", "private", "rshared", "shared", "rslave", "slave"];

/// A mount in the short syntax of which everything is known.
///
/// ```
/// use compose_reader::values::MountSpec;
///
/// let mount: MountSpec = "data:/data:ro".parse().expect("a mount");
/// assert!(mount.is_read_only && !mount.is_bind());
/// assert_eq!(mount.to_string(), "data:/data:ro");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MountSpec {
    /// The path on the host or the name of the volume; empty where Docker makes a volume without a name.
    pub source: String,
    /// The path in the container.
    pub target: String,
    /// Whether the container can only read it.
    pub is_read_only: bool,
    /// Whether the volume does not take over what the image has there.
    pub is_without_copy: bool,
    /// The label of SELinux: `z` or `Z`.
    pub selinux: Option<String>,
    /// How mounts spread: `rshared`.
    pub propagation: Option<String>,
}

impl MountSpec {
    /// Whether it is a path of the host.
    pub fn is_bind(&self) -> bool {
        is_host_path(&self.source)
    }
}

/// Why a text is no mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidMount {
    /// There is no path in the container.
    Empty,
    /// A section between two colons is empty.
    EmptySection,
    /// There are more than three sections.
    TooManyColons,
}

impl fmt::Display for InvalidMount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "a mount needs a path in the container",
            Self::EmptySection => "a section between two colons is empty",
            Self::TooManyColons => "too many colons",
        })
    }
}

impl std::error::Error for InvalidMount {}

/// Source: the compose specification, "volumes", "Short syntax"; compose-go, `format.ParseVolume`. An option that nobody knows
/// is passed over, and of two that exclude each other the later one holds.
impl FromStr for MountSpec {
    type Err = InvalidMount;

    fn from_str(text: &str) -> Result<Self, InvalidMount> {
        if text.is_empty() {
            return Err(InvalidMount::Empty);
        }
        if text.len() <= 2 {
            return Ok(Self { target: text.to_owned(), ..Self::default() });
        }
        let parts = MountParts::of(text);
        let sections =
            [parts.source.as_ref(), Some(&parts.target), parts.options.as_ref(), parts.rest.as_ref()];
        if sections.into_iter().flatten().any(Range::is_empty) {
            return Err(InvalidMount::EmptySection);
        }
        if parts.rest.is_some() {
            return Err(InvalidMount::TooManyColons);
        }
        let part = |range: Option<Range<usize>>| range.and_then(|range| text.get(range)).unwrap_or_default();
        let mut mount = Self {
            source: part(parts.source).to_owned(),
            target: part(Some(parts.target)).to_owned(),
            ..Self::default()
        };
        for option in part(parts.options).split(',') {
            match option {
                "ro" => mount.is_read_only = true,
                "rw" => mount.is_read_only = false,
                "nocopy" => mount.is_without_copy = true,
                "z" | "Z" => mount.selinux = Some(option.to_owned()),
                _ if PROPAGATIONS.contains(&option) => mount.propagation = Some(option.to_owned()),
                _ => {}
            }
        }
        Ok(mount)
    }
}

impl fmt::Display for MountSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.source.is_empty() {
            write!(formatter, "{}:", self.source)?;
        }
        formatter.write_str(&self.target)?;
        let options = [
            self.is_read_only.then_some("ro"),
            self.is_without_copy.then_some("nocopy"),
            self.selinux.as_deref(),
            self.propagation.as_deref(),
        ];
        let mut separator = ":";
        for option in options.into_iter().flatten() {
            write!(formatter, "{separator}{option}")?;
            separator = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MountParts, MountSpec, is_host_path};

    /// What Docker Compose 2.40.3 makes of each.
    #[test]
    fn the_short_syntax_is_read_as_compose_reads_it() {
        for (text, source, target, options) in [
            ("/data", "", "/data", ""),
            ("/x", "", "/x", ""),
            ("data:/data", "data", "/data", ""),
            ("./data:/data:ro,z", "./data", "/data", ":ro,z"),
            ("~/.ssh:/ssh:rw,rshared", "~/.ssh", "/ssh", ":rshared"),
            ("a1:/x:nocopy,cached", "a1", "/x", ":nocopy"),
            ("v:/x", "", "v:/x", ""),
            ("C:\\data:/x:ro", "C:\\data", "/x", ":ro"),
            ("C:\\data:D:\\x", "C:\\data", "D:\\x", ""),
            ("${DATA:-/srv}/x:/x", "${DATA:-/srv}/x", "/x", ""),
        ] {
            let mount = text.parse::<MountSpec>().expect(text);
            assert_eq!((&*mount.source, &*mount.target), (source, target), "{text}");
            assert!(mount.to_string().ends_with(&format!("{target}{options}")), "{text}: {mount}");
        }
        for (text, message) in [
            ("", "a mount needs a path in the container"),
            ("data::ro", "a section between two colons is empty"),
            ("data:/x:ro:z", "too many colons"),
        ] {
            let found = text.parse::<MountSpec>().map_err(|invalid| invalid.to_string());
            assert_eq!(found, Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn paths_are_told_from_names() {
        for path in [".", "./a", "/a", "~", "~/a", "C:\\a", "c:/a", "\\\\server\\share"] {
            assert!(is_host_path(path), "{path}");
        }
        for name in ["data", "my_data", "", "CC:\\a"] {
            assert!(!is_host_path(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(
            source in "([a-z]{2,5}|[.~]?/[a-z/]{0,8}|[A-Z]:\\\\[a-z]{0,5})?",
            target in "/[a-z/]{2,8}",
            flags in any::<(bool, bool)>(),
            selinux in proptest::option::of("[zZ]"),
            propagation in proptest::option::of("r?(shared|slave|private)"),
        ) {
            let (is_read_only, is_without_copy) = flags;
            let has_options = is_read_only || is_without_copy || selinux.is_some() || propagation.is_some();
            prop_assume!(!source.is_empty() || !has_options);
            let mount = MountSpec { source, target, is_read_only, is_without_copy, selinux, propagation };
            prop_assert_eq!(mount.to_string().parse(), Ok(mount));
        }

        #[test]
        fn any_text_gets_an_answer(text in "\\PC*", mount in "[a-zé:/$\\{},.~\\\\…-]{0,20}") {
            for text in [text, mount] {
                let _ = text.parse::<MountSpec>();
                let parts = MountParts::of(&text);
                for range in [parts.source, Some(parts.target), parts.options, parts.rest].into_iter().flatten() {
                    prop_assert!(text.get(range).is_some());
                }
            }
        }
    }
}
