//! The variables of a text with commands: of a Makefile, a script, a CI file or an env file.

use std::cell::Cell;
use std::collections::BTreeMap;

/// What stands for a value that nobody knows.
pub(super) const UNKNOWN: char = '*';

/// Values that a variable may have, at most, and texts that one line may become.
pub(super) const MOST: usize = 8;
/// Bytes that the lines of one text become at most; behind that, no variable is replaced.
const MOST_MADE: usize = 2 << 20;
/// References that are followed for one line, those in values included.
const FOLLOWED: usize = 200;
/// Variables in variables that are followed.
const DEEPEST: usize = 8;
/// Bytes of a line with its variables in place, and of a value.
pub(super) const LONGEST: usize = 8 << 10;

/// How a text names its variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// `$NAME`, as in shells, and `{{NAME}}`, as in what runs commands.
    Shell,
    /// `NAME` outside of quotes, `{NAME}` in them.
    Python,
}

/// Variables, each with every value that it may have; a member of an array is `NAME[KEY]`.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// Those at a place of the text.
    pub(super) now: BTreeMap<String, Vec<String>>,
    /// Those of the whole text: a function or a rule of Make runs later than where it stands.
    pub(super) ever: BTreeMap<String, Vec<String>>,
    /// Bytes that texts have become so far.
    made: Cell<usize>,
}

impl Variables {
    /// The values of a variable, as they are written.
    pub(super) fn values(&self, name: &str) -> &[String] {
        let of =
            |values: &BTreeMap<String, Vec<String>>| values.get(name).filter(|it| !it.is_empty()).is_some();
        let values = if of(&self.now) { &self.now } else { &self.ever };
        values.get(name).map_or(&[], Vec::as_slice)
    }

    /// What a text may become, its variables replaced; [`UNKNOWN`] stands for what is not known.
    pub(super) fn expand(&self, text: &str, language: Language) -> Vec<String> {
        if self.made.get() > MOST_MADE {
            return vec![text.to_owned()];
        }
        let fuel = &mut Fuel { references: FOLLOWED, depth: DEEPEST };
        let texts = match language {
            Language::Shell => self.shell(text, fuel),
            Language::Python => self.python(text, fuel),
        };
        self.made.set(texts.iter().fold(self.made.get(), |made, text| made + text.len()));
        texts
    }

    fn shell(&self, text: &str, fuel: &mut Fuel) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut rest = text;
        while let Some(at) = rest.find(['$', '{']) {
            texts.iter_mut().for_each(|text| text.push_str(&rest[..at]));
            rest = &rest[at..];
            let Some((reference, length)) = Reference::read(rest) else {
                let next = rest.chars().next().map_or(1, char::len_utf8);
                texts.iter_mut().for_each(|text| text.push_str(&rest[..next]));
                rest = &rest[next..];
                continue;
            };
            rest = &rest[length..];
            let values = fuel.inside(|fuel| self.values_of(&reference, fuel));
            texts = each(&texts, &known_or(values, UNKNOWN.to_string()));
        }
        texts.iter_mut().for_each(|text| text.push_str(rest));
        texts
    }

    fn values_of(&self, reference: &Reference<'_>, fuel: &mut Fuel) -> Vec<String> {
        let own = |fuel: &mut Fuel| -> Vec<String> {
            self.values(&reference.name).iter().flat_map(|value| self.shell(value, fuel)).collect()
        };
        match reference.rest {
            Rest::Nothing => own(fuel),
            Rest::Default(text) => own(fuel).into_iter().chain(self.shell(text, fuel)).collect(),
            Rest::Instead(text) => std::iter::once(String::new()).chain(self.shell(text, fuel)).collect(),
            Rest::Prefix(prefix, list) => {
                let lists = match list {
                    Some(list) => self.shell(list, fuel),
                    None => own(fuel),
                };
                let with = |list: &String| {
                    let words = list.split_whitespace().map(|word| format!("{prefix}{word}"));
                    words.collect::<Vec<_>>().join(" ")
                };
                lists.iter().map(with).collect()
            }
        }
    }

    /// The names that stand outside of quotes are variables, and those in braces inside of them.
    fn python(&self, text: &str, fuel: &mut Fuel) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut quote = None;
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let inside = rest.strip_prefix('{').filter(|_| quote.is_some());
            let braced =
                inside.and_then(|inside| Some((&inside[..inside.find('}')?], inside.find('}')? + 2)));
            let bare = || rest.find(|next: char| !is_name(next)).unwrap_or(rest.len());
            let (name, length) = match braced {
                Some((name, length)) if !name.is_empty() && name.chars().all(is_name) => (name, length),
                // The `f` of `f"…"`.
                _ if quote.is_none() && bare() == 1 && rest[1..].starts_with(['"', '\'']) => {
                    rest = &rest[1..];
                    continue;
                }
                _ if quote.is_none() && next.is_ascii_alphabetic() => (&rest[..bare()], bare()),
                _ => {
                    match quote {
                        None if matches!(next, '"' | '\'') => quote = Some(next),
                        Some(open) if open == next => quote = None,
                        _ => {}
                    }
                    // Lists are joined, or laid out in another one.
                    let shown = if quote.is_none() && matches!(next, '+' | '*') { ' ' } else { next };
                    texts.iter_mut().for_each(|text| text.push(shown));
                    rest = &rest[next.len_utf8()..];
                    continue;
                }
            };
            rest = &rest[length..];
            let values = fuel
                .inside(|fuel| self.values(name).iter().flat_map(|value| self.python(value, fuel)).collect());
            let unknown = if quote.is_some() { UNKNOWN.to_string() } else { name.to_owned() };
            texts = each(&texts, &known_or(values, unknown));
        }
        texts
    }
}

/// How much further references are followed.
struct Fuel {
    references: usize,
    depth: usize,
}

impl Fuel {
    /// The values that are found one reference further; none, where that is too far.
    fn inside(&mut self, find: impl FnOnce(&mut Self) -> Vec<String>) -> Vec<String> {
        if self.references == 0 || self.depth == 0 {
            return Vec::new();
        }
        self.references -= 1;
        self.depth -= 1;
        let values = find(self);
        self.depth += 1;
        values
    }
}

/// The values, each once, or what stands for none.
fn known_or(mut values: Vec<String>, unknown: String) -> Vec<String> {
    values.truncate(MOST);
    values.dedup();
    if values.is_empty() {
        values.push(unknown);
    }
    values
}

/// Each text with each value behind it.
fn each(texts: &[String], values: &[String]) -> Vec<String> {
    texts
        .iter()
        .flat_map(|text| values.iter().map(move |value| format!("{text}{value}")))
        .filter(|text| text.len() <= LONGEST)
        .take(MOST)
        .collect()
}

fn is_name(next: char) -> bool {
    next.is_ascii_alphanumeric() || next == '_'
}

/// A variable that is given a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Assignment<'l> {
    /// Its name.
    pub(super) name: String,
    /// The value as it is written, without the quotes or parentheses around it.
    pub(super) value: &'l str,
    /// Whether it is added to what was there.
    pub(super) is_more: bool,
}

impl<'l> Assignment<'l> {
    /// The assignment that a statement is: `NAME=value`, `NAME := value`, `export NAME=value`, `NAME+=(value)`,
    /// `NAME="$NAME value"`, `NAME["key"]=value`, `NAME: value`, and Python's `name.extend(value)`.
    pub(super) fn read(statement: &'l str) -> Option<Self> {
        let mut line = statement.trim().trim_start_matches("- ").trim_start_matches('@');
        for word in [
            "export ",
            "set ",
            "local ",
            "readonly ",
            "declare ",
            "typeset ",
            "-A ",
            "-a ",
            "ENV ",
            "override ",
        ] {
            line = line.strip_prefix(word).unwrap_or(line).trim_start();
        }
        let end = line.find(|next: char| !is_name(next))?;
        let (word, mut rest) = line.split_at(end);
        if word.is_empty() || word.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        let mut name = word.to_owned();
        if let Some(inside) = rest.strip_prefix('[') {
            let end = inside.find(']')?;
            name = member(word, &inside[..end])?;
            rest = &inside[end + 1..];
        }
        for method in [".extend(", ".append(", ".push("] {
            if let Some(value) = rest.strip_prefix(method) {
                let value = value.trim().strip_suffix(')').unwrap_or(value).trim();
                return Some(Self { name, value, is_more: true });
            }
        }
        let rest = rest.trim_start_matches(' ');
        for (sign, is_more) in [("+=", true), ("?=", false), ("::=", false), (":=", false), ("=", false)] {
            if let Some(value) = rest.strip_prefix(sign).filter(|value| !value.starts_with('=')) {
                let value = value.trim();
                let is_array = value.starts_with('(') && value.ends_with(')');
                let value = if is_array { &value[1..value.len() - 1] } else { unquoted(value) };
                let own = Reference::read(value).filter(|(reference, _)| reference.name == name);
                return Some(match own {
                    Some((_, length)) => Self { name, value: &value[length..], is_more: true },
                    None => Self { name, value, is_more },
                });
            }
        }
        // In YAML only what is written as a variable is one.
        let is_loud =
            word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        let value = rest.strip_prefix(": ").filter(|_| is_loud)?;
        Some(Self { name, value: unquoted(value.trim()), is_more: false })
    }

    /// The members of an array with keys, `["a"]=x ["b"]=y`, each with its name and value.
    pub(super) fn members(&self) -> Vec<(String, &'l str)> {
        let mut members = Vec::new();
        let mut rest = self.value.trim_start();
        while let Some(inside) = rest.strip_prefix('[') {
            let Some((key, value)) = inside.split_once("]=") else { break };
            let quote = value.chars().next().filter(|next| matches!(next, '"' | '\''));
            let value = quote.map_or(value, |_| &value[1..]);
            let end = value.find(|next: char| quote.map_or(next.is_whitespace(), |quote| next == quote));
            let end = end.unwrap_or(value.len());
            members.extend(member(&self.name, key).map(|name| (name, &value[..end])));
            rest = value[end..].trim_start_matches(['"', '\'']).trim_start();
        }
        members
    }
}

/// `"text"` without its quotes.
fn unquoted(text: &str) -> &str {
    let quoted = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    quoted('"').or_else(|| quoted('\'')).unwrap_or(text)
}

/// The name of the member of an array, `None` where its key is not known.
fn member(array: &str, key: &str) -> Option<String> {
    let key = key.trim_matches(['"', '\'']);
    (!key.contains(['$', '@', '*'])).then(|| format!("{array}[{key}]"))
}

/// A reference to a variable.
#[derive(Debug)]
struct Reference<'t> {
    /// Its name; none, where what comes out is not known.
    name: String,
    rest: Rest<'t>,
}

/// What is done with the value of a variable.
#[derive(Debug)]
enum Rest<'t> {
    Nothing,
    /// `${NAME:-text}`
    Default(&'t str),
    /// `${NAME:+text}`
    Instead(&'t str),
    /// Each word of the value, or of the list, gets what stands first: `${NAME[@]/#/-f }`, `$(addprefix -f ,LIST)`.
    Prefix(&'t str, Option<&'t str>),
}

impl<'t> Reference<'t> {
    /// The reference at the start of a text, and its length: `$NAME`, `${NAME:-x}`, `$(NAME)`, `{{NAME}}`, `{{.NAME}}`,
    /// and `$(a command)`.
    fn read(text: &'t str) -> Option<(Self, usize)> {
        let plain = |name: &str| Self { name: name.to_owned(), rest: Rest::Nothing };
        if let Some(inside) = text.strip_prefix("{{") {
            let end = inside.find("}}")?;
            return Some((plain(inside[..end].trim().trim_start_matches('.')), end + 4));
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
                return Some((plain(&rest[..end]), dollars + end));
            }
            '@' | '*' => return Some((plain(""), dollars + 1)),
            _ => return None,
        };
        let mut depth = 0_usize;
        let end = rest.char_indices().find_map(|(at, next)| {
            depth += usize::from(next == open);
            depth -= usize::from(next == close);
            (depth == 0).then_some(at)
        })?;
        let inside = &rest[1..end];
        Some((if open == '(' { Self::made(inside) } else { Self::braced(inside) }, dollars + end + 1))
    }

    /// `NAME:-x` and its like.
    fn braced(inside: &'t str) -> Self {
        let name = &inside[..inside.find(|next: char| !is_name(next)).unwrap_or(inside.len())];
        let behind = &inside[name.len()..];
        let of = |rest| Self { name: name.to_owned(), rest };
        if let Some((key, behind)) = behind.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
            let prefix = behind.strip_prefix("/#/").map(|prefix| Rest::Prefix(prefix, None));
            return match key {
                "@" | "*" => of(prefix.unwrap_or(Rest::Nothing)),
                key => Self { name: member(name, key).unwrap_or_default(), rest: Rest::Nothing },
            };
        }
        let default = behind.strip_prefix(":-").or_else(|| behind.strip_prefix('-')).map(Rest::Default);
        let instead = behind.strip_prefix(":+").or_else(|| behind.strip_prefix('+')).map(Rest::Instead);
        of(default.or(instead).unwrap_or(Rest::Nothing))
    }

    /// `NAME` of Make, or a command.
    fn made(inside: &'t str) -> Self {
        if inside.chars().all(is_name) {
            return Self { name: inside.to_owned(), rest: Rest::Nothing };
        }
        let rest = || {
            if let Some((prefix, list)) =
                inside.strip_prefix("addprefix ").and_then(|inside| inside.split_once(','))
            {
                return Some(Rest::Prefix(prefix, Some(list)));
            }
            let (name, rest) = inside.strip_prefix("foreach ")?.split_once(',')?;
            let (list, text) = rest.split_once(',')?;
            let prefix = [format!("$({name})"), format!("${{{name}}}")];
            let prefix = prefix.iter().find_map(|own| text.strip_suffix(own.as_str()))?;
            Some(Rest::Prefix(prefix, Some(list)))
        };
        Self { name: String::new(), rest: rest().unwrap_or(Rest::Nothing) }
    }
}
