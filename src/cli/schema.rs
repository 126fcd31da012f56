//! `stackgen schema`: the JSON Schema of stack.yaml.

use super::{Outcome, complain, print};
use crate::definition;

const EXAMPLES: &str = "\
Examples:
  stackgen schema > stack.schema.json

An editor that knows YAML takes it from the first line of a stack.yaml:
  # yaml-language-server: $schema=stack.schema.json";

/// Print the JSON Schema of stack.yaml, for editors
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {}

pub(super) fn run(_: &Args) -> Outcome {
    match serde_json::to_string_pretty(&definition::schema()) {
        Ok(text) => print(&format!("{text}\n")),
        Err(error) => {
            complain(&format!("error: the schema cannot be written: {error}\n"));
            Outcome::Unusable
        }
    }
}
