//! All rules over a folder of other people's compose files, with what lies beside them: how often each speaks, with samples
//! to be judged by a person.
//!
//! The folder is named by `CORPUS`, as `make precision` does; without it there is nothing to do. The report is
//! `target/precision.md`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use stackgen::compose::{FileEntry, Files, Project, Request, parent};
use stackgen::lint::{RULES, Set, lint_with};
use stackgen::source::Sources;
use stackgen::yaml::parse;

/// Samples of each rule in the report.
const SAMPLES: usize = 10;
const REPORT: &str = "target/precision.md";

/// The disk.
struct Disk;

impl Files for Disk {
    fn entry(&self, path: &str) -> Option<FileEntry> {
        let kind = fs::metadata(path).ok()?;
        Some(if kind.is_dir() { FileEntry::Folder } else { FileEntry::File })
    }

    fn read(&self, path: &str) -> Result<String, String> {
        fs::read_to_string(path).map_err(|error| error.to_string())
    }

    fn real_path(&self, _: &str) -> Option<String> {
        None
    }

    fn shown(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// Every YAML file below a folder, in the order of their paths.
fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("a folder that can be read");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
    }
}

/// Whether a text is a compose file, to judge by what it holds.
fn is_compose(text: &str) -> bool {
    let mut sources = Sources::new();
    let id = sources.add("", text);
    parse(id, text).is_ok_and(|parsed| {
        let services = parsed.documents.iter().filter_map(|document| document.get("services"));
        services.into_iter().any(|services| services.as_mapping().is_some())
    })
}

#[test]
fn rules_over_a_corpus() {
    let Some(folder) = std::env::var_os("CORPUS").map(PathBuf::from) else { return };
    let mut paths = Vec::new();
    yaml_files(&folder, &mut paths);
    let mut files = 0;
    let mut samples: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for path in paths {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if !is_compose(&text) {
            continue;
        }
        files += 1;
        let name = path.strip_prefix(&folder).expect("inside").display().to_string();
        let mut sources = Sources::new();
        let id = sources.add(&*name, text);
        let path = path.display().to_string();
        let request = Request {
            folder: parent(&path).to_owned(),
            files: vec![(id, path)],
            ..Request::of_texts(&sources, &[])
        };
        for finding in lint_with(&Project::read(&mut sources, &Disk, &request), RULES) {
            let line = sources.get(finding.span.source).position(finding.span.start as usize).line;
            let written = sources.get(finding.span.source).text().lines().nth(line - 1).unwrap_or_default();
            let severity = finding.severity.name();
            let shown = format!("{name}:{line} {severity}: {}\n      {}", finding.message, written.trim());
            samples.entry(finding.code).or_default().push((name.clone(), shown));
        }
    }
    assert!(files > 0, "{} holds no compose file", folder.display());
    let mut report = format!(
        "# {files} files\n\n| code | rule | set | findings | files |\n| --- | --- | --- | --- | --- |\n"
    );
    let found = |code: &str| samples.get(code).map_or(&[][..], Vec::as_slice);
    for rule in RULES {
        let findings = found(rule.code);
        let mut named: Vec<&String> = findings.iter().map(|(name, _)| name).collect();
        named.dedup();
        let row = (rule.code, rule.name, rule.set, findings.len(), named.len());
        writeln!(report, "| {} | {} | {:?} | {} | {} |", row.0, row.1, row.2, row.3, row.4).expect("text");
    }
    for set in [Set::Default, Set::Strict, Set::Pedantic] {
        let of_set = RULES.iter().filter(|rule| rule.set == set);
        let total: usize = of_set.clone().map(|rule| found(rule.code).len()).sum();
        writeln!(report, "\n{set:?}: {} rules, {total} findings", of_set.count()).expect("text");
    }
    for rule in RULES {
        let findings = found(rule.code);
        writeln!(report, "\n## {} {}\n", rule.code, rule.name).expect("text");
        let wanted = findings.len().min(SAMPLES);
        for number in 0..wanted {
            // Spread over all of them, so that one project does not fill the list.
            writeln!(report, "- {}", findings[number * findings.len() / wanted].1).expect("text");
        }
    }
    fs::create_dir_all("target").expect("folder");
    fs::write(REPORT, report).expect("report");
}
