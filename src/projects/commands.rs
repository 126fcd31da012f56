//! Command lines that name compose files: `docker compose -f a.yml -f b.yml up`, `docker stack deploy -c a.yml app`,
//! `COMPOSE_FILE=a.yml:b.yml`, and `dockerComposeFile` of a development container.

use super::combination::{Combination, Reason, folders_up, is_file, join, name_of};
use super::variables::{UNKNOWN, Variables};
use compose_reader::compose::{Files, parent};

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

/// Folders whose YAML files have commands.
const FOLDERS: [&str; 4] = [".github/", ".circleci/", ".gitlab/", ".woodpecker/"];

/// Options of `docker compose` that take a value and say nothing about files.
const WITH_VALUE: [&str; 6] = ["-p", "--project-name", "--ansi", "--parallel", "--progress", "-c"];

/// Whether a file may hold commands that name compose files, by its path.
pub fn may_hold_commands(path: &str) -> bool {
    let name = name_of(path);
    NAMES.contains(&name)
        || ENDS.iter().any(|end| name.ends_with(end))
        || name == ".env"
        || name.starts_with("README")
        // A script without an ending: `bin/dev`, `manage`.
        || !name.contains('.') && !name.is_empty()
        || (name.ends_with(".yml") || name.ends_with(".yaml"))
            && FOLDERS.iter().any(|folder| path.starts_with(folder) || path.contains(&format!("/{folder}")))
}

/// The combinations that the commands of a text name, each with the line. `root` is the folder above which nothing is
/// looked for, `known` are the YAML files below it.
pub fn of_text(
    files: &dyn Files,
    root: &str,
    known: &[String],
    (path, text): (&str, &str),
) -> Vec<(Combination, Reason)> {
    let says = ["compose", "Compose", "COMPOSE_FILE", "docker stack"];
    if !says.iter().any(|word| text.contains(word)) {
        return Vec::new();
    }
    let lines = logical_lines(text);
    let variables = Variables::of(lines.iter().map(|(_, line)| &**line));
    let mut place = Place { files, root, known, folder: parent(path).to_owned(), entered: Vec::new() };
    for (_, line) in &lines {
        let words = words(line);
        let entered =
            words.windows(2).filter(|pair| matches!(&*pair[0], "cd" | "working-directory:" | "dir:"));
        place.entered.extend(entered.map(|pair| pair[1].clone()).filter(|folder| !folder.contains(UNKNOWN)));
    }
    let mut found = Vec::new();
    let mut add = |line: usize, written: &str, call: &Call| {
        for combination in place.resolve(call).into_iter().filter(|combination| !combination.is_plain()) {
            let text = written.split_whitespace().collect::<Vec<_>>().join(" ");
            found.push((combination, Reason { file: path.to_owned(), line, text }));
        }
    };
    for (line, written) in &lines {
        if !["ompose", "COMPOSE", "stack", "$", "{{"].iter().any(|word| written.contains(word)) {
            continue;
        }
        for expanded in variables.expand(written) {
            for call in calls(&expanded) {
                add(*line, written, &call);
            }
        }
    }
    if name_of(path) == "devcontainer.json"
        && let Some(at) = text.find("\"dockerComposeFile\"")
    {
        let call = Call { files: json_texts(&text[at + "\"dockerComposeFile\"".len()..]), ..Call::default() };
        add(text[..at].matches('\n').count() + 1, "dockerComposeFile", &call);
    }
    found
}

/// The lines of a text, each with its number; those that end in a backslash joined with the next, and signs of comments and prompts left out.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (at, line) in text.lines().enumerate() {
        let part = line.trim().trim_start_matches(['#', '>']).trim();
        // The prompt of a shell, and no variable.
        let part = part.strip_prefix("$ ").unwrap_or(part);
        let body = part.strip_suffix(['\\', '^']).unwrap_or(part);
        match lines.last_mut().filter(|_| goes_on) {
            Some((_, before)) => {
                before.push(' ');
                before.push_str(body);
            }
            None => lines.push((at + 1, body.to_owned())),
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

/// What one command says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Call {
    files: Vec<String>,
    directory: Option<String>,
    env_files: Vec<String>,
    profiles: Vec<String>,
    is_swarm: bool,
    /// The folder that was entered before, in the same line.
    entered: Option<String>,
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
    found.retain(|call| !call.files.is_empty());
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

/// Where paths of a text are looked for.
struct Place<'p> {
    files: &'p dyn Files,
    root: &'p str,
    known: &'p [String],
    folder: String,
    /// Folders that its commands enter.
    entered: Vec<String>,
}

impl Place<'_> {
    /// The combinations that a command may mean: those whose files are all there.
    fn resolve(&self, call: &Call) -> Vec<Combination> {
        let above: Vec<&str> = folders_up(&self.folder, self.root).collect();
        let entered = call.entered.iter().chain(&self.entered);
        let inside = entered.flat_map(|folder| above.iter().map(move |above| join(above, folder)));
        let bases: Vec<String> = inside.chain(above.iter().map(|folder| (*folder).to_owned())).collect();
        bases
            .iter()
            .map(|base| self.seen_from(base, call))
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }

    fn seen_from(&self, base: &str, call: &Call) -> Vec<Combination> {
        let words = self.values_of_unknown(base, call);
        let with = |word: &Option<String>| {
            let path = |written: &String| self.path(base, written, word.as_deref());
            let files = call.files.iter().map(path).collect::<Option<Vec<String>>>()?;
            let mut files = files;
            let mut seen = std::collections::BTreeSet::new();
            files.retain(|file| seen.insert(file.clone()));
            let is_here = |path: &String| is_file(self.files, path);
            let folder = call.directory.as_ref().map(|folder| join(base, folder));
            Some(Combination {
                files,
                directory: folder.filter(|folder| !folder.contains(UNKNOWN)),
                env_files: call.env_files.iter().filter_map(path).filter(is_here).collect(),
                profiles: call.profiles.iter().filter(|name| !name.contains(UNKNOWN)).cloned().collect(),
                is_swarm: call.is_swarm,
            })
        };
        words.iter().filter_map(with).collect()
    }

    /// What may stand where nobody knows: each value for which the first such path is that of a known file, or none at all.
    fn values_of_unknown(&self, base: &str, call: &Call) -> Vec<Option<String>> {
        let inner = |path: &&String| path.trim_start_matches(UNKNOWN).contains(UNKNOWN);
        let Some(pattern) = call.files.iter().find(inner) else { return vec![None] };
        let whole = join(base, pattern.trim_start_matches(UNKNOWN));
        let Some((before, after)) = whole.split_once(UNKNOWN) else { return vec![None] };
        let value = |path: &String| {
            let value = path.strip_prefix(before)?.strip_suffix(after)?;
            (!value.is_empty() && !value.contains('/')).then(|| Some(value.to_owned()))
        };
        self.known.iter().filter_map(value).collect()
    }

    /// The file that a word names; what is unknown at its beginning is a folder.
    fn path(&self, base: &str, written: &str, unknown: Option<&str>) -> Option<String> {
        let rest = written.trim_start_matches(UNKNOWN);
        let has_unknown_folder = rest.len() < written.len();
        let rest = unknown.map_or_else(|| rest.to_owned(), |word| rest.replace(UNKNOWN, word));
        if rest.contains(UNKNOWN) || rest.is_empty() {
            return None;
        }
        let rest = if has_unknown_folder { rest.trim_start_matches('/') } else { &rest };
        let path = join(base, rest);
        if is_file(self.files, &path) {
            return Some(path);
        }
        let end = format!("/{rest}");
        let mut alike = self.known.iter().filter(|known| has_unknown_folder && known.ends_with(&end));
        alike.next().filter(|_| alike.next().is_none()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::combination::tests::Paper;
    use super::{Combination, may_hold_commands, of_text};

    fn found(path: &str, text: &str) -> Vec<String> {
        let names = [
            "/r/a.yml",
            "/r/b.yml",
            "/r/x.dev.yml",
            "/r/x.prod.yml",
            "/r/deploy/c.yml",
            "/r/deploy/d.yml",
            "/r/p.env",
        ];
        let paper = Paper(names.into_iter().map(|name| (name, "")).collect());
        let known: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let shown = |combination: &Combination| {
            let mut shown = combination.files.join("+");
            shown.extend(combination.directory.iter().map(|folder| format!(" in {folder}")));
            shown.extend(combination.env_files.iter().map(|file| format!(" with {file}")));
            shown.extend(combination.profiles.iter().map(|name| format!(" on {name}")));
            shown.push_str(if combination.is_swarm { " swarm" } else { "" });
            shown.replace("/r/", "")
        };
        of_text(&paper, "/r", &known, (path, text))
            .iter()
            .map(|(it, why)| format!("{}: {}", why.line, shown(it)))
            .collect()
    }

    #[test]
    fn command_lines_name_the_files_of_a_project() {
        for (path, text, expected) in [
            ("/r/Makefile", "up:\n\tdocker compose -f a.yml -f b.yml up -d\n", "2: a.yml+b.yml"),
            (
                "/r/Makefile",
                "DC = docker-compose -f a.yml\nup:\n\t$(DC) -f b.yml up\n\t$(DC) logs -f b.yml\n",
                "3: a.yml+b.yml",
            ),
            (
                "/r/Makefile",
                "F=-f a.yml\nF+=-f $(D)/c.yml\nx:\n\t$(COMPOSE) $(F)\n\tdocker compose $(F) up\n",
                "5: a.yml+deploy/c.yml",
            ),
            (
                "/r/package.json",
                r#"{"scripts": {"up": "docker compose -f \"a.yml\" --file=b.yml up"}}"#,
                "1: a.yml+b.yml",
            ),
            (
                "/r/ci.sh",
                "cd deploy && docker compose \\\n  -f c.yml \\\n  -f d.yml up",
                "1: deploy/c.yml+deploy/d.yml",
            ),
            (
                "/r/deploy/run.sh",
                "docker-compose -f \"$(dirname $0)/c.yml\" -f d.yml up",
                "1: deploy/c.yml+deploy/d.yml",
            ),
            ("/r/deploy/run.sh", "docker compose -f a.yml -f deploy/c.yml up", "1: a.yml+deploy/c.yml"),
            (
                "/r/run.sh",
                "docker compose -f a.yml -f x.${STAGE}.yml up",
                "1: a.yml+x.dev.yml, 1: a.yml+x.prod.yml",
            ),
            ("/r/README.md", "Run `docker compose -f a.yml -f b.yml up`.", "1: a.yml+b.yml"),
            (
                "/r/README.md",
                "Run `docker compose -f a.yml up`, then `docker compose -f missing.yml -f a.yml up`.",
                "",
            ),
            ("/r/.env", "COMPOSE_FILE=a.yml:deploy/c.yml\n", "1: a.yml+deploy/c.yml"),
            ("/r/x.sh", "export COMPOSE_FILE=\"a.yml:b.yml\"", "1: a.yml+b.yml"),
            ("/r/.github/workflows/ci.yml", "env:\n  COMPOSE_FILE: a.yml:b.yml\n", "2: a.yml+b.yml"),
            (
                "/r/x.sh",
                "docker compose --env-file p.env --profile dev --project-directory . -f deploy/c.yml up",
                "1: deploy/c.yml in /r with p.env on dev",
            ),
            ("/r/x.sh", "docker stack deploy -c a.yml --compose-file b.yml shop", "1: a.yml+b.yml swarm"),
            (
                "/r/deploy/devcontainer.json",
                "{\n\"dockerComposeFile\": [\"../a.yml\", \"c.yml\"],\n}",
                "2: a.yml+deploy/c.yml",
            ),
            (
                "/r/x.yml",
                "# docker compose -f a.yml -f x.yml -f b.yml up\n# docker compose -f a.yml -f b.yml up\n",
                "2: a.yml+b.yml",
            ),
            ("/r/x.sh", "docker compose ps; echo compose -f a.yml", ""),
        ] {
            assert_eq!(found(path, text).join(", "), expected, "{text}");
        }
    }

    #[test]
    fn a_text_may_be_as_strange_as_it_likes() {
        for part in [
            "docker compose -f ",
            "$(",
            "${A:-",
            "COMPOSE_FILE=",
            "{{",
            "\\\n",
            "docker stack deploy -c",
            "é*",
        ] {
            found("/r/Makefile", &part.repeat(3000));
        }
        let forty: String = (0..40).map(|at| format!("-f x{at}.yml ")).collect();
        assert!(found("/r/x.sh", &format!("docker compose {forty}up")).is_empty());
    }

    #[test]
    fn files_with_commands_are_known_by_their_names() {
        for path in [
            "Makefile",
            "bin/dev",
            "scripts/up.sh",
            "README.md",
            ".github/workflows/ci.yml",
            "a/package.json",
            ".env",
        ] {
            assert!(may_hold_commands(path), "{path}");
        }
        for path in ["compose.yaml", "src/main.rs", "package-lock.json", "config/app.yml"] {
            assert!(!may_hold_commands(path), "{path}");
        }
    }
}
