//! Command lines that name compose files: `docker compose -f a.yml -f b.yml up`, `docker stack deploy -c a.yml app`,
//! `COMPOSE_FILE=a.yml:b.yml`, and `dockerComposeFile` of a development container.

use std::collections::BTreeSet;

use super::combination::{Combination, Reason, name_of};
use super::flow::{Line, follow};
use super::place::{Call, Place};
use super::variables::{Assignment, Language, UNKNOWN, Variables};
use compose_reader::compose::{Files, parent};

/// Lines of a list that are read together.
const LONGEST_LIST: usize = 60;

/// Names of files with commands.
const NAMES: [&str; 21] = [
    "Makefile",
    "makefile",
    "GNUmakefile",
    "justfile",
    "Justfile",
    ".justfile",
    "Taskfile.yml",
    "Taskfile.yaml",
    "Taskfile.dist.yml",
    "package.json",
    "Jenkinsfile",
    "Procfile",
    "Rakefile",
    "Vagrantfile",
    "devcontainer.json",
    ".gitlab-ci.yml",
    ".travis.yml",
    ".drone.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    ".envrc",
];

/// Ends of the names of such files.
const ENDS: [&str; 9] = [".sh", ".bash", ".zsh", ".fish", ".mk", ".ps1", ".bat", ".cmd", ".md"];

/// Folders in which programs that start projects lie, in other languages than that of a shell.
const OF_PROGRAMS: [&str; 8] = ["bin", "ci", "deploy", "dev", "docker", "hack", "scripts", "tools"];

/// Folders whose YAML files have commands.
const FOLDERS: [&str; 4] = [".github/", ".circleci/", ".gitlab/", ".woodpecker/"];

/// Options of `docker compose` that take a value and say nothing about files.
const WITH_VALUE: [&str; 6] = ["-p", "--project-name", "--ansi", "--parallel", "--progress", "-c"];

/// Whether a file may hold commands that name compose files, by its path.
pub fn may_hold_commands(path: &str) -> bool {
    let name = name_of(path);
    // A repository has many of these, most of them its product.
    let starts_projects = || {
        let folder = parent(path).rsplit('/').next().unwrap_or_default();
        folder.is_empty() || folder == "." || OF_PROGRAMS.contains(&folder)
    };
    NAMES.contains(&name)
        || ENDS.iter().any(|end| name.ends_with(end))
        || name == ".env"
        || name.starts_with("README")
        || name.ends_with(".py") && starts_projects()
        // A script without an ending: `bin/dev`, `manage`.
        || !name.contains('.') && !name.is_empty()
        || (name.ends_with(".yml") || name.ends_with(".yaml"))
            && FOLDERS.iter().any(|folder| path.starts_with(folder) || path.contains(&format!("/{folder}")))
}

/// What the commands of a text say of compose files.
#[derive(Debug, Default)]
pub struct Told {
    /// The combinations that they name, each with the line.
    pub combinations: Vec<(Combination, Reason)>,
    /// Files of a project that is put together in a way that is not followed: what else belongs to it is not known.
    pub assembled: Vec<(String, Reason)>,
}

/// What the commands of a text say. `root` is the folder above which nothing is looked for, `known` are the YAML files
/// below it.
pub fn of_text(files: &dyn Files, root: &str, known: &[String], (path, text): (&str, &str)) -> Told {
    let says = ["compose", "Compose", "COMPOSE_FILE", "docker stack"];
    if !says.iter().any(|word| text.contains(word)) {
        return Told::default();
    }
    let lines = logical_lines(text);
    let mut place = Place { files, root, known, folder: parent(path).to_owned(), entered: Vec::new() };
    for line in &lines {
        let words = words(&line.text);
        let entered =
            words.windows(2).filter(|pair| matches!(&*pair[0], "cd" | "working-directory:" | "dir:"));
        place.entered.extend(entered.map(|pair| pair[1].clone()).filter(|folder| !folder.contains(UNKNOWN)));
    }
    let mut told = Told::default();
    let reason = |line: usize, text: &str| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Reason { file: path.to_owned(), line, text }
    };
    let language = if path.ends_with(".py") { Language::Python } else { Language::Shell };
    let mut assembles = None;
    follow(&lines, language, |line, variables| {
        let written = &line.text;
        let is_wanted = ["ompose", "COMPOSE", "stack", "$", "{{"].iter().any(|word| written.contains(word));
        let is_skipped = match language {
            Language::Shell => !is_wanted,
            // What a list gets besides is no command.
            Language::Python => Assignment::read(written).is_some_and(|assignment| assignment.is_more),
        };
        if is_skipped {
            return;
        }
        for expanded in variables.expand(written, language) {
            for call in calls(&expanded) {
                let found = place.resolve(&call);
                let is_lost = found.is_empty() && call.files.iter().any(|file| file.contains(UNKNOWN));
                if call.has_unknown || is_lost {
                    assembles.get_or_insert_with(|| reason(line.number, written));
                }
                let found = found.into_iter().filter(|combination| !combination.is_plain());
                told.combinations
                    .extend(found.map(|combination| (combination, reason(line.number, written))));
            }
        }
    });
    if name_of(path) == "devcontainer.json"
        && let Some(at) = text.find("\"dockerComposeFile\"")
    {
        let call = Call { files: json_texts(&text[at + "\"dockerComposeFile\"".len()..]), ..Call::default() };
        let found = place.resolve(&call).into_iter().filter(|combination| !combination.is_plain());
        let line = text[..at].matches('\n').count() + 1;
        told.combinations.extend(found.map(|combination| (combination, reason(line, "dockerComposeFile"))));
    }
    // Prose names files for other reasons.
    if let Some(reason) = assembles.filter(|_| !path.ends_with(".md")) {
        let none = Variables::default();
        let lines = lines.iter().filter(|line| line.text.contains(".y"));
        let words = lines.flat_map(|line| none.expand(&line.text, language)).flat_map(|line| words(&line));
        let named: BTreeSet<String> = words.flat_map(|word| place.named(&word)).collect();
        told.assembled = named.into_iter().map(|file| (file, reason.clone())).collect();
    }
    told
}

/// The lines of a text; those that end in a backslash or inside of a list joined with the next, and signs of comments and
/// prompts left out.
fn logical_lines(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut goes_on = false;
    // How many brackets of a list are open, and for how many lines.
    let (mut open, mut length) = (0_usize, 0);
    for (at, line) in text.lines().enumerate() {
        let is_comment = line.trim_start().starts_with('#');
        let part = line.trim().trim_start_matches(['#', '>']).trim();
        // The prompt of a shell, and no variable.
        let part = part.strip_prefix("$ ").unwrap_or(part);
        let body = part.strip_suffix(['\\', '^']).unwrap_or(part);
        let in_list = open > 0 && length < LONGEST_LIST;
        match lines.last_mut().filter(|_| goes_on || in_list) {
            Some(_) if in_list && is_comment => continue,
            Some(before) => {
                before.text.push(' ');
                before.text.push_str(body);
            }
            None => {
                open = 0;
                let indent = line.len() - line.trim_start().len();
                lines.push(Line { number: at + 1, indent, text: body.to_owned() });
            }
        }
        length = if in_list { length + 1 } else { 0 };
        if in_list || ["=(", "([", "[", "= ["].iter().any(|end| body.ends_with(end)) {
            open = body.chars().fold(open, |open, next| match next {
                '(' | '[' => open + 1,
                ')' | ']' => open.saturating_sub(1),
                _ => open,
            });
        }
        goes_on = body.len() < part.len();
    }
    lines
}

/// The words of a line; what joins commands is a word of its own, `;`.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for next in line.chars() {
        match next {
            // A path with blanks in it is rare, a command in quotes is not.
            '"' | '\'' | '\\' => {}
            ';' | '|' | '&' | '(' | ')' => words.extend([";".to_owned(), String::new()]),
            '`' => words.extend([";".to_owned(), String::new()]),
            ',' | '[' | ']' => words.push(String::new()),
            next if next.is_whitespace() => words.push(String::new()),
            next => {
                if let Some(word) = words.last_mut() {
                    word.push(next);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The commands of a line.
fn calls(line: &str) -> Vec<Call> {
    let words = words(line);
    let mut found = Vec::new();
    let mut entered = None;
    for command in words.split(|word| word == ";") {
        if let Some(at) = command.iter().position(|word| word == "cd") {
            entered = command.get(at + 1).cloned();
        }
        let named = command.iter().find_map(|word| {
            let (name, value) = word.split_once('=')?;
            (name == "COMPOSE_FILE" || name.ends_with(":COMPOSE_FILE")).then(|| paths(value))
        });
        let spaced = command.iter().position(|word| word == "COMPOSE_FILE:" || word == "COMPOSE_FILE");
        let spaced = spaced
            .and_then(|at| command[at + 1..].iter().find(|word| !["=", ":=", "?="].contains(&&***word)));
        let named = named.or_else(|| spaced.map(|value| paths(value)));
        let call = command_of(command).or_else(|| named.as_ref().map(|_| Call::default()));
        if let Some(mut call) = call {
            if call.files.is_empty() {
                call.files = named.unwrap_or_default();
            }
            call.entered.clone_from(&entered);
            found.push(call);
        }
    }
    found.retain(|call| !call.files.is_empty() || call.has_unknown);
    found
}

/// The paths that `COMPOSE_FILE` names.
fn paths(value: &str) -> Vec<String> {
    value.split([':', ';']).filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

/// What a command of Compose, or of a swarm, says.
fn command_of(words: &[String]) -> Option<Call> {
    let is_program =
        |word: &str| ["docker-compose", "podman-compose", "docker-compose.exe"].contains(&name_of(word));
    let (start, is_swarm) = words.iter().enumerate().find_map(|(at, word)| {
        if is_program(word) {
            return Some((at + 1, false));
        }
        let behind = &words[at + 1..];
        let is_docker = matches!(name_of(word), "docker" | "podman" | "nerdctl");
        let compose = behind.iter().take(4).position(|word| word == "compose").filter(|_| is_docker);
        let stack = behind.windows(2).take(4).position(|pair| pair[0] == "stack" && pair[1] == "deploy");
        compose
            .map(|compose| (at + compose + 2, false))
            .or_else(|| stack.filter(|_| is_docker).map(|stack| (at + stack + 3, true)))
    })?;
    let mut call = Call { is_swarm, ..Call::default() };
    let mut rest = words[start..].iter().peekable();
    while let Some(word) = rest.next() {
        if word.chars().all(|next| next == UNKNOWN) {
            call.has_unknown = true;
            continue;
        }
        if !word.starts_with('-') {
            break;
        }
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (&**word, None),
        };
        let short = word.strip_prefix("-f").filter(|rest| !rest.is_empty() && !word.starts_with("--"));
        let mut value = || value.clone().or_else(|| rest.next().cloned()).filter(|value| !value.is_empty());
        match name {
            _ if short.is_some() => call.files.extend(short.map(str::to_owned)),
            "-f" | "--file" if !is_swarm => call.files.extend(value()),
            "-c" | "--compose-file" if is_swarm => call.files.extend(value()),
            "--env-file" => call.env_files.extend(value()),
            "--profile" => call.profiles.extend(value()),
            "--project-directory" => call.directory = value(),
            name if WITH_VALUE.contains(&name) => _ = value(),
            _ => {}
        }
    }
    Some(call)
}

/// The texts of a JSON value that is one, or a list of them.
fn json_texts(text: &str) -> Vec<String> {
    let text = text.trim_start().trim_start_matches(':').trim_start();
    let end = if text.starts_with('[') { text.find(']') } else { text.find(['\n', ',']) };
    let text = &text[..end.unwrap_or(0)];
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}
