//! `MIGRATION.md`: what became of each compose file.

use std::collections::BTreeMap;

use super::compare::{Class, Difference};

/// An environment, where it came from, and what differs.
#[derive(Debug)]
pub struct Account {
    /// Its name.
    pub environment: String,
    /// Its compose files, as they are named from the stack's folder.
    pub files: Vec<String>,
    /// Why they were taken together, where somebody said so.
    pub reasons: Vec<String>,
    /// The file that it is rendered into.
    pub rendered: String,
    /// How many values are the same.
    pub services: usize,
    /// What is not.
    pub differences: Vec<Difference>,
}

/// The text of `MIGRATION.md`.
pub fn migration(name: &str, accounts: &[Account], notes: &[String], lines: (usize, usize)) -> String {
    let mut out = format!("# How `{name}` came to be a stack\n\n");
    out.push_str("Made by `stackgen import`, which rendered `stack.yaml` and compared the result with the compose files, value by\n");
    out.push_str("value. They are as they were; remove them when you no longer need them.\n\n");
    out.push_str(&format!(
        "{} lines of compose files became {} lines of `stack.yaml`.\n\n",
        lines.0, lines.1
    ));
    out.push_str("| environment | from | rendered into | services |\n| --- | --- | --- | --- |\n");
    for account in accounts {
        let files: Vec<String> = account.files.iter().map(|file| format!("`{file}`")).collect();
        out.push_str(&format!(
            "| `{}` | {} | `{}` | {} |\n",
            account.environment,
            files.join(" + "),
            account.rendered,
            account.services
        ));
    }
    let reasons: Vec<&String> = accounts.iter().flat_map(|account| &account.reasons).collect();
    if !reasons.is_empty() {
        out.push_str("\nThese files were taken together because of:\n\n");
        for reason in reasons {
            out.push_str(&format!("- {reason}\n"));
        }
    }
    lost(&mut out, accounts);
    meant(&mut out, accounts);
    if !notes.is_empty() {
        out.push_str("\n## To look at\n\n");
        for note in notes {
            out.push_str(&format!("- {note}.\n"));
        }
    }
    out.push_str("\n## How to go on\n\n");
    out.push_str("1. `stackgen render` writes the compose files.\n");
    out.push_str("2. `stackgen lint --stack .` says what could be better in them.\n");
    out.push_str(
        "3. Start each environment once beside what you know: `docker compose -f FILE up --wait`.\n",
    );
    out.push_str("4. Remove the old compose files, and change the scripts that name them.\n");
    out
}

fn lost(out: &mut String, accounts: &[Account]) {
    let lost: Vec<(&str, &Difference)> = accounts
        .iter()
        .flat_map(|account| account.differences.iter().map(|it| (account.environment.as_str(), it)))
        .filter(|(_, difference)| difference.class == Class::Lost)
        .collect();
    out.push_str("\n## Lost\n\n");
    if lost.is_empty() {
        out.push_str("Nothing.\n");
        return;
    }
    out.push_str("| environment | where | before | now |\n| --- | --- | --- | --- |\n");
    let cell = |text: &Option<String>| match text {
        Some(text) => format!("`{}`", text.replace('|', "\\|").replace('\n', " ").replace('`', "'")),
        None => "–".to_owned(),
    };
    for (environment, difference) in lost {
        out.push_str(&format!(
            "| {environment} | `{}` | {} | {} |\n",
            difference.path,
            cell(&difference.before),
            cell(&difference.after)
        ));
    }
}

fn meant(out: &mut String, accounts: &[Account]) {
    let mut counts: BTreeMap<Class, BTreeMap<&str, usize>> = BTreeMap::new();
    for account in accounts {
        for difference in account.differences.iter().filter(|it| it.class != Class::Lost) {
            *counts.entry(difference.class).or_default().entry(&account.environment).or_default() += 1;
        }
    }
    if counts.is_empty() {
        return;
    }
    out.push_str("\n## Changed on purpose\n\n");
    for class in Class::MEANT {
        let Some(environments) = counts.get(&class) else { continue };
        let where_: Vec<String> =
            environments.iter().map(|(name, count)| format!("{name}: {count}")).collect();
        out.push_str(&format!("- {} ({})\n", class.sentence(), where_.join(", ")));
    }
}
