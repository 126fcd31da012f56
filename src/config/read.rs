//! The text of a `stackgen.toml` to typed values, every mistake in it told at once.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Config, GATES, LEVELS, Project};
use crate::fault::Fault;
use crate::lint::{Level, Override, Rule, find, nearest_name};
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::source::{SourceId, Span};
use compose_reader::spec::Version;

/// Reads a text.
///
/// # Errors
///
/// Everything that is wrong with it.
pub fn read(source: SourceId, text: &str) -> Result<Config, Vec<Diagnostic>> {
    let mut reader = Reader { source, text, problems: Vec::new() };
    let mut config = Config::default();
    match DeTable::parse(text) {
        Ok(table) => reader.config(table.get_ref(), &mut config),
        Err(error) => {
            let at = error.span().unwrap_or_default();
            let message = error.message().replace('\n', ", ");
            reader.problem(
                Fault::InvalidToml,
                &at,
                message,
                "strings are quoted, and a table begins with `[name]`",
            );
        }
    }
    reader.problems.sort_by_key(|problem| problem.span);
    if reader.problems.is_empty() { Ok(config) } else { Err(reader.problems) }
}

type Value<'t> = Spanned<DeValue<'t>>;
type Table<'t> = DeTable<'t>;

struct Reader<'t> {
    source: SourceId,
    text: &'t str,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn problem(
        &mut self,
        fault: Fault,
        at: &std::ops::Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let span = Span::new(self.source, at.start, at.end);
        self.problems.push(fault.at(span, message).help(help));
    }

    fn config(&mut self, table: &Table<'_>, config: &mut Config) {
        const KEYS: [&str; 8] =
            ["strict", "pedantic", "fail-on", "compose", "rules", "overrides", "allow-outside", "projects"];
        for (key, value) in table {
            match &**key.get_ref() {
                "strict" => config.strict = self.boolean(value),
                "pedantic" => config.pedantic = self.boolean(value),
                "fail-on" => config.fail_on = self.word(value, &GATES),
                "compose" => config.compose = self.version(value),
                "rules" => config.rules = self.rules(value),
                "overrides" => {
                    let items = self.array(value, "a list of tables: begin each with `[[overrides]]`");
                    config.overrides = items.iter().filter_map(|item| self.override_of(item)).collect();
                }
                "allow-outside" => config.allow_outside = self.paths_outside(value),
                "projects" => {
                    let items = self.array(value, "a list of tables: begin each with `[[projects]]`");
                    config.projects = items.iter().filter_map(|item| self.project(item)).collect();
                }
                unknown => self.unknown_key(unknown, &key.span(), &KEYS),
            }
        }
    }

    fn version(&mut self, value: &Value<'_>) -> Option<Version> {
        let read = self.text(value)?.parse::<Version>();
        read.map_err(|unknown| {
            self.problem(Fault::UnknownWord, &value.span(), unknown.to_string(), unknown.help());
        })
        .ok()
    }

    /// `["../shared"]`: the same folder on every machine, and none of the machine's own.
    fn paths_outside(&mut self, value: &Value<'_>) -> Vec<String> {
        let mut paths = Vec::new();
        for item in self.array(value, "a list of paths: `[\"../shared\"]`") {
            let Some(path) = self.text(item) else { continue };
            if path.starts_with("../") {
                paths.push(path.to_owned());
            } else {
                let message = format!("`{path}` is no path to a neighbour of the repository");
                self.problem(Fault::WrongValue, &item.span(), message, "a path from here: `../shared`");
            }
        }
        paths
    }

    fn project(&mut self, value: &Value<'_>) -> Option<Project> {
        const KEYS: [&str; 4] = ["files", "project-directory", "env-files", "profiles"];
        let table = self.table(value, "a table")?;
        let line = self.text.get(..value.span().start).map_or(1, |before| before.matches('\n').count() + 1);
        let mut read = Project { line, ..Project::default() };
        for (key, value) in table {
            match &**key.get_ref() {
                "files" => read.files = self.texts(value),
                "project-directory" => read.directory = self.text(value).map(str::to_owned),
                "env-files" => read.env_files = self.texts(value),
                "profiles" => read.profiles = self.texts(value),
                unknown => self.unknown_key(unknown, &key.span(), &KEYS),
            }
        }
        if read.files.is_empty() {
            let help = "write `files = [\"compose.yaml\", \"compose.dev.yaml\"]`";
            self.problem(Fault::IncompleteProject, &value.span(), "this names no file", help);
        }
        Some(read)
    }

    fn texts(&mut self, value: &Value<'_>) -> Vec<String> {
        let items = self.array(value, "a list of texts: `[\"compose.yaml\"]`");
        items.iter().filter_map(|item| self.text(item).map(str::to_owned)).collect()
    }

    fn override_of(&mut self, value: &Value<'_>) -> Option<Override> {
        const KEYS: [&str; 4] = ["paths", "services", "rules", "reason"];
        let table = self.table(value, "a table")?;
        let mut read = Override { paths: None, services: None, levels: Vec::new() };
        for (key, value) in table {
            match &**key.get_ref() {
                "paths" => read.paths = self.patterns(value),
                "services" => read.services = self.patterns(value),
                "rules" => read.levels = self.rules(value),
                "reason" => _ = self.text(value),
                unknown => self.unknown_key(unknown, &key.span(), &KEYS),
            }
        }
        for (wanted, message) in [
            (&["paths", "services"][..], "this says neither in which files nor for which services"),
            (&["rules"], "this says nothing about a rule"),
        ] {
            if !wanted.iter().any(|key| table.contains_key(*key)) {
                let help = format!("write {}", wanted.join(" or "));
                self.problem(Fault::IncompleteOverride, &value.span(), message, help);
            }
        }
        Some(read)
    }

    /// `name = "off"`, or `name = { level = "off", reason = "…" }`.
    fn rules(&mut self, value: &Value<'_>) -> Vec<(&'static Rule, Level)> {
        const KEYS: [&str; 2] = ["level", "reason"];
        let mut rules = Vec::new();
        for (key, value) in self.table(value, "a table of rules and their levels").into_iter().flatten() {
            let name = &**key.get_ref();
            let Some(rule) = find(name) else {
                let help = match nearest_name(name) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => "`stackgen explain` lists the rules".to_owned(),
                };
                self.problem(Fault::UnknownRule, &key.span(), format!("there is no rule `{name}`"), help);
                continue;
            };
            let DeValue::Table(table) = value.get_ref() else {
                rules.extend(self.word(value, &LEVELS).map(|level| (rule, level)));
                continue;
            };
            for (key, value) in table {
                match &**key.get_ref() {
                    "level" => rules.extend(self.word(value, &LEVELS).map(|level| (rule, level))),
                    "reason" => _ = self.text(value),
                    unknown => self.unknown_key(unknown, &key.span(), &KEYS),
                }
            }
            if !table.contains_key("level") {
                let message = format!("`{name}` has no level");
                self.problem(Fault::MissingLevel, &key.span(), message, format!("write `{name} = \"off\"`"));
            }
        }
        rules
    }

    fn unknown_key(&mut self, key: &str, at: &std::ops::Range<usize>, known: &[&str]) {
        let help = did_you_mean(key, known.iter().copied());
        self.problem(Fault::UnknownKey, at, format!("there is no key `{key}` here"), help);
    }

    fn wrong(&mut self, value: &Value<'_>, wanted: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.problem(Fault::WrongType, &value.span(), format!("this is {found}"), format!("write {wanted}"));
    }

    fn boolean(&mut self, value: &Value<'_>) -> bool {
        if let DeValue::Boolean(value) = value.get_ref() {
            return *value;
        }
        self.wrong(value, "`true` or `false`");
        false
    }

    fn text<'v>(&mut self, value: &'v Value<'_>) -> Option<&'v str> {
        if let DeValue::String(text) = value.get_ref() {
            return Some(text);
        }
        self.wrong(value, "text in quotes");
        None
    }

    /// What one of a few words stands for.
    fn word<T: Copy>(&mut self, value: &Value<'_>, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(value)?;
        let known = words.iter().find(|(word, _)| *word == text);
        if known.is_none() {
            let help = did_you_mean(text, words.iter().map(|(word, _)| *word));
            self.problem(
                Fault::UnknownWord,
                &value.span(),
                format!("`{text}` is none of the words for this"),
                help,
            );
        }
        known.map(|(_, meant)| *meant)
    }

    fn table<'v, 't>(&mut self, value: &'v Value<'t>, wanted: &str) -> Option<&'v Table<'t>> {
        if let DeValue::Table(table) = value.get_ref() {
            return Some(table);
        }
        self.wrong(value, wanted);
        None
    }

    fn array<'v, 't>(&mut self, value: &'v Value<'t>, wanted: &str) -> &'v [Value<'t>] {
        if let DeValue::Array(items) = value.get_ref() {
            return items;
        }
        self.wrong(value, wanted);
        &[]
    }

    fn patterns(&mut self, value: &Value<'_>) -> Option<GlobSet> {
        let mut set = GlobSetBuilder::new();
        for item in self.array(value, "a list of patterns: `[\"legacy/**\"]`") {
            let Some(pattern) = self.text(item) else { continue };
            match GlobBuilder::new(pattern.trim_start_matches("./")).literal_separator(true).build() {
                Ok(glob) => _ = set.add(glob),
                Err(error) => {
                    let message = format!("`{pattern}` is no pattern: {}", error.kind());
                    self.problem(
                        Fault::WrongPattern,
                        &item.span(),
                        message,
                        "`*` is any part of a name, `**` any folders",
                    );
                }
            }
        }
        set.build().ok()
    }
}
