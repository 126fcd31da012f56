//! Versions of Docker Compose, and what is different between them.
//!
//! A difference is said here once: rows of the table and code that does something else since then both ask it.
//!
//! Source: the releases of Docker Compose and compose-go, and what 2.40.3, 5.3.1, 5.4.0, 5.5.0 and 5.6.1 do.

use std::fmt;
use std::str::FromStr;

/// A version of Docker Compose: major and minor. Of the releases of a minor version the last one is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u8, pub u8);

impl Version {
    /// The oldest one that files can be read as.
    pub const OLDEST: Self = Self(2, 40);
    /// The newest one, which files are read as unless another one is asked for.
    pub const NEWEST: Self = Self(5, 6);
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::OLDEST, Self(5, 0), Self(5, 1), Self(5, 2), Self(5, 3), Self(5, 4), Self(5, 5), Self::NEWEST];

    /// Whether a difference is there in this version.
    pub fn has(self, difference: &Difference) -> bool {
        difference.since <= self
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::NEWEST
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.0, self.1)
    }
}

/// A text that names no version that files can be read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVersion(String);

impl UnknownVersion {
    /// What to write in its place.
    pub fn help(&self) -> String {
        format!("write one of {}", known())
    }
}

fn known() -> String {
    Version::ALL.map(|version| version.to_string()).join(", ")
}

impl fmt::Display for UnknownVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` is no version of Docker Compose that is known here", self.0)
    }
}

impl std::error::Error for UnknownVersion {}

/// `5.6`, or a release of it: `v5.6.1`.
impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.strip_prefix('v').unwrap_or(text).split('.').collect();
        let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|next| next.is_ascii_digit());
        let found = match &parts[..] {
            [major, minor] | [major, minor, _] if parts.iter().all(is_number) => Self::ALL
                .into_iter()
                .find(|known| known.0.to_string() == *major && known.1.to_string() == *minor),
            _ => None,
        };
        found.ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

/// Something that Docker Compose does otherwise since a version.
#[derive(Debug)]
pub struct Difference {
    /// What it is, in a sentence, as things are since then.
    pub what: &'static str,
    /// The keys that it is about, as a path; `*` for names that people choose.
    pub path: &'static str,
    /// The version that began it.
    pub since: Version,
}

macro_rules! differences {
    ($($(#[doc = $doc:literal])* $name:ident: ($major:literal, $minor:literal), $path:literal;)*) => {
        $($(#[doc = $doc])* pub const $name: Difference =
            Difference { what: concat!($($doc),*).trim_ascii(), path: $path, since: Version($major, $minor) };)*
        /// All differences, the oldest first.
        pub const DIFFERENCES: &[&Difference] = &[$(&$name),*];
    };
}

differences! {
    /// `no_cache_filter` names the stages that are built without the cache.
    NO_CACHE_FILTER: (5, 0), "services.*.build.no_cache_filter";
    /// `required` and `restart` of a dependency may be variables.
    DEPENDENCY_VARIABLES: (5, 0), "services.*.depends_on.*";
    /// What the main file says is laid over what it includes; of two files that are included, the first one holds.
    INCLUDE_MERGED: (5, 0), "include";
    /// What stands behind `:-`, `:+` and `:?` is looked at only where it is used (5.0.2).
    LAZY_OPERANDS: (5, 0), "";
    /// A date in `environment` or `labels` becomes a point in time, as Go writes it.
    DATES: (5, 0), "services.*.environment";
    /// `.inf` and `.nan` are refused.
    NO_INFINITY: (5, 0), "";
    /// `create_host_path` is true unless it is written as `false`, and only `false` is printed.
    CREATE_HOST_PATH: (5, 0), "services.*.volumes.*.bind.create_host_path";
    /// A service may extend one that is included (5.1.2).
    EXTENDS_INCLUDED: (5, 1), "services.*.extends";
    /// Sizes may be negative (5.1.4).
    NEGATIVE_SIZES: (5, 1), "services.*.memswap_limit";
    /// A document may hold 100,000 values (5.1.4).
    DOCUMENT_VALUES: (5, 1), "";
    /// The options of `ipam` are kept.
    IPAM_OPTIONS: (5, 2), "networks.*.ipam.options";
    /// `pre_start` names commands that run once before a service starts.
    PRE_START: (5, 3), "services.*.pre_start";
    /// `pull_policy` is one of its words as a whole.
    WHOLE_PULL_POLICY: (5, 5), "services.*.pull_policy";
    /// Networks and models are named with letters, digits, `.`, `_` and `-`.
    RESOURCE_NAMES: (5, 5), "networks.*";
    /// `jobs` are containers that run and end.
    JOBS: (5, 6), "jobs";
    /// What `pre_start` names are whole containers, which take over what their service says.
    PRE_START_CONTAINERS: (5, 6), "services.*.pre_start";
    /// An item of a list is not added to one that has it.
    ITEMS_ONCE: (5, 6), "";
    /// `x-develop` of a service is its `develop`.
    X_DEVELOP: (5, 6), "services.*.x-develop";
    /// The keys of a service are printed in the order of what it shares with jobs.
    SHARED_ORDER: (5, 6), "services.*";
}
