//! `stackgen import`: the compose files of a folder in, a stack and the proof that it says the same out.

mod found;
mod proof;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::disk::{Change, Disk, ProjectFiles, Transaction};
use super::error::CliError;
use super::project::{self, ProjectArgs};
use super::render::refused;
use super::stack::{self, STACK_FILE, place};
use super::{Outcome, complain, display, print};
use crate::definition::{ENVIRONMENTS, Mode};
use crate::import::{self, Account, Class, Difference, Options, Original};
use crate::render;
use crate::report::count;
use compose_reader::compose::{Request, resolve};
use compose_reader::source::Sources;
use compose_reader::yaml::{Node, parse};
use found::Environment;

/// What became of each compose file.
const MIGRATION: &str = "MIGRATION.md";

const EXAMPLES: &str = "\
Examples:
  stackgen import                       the compose files of this folder: stack.yaml and MIGRATION.md
  stackgen import deploy --dry-run      print the stack of another folder, write nothing
  stackgen import --environment dev-fast=compose.yaml,compose.dev.yaml \\
                  --environment production=compose.yaml,compose.prod.yaml
  stackgen import --verify              hold the stack against the compose files again

Which files belong together is read from Makefiles, scripts, CI files and names, as by `stackgen lint`.
The stack is rendered in memory, and each environment is compared with its compose files, value by
value. Every difference is meant, and listed in MIGRATION.md, or it is lost.
No compose file is touched; a stack.yaml that is there is never overwritten.

Exit codes: 0 nothing is lost, 1 something is, 2 the files cannot be read or Docker Compose refuses them.";

/// Make a stack of the compose files that a team has, and prove that it says the same
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The folder of the compose files
    #[arg(value_name = "PATH", default_value = ".")]
    folder: PathBuf,

    /// An environment and its files, merged in order; repeatable [default: as commands and names say]
    #[arg(long = "environment", value_name = "NAME=FILE[,FILE...]")]
    environments: Vec<String>,

    /// The stack's name [default: that of the project]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// The folder to write to [default: that of the compose files]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Take the default wherever there is a choice
    #[arg(long)]
    yes: bool,

    /// Print the stack, write nothing
    #[arg(long, conflicts_with = "verify")]
    dry_run: bool,

    /// Compare the stack that is there with the compose files
    #[arg(long)]
    verify: bool,
}

/// One environment, read.
struct Read {
    environment: Environment,
    sources: Sources,
    files: ProjectFiles,
    request: Request,
    written: Node,
    lines: BTreeMap<String, usize>,
}

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let environments = match args.environments.is_empty() {
        true => found::environments(&args.folder, disk)?,
        false => {
            args.environments.iter().map(|text| found::named(text, &args.folder)).collect::<Result<_, _>>()?
        }
    };
    let out = args.out.as_deref().unwrap_or(&args.folder);
    let path = place(out, STACK_FILE);
    let around = disk.of_folder(out);
    if !args.verify && !args.dry_run && around.is_there(&path) {
        return Err(CliError::new(format!("`{}` is there already", display(&path))).help(
            "hold it against the compose files with `--verify`, or write to another folder with `--out`",
        ));
    }
    let read = environments
        .into_iter()
        .map(|environment| read(environment, disk))
        .collect::<Result<Vec<Read>, CliError>>()?;
    let (text, notes) = if args.verify {
        (around.text(&path)?, Vec::new())
    } else {
        let originals: Vec<Original> = read.iter().map(original).collect();
        let imported = import::stack(&originals, &options(args, &read, &around, out));
        (imported.text, imported.notes)
    };
    let accounts = prove(&text, out, &read, disk)?;
    let lost: usize =
        accounts.iter().flat_map(|account| &account.differences).filter(|it| it.class == Class::Lost).count();
    tell(&accounts);
    if args.dry_run {
        print(&text)?;
    } else if !args.verify {
        let mut lines: BTreeMap<&String, usize> = BTreeMap::new();
        read.iter().flat_map(|read| &read.lines).for_each(|(file, count)| _ = lines.insert(file, *count));
        let lines = (lines.values().sum(), text.lines().count());
        let name = name_of(args, &read);
        let migration = import::migration(&name, &accounts, &notes, lines);
        let changes = [
            Change::write(path.clone(), text.as_str()).over(None),
            Change::write(place(out, MIGRATION), migration.as_str())
                .over(around.bytes_if_there(&place(out, MIGRATION))?.as_deref()),
        ];
        Transaction::begin(disk, out)?.commit(disk, &changes)?;
        complain(&format!(
            "  wrote    {} ({} lines of compose files, {} of stack.yaml)\n  wrote    {}\n",
            display(&path),
            lines.0,
            lines.1,
            display(&place(out, MIGRATION))
        ));
    }
    if lost > 0 {
        complain(&format!("{} lost; `{MIGRATION}` says where\n", count(lost, "value")));
        return Ok(Outcome::Findings);
    }
    complain("nothing is lost\n");
    Ok(Outcome::Clean)
}

/// Reads the files of an environment, variables as they stand.
///
/// # Errors
///
/// What Docker Compose refuses.
fn read(mut environment: Environment, disk: &Disk) -> Result<Read, CliError> {
    let args = ProjectArgs {
        files: environment.files.clone(),
        env_file: environment.env_files.clone(),
        profile: vec!["*".to_owned()],
        project_name: None,
        project_directory: environment.directory.clone(),
        version: project::VersionArgs::default(),
    };
    let (mut sources, files, mut request) = project::open(&args, disk)?;
    let refused = {
        let mut lenient = request.clone();
        lenient.is_lenient = true;
        let mut sources = sources.clone();
        let resolution = resolve(&mut sources, &files, &lenient);
        let findings = crate::lint::refusals(&resolution.problems, &resolution.duplicates);
        let findings: Vec<_> = findings.into_iter().filter(|it| it.code != "SG009").collect();
        (resolution.is_refused() && !findings.is_empty())
            .then(|| CliError::of_findings(&findings, &sources, disk))
    };
    if let Some(error) = refused {
        return Err(error);
    }
    request.interpolates = false;
    let resolution = resolve(&mut sources, &files, &request);
    let mut services = resolution.written.get("services").and_then(Node::as_mapping).into_iter().flatten();
    if services.any(|(_, entry)| entry.value.get("secrets").is_some()) {
        // Development has values in place of the files.
        environment.mode = Mode::Production;
    }
    let lines = sources.iter().map(|(_, source)| (source.name().to_owned(), source.text().lines().count()));
    let lines = lines.collect();
    request.name = Some(resolution.name.clone());
    Ok(Read { environment, files, request, written: resolution.written, lines, sources })
}

fn original(read: &Read) -> Original {
    let mut comments: BTreeMap<String, Option<String>> = BTreeMap::new();
    for (id, _) in &read.request.files {
        let Ok(parsed) = parse(*id, read.sources.get(*id).text()) else { continue };
        let above = parsed.comments_above();
        let services = parsed.documents.first().and_then(|root| root.get("services")?.as_mapping().cloned());
        for (name, entry) in services.into_iter().flatten() {
            // What a file says that is laid over another one is about the difference.
            let comment =
                above.of(entry.key.span).map(|text| without_lines(&text)).filter(|text| !text.is_empty());
            comments.entry(name.to_string()).or_insert(comment);
        }
    }
    let comments = comments.into_iter().filter_map(|(name, comment)| Some((name, comment?))).collect();
    Original {
        name: read.environment.name.clone(),
        mode: read.environment.mode,
        project: read.request.name.clone().unwrap_or_default(),
        folder: read.request.folder.clone(),
        written: read.written.clone(),
        comments,
    }
}

/// A comment without the lines that only draw a line.
fn without_lines(comment: &str) -> String {
    comment.lines().filter(|line| line.contains(char::is_alphanumeric)).collect::<Vec<_>>().join("\n")
}

fn name_of(args: &Args, read: &[Read]) -> String {
    let project = || read.first().and_then(|read| read.request.name.clone());
    args.name.clone().or_else(project).unwrap_or_default()
}

fn options(args: &Args, read: &[Read], around: &ProjectFiles, out: &Path) -> Options {
    let listed: BTreeSet<String> = around.list(out).files.into_iter().collect();
    Options {
        name: name_of(args, read),
        has_makefile: listed.contains(render::MAKEFILE),
        has_env_example: listed.contains(render::ENV_EXAMPLE),
        taken: listed,
    }
}

/// Renders a stack in memory, and compares each environment with its compose files.
///
/// # Errors
///
/// What is wrong with the stack.
fn prove(text: &str, out: &Path, read: &[Read], disk: &Disk) -> Result<Vec<Account>, CliError> {
    let mut disk = disk.clone();
    disk.put(&place(out, STACK_FILE), text.to_owned());
    let opened = stack::open(out, &disk)?;
    let planned = opened.or_report(opened.plan(1))?;
    let files = render::files(&planned);
    let plans: Vec<_> = planned.plans.iter().collect();
    opened.or_report(refused::check(&opened, &plans, &files))?;
    for file in &files {
        disk.put(&place(out, &file.path), file.content.clone());
    }
    let around = disk.of_folder(out);
    let folder = display(&disk.absolute(out));
    let mut accounts = Vec::new();
    for read in read {
        let environment = &read.environment;
        let plan = planned.plans.iter().find(|plan| plan.environment == environment.name);
        let path = plan.map(render::compose_path);
        let rendered = path.as_ref().and_then(|path| files.iter().find(|file| file.path == *path));
        let Some(rendered) = rendered else {
            return Err(CliError::new(format!("the stack renders nothing for `{}`", environment.name)));
        };
        let mut sources = Sources::new();
        let id = sources.add(rendered.path.as_str(), rendered.content.as_str());
        let mut request = read.request.clone();
        request.files = vec![(id, format!("{folder}/{}", rendered.path))];
        request.folder.clone_from(&folder);
        request.name = None;
        let now = parse(id, &rendered.content).map(|parsed| parsed.documents).unwrap_or_default();
        let nodes: Vec<&Node> = now.iter().chain([&read.written]).collect();
        let values = proof::values(&nodes);
        let mut differences: BTreeSet<Difference> = BTreeSet::new();
        let usual = ENVIRONMENTS.iter().find(|usual| usual.name == environment.name);
        let is_local = usual.map_or(environment.mode == Mode::Development, |usual| usual.local);
        let mut services = 0;
        for variables in [&[][..], &values[..]] {
            let before = proof::printed(&read.sources, &read.files, &read.request, variables);
            let after = proof::printed(&sources, &around, &request, variables);
            services = import::services(&before);
            differences.extend(import::compare(&before, &after, environment.mode, is_local));
        }
        accounts.push(Account {
            environment: environment.name.clone(),
            files: environment.files.iter().map(|file| display(file)).collect(),
            reasons: environment.reasons.clone(),
            rendered: rendered.path.clone(),
            services,
            differences: differences.into_iter().collect(),
        });
    }
    Ok(accounts)
}

/// Says for each environment what it was made of, and what differs.
fn tell(accounts: &[Account]) {
    for account in accounts {
        let lost: Vec<&Difference> =
            account.differences.iter().filter(|it| it.class == Class::Lost).collect();
        complain(&format!(
            "  {:<14} {} of {}; {} changed on purpose, {} lost\n",
            account.environment,
            count(account.services, "service"),
            account.files.join(" + "),
            account.differences.len() - lost.len(),
            lost.len()
        ));
        for difference in lost.iter().take(MOST_LOST) {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
            complain(&format!(
                "    lost: {}: {} -> {}\n",
                difference.path,
                value(&difference.before),
                value(&difference.after)
            ));
        }
    }
}

/// Lost values that are told of each environment; all of them stand in MIGRATION.md.
const MOST_LOST: usize = 10;
