//! Comments that say that a finding is known: `# stackgen: ignore[name, name] reason` at the end of a line or above it,
//! and `# stackgen: ignore-file[name, name] reason` for a whole file.

use std::ops::Range;

use super::rules::style::unused_suppression;
use super::{Findings, Rule, Selection, find, is_across};
use compose_reader::diagnostic::{Diagnostic, nearest};
use compose_reader::source::{Source, SourceId, Sources, Span};
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
    /// The lines that it speaks of.
    lines: Range<usize>,
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

    /// Whether it speaks of the line that a finding begins in.
    fn covers(&self, sources: &Sources, finding: &Diagnostic) -> bool {
        let place = finding.span;
        place.source == self.verb.span.source
            && self.lines.contains(&sources.get(place.source).position(place.start as usize).line)
    }
}

/// Drops the findings that a comment suppresses, and reports the names that suppress nothing.
pub(super) fn apply(sources: &Sources, selection: &Selection, findings: &mut Findings) {
    let mut unused = Findings::new();
    for suppression in suppressions(sources) {
        for (rule, span) in suppression.rules() {
            let before = findings.len();
            findings.retain(|finding| finding.code != rule.code || !suppression.covers(sources, finding));
            // What is off cannot be needed, and cannot be judged; nor can what is found once all projects are known.
            if findings.len() == before
                && !is_across(rule)
                && selection.is_on(rule.code, sources.get(span.source).name())
            {
                unused.push(unused_suppression::unused(rule, span));
            }
        }
    }
    findings.extend(selection.with_levels(sources, unused));
}

/// Drops the findings that a comment suppresses.
pub fn drop_suppressed(sources: &Sources, findings: &mut Findings) {
    if findings.is_empty() {
        return;
    }
    for suppression in suppressions(sources) {
        for (rule, _) in suppression.rules() {
            findings.retain(|finding| finding.code != rule.code || !suppression.covers(sources, finding));
        }
    }
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
    comments.into_iter().filter_map(|comment| read(source, comment)).collect()
}

/// The comments of a Dockerfile or an env file that have a line of their own.
fn whole_lines(id: SourceId, text: &str) -> Vec<Span> {
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let comment = |start: usize| {
        let line = text[start..].lines().next()?;
        let indent = line.len() - line.trim_start().len();
        let is_comment = line[indent..].starts_with('#');
        is_comment.then(|| Span::new(id, start + indent, start + line.len()))
    };
    starts.filter_map(comment).collect()
}

fn read(source: &Source, comment: Span) -> Option<Suppression> {
    let written = source.text().get(comment.start as usize..comment.end as usize)?;
    // `part` is the beginning of `rest`, and `rest` the end of what is written.
    let word = |part: &str, rest: &str| {
        let start = written.len() - rest.len();
        Word { text: part.to_owned(), span: comment.part(start, start + part.len()) }
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
    Some(Suppression { lines: lines(source, comment, &verb.text), verb, names })
}

/// The lines that a comment speaks of: its own, where something stands before it, or else the next that holds anything.
fn lines(source: &Source, comment: Span, verb: &str) -> Range<usize> {
    if verb == IGNORE_FILE {
        return 0..usize::MAX;
    }
    let (before, behind) = source.text().split_at(comment.start as usize);
    let line = source.position(comment.start as usize).line;
    let is_alone = before.rsplit('\n').next().is_none_or(|before| before.trim().is_empty());
    if !is_alone {
        return line..line + 1;
    }
    let is_passed = |line: &&str| line.trim_start().is_empty() || line.trim_start().starts_with('#');
    let next = line + behind.lines().take_while(is_passed).count();
    next..next + 1
}
