//! Comments that say that a finding is known: `# stackgen: ignore[name, name] reason` at the end of a line or above it,
//! and `# stackgen: ignore-file[name, name] reason` for a whole file.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::rules::style::unused_suppression;
use super::{Findings, Rule, Selection, find, is_across, sort};
use compose_reader::diagnostic::{Diagnostic, nearest};
use compose_reader::source::{Source, SourceId, Sources, Span, range};
use compose_reader::yaml::{Parsed, parse};

/// The instructions that there are.
pub(super) const VERBS: [&str; 2] = ["ignore", IGNORE_FILE];
const IGNORE_FILE: &str = "ignore-file";
/// What stands before an instruction.
const MARK: &str = "stackgen:";

/// A part of a comment, with its place.
#[derive(Debug)]
pub(super) struct Word {
    /// What is written.
    pub(super) text: String,
    /// Where.
    pub(super) span: Span,
}

/// One comment that suppresses, or was probably meant to.
#[derive(Debug)]
pub(super) struct Suppression {
    /// The instruction.
    pub(super) verb: Word,
    /// The names between the brackets; `None` where there are no brackets.
    pub(super) names: Option<Vec<Word>>,
    /// The line that it speaks of; none for the whole text.
    line: Option<usize>,
}

impl Suppression {
    /// Whether its instruction is one.
    pub(super) fn is_known(&self) -> bool {
        VERBS.contains(&&*self.verb.text)
    }

    /// The rules that it names, each with its place.
    fn rules(&self) -> impl Iterator<Item = (&'static Rule, Span)> {
        let names = self.names.iter().filter(|_| self.is_known()).flatten();
        names.filter_map(|name| Some((find(&name.text)?, name.span)))
    }
}

/// The rules that comments name, in order.
struct Named {
    rules: Vec<(&'static Rule, Span)>,
    /// Which of them speaks first of the findings of a name, in a line or in a whole text: a fault of a stack may have that of a
    /// rule.
    first: HashMap<(SourceId, &'static str, Option<usize>), usize>,
}

impl Named {
    fn of(sources: &Sources) -> Self {
        let mut named = Self { rules: Vec::new(), first: HashMap::new() };
        for suppression in suppressions(sources) {
            for (rule, span) in suppression.rules() {
                named.first.entry((span.source, rule.name, suppression.line)).or_insert(named.rules.len());
                named.rules.push((rule, span));
            }
        }
        named
    }

    /// The one that a finding is suppressed by.
    fn suppressing(&self, sources: &Sources, finding: &Diagnostic) -> Option<usize> {
        if self.rules.is_empty() {
            return None;
        }
        let source = finding.span.source;
        let line = sources.get(source).position(finding.span.start as usize).line;
        let first = |line| self.first.get(&(source, finding.name, line)).copied();
        first(Some(line)).into_iter().chain(first(None)).min()
    }
}

/// Drops the findings that a comment suppresses, and reports the names that suppress nothing.
pub(super) fn apply(sources: &Sources, selection: &Selection, findings: &mut Findings) {
    let named = Named::of(sources);
    let mut used = HashSet::new();
    findings.retain(|finding| match named.suppressing(sources, finding) {
        Some(at) => {
            used.insert(at);
            false
        }
        None => true,
    });
    let unused = named.rules.iter().enumerate().filter(|(at, (rule, span))| {
        // What is off cannot be needed, and cannot be judged; nor can what is found once all projects are known.
        !used.contains(at) && !is_across(rule) && selection.is_on(rule.code, sources.get(span.source).name())
    });
    let unused = unused.map(|(_, (rule, span))| unused_suppression::unused(rule, *span)).collect();
    findings.extend(selection.with_levels(sources, unused));
}

/// Drops the findings that a comment suppresses.
pub fn drop_suppressed(sources: &Sources, findings: &mut Findings) {
    if !findings.is_empty() {
        let named = Named::of(sources);
        findings.retain(|finding| named.suppressing(sources, finding).is_none());
    }
}

/// Findings about a project at the levels of a selection, apart from what comments suppress.
pub fn selected(sources: &Sources, selection: &Selection, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let is_chosen = |finding: &Diagnostic| selection.rules().any(|rule| rule.code == finding.code);
    let chosen = findings.into_iter().filter(is_chosen).collect();
    let mut findings = selection.with_levels(sources, chosen);
    drop_suppressed(sources, &mut findings);
    sort(&mut findings);
    findings
}

/// The suppressions of every text.
pub(super) fn suppressions(sources: &Sources) -> Vec<Suppression> {
    let marked = sources.iter().filter(|(_, source)| is_marked(source.text()));
    marked.flat_map(|(id, source)| in_source(id, source)).collect()
}

/// Whether a text has what could be a comment that suppresses; only then is it worth to look for comments.
fn is_marked(text: &str) -> bool {
    text.match_indices(MARK).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default().trim_end_matches([' ', '\t']);
        before.ends_with('#')
    })
}

fn in_source(id: SourceId, source: &Source) -> Vec<Suppression> {
    let is_mapping = |parsed: &Parsed| parsed.documents.iter().any(|node| node.as_mapping().is_some());
    let comments = match parse(id, source.text()).ok().filter(is_mapping) {
        Some(parsed) => parsed.comments.iter().map(|comment| comment.span).collect(),
        None => whole_lines(id, source.text()),
    };
    let mut passed = 0..0;
    comments.into_iter().filter_map(|comment| read(source, comment, &mut passed)).collect()
}

/// The comments of a Dockerfile or an env file that have a line of their own.
fn whole_lines(id: SourceId, text: &str) -> Vec<Span> {
    let comment = |(start, line): (usize, &str)| {
        let line = line.lines().next()?;
        let comment = line.trim_start();
        let begin = range::after(start, [range::before(line, comment)]);
        comment.starts_with('#').then(|| Span::new(id, begin, range::after(begin, [comment])))
    };
    range::lines(text).filter_map(comment).collect()
}

fn read(source: &Source, comment: Span, passed: &mut Range<usize>) -> Option<Suppression> {
    let written = source.text().get(comment.start as usize..comment.end as usize)?;
    // `part` is the beginning of `rest`, and `rest` the end of what is written.
    let word = |part: &str, rest: &str| {
        let start = range::start_of(written, rest);
        Word { text: part.to_owned(), span: comment.part(start, range::after(start, [part])) }
    };
    let rest = written.trim_start_matches('#').trim_start().strip_prefix(MARK)?.trim_start();
    let is_outside = |next: char| !next.is_ascii_alphanumeric() && !matches!(next, '-' | '_');
    let verb = word(&rest[..rest.find(is_outside).unwrap_or(rest.len())], rest);
    nearest(&verb.text, VERBS)?;
    let mut rest = rest[verb.text.len()..].trim_start();
    let mut names = None;
    if rest.starts_with('[') && rest.contains(']') {
        let listed = names.insert(Vec::new());
        while let Some(behind) = rest.strip_prefix(['[', ',']) {
            rest = behind.trim_start();
            let name = &rest[..rest.find([',', ']']).unwrap_or(rest.len())];
            if !name.trim_end().is_empty() {
                listed.push(word(name.trim_end(), rest));
            }
            rest = &rest[name.len()..];
        }
    }
    let line = (verb.text != IGNORE_FILE).then(|| line(source, comment, passed));
    Some(Suppression { line, verb, names })
}

/// The line that a comment speaks of: its own, where something stands before it, or else the next that holds anything. All
/// from a comment to that line are `passed`.
fn line(source: &Source, comment: Span, passed: &mut Range<usize>) -> usize {
    let (before, behind) = source.text().split_at(comment.start as usize);
    let line = source.position(comment.start as usize).line;
    let is_alone = before.rsplit('\n').next().is_none_or(|before| before.trim().is_empty());
    if !is_alone {
        return line;
    }
    if !passed.contains(&line) {
        let is_passed = |line: &&str| line.trim_start().is_empty() || line.trim_start().starts_with('#');
        *passed = line..line.saturating_add(behind.lines().take_while(is_passed).count());
    }
    passed.end
}
