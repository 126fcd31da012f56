//! Plans to the texts that lie beside `stack.yaml`. Decides nothing: what is written is what was planned.

mod compose;
mod env_example;
mod header;
mod makefile;
mod origin;
mod section;
mod typed;

use std::borrow::Cow;

use indexmap::IndexMap;
use serde_yaml::{Mapping, Value};

use crate::checksum::checksum;
use crate::plan::{Plan, Planned};
use compose_reader::yaml::Writer;

pub use env_example::ENV_EXAMPLE;
pub use header::FileState;
pub use makefile::MAKEFILE;
pub use origin::{Cause, Origin};

/// A file that a stack renders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Its path from the stack, with `/`.
    pub path: String,
    /// The environments that it is rendered for.
    pub environments: Vec<String>,
    /// Its content, or that of its section.
    pub content: String,
    /// Whether it is a marked section of a file that people write.
    pub is_section: bool,
    /// Where that comes from, byte by byte; known of compose files.
    pub origins: Vec<Origin>,
}

impl OutputFile {
    /// The whole file, where `there` is what lies in its place.
    pub fn over(&self, there: Option<&str>) -> Cow<'_, str> {
        match self.is_section {
            true => section::within(there.unwrap_or_default(), &self.content).into(),
            false => self.content.as_str().into(),
        }
    }

    /// Whether what lies in its place is as it was rendered; `noted` is the checksum that the lock file has for it.
    pub fn state_of(&self, there: &str, noted: Option<&str>) -> FileState {
        if self.is_section { section::state_of(there) } else { state_of(&self.path, there, noted) }
    }
}

/// What a file that lies where one is to be rendered says about itself; `noted` is the checksum that the lock file has for
/// it. One with a section in it is a person's.
pub fn state_of(path: &str, there: &str, noted: Option<&str>) -> FileState {
    if section::is_in(there) { FileState::Foreign } else { header::state_of(path, there, noted) }
}

/// The file that keeps the host ports that were given out.
pub const LOCK_FILE: &str = "stack.lock";

/// Every file of a stack: a compose file an environment, the configs that they mount, `.env.example`, the
/// Makefile and `stack.lock`.
pub fn files(planned: &Planned) -> Vec<OutputFile> {
    let mut files = Vec::new();
    let mut configs: IndexMap<&str, OutputFile> = IndexMap::new();
    for plan in &planned.plans {
        let environments = vec![plan.environment.clone()];
        let (content, origins) = compose::text(plan);
        let path = compose_path(plan);
        files.push(OutputFile {
            path,
            environments: environments.clone(),
            content,
            is_section: false,
            origins,
        });
        for file in plan.files.values() {
            configs
                .entry(&file.path)
                .and_modify(|shared| shared.environments.push(plan.environment.clone()))
                .or_insert_with(|| OutputFile {
                    path: file.path.clone(),
                    environments: environments.clone(),
                    content: header::with_checksum(&file.path, &[], &file.content),
                    is_section: false,
                    origins: Vec::new(),
                });
        }
    }
    // The lock file notes their checksums all together, so they are written all together.
    let all: Vec<String> = planned.plans.iter().map(|plan| plan.environment.clone()).collect();
    for file in configs.values_mut().filter(|file| header::is_noted(&file.path)) {
        file.environments.clone_from(&all);
    }
    files.extend(configs.into_values());
    files.extend(env_example::file(planned));
    files.extend(makefile::file(planned));
    files.extend(lock(planned, &files));
    files
}

/// The path of a plan's compose file.
pub fn compose_path(plan: &Plan) -> String {
    plan.file.clone()
}

/// The lock file, if there is anything to keep.
fn lock(planned: &Planned, files: &[OutputFile]) -> Option<OutputFile> {
    let mut services: IndexMap<&str, Mapping> = IndexMap::new();
    for ((service, endpoint), port) in &planned.given {
        let endpoints = services.entry(service).or_default();
        endpoints.insert(endpoint.as_str().into(), (*port).into());
    }
    let mut noted: Vec<(&str, String)> = files
        .iter()
        .filter(|file| header::is_noted(&file.path))
        .map(|file| (file.path.as_str(), checksum(&file.content)))
        .collect();
    noted.sort();
    let mut writer = Writer::new(&[]);
    if !services.is_empty() {
        writer.comment(0, "Host ports that `publish: auto` has given out, by service and endpoint.");
        writer.open(0, "ports");
        for (service, endpoints) in &services {
            writer.entry(1, service, &Value::from(endpoints.clone()));
        }
    }
    if !noted.is_empty() {
        if !services.is_empty() {
            writer.blank();
        }
        writer.comment(0, "Checksums of files that cannot hold their own.");
        writer.open(0, "files");
        for (path, checksum) in &noted {
            writer.entry(1, path, &Value::from(checksum.as_str()));
        }
    }
    let title = ["Commit this file, so that what it holds stays the same.".to_owned()];
    let content = header::with_checksum(LOCK_FILE, &title, &writer.finish());
    let is_needed = !services.is_empty() || !noted.is_empty();
    let environments = planned.plans.iter().map(|plan| plan.environment.clone()).collect();
    let path = LOCK_FILE.to_owned();
    is_needed.then(|| OutputFile { path, environments, content, is_section: false, origins: Vec::new() })
}
