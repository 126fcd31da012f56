//! Which files of a repository are read together, as its commands and the names of its files say.
//!
//! Nothing here touches the disk: what lies there is asked of `Files`, texts are handed over.

mod combination;
mod commands;
mod flow;
mod names;
mod place;
#[cfg(test)]
mod tests;
mod variables;

pub use combination::{Combination, MOST, Reason};
pub use commands::{Told, may_hold_commands, of_text};
pub use names::{holds_compose, is_compose_name, is_fragment, is_stack_name, of_names, outline};
