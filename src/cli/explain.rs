//! `stackgen explain`: the page of a rule, or the list of them.

use super::{Outcome, complain, print};
use crate::lint::{RULES, Rule, find, nearest_name};

const EXAMPLES: &str = "\
Examples:
  stackgen explain                   all rules, one line each
  stackgen explain port-collision    what a rule flags, why, and what to write instead
  stackgen explain SG301             the same, by its code";

/// Say what a rule flags, why, and what to write instead
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Name or code of a rule; without it, all rules are listed
    rule: Option<String>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let Some(word) = &args.rule else { return print(&list()) };
    match rule_named(word) {
        Ok(rule) => print(&page(rule)),
        Err(message) => {
            complain(&message);
            Outcome::Unusable
        }
    }
}

/// The rule with a name or code, or what to tell the user.
pub(super) fn rule_named(word: &str) -> Result<&'static Rule, String> {
    find(word).ok_or_else(|| {
        let help = match nearest_name(word) {
            Some(name) => format!("did you mean `{name}`?"),
            None => "`stackgen explain` lists them all".to_owned(),
        };
        format!("error: there is no rule `{word}`\n  help: {help}\n")
    })
}

fn list() -> String {
    let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    let line = |rule: &Rule| {
        format!("{}  {:width$}  {:7}  {}\n", rule.code, rule.name, rule.severity.name(), rule.summary())
    };
    RULES.iter().map(line).collect()
}

/// The page as plain text: headings on a line of their own, examples indented.
fn page(rule: &Rule) -> String {
    let mut out = format!("{} {} ({})\n\n", rule.code, rule.name, rule.severity.name());
    let mut is_example = false;
    for line in rule.page().lines() {
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
