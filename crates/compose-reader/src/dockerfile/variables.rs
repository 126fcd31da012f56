//! `ARG` and `ENV`: the variables of a Dockerfile, and what they make of its texts.

use std::collections::HashMap;

use crate::budget::Budget;
use crate::interpolation::{Value, pieces};
use crate::values::Sketch;

/// The variables at one place of a Dockerfile; a value of `None` cannot be known.
pub(super) struct Variables<'b> {
    /// What the build is given.
    given: HashMap<String, Option<String>>,
    /// What was declared before the first stage.
    global: HashMap<String, Option<String>>,
    arguments: HashMap<String, Option<String>>,
    environment: HashMap<String, Option<String>>,
    budget: &'b mut Budget,
}

impl<'b> Variables<'b> {
    /// Before the first stage, with the arguments of the build.
    pub(super) fn new(given: &[(String, Option<String>)], budget: &'b mut Budget) -> Self {
        Self {
            given: given.iter().cloned().collect(),
            global: HashMap::new(),
            arguments: HashMap::new(),
            environment: HashMap::new(),
            budget,
        }
    }

    /// At the beginning of the first stage.
    pub(super) fn of_stage(self) -> Self {
        Self { global: self.arguments, arguments: HashMap::new(), ..self }
    }

    /// At the beginning of the next stage: what `ARG` declares is forgotten.
    pub(super) fn end_stage(&mut self) {
        self.arguments.clear();
    }

    /// `ARG NAME`, `ARG NAME=default`, several of them in a line.
    pub(super) fn declare(&mut self, text: &str) {
        for word in words(text) {
            let (name, default) = match word.split_once('=') {
                Some((name, default)) => (name, Some(self.expand(unquoted(default)))),
                None => (word, None),
            };
            let known = default.and_then(|default| default.known().map(str::to_owned));
            let value = match self.given.get(name) {
                Some(given) => given.clone(),
                None => known.or_else(|| self.global.get(name).cloned().flatten()),
            };
            self.arguments.insert(name.to_owned(), value);
        }
    }

    /// `ENV NAME=value`, several of them in a line, or `ENV NAME value`; the names.
    pub(super) fn set(&mut self, text: &str) -> Vec<String> {
        let words = words(text);
        let pairs: Vec<(&str, &str)> = match &words[..] {
            [name, ..] if !name.contains('=') => vec![(name, text.trim_start()[name.len()..].trim())],
            words => words.iter().filter_map(|word| word.split_once('=')).collect(),
        };
        for (name, value) in &pairs {
            let value = self.expand(unquoted(value)).known().map(str::to_owned);
            self.environment.insert((*name).to_owned(), value);
        }
        pairs.into_iter().map(|(name, _)| name.to_owned()).collect()
    }

    /// The value of an environment variable, where it is known.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.environment.get(name).cloned().flatten()
    }

    /// A text with its variables replaced; unknown, where the budget does not suffice for it.
    pub(super) fn expand(&mut self, text: &str) -> Sketch {
        let value = |name: &str| {
            let set = self.environment.get(name).or_else(|| self.arguments.get(name));
            match set.and_then(|value| value.as_deref()) {
                Some(value) => Value::Set(value),
                None if self.given.get(name) == Some(&None) => Value::Unknown,
                None => Value::Unset,
            }
        };
        let found = pieces(text, &value).unwrap_or_default();
        match self.budget.bytes(found.iter().map(|piece| piece.text.len()).sum()) {
            Ok(()) => Sketch::with(text, &value).unwrap_or_else(Sketch::unknown),
            Err(_) => Sketch::unknown(),
        }
    }
}

/// The words of a text, quotes and backslashes as they stand.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut is_escaped = false;
    for (at, next) in text.char_indices() {
        let is_break = next.is_whitespace() && quote.is_none() && !is_escaped;
        match (is_break, start) {
            (true, Some(begin)) => {
                words.push(&text[begin..at]);
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
        if !is_escaped && matches!(next, '"' | '\'') {
            quote = match quote {
                None => Some(next),
                Some(open) if open == next => None,
                open => open,
            };
        }
        is_escaped = next == '\\' && !is_escaped;
    }
    words.extend(start.map(|begin| &text[begin..]));
    words
}

/// A word without the quotes around it.
pub(super) fn unquoted(text: &str) -> &str {
    let quoted = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    quoted('"').or_else(|| quoted('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{Budget, Variables, words};

    #[test]
    fn quotes_hold_words_together() {
        assert_eq!(words(" A=1  B=\"x y\" C='it' D=a\\ b "), ["A=1", "B=\"x y\"", "C='it'", "D=a\\ b"]);
        assert_eq!(words(""), Vec::<&str>::new());
    }

    #[test]
    fn a_variable_of_the_build_holds_against_a_default() {
        let mut budget = Budget::default();
        let mut variables =
            Variables::new(&[("A".to_owned(), Some("2".to_owned())), ("B".to_owned(), None)], &mut budget);
        variables.declare("A=1 B=1 C=\"1\" D");
        assert_eq!(&*variables.expand("$A ${B} $C $D ${E:-5} ${B:-6}"), "2 … 1 … 5 …");
        let mut variables = variables.of_stage();
        assert_eq!(&*variables.expand("$C"), "…");
        variables.declare("C");
        assert_eq!(variables.set("F=$C-$A G=\"x y\""), ["F", "G"]);
        assert_eq!(variables.set("H some value"), ["H"]);
        variables.end_stage();
        assert_eq!(&*variables.expand("$F $G $H $C"), "… x y some value …");
    }
}
