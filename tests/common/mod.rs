//! What several tests share: the program itself, the real Docker Compose, stacks rendered in process, and folders of files.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::{Sources, Span};
use compose_reader::yaml::parse;
use serde_json::Value;
use stackgen::catalog::{Catalog, Engine};
use stackgen::definition::{self, Stack};
use stackgen::plan::{Circumstances, Plan, plan, prepare};
use stackgen::render::{OutputFile, files};
use stackgen::report::{Look, human};
use tempfile::TempDir;

/// A new folder with files.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("folder");
    for (name, text) in files {
        write(&folder, name, text);
    }
    folder
}

/// Writes a file of a folder.
pub(crate) fn write(folder: &TempDir, name: &str, text: &str) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().expect("parent")).expect("folder");
    fs::write(path, text).expect("file");
}

/// The real program, with nothing of the machine's environment.
pub(crate) fn stackgen(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stackgen"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    stackgen(folder.path(), arguments).output().expect("runs")
}

/// The exit code of a run.
pub(crate) fn code(folder: &TempDir, arguments: &[&str]) -> Option<i32> {
    run(folder, arguments).status.code()
}

/// Exit code, standard output and standard error of a run, as a page.
pub(crate) fn page(folder: &TempDir, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut page = format!("$ stackgen {}\n{}", arguments.join(" "), text(&output.stdout));
    if !output.stderr.is_empty() {
        page.push_str(&format!("--- standard error\n{}", text(&output.stderr)));
    }
    page + &format!("--- exit code {}\n", output.status.code().expect("a code"))
}

/// Docker Compose v2, as a command with its first arguments.
pub(crate) fn docker_compose() -> Vec<String> {
    let given = std::env::var("STACKGEN_DOCKER_COMPOSE").ok().map(|path| vec![path]);
    let known = [vec!["docker".to_owned(), "compose".to_owned()], vec!["docker-compose".to_owned()]];
    let answers = |command: &Vec<String>| {
        let output = Command::new(&command[0]).args(&command[1..]).arg("version").output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("v2."))
    };
    given.into_iter().chain(known).find(answers).expect(
        "Docker Compose v2 is needed: run `make test`, which fetches it, or set STACKGEN_DOCKER_COMPOSE to the path of \
         a docker-compose of version 2",
    )
}

/// The canonical form of a compose file, as the real Compose sees it; panics with what Compose says, warnings included.
pub(crate) fn canonical(command: &[String], folder: &Path, file: &str) -> Value {
    let mut compose = Command::new(&command[0]);
    compose.args(&command[1..]).args(["-f", file, "config", "--format", "json", "--no-path-resolution"]);
    // Nothing of the machine: a variable that `.env` lacks is to be missed.
    compose.current_dir(folder).env_clear().env("HOME", folder);
    let output = compose.output().expect("Docker Compose runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "Docker Compose refuses {file}:\n{said}");
    assert!(said.is_empty(), "Docker Compose warns about {file}:\n{said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Whether a program is on the PATH. Where it is not, what it judges is not judged: the test says so even when it passes, and
/// fails where `STACKGEN_NO_SKIPS` is set.
pub(crate) fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        skip(&format!("there is no {program} on the PATH"));
    }
    found
}

/// Says that a test has not tested what it is for, and why.
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("STACKGEN_NO_SKIPS").is_none(), "skipped: {why}");
    // Unlike `eprintln!`, this is not kept back where the test passes.
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "{name}: skipped: {why}");
}

/// What lies directly in a folder, sorted.
pub(crate) fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
    paths.sort();
    paths
}

/// The last part of a path.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

/// A stack from its text to its files.
pub(crate) struct Rendered {
    /// The definition.
    pub(crate) stack: Stack,
    /// The plan of each environment.
    pub(crate) plans: Vec<Plan>,
    /// Everything that is written.
    pub(crate) files: Vec<OutputFile>,
}

impl Rendered {
    /// The content of a file, empty if it is not there.
    pub(crate) fn file(&self, path: &str) -> &str {
        self.files.iter().find(|file| file.path == path).map_or("", |file| &file.content)
    }

    /// All files, one after the other.
    pub(crate) fn text(&self) -> String {
        self.files.iter().map(|file| format!("==> {}\n{}\n", file.path, file.content)).collect()
    }
}

/// Renders a stack in process, with its folder's own templates.
///
/// # Errors
///
/// Everything that is wrong with it, as shown to people.
pub(crate) fn render(text: &str, folder: Option<&Path>) -> Result<Rendered, String> {
    let own = folder.map(|folder| folder.join("templates")).filter(|folder| folder.is_dir());
    let own = own.iter().flat_map(|folder| children(folder)).map(|path| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, path.display().to_string(), fs::read_to_string(&path).expect("text"))
    });
    let mut sources = Sources::new();
    let mut catalog = Catalog::new(own);
    let id = sources.add("stack.yaml", text);
    let wrong = |diagnostics: &[Diagnostic], sources: &Sources| human(diagnostics, sources, Look::default());
    let parsed = parse(id, text).map_err(|error| error.message)?;
    let mut read = |path: &str| {
        let text = fs::read_to_string(folder?.join(path)).ok()?;
        let id = sources.add(path, text.as_str());
        Some((parse(id, &text).expect("valid YAML"), Span::new(id, 0, 0)))
    };
    let included: Vec<_> = definition::includes(&parsed).iter().filter_map(|path| read(path)).collect();
    let lock = read("stack.lock").map(|(parsed, _)| definition::read_lock(&parsed).0).unwrap_or_default();
    let (stack, mut diagnostics) = definition::read((&parsed, Span::new(id, 0, 0)), &included);
    let Some(mut stack) = stack else { return Err(wrong(&diagnostics, &sources)) };
    diagnostics.extend(prepare(&mut stack, &mut catalog, &mut sources));
    match plan(&stack, &catalog, &Engine::new(), &Circumstances { lock, instance: 1 }) {
        Ok(planned) if diagnostics.is_empty() => {
            let files = files(&planned);
            Ok(Rendered { stack, plans: planned.plans, files })
        }
        other => {
            diagnostics.extend(other.err().unwrap_or_default());
            Err(wrong(&diagnostics, &sources))
        }
    }
}
