//! A real stack, broken at random: whatever is made of it, the program answers, and what it renders can be read.

use std::fs;

use compose_reader::source::{Sources, Span};
use compose_reader::yaml::parse;
use proptest::prelude::*;
use proptest::sample::Index;
use stackgen::catalog::{Catalog, Engine};
use stackgen::plan::Circumstances;
use stackgen::report::{Look, human};
use stackgen::{definition, plan, render};

/// Scalars that somebody may write by mistake, or that mean something to YAML, Compose or a template.
const ODD: [&str; 24] = [
    "",
    "~",
    "0",
    "-1",
    "70000",
    "1e9",
    "true",
    "no",
    "[]",
    "{}",
    "[a, b]",
    "{a: b}",
    "\"\"",
    "'$'",
    "${A",
    "${{ kafka.url }}",
    "\"${{ kafka }}\"",
    "\"${{ postgres.url | scheme(1) }}\"",
    "\"{{ 1 }}\"",
    "*nobody",
    "&again 1",
    "!reset null",
    "é: \u{1f}",
    "topics",
];

/// One change to a text.
#[derive(Clone, Debug)]
enum Change {
    DropLine(Index),
    RepeatLine(Index, Index),
    SwapLines(Index, Index),
    Indent(Index, bool),
    ReplaceWord(Index, Index),
    MoveWord(Index, Index),
    Cut(Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    prop_oneof![
        1 => index().prop_map(Change::DropLine),
        1 => (index(), index()).prop_map(|(from, to)| Change::RepeatLine(from, to)),
        1 => (index(), index()).prop_map(|(one, other)| Change::SwapLines(one, other)),
        1 => (index(), any::<bool>()).prop_map(|(line, deeper)| Change::Indent(line, deeper)),
        4 => (index(), index()).prop_map(|(word, odd)| Change::ReplaceWord(word, odd)),
        2 => (index(), index()).prop_map(|(from, to)| Change::MoveWord(from, to)),
        1 => (index(), 1..6_usize).prop_map(|(at, length)| Change::Cut(at, length)),
    ]
}

/// The words of a text, as ranges of it.
fn words(text: &str) -> Vec<std::ops::Range<usize>> {
    let is_word = |character: char| character.is_alphanumeric() || "-_./@".contains(character);
    let pieces = text.split(|character| !is_word(character)).filter(|word| !word.is_empty());
    pieces
        .map(|word| {
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            start..start + word.len()
        })
        .collect()
}

fn apply(text: &mut String, change: &Change) {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let found = words(text);
    if lines.is_empty() || found.is_empty() {
        return;
    }
    match change {
        Change::DropLine(line) => {
            lines.remove(line.index(lines.len()));
        }
        Change::RepeatLine(from, to) => {
            let line = lines[from.index(lines.len())].clone();
            lines.insert(to.index(lines.len() + 1), line);
        }
        Change::SwapLines(one, other) => {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
        }
        Change::Indent(line, deeper) => {
            let index = line.index(lines.len());
            let line = &mut lines[index];
            *line = if *deeper { format!("  {line}") } else { line.trim_start_matches("  ").to_owned() };
        }
        Change::ReplaceWord(word, odd) => {
            return text.replace_range(found[word.index(found.len())].clone(), ODD[odd.index(ODD.len())]);
        }
        Change::MoveWord(from, to) => {
            let word = text[found[from.index(found.len())].clone()].to_owned();
            return text.replace_range(found[to.index(found.len())].clone(), &word);
        }
        Change::Cut(at, length) => {
            let characters: Vec<char> = text.chars().collect();
            let start = at.index(characters.len());
            let kept = characters[..start].iter().chain(characters.iter().skip(start + length));
            *text = kept.collect();
            return;
        }
    }
    *text = lines.concat();
}

/// Reads, plans and renders a stack; the number of files, or of errors.
fn through(text: &str) -> Result<usize, usize> {
    let mut sources = Sources::new();
    let id = sources.add("stack.yaml", text);
    let Ok(parsed) = parse(id, text) else { return Err(1) };
    let (stack, mut diagnostics) = definition::read((&parsed, Span::new(id, 0, 0)), &[]);
    let mut planned = None;
    if let Some(stack) = stack {
        let mut catalog = Catalog::new([]);
        let names: Vec<String> = catalog.names().map(str::to_owned).collect();
        for name in names {
            diagnostics.extend(catalog.load(&name, &mut sources));
        }
        match plan::plan(&stack, &catalog, &Engine::new(), &Circumstances::default()) {
            Ok(found) => planned = Some(found),
            Err(more) => {
                assert!(!more.is_empty(), "an error without words\n{text}");
                diagnostics.extend(more);
            }
        }
    }
    if !diagnostics.is_empty() {
        let shown = human(&diagnostics, &sources, Look::default());
        assert!(shown.matches("error[ST").count() == diagnostics.len(), "{shown}");
        assert!(diagnostics.iter().all(|found| found.help.is_some()), "no help\n{shown}");
        return Err(diagnostics.len());
    }
    let files = planned.as_ref().map(render::files).unwrap_or_default();
    for file in files.iter().filter(|file| file.path.ends_with(".yml") || file.path.ends_with(".yaml")) {
        let id = sources.add(file.path.clone(), file.content.clone());
        let read = parse(id, &file.content);
        assert!(read.is_ok_and(|read| read.duplicates.is_empty()), "{}\n{}", file.path, file.content);
    }
    Ok(files.len())
}

fn stack() -> String {
    fs::read_to_string("stacks/experimento-uno/stack.yaml").expect("text")
}

#[test]
fn the_stack_itself_is_right() {
    assert!(through(&stack()).is_ok_and(|files| files > 4));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_broken_stack_is_answered(changes in prop::collection::vec(change(), 1..8)) {
        let mut text = stack();
        for change in &changes {
            apply(&mut text, change);
        }
        let _ = through(&text);
    }
}
