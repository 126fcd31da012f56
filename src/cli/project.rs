//! The files and variables of one project, found as `docker compose` finds them.

use std::path::{Path, PathBuf};

use super::configuration::Configurations;
use super::disk::{Disk, ProjectFiles, STDIN};
use super::display;
use super::error::CliError;
use compose_reader::compose::{DEFAULT_FILES, Environment, FileEntry, Files, Request, parent};
use compose_reader::dotenv;
use compose_reader::source::{Sources, Span};
use compose_reader::spec::{UnknownVersion, Version};
use compose_reader::values::Boolean;

/// Names of a file that is merged over the default one.
pub(super) const OVERRIDE_FILES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// Which version of Docker Compose is meant.
#[derive(Debug, Default, clap::Args)]
pub(super) struct VersionArgs {
    /// The version of Docker Compose that files are read as, such as 2.40 [default: that of stackgen.toml, or the newest]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(super) compose: Option<Version>,
}

fn version(text: &str) -> Result<Version, String> {
    text.parse().map_err(|unknown: UnknownVersion| format!("{unknown}; {}", unknown.help()))
}

/// What says which project is meant.
#[derive(Debug, Default, clap::Args)]
pub(super) struct ProjectArgs {
    /// A file of the project, `-` for standard input; several are merged in order [default: as `docker compose` finds it]
    #[arg(short, long = "file", value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,

    /// A file with variables, in place of `.env`; of several, the later one holds
    #[arg(long, value_name = "FILE")]
    pub(super) env_file: Vec<PathBuf>,

    /// A profile that is on; `*` is all
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Vec<String>,

    /// The project's name
    #[arg(short, long, value_name = "NAME")]
    pub(super) project_name: Option<String>,

    /// The folder that relative paths are seen from [default: that of the first file]
    #[arg(long, value_name = "DIR")]
    pub(super) project_directory: Option<PathBuf>,

    #[command(flatten)]
    pub(super) version: VersionArgs,
}

/// Finds the files and variables of a project, and reads those that every project has.
///
/// # Errors
///
/// That there is no file, one that cannot be read, or an env file that Compose refuses.
pub(super) fn open(args: &ProjectArgs, disk: &Disk) -> Result<(Sources, ProjectFiles, Request), CliError> {
    let mut sources = Sources::new();
    let mut disk = disk.clone();
    if args.files.iter().any(|path| path == Path::new(STDIN)) {
        disk.put_stdin()?;
    }
    let mut named: Vec<PathBuf> = args.files.clone();
    named.extend(args.env_file.iter().cloned());
    if args.files.is_empty() {
        // The folder that is looked into comes first: it says where the root is.
        named.insert(0, args.project_directory.clone().unwrap_or_default().join(DEFAULT_FILES[0]));
    }
    let mut files = disk.of_files(&named);
    let request = request(args, &mut files, &mut sources)?;
    Ok((sources, files, request))
}

fn request(args: &ProjectArgs, files: &mut ProjectFiles, sources: &mut Sources) -> Result<Request, CliError> {
    let disk = files.disk().clone();
    let absolute = |path: &Path| display(&disk.absolute(path));
    let mut environment = Environment::new();
    for (name, value) in std::env::vars_os() {
        environment.add(name.to_string_lossy(), value.to_string_lossy());
    }
    let directory = args.project_directory.as_deref().map(absolute);
    let named: Vec<&Path> = args.files.iter().map(PathBuf::as_path).collect();
    let first_folder = match (&directory, named.first()) {
        (Some(folder), _) => folder.clone(),
        (None, Some(first)) if first.as_os_str() != STDIN => parent(&absolute(first)).to_owned(),
        _ => absolute(Path::new(".")),
    };
    let version = match args.version.compose {
        Some(version) => version,
        None => Configurations::new(&disk).of_folder(Path::new(&first_folder))?.compose.unwrap_or_default(),
    };
    env_files(args, files, sources, &first_folder, &mut environment)?;
    let paths = match named.is_empty() {
        false => named
            .iter()
            .map(|path| if path.as_os_str() == STDIN { STDIN.to_owned() } else { absolute(path) })
            .collect(),
        true => found(files, &environment, &first_folder)?,
    };
    let folder = directory.unwrap_or_else(|| match paths.first() {
        Some(first) if first != STDIN => parent(first).to_owned(),
        _ => first_folder.clone(),
    });
    if folder != first_folder && args.env_file.is_empty() {
        env_files(args, files, sources, &folder, &mut environment)?;
    }
    let mut read = Vec::new();
    for path in paths {
        let (name, text) = if path == STDIN {
            (STDIN.to_owned(), files.text(Path::new(STDIN))?)
        } else {
            (files.display_name(&path), text_of(files, &path)?)
        };
        read.push((sources.add(name, text), path));
    }
    let name =
        args.project_name.clone().or_else(|| environment.get("COMPOSE_PROJECT_NAME").map(str::to_owned));
    let name = name.filter(|name| !name.is_empty());
    if let Some(name) = name.as_ref().filter(|name| compose_reader::compose::project_name(name) != **name) {
        return Err(CliError::new(format!("`{name}` is no name of a project"))
            .help("small letters, digits, `-` and `_`, beginning with a letter or digit"));
    }
    let from_environment = || {
        environment.get("COMPOSE_PROFILES").unwrap_or_default().split(',').map(|name| name.trim().to_owned())
    };
    let profiles = if args.profile.is_empty() { from_environment().collect() } else { args.profile.clone() };
    Ok(Request {
        files: read,
        folder,
        home: environment.get("HOME").map(str::to_owned),
        environment,
        name,
        profiles,
        version,
        interpolates: true,
        is_lenient: false,
        documented: None,
        config_path: |_, _| None,
        is_configured: |_| false,
    })
}

/// The files that `COMPOSE_FILE` names, or the default one of this folder or one above, with the override beside it.
fn found(files: &mut ProjectFiles, environment: &Environment, here: &str) -> Result<Vec<String>, CliError> {
    if let Some(named) = environment.get("COMPOSE_FILE") {
        let separator =
            environment.get("COMPOSE_PATH_SEPARATOR").filter(|text| !text.is_empty()).unwrap_or(":");
        return Ok(named
            .split(separator)
            .map(|path| display(&files.disk().absolute(Path::new(path))))
            .collect());
    }
    let mut folder = here;
    loop {
        let there = files.disk().of_folder(Path::new(folder));
        let first = |names: &[&str]| {
            let paths = names.iter().map(|name| format!("{}/{name}", folder.trim_end_matches('/')));
            paths.into_iter().find(|path| there.entry(path) == Some(FileEntry::File))
        };
        if let Some(file) = first(&DEFAULT_FILES) {
            let paths: Vec<String> = std::iter::once(file).chain(first(&OVERRIDE_FILES)).collect();
            // The user looks at the folder where they lie.
            *files = there;
            return Ok(paths);
        }
        if folder == "/" || folder == "." {
            return Err(CliError::new("no compose file here or in a folder above")
                .help("name one with `-f FILE`, or go to the folder of a compose.yaml"));
        }
        folder = parent(folder);
    }
}

/// Adds what the env files say: those that are named, or `.env` of a folder.
fn env_files(
    args: &ProjectArgs,
    files: &ProjectFiles,
    sources: &mut Sources,
    folder: &str,
    environment: &mut Environment,
) -> Result<(), CliError> {
    let absolute = |path: &Path| display(&files.disk().absolute(path));
    let from_environment =
        environment.get("COMPOSE_ENV_FILES").filter(|files| !files.is_empty()).map(str::to_owned);
    let named: Vec<String> = match (&args.env_file[..], from_environment) {
        ([], Some(named)) => named.split(',').map(|path| absolute(Path::new(path))).collect(),
        (named, _) => named.iter().map(|path| absolute(path)).collect(),
    };
    let paths = if named.is_empty() {
        let is_off = environment
            .get("COMPOSE_DISABLE_ENV_FILE")
            .is_some_and(|text| Boolean::of_setting(text) == Some(true));
        let default = format!("{}/.env", folder.trim_end_matches('/'));
        if is_off || files.entry(&default) != Some(FileEntry::File) { Vec::new() } else { vec![default] }
    } else {
        named
    };
    // Of several files the last one holds, but none against the environment.
    let mut read = Environment::new();
    for path in paths.iter().rev() {
        let text = text_of(files, path)?;
        let id = sources.add(files.display_name(path), text);
        let outer = environment.clone();
        let parsed = dotenv::parse(sources.get(id).text(), &|name| outer.get(name));
        match parsed {
            Ok(assignments) => read.add_file(id, &assignments),
            Err(error) => {
                let span = Span::new(id, error.place.start, error.place.end);
                return Err(CliError::new(error.message).help(error.help).at(span, sources));
            }
        }
    }
    environment.add_all(read);
    Ok(())
}

fn text_of(files: &ProjectFiles, path: &str) -> Result<String, CliError> {
    files.text(Path::new(&files.display_name(path)))
}
