//! `stackgen secrets check`: what is wrong with the secrets that are there, and what is missing.

use std::path::Path;

use super::access::{self, Access};
use super::{Used, git, used};
use crate::cli::disk::Disk;
use crate::cli::env::{self, EnvFile};
use crate::cli::error::CliError;
use crate::cli::stack::StackArgs;
use crate::cli::{Outcome, display, stack};
use crate::fault::Fault;
use crate::plan::used_variables;
use crate::quote::userinfo_decoded;
use crate::report::count;
use compose_reader::diagnostic::{Diagnostic, Severity, enumerate};
use compose_reader::source::Span;

const EXAMPLES: &str = "\
Examples:
  stackgen secrets check                        every environment of the stack in this folder
  stackgen secrets check production --stack ..  one environment of another stack

It says what is missing, empty, easy to guess, open to every user of the machine, closed to the
image that reads it, or in git, and where a file and .env differ. No value is shown.

Exit codes: 0 nothing to say, 1 findings, 2 a wrong stack or a file that cannot be read.";

/// Say what is wrong with the secrets of a stack
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Environments whose secrets are looked at [default: all of the stack]
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
    let secrets = used(&planned.plans, &chosen);
    let mut findings = findings_of_git(&opened, &env, &secrets);
    findings.extend(open_env_file(&env, &secrets));
    let variables = used_variables(chosen.iter().copied());
    for secret in &secrets {
        let value = match secret.file {
            Some(file) => file_of(&opened, file, secret, &mut findings)?,
            None => None,
        };
        let variable = &secret.planned.variable;
        let Some(used) = variables.get(variable).filter(|_| secret.interpolated) else { continue };
        findings.extend(env.judge(variable, used, Some(secret.planned)));
        findings.extend(differing(&env, secret, value));
    }
    let looked_at = format!("{} in order", count(secrets.len(), "secret"));
    env::report(&findings, &opened, &looked_at)
}

/// A `.env` with a secret in it that every user of the machine can read.
fn open_env_file(env: &EnvFile, secrets: &[Used]) -> Option<Diagnostic> {
    env.attributes.filter(|file| file.mode & 0o007 != 0)?;
    let span = secrets.iter().find_map(|secret| env.span(&secret.planned.variable))?;
    let message = "every user of this machine can read `.env`, which holds a secret";
    let found = Fault::OpenSecret.at(span, message).severity(Severity::Warning);
    Some(found.help("`stackgen secrets init` closes it, or `chmod 600 .env`"))
}

/// What a secret's file holds, and what is wrong with it.
fn file_of(
    opened: &stack::Opened,
    file: &str,
    secret: &Used,
    findings: &mut Vec<Diagnostic>,
) -> Result<Option<String>, CliError> {
    let path = stack::place(&opened.folder, file);
    let name = display(&path);
    let mut say = |fault: Fault, severity: Severity, message: String, help: String| {
        let found = fault.at(secret.planned.span, message).severity(severity).help(help);
        findings.push(found);
    };
    // What lies elsewhere is not looked at.
    if opened.files.is_outside(&path) {
        return Ok(None);
    }
    let Some(file) = opened.files.attributes(&path) else {
        let mut readers: Vec<&str> = secret.readers.iter().map(|reader| reader.service.as_str()).collect();
        readers.dedup();
        let message = format!("there is no `{name}` for {}", enumerate(&readers));
        let help = match secret.planned.is_made_up() {
            true => "`stackgen secrets init` makes it".to_owned(),
            false => format!("write it there. It is: {}", secret.planned.description),
        };
        say(Fault::MissingSecret, Severity::Error, message, help);
        return Ok(None);
    };
    if file.is_folder {
        let message = format!("`{name}` is a folder");
        let help = format!(
            "remove it, `rmdir {name}` (Docker makes one where a file that it is to mount is missing)"
        );
        say(Fault::MissingSecret, Severity::Error, message, help);
        return Ok(None);
    }
    let closed: Vec<String> = secret
        .readers
        .iter()
        .filter(|reader| access::is_closed_to(&file, reader))
        .map(|reader| {
            format!("`{}`, which reads it as user {}", reader.service, reader.user.unwrap_or_default())
        })
        .collect();
    if !closed.is_empty() {
        let message = format!("`{name}` cannot be read by {}", closed.join(", nor by "));
        let help = match Access::of(&secret.readers) {
            Access::Owner(Some(user)) => format!("as root `chown {user} {name}`, or `chmod 644 {name}`"),
            _ => format!("`chmod 644 {name}`"),
        };
        say(
            Fault::UnreadableSecret,
            Severity::Error,
            message,
            format!("{help}; Compose mounts it with the owner and mode that it has here"),
        );
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = opened.files.attributes(parent);
    let is_entered = access::is_entered_by_all(folder);
    let fault = match () {
        () if is_entered && file.mode & 0o004 != 0 => {
            Some(format!("every user of this machine can read `{name}`"))
        }
        () if is_entered && folder.is_some_and(|folder| folder.mode & 0o1002 == 0o002) => {
            Some(format!("every user of this machine can put another file in the place of `{name}`"))
        }
        () => None,
    };
    if let Some(message) = fault {
        say(Fault::OpenSecret, Severity::Warning, message, format!("`chmod 700 {}`", display(parent)));
    }
    let text = opened.files.text(&path)?;
    let value = text.trim_end_matches(['\r', '\n']);
    if value.is_empty() {
        let help = "remove it, and `stackgen secrets init` makes it anew".to_owned();
        say(Fault::EmptySecret, Severity::Error, format!("`{name}` is empty"), help);
    } else if let Some(weakness) = env::weakness(value, &secret.planned.development) {
        let help =
            "remove it, and `stackgen secrets init` makes it anew; change it where it is in use already";
        say(Fault::WeakSecret, Severity::Error, format!("`{name}` {weakness}"), help.to_owned());
    }
    Ok(Some(value.to_owned()))
}

/// A file and a line of `.env` that hold the same secret hold the same value.
fn differing(env: &EnvFile, secret: &Used, in_file: Option<String>) -> Option<Diagnostic> {
    let (file, value) = (secret.file?, in_file.filter(|value| !value.is_empty())?);
    let variable = &secret.planned.variable;
    let span = env.span(variable).filter(|_| {
        let is_other =
            |it: &str| if secret.only_in_urls { userinfo_decoded(it) != value } else { it != value };
        env.filled_in(variable).is_some_and(is_other)
    })?;
    let message = format!("{variable} is not what `{file}` holds");
    let found = Fault::DifferentSecret.at(span, message)
        .related(secret.planned.span, "the file is what this gets")
        .help("keep the one that is in use; without its line in .env `stackgen secrets init` writes that of the file");
    Some(found)
}

/// Which of the files are in git, or could come to be.
fn findings_of_git(opened: &stack::Opened, env: &EnvFile, secrets: &[Used]) -> Vec<Diagnostic> {
    let folder = &opened.folder;
    let in_env = env.names().next().map(|(_, span)| (".env", span));
    let there = |file: &&str| opened.files.is_file(&stack::place(folder, file));
    let files = secrets.iter().filter_map(|it| Some((it.file.filter(there)?, it.planned.span)));
    let places: Vec<(&str, Span)> = in_env.into_iter().chain(files).collect();
    let paths: Vec<&str> = places.iter().map(|(path, _)| *path).collect();
    let committed = git::committed(folder, &paths);
    let not_ignored = git::not_ignored(folder, &paths).unwrap_or_default();
    let mut findings = Vec::new();
    for (path, span) in &places {
        let name = display(&stack::place(folder, path));
        if committed.iter().any(|committed| committed == path) {
            let message = format!("`{name}` is in git, and so is its value in every copy of the repository");
            let help = format!("`git rm --cached {name}`, and change the secret: the history keeps it");
            findings.push(Fault::CommittedSecret.at(*span, message).help(help));
        } else if not_ignored.contains(path) {
            let message = format!("git does not ignore `{name}`, so the next commit may hold it");
            let help = "`stackgen secrets init` adds it to .gitignore";
            let found = Fault::UnignoredSecret.at(*span, message);
            findings.push(found.severity(Severity::Warning).help(help));
        }
    }
    findings
}
