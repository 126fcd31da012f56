//! `stackgen.toml`: which rules are on, how much they matter, and where.

mod read;
mod schema;

pub use read::read;
pub use schema::schema;

use crate::lint::{Level, Override, Rule};
use compose_reader::diagnostic::Severity;

/// What a `stackgen.toml` says.
#[derive(Debug, Default)]
pub struct Config {
    /// Whether the strict set is on.
    pub strict: bool,
    /// Whether the pedantic set is on.
    pub pedantic: bool,
    /// The findings that fail a run: these and worse.
    pub fail_on: Option<Severity>,
    /// The levels of single rules.
    pub rules: Vec<(&'static Rule, Level)>,
    /// Other levels in some files, for some services.
    pub overrides: Vec<Override>,
    /// Files and folders outside of the repository that may be read, as paths from the folder of the file.
    pub allow_outside: Vec<String>,
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
