//! `.env.example`: every variable that any of the compose files asks for, with what it is for.

use super::{OutputFile, header};
use crate::plan::{EnvExample, PLACEHOLDER, Planned, used_variables};
use crate::quote::comment;
use compose_reader::dotenv::quoted;

/// The path of the file.
pub const ENV_EXAMPLE: &str = ".env.example";

/// The file, if any variable is used for, or its section.
pub(super) fn file(planned: &Planned) -> Option<OutputFile> {
    let plans = &planned.plans;
    let used = used_variables(plans);
    if used.is_empty() || planned.env_example == EnvExample::Nothing {
        return None;
    }
    let mut entries = Vec::new();
    for (name, used) in &used {
        let mut lines = Vec::new();
        lines.extend(used.description.as_deref().map(sentence));
        let services: Vec<&str> = used.services.iter().map(String::as_str).collect();
        let environments: Vec<&str> = used.environments.iter().map(String::as_str).collect();
        let users = if services.is_empty() { String::new() } else { format!(" by {}", services.join(", ")) };
        let need = if used.required { "Needed" } else { "Used" };
        lines.push(format!("{need} in {}{users}.", environments.join(", ")));
        let value = match (&used.default, used.required) {
            (Some(default), _) => quoted(default),
            (None, true) => used.sample.clone().unwrap_or_else(|| PLACEHOLDER.to_owned()),
            (None, false) => String::new(),
        };
        let comment = comment(&lines.join("\n"));
        // Set to nothing it would reach the containers, which is not the same as not to be set.
        let mark = if used.handed_on { "# " } else { "" };
        entries.push(format!("{comment}{mark}{name}={value}\n"));
    }
    let title = [
        ".env.example: what the compose files of this stack ask for. Copy it to .env, fill it in, and keep that file"
            .to_owned(),
        "out of git. `stackgen secrets init` makes up the secrets in it, `stackgen env check` says what is left to do."
            .to_owned(),
        String::new(),
    ];
    let path = ENV_EXAMPLE.to_owned();
    let is_section = planned.env_example == EnvExample::Section;
    let content = if is_section {
        entries.join("\n")
    } else {
        header::with_checksum(&path, &title, &entries.join("\n"))
    };
    let environments = plans.iter().map(|plan| plan.environment.clone()).collect();
    Some(OutputFile { path, environments, content, is_section, origins: Vec::new() })
}

/// A description with a full stop behind it, as far as it has no end of its own.
fn sentence(description: &str) -> String {
    let has_end = description.ends_with(['.', '!', '?', ':']);
    format!("{description}{}", if has_end { "" } else { "." })
}
