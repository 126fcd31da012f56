//! Where a project holds secrets, which nothing that is said about it may show.

use super::rules::security::inline_secret;
use super::{Findings, Rule};
use compose_reader::compose::Project;
use compose_reader::source::{Source, SourceId, Span, range};

/// What stands in the place of a secret.
const MASK: &str = "***";
/// Characters of the shortest secret that is looked for in messages: shorter ones are parts of words.
pub const SHORTEST_SECRET: usize = 6;

/// The places of the secrets in the texts of a project: those that the rule for them finds, whether it is on or not, and
/// what env files give to variables that are called like one.
pub fn secrets(project: &Project<'_>) -> Vec<Span> {
    let mut found = Findings::new();
    let Rule { check, .. } = inline_secret::RULE;
    check(project, &mut found);
    let inline = found.into_iter().map(|finding| finding.span);
    let assigned = project.sources.iter().flat_map(|(id, source)| assigned(id, source));
    inline.chain(assigned).collect()
}

/// The values of the lines `NAME=value` whose name is that of a secret.
fn assigned(id: SourceId, source: &Source) -> impl Iterator<Item = Span> {
    range::lines(source.text()).filter_map(move |(start, line)| {
        let line = line.trim_end();
        let (name, value) = line.split_once('=')?;
        let name = name.trim().trim_start_matches("export ");
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_secret = is_name && !value.trim().is_empty() && inline_secret::holds_secret(name);
        let begin = range::after(start, [range::before(line, value)]);
        is_secret.then(|| Span::new(id, begin, range::after(begin, [value])))
    })
}

/// Takes the secrets of a project out of what findings say.
pub(super) fn mask(project: &Project<'_>, secrets: &[Span], findings: &mut Findings) {
    let texts = secrets.iter().map(|span| project.sources.slice(*span).trim_matches(['"', '\'']));
    let mut texts: Vec<&str> =
        texts.filter(|text| text.chars().count() >= SHORTEST_SECRET && !text.contains('$')).collect();
    // The longest first, as one may be a part of another.
    texts.sort_by_key(|text| (std::cmp::Reverse(text.len()), *text));
    texts.dedup();
    for finding in findings {
        let labels = finding.related.iter_mut().map(|label| &mut label.message);
        let said = labels.chain(&mut finding.names).chain([&mut finding.message]);
        for words in said.chain(&mut finding.help).chain(&mut finding.label) {
            for text in texts.iter().filter(|text| words.contains(**text)).collect::<Vec<_>>() {
                *words = words.replace(text, MASK);
            }
        }
    }
}
