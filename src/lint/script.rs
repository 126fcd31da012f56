//! What a script of a shell, or a test of a health check, calls: enough of a shell's grammar to find the programs.

use std::ops::Range;

use super::with_rest;
use compose_reader::compose::{Probe, Text};
use compose_reader::diagnostic::Edit;
use compose_reader::source::{Cursor, Sources, Span, range};
use compose_reader::values::TestForm;

/// What runs a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shell {
    /// Nothing: the words are the program's.
    None,
    /// `sh`, whatever that is in the image.
    Sh,
    /// `bash`, `zsh` or another one with more to it.
    More,
}

/// What joins a call to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// `|`
    Pipe,
    /// `||`
    Or,
    /// `&&`
    And,
    /// Anything else, or the end.
    End,
}

/// A word of a call.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// The word without quotes; a variable stands as `$NAME`, one of Compose without value as `…`.
    pub(super) text: String,
    /// Where it is written, or what it is written in.
    pub(super) span: Span,
    /// Whether `span` is that word and nothing else.
    pub(super) is_exact: bool,
}

/// A program that is called.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The program and its arguments.
    pub(super) words: Vec<Word>,
    /// What runs it.
    pub(super) shell: Shell,
    /// What joins it to the next call.
    pub(super) then: Then,
    /// Whether it stands in `$(…)`, whose output somebody reads.
    pub(super) is_captured: bool,
}

impl Call {
    /// The program, without the folder that it lies in.
    pub(super) fn program(&self) -> &str {
        self.words.first().map_or("", |word| word.text.rsplit('/').next().unwrap_or_default())
    }

    /// Its arguments.
    pub(super) fn arguments(&self) -> impl Iterator<Item = &str> {
        self.words.iter().skip(1).map(|word| &*word.text)
    }

    /// The value of an option: `-h x`, `-hx`, `--host x` or `--host=x`.
    pub(super) fn option(&self, short: &str, long: &str) -> Option<&Word> {
        with_rest(&self.words).skip(1).find_map(|(word, rest)| {
            if word.text == short || word.text == long {
                return rest.first();
            }
            let joined = word.text.strip_prefix(long).is_some_and(|rest| rest.starts_with('='));
            let glued = !word.text.starts_with("--") && word.text.starts_with(short);
            (joined || glued).then_some(word)
        })
    }
}

/// The programs that a health check calls.
pub(super) fn calls_of(probe: &Probe) -> Vec<Call> {
    match (script_of(probe), probe.form) {
        (Some((script, shell)), _) => calls_in(script, shell),
        (None, TestForm::Program) => without_wrappers(call_of(&probe.words)).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The script that a health check has a shell run.
pub(super) fn script_of(probe: &Probe) -> Option<(&Text, Shell)> {
    match probe.form {
        TestForm::Shell => Some((probe.words.first()?, Shell::Sh)),
        TestForm::Program => {
            let [program, option, script, ..] = &probe.words[..] else { return None };
            let program = program.raw().rsplit('/').next().unwrap_or_default();
            Some((script, shell_called(program).filter(|_| is_script_option(option.raw()))?))
        }
        TestForm::Invalid | TestForm::Disabled => None,
    }
}

fn call_of(words: &[Text]) -> Call {
    let word = |text: &Text| {
        let sketch = text.sketch();
        Word { is_exact: sketch == text.raw(), text: sketch.to_string(), span: text.span }
    };
    Call { words: words.iter().map(word).collect(), shell: Shell::None, then: Then::End, is_captured: false }
}

/// Whether an option says that the next word is a script: `-c`, `-ec`, `-lc`.
fn is_script_option(option: &str) -> bool {
    option.starts_with('-') && !option.starts_with("--") && option.ends_with('c')
}

fn shell_called(program: &str) -> Option<Shell> {
    match program {
        "sh" | "ash" | "dash" => Some(Shell::Sh),
        "bash" | "zsh" | "ksh" => Some(Shell::More),
        _ => None,
    }
}

impl Word {
    /// The place of a part of its text; `None` where that does not stand in the file as it is.
    pub(super) fn part(&self, sources: &Sources, range: Range<usize>) -> Option<Span> {
        let written = sources.slice(self.span);
        let start = written.find(&self.text).filter(|_| self.is_exact)?;
        let Range { start, end } = range::shifted(&range, start);
        Some(self.span.part(start, end))
    }
}

/// Adds arguments behind a word of a call.
pub(super) fn add_arguments(sources: &Sources, call: &Call, word: &Word, arguments: &[&str]) -> Option<Edit> {
    let end = word.span.end as usize;
    let content = match call.shell {
        Shell::None => {
            let behind = sources.get(word.span.source).text().get(end..)?.trim_start();
            let is_flow = behind.starts_with([',', ']']);
            is_flow
                .then(|| arguments.iter().map(|argument| format!(", \"{argument}\"")).collect::<String>())?
        }
        _ if word.is_exact => arguments.iter().map(|argument| format!(" {argument}")).collect(),
        _ => return None,
    };
    Some(Edit { span: Span::new(word.span.source, end, end), content })
}

/// The programs that a script calls.
pub(super) fn calls_in(script: &Text, shell: Shell) -> Vec<Call> {
    let sketch = script.sketch();
    let mut calls = Vec::new();
    let mut scanner = Scanner { cursor: Cursor::new(&sketch), depth: 0, calls: &mut calls };
    scanner.scan(None);
    let word = |(text, range): (String, Range<usize>)| {
        let place = sketch.place(range).and_then(|origin| script.part(origin.range));
        Word { text, span: place.unwrap_or(script.span), is_exact: place.is_some() }
    };
    let call = |raw: RawCall| {
        let words: Vec<Word> = raw.words.into_iter().map(word).collect();
        without_wrappers(Call { words, shell, then: raw.then, is_captured: raw.is_captured })
    };
    calls.into_iter().filter_map(call).collect()
}

/// Words in front of a program that leave it the program.
const WRAPPERS: [&str; 18] = [
    "exec", "env", "time", "nice", "nohup", "command", "!", "if", "then", "elif", "else", "while", "until",
    "do", "{", "sudo", "timeout", "builtin",
];

/// A call without what stands in front of the program; none where nothing is left.
fn without_wrappers(mut call: Call) -> Option<Call> {
    loop {
        let first = call.words.first()?.text.clone();
        let is_assignment = first.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        if is_assignment {
            call.words.remove(0);
            continue;
        }
        if !WRAPPERS.contains(&&*first)
            || first == "command" && call.words.get(1).is_some_and(|word| word.text == "-v")
        {
            return Some(call);
        }
        call.words.remove(0);
        let takes_number = first == "timeout";
        while call.words.first().is_some_and(|word| word.text.starts_with('-') && word.text != "-") {
            let option = call.words.remove(0).text;
            let takes_value = ["-s", "-k", "-u", "-n"].contains(&&*option);
            if takes_value && !call.words.is_empty() {
                call.words.remove(0);
            }
        }
        if takes_number && !call.words.is_empty() {
            call.words.remove(0);
        }
    }
}

/// Scripts in scripts that are read; deeper ones are passed over.
const MAX_DEPTH: usize = 20;

struct RawCall {
    words: Vec<(String, Range<usize>)>,
    then: Then,
    is_captured: bool,
}

/// Walks over a script; what stands in `$(…)` and backquotes is walked over as a script of its own.
struct Scanner<'s> {
    cursor: Cursor<'s>,
    depth: usize,
    calls: &'s mut Vec<RawCall>,
}

impl Scanner<'_> {
    /// Reads calls up to `close`, or to the end.
    fn scan(&mut self, close: Option<char>) {
        if self.depth > MAX_DEPTH {
            self.cursor.go_to("");
            return;
        }
        self.depth = self.depth.saturating_add(1);
        let mut words = Vec::new();
        while let Some(next) = self.cursor.peek() {
            if Some(next) == close {
                self.cursor.bump();
                break;
            }
            let then = if self.cursor.eat("||") {
                Some(Then::Or)
            } else if self.cursor.eat("&&") {
                Some(Then::And)
            } else if self.cursor.eat("|") {
                Some(Then::Pipe)
            } else if matches!(next, ';' | '\n' | '&' | '(' | ')') {
                self.cursor.bump();
                Some(Then::End)
            } else {
                None
            };
            match then {
                Some(then) => self.end(&mut words, then, close.is_some()),
                None if next.is_whitespace() => self.cursor.skip(char::is_whitespace),
                None if next == '#' => self.cursor.skip_line(),
                None => words.extend(self.word(close)),
            }
        }
        self.end(&mut words, Then::End, close.is_some());
        self.depth = self.depth.saturating_sub(1);
    }

    fn end(&mut self, words: &mut Vec<(String, Range<usize>)>, then: Then, is_captured: bool) {
        if !words.is_empty() {
            self.calls.push(RawCall { words: std::mem::take(words), then, is_captured });
        } else if let (Then::Or | Then::And | Then::Pipe, Some(last)) = (then, self.calls.last_mut()) {
            // What stands behind `( … )` or `{ …; }` goes on after its last call.
            last.then = then;
        }
    }

    /// Reads a word; none where it is a redirection.
    fn word(&mut self, close: Option<char>) -> Option<(String, Range<usize>)> {
        let start = self.cursor.at();
        let mut word = String::new();
        while let Some(next) = self.cursor.peek() {
            if next.is_whitespace() || matches!(next, ';' | '|' | '(' | ')') || Some(next) == close {
                break;
            }
            if matches!(next, '<' | '>') || self.cursor.rest().starts_with("&>") {
                let range = start..self.cursor.at();
                self.redirection(close);
                let is_descriptor = word.bytes().all(|byte| byte.is_ascii_digit());
                return (!is_descriptor).then_some((word, range));
            }
            if next == '&' {
                break;
            }
            self.cursor.bump();
            match next {
                '\'' => {
                    let rest = self.cursor.rest();
                    let (quoted, behind) = rest.split_once('\'').unwrap_or((rest, ""));
                    word.push_str(quoted);
                    self.cursor.go_to(behind);
                }
                '"' => self.quoted(&mut word),
                '\\' => word.extend(self.cursor.bump().filter(|next| *next != '\n')),
                '$' => self.dollar(&mut word),
                '`' => self.scan(Some('`')),
                next => word.push(next),
            }
        }
        Some((word, start..self.cursor.at()))
    }

    /// Passes over `> file`, `2>&1`, `3<>/dev/tcp/…`.
    fn redirection(&mut self, close: Option<char>) {
        let file = self.cursor.rest().trim_start_matches(['<', '>', '&', '-']).trim_start_matches(' ');
        let ends = |next: char| next.is_whitespace() || ";|)<>".contains(next) || Some(next) == close;
        self.cursor.go_to(file.trim_start_matches(|next| !ends(next)));
    }

    fn quoted(&mut self, word: &mut String) {
        while let Some(next) = self.cursor.bump() {
            match next {
                '"' => return,
                '\\' => word.extend(self.cursor.bump()),
                '$' => self.dollar(word),
                '`' => self.scan(Some('`')),
                next => word.push(next),
            }
        }
    }

    /// What stands behind a `$`: a script, or the name of a variable, which is kept.
    fn dollar(&mut self, word: &mut String) {
        if self.cursor.eat("((") {
            self.cursor.go_to(self.cursor.rest().split_once("))").map_or("", |(_, behind)| behind));
        } else if self.cursor.eat("(") {
            word.push('…');
            self.scan(Some(')'));
        } else {
            word.push('$');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Then, calls_of};
    use compose_reader::compose::Project;
    use compose_reader::source::Sources;

    fn calls(test: &str) -> Vec<Call> {
        let text = format!("services: {{a: {{image: x, healthcheck: {{test: {test}}}}}}}");
        let mut sources = Sources::new();
        let id = sources.add("test.yaml", text.as_str());
        let project = Project::load(&mut sources, &[id]);
        let calls = calls_of(project.services["a"].probe.as_ref().expect("a probe"));
        for word in calls.iter().flat_map(|call| &call.words) {
            assert!(!word.is_exact || sources.slice(word.span).contains(&word.text), "{word:?}");
        }
        calls
    }

    #[test]
    fn programs_are_found_wherever_a_script_calls_them() {
        for (test, expected) in [
            ("curl -f http://127.0.0.1/ || exit 1", "curl exit"),
            ("[CMD-SHELL, 'a -x | b && c; d']", "a b c d"),
            ("[CMD, curl, -f, x]", "curl"),
            ("[CMD, bash, -c, 'exec 3<>/dev/tcp/127.0.0.1/80 && x 2>&1 >y <z w']", "x"),
            ("'(echo > /dev/tcp/127.0.0.1/80) >/dev/null 2>&1 || exit 1'", "echo exit"),
            ("[CMD, sh, -ec, 'wget -q x']", "wget"),
            ("'[ \"$$(curl -s x)\" = 200 ]'", "curl ["),
            ("'test `nproc` -gt 1'", "nproc test"),
            ("'if ! pgrep x; then exit 1; fi'", "pgrep exit fi"),
            ("'A=1 timeout -s KILL 5 nc -z a 1 > /dev/null 2>&1'", "nc"),
            ("'echo \"a | b\" | grep ''c;d'''", "echo grep"),
            ("'(redis-cli ping | grep PONG) || exit 1'", "redis-cli grep exit"),
            ("'command -v curl && curl x'", "command curl"),
            ("'env X=1 /usr/bin/wget x'", "wget"),
            ("'x # y'", "x"),
            ("'mysqladmin ping -p\"$$MYSQL_ROOT_PASSWORD\" &>/dev/null'", "mysqladmin"),
            ("NONE", "NONE"),
        ] {
            let found = calls(test);
            let programs: Vec<&str> = found.iter().map(Call::program).collect();
            assert_eq!(programs.join(" "), expected, "{test}");
        }
    }

    #[test]
    fn a_script_may_be_as_strange_as_it_likes() {
        for part in ["$$(", "`", ">a", "\\", "((", "\"$$(", "<<<", "&"] {
            calls(&format!("'{}'", part.repeat(5000)));
        }
    }

    #[test]
    fn calls_know_what_comes_next() {
        let found = calls("'(redis-cli ping | grep PONG) || x=$$(date) exit 1'");
        let then: Vec<Then> = found.iter().map(|call| call.then).collect();
        assert_eq!(then, [Then::Pipe, Then::Or, Then::End, Then::End]);
        let captured: Vec<bool> = found.iter().map(|call| call.is_captured).collect();
        assert_eq!(captured, [false, false, true, false]);
    }

    #[test]
    fn options_are_found_in_each_form() {
        for test in ["a -h x", "a -hx", "a --host x", "a --host=x", "[CMD, a, -h, x]"] {
            let quoted = format!("'{test}'");
            let found = calls(if test.starts_with('[') { test } else { &quoted });
            assert!(found[0].option("-h", "--host").is_some_and(|word| word.text.ends_with('x')), "{test}");
            assert!(found[0].option("-p", "--port").is_none(), "{test}");
        }
    }
}
