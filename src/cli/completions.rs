//! `stackgen completions`: what a shell needs to complete the command line.

use clap::CommandFactory;
use clap_complete::Shell;

use super::error::CliError;
use super::{Cli, Outcome, print};

const EXAMPLES: &str = "\
Examples:
  stackgen completions bash > ~/.local/share/bash-completion/completions/stackgen
  stackgen completions zsh > ~/.zfunc/_stackgen
  stackgen completions fish > ~/.config/fish/completions/stackgen.fish";

/// Print the completions of a shell
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &Args) -> Result<Outcome, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "stackgen", &mut script);
    print(&String::from_utf8_lossy(&script))
}
