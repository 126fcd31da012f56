//! Attacks on whoever runs stackgen in a folder that nobody vouches for: each is made, and has to come to nothing.
//! docs/security.md names every one of these tests.

mod half_way;
mod programs;
mod reading;
mod same;
mod secrets;
mod writing;

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::common::{folder, stackgen};

/// What must not be seen in any report.
const SECRET: &str = "hunter2-of-the-machine";

/// A repository in a folder, with a neighbour that holds a secret: `outside/secret.yml` and `outside/secret.env`.
struct Repository {
    /// The folder with both.
    around: TempDir,
    /// The repository.
    inside: std::path::PathBuf,
}

impl Repository {
    fn new(files: &[(&str, &str)]) -> Self {
        let secret_file =
            format!("services:\n  {SECRET}: {{ imag: {SECRET}, ports: [{SECRET}] }}\n  - {SECRET}\n");
        let around = folder(&[
            ("outside/secret.yml", &secret_file),
            ("outside/secret.env", &format!("PASSWORD={SECRET}\nPORT={SECRET}\n")),
        ]);
        let inside = around.path().join("repository");
        fs::create_dir_all(inside.join(".git")).expect("folder");
        for (name, text) in files {
            let path = inside.join(name);
            fs::create_dir_all(path.parent().expect("parent")).expect("folder");
            fs::write(path, text).expect("file");
        }
        Self { around, inside }
    }

    /// Makes a link in the repository.
    fn link(self, to: &str, name: &str) -> Self {
        let path = self.inside.join(name);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        symlink(to, path).expect("a link");
        self
    }

    /// Makes a pipe in the repository.
    fn pipe(self, name: &str) -> Self {
        let path = self.inside.join(name);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
        self
    }

    fn outside(&self, name: &str) -> String {
        fs::read_to_string(self.around.path().join("outside").join(name)).unwrap_or_default()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.inside.join(name)).unwrap_or_default()
    }

    /// Runs the program, which has ten seconds.
    fn run(&self, arguments: &[&str]) -> Output {
        ended(stackgen(&self.inside, arguments).env("SECRET_OF_CI", SECRET))
    }
}

/// Exit code and everything that was said.
fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{:?}\n{}{}", output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Runs a command to its end, which has to come within a minute on the busiest machine.
fn ended(command: &mut Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    let reader = |mut from: Box<dyn Read + Send>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            from.read_to_end(&mut bytes).expect("read");
            bytes
        })
    };
    let stdout = reader(Box::new(child.stdout.take().expect("stdout")));
    let stderr = reader(Box::new(child.stderr.take().expect("stderr")));
    let until = Instant::now() + Duration::from_secs(60);
    let status = loop {
        if let Some(status) = child.try_wait().expect("status") {
            break status;
        }
        if Instant::now() > until {
            child.kill().expect("kill");
            panic!("no end: {command:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Output { status, stdout: stdout.join().expect("read"), stderr: stderr.join().expect("read") }
}

/// What a run leaves that is ended half-way.
fn leftovers(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("folder") {
        let entry = entry.expect("entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().expect("kind").is_dir() {
            found.extend(leftovers(&entry.path()));
        } else if name.starts_with(".stackgen-") {
            found.push(name);
        }
    }
    found
}

#[test]
fn every_threat_names_its_test() {
    let page = fs::read_to_string("docs/security.md").expect("docs/security.md");
    let rows = page.lines().skip_while(|line| !line.starts_with("| threat |")).skip(2);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    // The modules of a test are its folders and its file, and further ones in that file.
    let is_there = |name: &str| {
        let (modules, test) = name.rsplit_once("::")?;
        let parts: Vec<&str> = modules.split("::").collect();
        let mut files = (1..=parts.len()).map(|count| format!("tests/{}.rs", parts[..count].join("/")));
        let text = files.find_map(|file| fs::read_to_string(file).ok())?;
        let is_test = |line: &str| line.trim() == format!("fn {test}() {{");
        text.lines().any(is_test).then_some(())
    };
    let names_a_test =
        |row: &&&str| row.split('`').filter(|word| word.contains("::")).any(|name| is_there(name).is_some());
    let missing: Vec<&&str> = rows.iter().filter(|row| !names_a_test(row)).collect();
    assert!(missing.is_empty() && rows.len() > 60, "{} rows, {missing:#?}", rows.len());
}
