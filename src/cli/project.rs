//! The files and variables of one project, found as `docker compose` finds them.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::complain;
use super::disk::Disk;
use compose_reader::compose::{DEFAULT_FILES, Environment, FileEntry, Files, Request, parent};
use compose_reader::dotenv;
use compose_reader::source::{Sources, Span};
use compose_reader::values::Boolean;

/// Names of a file that is merged over the default one.
pub(super) const OVERRIDE_FILES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// What says which project is meant.
#[derive(Debug, clap::Args)]
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
}

/// Finds the files and variables of a project, and reads those that every project has. `None` where the user has been told
/// why it cannot be read.
pub(super) fn open(args: &ProjectArgs) -> Option<(Sources, Disk, Request)> {
    let (mut sources, disk) = (Sources::new(), Disk::new());
    match request(args, &disk, &mut sources) {
        Ok(request) => Some((sources, disk, request)),
        Err(message) => {
            complain(&message);
            None
        }
    }
}

/// # Errors
///
/// What to tell the user: no file, one that cannot be read, or an env file that Compose refuses.
fn request(args: &ProjectArgs, disk: &Disk, sources: &mut Sources) -> Result<Request, String> {
    let mut environment = Environment::new();
    for (name, value) in std::env::vars_os() {
        environment.add(name.to_string_lossy(), value.to_string_lossy());
    }
    let directory = args.project_directory.as_deref().map(|folder| disk.absolute(folder));
    let named: Vec<&Path> = args.files.iter().map(PathBuf::as_path).collect();
    let first_folder = match (&directory, named.first()) {
        (Some(folder), _) => folder.clone(),
        (None, Some(first)) if first.as_os_str() != "-" => parent(&disk.absolute(first)).to_owned(),
        _ => disk.absolute(Path::new(".")),
    };
    env_files(args, disk, sources, &first_folder, &mut environment)?;
    let files = match named.is_empty() {
        false => named
            .iter()
            .map(|path| if path.as_os_str() == "-" { "-".to_owned() } else { disk.absolute(path) })
            .collect(),
        true => found(disk, &environment, &first_folder)?,
    };
    let folder = directory.unwrap_or_else(|| match files.first() {
        Some(first) if first != "-" => parent(first).to_owned(),
        _ => first_folder.clone(),
    });
    if folder != first_folder && args.env_file.is_empty() {
        env_files(args, disk, sources, &folder, &mut environment)?;
    }
    let mut read = Vec::new();
    for path in files {
        let (name, text) = if path == "-" {
            ("-".to_owned(), standard_input()?)
        } else {
            (disk.display_name(&path), text_of(disk, &path)?)
        };
        read.push((sources.add(name, text), path));
    }
    let name =
        args.project_name.clone().or_else(|| environment.get("COMPOSE_PROJECT_NAME").map(str::to_owned));
    let name = name.filter(|name| !name.is_empty());
    if let Some(name) = name.as_ref().filter(|name| compose_reader::compose::project_name(name) != **name) {
        return Err(format!(
            "error: `{name}` is no name of a project\n  help: small letters, digits, `-` and `_`, beginning with a letter or digit\n"
        ));
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
        interpolates: true,
        is_lenient: false,
        documented: None,
        config_path: |_, _| None,
    })
}

/// The files that `COMPOSE_FILE` names, or the default one of this folder or one above, with the override beside it.
fn found(disk: &Disk, environment: &Environment, here: &str) -> Result<Vec<String>, String> {
    if let Some(named) = environment.get("COMPOSE_FILE") {
        let separator =
            environment.get("COMPOSE_PATH_SEPARATOR").filter(|text| !text.is_empty()).unwrap_or(":");
        return Ok(named.split(separator).map(|path| disk.absolute(Path::new(path))).collect());
    }
    let mut folder = here;
    loop {
        let first = |names: &[&str]| {
            let paths = names.iter().map(|name| format!("{}/{name}", folder.trim_end_matches('/')));
            paths.into_iter().find(|path| disk.entry(path) == Some(FileEntry::File))
        };
        if let Some(file) = first(&DEFAULT_FILES) {
            return Ok(std::iter::once(file).chain(first(&OVERRIDE_FILES)).collect());
        }
        if folder == "/" || folder == "." {
            let help = "name one with `-f FILE`, or go to the folder of a compose.yaml";
            return Err(format!("error: no compose file here or in a folder above\n  help: {help}\n"));
        }
        folder = parent(folder);
    }
}

/// Adds what the env files say: those that are named, or `.env` of a folder.
fn env_files(
    args: &ProjectArgs,
    disk: &Disk,
    sources: &mut Sources,
    folder: &str,
    environment: &mut Environment,
) -> Result<(), String> {
    let from_environment =
        environment.get("COMPOSE_ENV_FILES").filter(|files| !files.is_empty()).map(str::to_owned);
    let named: Vec<String> = match (&args.env_file[..], from_environment) {
        ([], Some(files)) => files.split(',').map(|path| disk.absolute(Path::new(path))).collect(),
        (files, _) => files.iter().map(|path| disk.absolute(path)).collect(),
    };
    let files = if named.is_empty() {
        let is_off = environment
            .get("COMPOSE_DISABLE_ENV_FILE")
            .is_some_and(|text| Boolean::of_setting(text) == Some(true));
        let default = format!("{}/.env", folder.trim_end_matches('/'));
        if is_off || disk.entry(&default) != Some(FileEntry::File) { Vec::new() } else { vec![default] }
    } else {
        named
    };
    // Of several files the last one holds, but none against the environment.
    let mut read = Environment::new();
    for path in files.iter().rev() {
        let text = text_of(disk, path)?;
        let id = sources.add(disk.display_name(path), text);
        let outer = environment.clone();
        let parsed = dotenv::parse(sources.get(id).text(), &|name| outer.get(name));
        match parsed {
            Ok(assignments) => read.add_file(id, &assignments),
            Err(error) => {
                let place = sources.place(Span::new(id, error.place.start, error.place.end));
                return Err(format!("error: {place}: {}\n  help: {}\n", error.message, error.help));
            }
        }
    }
    environment.add_all(read);
    Ok(())
}

fn text_of(disk: &Disk, path: &str) -> Result<String, String> {
    let shown = disk.display_name(path);
    let refused = |why: &str| {
        format!(
            "error: cannot read `{shown}`: {why}\n  help: check the spelling, and that the file can be read\n"
        )
    };
    match disk.entry(path) {
        None => Err(refused("no such file")),
        Some(FileEntry::Folder) => Err(refused("it is a folder")),
        Some(FileEntry::Special) => Err(refused("it is no ordinary file")),
        Some(FileEntry::File) => disk.read(path).map_err(|why| refused(&why)),
    }
}

fn standard_input() -> Result<String, String> {
    let mut text = String::new();
    let read = std::io::stdin().lock().read_to_string(&mut text);
    read.map(|_| text).map_err(|error| {
        format!("error: cannot read standard input: {error}\n  help: pipe a compose file into it\n")
    })
}
