//! The findings that a repository had when it began to be linted: told no more, until one comes on top.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cli::disk::{Disk, write_one};
use crate::cli::error::CliError;
use crate::cli::{complain, display};
use crate::report::subjects;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::Sources;

/// How often each finding is known, by its file, its rule and its subject: the line may move, and the message change.
#[derive(Debug, Default)]
pub(super) struct Baseline {
    known: BTreeMap<Key, usize>,
}

/// What makes two findings the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Key {
    file: String,
    rule: String,
    subject: String,
}

/// A baseline as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    findings: Vec<Known>,
}

/// What every version of a baseline has.
#[derive(Deserialize)]
struct Dated {
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct Known {
    #[serde(flatten)]
    key: Key,
    count: usize,
}

/// Version 1 hung on the messages.
const VERSION: u32 = 2;

impl Baseline {
    /// The baseline that knows just these findings.
    pub(super) fn of(findings: &[Diagnostic], sources: &Sources) -> Self {
        let mut known = BTreeMap::new();
        for key in keys(findings, sources) {
            *known.entry(key).or_default() += 1;
        }
        Self { known }
    }

    /// Reads a baseline, or says why it cannot be read.
    pub(super) fn read(path: &Path, disk: &Disk) -> Result<Self, CliError> {
        let refused = |reason: &str| {
            CliError::new(format!("`{}` is no baseline: {reason}", display(path)))
                .help("`--write-baseline` makes it anew from what is found now")
        };
        let text = disk.of_files(&[path.to_path_buf()]).text_if_there(path)?;
        let text = text.ok_or_else(|| refused("there is no such file"))?;
        let dated: Dated = serde_json::from_str(&text).map_err(|error| refused(&error.to_string()))?;
        if dated.version != VERSION {
            return Err(refused(&format!("its version is {}, and this reads {VERSION}", dated.version)));
        }
        let written: Written = serde_json::from_str(&text).map_err(|error| refused(&error.to_string()))?;
        Ok(Self { known: written.findings.into_iter().map(|known| (known.key, known.count)).collect() })
    }

    /// Writes the baseline.
    pub(super) fn write(self, path: &Path, disk: &Disk) -> Result<(), CliError> {
        let count: usize = self.known.values().sum();
        let findings = self.known.into_iter().map(|(key, count)| Known { key, count }).collect();
        // Nothing in these types can fail to be written.
        let text = serde_json::to_string_pretty(&Written { version: VERSION, findings }).unwrap_or_default();
        write_one(disk, path, &format!("{text}\n"))?;
        let findings = if count == 1 { "finding" } else { "findings" };
        complain(&format!("wrote {count} {findings} to `{}`\n", display(path)));
        Ok(())
    }

    /// Which findings are known; each is taken as often as it is counted.
    pub(super) fn take(&mut self, findings: &[Diagnostic], sources: &Sources) -> Vec<bool> {
        let mut takes = |key: Key| {
            let count = self.known.get_mut(&key).filter(|count| **count > 0);
            count.map(|count| *count -= 1).is_some()
        };
        keys(findings, sources).map(&mut takes).collect()
    }

    /// Says how many findings were not taken.
    pub(super) fn tell_gone(&self) {
        let gone: usize = self.known.values().sum();
        if gone > 0 {
            let (findings, are) = if gone == 1 { ("finding", "is") } else { ("findings", "are") };
            complain(&format!(
                "note: {gone} {findings} of the baseline {are} gone; `--write-baseline` makes it smaller\n"
            ));
        }
    }
}

fn keys(findings: &[Diagnostic], sources: &Sources) -> impl Iterator<Item = Key> {
    findings.iter().zip(subjects(findings, sources)).map(|(finding, subject)| Key {
        file: sources.get(finding.span.source).name().to_owned(),
        rule: finding.name.to_owned(),
        subject,
    })
}
