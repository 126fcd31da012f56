//! `stackgen secrets init`: makes what is missing, and touches nothing else.

use std::collections::BTreeSet;
use std::path::Path;

use super::access::{self, Access};
use super::{Used, git, used};
use crate::cli::env::EnvFile;
use crate::cli::stack::StackArgs;
use crate::cli::write::{reason, write_whole};
use crate::cli::{Outcome, complain, display, stack};
use crate::plan::SecretSource;
use crate::report::count;

const EXAMPLES: &str = "\
Examples:
  stackgen secrets init                        every environment of the stack in this folder
  stackgen secrets init production --stack ..  one environment of another stack

Each secret that services mount becomes a file in a folder that only you can enter. Compose
hands it on with the owner and mode that it has here: it is yours alone (0600), or its reader's
where you are root; everyone can read it (0644) only where several users do, or one that you
cannot give it to. `.env` gets the same value where a URL has it in it. A value is 32 letters
and digits. What is there is kept, and no value is printed.";

/// Make the secrets that are missing, as files and in .env
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Environments whose secrets are made [default: all of the stack]
    #[arg(value_name = "ENVIRONMENT")]
    environments: Vec<String>,

    #[command(flatten)]
    stack: StackArgs,
}

/// How many characters a value has that is made up.
const LENGTH: usize = 32;
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LETTERS_AND_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

pub(super) fn run(args: &Args) -> Outcome {
    let Some(mut opened) = args.stack.open() else { return Outcome::Unusable };
    let Some(planned) = opened.or_report(opened.plan(1)) else { return Outcome::Unusable };
    let made = stack::chosen(&planned.plans, &args.environments).and_then(|chosen| {
        let env = EnvFile::open(&opened.folder, &mut opened.sources)?;
        make(&opened.folder, &env, &used(&planned.plans, &chosen))
    });
    match made {
        Ok(report) => {
            complain(&report);
            Outcome::Clean
        }
        Err(message) => {
            complain(&message);
            Outcome::Unusable
        }
    }
}

/// Makes what is missing of some secrets; returns what was done.
fn make(folder: &Path, env: &EnvFile, secrets: &[Used]) -> Result<String, String> {
    let mut report = String::new();
    let mut filled = Vec::new();
    let (mut written, mut kept) = (0, 0);
    let mut left = String::new();
    for secret in secrets {
        let there = secret.file.map(|file| existing(folder, file)).transpose()?.flatten();
        let in_env = env.filled_in(&secret.planned.variable).map(str::to_owned);
        let value = match (&there, &in_env) {
            (Some(there), _) => Some(there.clone()),
            (None, Some(value)) => Some(value.clone()),
            (None, None) if secret.planned.is_made_up() => Some(made_up(&secret.planned.prefix)?),
            (None, None) => None,
        };
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            left.push_str(&left_to_do(secret, there.is_some()));
            continue;
        };
        match (secret.file, there) {
            (Some(file), None) => {
                report.push_str(&write(folder, file, &value, secret)?);
                written += 1;
            }
            _ => kept += usize::from(secret.file.is_some()),
        }
        if secret.interpolated && in_env.is_none() {
            filled.push((secret.planned.variable.as_str(), value, secret.planned.description.as_str()));
        }
    }
    if !filled.is_empty() {
        let pairs: Vec<(&str, &str, &str)> =
            filled.iter().map(|(name, value, description)| (*name, value.as_str(), *description)).collect();
        env.fill(&pairs)?;
        let names: Vec<&str> = pairs.iter().map(|(name, ..)| *name).collect();
        let path = display(&stack::place(folder, ".env"));
        report.push_str(&format!("  filled   {path}: {}\n", names.join(", ")));
    }
    report.push_str(&keep_out_of_git(folder, secrets)?);
    let made = count(written, "file");
    Ok(format!(
        "{report}{left}{made} made, {kept} kept; {} filled in in .env\n",
        count(filled.len(), "variable")
    ))
}

/// What the file of a secret holds, if it is there.
fn existing(folder: &Path, file: &str) -> Result<Option<String>, String> {
    let path = stack::place(folder, file);
    if path.is_dir() {
        return Err(format!(
            "error: cannot write `{0}`: a folder is in its place\n  help: remove it, `rmdir {0}` (Docker makes one where \
             a file that it is to mount is missing)\n",
            display(&path)
        ));
    }
    if !path.exists() {
        return Ok(None);
    }
    stack::read(&path).map(|text| Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn write(folder: &Path, file: &str, value: &str, secret: &Used) -> Result<String, String> {
    let path = stack::place(folder, file);
    let open = access::create(&path, value, &Access::of(&secret.readers))
        .map_err(|error| format!("error: cannot write `{}`: {}\n", display(&path), reason(&error)))?;
    let note = open.map(|reason| format!(" (0644: {reason})")).unwrap_or_default();
    Ok(format!("  wrote    {}{note}\n", display(&path)))
}

/// What somebody has to do for a secret whose value is not ours to make up.
fn left_to_do(secret: &Used, is_empty: bool) -> String {
    let place = match (&secret.planned.source, secret.file) {
        (SecretSource::File(_), Some(file)) if is_empty => {
            format!("{file} is empty; write it, or remove the file")
        }
        (SecretSource::File(_), Some(file)) => format!("write it to {file}"),
        (SecretSource::File(_), None) => format!("write it to .env, as {}", secret.planned.variable),
        (SecretSource::Environment(variable), _) => format!("set {variable} on the machine, or in .env"),
        (SecretSource::External, _) => {
            format!("the platform has it; write {} to .env", secret.planned.variable)
        }
    };
    match (&secret.planned.source, secret.interpolated) {
        (SecretSource::External, false) => String::new(),
        _ => format!("  yours    {}: {}; {place}\n", secret.name, secret.planned.description),
    }
}

/// Adds what git would take into the repository to `.gitignore`.
fn keep_out_of_git(folder: &Path, secrets: &[Used]) -> Result<String, String> {
    let files: Vec<&str> =
        [".env"].into_iter().chain(secrets.iter().filter_map(|secret| secret.file)).collect();
    let open = git::not_ignored(folder, &files).unwrap_or(files);
    let inside = open.into_iter().filter(|file| !file.starts_with('/') && !file.starts_with(".."));
    let entries: BTreeSet<String> = inside
        .map(|file| if file.starts_with("secrets/") { "/secrets/".to_owned() } else { format!("/{file}") })
        .collect();
    let path = stack::place(folder, ".gitignore");
    let mut text = if path.exists() { stack::read(&path)? } else { String::new() };
    let added: Vec<String> =
        entries.into_iter().filter(|entry| !text.lines().any(|line| line.trim() == entry)).collect();
    if added.is_empty() {
        return Ok(String::new());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.extend(added.iter().map(|entry| format!("{entry}\n")));
    write_whole(&path, &text)?;
    Ok(format!("  wrote    {}: {}\n", display(&path), added.join(", ")))
}

/// A value that nobody can guess, and that needs no quotes in a shell, a URL, YAML or `.env`.
fn made_up(prefix: &str) -> Result<String, String> {
    let mut value = prefix.to_owned();
    let mut made = 0;
    while made < LENGTH {
        // No number begins it, so that nobody takes it for one.
        let characters = if made == 0 { LETTERS } else { LETTERS_AND_DIGITS };
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes)
            .map_err(|error| format!("error: the system gives no random bytes: {error}\n"))?;
        // Bytes beyond the characters are passed over, so that each of them is as likely as any other.
        let chosen = bytes.iter().find_map(|byte| characters.get(usize::from(byte & 63)));
        if let Some(character) = chosen {
            value.push(char::from(*character));
            made += 1;
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{LENGTH, made_up};

    #[test]
    fn values_differ_and_need_no_quotes() {
        let values: BTreeSet<String> = (0..200).map(|_| made_up("").expect("random bytes")).collect();
        assert_eq!(values.len(), 200);
        for value in &values {
            assert_eq!(value.len(), LENGTH);
            assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{value}");
            assert!(value.starts_with(|first: char| first.is_ascii_alphabetic()), "{value}");
        }
        let used: BTreeSet<char> = values.iter().flat_map(|value| value.chars()).collect();
        assert_eq!(used.len(), 62, "every letter and digit comes up");
        assert!(made_up("Os1-").expect("random bytes").starts_with("Os1-"));
    }
}
