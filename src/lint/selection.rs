//! Which rules are on, and how much their findings matter.

use super::{RULES, Rule, Set};
use crate::diagnostic::{Diagnostic, Severity};

/// What becomes of the findings of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// There are none.
    Off,
    /// Each matters as much as the rule says.
    On,
    /// All matter alike.
    At(Severity),
}

/// The level of each rule.
#[derive(Clone, Debug)]
pub struct Selection {
    /// In the order of [`RULES`].
    levels: Vec<Level>,
}

impl Default for Selection {
    /// The rules of the default set.
    fn default() -> Self {
        Self::of(|rule| rule.set == Set::Default)
    }
}

impl Selection {
    /// The rules that `is_on` takes.
    pub fn of(is_on: impl Fn(&Rule) -> bool) -> Self {
        let level = |rule| if is_on(rule) { Level::On } else { Level::Off };
        Self { levels: RULES.iter().map(level).collect() }
    }

    /// Gives a rule another level.
    pub fn set(&mut self, rule: &Rule, level: Level) {
        if let Some(at) = position(rule.code) {
            self.levels[at] = level;
        }
    }

    /// The level of the rule with a code.
    pub fn level(&self, code: &str) -> Level {
        position(code).map_or(Level::On, |at| self.levels[at])
    }

    /// The rules that are on.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        RULES.iter().zip(&self.levels).filter(|(_, level)| **level != Level::Off).map(|(rule, _)| rule)
    }

    /// A finding at the level of its rule; `None` where that is off.
    pub(super) fn weigh(&self, finding: Diagnostic) -> Option<Diagnostic> {
        match self.level(finding.code) {
            Level::Off => None,
            Level::On => Some(finding),
            Level::At(severity) => Some(finding.severity(severity)),
        }
    }
}

fn position(code: &str) -> Option<usize> {
    RULES.iter().position(|rule| rule.code == code)
}
