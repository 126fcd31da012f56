//! What the variables of a compose file are set to on this machine.

use std::collections::HashMap;

use super::EnvFile;
use crate::cli::error::CliError;
use crate::cli::stack;
use compose_reader::interpolation::{expand, variables};

/// The variables of this process, and below them those of `.env`, as Docker Compose has them.
pub(in crate::cli) struct Variables {
    machine: HashMap<String, String>,
    env_file: EnvFile,
}

impl Variables {
    /// Those of a stack.
    ///
    /// # Errors
    ///
    /// Why its `.env` cannot be read.
    pub(in crate::cli) fn open(opened: &mut stack::Opened) -> Result<Self, CliError> {
        let pairs = std::env::vars_os();
        let pairs =
            pairs.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Ok(Self { machine: pairs.collect(), env_file: EnvFile::open(opened)? })
    }

    /// What a variable is set to.
    pub(in crate::cli) fn value(&self, name: &str) -> Option<&str> {
        self.machine.get(name).map(String::as_str).or_else(|| self.env_file.value(name))
    }

    /// Whether a text has a variable that `.env` sets.
    pub(in crate::cli) fn is_in_env_file(&self, text: &str) -> bool {
        variables(text)
            .unwrap_or_default()
            .iter()
            .any(|variable| self.env_file.value(variable.name).is_some())
    }

    /// A text with its variables replaced; `None` where one has neither a value nor a default.
    pub(in crate::cli) fn expanded(&self, text: &str) -> Option<String> {
        expand(text, &|name| self.value(name))
    }
}
