//! `stackgen explain`: the page of a rule or of a fault of a stack, or the list of them.

use super::error::CliError;
use super::{Outcome, tell};
use crate::fault::{self, FAULTS, Fault};
use crate::lint::{self, RULES, Rule, nearest_name};
use compose_reader::diagnostic::nearest;

const EXAMPLES: &str = "\
Examples:
  stackgen explain                   all rules and all faults of a stack, one line each
  stackgen explain port-collision    what is flagged, why, and what to write instead
  stackgen explain SG301             the same, by the code of a rule
  stackgen explain ST104             the same, by the code of a fault of a stack";

/// Say what a rule flags, or what is wrong with a stack, why, and what to write instead
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Code or name of a rule or of a fault of a stack; without it, all are listed
    #[arg(value_name = "CODE")]
    word: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<Outcome, CliError> {
    let Some(word) = &args.word else { return tell(&list()) };
    // A rule and a fault of a stack may share a name, where they say the same.
    let rule = lint::find(word)
        .map(|rule| page(&format!("{} {} ({})", rule.code, rule.name, rule.severity.name()), &rule.page()));
    let fault = fault::find(word)
        .map(|fault| page(&format!("{} {} (stack)", fault.code(), fault.name()), fault.page()));
    let pages: Vec<String> = rule.into_iter().chain(fault).collect();
    if pages.is_empty() {
        let faults = FAULTS.iter().flat_map(|fault| [fault.name(), fault.code()]);
        let close = nearest_name(word).or_else(|| nearest(word, faults));
        return Err(unknown("rule or fault", word, close));
    }
    tell(&pages.join("\n\n"))
}

/// The rule with a name or code.
///
/// # Errors
///
/// That there is none, and which may be meant.
pub(super) fn rule_named(word: &str) -> Result<&'static Rule, CliError> {
    lint::find(word).ok_or_else(|| unknown("rule", word, nearest_name(word)))
}

fn unknown(what: &str, word: &str, close: Option<&str>) -> CliError {
    let help = match close {
        Some(name) => format!("did you mean `{name}`?"),
        None => "`stackgen explain` lists them all".to_owned(),
    };
    CliError::new(format!("there is no {what} `{word}`")).help(help)
}

fn list() -> String {
    let names = RULES.iter().map(|rule| rule.name).chain(FAULTS.iter().map(|fault| fault.name()));
    let width = names.map(str::len).max().unwrap_or_default();
    let line = |code: &str, name: &str, level: &str, summary: &str| {
        format!("{code}  {name:width$}  {level:7}  {summary}\n")
    };
    let rule = |rule: &Rule| line(rule.code, rule.name, rule.severity.name(), rule.summary());
    let fault = |fault: &Fault| line(fault.code(), fault.name(), "stack", fault.summary());
    RULES.iter().map(rule).chain(FAULTS.iter().map(fault)).collect()
}

/// A page as plain text below its title: headings on a line of their own, examples indented.
fn page(title: &str, markdown: &str) -> String {
    let mut out = format!("{title}\n\n");
    let mut is_example = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            is_example = !is_example;
            continue;
        }
        if is_example && !line.is_empty() {
            out.push_str("    ");
        }
        out.push_str(line.strip_prefix("## ").unwrap_or(line));
        out.push('\n');
    }
    out
}
