//! `stackgen config` held against what Docker Compose 2.40.3 did with a large body of files and values, and against what
//! Docker Compose 5.6 does with them on the spot.
//!
//! The data is no part of the project: `make conformance` names its folder in `CONFORMANCE`, and nothing is done without.
//! Docker Compose 5.6 is the program that `STACKGEN_DOCKER_COMPOSE_5` names; without one it is not asked. A table is printed,
//! and a run fails below the figures that have been reached; docs/conformance.md names every case left over.

#![allow(clippy::print_stdout, reason = "the table is what this is for")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Verdicts and values that differ, by set; docs/conformance.md says which and why.
const LEFT_OVER: [(&str, usize, usize); 4] =
    [("models", 4, 0), ("files", 1, 0), ("corpus", 0, 1), ("corpus sets", 0, 1)];

/// The same for Docker Compose 5.6.
const LEFT_OVER_IN_5: [(&str, usize, usize); 2] = [("models", 3, 4), ("files", 1, 1)];

/// What one run of the program came to.
struct Run {
    accepted: bool,
    stdout: String,
    stderr: String,
    /// How it compares with Docker Compose 5.6, where that is there.
    newest: Option<Compared>,
}

/// What the program and Docker Compose 5.6 make of one project.
struct Compared {
    /// What Docker Compose does.
    accepted: bool,
    /// What is different.
    difference: Option<String>,
}

/// A set of cases: how many there are, whose verdict agrees, whose value does too, and which do not.
#[derive(Default)]
struct Tally {
    oldest: Counts,
    newest: Counts,
}

#[derive(Default)]
struct Counts {
    cases: usize,
    verdicts: usize,
    values: usize,
    compared: usize,
    differences: Vec<String>,
}

impl Tally {
    /// Counts a case: the verdict that is right and the one given, and what is different about the value, if accepted.
    fn count(&mut self, id: &str, expected: bool, run: &Run, difference: impl FnOnce() -> Option<String>) {
        let verdict = (expected != run.accepted).then(|| {
            let said = run.stderr.lines().take(4).collect::<Vec<_>>().join(" ");
            format!("{} {said}", if expected { "is refused" } else { "is accepted" })
        });
        self.oldest.count(id, expected, verdict, difference);
        if let Some(Compared { accepted, difference }) = &run.newest {
            let verdict = difference.clone().filter(|difference| difference.starts_with("is "));
            self.newest.count(id, *accepted, verdict, || difference.clone());
        }
    }
}

impl Counts {
    /// Counts a case: what is wrong with the verdict, and if that is `expected` to be yes, what is different about the value.
    fn count(
        &mut self,
        id: &str,
        expected: bool,
        verdict: Option<String>,
        difference: impl FnOnce() -> Option<String>,
    ) {
        self.cases += 1;
        if let Some(verdict) = verdict {
            return self.differences.push(format!("{id} {verdict}"));
        }
        self.verdicts += 1;
        if expected {
            self.compared += 1;
            match difference() {
                None => self.values += 1,
                Some(difference) => self.differences.push(format!("{id} {difference}")),
            }
        }
    }

    /// Whether more is wrong than is known of.
    fn is_worse_than(&self, name: &str, known: &[(&str, usize, usize)]) -> bool {
        let known = known.iter().find(|(set, ..)| *set == name);
        let (verdicts, values) = known.map_or((0, 0), |(_, verdicts, values)| (*verdicts, *values));
        self.cases - self.verdicts > verdicts || self.compared - self.values > values
    }

    fn columns(&self) -> String {
        let verdicts = format!("{}/{}", self.verdicts, self.cases);
        format!("{verdicts:>9} {:>9}", format!("{}/{}", self.values, self.compared))
    }
}

/// Docker Compose 5.6, if it is there.
fn newest() -> Option<PathBuf> {
    std::env::var_os("STACKGEN_DOCKER_COMPOSE_5").map(PathBuf::from).filter(|program| program.is_file())
}

fn main() -> ExitCode {
    let Some(root) = std::env::var_os("CONFORMANCE").map(PathBuf::from) else {
        println!("conformance: skipped: CONFORMANCE names no folder with data");
        return ExitCode::SUCCESS;
    };
    let root = fs::canonicalize(&root).expect("the folder that CONFORMANCE names");
    let cases = root.join("conformance/cases");
    let verbose = std::env::var_os("CONFORMANCE_VERBOSE").is_some();
    type Check = fn(&Path) -> Tally;
    let sets: [(&str, Check, PathBuf); 11] = [
        ("interpolation", interpolation, cases.join("interpolation.json")),
        ("interpolation-observed", interpolation, cases.join("interpolation-observed.json")),
        ("dotenv", dotenv, cases.join("dotenv.json")),
        ("ports", ports, cases.join("ports.json")),
        ("ports-corpus", ports, cases.join("ports-corpus.json")),
        ("volumes", volumes, cases.join("volumes.json")),
        ("durations", fields, cases.join("durations.json")),
        ("bytes", fields, cases.join("bytes.json")),
        ("merge", merge, cases.join("merge.json")),
        ("models", models, cases.join("models.json")),
        ("files", files, root.join("conformance")),
    ];
    let mut failed = false;
    let newest = newest();
    match &newest {
        Some(_) => println!(
            "{:<24} {:>6} {:>9} {:>9} {:>13} {:>9}",
            "set", "cases", "2.40", "values", "5.6", "values"
        ),
        None => {
            println!("skipped: STACKGEN_DOCKER_COMPOSE_5 names no Docker Compose 5.6");
            println!("{:<24} {:>6} {:>9} {:>9}", "set", "cases", "2.40", "values");
        }
    }
    let corpus = root.join("corpus");
    let tallies: Vec<(&str, Tally)> = std::thread::scope(|scope| {
        let mut running: Vec<_> =
            sets.iter().map(|(name, check, path)| (*name, scope.spawn(move || check(path)))).collect();
        if corpus.is_dir() {
            running.push(("corpus", scope.spawn(|| manifest(&corpus))));
            running.push(("corpus sets", scope.spawn(|| corpus_sets(&corpus))));
        }
        let ended = running.into_iter().map(|(name, thread)| (name, thread.join().expect("a tally")));
        ended.collect()
    });
    for (name, tally) in &tallies {
        let Tally { oldest, newest: in_5 } = tally;
        let columns = newest.as_ref().map(|_| format!("     {}", in_5.columns())).unwrap_or_default();
        println!("{name:<24} {:>6} {}{columns}", oldest.cases, oldest.columns());
        let shown = if verbose { usize::MAX } else { 5 };
        for (version, counts) in [("2.40", oldest), ("5.6", in_5)] {
            for difference in counts.differences.iter().take(shown) {
                println!("    {version}: {difference}");
            }
        }
        failed |= oldest.is_worse_than(name, &LEFT_OVER) || in_5.is_worse_than(name, &LEFT_OVER_IN_5);
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Runs `stackgen config --format json` in a folder, as 2.40 and, where that is there, beside Docker Compose 5.6.
fn config(folder: &Path, arguments: &[&str], environment: &BTreeMap<String, String>) -> Run {
    let run = |program: &Path, options: &[&str], arguments: &[&str]| {
        let output = Command::new(program)
            .args(options)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("HOME", "/home/user")
            .env("PWD", folder.components().collect::<PathBuf>())
            .envs(environment)
            .stdin(Stdio::null())
            .output()
            .expect("the program runs");
        Run {
            accepted: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            newest: None,
        }
    };
    let ours = |version: &str| {
        let options = ["config", "--allow-outside", "--compose", version, "--format", "json"];
        run(Path::new(env!("CARGO_BIN_EXE_stackgen")), &options, arguments)
    };
    let newest = newest().map(|program| {
        let arguments = [arguments, &["config", "--format", "json"]].concat();
        let (ours, theirs) = (ours("5.6"), run(&program, &[], &arguments));
        let difference = match (ours.accepted, theirs.accepted) {
            (true, true) => {
                let value = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
                let inside = difference(&value(&theirs.stdout), &value(&ours.stdout));
                inside.or_else(|| (ours.stdout != theirs.stdout).then(|| "text".to_owned()))
            }
            (false, true) => {
                Some(format!("is refused {}", ours.stderr.lines().take(4).collect::<Vec<_>>().join(" ")))
            }
            (true, false) => Some(format!("is accepted {}", theirs.stderr.trim())),
            (false, false) => None,
        };
        Compared { accepted: theirs.accepted, difference }
    });
    Run { newest, ..ours("2.40") }
}

/// A folder with some files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

fn real(folder: &TempDir) -> PathBuf {
    fs::canonicalize(folder.path()).expect("folder")
}

/// The cases of a file.
fn cases(path: &Path) -> Vec<Value> {
    let data: Value = serde_json::from_str(&fs::read_to_string(path).expect("text")).expect("JSON");
    data["cases"].as_array().expect("cases").clone()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

fn is_accepted(observed: &Value) -> bool {
    observed["rc"].as_i64() == Some(0)
}

fn environment(case: &Value) -> BTreeMap<String, String> {
    let pairs = case["env"].as_object().into_iter().flatten();
    pairs.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

/// What is different about two values, in one line.
fn difference(expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        _ if expected == found => None,
        (Value::Object(left), Value::Object(right)) => {
            let keys: Vec<&String> =
                left.keys().chain(right.keys().filter(|key| !left.contains_key(*key))).collect();
            let inner = keys.into_iter().find_map(|key| {
                let inner = difference(
                    left.get(key).unwrap_or(&Value::Bool(false)),
                    right.get(key).unwrap_or(&Value::Bool(false)),
                )?;
                Some(format!(".{key}{inner}"))
            });
            inner.or_else(|| Some(" order".to_owned()))
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs.find_map(|(at, (left, right))| Some(format!("[{at}]{}", difference(left, right)?)))
        }
        _ => Some(format!(": expected {expected}, found {found}")),
    }
}

/// What is different about a JSON text, order of keys and layout included.
fn text_difference(expected: &Value, found: &str, placeholder: &str, actual: &str) -> Option<String> {
    let expected: Value =
        serde_json::from_str(&expected.to_string().replace(placeholder, actual)).expect("JSON");
    let read: Value = serde_json::from_str(found).unwrap_or(Value::Null);
    difference(&expected, &read).or_else(|| {
        let plain = |text: String| {
            text.replace('<', "\\u003c")
                .replace('>', "\\u003e")
                .replace('&', "\\u0026")
                .replace('\u{2028}', "\\u2028")
                .replace('\u{2029}', "\\u2029")
        };
        let wanted = plain(serde_json::to_string_pretty(&expected).expect("JSON"));
        (wanted != found).then(|| {
            let line = wanted.lines().zip(found.lines()).find(|(left, right)| left != right);
            format!(" text: {line:?}")
        })
    })
}

fn interpolation(path: &Path) -> Tally {
    let mut tally = Tally::default();
    for case in cases(path) {
        let observed = case.get("observed").unwrap_or(&case["observed_docker_compose_2_40_3"]);
        let yaml =
            format!("services:\n  a:\n    image: x\n    environment:\n      T: {}\n", case["template"]);
        let folder = folder(&[("compose.yaml", &yaml)]);
        let run = config(folder.path(), &[], &environment(&case));
        tally.count(text(&case, "id"), is_accepted(observed), &run, || {
            let found: Value = serde_json::from_str(&run.stdout).ok()?;
            let found = text(&found["services"]["a"]["environment"], "T").replace("$$", "$");
            (found != text(observed, "result"))
                .then(|| format!("{}: expected {}, found {found:?}", case["template"], observed["result"]))
        });
    }
    tally
}

fn dotenv(path: &Path) -> Tally {
    let mut tally = Tally::default();
    for case in cases(path) {
        let observed = &case["observed_env_file"];
        let folder = folder(&[
            ("compose.yaml", "services: {a: {image: x, env_file: [e.env]}}"),
            ("e.env", text(&case, "content")),
        ]);
        let run = config(folder.path(), &[], &environment(&case));
        tally.count(text(&case, "id"), is_accepted(observed), &run, || {
            let found: Value = serde_json::from_str(&run.stdout.replace("$$", "$")).ok()?;
            let found = found["services"]["a"]
                .get("environment")
                .cloned()
                .unwrap_or_else(|| Value::Object(Default::default()));
            let expected = observed.get("environment").filter(|value| !value.is_null()).cloned();
            difference(&expected.unwrap_or_else(|| Value::Object(Default::default())), &found)
                .map(|difference| format!("{} {difference}", case["content"]))
        });
    }
    tally
}

fn ports(path: &Path) -> Tally {
    list(path, "ports", |case| {
        format!("services:\n  a:\n    image: x\n    ports:\n      - {}\n", text(case, "yaml"))
    })
}

fn volumes(path: &Path) -> Tally {
    list(path, "volumes", |case| {
        format!(
            "services:\n  a:\n    image: x\n    volumes:\n      - {}\nvolumes: {{data: , name: }}\n",
            case["short"]
        )
    })
}

fn list(path: &Path, key: &str, yaml: fn(&Value) -> String) -> Tally {
    let mut tally = Tally::default();
    for case in cases(path) {
        let folder = folder(&[("compose.yaml", &yaml(&case))]);
        let run = config(folder.path(), &["-p", "proj"], &BTreeMap::new());
        let here = real(&folder);
        tally.count(text(&case, "id"), is_accepted(&case["observed"]), &run, || {
            let found: Value = serde_json::from_str(
                &run.stdout.replace("$$", "$").replace(&*here.to_string_lossy(), "<DIR>"),
            )
            .ok()?;
            let found = found["services"]["a"].get(key).cloned().unwrap_or(Value::Null);
            difference(&case["observed"][key], &found)
                .map(|difference| format!("{}{} {difference}", case["yaml"], case["short"]))
        });
    }
    tally
}

fn fields(path: &Path) -> Tally {
    let mut tally = Tally::default();
    for case in cases(path) {
        let field = text(&case, "field");
        let mut yaml = "services:\n  a:\n    image: x\n".to_owned();
        if let Some(key) = field.strip_prefix("healthcheck.") {
            yaml.push_str(&format!("    healthcheck: {{{key}: {}}}\n", text(&case, "yaml")));
        } else if field.contains('.') {
            let yaml_value = text(&case, "yaml");
            yaml.push_str(&format!("    deploy: {{resources: {{limits: {{memory: {yaml_value}}}}}}}\n"));
        } else {
            yaml.push_str(&format!("    {field}: {}\n", text(&case, "yaml")));
        }
        let folder = folder(&[("compose.yaml", &yaml)]);
        let run = config(folder.path(), &["-p", "proj"], &BTreeMap::new());
        tally.count(text(&case, "id"), is_accepted(&case["observed"]), &run, || {
            let found: Value = serde_json::from_str(&run.stdout).ok()?;
            let found = field.split('.').fold(&found["services"]["a"], |value, key| &value[key]);
            difference(&case["observed"]["value"], found)
                .map(|difference| format!("{field}: {} {difference}", case["yaml"]))
        });
    }
    tally
}

fn merge(path: &Path) -> Tally {
    let mut tally = Tally::default();
    for case in cases(path) {
        let folder = folder(&[("base.yaml", text(&case, "base")), ("over.yaml", text(&case, "override"))]);
        let run =
            config(folder.path(), &["-p", "proj", "-f", "base.yaml", "-f", "over.yaml"], &BTreeMap::new());
        let here = real(&folder);
        tally.count(text(&case, "id"), is_accepted(&case["observed"]), &run, || {
            text_difference(&case["observed"]["config"], &run.stdout, "<DIR>", &here.to_string_lossy())
        });
    }
    tally
}

fn models(path: &Path) -> Tally {
    let beside = path.with_file_name("").join("../compose-go-v2.9.1/loader");
    let mut tally = Tally::default();
    for case in cases(path) {
        let folder = folder(&[("compose.yaml", text(&case, "yaml"))]);
        for name in ["example1.env", "example2.env", "example1.label", "example2.label"] {
            let _ = fs::copy(beside.join(name), folder.path().join(name));
        }
        let run = config(folder.path(), &["-p", "proj"], &environment(&case));
        let here = real(&folder);
        tally.count(text(&case, "id"), is_accepted(&case["observed"]), &run, || {
            text_difference(&case["observed"]["config"], &run.stdout, "<DIR>", &here.to_string_lossy())
        });
    }
    tally
}

fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).expect("text");
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect("names").split('\t').collect();
    let row = |line: &str| {
        names
            .iter()
            .zip(line.split('\t'))
            .map(|(name, value)| ((*name).to_owned(), value.to_owned()))
            .collect()
    };
    lines.map(row).collect()
}

fn files(root: &Path) -> Tally {
    let mut tally = Tally::default();
    for row in rows(&root.join("files-verdict.tsv")) {
        let path = root.join(&row["path"]);
        if !path.is_file() {
            tally.oldest.differences.push(format!("{} is not among the data", row["path"]));
            continue;
        }
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let expected = fs::read_to_string(root.join("expected").join(format!("{}.json", row["path"]))).ok();
        let expected: Option<Value> = expected.and_then(|text| serde_json::from_str(&text).ok());
        let project = expected.as_ref().map_or("x", |value| text(value, "name")).to_owned();
        let run = config(path.parent().expect("a folder"), &["-p", &project, "-f", &name], &BTreeMap::new());
        tally.count(&row["path"], row["rc"] == "0", &run, || {
            let Some(expected) = &expected else { return Some("has no expected configuration".to_owned()) };
            text_difference(expected, &run.stdout, "<CONF>", &root.to_string_lossy())
        });
    }
    tally
}

fn manifest(corpus: &Path) -> Tally {
    let mut tally = Tally::default();
    for row in rows(&corpus.join("manifest.tsv")) {
        corpus_case(&mut tally, corpus, &row, &[&row["path"]]);
    }
    tally
}

fn corpus_sets(corpus: &Path) -> Tally {
    let mut tally = Tally::default();
    for row in rows(&corpus.join("sets.tsv")) {
        let files: Vec<&str> = row["files"].split(' ').collect();
        corpus_case(&mut tally, corpus, &row, &files);
    }
    tally
}

/// A file or a set of files of a repository: as it is, and with the example of its variables in place.
fn corpus_case(tally: &mut Tally, corpus: &Path, row: &BTreeMap<String, String>, files: &[&str]) {
    let repository = row["repo"].replace('/', "__");
    let origin = corpus.join("files").join(&repository);
    let name = files.iter().map(|file| file.replace('/', "~")).collect::<Vec<_>>().join("+");
    let expected =
        fs::read_to_string(corpus.join("expected").join(&repository).join(format!("{name}.json"))).ok();
    let expected: Option<Value> = expected.and_then(|text| serde_json::from_str(&text).ok());
    let first = Path::new(files[0]);
    let run_in = |root: &Path, environment: &BTreeMap<String, String>| {
        let folder = root.join(first.parent().unwrap_or(Path::new("")));
        let mut arguments: Vec<String> = Vec::new();
        if let Some(expected) = &expected {
            arguments.extend(["-p".to_owned(), text(&expected["config"], "name").to_owned()]);
        }
        for file in files {
            arguments.extend(["-f".to_owned(), root.join(file).to_string_lossy().into_owned()]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        config(&folder, &arguments, environment)
    };
    let id = format!("{repository}/{name}");
    let as_is = run_in(&origin, &BTreeMap::new());
    let is_prepared = expected.as_ref().is_some_and(|value| {
        value["prepared_files"].as_array().is_some_and(|files| !files.is_empty())
            || value["prepared_env"].as_object().is_some_and(|variables| !variables.is_empty())
    });
    tally.count(&id, row["ok_as_is"] == "1", &as_is, || {
        let expected = expected.as_ref().filter(|_| !is_prepared)?;
        text_difference(&expected["config"], &as_is.stdout, "<REPO>", &origin.to_string_lossy())
    });
    let Some(expected) = expected.as_ref().filter(|_| is_prepared) else { return };
    let copy = TempDir::new().expect("folder");
    let root = real(&copy);
    copy_folder(&origin, &root);
    prepare(&root, first, &row["prepared_with"]);
    let environment = expected["prepared_env"].as_object().into_iter().flatten();
    let environment = environment
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let run = run_in(&root, &environment);
    tally.count(&format!("{id} (prepared)"), row["ok_prepared"] == "1", &run, || {
        text_difference(&expected["config"], &run.stdout, "<REPO>", &root.to_string_lossy())
    });
}

/// `.env <- .env.example; apps/api/.env (empty)`.
fn prepare(root: &Path, first: &Path, steps: &str) {
    let folder = root.join(first.parent().unwrap_or(Path::new("")));
    for step in steps.split("; ") {
        if let Some((target, source)) = step.split_once(" <- ") {
            let _ = fs::copy(folder.join(source), folder.join(target))
                .or_else(|_| fs::copy(root.join(source), root.join(target)));
        } else if let Some(target) = step.strip_suffix(" (empty)") {
            let target = root.join(target);
            let _ = fs::create_dir_all(target.parent().expect("a folder"));
            let _ = fs::write(target, "");
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("folder") {
        let entry = entry.expect("entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            let _ = fs::create_dir_all(&target);
            copy_folder(&entry.path(), &target);
        } else {
            let _ = fs::copy(entry.path(), target);
        }
    }
}
