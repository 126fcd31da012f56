//! The variables of a text with commands: of a Makefile, a script, a CI file or an env file.

use std::collections::BTreeMap;

/// What stands for a value that nobody knows.
pub(super) const UNKNOWN: char = '*';

/// Values that a variable may have, at most, and texts that one line may become.
const MOST: usize = 8;
/// Variables in variables that are followed.
const DEEPEST: usize = 8;
/// Bytes of a line with its variables in place.
const LONGEST: usize = 8 << 10;

/// The variables that a text assigns, each with every value that it may have.
#[derive(Debug, Default)]
pub(super) struct Variables(BTreeMap<String, Vec<String>>);

impl Variables {
    /// The variables of the lines of a text.
    pub(super) fn of<'l>(lines: impl Iterator<Item = &'l str>) -> Self {
        let mut variables = Self::default();
        for line in lines {
            if let Some((name, value, is_more)) = assignment(line) {
                variables.assign(name, value, is_more);
            }
        }
        variables
    }

    /// The values of a variable, as they are written.
    pub(super) fn values(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    fn assign(&mut self, name: &str, value: &str, is_more: bool) {
        let values = self.0.entry(name.to_owned()).or_default();
        let new: Vec<String> = match is_more {
            // What is added may be added under a condition.
            true if !values.is_empty() => values.iter().map(|before| format!("{before} {value}")).collect(),
            _ => vec![value.to_owned()],
        };
        for value in new {
            if values.len() < MOST && !values.contains(&value) {
                values.push(value);
            }
        }
    }

    /// What a text may become, its variables replaced; [`UNKNOWN`] stands for what is not known.
    pub(super) fn expand(&self, text: &str) -> Vec<String> {
        self.expand_to(text, DEEPEST)
    }

    fn expand_to(&self, text: &str, depth: usize) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut rest = text;
        while let Some(at) = rest.find(['$', '{']) {
            texts.iter_mut().for_each(|text| text.push_str(&rest[..at]));
            rest = &rest[at..];
            let Some((name, default, length)) = reference(rest) else {
                let next = rest.chars().next().map_or(1, char::len_utf8);
                texts.iter_mut().for_each(|text| text.push_str(&rest[..next]));
                rest = &rest[next..];
                continue;
            };
            rest = &rest[length..];
            let mut values: Vec<String> = match depth {
                0 => Vec::new(),
                _ => self.values(name).iter().flat_map(|value| self.expand_to(value, depth - 1)).collect(),
            };
            values
                .extend(default.into_iter().flat_map(|value| self.expand_to(value, depth.saturating_sub(1))));
            if values.is_empty() {
                values.push(UNKNOWN.to_string());
            }
            values.dedup();
            texts = texts
                .iter()
                .flat_map(|text| values.iter().map(move |value| format!("{text}{value}")))
                .filter(|text| text.len() <= LONGEST)
                .take(MOST)
                .collect();
        }
        texts.iter_mut().for_each(|text| text.push_str(rest));
        texts
    }
}

/// The name, the value and whether it is added to what was there: `NAME=value`, `NAME := value`, `export NAME=value`,
/// `NAME: value`.
fn assignment(line: &str) -> Option<(&str, &str, bool)> {
    let mut line = line.trim().trim_start_matches("- ").trim_start_matches('@');
    for word in ["export ", "set ", "local ", "readonly ", "declare ", "ENV ", "override "] {
        line = line.strip_prefix(word).unwrap_or(line).trim_start();
    }
    let end = line.find(|next: char| !next.is_ascii_alphanumeric() && next != '_')?;
    let (name, rest) = line.split_at(end);
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let rest = rest.trim_start_matches(' ');
    for (sign, is_more) in [("+=", true), ("?=", false), ("::=", false), (":=", false), ("=", false)] {
        if let Some(value) = rest.strip_prefix(sign).filter(|value| !value.starts_with('=')) {
            return Some((name, value.trim().trim_matches(['(', ')', '"', '\'']), is_more));
        }
    }
    // In YAML only what is written as a variable is one.
    let is_loud = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let value = rest.strip_prefix(": ").filter(|_| is_loud)?;
    Some((name, value.trim().trim_matches(['"', '\'']), false))
}

/// A reference at the start of a text, with its default and its length: `$NAME`, `${NAME:-x}`, `$(NAME)`, `{{NAME}}`,
/// `{{.NAME}}`, and `$(a command)`, whose name is none.
fn reference(text: &str) -> Option<(&str, Option<&str>, usize)> {
    let is_name = |next: char| next.is_ascii_alphanumeric() || next == '_';
    if let Some(inside) = text.strip_prefix("{{") {
        let end = inside.find("}}")?;
        return Some((inside[..end].trim().trim_start_matches('.'), None, end + 4));
    }
    let dollars = text.len() - text.trim_start_matches('$').len();
    let rest = &text[dollars..];
    if dollars == 0 {
        return None;
    }
    let (open, close) = match rest.chars().next()? {
        '{' => ('{', '}'),
        '(' => ('(', ')'),
        next if is_name(next) => {
            let end = rest.find(|next: char| !is_name(next)).unwrap_or(rest.len());
            return Some((&rest[..end], None, dollars + end));
        }
        '@' | '*' => return Some(("", None, dollars + 1)),
        _ => return None,
    };
    let mut depth = 0_usize;
    let end = rest.char_indices().find_map(|(at, next)| {
        depth += usize::from(next == open);
        depth -= usize::from(next == close);
        (depth == 0).then_some(at)
    })?;
    let inside = &rest[1..end];
    let name = &inside[..inside.find(|next: char| !is_name(next)).unwrap_or(inside.len())];
    let behind = &inside[name.len()..];
    let length = dollars + end + 1;
    if open == '(' && !behind.is_empty() {
        return Some(("", None, length));
    }
    let default = behind.strip_prefix(":-").or_else(|| behind.strip_prefix('-'));
    Some((name, default, length))
}

#[cfg(test)]
mod tests {
    use super::Variables;

    #[test]
    fn a_text_becomes_all_that_its_variables_may_be() {
        let text = "DC := docker compose\nFILES = -f a.yml\nFILES += -f b.yml\nexport E=\"prod\"\nLOOP = $(LOOP)\nS=(-f x)\n";
        let variables = Variables::of(text.lines());
        for (line, expected) in [
            ("$(DC) up", "docker compose up"),
            ("${DC} $(FILES)", "docker compose -f a.yml|docker compose -f a.yml -f b.yml"),
            ("x.${E}.yml x.${STAGE:-dev}.yml", "x.prod.yml x.dev.yml"),
            ("$(dirname \"$(pwd)\")/a.yml", "*/a.yml"),
            ("{{.E}} {{ OTHER }} $$E", "prod * prod"),
            ("\"${S[@]}\" $", "\"-f x\" $"),
            ("{ ${ $(", "{ ${ $("),
        ] {
            assert_eq!(variables.expand(line).join("|"), expected, "{line}");
        }
        assert_eq!(variables.expand("$(LOOP)").len(), 1);
        assert!(variables.expand(&"$(FILES)".repeat(2000)).len() <= 8);
    }
}
