//! `stackgen.toml`: which rules are on, how much they matter, and where; which files are read together.

mod read;
mod schema;

pub use read::read;
pub use schema::schema;

use crate::lint::{Level, Override, Rule};
use compose_reader::diagnostic::Severity;
use compose_reader::spec::Version;

/// What a `stackgen.toml` says.
#[derive(Debug, Default)]
pub struct Config {
    /// Whether the strict set is on.
    pub strict: bool,
    /// Whether the pedantic set is on.
    pub pedantic: bool,
    /// The findings that fail a run: these and worse.
    pub fail_on: Option<Severity>,
    /// The version of Docker Compose that files are read as.
    pub compose: Option<Version>,
    /// The levels of single rules.
    pub rules: Vec<(&'static Rule, Level)>,
    /// Other levels in some files, for some services.
    pub overrides: Vec<Override>,
    /// Files and folders outside of the repository that may be read, as paths from the folder of the file.
    pub allow_outside: Vec<String>,
    /// Files that are read together.
    pub projects: Vec<Project>,
}

/// Files that are read together; paths are seen from the folder of `stackgen.toml`.
#[derive(Debug, Default)]
pub struct Project {
    /// The line that states it.
    pub line: usize,
    /// The files, in the order in which they are merged.
    pub files: Vec<String>,
    /// The folder that relative paths are seen from, where it is not that of the first file.
    pub directory: Option<String>,
    /// The env files in place of `.env`.
    pub env_files: Vec<String>,
    /// The profiles that are on.
    pub profiles: Vec<String>,
}

/// The words for levels, in the order in which they are listed.
const LEVELS: [(&str, Level); 5] = [
    ("off", Level::Off),
    ("on", Level::On),
    ("hint", Level::At(Severity::Hint)),
    ("warning", Level::At(Severity::Warning)),
    ("error", Level::At(Severity::Error)),
];

/// The words for what fails a run.
const GATES: [(&str, Severity); 2] = [("error", Severity::Error), ("warning", Severity::Warning)];
