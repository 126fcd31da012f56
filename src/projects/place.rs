//! The files that words of a command mean: seen from which folder, and with what in the place of what nobody knows.

use super::combination::{Combination, folders_up, is_file, join};
use super::variables::UNKNOWN;
use compose_reader::compose::Files;

/// What one command says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) files: Vec<String>,
    pub(super) directory: Option<String>,
    pub(super) env_files: Vec<String>,
    pub(super) profiles: Vec<String>,
    pub(super) is_swarm: bool,
    /// Whether something in the place of its options is not known.
    pub(super) has_unknown: bool,
    /// The folder that was entered before, in the same line.
    pub(super) entered: Option<String>,
}

/// Where paths of a text are looked for.
pub(super) struct Place<'p> {
    pub(super) files: &'p dyn Files,
    pub(super) root: &'p str,
    pub(super) known: &'p [String],
    pub(super) folder: String,
    /// Folders that its commands enter.
    pub(super) entered: Vec<String>,
}

impl Place<'_> {
    /// The combinations that a command may mean: those whose files are all there.
    pub(super) fn resolve(&self, call: &Call) -> Vec<Combination> {
        if call.files.is_empty() {
            return Vec::new();
        }
        let found = self
            .bases(call.entered.as_ref())
            .iter()
            .map(|base| self.seen_from(base, call))
            .find(|found| !found.is_empty());
        found.unwrap_or_default()
    }

    /// The folders that paths of the text may be seen from, the likeliest first.
    fn bases(&self, entered: Option<&String>) -> Vec<String> {
        let above: Vec<&str> = folders_up(&self.folder, self.root).collect();
        let entered = entered.into_iter().chain(&self.entered);
        let inside = entered.flat_map(|folder| above.iter().map(move |above| join(above, folder)));
        inside.chain(above.iter().map(|folder| (*folder).to_owned())).collect()
    }

    /// The YAML files that a word may name, with [`UNKNOWN`] for any text.
    pub(super) fn named(&self, word: &str) -> Vec<String> {
        let is_yaml = |part: &&str| part.ends_with(".yml") || part.ends_with(".yaml");
        let mut found = Vec::new();
        for part in word.split(['=', ':', ',']).filter(is_yaml) {
            let part = part.trim_start_matches([UNKNOWN, '/']);
            let stem = part.rsplit_once('.').map_or("", |(stem, _)| stem);
            if stem.chars().all(|next| next == UNKNOWN || next == '/' || next == '.') {
                continue;
            }
            let here = |base: &String| {
                let pattern = join(base, part);
                self.known.iter().filter(|path| is_like(path, &pattern)).cloned().collect::<Vec<_>>()
            };
            found.extend(
                self.bases(None).iter().map(here).find(|found| !found.is_empty()).unwrap_or_default(),
            );
        }
        found
    }

    fn seen_from(&self, base: &str, call: &Call) -> Vec<Combination> {
        let words = self.values_of_unknown(base, call);
        let with = |word: &Option<String>| {
            let path = |written: &String| self.path(base, written, word.as_deref());
            let files = call.files.iter().map(path).collect::<Option<Vec<String>>>()?;
            let mut files = files;
            let mut seen = std::collections::BTreeSet::new();
            files.retain(|file| seen.insert(file.clone()));
            let is_here = |path: &String| is_file(self.files, path);
            let folder = call.directory.as_ref().map(|folder| join(base, folder));
            let env_files: Vec<String> = call.env_files.iter().filter_map(path).filter(is_here).collect();
            Some(Combination {
                files,
                directory: folder.filter(|folder| !folder.contains(UNKNOWN)),
                is_set_elsewhere: env_files.len() < call.env_files.len(),
                env_files,
                profiles: call.profiles.iter().filter(|name| !name.contains(UNKNOWN)).cloned().collect(),
                is_swarm: call.is_swarm,
            })
        };
        words.iter().filter_map(with).collect()
    }

    /// What may stand where nobody knows: each value for which the first such path is that of a known file, or none at all.
    fn values_of_unknown(&self, base: &str, call: &Call) -> Vec<Option<String>> {
        let inner = |path: &&String| path.trim_start_matches(UNKNOWN).contains(UNKNOWN);
        let Some(pattern) = call.files.iter().find(inner) else { return vec![None] };
        let whole = join(base, pattern.trim_start_matches(UNKNOWN));
        let Some((before, after)) = whole.split_once(UNKNOWN) else { return vec![None] };
        let value = |path: &String| {
            let value = path.strip_prefix(before)?.strip_suffix(after)?;
            (!value.is_empty() && !value.contains('/')).then(|| Some(value.to_owned()))
        };
        self.known.iter().filter_map(value).collect()
    }

    /// The file that a word names; what is unknown at its beginning is a folder.
    fn path(&self, base: &str, written: &str, unknown: Option<&str>) -> Option<String> {
        let rest = written.trim_start_matches(UNKNOWN);
        let has_unknown_folder = rest.len() < written.len();
        let rest = unknown.map_or_else(|| rest.to_owned(), |word| rest.replace(UNKNOWN, word));
        if rest.contains(UNKNOWN) || rest.is_empty() {
            return None;
        }
        let rest = if has_unknown_folder { rest.trim_start_matches('/') } else { &rest };
        let path = join(base, rest);
        if is_file(self.files, &path) {
            return Some(path);
        }
        let end = format!("/{rest}");
        let mut alike = self.known.iter().filter(|known| has_unknown_folder && known.ends_with(&end));
        alike.next().filter(|_| alike.next().is_none()).cloned()
    }
}

/// Whether a path is like a pattern, in which [`UNKNOWN`] stands for any text.
fn is_like(path: &str, pattern: &str) -> bool {
    let mut parts = pattern.split(UNKNOWN);
    let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}
