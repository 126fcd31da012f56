//! `${VAR}` in a compose file: which variables a text asks for, and the text with values in their place.
//!
//! Source: the compose specification, "Interpolation", and the behaviour of Docker Compose 2.40.3, which differs from
//! a shell in a few places: a `$` before anything but a name, `{` or `$` is text; a default ends on its own line.

use std::borrow::Cow;
use std::ops::Range;

use crate::budget::{Budget, Spent, depth};
use crate::source::range;

/// What stands behind a variable's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `${VAR}` or `$VAR`: the value, or nothing.
    None,
    /// `${VAR-word}`: `word` if unset.
    Default,
    /// `${VAR:-word}`: `word` if unset or empty.
    DefaultIfEmpty,
    /// `${VAR?word}`: an error that says `word` if unset.
    Required,
    /// `${VAR:?word}`: an error that says `word` if unset or empty.
    RequiredNotEmpty,
    /// `${VAR+word}`: `word` if set.
    Replacement,
    /// `${VAR:+word}`: `word` if set and not empty.
    ReplacementIfNotEmpty,
}

/// Whether a text holds the hash of a password, as `crypt` and its kind write one, with a `$` that is not doubled.
pub fn holds_hash(text: &str) -> bool {
    const MARKS: [&str; 12] = [
        "$apr1$", "$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$argon2", "$scrypt$", "$pbkdf2", "$y$", "$7$",
    ];
    MARKS.iter().any(|mark| {
        range::around(text, mark).any(|(before, inside)| {
            !before.ends_with('$')
                && inside.len() > 8
                && inside.contains(|next: char| next.is_ascii_alphanumeric())
        })
    })
}

/// One variable that a text asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable<'t> {
    /// Its name.
    pub name: &'t str,
    /// What is done with it.
    pub operator: Operator,
    /// The text behind the operator: a default, a message or a replacement, itself possibly with variables.
    pub word: &'t str,
    /// Its bytes in the text, with `$` and braces.
    pub range: Range<usize>,
}

impl Variable<'_> {
    /// Whether Compose refuses the file when the variable has no value.
    pub fn is_required(&self) -> bool {
        matches!(self.operator, Operator::Required | Operator::RequiredNotEmpty)
    }

    /// Where its word begins, which ends in front of the brace.
    fn word_start(&self) -> usize {
        range::ahead(self.range.end, [self.word, "}"])
    }
}

/// A `${` that Compose refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidVariable {
    /// Its bytes in the text.
    pub range: Range<usize>,
}

impl InvalidVariable {
    /// The same in the text of which its own is a part that begins at `base`.
    fn shifted(&self, base: usize) -> Self {
        Self { range: range::shifted(&self.range, base) }
    }
}

/// Why a text cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A `${` that begins no variable.
    Syntax(InvalidVariable),
    /// A variable that must have a value has none.
    Missing {
        /// Its name.
        name: String,
        /// What the file says about it.
        message: String,
    },
    /// The values are longer, or nested deeper, than the budget allows.
    Spent(Spent),
}

impl From<Spent> for Fault {
    fn from(spent: Spent) -> Self {
        Self::Spent(spent)
    }
}

/// A text with its variables replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// The text.
    pub text: String,
    /// Variables without default that are not set: nothing stands in their place.
    pub unset: Vec<String>,
}

/// The variables of a text in the order they stand; those inside a default come right behind it, down to the depth that
/// [`substitute`] replaces them at.
///
/// # Errors
///
/// The first `${` that begins no variable.
pub fn variables(text: &str) -> Result<Vec<Variable<'_>>, InvalidVariable> {
    let mut found = Vec::new();
    collect(text, 0, 0, &mut found)?;
    Ok(found)
}

/// A text cut at its variables: what is written before each, and the variable; at the end, what is left. Those inside a default
/// are part of its word.
///
/// # Errors
///
/// The first `${` that begins no variable.
///
/// ```
/// use compose_reader::interpolation::split;
///
/// let parts = split("redis://${HOST:-${NAME}}:6379").expect("variables");
/// assert_eq!(parts.iter().map(|(before, _)| *before).collect::<Vec<_>>(), ["redis://", ":6379"]);
/// assert_eq!(parts[0].1.as_ref().map(|variable| variable.name), Some("HOST"));
/// ```
pub fn split(text: &str) -> Result<Vec<(&str, Option<Variable<'_>>)>, InvalidVariable> {
    let (mut parts, mut done) = (Vec::new(), 0);
    let mut tokens = Tokens::new(text);
    loop {
        match tokens.next()?.1 {
            Some(Token::Dollar(_)) => {}
            Some(Token::Variable(variable)) => {
                let before = text.get(done..variable.range.start).unwrap_or_default();
                done = variable.range.end;
                parts.push((before, Some(variable)));
            }
            None => {
                parts.push((text.get(done..).unwrap_or_default(), None));
                return Ok(parts);
            }
        }
    }
}

/// What a variable is.
pub type Lookup<'l, 'v> = &'l dyn Fn(&str) -> Option<&'v str>;

/// Which words behind `:-`, `:+` and `:?` are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// All of them: the faults of a word count even where it is not used.
    All,
    /// Those that are used.
    Used,
}

/// The text as Compose reads it: each variable replaced by what `lookup` says, `$$` by `$`. The bytes of the values are taken
/// from the budget.
///
/// # Errors
///
/// The first fault: a `${` that begins no variable, a required variable without a value, or more than the budget allows.
pub fn substitute(
    text: &str,
    lookup: Lookup<'_, '_>,
    words: Words,
    budget: &mut Budget,
) -> Result<Expansion, Fault> {
    let mut unset = Vec::new();
    let text = Replacer { lookup, words, budget }.replace(text, 0, &mut unset)?;
    Ok(Expansion { text, unset })
}

/// The text with each variable replaced by its value, and `$$` by `$`.
///
/// `None` where a variable without default has no value, so that the text cannot be known, or a `$` is invalid.
pub fn expand(text: &str, lookup: Lookup<'_, '_>) -> Option<String> {
    let expansion = substitute(text, lookup, Words::Used, &mut Budget::default()).ok()?;
    expansion.unset.is_empty().then_some(expansion.text)
}

/// A text that Compose takes literally: each `$` doubled.
pub fn escape(text: &str) -> String {
    text.replace('$', "$$")
}

/// A part of a text that is all written, or all made of one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'t> {
    /// What stands there once variables are replaced; empty where that is not known.
    pub text: &'t str,
    /// Its bytes in the text: those of the variable, where it is made of one; the second of two `$`.
    pub range: Range<usize>,
    /// What it is.
    pub meaning: Meaning,
}

/// What a piece of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// As it is written.
    Text,
    /// As it is written in the default of a variable.
    Default,
    /// The value of a variable.
    Value,
    /// A variable that nobody knows the value of.
    Unknown,
}

/// What is known of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'v> {
    /// It has this value.
    Set(&'v str),
    /// It has none: its default holds, where there is one.
    Unset,
    /// Nobody can say.
    Unknown,
}

/// What is known of each variable.
pub type Values<'l, 'v> = &'l dyn Fn(&str) -> Value<'v>;

/// The pieces of a text, in the order they stand. A variable without a value and without a default, an empty one included, is
/// unknown.
///
/// # Errors
///
/// The first `${` that begins no variable.
pub fn pieces<'t>(text: &'t str, values: Values<'_, 't>) -> Result<Vec<Piece<'t>>, InvalidVariable> {
    let mut found = Vec::new();
    // The texts inside each other that are being read, each with its first byte in the whole, and what its text is.
    let mut open = vec![(Tokens::new(text), 0, Meaning::Text)];
    while let Some((mut tokens, base, meaning)) = open.pop() {
        let at = range::offset(base, tokens.at);
        let (before, token) = tokens.next().map_err(|invalid| invalid.shifted(base))?;
        let place = range::of(at, before);
        let end = place.end;
        if !before.is_empty() {
            found.push(Piece { text: before, range: place, meaning });
        }
        let Some(token) = token else { continue };
        open.push((tokens, base, meaning));
        match token {
            Token::Dollar(written) => {
                // Of two, the second one goes on with what is behind it.
                let range = range::of(range::after(end, [range::before(written, "$")]), "$");
                found.push(Piece { text: "$", range, meaning });
            }
            Token::Variable(variable) => {
                let word = range::offset(base, variable.word_start());
                let range = range::shifted(&variable.range, base);
                let piece = |text, meaning| Piece { text, range, meaning };
                match reading(&variable, values(variable.name)) {
                    Reading::Value(value) => found.push(piece(value, Meaning::Value)),
                    Reading::Word if depth(open.len()).is_ok() => {
                        open.push((Tokens::new(variable.word), word, Meaning::Default));
                    }
                    Reading::Word | Reading::Unknown => found.push(piece("", Meaning::Unknown)),
                }
            }
        }
    }
    Ok(found)
}

/// What stands in the place of a variable.
enum Reading<'v> {
    Value(&'v str),
    Word,
    Unknown,
}

fn reading<'v>(variable: &Variable<'_>, value: Value<'v>) -> Reading<'v> {
    use Operator::{Default, DefaultIfEmpty, Replacement, ReplacementIfNotEmpty};
    let filled = match value {
        Value::Unknown => return Reading::Unknown,
        Value::Set(value) => Some(value),
        Value::Unset => None,
    };
    match (variable.operator, filled) {
        (Replacement, Some(_)) => Reading::Word,
        (ReplacementIfNotEmpty, Some(value)) if !value.is_empty() => Reading::Word,
        (Replacement | ReplacementIfNotEmpty, _) => Reading::Value(""),
        (DefaultIfEmpty, Some("")) if !variable.word.is_empty() => Reading::Word,
        (_, Some(value)) => Reading::Value(value),
        (Default | DefaultIfEmpty, None) if !variable.word.is_empty() => Reading::Word,
        _ => Reading::Unknown,
    }
}

/// What begins at a `$`.
enum Token<'t> {
    /// Text: a `$`, as it is written.
    Dollar(&'static str),
    /// A variable.
    Variable(Variable<'t>),
}

/// The `$` of a text, one after the other.
struct Tokens<'t> {
    text: &'t str,
    /// Where the next one is looked for.
    at: usize,
    /// The end of the line that was looked at last, and the last brace in it.
    line_end: usize,
    last_brace: Option<usize>,
}

impl<'t> Tokens<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0, line_end: 0, last_brace: None }
    }

    /// The text before the next `$`, and what that begins; at the end, what is left of the text.
    fn next(&mut self) -> Result<(&'t str, Option<Token<'t>>), InvalidVariable> {
        let from = self.at;
        let rest = self.text.get(from..).unwrap_or_default();
        let Some(length) = rest.find('$') else {
            self.at = self.text.len();
            return Ok((rest, None));
        };
        let (before, behind) = rest.split_at(length);
        let token = self.token(range::offset(from, length), behind)?;
        self.at = match &token {
            Token::Dollar(written) => range::after(from, [before, written]),
            Token::Variable(variable) => variable.range.end,
        };
        Ok((before, Some(token)))
    }

    /// What the `$` at `at`, with which `rest` begins, stands for.
    fn token(&mut self, at: usize, rest: &'t str) -> Result<Token<'t>, InvalidVariable> {
        let after = rest.strip_prefix('$').unwrap_or(rest);
        if after.starts_with('$') {
            return Ok(Token::Dollar("$$"));
        }
        let Some(braced) = after.strip_prefix('{') else {
            let name = name_at(after);
            if name.is_empty() {
                return Ok(Token::Dollar("$"));
            }
            let range = at..range::after(at, ["$", name]);
            return Ok(Token::Variable(Variable { name, operator: Operator::None, word: "", range }));
        };
        let name = name_at(braced);
        let behind = braced.strip_prefix(name).unwrap_or_default();
        if !name.is_empty() && behind.starts_with('}') {
            let range = at..range::after(at, ["${", name, "}"]);
            return Ok(Token::Variable(Variable { name, operator: Operator::None, word: "", range }));
        }
        self.look_at_line(at, rest);
        let line = self.text.get(at..self.line_end).unwrap_or_default();
        let refused = || {
            let length = closing_brace(line).map_or(line.len(), range::behind);
            InvalidVariable { range: at..range::offset(at, length) }
        };
        let operators = [
            (":-", Operator::DefaultIfEmpty),
            (":?", Operator::RequiredNotEmpty),
            (":+", Operator::ReplacementIfNotEmpty),
            ("-", Operator::Default),
            ("?", Operator::Required),
            ("+", Operator::Replacement),
        ];
        let found = operators.into_iter().find(|(sign, _)| !name.is_empty() && behind.starts_with(sign));
        let (Some((sign, operator)), Some(last)) = (found, self.last_brace) else { return Err(refused()) };
        let start = range::after(at, ["${", name, sign]);
        let inside = self.text.get(at..=last).filter(|_| last >= start).ok_or_else(refused)?;
        let close = closing_brace(inside).map_or(last, |length| range::offset(at, length));
        let word = self.text.get(start..close).unwrap_or_default();
        Ok(Token::Variable(Variable { name, operator, word, range: at..range::behind(close) }))
    }

    /// Finds the end of the line that `rest`, at `at`, begins in; once for all that stands in one line.
    fn look_at_line(&mut self, at: usize, rest: &str) {
        if at >= self.line_end {
            self.line_end = range::offset(at, rest.find('\n').unwrap_or(rest.len()));
            let line = self.text.get(at..self.line_end).unwrap_or_default();
            self.last_brace = line.rfind('}').map(|last| range::offset(at, last));
        }
    }
}

struct Replacer<'r, 'l, 'v> {
    lookup: Lookup<'l, 'v>,
    words: Words,
    budget: &'r mut Budget,
}

impl<'v> Replacer<'_, '_, 'v> {
    /// The text with its variables replaced, which stands in so many variables itself.
    fn replace(&mut self, text: &str, level: usize, unset: &mut Vec<String>) -> Result<String, Fault> {
        depth(level)?;
        let mut out = String::with_capacity(text.len());
        let mut tokens = Tokens::new(text);
        loop {
            let (before, token) = tokens.next().map_err(Fault::Syntax)?;
            out.push_str(before);
            match token {
                None => return Ok(out),
                Some(Token::Dollar(_)) => out.push('$'),
                Some(Token::Variable(variable)) => {
                    let value = self.value(&variable, level, unset)?;
                    self.budget.bytes(value.len())?;
                    out.push_str(&value);
                }
            }
        }
    }

    fn value(
        &mut self,
        variable: &Variable<'_>,
        level: usize,
        unset: &mut Vec<String>,
    ) -> Result<Cow<'v, str>, Fault> {
        let value = (self.lookup)(variable.name);
        if variable.operator == Operator::None {
            if value.is_none() {
                unset.push(variable.name.to_owned());
            }
            return Ok(Cow::Borrowed(value.unwrap_or_default()));
        }
        let is_filled = value.is_some_and(|value| !value.is_empty());
        let takes_word = match variable.operator {
            Operator::None => false,
            Operator::Default | Operator::Required => value.is_none(),
            Operator::DefaultIfEmpty | Operator::RequiredNotEmpty => !is_filled,
            Operator::Replacement => value.is_some(),
            Operator::ReplacementIfNotEmpty => is_filled,
        };
        if !takes_word && self.words == Words::Used {
            return Ok(Cow::Borrowed(value.unwrap_or_default()));
        }
        // Each level of words inside words is read again.
        self.budget.bytes(variable.word.len())?;
        // A word that is not used is no reason to warn, but its faults are faults.
        let mut unset_in_word = Vec::new();
        let word = self.replace(variable.word, level.saturating_add(1), &mut unset_in_word)?;
        if !takes_word {
            return Ok(Cow::Borrowed(value.unwrap_or_default()));
        }
        if variable.is_required() {
            return Err(Fault::Missing { name: variable.name.to_owned(), message: word });
        }
        unset.append(&mut unset_in_word);
        Ok(Cow::Owned(word))
    }
}

fn collect<'t>(
    text: &'t str,
    base: usize,
    level: usize,
    found: &mut Vec<Variable<'t>>,
) -> Result<(), InvalidVariable> {
    if depth(level).is_err() {
        return Ok(());
    }
    let mut tokens = Tokens::new(text);
    loop {
        let (_, token) = tokens.next().map_err(|invalid| invalid.shifted(base))?;
        match token {
            None => return Ok(()),
            Some(Token::Dollar(_)) => {}
            Some(Token::Variable(variable)) => {
                let word = variable.word;
                let word_base = range::offset(base, variable.word_start());
                found.push(Variable { range: range::shifted(&variable.range, base), ..variable });
                if !word.is_empty() {
                    collect(word, word_base, level.saturating_add(1), found)?;
                }
            }
        }
    }
}

/// The name that a text begins with. Compose matches names without regard to case, which by Unicode's folding takes in two more letters.
fn name_at(text: &str) -> &str {
    let is_letter = |next: char| next.is_ascii_alphabetic() || matches!(next, '_' | '\u{17f}' | '\u{212a}');
    if !text.starts_with(is_letter) {
        return "";
    }
    let end = text.find(|next: char| !is_letter(next) && !next.is_ascii_digit());
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// The offset of the brace that closes the first one. Compose passes over the character behind each `{`.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0_i32;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            b'{' => {
                depth = depth.saturating_add(1);
                bytes.next();
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Expansion, Fault, Words, escape, expand, variables};
    use crate::budget::{Budget, MAX_DEPTH, Spent};

    fn substitute(text: &str) -> Result<Expansion, Fault> {
        let lookup = |name: &str| match name {
            "SET" => Some("set"),
            "EMPTY" => Some(""),
            _ => None,
        };
        super::substitute(text, &lookup, Words::All, &mut Budget::default())
    }

    #[test]
    fn a_few_lines_cannot_fill_the_memory() {
        let long = "x".repeat(1 << 20);
        let lookup = |_: &str| Some(&*long);
        let replaced = |text: &str| super::substitute(text, &lookup, Words::All, &mut Budget::default());
        assert!(replaced("$A$A").is_ok());
        assert_eq!(replaced(&"$A".repeat(40)), Err(Fault::Spent(Spent::Bytes)));
        assert_eq!(replaced(&"${A:-$B$B}".repeat(20)), Err(Fault::Spent(Spent::Bytes)));
    }

    #[test]
    fn words_inside_words_have_an_end() {
        let nested = |levels| "${A:-".repeat(levels) + "x" + &"}".repeat(levels);
        assert_eq!(substitute(&nested(MAX_DEPTH)).expect("shallow").text, "x");
        assert_eq!(variables(&nested(MAX_DEPTH)).expect("shallow").len(), MAX_DEPTH);
        assert_eq!(substitute(&nested(MAX_DEPTH + 1)), Err(Fault::Spent(Spent::Depth)));
        assert_eq!(substitute(&nested(20_000)), Err(Fault::Spent(Spent::Depth)));
        assert!(variables(&nested(100_000)).is_ok());
    }

    /// What Docker Compose 2.40.3 makes of each text.
    #[test]
    fn operators_do_what_compose_does() {
        for (text, expected) in [
            ("$SET/${SET}", "set/set"),
            ("$$SET", "$SET"),
            ("$1 $ $", "$1 $ $"),
            ("${X:-a}${X-b}", "ab"),
            ("${EMPTY:-a}${EMPTY-b}", "a"),
            ("${X:-${SET}}", "set"),
            ("${X:-${Y:-z}}", "z"),
            ("${X:-{\"a\": {\"b\": 1}}}", "{\"a\": {\"b\": 1}}"),
            ("${SET:+a}${X:+b}${EMPTY+c}", "ac"),
            ("${SET:?no}", "set"),
            ("${X:-http://a:1}", "http://a:1"),
            ("${SET}\n${X}", "set\n"),
        ] {
            assert_eq!(substitute(text).expect(text).text, expected, "{text}");
        }
    }

    #[test]
    fn unset_variables_are_named_where_nothing_stands_for_them() {
        assert_eq!(substitute("$A ${B} ${C:-$D} ${SET:-$E}").expect("valid").unset, ["A", "B", "D"]);
        assert_eq!(expand("${X}", &|_| None), None);
    }

    #[test]
    fn a_required_variable_says_what_the_file_says() {
        for text in ["${EMPTY:?say $SET}", "${X?say $SET}", "${SET:-${X?say $SET}}"] {
            let Err(Fault::Missing { message, .. }) = substitute(text) else { panic!("{text}") };
            assert_eq!(message, "say set");
        }
    }

    #[test]
    fn nested_variables_know_their_bytes() {
        let text = "a ${X:-b ${Y?say}} $Z";
        let found = variables(text).expect("valid");
        let slices: Vec<&str> = found.iter().map(|variable| &text[variable.range.clone()]).collect();
        assert_eq!(slices, ["${X:-b ${Y?say}}", "${Y?say}", "$Z"]);
        assert_eq!(found[1].word, "say");
        assert!(found[1].is_required());
    }

    #[test]
    fn what_compose_refuses_is_refused() {
        for text in ["${", "${X", "${}", "${1}", "${X!}", "${X:}", "${X/a/b}", "${X-a\nb}", "${X:=v}"] {
            assert!(variables(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back(text in "\\PC*") {
            let escaped = escape(&text);
            prop_assert_eq!(expand(&escaped, &|_| None), Some(text));
        }

        #[test]
        fn any_text_gets_an_answer(text in "[${}:?+a-zé\\n -]{0,30}") {
            let _ = substitute(&text);
            if let Ok(found) = variables(&text) {
                for variable in found {
                    prop_assert!(text.get(variable.range.clone()).is_some_and(|slice| slice.starts_with('$')));
                }
            }
        }
    }
}
