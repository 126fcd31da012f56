//! All rules over a folder of other people's compose files: how often each speaks, with samples to be judged by a person.
//!
//! The folder is named by `CORPUS`, as `make precision` does, and each folder in it is a repository. The report is
//! `target/precision.md`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use stackgen::lint::{RULES, Set};

/// Samples of each rule in the report.
const SAMPLES: usize = 10;
const REPORT: &str = "target/precision.md";

/// The folders in a folder, or that itself where there are none, in the order of their names.
fn repositories(corpus: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(corpus).expect("a folder that can be read");
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.expect("entry").path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    if folders.is_empty() { vec![corpus.to_owned()] } else { folders }
}

/// What a run over a repository says: all rules, and no configuration.
fn findings(repository: &Path) -> Value {
    let program = env!("CARGO_BIN_EXE_stackgen");
    let output = Command::new(program)
        .args(["lint", "--no-config", "--strict", "--pedantic", "--format", "json", "."])
        .current_dir(repository)
        .output()
        .expect("runs");
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

#[test]
#[ignore = "needs other people's repositories: `make precision CORPUS=DIR`"]
fn rules_over_a_corpus() {
    let folder = std::env::var_os("CORPUS").map(PathBuf::from).expect("CORPUS names a folder");
    let mut files = 0;
    let mut samples: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for repository in repositories(&folder) {
        let report = findings(&repository);
        files += report["files"].as_u64().unwrap_or_default();
        for finding in report["findings"].as_array().into_iter().flatten() {
            let field = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
            let line = finding["line"].as_u64().unwrap_or_default();
            let path = repository.join(field("file"));
            let text = fs::read_to_string(&path).unwrap_or_default();
            let written = text.lines().nth(line.saturating_sub(1) as usize).unwrap_or_default().trim();
            let name = path.strip_prefix(&folder).expect("inside").display().to_string();
            let shown = format!("{name}:{line} {}: {}\n      {written}", field("severity"), field("message"));
            samples.entry(field("code")).or_default().push((name, shown));
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
