//! A text with commands, line by line: which values its variables may have at each line, where branches and loops build them
//! step by step.

use std::collections::BTreeMap;

use super::variables::{Assignment, LONGEST, Language, MOST, Variables};

/// Rounds of a loop that are followed.
const LONGEST_LOOP: usize = 64;

/// A line of a text; several, where they belong together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The number of the first one.
    pub(super) number: usize,
    /// How far it is indented.
    pub(super) indent: usize,
    /// What it says.
    pub(super) text: String,
}

/// Calls `each` with each line of a text, and with the variables as they are behind it.
pub(super) fn follow(lines: &[Line], language: Language, mut each: impl FnMut(&Line, &Variables)) {
    let mut first = Flow::new(language);
    lines.iter().for_each(|line| first.line(line));
    let mut flow = Flow::new(language);
    flow.variables.ever = first.variables.ever;
    for line in lines {
        flow.line(line);
        each(line, &flow.variables);
    }
}

/// What a variable was before a block, and what it is at the end of each branch of it.
#[derive(Debug, Default)]
struct Changed {
    before: Vec<String>,
    after: Vec<Vec<String>>,
}

/// An `if`, a `case` or a loop.
#[derive(Debug)]
struct Block {
    indent: usize,
    kind: Kind,
    changed: BTreeMap<String, Changed>,
    branches: usize,
    /// Whether one of its branches is surely taken.
    is_exhaustive: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    If,
    /// With whether a pattern comes next.
    Case(bool),
    /// With the variable, and the words that it takes.
    Loop(String, String),
}

/// How a statement begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    /// It stands for itself.
    Plain,
    /// It runs if the one before it succeeds, or fails.
    Condition,
    /// It is behind the end of a branch of a `case`.
    Branch,
}

struct Flow {
    variables: Variables,
    blocks: Vec<Block>,
    language: Language,
}

impl Flow {
    fn new(language: Language) -> Self {
        Self { variables: Variables::default(), blocks: Vec::new(), language }
    }

    fn line(&mut self, line: &Line) {
        if self.language == Language::Python {
            return self.python(line);
        }
        for (joint, statement) in statements(&line.text) {
            if joint == Joint::Branch {
                self.next_branch(false);
            }
            self.shell(statement, joint == Joint::Condition, line.indent);
        }
    }

    fn shell(&mut self, statement: &str, is_conditional: bool, indent: usize) {
        let mut statement = statement.trim();
        if let Some(Block { kind: Kind::Case(awaits @ true), is_exhaustive, .. }) = self.blocks.last_mut()
            && let Some((pattern, rest)) = statement.split_once(')')
        {
            *awaits = false;
            *is_exhaustive |= pattern.trim().trim_start_matches('(') == "*";
            statement = rest.trim();
        }
        for word in ["then", "do", "{"] {
            statement =
                statement.strip_prefix(word).filter(|rest| rest.starts_with(' ')).unwrap_or(statement).trim();
        }
        let (word, rest) = statement.split_once([' ', '\t']).unwrap_or((statement, ""));
        let rest = rest.trim();
        match word {
            "if" | "ifeq" | "ifneq" | "ifdef" | "ifndef" => self.open(Kind::If, indent),
            "elif" => self.next_branch(false),
            "else" => {
                let is_last = !rest.starts_with("if");
                self.next_branch(is_last);
                if is_last {
                    self.shell(rest, is_conditional, indent);
                }
            }
            "case" if rest.contains(" in") => {
                self.open(Kind::Case(true), indent);
                let behind = rest.split_once(" in").map_or("", |(_, behind)| behind).trim();
                if !behind.is_empty() {
                    self.shell(behind, is_conditional, indent);
                }
            }
            "for" if rest.contains(" in ") => self.open_loop(rest, indent),
            "for" | "while" | "until" => self.open(Kind::Loop(String::new(), String::new()), indent),
            "fi" | "esac" | "done" | "endif" => self.close(),
            _ => self.assign(statement, is_conditional),
        }
    }

    fn python(&mut self, line: &Line) {
        let text = line.text.trim();
        let head = text.strip_suffix(':');
        let continues = head.is_some_and(|head| head == "else" || head.starts_with("elif "));
        while self
            .blocks
            .last()
            .is_some_and(|block| block.indent > line.indent || block.indent == line.indent && !continues)
        {
            self.close();
        }
        match head {
            Some(_) if continues => self.next_branch(head == Some("else")),
            Some(head) if head.starts_with("if ") => self.open(Kind::If, line.indent),
            Some(head) if head.starts_with("for ") => self.open_loop(&head[4..], line.indent),
            Some(head) if head.starts_with("while ") => {
                self.open(Kind::Loop(String::new(), String::new()), line.indent);
            }
            _ => self.assign(text, false),
        }
    }

    fn assign(&mut self, statement: &str, is_conditional: bool) {
        let Some(assignment) = Assignment::read(statement) else { return };
        let members = assignment.members();
        for (name, value) in &members {
            self.set(name, vec![(*value).to_owned()], assignment.is_more, is_conditional);
        }
        let all = members.iter().map(|(_, value)| *value).collect::<Vec<_>>().join(" ");
        let value = if members.is_empty() { assignment.value.to_owned() } else { all };
        let values = self.in_loop(value);
        self.set(&assignment.name, values, assignment.is_more, is_conditional);
    }

    /// What a value becomes in the loop around it whose variable it uses: once for each word that the variable takes.
    fn in_loop(&mut self, value: String) -> Vec<String> {
        let around = self.blocks.iter().rev().find_map(|block| match &block.kind {
            Kind::Loop(name, words) if mentions(&value, name) => Some((name.clone(), words)),
            _ => None,
        });
        let Some((name, words)) = around else { return vec![value] };
        let lists = self.variables.expand(words, self.language);
        let of = |list: &String| {
            let mut text = String::new();
            for word in self.words(list).into_iter().take(LONGEST_LOOP) {
                self.variables.now.insert(name.clone(), vec![word]);
                let part = self.variables.expand(&value, self.language).into_iter().next();
                text.extend(part.into_iter().flat_map(|part| [" ".to_owned(), part]));
                if text.len() > LONGEST {
                    break;
                }
            }
            text.trim_start().to_owned()
        };
        lists.iter().map(of).collect()
    }

    /// The words of a list; those of Python keep their quotes.
    fn words(&self, list: &str) -> Vec<String> {
        let separators = |next: char| next.is_whitespace() || matches!(next, ',' | '[' | ']' | '(' | ')');
        let words = list.split(separators).filter(|word| !word.is_empty());
        words
            .map(|word| match self.language {
                Language::Shell => word.replace(['"', '\''], ""),
                Language::Python => word.to_owned(),
            })
            .collect()
    }

    fn set(&mut self, name: &str, values: Vec<String>, is_more: bool, is_conditional: bool) {
        let before = self.variables.now.get(name).cloned().unwrap_or_default();
        if let Some(block) = self.blocks.last_mut() {
            let Block { changed, branches, .. } = block;
            changed.entry(name.to_owned()).or_insert_with(|| Changed {
                after: if *branches > 0 { vec![before.clone()] } else { Vec::new() },
                before: before.clone(),
            });
        }
        let joined = |before: &String, value: &String| {
            let is_close = before.is_empty() || value.starts_with([' ', ':', ';']);
            format!("{before}{}{value}", if is_close { "" } else { " " })
        };
        let new: Vec<String> = match is_more && !before.is_empty() {
            true => before
                .iter()
                .flat_map(|before| values.iter().map(move |value| joined(before, value)))
                .collect(),
            false => values,
        };
        let all = union(if is_conditional { vec![before, new] } else { vec![new] });
        let ever = self.variables.ever.entry(name.to_owned()).or_default();
        for value in &all {
            if ever.len() < MOST && !ever.contains(value) {
                ever.push(value.clone());
            }
        }
        self.variables.now.insert(name.to_owned(), all);
    }

    fn open(&mut self, kind: Kind, indent: usize) {
        self.blocks.push(Block { indent, kind, changed: BTreeMap::new(), branches: 0, is_exhaustive: false });
    }

    /// Opens the loop of `NAME in WORDS`.
    fn open_loop(&mut self, head: &str, indent: usize) {
        let (name, words) = head.split_once(" in ").unwrap_or((head, ""));
        let (name, words) = (name.trim().to_owned(), words.trim().to_owned());
        let lists = self.variables.expand(&words, self.language);
        let values = union(lists.iter().map(|list| self.words(list)).collect());
        self.set(&name, values, false, false);
        self.open(Kind::Loop(name, words), indent);
        if let Some(block) = self.blocks.last_mut() {
            block.is_exhaustive = true;
        }
    }

    fn next_branch(&mut self, is_last: bool) {
        let Some(block) = self.blocks.last_mut() else { return };
        block.branches += 1;
        block.is_exhaustive |= is_last;
        if let Kind::Case(awaits) = &mut block.kind {
            *awaits = true;
        }
        for (name, Changed { before, after }) in &mut block.changed {
            let now = self.variables.now.insert(name.clone(), before.clone());
            after.push(now.unwrap_or_default());
        }
    }

    fn close(&mut self) {
        let Some(block) = self.blocks.pop() else { return };
        // Behind the last `;;` of a `case` there is no branch.
        let is_behind = matches!(block.kind, Kind::Case(true)) && block.branches > 0;
        for (name, Changed { before, mut after }) in block.changed {
            let now = self.variables.now.get(&name).cloned().unwrap_or_default();
            if !is_behind {
                after.push(now);
            }
            if !block.is_exhaustive {
                after.insert(0, before.clone());
            }
            // To the block around it, this was one change.
            self.variables.now.insert(name.clone(), before);
            self.set(&name, union(after), false, false);
        }
    }
}

/// Whether a value uses a variable, in either language.
fn mentions(value: &str, name: &str) -> bool {
    value.split(|next: char| !next.is_ascii_alphanumeric() && next != '_').any(|word| word == name)
}

/// All values of some lists, each once.
fn union(lists: Vec<Vec<String>>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for value in lists.into_iter().flatten() {
        if all.len() < MOST && value.len() <= LONGEST && !all.contains(&value) {
            all.push(value);
        }
    }
    all
}

/// The statements of a line, and what stands before each.
fn statements(line: &str) -> Vec<(Joint, &str)> {
    let mut found = Vec::new();
    let (mut joint, mut start) = (Joint::Plain, 0);
    let (mut quote, mut depth) = (None, 0_usize);
    let mut rest = line.char_indices().peekable();
    while let Some((at, next)) = rest.next() {
        match (quote, next) {
            (Some(open), _) => quote = Some(open).filter(|open| *open != next),
            (None, '"' | '\'') => quote = Some(next),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ';' | '&' | '|') if depth == 0 => {
                let is_double = rest.next_if(|(_, second)| *second == next).is_some();
                // In a pattern of a `case`, `|` separates words.
                if next != ';' && !is_double {
                    continue;
                }
                found.push((joint, &line[start..at]));
                start = at + 1 + usize::from(is_double);
                joint = match next {
                    ';' if is_double => Joint::Branch,
                    ';' => Joint::Plain,
                    _ => Joint::Condition,
                };
            }
            _ => {}
        }
    }
    found.push((joint, &line[start..]));
    found
}

#[cfg(test)]
mod tests {
    use super::super::variables::{Language, Variables};
    use super::Flow;
    use super::Line;

    fn variables(text: &str, language: Language) -> Variables {
        let mut flow = Flow::new(language);
        for (at, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            flow.line(&Line { number: at + 1, indent, text: line.trim().to_owned() });
        }
        flow.variables
    }

    #[test]
    fn a_text_becomes_all_that_its_variables_may_be() {
        let text = "DC := docker compose\nFILES = -f a.yml\nFILES += -f b.yml\nexport E=\"prod\"\nLOOP = $(OTHER)\n\
                    OTHER = $(LOOP)\nS=(-f x)\n";
        let variables = variables(text, Language::Shell);
        for (line, expected) in [
            ("$(DC) up", "docker compose up"),
            ("${DC} $(FILES)", "docker compose -f a.yml -f b.yml"),
            ("x.${E}.yml x.${STAGE:-dev}.yml", "x.prod.yml x.dev.yml"),
            ("${E:-dev} ${E:+-x}.", "prod .|prod -x.|dev .|dev -x."),
            ("$(dirname \"$(pwd)\")/a.yml", "*/a.yml"),
            ("{{.E}} {{ NONE }} $$E", "prod * prod"),
            ("\"${S[@]}\" ${S[x]} $", "\"-f x\" * $"),
            ("{ ${ $(", "{ ${ $("),
        ] {
            assert_eq!(variables.expand(line, Language::Shell).join("|"), expected, "{line}");
        }
        assert_eq!(variables.expand("$(LOOP)", Language::Shell).len(), 1);
        assert!(variables.expand(&"${E:-x}".repeat(2000), Language::Shell).len() <= 8);
    }

    #[test]
    fn branches_exclude_each_other_and_loops_repeat() {
        for (text, expected) in [
            ("if x\nF=1\nelif y\nF=2\nelse\nF=3\nfi", "1|2|3"),
            ("F=0\nif x\nF=1\nelif y\nF=2\nfi", "0|1|2"),
            ("F=0\ncase x in\na) F=1;;\nesac", "0|1"),
            ("F=0\ncase x in a) F+=1;; *) F+=2;; esac", "0 1|0 2"),
            ("F=0\nif x\nif y\nF=1\nfi\nelse\nF=2\nfi", "0|1|2"),
            ("for a in 1 2; do F+=$a; done", "1 2"),
            ("fi\ndone\nesac\n;;\nelse\nF=1", "1"),
        ] {
            assert_eq!(variables(text, Language::Shell).values("F").join("|"), expected, "{text}");
        }
        // It ends.
        let many = "if x; then F+=\" -f $F\"; fi\n".repeat(2000);
        assert!(variables(&many, Language::Shell).values("F").len() <= 8);
        variables(&"for f in $F; do F=\"$F $F $f\"\n".repeat(2000), Language::Shell);
        variables(&"for f in f:\n  f += f\n".repeat(2000), Language::Python);
    }
}
