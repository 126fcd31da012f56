//! Fixes: edits applied to texts, again and again until nothing is left to fix, and never to a worse text.

use std::collections::BTreeSet;

use compose_reader::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use compose_reader::source::{SourceId, Sources, Span};
use compose_reader::yaml::parse;

/// How often a project is fixed and looked at again; one that is not done by then is given up.
const MAX_PASSES: usize = 10;

/// A project as the rules see it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Its texts.
    pub sources: Sources,
    /// Those that may be changed.
    pub files: Vec<SourceId>,
    /// What there is to say about it.
    pub findings: Vec<Diagnostic>,
    /// Whether a file of it is no compose file.
    pub is_broken: bool,
}

/// What has come of a project.
#[derive(Debug)]
pub struct Fixed {
    /// How it is now, its files as they were given and in their order.
    pub checked: Checked,
    /// The findings that are gone.
    pub done: usize,
    /// The rules whose fixes would have made it worse, by name.
    pub refused: BTreeSet<&'static str>,
}

/// Applies the fixes that may be trusted so far, until none is left. `check` looks at the files again with these texts.
pub fn fix(first: Checked, trusted: Applicability, mut check: impl FnMut(&[String]) -> Checked) -> Fixed {
    let before = first.findings.len();
    let mut current = first;
    let mut refused = BTreeSet::new();
    for _ in 0..MAX_PASSES {
        let taken = take(&current, trusted, &refused);
        if taken.is_empty() {
            break;
        }
        let after = check(&edited(&current, &taken));
        if is_better(&current, &after) {
            current = after;
            continue;
        }
        let names = |findings: Vec<&&Diagnostic>| findings.into_iter().map(|finding| finding.name).collect();
        let mut is_guilty =
            |finding: &&&Diagnostic| !is_better(&current, &check(&edited(&current, &[finding])));
        let guilty: Vec<&&Diagnostic> = taken.iter().filter(|finding| is_guilty(finding)).collect();
        let guilty = if guilty.is_empty() { taken.iter().collect() } else { guilty };
        refused.extend::<BTreeSet<&'static str>>(names(guilty));
    }
    Fixed { done: before.saturating_sub(current.findings.len()), checked: current, refused }
}

/// A text with the edits of a fix, line breaks as it has them, and none at its end if it had none there.
pub fn apply<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> String {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let has_carriage_returns = text.contains("\r\n") && !text.replace("\r\n", "").contains('\n');
    let ends_in_line = !text.is_empty() && !text.ends_with('\n');
    let mut text = text.to_owned();
    for edit in edits.into_iter().rev() {
        let content = edit.content.replace("\r\n", "\n");
        let content = if has_carriage_returns { content.replace('\n', "\r\n") } else { content };
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &content);
    }
    if ends_in_line && text.ends_with('\n') {
        text.truncate(text.trim_end_matches('\n').trim_end_matches('\r').len());
    }
    text
}

/// The edits of the fixes that may be trusted so far and can be applied together, in the order of their places.
pub fn edits_of(checked: &Checked, trusted: Applicability) -> Vec<Edit> {
    let taken = take(checked, trusted, &BTreeSet::new());
    let fixes = taken.into_iter().filter_map(|finding| finding.fix.as_ref());
    let mut edits: Vec<Edit> = fixes.flat_map(|fix| fix.edits.clone()).collect();
    edits.sort_by_key(|edit| edit.span);
    edits
}

/// Whether fixing has led on: fewer findings, and nothing that cannot be read any more.
fn is_better(before: &Checked, after: &Checked) -> bool {
    after.findings.len() < before.findings.len() && (before.is_broken || !after.is_broken)
}

/// The texts of the files with the fixes of some findings.
fn edited(checked: &Checked, findings: &[&Diagnostic]) -> Vec<String> {
    let edits = || findings.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.edits);
    let text = |id: &SourceId| {
        apply(checked.sources.get(*id).text(), edits().filter(|edit| edit.span.source == *id))
    };
    checked.files.iter().map(text).collect()
}

/// The findings whose fixes can be applied together, the first of those that meet.
fn take<'c>(
    checked: &'c Checked,
    trusted: Applicability,
    refused: &BTreeSet<&'static str>,
) -> Vec<&'c Diagnostic> {
    let shared = shared(checked);
    let mut taken: Vec<&Diagnostic> = Vec::new();
    let mut spans: Vec<Span> = Vec::new();
    for finding in &checked.findings {
        let Some(fix) = &finding.fix else { continue };
        let is_free = || fix.edits.iter().all(|edit| !spans.iter().any(|span| meet(*span, edit.span)));
        if trust(fix, &shared) >= trusted
            && !refused.contains(finding.name)
            && is_sound(fix, checked)
            && is_free()
        {
            spans.extend(fix.edits.iter().map(|edit| edit.span));
            taken.push(finding);
        }
    }
    taken
}

/// How far a fix may be trusted: what is changed inside an anchor changes for everyone who uses it.
fn trust(fix: &Fix, shared: &[Span]) -> Applicability {
    let is_shared = |edit: &Edit| shared.iter().any(|span| meet(*span, edit.span));
    if fix.edits.iter().any(is_shared) {
        return fix.applicability.min(Applicability::Unsafe);
    }
    fix.applicability
}

/// The values that aliases stand for.
fn shared(checked: &Checked) -> Vec<Span> {
    let texts = checked.files.iter().map(|id| (*id, checked.sources.get(*id).text()));
    let anchored = texts.filter(|(_, text)| text.contains('*'));
    let parsed = anchored.filter_map(|(id, text)| parse(id, text).ok());
    parsed.flat_map(|parsed| parsed.aliases).map(|alias| alias.target).collect()
}

/// Whether the edits of a fix lie in files that may be changed, on whole characters, and apart from each other.
fn is_sound(fix: &Fix, checked: &Checked) -> bool {
    let fits = |edit: &Edit| {
        let text = checked.sources.get(edit.span.source).text();
        checked.files.contains(&edit.span.source)
            && text.get(edit.span.start as usize..edit.span.end as usize).is_some()
    };
    let pairs = fix.edits.iter().enumerate();
    let apart = pairs.flat_map(|(at, one)| fix.edits[at + 1..].iter().map(move |other| (one, other)));
    !fix.edits.is_empty()
        && fix.edits.iter().all(fits)
        && apart.into_iter().all(|(one, other)| !meet(one.span, other.span))
}

/// Whether two places begin together or share a byte.
fn meet(one: Span, other: Span) -> bool {
    one.source == other.source && (one.start == other.start || one.start < other.end && other.start < one.end)
}

#[cfg(test)]
mod tests {
    use super::{Checked, Fixed, fix};
    use compose_reader::diagnostic::{Applicability, Diagnostic, Edit, Fix, Severity};
    use compose_reader::source::{Sources, Span};

    /// A rule of the tests: what it finds, and what its fix puts in its place.
    type Pair = (&'static str, &'static str);

    /// Finds each text of `pairs`, each under its own name.
    fn check(texts: &[String], pairs: &[Pair]) -> Checked {
        let mut sources = Sources::new();
        let files: Vec<_> = texts.iter().map(|text| sources.add("a.yaml", text.clone())).collect();
        let mut findings = Vec::new();
        for (id, text) in files.iter().zip(texts) {
            for (wanted, instead) in pairs {
                for (at, _) in text.match_indices(wanted) {
                    let span = Span::new(*id, at, at + wanted.len());
                    let edits = vec![Edit { span, content: (*instead).to_owned() }];
                    let fix = Fix { title: String::new(), applicability: Applicability::Safe, edits };
                    findings.push(Diagnostic::new("SG000", wanted, Severity::Warning, span, "").fix(fix));
                }
            }
        }
        let is_broken = texts.iter().any(|text| text.contains('!') || text.contains("()"));
        Checked { sources, files, findings, is_broken }
    }

    fn run(text: &str, pairs: &[Pair], trusted: Applicability) -> (String, Fixed) {
        let first = check(&[text.to_owned()], pairs);
        let fixed = fix(first, trusted, |texts| check(texts, pairs));
        (fixed.checked.sources.get(fixed.checked.files[0]).text().to_owned(), fixed)
    }

    fn safely(text: &str, pairs: &[Pair]) -> (String, Vec<&'static str>) {
        let (text, fixed) = run(text, pairs, Applicability::Safe);
        (text, fixed.refused.into_iter().collect())
    }

    #[test]
    fn fixes_are_applied_until_nothing_is_left() {
        let (text, fixed) = run("a a: a", &[("a", "b")], Applicability::Safe);
        assert_eq!((&*text, fixed.done, fixed.refused.len()), ("b b: b", 3, 0));
        // One behind the other, as they meet.
        assert_eq!(safely("aaaa", &[("aa", "a")]).0, "a");
        assert_eq!(safely("xyx", &[("xy", "z"), ("yx", "z")]).0, "zx");
        assert_eq!(safely("nothing", &[("a", "b")]).0, "nothing");
    }

    #[test]
    fn a_fix_that_makes_it_worse_is_left_out_and_named() {
        // It breaks the file.
        assert_eq!(safely("a x", &[("a", "!"), ("x", "y")]), ("a y".to_owned(), vec!["a"]));
        // It changes nothing, or makes more of it.
        assert_eq!(safely("a x", &[("a", "a"), ("x", "y")]), ("a y".to_owned(), vec!["a"]));
        assert_eq!(safely("a x", &[("a", "aa"), ("x", "y")]), ("a y".to_owned(), vec!["a"]));
        // Two that are only worse together.
        assert_eq!(safely("(12)", &[("1", ""), ("2", "")]), ("(12)".to_owned(), vec!["1", "2"]));
    }

    #[test]
    fn what_stands_behind_an_anchor_changes_for_a_person_only() {
        let text = "x: &x {a: bad}\ny: *x\nz: &z {a: bad}\n";
        let pairs = [("bad", "good")];
        assert_eq!(safely(text, &pairs).0, "x: &x {a: bad}\ny: *x\nz: &z {a: good}\n");
        assert_eq!(run(text, &pairs, Applicability::Unsafe).0, text.replace("bad", "good"));
        let merged = "x: &x\n  a: bad\ny:\n  <<: *x\n";
        assert_eq!(safely(merged, &pairs).0, merged);
    }

    #[test]
    fn line_breaks_and_byte_order_marks_stay() {
        let (text, _) = safely("\u{feff}a: 1\r\nb: 2\r\n", &[("a: 1", "c: 1\nd: 1")]);
        assert_eq!(text, "\u{feff}c: 1\r\nd: 1\r\nb: 2\r\n");
        assert_eq!(safely("a: 1\r\nb: 2\n", &[("a: 1", "c: 1\nd: 1")]).0, "c: 1\nd: 1\r\nb: 2\n");
    }

    #[test]
    fn edits_that_fit_nowhere_are_never_applied() {
        let of = |edits: Vec<(usize, usize)>, text: &str| {
            let mut checked = check(&[text.to_owned()], &[]);
            let place = |(start, end)| Span::new(checked.files[0], start, end);
            let edits =
                edits.into_iter().map(|at| Edit { span: place(at), content: "x".to_owned() }).collect();
            let fix = Fix { title: String::new(), applicability: Applicability::Safe, edits };
            let span = place((0, 0));
            checked.findings.push(Diagnostic::new("SG000", "a", Severity::Error, span, "").fix(fix));
            let fixed = super::fix(checked, Applicability::Safe, |texts| check(texts, &[]));
            fixed.checked.sources.get(fixed.checked.files[0]).text().to_owned()
        };
        assert_eq!(of(vec![(0, 1)], "ab"), "xb");
        assert_eq!(of(vec![(0, 1), (1, 1), (1, 2)], "ab"), "ab");
        assert_eq!(of(vec![(0, 2), (1, 2)], "ab"), "ab");
        assert_eq!(of(vec![(1, 2)], "é"), "é");
        assert_eq!(of(vec![(0, 9)], "ab"), "ab");
        assert_eq!(of(vec![], "ab"), "ab");
    }

    #[test]
    fn a_suggestion_to_read_is_never_applied() {
        let mut checked = check(&["a".to_owned()], &[("a", "b")]);
        for finding in &mut checked.findings {
            finding.fix.iter_mut().for_each(|fix| fix.applicability = Applicability::Display);
        }
        assert_eq!(super::fix(checked, Applicability::Unsafe, |texts| check(texts, &[])).done, 0);
    }
}
