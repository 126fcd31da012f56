//! `stackgen env check`: a `.env` held against what the compose files ask for.

use super::{EnvFile, report};
use crate::cli::disk::Disk;
use crate::cli::error::CliError;
use crate::cli::stack::StackArgs;
use crate::cli::{Outcome, stack};
use crate::plan::{Plan, hands_on, used_variables};
use crate::report::count;
use compose_reader::diagnostic::Diagnostic;

const EXAMPLES: &str = "\
Examples:
  stackgen env check                        every environment of the stack in this folder
  stackgen env check production --stack ..  what production of another stack asks for

It says which variables are missing or still hold what .env.example has in their place, which
secrets are easy to guess, and which lines nothing asks for. A variable that is set on the
machine is not missing. No value is shown.

Exit codes: 0 nothing to say, 1 findings, 2 a wrong stack or a file that cannot be read.";

/// Hold the .env of a stack against what its compose files ask for
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Environments whose variables are looked at [default: all of the stack]
    #[arg(value_name = "ENVIRONMENT")]
    environments: Vec<String>,

    #[command(flatten)]
    stack: StackArgs,
}

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let mut opened = args.stack.open(disk)?;
    let planned = opened.or_report(opened.plan(1))?;
    let chosen = stack::chosen(&planned.plans, &args.environments)?;
    let env = EnvFile::open(&mut opened)?;
    let handed_on = opened.stack.as_ref().is_some_and(|stack| hands_on(stack, ".env"));
    let findings = findings(&env, &planned.plans, &chosen, handed_on);
    let looked_at = count(used_variables(chosen.iter().copied()).len(), "variable");
    report(&findings, &opened, &format!("{looked_at} in order"))
}

/// What is wrong with a file; `handed_on` where containers get all of it.
fn findings(env: &EnvFile, all: &[Plan], chosen: &[&Plan], handed_on: bool) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (name, used) in &used_variables(chosen.iter().copied()) {
        let mut secrets = chosen.iter().flat_map(|plan| plan.secrets.values());
        let secret = secrets.find(|secret| secret.variable == *name);
        findings.extend(env.judge(name, used, secret));
    }
    let known = used_variables(all);
    // Compose and Docker have variables of their own.
    let is_theirs = |name: &str| name.starts_with("COMPOSE_") || name.starts_with("DOCKER_");
    let unused = env.names().filter(|(name, _)| !handed_on && !known.contains_key(*name) && !is_theirs(name));
    findings.extend(unused.map(|(name, span)| EnvFile::unused(name, span, known.keys().map(String::as_str))));
    findings.sort_by_key(|finding| finding.span);
    findings
}
