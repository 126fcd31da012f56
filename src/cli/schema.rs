//! `stackgen schema`: the JSON Schemas of stack.yaml and stackgen.toml.

use clap::ValueEnum;

use super::error::CliError;
use super::{Outcome, print};
use crate::{config, definition};

const EXAMPLES: &str = "\
Examples:
  stackgen schema > stack.schema.json
  stackgen schema stackgen.toml > stackgen.schema.json

An editor that knows YAML takes it from the first line of a stack.yaml, one that knows TOML from that of a stackgen.toml:
  # yaml-language-server: $schema=stack.schema.json
  #:schema ./stackgen.schema.json";

/// Print the JSON Schema of stack.yaml or stackgen.toml, for editors
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The file that the schema is of
    #[arg(value_name = "FILE", value_enum, default_value_t = File::Stack)]
    file: File,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum File {
    #[value(name = "stack.yaml")]
    Stack,
    #[value(name = "stackgen.toml")]
    Config,
}

pub(super) fn run(args: &Args) -> Result<Outcome, CliError> {
    let schema = match args.file {
        File::Stack => definition::schema(),
        File::Config => config::schema(),
    };
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| CliError::new(format!("the schema cannot be written: {error}")))?;
    print(&format!("{text}\n"))
}
