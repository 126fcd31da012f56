//! The variables that a project is read with.

use indexmap::IndexMap;

use crate::dotenv::Assignment;
use crate::source::{SourceId, Span};

/// A variable's value, and where it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The value.
    pub value: String,
    /// The name in the env file that sets it; `None` for the environment of the process.
    pub place: Option<Span>,
}

/// Variables by name, the first setting of each holding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    settings: IndexMap<String, Setting>,
}

impl Environment {
    /// No variables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a variable of the process's environment, unless it is set.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let setting = Setting { value: value.into(), place: None };
        self.settings.entry(name.into()).or_insert(setting);
    }

    /// Sets a variable, whatever it was.
    pub fn replace(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.settings.insert(name.into(), Setting { value: value.into(), place: None });
    }

    /// Sets what an env file says, the later of two lines holding, unless it was set before.
    pub fn add_file(&mut self, file: SourceId, assignments: &[Assignment]) {
        let mut from_file: IndexMap<&str, Setting> = IndexMap::new();
        for assignment in assignments {
            let place = Some(Span::new(file, assignment.place.start, assignment.place.end));
            from_file.insert(&assignment.name, Setting { value: assignment.value.clone(), place });
        }
        for (name, setting) in from_file {
            self.settings.entry(name.to_owned()).or_insert(setting);
        }
    }

    /// Sets what is not set yet.
    pub fn add_all(&mut self, other: Self) {
        for (name, setting) in other.settings {
            self.settings.entry(name).or_insert(setting);
        }
    }

    /// The names of all variables, in the order in which they were set.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.settings.keys().map(String::as_str)
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.setting(name).map(|setting| &*setting.value)
    }

    /// The value of a variable, and where it was set.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.get(name)
    }
}
