//! `stackgen secrets init`: makes what is missing, and touches nothing else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::access::Access;
use super::{Used, git, used};
use crate::cli::disk::{Access as FileAccess, Attributes, Change, Disk, LEFTOVERS, Transaction, reason};
use crate::cli::env::EnvFile;
use crate::cli::error::CliError;
use crate::cli::stack::StackArgs;
use crate::cli::{Outcome, complain, display, stack};
use crate::plan::{Encoding, PlannedSecret, SecretSource};
use crate::quote::{userinfo_decoded, userinfo_text};
use crate::report::count;

const EXAMPLES: &str = "\
Examples:
  stackgen secrets init                        every environment of the stack in this folder
  stackgen secrets init production --stack ..  one environment of another stack

Each secret that services mount becomes a file in a folder that only you can enter. Compose
hands it on with the owner and mode that it has here: it is yours alone (0600), or its reader's
where you are root; everyone can read it (0644) only where several users do, or one that you
cannot give it to. `.env` gets the same value where a URL has it in it, percent-encoded. A value
is 32 letters and digits, unless `encoding` and `length` of the secret say otherwise. What is
there is kept, and no value is printed.";

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

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LETTERS_AND_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let mut opened = args.stack.open(disk)?;
    let planned = opened.or_report(opened.plan(1))?;
    let chosen = stack::chosen(&planned.plans, &args.environments)?;
    let secrets = used(&planned.plans, &chosen);
    // Before there is anything to keep out of git.
    let ignored = keep_out_of_git(&opened, &secrets, disk)?;
    // From here on no other run writes, and what is read stays as it is.
    let transaction = Transaction::begin(disk, &opened.folder)?.held_to_folder();
    let env = EnvFile::open(&mut opened)?;
    let mut made = Made::default();
    for secret in &secrets {
        made.add(&opened, &env, secret)?;
    }
    let said = made.write(&opened, &env, transaction, disk)?;
    complain(&format!("{ignored}{said}"));
    Ok(Outcome::Clean)
}

/// What is to be written for some secrets, and what there is to say about it.
#[derive(Default)]
struct Made<'s> {
    changes: Vec<Change>,
    /// Each file that is made, and whom it is for.
    written: Vec<(PathBuf, Access)>,
    /// Files and folders whose mode is mended.
    mended: Vec<PathBuf>,
    folders: BTreeSet<PathBuf>,
    kept: usize,
    /// Variables of `.env`, their values and what they are for.
    filled: Vec<(&'s str, String, &'s str)>,
    /// Whether `.env` holds a secret.
    env_is_secret: bool,
    left: String,
}

impl<'s> Made<'s> {
    /// Makes up what is missing of a secret.
    fn add(&mut self, opened: &stack::Opened, env: &EnvFile, secret: &'s Used<'s>) -> Result<(), CliError> {
        let file = secret.file.filter(|file| super::is_inside(file));
        let there = file.map(|file| existing(opened, file)).transpose()?.flatten();
        let in_env = env.filled_in(&secret.planned.variable).map(str::to_owned);
        self.env_is_secret |= in_env.is_some();
        let text = there.as_ref().map(|there| there.text.trim_end_matches(['\r', '\n']));
        let is_elsewhere = secret.file.is_some() && file.is_none();
        // What an earlier run has left empty, as the disk was full, is made anew.
        let value = match (text.filter(|text| !text.is_empty()), &in_env) {
            (Some(text), _) => Some(text.to_owned()),
            (None, Some(value)) if secret.only_in_urls => Some(userinfo_decoded(value)),
            (None, Some(value)) => Some(value.clone()),
            (None, None) if secret.planned.is_made_up() && !is_elsewhere => Some(made_up(secret.planned)?),
            (None, None) => None,
        };
        let Some(value) = value else {
            self.left.push_str(&left_to_do(secret, there.is_some()));
            return Ok(());
        };
        if let Some(file) = file {
            self.file(opened, file, there.as_ref(), &value, secret);
        }
        if secret.interpolated && in_env.is_none() {
            let value = if secret.only_in_urls { userinfo_text(&value) } else { value };
            self.filled.push((&secret.planned.variable, value, &secret.planned.description));
            self.env_is_secret = true;
        }
        Ok(())
    }

    /// Writes the file of a secret, or mends who may read it.
    fn file(
        &mut self,
        opened: &stack::Opened,
        file: &str,
        there: Option<&There>,
        value: &str,
        secret: &Used,
    ) {
        let path = stack::place(&opened.folder, file);
        let access = Access::of(&secret.readers);
        if Path::new(file).parent().is_some_and(|folder| !matches!(folder.to_str(), Some("" | "."))) {
            self.folders.extend(path.parent().map(Path::to_path_buf));
        }
        match there {
            Some(there) if !there.text.trim_end_matches(['\r', '\n']).is_empty() => {
                self.kept += 1;
                if access.is_amiss(&there.attributes) {
                    let change = Change::write(&path, there.text.as_str()).over(Some(there.text.as_bytes()));
                    self.changes.push(change.access(access.of_file()));
                    self.mended.push(path);
                }
            }
            there => {
                let before = there.map(|there| there.text.as_bytes());
                self.changes.push(Change::write(&path, value).over(before).access(access.of_file()));
                self.written.push((path, access));
            }
        }
    }

    /// Writes all of it; returns what was done.
    fn write(
        mut self,
        opened: &stack::Opened,
        env: &EnvFile,
        transaction: Transaction,
        disk: &Disk,
    ) -> Result<String, CliError> {
        let path = stack::place(&opened.folder, ".env");
        let is_open = self.env_is_secret && env.attributes.is_some_and(|file| file.mode & 0o007 != 0);
        if !self.filled.is_empty() || is_open {
            let pairs: Vec<(&str, &str, &str)> =
                self.filled.iter().map(|(name, value, what)| (*name, value.as_str(), *what)).collect();
            let is_private = env.attributes.is_none() || is_open;
            self.changes
                .push(env.filled(&pairs, if is_private { FileAccess::Private } else { FileAccess::Usual }));
            self.mended.extend(is_open.then(|| path.clone()));
        }
        let not_given = transaction.commit(disk, &self.changes)?;
        for folder in &self.folders {
            let closed = opened.files.close_folder(folder).map_err(|error| {
                CliError::cannot_write(folder, &reason(&error))
                    .help("`secrets init` closes it to other users")
            })?;
            self.mended.extend(closed.then(|| folder.clone()));
        }
        let mut said = String::new();
        for (path, access) in &self.written {
            let open = access.why_open(!not_given.contains(path));
            let note = open.map(|reason| format!(" (0644: {reason})")).unwrap_or_default();
            said.push_str(&format!("  wrote    {}{note}\n", display(path)));
        }
        for path in &self.mended {
            said.push_str(&format!("  closed   {}\n", display(path)));
        }
        if !self.filled.is_empty() {
            let names: Vec<&str> = self.filled.iter().map(|(name, ..)| *name).collect();
            said.push_str(&format!("  filled   {}: {}\n", display(&path), names.join(", ")));
        }
        Ok(format!(
            "{said}{}{} made, {} kept; {} filled in in .env\n",
            self.left,
            count(self.written.len(), "file"),
            self.kept,
            count(self.filled.len(), "variable")
        ))
    }
}

/// A file of a secret that is there.
struct There {
    text: String,
    attributes: Attributes,
}

/// The file of a secret, if it is there.
fn existing(opened: &stack::Opened, file: &str) -> Result<Option<There>, CliError> {
    let path = stack::place(&opened.folder, file);
    if opened.files.is_folder(&path) {
        return Err(CliError::cannot_write(&path, "a folder is in its place").help(format!(
            "remove it, `rmdir {}` (Docker makes one where a file that it is to mount is missing)",
            display(&path)
        )));
    }
    let text = opened.files.text_if_there(&path)?;
    Ok(text.zip(opened.files.attributes(&path)).map(|(text, attributes)| There { text, attributes }))
}

/// What somebody has to do for a secret whose value is not ours to make up.
fn left_to_do(secret: &Used, is_empty: bool) -> String {
    let place = match (&secret.planned.source, secret.file) {
        (SecretSource::File(_), Some(file)) if is_empty => {
            format!("{file} is empty; write it, or remove the file")
        }
        (SecretSource::File(_), Some(file)) if !super::is_inside(file) => {
            format!("write it to {file}, as that is outside of the stack's folder")
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

/// Adds what git would take into the repository to `.gitignore`: the files, and what a run leaves beside them that is ended
/// half-way.
fn keep_out_of_git(opened: &stack::Opened, secrets: &[Used], disk: &Disk) -> Result<String, CliError> {
    // Another run may be writing the same lines.
    let transaction = Transaction::begin(disk, &opened.folder)?.held_to_folder();
    let files: Vec<&str> = [".env", LEFTOVERS]
        .into_iter()
        .chain(secrets.iter().filter_map(|secret| secret.file))
        .filter(|file| super::is_inside(file))
        .collect();
    let open = git::not_ignored(&opened.folder, &files).unwrap_or(files);
    let entries: BTreeSet<String> = open
        .into_iter()
        .map(|file| if file.starts_with("secrets/") { "/secrets/".to_owned() } else { format!("/{file}") })
        .collect();
    let path = stack::place(&opened.folder, ".gitignore");
    let before = opened.files.text_if_there(&path)?;
    let mut text = before.clone().unwrap_or_default();
    let added: Vec<String> =
        entries.into_iter().filter(|entry| !text.lines().any(|line| line.trim() == entry)).collect();
    if added.is_empty() {
        return Ok(String::new());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.extend(added.iter().map(|entry| format!("{entry}\n")));
    let change = Change::write(&path, text).over(before.as_ref().map(String::as_bytes));
    transaction.commit(disk, &[change])?;
    Ok(format!("  wrote    {}: {}\n", display(&path), added.join(", ")))
}

/// A value that nobody can guess, written as the secret wants it.
fn made_up(secret: &PlannedSecret) -> Result<String, CliError> {
    let length = usize::from(secret.length);
    let bytes = match secret.encoding {
        Encoding::Alphanumeric => letters_and_digits(length)?,
        _ => {
            let mut bytes = vec![0; length];
            random(&mut bytes)?;
            bytes
        }
    };
    Ok(format!("{}{}", secret.prefix, secret.encoding.written(&bytes)))
}

/// Letters and digits, which need no quotes in a shell, a URL, YAML or `.env`.
fn letters_and_digits(length: usize) -> Result<Vec<u8>, CliError> {
    let mut made = Vec::with_capacity(length);
    while made.len() < length {
        // No number begins it, so that nobody takes it for one.
        let characters = if made.is_empty() { LETTERS } else { LETTERS_AND_DIGITS };
        let mut bytes = [0; 64];
        random(&mut bytes)?;
        // Bytes beyond the characters are passed over, so that each of them is as likely as any other.
        made.extend(bytes.iter().find_map(|byte| characters.get(usize::from(byte & 63))));
    }
    Ok(made)
}

fn random(bytes: &mut [u8]) -> Result<(), CliError> {
    getrandom::fill(bytes)
        .map_err(|error| CliError::new(format!("the system gives no random bytes: {error}")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::letters_and_digits;

    #[test]
    fn values_differ_and_need_no_quotes() {
        let value = || String::from_utf8(letters_and_digits(32).expect("random bytes")).expect("letters");
        let values: BTreeSet<String> = (0..200).map(|_| value()).collect();
        assert_eq!(values.len(), 200);
        for value in &values {
            assert_eq!(value.len(), 32);
            assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{value}");
            assert!(value.starts_with(|first: char| first.is_ascii_alphabetic()), "{value}");
        }
        let used: BTreeSet<char> = values.iter().flat_map(|value| value.chars()).collect();
        assert_eq!(used.len(), 62, "every letter and digit comes up");
    }
}
