//! What surrounds the rules of `stackgen lint`, as a user runs it: which are on, which files are read, how it is told.

mod config;
mod fixes;
mod inputs;
mod integrations;
mod migration;
mod mistakes;
mod origins;
mod outputs;
mod projects;
mod repositories;
mod selection;

/// Two services on one port (an error), a wait for a process (a warning) and a written-out one (a hint).
pub(crate) const THREE_LEVELS: &str = "\
services:
  web:
    image: nginx:1.31
    ports: ['8080:80']
    depends_on: [db]
  api:
    image: example/api:1.4
    ports: ['8080:8000']
    depends_on:
      db: {condition: service_started}
  db:
    image: postgres:18
    healthcheck: {test: [CMD, pg_isready, -h, 127.0.0.1]}
";

/// The codes of the findings of a run, in the order they are told, of the report `--format json`.
pub(crate) fn codes(folder: &tempfile::TempDir, arguments: &[&str]) -> Vec<String> {
    let output = crate::common::run(folder, &[&["lint", "--format", "json"], arguments].concat());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{error}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    });
    let findings = report["findings"].as_array().expect("findings").iter();
    findings.map(|finding| finding["code"].as_str().expect("a code").to_owned()).collect()
}
